"""Records as real machines give them, made up of fixed numbers: what the golden files and the other tests draw."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from nbperf.core.budgets import parse
from nbperf.core.records import Absence, Comparison, Comparisons, Environment, Pairs, Provenance, Reading, Region, Run, Sample
from nbperf.core.units import Unit
from nbperf.core.verdicts import judge
from nbperf.words import Sentence

MIB = 2**20

MACHINE = Environment(
    host="lab",
    system="Linux 6.8.0",
    python="3.11.7",
    cpu="AMD EPYC 7763 64-Core Processor",
    cores=8,
    cores_allowed=2,
    memory_total=64 * 2**30,
    memory_limit=16 * 2**30,
    memory_limit_source="cgroup memory.max",
    governor="performance",
    load=0.42,
    packages=(("torch", "2.13.0"), ("numpy", "2.3.1"), ("pandas", "2.3.0")),
    threads=(("torch", 2), ("OMP_NUM_THREADS", 2)),
    blas="OpenBLAS 0.3.29",
    git="4f2a9c1",
    clock_resolution=4.1e-8,
)

ABSENCES = (
    Absence(
        quantity="time.cuda",
        reason=Sentence("{package} sees no CUDA device", package="torch"),
        remedy=Sentence("measure on a machine with one"),
    ),
    Absence(
        quantity="container.throttled.time",
        reason=Sentence("this process has no CPU quota"),
    ),
)


def reading(
    quantity: str,
    value: float,
    unit: Unit = Unit.SECOND,
    *,
    provenance: Provenance = Provenance.MEASURED,
    source: str = "perf_counter",
    device: str | None = None,
) -> Reading:
    return Reading(quantity=quantity, value=value, unit=unit, provenance=provenance, source=source, device=device)


def region(path: str, seconds: float, count: int = 1, device: float | None = None) -> Region:
    readings = [reading("time.wall", seconds)]
    if device is not None:
        readings.append(reading("time.cuda", device, source="CUDA events", device="cuda:0"))
    return Region(path=tuple(path.split("/")), readings=tuple(readings), count=count)


def sample(
    wall: float,
    *,
    busy: float = 1.9,
    before: float = 412 * MIB,
    grown: float = 400 * MIB,
    loops: int = 1,
    also: Sequence[Reading] = (),
    regions: Sequence[Region] = (),
    peak: Provenance = Provenance.MEASURED,
) -> Sample:
    source = "VmHWM after clear_refs" if peak is Provenance.MEASURED else "statm every 10 ms"
    return Sample(
        loops=loops,
        readings=(
            reading("time.wall", wall),
            reading("time.cpu.user", wall * busy * 0.95, source="getrusage"),
            reading("time.cpu.system", wall * busy * 0.05, source="getrusage"),
            reading("memory.rss.before", before, Unit.BYTE, source="statm"),
            reading("memory.rss.after", before + grown * 0.1, Unit.BYTE, source="statm"),
            reading("memory.rss.peak", before + grown, Unit.BYTE, source=source, provenance=peak),
            reading("faults.minor", 102_431.0, Unit.COUNT, source="getrusage"),
            reading("faults.major", 0.0, Unit.COUNT, source="getrusage"),
            reading("switches.involuntary", 17.0, Unit.COUNT, source="getrusage"),
            *also,
        ),
        regions=tuple(regions),
    )


def steps(wall: float) -> tuple[Region, ...]:
    return (
        region("data", wall * 0.11, 20),
        region("forward", wall * 0.36, 20),
        region("forward/conv", wall * 0.24, 40),
        region("forward/conv/pad", wall * 0.07, 40),
        region("forward/norm", wall * 0.06, 20),
        region("backward", wall * 0.41, 20),
        region("step", wall * 0.08, 20),
    )


def times(n: int, centre: float, spread: float, seed: int = 1) -> list[float]:
    draw = random.Random(seed)
    return [centre * (1 + spread * abs(draw.gauss(0, 1)) + spread * 0.2 * draw.random()) for _ in range(n)]


def one() -> Run:
    return Run(label="resnet18", samples=(sample(0.3364),), environment=MACHINE, absences=ABSENCES)


def plain() -> Run:
    return Run(samples=(sample(0.00523, busy=0.98, grown=0.0),), environment=MACHINE)


def epoch() -> Run:
    walls = times(20, 0.104, 0.02)
    return Run(
        label="one epoch",
        samples=tuple(sample(wall, regions=steps(wall)) for wall in walls),
        warmups=(sample(0.212), sample(0.118), sample(0.109)),
        environment=MACHINE,
        absences=ABSENCES,
    )


def loops() -> Run:
    walls = times(100, 3.21e-6 * 5000, 0.01, seed=3)
    walls[17] *= 9
    return Run(
        label="x @ x",
        samples=tuple(sample(wall, loops=5000, busy=0.99, grown=2 * MIB) for wall in walls),
        environment=MACHINE,
        collected=False,
    )


def many() -> Run:
    walls = times(400, 0.0021, 0.03, seed=4)
    return Run(label="histogram", samples=tuple(sample(wall) for wall in walls), environment=MACHINE, collected=False)


def bimodal() -> Run:
    draw = random.Random(5)
    walls = [(0.0101 if draw.random() < 0.55 else 0.0164) * (1 + 0.01 * draw.random()) for _ in range(24)]
    return Run(label="two speeds", samples=tuple(sample(wall) for wall in walls), warmups=(sample(0.02),), environment=MACHINE)


def sampled() -> Run:
    run = Run(label="no clear_refs here", samples=(sample(1.27, peak=Provenance.SAMPLED),), environment=MACHINE)
    energy = reading("energy.cpu", 61.3, Unit.JOULE, provenance=Provenance.ESTIMATED, source="vCPU share of SPECpower")
    return replace(run, samples=tuple(replace(s, readings=(*s.readings, energy)) for s in run.samples))


def cuda() -> Run:
    walls = times(10, 0.0482, 0.004, seed=6)
    samples = []
    for wall in walls:
        also = (
            reading("time.cuda", wall * 0.97, source="CUDA events", device="cuda:0"),
            reading("time.device.wait", wall * 0.83, source="synchronize", device="cuda:0"),
            reading("memory.cuda.allocated.peak", 2_931 * MIB, Unit.BYTE, source="torch allocator", device="cuda:0"),
            reading("memory.cuda.reserved.peak", 3_584 * MIB, Unit.BYTE, source="torch allocator", device="cuda:0"),
        )
        parts = (
            region("forward", wall * 0.05, 1, wall * 0.31),
            region("backward", wall * 0.07, 1, wall * 0.57),
            region("step", wall * 0.02, 1, wall * 0.06),
        )
        samples.append(sample(wall, busy=0.99, grown=12 * MIB, also=also, regions=parts))
    machine = replace(MACHINE, accelerators=("NVIDIA H100 80GB HBM3",))
    return Run(label="bf16 step", samples=tuple(samples), warmups=(sample(1.9),), environment=machine)


def broken() -> Run:
    return Run(label="bad shapes", broken=(sample(0.336),), error="ValueError", environment=MACHINE)


def broken_later() -> Run:
    walls = times(7, 0.104, 0.02)
    samples = tuple(sample(wall) for wall in walls)
    return Run(label="interrupted", samples=samples, broken=(sample(0.012),), error="KeyboardInterrupt", environment=MACHINE)


def findings() -> Run:
    machine = replace(MACHINE, cores_allowed=8, cpu_quota=2.0, threads=(("torch", 8),))
    first, *others = times(12, 0.8, 0.01)
    stopped = reading("container.throttled.time", 0.31, source="cpu.stat")
    others_busy = reading("machine.busy.others", 1.4, Unit.CORE, source="/proc/stat")
    walls = [first * 2.2, *others]
    samples = tuple(sample(wall, also=(stopped, others_busy), grown=15.2 * 2**30) for wall in walls)
    return Run(label="train", samples=samples, environment=machine, absences=ABSENCES)


def budgeted() -> Run:
    """Work and budgets: kept, broken, not known, estimated, and one that is only a lower bound."""
    energy = reading("energy.cpu", 61.3, Unit.JOULE, provenance=Provenance.ESTIMATED, source="vCPU share of SPECpower")
    texts = (
        "time.wall p95 < 5 ms",
        "time.wall < 110 ms",
        "memory.rss.peak < 850 MB",
        "time.wall max < 104 ms",
        "time.cuda@cuda:0 < 50 ms",
        "energy.cpu <= 70 J",
        "faults.minor < 100000",
    )
    return Run(
        label="digits",
        samples=tuple(sample(wall, also=(energy,), peak=Provenance.SAMPLED) for wall in times(20, 0.104, 0.02)),
        environment=MACHINE,
        absences=ABSENCES,
        items=1797.0,
        budgets=tuple(map(parse, texts)),
    )


def efficient() -> Run:
    """A GPU whose energy was counted, on a machine that does not tell the CPU's."""
    also = (
        reading("energy.gpu", 5.21, Unit.JOULE, source="NVML total energy", device="cuda:0"),
        reading("energy.gpu", 4.87, Unit.JOULE, source="NVML total energy", device="cuda:1"),
    )
    absence = Absence(quantity="energy.cpu", reason=Sentence("this machine has no energy counter"))
    return Run(label="epoch", samples=(sample(0.0344, also=also),), environment=MACHINE, absences=(absence,), items=1797.0)


