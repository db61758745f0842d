"""The card of a Run: what is worth seeing at once, and everything else folded."""

from __future__ import annotations

import math
from dataclasses import replace

from nbperf.core import stats
from nbperf.core.records import Finding, Measurement, Provenance, Run, Sample
from nbperf.core.units import Unit, format_interval, format_percent, format_value
from nbperf.core.verdicts import diagnose
from nbperf.report import asked, machine
from nbperf.report.absent import absences
from nbperf.report.card import Card, Gauge, Notice, Piece, Row, Strip, Table
from nbperf.report.figures import HOW, Found, centre, cores, extent, figure, find, name, reading
from nbperf.report.memory import gauge, of_limit
from nbperf.report.regions import bar
from nbperf.words import Sentence

FEWEST_DOTS = 5
"""Repeats from which their strip says more than their numbers."""
NOTICES = 2
"""Findings that are shown at once."""
MOST_OUTLIERS = 6
"""Repeats that are named one by one."""
DEVICES = {"cuda": "CUDA", "mps": "MPS", "xpu": "XPU"}


def card(run: Run) -> Card:
    """The card of a run."""
    # A run that its first repeat broke has no sample, but what was read until then is all there is to see.
    seen = run if run.samples else replace(run, samples=run.broken[-1:])
    found = find(seen)
    findings = diagnose(run)
    rows = [
        *_time(seen, found),
        *asked.throughput(run),
        *_devices(found),
        *_cpu(seen, found),
        *_memory(seen, found),
        *_device_memory(found),
        *_others(found),
        *asked.kept(run),
    ]
    regions, all_regions = bar(seen)
    missing = absences(run.absences)
    folded = [
        _readings(found, len(seen.samples)),
        _repeats(run, found),
        all_regions,
        _findings(findings[NOTICES:]),
        missing,
        machine.table(run.environment, run.started_at),
    ]
    return Card(
        title=run.label,
        facts=_facts(run),
        broken=_broken(run),
        rows=tuple(rows),
        bar=regions,
        notices=tuple(Notice(cause=f.cause, remedy=f.remedy, grave=f.weight >= 2) for f in findings[:NOTICES]),
        tables=_held(run),
        folded=tuple(table for table in folded if table and table.rows),
        summary=_summary(run, found, missing),
    )


def _held(run: Run) -> tuple[Table, ...]:
    """What was alive when memory ran out."""
    if not run.held:
        return ()
    rows = tuple(
        (held.name, format_value(held.bytes, Unit.BYTE), held.kind, "×".join(map(str, held.shape)), held.device) for held in run.held
    )
    columns = (Sentence("held by"), Sentence("size"), Sentence("type"), Sentence("shape"), Sentence("device"))
    return (Table(title=Sentence("The largest arrays and tensors alive"), columns=columns, rows=rows),)


def _many(n: int) -> str:
    return f"{n:,}"


def _facts(run: Run) -> tuple[Piece, ...]:
    n, loops = len(run.samples), run.loops
    if n == 1 and loops == 1:
        what = Sentence("1 run")
    elif n == 1:
        what = Sentence("1 run × {loops} loops", loops=_many(loops))
    elif loops == 1:
        what = Sentence("{repeats} repeats", repeats=_many(n))
    else:
        what = Sentence("{repeats} repeats × {loops} loops", repeats=_many(n), loops=_many(loops))
    facts: list[Piece] = []
    warm = len(run.warmups)
    if n:
        after = Sentence("1 warm-up") if warm == 1 else Sentence("{n} warm-ups", n=_many(warm))
        facts.append(Sentence("{what}, {warmups}", what=what, warmups=after) if warm else what)
    elif not run.broken:
        facts.append(Sentence("nothing was measured yet"))
    if not run.collected:
        facts.append(Sentence("GC off"))
    return tuple(facts)


def _broken(run: Run) -> Piece:
    if not run.error:
        return ""
    ended = run.broken[-1].reading("time.wall") if run.broken else None
    if ended and run.samples:
        return Sentence("ended by {error}, {time} into the next repeat", error=run.error, time=format_value(ended.value, Unit.SECOND))
    return Sentence("ended by {error}", error=run.error)


def _provenance(*found: Measurement) -> Provenance:
    return max(measurement.provenance for measurement in found)


def _how(provenance: Provenance) -> tuple[Piece, ...]:
    """Said wherever a figure was not simply read at both ends."""
    return () if provenance is Provenance.MEASURED else (HOW[provenance],)


