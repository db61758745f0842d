r"""A real ipykernel to run cells in, as a notebook does; the fixtures that start it are in conftest.py.

>>> result = kernel.run("print('hello'); 1 + 1")            # doctest: +SKIP
>>> result.stdout, result.results[0]["text/plain"]          # doctest: +SKIP
('hello\n', '2')
"""

from __future__ import annotations

import ast
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

Bundle = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """The exception that ended a cell, as the front end is told of it."""

    ename: str
    evalue: str
    traceback: tuple[str, ...]

    @property
    def text(self) -> str:
        """The traceback as one reads it, without the codes that colour it."""
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(self.traceback))


@dataclass
class Result:
    """What running one cell sent back.

    Attributes
    ----------
    messages : list of (str, dict)
        Everything on the output channel between busy and idle: type and content, in the order it came.
    reply : dict
        The content of the reply on the shell channel: status, execution_count, payload, user_expressions.
    """

    code: str
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)

    def _content(self, kind: str) -> list[dict[str, Any]]:
        return [content for found, content in self.messages if found == kind]

    def _stream(self, name: str) -> str:
        return "".join(content["text"] for content in self._content("stream") if content["name"] == name)

    @property
    def stdout(self) -> str:
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        return self._stream("stderr")

    @property
    def results(self) -> list[Bundle]:
        """The mime bundles of ``Out[n]``: at most one, unless ``ast_node_interactivity`` asks for more."""
        return [content["data"] for content in self._content("execute_result")]

    @property
    def displays(self) -> list[Bundle]:
        """The mime bundles of what was displayed."""
        return [content["data"] for content in self._content("display_data")]

    @property
    def outputs(self) -> list[str]:
        """The kinds of the messages that a reader sees, in order: ``["stream", "display_data", "execute_result"]``."""
        shown = {"stream", "display_data", "update_display_data", "execute_result", "error", "clear_output"}
        return [kind for kind, _ in self.messages if kind in shown]

    @property
    def error(self) -> Failure | None:
        for content in self._content("error"):
            return Failure(content["ename"], content["evalue"], tuple(content["traceback"]))
        return None

    @property
    def status(self) -> str:
        """How it ended: "ok", "error" or "aborted"."""
        return str(self.reply["status"])

    @property
    def execution_count(self) -> int | None:
        return self.reply.get("execution_count")

    def check(self) -> Result:
        """Itself; fails with the kernel's traceback if the cell did."""
        assert self.status == "ok", f"{self.status} in:\n{self.code}\n" + "\n".join(self.reply.get("traceback", ()))
        return self


