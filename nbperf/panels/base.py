"""What every panel is: a record shown live in the browser and saved as a picture.

A panel is an anywidget. Its numbers travel as bytes, at most thirty times a second (pace.py), and are drawn by the one bundle
in static/; the same record drawn by matplotlib is what is saved, exported and shown where there are no widgets.
"""

from __future__ import annotations

import threading
import traceback
import warnings
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self
from weakref import WeakSet

import anywidget
import traitlets
from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

from nbperf.errors import NBPerfWarning
from nbperf.panels import saved
from nbperf.panels.pace import Pace
from nbperf.panels.rate import Rate, Reports
from nbperf.words import say

if TYPE_CHECKING:
    import pandas as pd

    from nbperf.views.picture import Picture

BUNDLE = Path(__file__).with_name("static") / "panels.js"
VIEW = "application/vnd.jupyter.widget-view+json"
UNBUILT = "export default {};"
"""In the place of a bundle that was not built; nobody sees it, since such a panel shows its saved face."""


class Panel(anywidget.AnyWidget):
    """Base of the panels.

    A panel keeps its record under `_guard` and calls `_touch` when the record has changed. It says what it looks like: `_news`
    in bytes for the browser, `_draw`, `_text` and `to_frame` for everywhere else.
    """

    _esm = BUNDLE if BUNDLE.is_file() else UNBUILT

    words = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    prompt = traitlets.Bool().tag(sync=True)
    dark = traitlets.Bool().tag(sync=True)

    alive: ClassVar[WeakSet[Panel]] = WeakSet()
    """Every panel that was made and not closed: those of the notebook."""

    def __init__(self, **traits: Any) -> None:
        self._guard = threading.RLock()
        self._handles: list[DisplayHandle] = []
        self._reports = Reports()
        self._updates = 0
        self._seq = 0
        self._followed = False
        self._pace = Pace(self._publish)
        super().__init__(words=self._words(), prompt=acts_while_a_cell_runs(), **traits)
        self.on_msg(self._heard)
        Panel.alive.add(self)

    # What a panel says of itself.

    def _words(self) -> dict[str, str]:
        """The sentences that the browser shows, in the reader's language."""
        raise NotImplementedError

    def _news(self) -> dict[str, bytes]:
        """The binary traits that the browser should know now, for a page that has followed so far."""
        raise NotImplementedError

    def _draw(self, *, dark: bool) -> Picture:
        """The saved face."""
        raise NotImplementedError

    def _text(self) -> str:
        """The face in a terminal."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """What is shown, as a table."""
        raise NotImplementedError

    # The live face.

    def _touch(self) -> None:
        """The record has changed: the browser will know, soon."""
        self._updates += 1
        if self._live:
            self._pace.touch()

    @property
    def _live(self) -> bool:
        """Whether there is somebody to send to: a comm outside a kernel is a dummy."""
        return self.comm is not None and getattr(self.comm, "kernel", None) is not None

    def _publish(self) -> None:
        try:
            with self._guard:
                self._seq += 1
                news = self._news()
            self._push(**news)
        except Exception as error:  # noqa: BLE001 - on a thread that nobody watches it would be lost; here it is seen
            self._complain(error)

    def _push(self, **news: bytes) -> None:
        """Send binary traits; ipywidgets would compare them with the old ones first."""
        self._send({"method": "update", "state": {}, "buffer_paths": [[name] for name in news]}, buffers=list(news.values()))

    def _send(self, msg: Any, buffers: Any = None) -> None:
        """As ipywidgets does, and what the page says next is heard while a cell runs.

        ipykernel 7.4 answers a page on the thread that spoke to it last. A cell that updates a panel is the main thread, so
        the page would be heard when the cell ends; without the note of who spoke last it is heard on its own thread.
        """
        super()._send(msg, buffers=buffers)
        if self.comm is not None:
            self.comm.__dict__.pop("_reply_subshell_id", None)

    def _heard(self, widget: Panel, content: Any, buffers: Any) -> None:
        """A message of a page."""
        try:
            match content:
                case {"kind": "hello", "asked": asked}:
                    self.send({"kind": "clock", "asked": asked, "here": saved.now()})
                case {"kind": "drawn"}:
                    self._followed = True
                    self._reports.add(content)
                case {"kind": "again"}:
                    self._again()
                case {"kind": str(kind)}:
                    self._asked(kind)
            # What is handled beside the main thread is handled while cells run.
            if threading.current_thread() is not threading.main_thread() and not self.prompt:
                self.prompt = True
        except Exception as error:  # noqa: BLE001 - shown under the panel
            self._complain(error)

    def _again(self) -> None:
        """A page has missed a message: all of it once more."""
        self._pace.touch()

    def _asked(self, kind: str) -> None:
        """A control of this panel was used."""

    def _complain(self, error: BaseException) -> None:
        """Show an exception under the panel, with the line it comes from."""
        frames = traceback.extract_tb(error.__traceback__)
        where = f"\n{Path(frames[-1].filename).name}:{frames[-1].lineno}: {frames[-1].line or ''}" if frames else ""
        self.error = "".join(traceback.format_exception_only(error)).strip() + where

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser has set; what a callback of the user raises is shown under the panel."""
        if self.error:
            self.error = ""  # what was wrong before has been read
        try:
            super().set_state(sync_data)
        except Exception as error:  # noqa: BLE001 - whatever a callback raises
            self._complain(error)

    @property
    def rate(self) -> Rate:
        """What became of the updates: pictures a second seen, their age, updates without a picture of their own."""
        return self._reports.rate(self._updates, self._seq)

    # The saved face.

    def figure(self, *, dark: bool = False) -> Picture:
        """The panel as a matplotlib Figure.

        Parameters
        ----------
        dark : bool

        Returns
        -------
        matplotlib.figure.Figure
        """
        with self._guard:
            return self._draw(dark=dark)

    def save(self, path: str | Path) -> Path:
        """Write it to a file.

        Parameters
        ----------
        path : str or Path
            Ends with .png, .svg, .html (live without a kernel) or .csv.

        Returns
        -------
        Path
        """
        return saved.save(self, Path(path))

    def __repr__(self) -> str:
        with self._guard:
            return self._text()

    def _face(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The picture and the text, and how large the picture is shown."""
        with self._guard:
            return saved.bundle(self._draw(dark=self.dark), self._text())

    def _repr_mimebundle_(self, **asked: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = self._face()
        if self.comm is not None and built():
            data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return data, metadata

    def _ipython_display_(self) -> None:
        """Show it here, and remember where: freeze() puts the picture in this place."""
        data, metadata = self._repr_mimebundle_()
        handle = display(data, metadata=metadata, raw=True, display_id=True)
        if handle is not None:
            self._handles.append(handle)

    def freeze(self) -> None:
        """Put a picture in every place where the panel is shown.

        A notebook is saved without the state of its widgets, and then opens with the picture, here, on GitHub and wherever it
        is exported. The panel can be shown again, live.
        """
        self._pace.flush()
        if self._handles:
            data, metadata = self._face()
            for handle in self._handles:
                handle.update(data, metadata=metadata, raw=True)
            self._handles.clear()

    def __enter__(self) -> Self:
        if not self._handles and get_ipython() is not None:
            display(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.freeze()

    def close(self) -> None:
        """End the live face and free what it holds in the browser and here; the record can still be saved."""
        if "_pace" in self.__dict__:  # else it was never made: what it was asked to show cannot be shown
            self._pace.close()
            self._handles.clear()
        Panel.alive.discard(self)
        super().close()
        # ipywidgets hides the method with None; a closed panel still has its picture.
        self.__dict__.pop("_repr_mimebundle_", None)


def freeze_all() -> int:
    """Freeze every panel of the notebook; how many were shown."""
    shown = [panel for panel in list(Panel.alive) if panel._handles]
    for panel in shown:
        panel.freeze()
    return len(shown)


def built() -> bool:
    """Whether the browser part is there; where it is not, say how to get it."""
    if Panel._esm != UNBUILT:
        return True
    warnings.warn(
        say("the browser part of the panels was not built, so a picture is shown: pip install -e . builds it"), NBPerfWarning, stacklevel=4
    )
    return False


def acts_while_a_cell_runs() -> bool:
    """Whether this kernel hears the page while a cell runs: ipykernel 7 does so on threads of its own."""
    return bool(getattr(getattr(get_ipython(), "kernel", None), "_supports_kernel_subshells", False))