def _time(run: Run, found: Found) -> list[Row]:
    wall = found.get(("time.wall", None))
    if wall is None:
        return []
    label = Sentence("time") if run.loops == 1 else Sentence("time per loop")
    n = wall.count
    if n == 1:
        notes: tuple[Piece, ...] = (Sentence("mean of {n} loops", n=_many(run.loops)),) if run.loops > 1 else ()
        return [Row(label=label, value=centre(wall), notes=(*notes, *_how(wall.provenance)), provenance=wall.provenance, lead=True)]
    interval = wall.interval
    low, high = interval or (wall.minimum, wall.maximum)
    middle = figure(wall.mean, Unit.SECOND, provenance=wall.provenance, spread=(high - low) / 2)
    notes = (Sentence("median of {n}", n=_many(n)),)
    if interval:
        notes += (
            Sentence("95 % interval {interval}", interval=format_interval(*interval, Unit.SECOND)),
            Sentence("IQR {interval}", interval=extent(*wall.iqr, Unit.SECOND)),
        )
    notes += (
        Sentence("mean {value}", value=middle),
        Sentence("range {interval}", interval=extent(wall.minimum, wall.maximum, Unit.SECOND)),
    )
    if wall.p95 is not None:
        notes += (Sentence("p95 {value}", value=format_value(wall.p95, Unit.SECOND)),)
    if not interval:
        notes += (Sentence("an interval needs {n} repeats", n=stats.FEWEST_FOR_INTERVAL),)
    return [
        Row(
            label=label,
            value=centre(wall, interval=interval),
            notes=(*notes, *_how(wall.provenance)),
            provenance=wall.provenance,
            strip=_strip(wall, interval) if n >= FEWEST_DOTS and all(map(math.isfinite, wall.values)) else None,
            lead=True,
        )
    ]


def _strip(wall: Measurement, interval: tuple[float, float] | None) -> Strip:
    low, high = format_value(wall.minimum, wall.unit), format_value(wall.maximum, wall.unit)
    return Strip(
        values=wall.values,
        median=wall.median,
        iqr=wall.iqr,
        interval=interval,
        ends=(low, high),
        says=Sentence("the repeats, the first on top, from {low} to {high}", low=low, high=high),
    )


def _devices(found: Found) -> list[Row]:
    """Time on accelerators, where it was read."""
    wall = found.get(("time.wall", None))
    rows = []
    for (quantity, device), spent in found.items():
        kind = DEVICES.get(quantity.removeprefix("time."))
        if kind is None:
            continue
        waited = found.get(("time.device.wait", device)) or found.get(("time.device.wait", None))
        notes: list[Piece] = [device] if device else []
        if wall and wall.mean:
            notes.append(Sentence("{share} of the time", share=format_percent(spent.mean / wall.mean)))
        if waited and wall and wall.mean:
            share = format_percent(waited.mean / wall.mean)
            notes.append(Sentence("waited {time} for it at the end, {share}", time=format_value(waited.mean, Unit.SECOND), share=share))
        label = Sentence("{device} time", device=kind)
        rows.append(Row(label=label, value=centre(spent), notes=(*notes, *_how(spent.provenance)), provenance=spent.provenance))
    return rows


SHORTEST_CPU = 1e-3
"""Seconds of a window under which CPU time says nothing of the cores: the probes' own is a good part of it."""


def _cpu(run: Run, found: Found) -> list[Row]:
    user, system, wall = (found.get((quantity, None)) for quantity in ("time.cpu.user", "time.cpu.system", "time.wall"))
    if user is None or system is None or wall is None or wall.mean * run.loops < SHORTEST_CPU:
        return []
    busy = (user.mean + system.mean) / wall.mean
    usable = run.environment.cores_usable if run.environment else None
    provenance = _provenance(user, system, wall)
    mark = "~" if provenance is Provenance.ESTIMATED else ""
    if usable:
        value = Sentence("{busy} of {cores} cores", busy=mark + cores(busy), cores=f"{usable:g}")
        used: Gauge | None = Gauge(before=0.0, added=min(busy / usable, 1.0), says=value)
    else:
        value, used = Sentence("{busy} cores", busy=mark + cores(busy)), None
    notes = (
        Sentence("user {time}", time=figure(user.mean, Unit.SECOND, provenance=user.provenance)),
        Sentence("system {time}", time=figure(system.mean, Unit.SECOND, provenance=system.provenance)),
    )
    return [Row(label=Sentence("CPU"), value=value, notes=(*notes, *_how(provenance)), provenance=provenance, gauge=used)]


def _growth(sample: Sample) -> float | None:
    peak, before = sample.reading("memory.rss.peak"), sample.reading("memory.rss.before")
    return peak.value - before.value if peak and before else None


