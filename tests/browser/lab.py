"""A private JupyterLab, and a notebook in it as a person has it before them."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.error import URLError
from urllib.request import urlopen

import nbformat

if TYPE_CHECKING:
    from PIL.Image import Image
    from playwright.sync_api import BrowserContext, Locator

SHOTS = Path(__file__).with_name("shots")
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
Theme = Literal["light", "dark"]
HIGHEST = 16_000
"""Pixels of a page's height, at two of the device's each."""

SETTINGS = {
    # No question whether to fetch news lies over a picture.
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # All cells are in the page at once, so that any can be looked at and a whole notebook photographed, and nothing below them.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, its token, the folder it serves."""

    url: str
    token: str
    root: Path

    def write(self, name: str, *cells: str) -> str:
        """Save a notebook of these code cells; its path inside the lab."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.root / name)
        return name


@contextmanager
def serve(root: Path, home: Path) -> Iterator[Lab]:
    """Start JupyterLab on 127.0.0.1 with nothing of the user's configuration, and stop it with all its kernels.

    Parameters
    ----------
    root : Path
        The folder it serves.
    home : Path
        Where its configuration, settings, runtime files and log go.
    """
    for name, content in SETTINGS.items():
        file = home / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    token = "tests"
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": f"{home}/config",
        "JUPYTER_DATA_DIR": f"{home}/data",
        "JUPYTER_RUNTIME_DIR": f"{home}/run",
        "JUPYTERLAB_SETTINGS_DIR": f"{home}/settings",
        "JUPYTERLAB_WORKSPACES_DIR": f"{home}/workspaces",
        "IPYTHONDIR": f"{home}/ipython",
        "LANGUAGE": "en",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}", "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    log = home / "server.log"
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
        try:
            yield Lab(_address(server, home / "run", token, log), token, root)
        finally:
            server.terminate()  # which ends its kernels too
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _address(server: subprocess.Popen[bytes], runtime: Path, token: str, log: Path) -> str:
    """Wait until the server answers. It chose its port itself, so that two test runs never meet, and wrote it to a file."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        for file in runtime.glob(f"jpserver-{server.pid}.json"):
            try:
                url = str(json.loads(file.read_text(encoding="utf-8"))["url"]).rstrip("/")
                with urlopen(f"{url}/api/status?token={token}", timeout=5):
                    return url
            except (ValueError, URLError, TimeoutError):
                pass  # the file is half written, or the server not yet listening
        time.sleep(0.05)
    raise RuntimeError(f"JupyterLab did not start (exit code {server.poll()}):\n{log.read_text(encoding='utf-8')[-4000:]}")


class Notebook:
    """One notebook open in JupyterLab.

    Commands go through the application that JupyterLab exposes in its page, because menus move; what is shown is read
    from the page, because that is what a person sees.

    Attributes
    ----------
    page : playwright.sync_api.Page
    complaints : list of str
        Uncaught errors of the page, and errors in its console that are ours to worry about.
    """

    def __init__(self, chrome: BrowserContext, lab: Lab, path: str, *, timeout: float = 90) -> None:
        self.lab = lab
        self.path = path
        self.complaints: list[str] = []
        self.page = chrome.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # In single-document mode nothing of the side bars is in the picture.
        self.page.goto(f"{lab.url}/doc/tree/{path}?token={lab.token}&reset")
        self._until("window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'", timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _until(self, condition: str, timeout: float = 30) -> None:
        self.page.wait_for_function(f"() => {condition}", timeout=timeout * 1000)

    def _evaluate(self, body: str, argument: Any = None) -> Any:
        return self.page.evaluate(f"async argument => {{ const panel = jupyterapp.shell.currentWidget; {body} }}", argument)

    def _command(self, name: str, timeout: float) -> None:
        """Execute a command of JupyterLab and wait until what it started is done."""
        self._evaluate("window.done = false; jupyterapp.commands.execute(argument).finally(() => { window.done = true })", name)
        self._until("window.done", timeout)

    def run_all(self, *, timeout: float = 120) -> None:
        """Run all cells; those after one that fails do not run, as JupyterLab has it."""
        self._command("notebook:run-all-cells", timeout)

    def run_cell(self, index: int, *, timeout: float = 60) -> None:
        """Run one cell."""
        self._evaluate("panel.content.deselectAll(); panel.content.activeCellIndex = argument", index)
        self._command("notebook:run-cell", timeout)

    def edit(self, index: int, source: str) -> None:
        """Put another text into a cell."""
        self._evaluate("panel.content.widgets[argument[0]].model.sharedModel.setSource(argument[1])", [index, source])

    def cell(self, index: int) -> Locator:
        """A cell: its input and its output."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        """The output area of a cell."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def outputs(self, index: int | None = None) -> list[dict[str, Any]]:
        """The outputs of one code cell, or of all, as the notebook file would hold them."""
        found = self._evaluate(
            """return panel.content.widgets.map(cell => cell.model.type === 'code' ? cell.model.outputs.toJSON() : [])"""
        )
        return found[index] if index is not None else [output for cell in found for output in cell]

    def errors(self) -> list[str]:
        """The exceptions that cells ended with."""
        return [f"{output['ename']}: {output['evalue']}" for output in self.outputs() if output["output_type"] == "error"]

    def theme(self, theme: Theme) -> None:
        """Change to light or dark and wait until the page has."""
        self._evaluate("await jupyterapp.commands.execute('apputils:change-theme', {theme: argument})", THEMES[theme])
        self._until(f"document.body.dataset.jpThemeName === {json.dumps(THEMES[theme])}")
        self._evaluate("await document.fonts.ready")

    def shot(self, name: str, locator: Locator | None = None) -> Path:
        """Photograph the whole notebook, or one thing in it, for a person to look at; where the picture is, the first of several."""
        SHOTS.mkdir(exist_ok=True)
        path = SHOTS / f"{name}.png"
        if locator is not None:
            locator.screenshot(path=path, animations="disabled")
            return path
        before = self.page.viewport_size
        assert before is not None
        # The notebook scrolls inside the page, so the window is made as high as the notebook for the picture. Chromium draws
        # no page that is higher than this, so a longer notebook goes into several pictures, from the top.
        outer = "const outer = panel.content.outerNode ?? panel.content.node; "
        total, shown = self._evaluate(f"{outer} return [outer.scrollHeight, outer.clientHeight]")
        height = min(before["height"] + total - shown, HIGHEST)
        shown += height - before["height"]
        self.page.set_viewport_size({"width": before["width"], "height": height})
        self._until(f"document.querySelector('.jp-NotebookPanel').clientHeight > {shown}")
        for part in range(math.ceil(total / shown)):
            self._evaluate(f"{outer} outer.scrollTop = argument", part * shown)
            place = path if part == 0 else SHOTS / f"{name}-{part + 1}.png"
            self.page.locator(".jp-NotebookPanel").screenshot(path=place, animations="disabled")
        self.page.set_viewport_size(before)
        return path

    def picture(self, locator: Locator) -> Image:
        """What a person sees of a thing, to compute with."""
        from PIL import Image

        return Image.open(io.BytesIO(locator.screenshot(animations="disabled"))).convert("RGB")

    def save(self) -> Path:
        """Save as Ctrl-S does; the file."""
        self._evaluate("await panel.context.save()")
        return self.lab.root / self.path

    def close(self) -> None:
        """End its kernel and close the page."""
        if not self.page.is_closed():
            self._evaluate("await panel.sessionContext.shutdown()")
            self.page.close()
