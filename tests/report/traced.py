"""Memory traces as real code gives them, made up of fixed numbers: what the cards and the timeline are tested with."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from nbperf.core.lines import Allocation, Band, DeviceLine, Line, LinePair, Mark, MemoryContest, MemoryTrace, Moment, Place
from nbperf.core.records import Absence, Finding, Provenance, Reading, Trace
from nbperf.core.units import Unit
from nbperf.words import Sentence
from tests.report.examples import ABSENCES, HOSTILE, MACHINE, MIB, reading

BEFORE = 412.0 * MIB


def line(
    number: int,
    source: str,
    *,
    hits: int = 1,
    time: float = 1e-5,
    increment: float = 0.0,
    own: float | None = None,
    freed: float = 0.0,
    peak: float = 0.0,
    each: tuple[float, float] = (0.0, 0.0),
    reads: int | None = None,
    shared: float = 0.0,
    spike: float | None = None,
    file: str = "In [3]",
    function: str = "<module>",
    devices: Sequence[DeviceLine] = (),
) -> Line:
    """A line; sizes in MiB. One that calls nothing that is traced has no peak but its own."""
    calls = own is not None and own != increment
    if spike is None:
        spike = 0.0 if calls else max(0.0, peak - max(0.0, increment if hits == 1 else each[1]))
    least, most = (increment, increment) if hits == 1 else each
    return Line(
        file=file, function=function, line=number, source=source, hits=hits, reads=hits if reads is None else reads, time=time,
        increment=increment * MIB, own=(increment if own is None else own) * MIB, freed=freed * MIB, least=least * MIB, most=most * MIB,
        peak=(max(peak, increment, 0.0) if hits == 1 else peak) * MIB, spike=spike * MIB, shared=shared * MIB, devices=tuple(devices),
    )  # fmt: skip


def whole(seconds: float, *, after: float, peak: float, before: float = BEFORE) -> tuple[Reading, ...]:
    """The readings of a whole trace; `after` and `peak` in bytes above `before`."""
    return (
        reading("time.wall", seconds),
        reading("memory.rss.before", before, Unit.BYTE, source="statm"),
        reading("memory.rss.after", before + after, Unit.BYTE, source="statm"),
        reading("memory.rss.peak", before + peak, Unit.BYTE, source="VmHWM after clear_refs"),
    )


def over_time(
    quantity: str, shape: Callable[[float], float], seconds: float, *, period: float = 0.01, skip: Sequence[tuple[float, float]] = (),
    device: str | None = None,
) -> Trace:  # fmt: skip
    """A shape (seconds to MiB) as a sampler sees it."""
    times = [i * period for i in range(int(seconds / period) + 1)]
    times = [t for t in times if not any(start < t < end for start, end in skip)]
    return Trace(
        quantity=quantity, unit=Unit.BYTE, provenance=Provenance.SAMPLED, source="statm every 10 ms", times=tuple(times),
        values=tuple(shape(t) * MIB for t in times), period=period, device=device,
    )  # fmt: skip


def at(number: int, source: str, file: str = "In [3]", function: str = "<module>") -> Place:
    return Place(file=file, function=function, line=number, source=source)


def _training(t: float) -> float:
    """412 MiB, then data of 400 MiB, a model of 80, 60 steps of 0.18 s that rise by 300 and leave 2 behind each."""
    level = 412.0 + 400 * min(max((t - 0.3) / 0.5, 0), 1) + (80 if t > 1.0 else 0)
    if t < 1.2:
        return level
    step, part = divmod(min(t, 11.99) - 1.2, 0.18)
    inside = 300 * math.sin(math.pi * min(part / 0.18, 1)) if t < 12 else 0
    return level + 2 * step + inside


def training() -> MemoryTrace:
    """A training loop with regions, marks, a leak, worker processes, a device and allocations."""
    bands = [Band(path=("load",), start=0.28, end=0.85)]
    bands += [Band(path=("epoch",), start=start, end=start + 3.55) for start in (1.2, 4.8, 8.4)]
    for i in range(60):
        start = 1.2 + i * 0.18
        for name, (low, high) in {"forward": (0.01, 0.07), "backward": (0.07, 0.14), "optimizer step": (0.14, 0.175)}.items():
            bands.append(Band(path=("epoch", name), start=start + low, end=start + high))
    draw = random.Random(3)
    rss = over_time("memory.rss", lambda t: _training(t) + draw.random(), 12.6, skip=((7.2, 7.62),))
    children = over_time("memory.children", lambda t: 180.0 if 0.9 < t < 12.1 else 0.0, 12.6, period=0.1)
    cuda = over_time(
        "memory.cuda.allocated", lambda t: 0.0 if t < 1 else 310 + 900 * abs(math.sin((t - 1.2) / 0.18 * math.pi)) * (1.2 < t < 12), 12.6,
        device="cuda:0",
    )  # fmt: skip
    reserved = over_time("memory.cuda.reserved", lambda t: 0.0 if t < 1 else 512.0 if t < 1.3 else 1536.0, 12.6, device="cuda:0")
    step = {"file": "In [2]", "function": "train_step"}

    def gpu(allocated: float, peak: float, reserved: float = 0.0) -> tuple[DeviceLine, ...]:
        return (DeviceLine(device="cuda:0", allocated=allocated * MIB, reserved=reserved * MIB, peak=peak * MIB),)

    table = (
        line(1, "def train_step(model, x, y):", time=1e-6, **step),
        line(2, "    optimizer.zero_grad(set_to_none=True)", hits=60, time=0.09, **step, devices=gpu(-310, 0)),
        line(3, "    with nbperf.region('forward'):", hits=60, time=0.001, reads=12, **step),
        line(4, "        loss = criterion(model(x), y)", hits=60, time=3.6, increment=9120, peak=180, each=(148, 161), freed=12,
             devices=gpu(0, 610, 512), **step),
        line(5, "    with nbperf.region('backward'):", hits=60, time=0.001, reads=12, **step),
        line(6, "        loss.backward()", hits=60, time=4.2, increment=-9000, peak=148, each=(-171, -140), freed=9300,
             devices=gpu(310, 910, 512), **step),
        line(7, "    optimizer.step()", hits=60, time=2.1, increment=0.4, peak=0.4, each=(0.0, 0.2), reads=31, shared=0.4, **step,
             devices=gpu(0, 120)),
        line(8, "    return loss", hits=60, time=2e-5, reads=3, **step),
        line(1, "import torch, nbperf", time=0.002),
        line(2, ""),
        line(3, "with nbperf.region('load'):", time=2e-5),
        line(4, "    images = numpy.concatenate([numpy.load(path)['images'] for path in sorted(folder.glob('*.npz'))], axis=0)", time=0.51,
             increment=400, peak=436, freed=36),
        line(5, "model = resnet18(num_classes=10).to('cuda')", time=0.12, increment=80, peak=96, devices=gpu(310, 310, 512)),
        line(6, "history = []"),
        line(7, "for epoch in range(3):", hits=4, time=1e-4),
        line(8, "    for x, y in loader:", hits=63, time=0.4, increment=0.2, peak=0.2, each=(0.0, 0.1)),
        line(9, "        history.append(train_step(model, x, y))", hits=60, time=9.9, increment=120, own=0.3, peak=301, each=(1.9, 4.2)),
        line(10, "    nbperf.mark(f'epoch {epoch}')", hits=3, time=1e-4),
    )  # fmt: skip
    peak = Moment(at=11.47, value=1336 * MIB, change=41 * MIB, place=at(6, "        loss.backward()", "In [2]", "train_step"))
    return MemoryTrace(
        label="train",
        started_at=0.0,
        table=table,
        readings=(*whole(12.61, after=602 * MIB, peak=924 * MIB), reading("memory.swap", 0.0, Unit.BYTE, source="status")),
        traces=(rss, children, cuda, reserved),
        steps=(
            Moment(at=0.8, value=812 * MIB, change=400 * MIB, place=at(4, table[11].source)),
            Moment(at=1.01, value=892 * MIB, change=80 * MIB, place=at(5, table[12].source)),
            Moment(at=4.7, value=1180 * MIB, change=155 * MIB, place=at(4, table[3].source, "In [2]", "train_step")),
            Moment(at=4.8, value=1020 * MIB, change=-160 * MIB, place=at(6, table[5].source, "In [2]", "train_step")),
            Moment(at=11.95, value=1014 * MIB, change=-300 * MIB, place=at(6, table[5].source, "In [2]", "train_step")),
        ),
        peak=peak,
        bands=tuple(bands),
        marks=tuple(Mark(name=f"epoch {i}", at=4.8 + 3.6 * i - 0.02) for i in range(3)),
        findings=(
            Finding(
                code="memory-grows",
                cause=Sentence("memory grew by {size} in each of the last {n} passes", size="2.0\N{NO-BREAK SPACE}MiB", n=60),
                remedy=Sentence("`{name}` keeps the graph alive: append `loss.item()`", name="history"),
                weight=2,
            ),
            Finding(
                code="freed-late",
                cause=Sentence("{size} were freed only by the garbage collector", size="36.0\N{NO-BREAK SPACE}MiB"),
                remedy=Sentence("break the cycle"),
            ),
        ),
        allocations=(
            Allocation(place=at(4, table[11].source), count=13, left=400 * MIB, at_peak=400 * MIB, temporary=36 * MIB),
            Allocation(place=at(9, table[16].source), count=60, left=0.1 * MIB, at_peak=0.1 * MIB, temporary=None),
        ),
        allocator="memray",
        events=1_204,
        tracing=0.031,
        tracer="sys.monitoring",
        environment=MACHINE,
        absences=(
            Absence(quantity="memory.temporary", reason=Sentence("{package} counts no temporary allocations", package="tracemalloc")),
            *ABSENCES[1:],
        ),
    )


def plain() -> MemoryTrace:
    """A cell of four lines that kept what it made, and never came near a limit."""

    def shape(t: float) -> float:
        return 301.5 + (38.15 if t > 0.031 else 0)

    return MemoryTrace(
        table=(
            line(1, "import numpy as np", time=4e-6),
            line(2, "x = np.ones((500, 10_000))", time=0.0121, increment=38.2, peak=38.2),
            line(3, "y = x.sum()", time=0.0034),
            line(4, "del x", time=0.001, increment=-38.2, freed=38.2),
        ),
        readings=whole(0.0613, after=0.0, peak=38.2 * MIB, before=301.5 * MIB),
        traces=(over_time("memory.rss", shape, 0.061),),
        steps=(Moment(at=0.031, value=339.7 * MIB, change=38.2 * MIB, place=at(2, "x = np.ones((500, 10_000))")),),
        peak=Moment(at=0.034, value=339.7 * MIB, change=0.0, place=at(3, "y = x.sum()")),
        mode="exact",
        events=5,
        tracing=5.1e-5,
        tracer="sys.settrace",
        environment=MACHINE,
    )


def hostile() -> MemoryTrace:
    """Everything that comes from outside is hostile; the line is very long, the code failed and memory came near its limit."""
    long = "`" + HOSTILE + "x" * 400
    place = Place(file=HOSTILE, function=HOSTILE, line=7, source=long)
    limit = replace(MACHINE, memory_limit=2**30, memory_limit_source=HOSTILE, host=HOSTILE)
    device = DeviceLine(device=HOSTILE, allocated=1.0, reserved=2.0, peak=3.0)
    table = (
        line(7, long, increment=500, peak=590, file=HOSTILE, function=HOSTILE, devices=(device,)),
        *(line(i, f"\tpass  # `{i}`\r\x1b[2J", file=HOSTILE, function=HOSTILE) for i in range(8, 80)),
    )  # fmt: skip
    return MemoryTrace(
        label=HOSTILE,
        table=table,
        readings=(*whole(0.5, after=500 * MIB, peak=590 * MIB), reading("memory.swap", 3 * MIB, Unit.BYTE, source=HOSTILE)),
        traces=(
            over_time("memory.rss", lambda t: 412 + 1000 * min(t, 0.5), 0.5),
            over_time(f"memory.{HOSTILE}", lambda t: 3 + t, 0.5, device=HOSTILE),
        ),
        steps=(Moment(at=0.4, value=900 * MIB, change=500 * MIB, place=place),),
        peak=Moment(at=0.45, value=1002 * MIB, place=place),
        bands=(Band(path=(HOSTILE,), start=0.1, end=0.4), Band(path=(HOSTILE, HOSTILE), start=0.1, end=0.11)),
        marks=(Mark(name=HOSTILE, at=0.2), Mark(name=HOSTILE, at=0.201)),
        findings=(Finding(code="x", cause=Sentence("{x}", x=HOSTILE), remedy=Sentence("{x}", x=HOSTILE)),),
        allocations=(Allocation(place=place, count=2, left=1.0),),
        allocator=HOSTILE,
        events=73,
        environment=limit,
        error=HOSTILE,
    )


def contest() -> MemoryContest:
    """The same step in two ways, three times in turn: the second needs less."""
    first = replace(training(), label="eager")
    second = replace(training(), label="checkpointed")

    def needing(trace: MemoryTrace, above: float) -> MemoryTrace:
        return replace(trace, readings=whole(12.6, after=602 * MIB, peak=above * MIB))

    def changed(old: Line, increment: float, peak: float) -> Line:
        return replace(old, increment=increment * MIB, peak=peak * MIB)

    before = {one.line: one for one in first.table if one.function == "train_step"}
    pairs = [LinePair(before=one, after=one) for number, one in before.items() if number not in {4, 6}]
    pairs.append(LinePair(before=before[4], after=changed(before[4], 3010, 62)))
    pairs.append(LinePair(before=before[6], after=changed(before[6], -2800, 190)))
    pairs.append(LinePair(before=None, after=line(5, "        x = checkpoint(block, x)", hits=60, increment=12, peak=14, each=(0, 1))))
    return MemoryContest(
        baseline=tuple(needing(first, above) for above in (924, 922, 927)),
        contestant=tuple(needing(second, above) for above in (690, 694, 688)),
        pairs=tuple(pairs),
    )


def equal() -> MemoryContest:
    """Two variants that need the same."""
    one = plain()
    return MemoryContest(
        baseline=(one, one), contestant=(one, replace(one, readings=whole(0.06, after=0.0, peak=38.6 * MIB, before=301.5 * MIB))),
        pairs=tuple(LinePair(before=each, after=each) for each in one.table),
    )  # fmt: skip


TRACES = {make.__name__: make for make in (training, plain, hostile)}
CONTESTS = {make.__name__: make for make in (contest, equal)}