def _memory(run: Run, found: Found) -> list[Row]:
    peak = found.get(("memory.rss.peak", None))
    if peak is None:
        return []
    highest = peak.maximum
    grown = [growth for sample in run.samples if (growth := _growth(sample)) is not None]
    written = figure(highest, Unit.BYTE, provenance=peak.provenance, quantity=peak.quantity)
    notes: list[Piece] = []
    if grown:
        most = max(grown)
        value = figure(abs(most), Unit.BYTE, provenance=peak.provenance, quantity=peak.quantity, sign="−" if most < 0 else "+")
        notes.append(Sentence("peak {value}", value=written))
    else:
        value = written
    notes.append(of_limit(run.environment, highest))
    if kept := _kept(run):
        notes.append(kept)
    if python := found.get(("memory.python.peak", None)):
        written = figure(python.maximum, Unit.BYTE, provenance=python.provenance, quantity=python.quantity)
        notes.append(Sentence("Python objects {value}", value=written))
    if len(grown) > 1:
        notes.append(Sentence("the highest of {n}", n=_many(len(grown))))
    return [
        Row(
            label=Sentence("memory"),
            value=value,
            notes=tuple(note for note in (*notes, *_how(peak.provenance)) if note),
            provenance=peak.provenance,
            gauge=gauge(run.environment, highest, max(grown, default=0.0)),
        )
    ]


def _kept(run: Run) -> Piece:
    """What the whole run left behind: what its last repeat ended with, less what its first began with."""
    before, after = run.samples[0].reading("memory.rss.before"), run.samples[-1].reading("memory.rss.after")
    if before is None or after is None or after.value - before.value < 2**20:
        return ""
    return Sentence("{value} kept", value=format_value(after.value - before.value, Unit.BYTE))


def _device_memory(found: Found) -> list[Row]:
    rows = []
    for (quantity, device), held in found.items():
        if quantity not in {"memory.cuda.allocated.peak", "memory.mps.allocated"}:
            continue
        notes: list[Piece] = [device] if device else []
        if quantity.startswith("memory.cuda"):
            notes.append(Sentence("peak of what was allocated"))
            if reserved := found.get(("memory.cuda.reserved.peak", device)):
                notes.append(Sentence("{value} reserved", value=format_value(reserved.maximum, Unit.BYTE)))
        value = figure(held.maximum, Unit.BYTE, provenance=held.provenance, quantity=quantity)
        label = Sentence("{device} memory", device=DEVICES[quantity.split(".")[1]])
        rows.append(Row(label=label, value=value, notes=(*notes, *_how(held.provenance)), provenance=held.provenance))
    return rows


def _others(found: Found) -> list[Row]:
    """What is worth a line of its own wherever it was read."""
    rows = []
    for (quantity, device), used in found.items():
        if quantity.split(".")[0] in {"energy", "carbon"}:
            notes = (*((device,) if device else ()), *_how(used.provenance))
            rows.append(Row(label=name(quantity, None), value=centre(used), notes=notes, provenance=used.provenance))
    return rows


def _readings(found: Found, n: int) -> Table:
    rows = []
    for read in found.values():
        cells: tuple[Piece, ...] = (name(read.quantity, read.device), centre(read))
        if n > 1:
            cells += (extent(read.minimum, read.maximum, read.unit),)
        rows.append((*cells, HOW[read.provenance], read.source))
    value = Sentence("value") if n == 1 else Sentence("median")
    columns = (Sentence("reading"), value, *((Sentence("range"),) if n > 1 else ()), Sentence("how"), Sentence("source"))
    return Table(title=Sentence("All readings"), columns=columns, rows=tuple(rows))


def _repeats(run: Run, found: Found) -> Table:
    """The repeats that stand out, and those that do not count."""
    rows: list[tuple[Piece, ...]] = []
    wall = found.get(("time.wall", None)) if run.samples else None
    if wall and (far := stats.outliers(wall.values)):
        worst = sorted(sorted(far, key=lambda i: -abs(wall.values[i] - wall.median))[:MOST_OUTLIERS])
        named = [Sentence("no. {n}: {time}", n=i + 1, time=format_value(wall.values[i], Unit.SECOND)) for i in worst]
        more = [Sentence("{n} more", n=_many(len(far) - len(worst)))] if len(far) > len(worst) else []
        rows.append((Sentence("outliers"), *named, *more))
    for label, samples in ((Sentence("warm-ups"), run.warmups), (Sentence("broken off"), run.broken)):
        times = [reading(read) for sample in samples[:MOST_OUTLIERS] if (read := sample.reading("time.wall"))]
        if times:
            rows.append((label, *times))
    return Table(title=Sentence("Repeats"), rows=tuple(rows))


def _findings(findings: tuple[Finding, ...]) -> Table:
    rows = tuple((finding.cause, finding.remedy) for finding in findings)
    return Table(title=Sentence("More findings"), columns=(Sentence("cause"), Sentence("remedy")), rows=rows)


def _summary(run: Run, found: Found, missing: Table) -> tuple[Piece, ...]:
    pieces: list[Piece] = [Sentence("{n} readings", n=len(found))] if found else []
    if missing.rows:
        pieces.append(Sentence("{n} not measured", n=len(missing.rows)))
    return (*pieces, *machine.summary(run.environment))
