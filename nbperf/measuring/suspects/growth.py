"""Memory that grows from one pass of a loop to the next: a leak, or what the allocator keeps for the next time."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nbperf.core.lines import Place
from nbperf.core.records import Finding
from nbperf.core.slope import FEWEST, Slope, growth_of
from nbperf.core.units import format_percent
from nbperf.measuring.holders import held_by
from nbperf.measuring.suspects.base import Charge, Scene, Suspect, size, where
from nbperf.probes.files import KernelFiles
from nbperf.probes.memory import resident
from nbperf.words import Sentence

CONFIDENCE = 0.99
GIVEN_BACK = 0.75
"""Share of the growth that has to come back when the allocator is asked for it, before the growth counts as its cache."""
PIECES = 0.5
"""Arrays for each pass that a variable has to hold before it is named as what grew: one large one is no collection."""
SHARE = 0.3
"""Share of the growth that it has to hold."""
GONE = 0.5
"""Share of the growth that has to be gone when the code ends, before it counts as freed."""


@dataclass(frozen=True, slots=True)
class _Growth:
    place: Place
    slope: Slope
    hits: int
    total: float
    first: float


class Growth(Suspect):
    """A line before whose every hit more memory is resident than before the last.

    Parameters
    ----------
    find : callable, optional
        Finds the way to ask the allocator for what it keeps; None where there is none.
    read : callable, optional
        Resident memory now, in bytes.
    """

    needs_torch = False

    def __init__(self, find: Callable[[], Callable[[], object] | None] | None = None, read: Callable[[], float] | None = None) -> None:
        self._find, self._read = find or trimmer, read

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """One finding, at the line of a loop that adds most itself: all lines of a loop see the same growth."""
        found = [growth for place, points in scene.series.items() if (growth := _growth(scene, place, points))]
        if found:
            worst = max(found, key=lambda growth: (_own(scene, growth.place), growth.total))
            yield self._charge(scene, worst)

    def _charge(self, scene: Scene, growth: _Growth) -> Charge:
        slope = growth.slope
        place = _named(scene, growth)
        values = {
            "slope": size(slope.value),
            "low": size(slope.low),
            "high": size(slope.high),
            "confidence": format_percent(CONFIDENCE),
            "total": size(growth.total),
            "hits": growth.hits,
            "source": place.source.strip(),
            "where": where(place.file, place.line),
        }
        grew = Sentence(
            "memory grows by {slope} ({confidence}: {low} to {high}) each time `{source}` runs ({where}), {total} over {hits} runs of it",
            **values,
        )
        ended = scene.trace.reading("memory.rss.after")
        if ended is not None and ended.value < growth.first + (1 - GONE) * growth.total:
            cause = Sentence("{grew}; it was freed when the code ended", grew=grew)
            remedy = Sentence("where each pass needs only its own part, free it in the loop with `del`, or work with a generator")
            return Charge(growth.total, Finding(code="memory-growth", cause=cause, remedy=remedy))
        back = self._given_back()
        if back is not None:
            freed, level = back
            if freed >= GIVEN_BACK * growth.total and level <= growth.first + (1 - GIVEN_BACK) * growth.total:
                cause = Sentence(
                    "{grew}; no leak: the allocator kept it for later, and gave back {freed} when asked", grew=grew, freed=size(freed)
                )
                remedy = Sentence("nothing has to be done; `{code}` gives it back to the system", code=TRIMMING)
                return Charge(growth.total, Finding(code="memory-cached", cause=cause, remedy=remedy, weight=0))
        if back is None:
            cause = Sentence("{grew}; whether it is a leak or kept by the allocator could not be told apart on this system", grew=grew)
        else:
            cause = Sentence("{grew}; the allocator does not give it back, so something holds on to it", grew=grew)
        holder = _holder(scene, growth)
        if holder is None:
            remedy = Sentence(
                "look for what each pass adds to a list, a dict or an attribute, and take it out when it is done: `.clear()`, `del`"
            )
        else:
            remedy = Sentence(
                "`{name}` holds {bytes} now: keep of each pass only what is needed later, or free it with `del {name}`",
                name=holder[0],
                bytes=size(holder[1]),
            )
        finding = Finding(code="memory-growth", cause=cause, remedy=remedy, weight=1 if back is None else 2)
        return Charge(growth.total, finding, general=holder is None)

    def _given_back(self) -> tuple[float, float] | None:
        """Bytes that the allocator gives back when asked, and what is resident then."""
        trim = self._find()
        if trim is None:
            return None
        read = self._read or resident(KernelFiles())[0]
        before = read()
        trim()
        after = read()
        return before - after, after


TRIMMING = "import ctypes; ctypes.CDLL(None).malloc_trim(0)"


def trimmer() -> Callable[[], object] | None:
    """``malloc_trim(0)`` of the GNU C library; musl, macOS and Windows have none."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
    return lambda: trim(0)


def _growth(scene: Scene, place: Place, points: Iterable[tuple[int, float]]) -> _Growth | None:
    taken = list(points)
    if len(taken) < FEWEST or not scene.relevant(taken[-1][1] - taken[0][1]):
        return None
    slope = growth_of(taken, CONFIDENCE)
    hits = taken[-1][0]
    if slope is None:
        return None
    total = slope.value * (hits - taken[0][0])  # what came between the first time and the last
    if not scene.relevant(total):
        return None
    return _Growth(place, slope, hits, total, taken[0][1])


def _holder(scene: Scene, growth: _Growth) -> tuple[str, float] | None:
    """The variable that reaches most memory, in as many pieces as a collection that grew has, and a good part of the growth."""
    sizes: dict[str, list[float]] = {}
    for held in held_by(scene.names).values():
        name = re.split(r"[.\[]", held.name, maxsplit=1)[0]
        sizes.setdefault(name, []).append(held.bytes)
    grown = {name: sum(pieces) for name, pieces in sizes.items() if len(pieces) >= growth.hits * PIECES}
    found = max(grown.items(), key=lambda each: each[1], default=None)
    return found if found and found[1] >= growth.total * SHARE else None


def _named(scene: Scene, growth: _Growth) -> Place:
    """The line of the same loop that adds most: levels are known where a hit begins, which may be the line after it."""
    beside = [
        line
        for line in scene.trace.table
        if (line.file, line.function) == (growth.place.file, growth.place.function) and growth.hits / 2 <= line.hits <= growth.hits * 2
    ]
    found = max(beside, key=lambda line: line.own, default=None)
    if found is None or found.own <= _own(scene, growth.place):
        return growth.place
    return Place(file=found.file, function=found.function, line=found.line, source=found.source)


def _own(scene: Scene, place: Place) -> float:
    return next(
        (line.own for line in scene.trace.table if (line.file, line.function, line.line) == (place.file, place.function, place.line)), 0.0
    )
