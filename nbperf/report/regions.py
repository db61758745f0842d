"""The named parts of a run as one bar: shares of the time, nested parts below the one that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nbperf.core.records import Provenance, Run
from nbperf.core.units import Unit, format_percent
from nbperf.report.card import Bar, Segment, Table
from nbperf.report.figures import figure
from nbperf.words import Sentence

MOST = 12
"""Parts that are shown at once; all of them are in the folded table."""
DEVICE_TIMES = ("time.cuda", "time.mps", "time.xpu")
COLOURS = 7
LEAST = 5e-4
"""Share below which the rest is not worth a line."""
INDENT = "\N{EM SPACE}"
"""Before the name of an inner part, once for each level: it survives where the style is stripped."""


@dataclass(slots=True)
class _Part:
    path: tuple[str, ...]
    wall: float = 0.0
    device: float = 0.0
    count: int = 0
    on_device: bool = False
    provenance: Provenance = Provenance.MEASURED
    parts: list[_Part] = field(default_factory=list)

    def time(self, on_device: bool) -> float:
        """What the bar shows of it."""
        return self.device if on_device else self.wall


def _parts(run: Run) -> list[_Part]:
    """The parts by path, summed over the samples, in the order they were first entered."""
    found: dict[tuple[str, ...], _Part] = {}
    for sample in run.samples:
        for region in sample.regions:
            part = found.get(region.path)
            if part is None:
                part = found[region.path] = _Part(region.path)
            part.count += region.count
            for reading in region.readings:
                part.provenance = max(part.provenance, reading.provenance)
                if reading.quantity == "time.wall":
                    part.wall += reading.value
                elif reading.quantity in DEVICE_TIMES:
                    part.device += reading.value
                    part.on_device = True
    return list(found.values())


def _tree(parts: list[_Part]) -> list[_Part]:
    """The outermost parts, each holding those within it; a part whose holder is unknown stands outermost."""
    known = {part.path: part for part in parts}
    outermost: list[_Part] = []
    for part in parts:
        holder = next((known[part.path[:n]] for n in range(len(part.path) - 1, 0, -1) if part.path[:n] in known), None)
        (outermost if holder is None else holder.parts).append(part)
    return outermost


@dataclass(frozen=True, slots=True)
class _Whole:
    """What the parts are parts of: seconds over all samples, and how they are written."""

    seconds: float
    runs: int
    loops: int
    on_device: bool
    provenance: Provenance
    overlapping: bool

    def written(self, seconds: float, provenance: Provenance) -> str:
        """The mean of a loop: it adds up over the parts, as a median would not."""
        return figure(seconds / self.loops, Unit.SECOND, provenance=provenance)


def _whole(run: Run, tree: list[_Part]) -> _Whole:
    # Where the device was at work, its time says where the time went: the host only hands over and waits.
    on_device = all(part.on_device for part in tree)
    quantities = DEVICE_TIMES if on_device else ("time.wall",)
    readings = [reading for sample in run.samples for reading in sample.readings if reading.quantity in quantities]
    time, parts = sum(reading.value for reading in readings), sum(part.time(on_device) for part in tree)
    return _Whole(
        seconds=max(time, parts),
        overlapping=parts > time * (1 + LEAST),  # tasks and threads may come to more than the whole
        runs=len(run.samples),
        loops=sum(sample.loops for sample in run.samples),
        on_device=on_device,
        provenance=max((reading.provenance for reading in readings), default=Provenance.MEASURED),
    )


def _place(part: _Part, whole: _Whole, start: float, depth: int, colour: int, narrowed: float = 1.0) -> list[Segment]:
    """The segments of a part and of those within it, side by side from its start, drawn so much narrower than they are."""
    time = part.time(whole.on_device)
    share = time / whole.seconds
    device = (whole.written(part.device, part.provenance),) if whole.on_device else ()
    entered = f"×{round(part.count / whole.runs):,}"
    segments = [
        Segment(
            name=" › ".join(part.path[depth:]),
            depth=depth,
            start=start,
            share=share * narrowed,
            colour=colour,
            figures=(whole.written(part.wall, part.provenance), *device, format_percent(share), entered),
            provenance=part.provenance,
        )
    ]
    within = sum(inner.time(whole.on_device) for inner in part.parts)
    if within > time:  # they overlapped: side by side they would stand out of the one that holds them
        narrowed *= time / within
    for inner in part.parts:
        segments += _place(inner, whole, start, depth + 1, colour, narrowed)
        start += inner.time(whole.on_device) / whole.seconds * narrowed
    return segments


def _rest(whole: _Whole, start: float) -> list[Segment]:
    """What no name was given to."""
    share = 1.0 - start
    if share < LEAST:
        return []
    time = whole.written(share * whole.seconds, whole.provenance)
    figures = (*(("", time) if whole.on_device else (time,)), format_percent(share), "")
    return [Segment(name=Sentence("other"), depth=0, start=start, share=share, colour=-1, figures=figures)]


def _few(segments: list[Segment]) -> tuple[list[Segment], float]:
    """The largest segments, closed up so that the rest is one piece at the end; and where that begins."""
    kept = sorted(range(len(segments)), key=lambda i: (-segments[i].share, segments[i].depth, i))[:MOST]
    end = shift = 0.0
    closed = []
    for segment in (segments[i] for i in sorted(kept)):
        if segment.depth == 0:
            shift = segment.start - end
            end += segment.share
        closed.append(replace(segment, start=segment.start - shift))
    return closed, end


def bar(run: Run) -> tuple[Bar | None, Table | None]:
    """The regions of a run as one bar, and as a table where the bar had to leave some out."""
    tree = _tree(_parts(run))
    whole = _whole(run, tree) if tree else None
    if whole is None or whole.seconds <= 0:
        return None, None
    segments: list[Segment] = []
    start = 0.0
    for number, part in enumerate(tree):
        segments += _place(part, whole, start, 0, number % COLOURS)
        start += part.time(whole.on_device) / whole.seconds
    few, end = _few(segments)
    times = (Sentence("time"), Sentence("on the device")) if whole.on_device else (Sentence("time"),)
    columns = (Sentence("region"), *times, Sentence("share"), Sentence("entered"))
    total = whole.written(whole.seconds, whole.provenance)
    # The mean and not the median: of the parts, only means add up.
    means = Sentence("mean of a repeat") if run.loops == 1 else Sentence("mean of a loop")
    if whole.runs == whole.loops == 1:
        means = Sentence("the whole run")
    if whole.overlapping:
        means = Sentence("all regions; they overlapped")
    of = (means, *(("", total) if whole.on_device else (total,)), "", "")
    drawn = Bar(of=of, columns=columns, segments=(*few, *_rest(whole, end)))
    if len(segments) <= MOST:
        return drawn, None
    rows = tuple((INDENT * segment.depth + segment.name, *segment.figures) for segment in (*segments, *_rest(whole, start)))
    return drawn, Table(title=Sentence("All regions"), columns=columns, rows=rows)