class Kernel:
    """One ipykernel that knows nothing of the user's configuration, with a client.

    Parameters
    ----------
    folder : Path
        Its working folder; ``.home`` inside it holds its IPython and Jupyter folders.
    env : dict, optional
        Added to the environment; a value of None takes a variable away.
    config : str, optional
        The text of an ``ipython_kernel_config.py`` to start with.
    """

    def __init__(self, folder: Path, *, env: dict[str, str | None] | None = None, config: str = "") -> None:
        home = folder / ".home"
        profile = home / "ipython" / "profile_default"
        profile.mkdir(parents=True, exist_ok=True)
        (profile / "ipython_kernel_config.py").write_text(config, encoding="utf-8")
        # English, whoever runs the tests; nothing is read from or written to the user's own folders.
        ours: dict[str, str | None] = {
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "run"),
            "JUPYTER_PATH": None,
            "LANGUAGE": "en",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")))),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger complains of frozen modules on stderr
            **(env or {}),
        }
        environment = {key: value for key, value in (os.environ | ours).items() if value is not None}
        # No folders to look in: what remains is the kernel of the Python that runs the tests.
        self.manager = KernelManager(
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), connection_file=str(home / "kernel.json"), shutdown_wait_time=5
        )
        # What bypasses the channels (warnings of the kernel application, a crash) goes to a file and not into pytest's output.
        self.log = home / "kernel.log"
        with self.log.open("w", encoding="utf-8") as log:
            self.manager.start_kernel(env=environment, cwd=str(folder), stdout=log, stderr=log)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self._open: dict[str, Result] = {}
        self._idle: set[str] = set()
        try:
            self.client.wait_for_ready(timeout=60)
        except RuntimeError as error:
            self.close()
            raise RuntimeError(f"{error}\n{self.log.read_text(encoding='utf-8')[-4000:]}") from None

    def run(
        self,
        code: str,
        *,
        silent: bool = False,
        store_history: bool = True,
        allow_stdin: bool = False,
        cell_id: str | None = None,
        timeout: float = 60,
    ) -> Result:
        """Run a cell and wait for the end of it.

        A cell that asks for input while `allow_stdin` is False gets IPython's StdinNotImplementedError.
        """
        sent = self.submit(code, silent=silent, store_history=store_history, allow_stdin=allow_stdin, cell_id=cell_id)
        return self.collect(sent, timeout=timeout)

    def submit(
        self, code: str, *, silent: bool = False, store_history: bool = True, allow_stdin: bool = False, cell_id: str | None = None
    ) -> str:
        """Send a cell and return at once; what it answers to is given to `collect` and `wait_for`.

        `cell_id` is what JupyterLab sends along: the notebook's own name for the cell.
        """
        content = {
            "code": code, "silent": silent, "store_history": store_history and not silent, "user_expressions": {},
            "allow_stdin": allow_stdin, "stop_on_error": False,
        }  # fmt: skip
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell_id} if cell_id else None)
        self.client.shell_channel.send(message)
        sent: str = message["header"]["msg_id"]
        self._open[sent] = Result(code)
        return sent

    def collect(self, sent: str, *, timeout: float = 60) -> Result:
        """Wait for the end of a cell that was submitted."""
        deadline = time.monotonic() + timeout
        result = self._open[sent]
        while sent not in self._idle:
            self._receive(deadline, result)
        while not result.reply:
            reply = self.client.get_shell_msg(timeout=max(1.0, deadline - time.monotonic()))
            if owner := self._open.get(reply["parent_header"].get("msg_id")):
                owner.reply = reply["content"]
        self._idle.discard(sent)
        return self._open.pop(sent)

    def wait_for(self, sent: str, text: str, *, timeout: float = 60) -> Result:
        """Wait until a running cell has printed `text`, so that it can be interrupted there; what has come so far."""
        deadline = time.monotonic() + timeout
        result = self._open[sent]
        while text not in result.stdout:
            assert sent not in self._idle, f"the cell ended without printing {text!r}:\n{result.stdout}{result.stderr}"
            self._receive(deadline, result)
        return result

    def _receive(self, deadline: float, waiting: Result) -> None:
        try:
            message = self.client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise TimeoutError(f"still running:\n{waiting.code}\nafter:\n{waiting.stdout}{waiting.stderr}") from None
        sent = message["parent_header"].get("msg_id")
        if sent not in self._open:
            return
        kind, content = message["msg_type"], message["content"]
        if kind == "status":
            if content["execution_state"] == "idle":
                self._idle.add(sent)
        else:
            self._open[sent].messages.append((kind, content))

    def interrupt(self) -> None:
        """What the stop button does: KeyboardInterrupt in the cell that runs."""
        self.manager.interrupt_kernel()

    def value(self, expression: str) -> Any:
        """The value of an expression in the kernel, if it is a literal; leaves neither history nor output, and no hook sees it."""
        sent = self.client.execute("", silent=True, store_history=False, user_expressions={"value": f"repr({expression})"})
        self._open[sent] = Result(expression)
        found = self.collect(sent).reply["user_expressions"]["value"]
        assert found["status"] == "ok", f"{expression}: {found['ename']}: {found['evalue']}"
        return ast.literal_eval(ast.literal_eval(found["data"]["text/plain"]))

    def complete(self, code: str, cursor: int | None = None) -> list[str]:
        """What the Tab key offers behind `code`, or at `cursor`."""
        return list(self.client.complete(code, cursor, reply=True, timeout=60)["content"]["matches"])

    def inspect(self, code: str, cursor: int | None = None, detail: int = 0) -> str:
        """What Shift-Tab shows, as plain text; "" where there is nothing."""
        content = self.client.inspect(code, cursor, detail_level=detail, reply=True, timeout=60)["content"]
        return str(content["data"]["text/plain"]) if content["found"] else ""

    def is_complete(self, code: str) -> str:
        """Whether Enter would run it in a terminal: "complete", "incomplete" or "invalid"."""
        sent = self.client.is_complete(code)
        while (reply := self.client.get_shell_msg(timeout=60))["parent_header"].get("msg_id") != sent:
            pass
        return str(reply["content"]["status"])

    def history(self) -> list[tuple[int, int, str]]:
        """(session, line, source as typed) of what ran in this kernel."""
        content = self.client.history(raw=True, output=False, hist_access_type="range", session=0, reply=True, timeout=60)["content"]
        return [tuple(entry) for entry in content["history"]]

    @property
    def alive(self) -> bool:
        return bool(self.manager.is_alive())

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    def close(self) -> None:
        """End the kernel and the client; a second call does nothing."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
