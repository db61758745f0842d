"""Which line of one variant stands beside which line of another, and their medians over several traces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from nbperf.core.lines import Line, LinePair, MemoryTrace
from nbperf.core.stats import median

_Key = tuple[str, str, int]


def paired(baseline: Sequence[MemoryTrace], contestant: Sequence[MemoryTrace]) -> tuple[LinePair, ...]:
    """The lines of two variants side by side, in the order of the first.

    A line that both ran is its own counterpart. Of the others, each function's lines are put beside those of the
    function that took its place, where their text is the same, as a text comparison finds them.
    """
    before, after = middle(baseline), middle(contestant)
    pairs = [LinePair(before=line, after=after[key]) for key, line in before.items() if key in after]
    left = [line for key, line in before.items() if key not in after]
    right = [line for key, line in after.items() if key not in before]
    pairs += _beside(left, right)
    places = {key: place for place, key in enumerate(dict.fromkeys((*before, *after)))}

    def place(pair: LinePair) -> int:
        line = pair.before or pair.after
        assert line is not None
        return places[_key(line)]

    return tuple(sorted(pairs, key=place))


def middle(traces: Sequence[MemoryTrace]) -> dict[_Key, Line]:
    """Each line with the medians of its figures over the traces; one that did not run in all of them counts as 0 there."""
    found: dict[_Key, list[Line]] = {}
    for trace in traces:
        for line in trace.table:
            found.setdefault(_key(line), []).append(line)
    return {key: _median(lines, len(traces)) for key, lines in found.items()}


def _key(line: Line) -> _Key:
    return line.file, line.function, line.line


def _median(lines: Sequence[Line], count: int) -> Line:
    missing = [0.0] * (count - len(lines))

    def of(name: str) -> float:
        return median([*(float(getattr(line, name)) for line in lines), *missing])

    figures = {name: of(name) for name in ("time", "increment", "own", "freed", "least", "most", "peak", "spike", "shared")}
    return replace(lines[0], hits=round(of("hits")), reads=round(of("reads")), **figures)  # type: ignore[arg-type]


def _beside(left: Sequence[Line], right: Sequence[Line]) -> Iterator[LinePair]:
    same = SequenceMatcher(None, [line.source.strip() for line in left], [line.source.strip() for line in right], autojunk=False)
    for kind, a, b, c, d in same.get_opcodes():
        if kind in ("equal", "replace"):
            both = min(b - a, d - c)
            yield from (LinePair(before=left[a + i], after=right[c + i]) for i in range(both))
            a, c = a + both, c + both
        yield from (LinePair(before=line, after=None) for line in left[a:b])
        yield from (LinePair(before=None, after=line) for line in right[c:d])
