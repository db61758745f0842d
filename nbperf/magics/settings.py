"""The settings: ``%config NBPerf`` lists them, ``%config NBPerf.repeats = 5`` sets one, profiles may as well."""

from __future__ import annotations

from typing import Any

from traitlets import Bool, Enum, Float, Int, List, TraitError, Unicode, observe, validate
from traitlets.config import Configurable

from nbperf.errors import PlanError
from nbperf.probes import catalog
from nbperf.store.place import DEFAULT, PLACE
from nbperf.words import LANGUAGES, READER, Sentence, say


class NBPerf(Configurable):
    """Settings of nbperf."""

    repeats = Int(1, min=1, help=Sentence("How often `%%perf` runs a cell where -r does not say so.")).tag(config=True)
    warmups = Int(0, min=0, help=Sentence("Runs before them that do not count, where -w does not say so.")).tag(config=True)
    probes = List(Unicode(), help=Sentence("Optional probes that every window starts, such as 'python'.")).tag(config=True)
    confidence = Float(0.99, min=0.5, max=0.9999, help=Sentence("Confidence of the verdicts of a comparison, all together.")).tag(
        config=True
    )
    width = Float(0.02, min=0.001, max=0.5, help=Sentence("A comparison stops when the interval is no wider than this share.")).tag(
        config=True
    )
    pairs = Int(1000, min=8, help=Sentence("A comparison takes at most so many pairs.")).tag(config=True)
    seconds = Float(
        10.0,
        min=0.01,
        help=Sentence("A comparison takes at most about so many seconds, once it has the 8 pairs (at 0.99) that a verdict needs."),
    ).tag(config=True)
    card = Bool(True, help=Sentence("Show the card under a measured cell; `-q` hides one.")).tag(config=True)
    history = Unicode(
        DEFAULT, allow_none=True, help=Sentence("File in which runs are kept, relative to the kernel's folder; None keeps none.")
    ).tag(config=True)
    store_source = Bool(False, help=Sentence("Keep the cell's text with its run.")).tag(config=True)
    live = Bool(True, help=Sentence("Show a line under a cell that runs longer than two seconds.")).tag(config=True)
    language = Enum(("", *LANGUAGES), "", help=Sentence("Language of what nbperf shows; '' follows the environment.")).tag(config=True)

    @classmethod
    def class_get_trait_help(cls, trait: Any, inst: Any = None, helptext: str | None = None) -> str:
        """As ``%config NBPerf`` shows a setting: what it does is said in the reader's language."""
        return super().class_get_trait_help(trait, inst, say(trait.help) if helptext is None else helptext)

    @observe("language")
    def _speak(self, change: Any) -> None:
        READER.speak(change["new"])

    @observe("history")
    def _keep(self, change: Any) -> None:
        PLACE.path = change["new"] or None
        PLACE.settle()

    @validate("probes")
    def _known(self, proposal: Any) -> list[str]:
        names: list[str] = proposal["value"]
        try:
            catalog.discover(also=names)
        except PlanError as error:
            raise TraitError(str(error)) from None
        return names