def pairs(
    baseline: str, contestant: str, ratio: float, *, n: int = 120, noise: float = 0.02, seed: int = 7, base: float = 1.63e-3
) -> Pairs:
    draw = random.Random(seed)
    first = [base * (1 + 0.03 * abs(draw.gauss(0, 1))) for _ in range(n)]
    second = [value * ratio * (1 + noise * draw.gauss(0, 1)) for value in first]
    order = tuple(draw.random() < 0.5 for _ in range(n))
    return Pairs(
        baseline=baseline, contestant=contestant, baseline_values=tuple(first), contestant_values=tuple(second), baseline_first=order
    )


def faster() -> Comparison:
    return judge(pairs("fp32", "int8", 0.523), environment=MACHINE)


def slower() -> Comparison:
    return judge(pairs("model(x)", "model(x, debug=True)", 1.083, noise=0.03), environment=MACHINE)


def same() -> Comparison:
    return judge(pairs("a", "b", 1.001, n=400, noise=0.03), environment=MACHINE)


def unresolved() -> Comparison:
    return judge(replace(pairs("eager", "compiled", 0.985, n=60, noise=0.12), loops=(20, 20)), environment=MACHINE)


def five() -> Comparisons:
    ratios = {"bf16": (0.61, 0.02), "onnx": (0.352, 0.015), "compiled": (1.0, 0.02), "debug": (1.31, 0.03), "a second one": (0.97, 0.15)}
    return Comparisons(
        tuple(
            judge(pairs("fp32", name, ratio, noise=noise, n=220, seed=11 + i), contestants=len(ratios), environment=MACHINE)
            for i, (name, (ratio, noise)) in enumerate(ratios.items())
        )
    )


HOSTILE = "<script>alert('1')</script> \"q\" & {x} {0} `tick` $a$ |\n\x1b[31m*b* _c_"


def hostile() -> Run:
    """Everything that comes from outside is hostile."""
    part = Region(path=(HOSTILE, "inner " + HOSTILE), readings=(reading("time.wall", 0.1, source=HOSTILE),))
    outer = Region(path=(HOSTILE,), readings=(reading("time.wall", 0.2, source=HOSTILE),))
    also = (reading(f"time.{HOSTILE}", 0.1, source=HOSTILE, device=HOSTILE), reading("time.cuda", 0.2, source=HOSTILE, device=HOSTILE))
    machine = replace(
        MACHINE,
        host=HOSTILE,
        cpu=HOSTILE,
        memory_limit_source=HOSTILE,
        packages=((HOSTILE, HOSTILE),),
        threads=((HOSTILE, 3),),
        accelerators=(HOSTILE,),
        governor=HOSTILE,
        blas=HOSTILE,
        git=HOSTILE,
    )
    absence = Absence(quantity=f"io.{HOSTILE}", reason=Sentence("{error}", error=HOSTILE), remedy=Sentence(HOSTILE), device=HOSTILE)
    return Run(
        label=HOSTILE,
        samples=tuple(sample(0.3 + i / 100, also=also, regions=(outer, part)) for i in range(8)),
        broken=(sample(0.1),),
        error=HOSTILE,
        environment=machine,
        absences=(absence,),
    )


def hostile_pairs() -> Comparisons:
    machine = replace(MACHINE, host=HOSTILE)
    return Comparisons(tuple(judge(pairs(HOSTILE, HOSTILE + str(i), 0.5), contestants=2, environment=machine) for i in range(2)))


SETTINGS = {"repeats": "1", "warmups": "0", "language": "en"}

RECORDS = {
    make.__name__: make
    for make in (
        one,
        plain,
        epoch,
        loops,
        many,
        bimodal,
        sampled,
        cuda,
        broken,
        broken_later,
        findings,
        faster,
        slower,
        same,
        unresolved,
        five,
    )
}
