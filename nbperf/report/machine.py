"""The machine and the software, as lines of a card."""

from __future__ import annotations

from datetime import datetime

from nbperf.core.records import Environment
from nbperf.core.units import Unit, format_value
from nbperf.report.card import Piece, Table
from nbperf.report.figures import limit
from nbperf.words import Sentence

FOREMOST = ("torch", "numpy")
"""The packages whose version stands on the folded line: the first of these that was imported."""


def summary(machine: Environment | None) -> tuple[Piece, ...]:
    """The machine in a few pieces."""
    if machine is None:
        return ()
    pieces: list[Piece] = [_cores(machine)]
    if machine.memory_limit or machine.memory_total:
        pieces.append(limit(machine.memory_limit or machine.memory_total or 0))
    pieces += machine.accelerators
    pieces.append(f"Python {machine.python}")
    versions = dict(machine.packages)
    if first := next((package for package in FOREMOST if package in versions), None):
        pieces.append(f"{first} {versions[first]}")
    return tuple(pieces)


def _cores(machine: Environment) -> Sentence:
    usable = f"{machine.cores_usable:g}"
    if machine.cores_usable < machine.cores:
        return Sentence("{usable} of {cores} cores usable", usable=usable, cores=machine.cores)
    return Sentence("{cores} cores", cores=machine.cores)


def table(machine: Environment | None, started_at: float = 0.0) -> Table | None:
    """The machine in full: only what is known of it."""
    if machine is None:
        return None
    rows: list[tuple[Piece, ...]] = []
    if started_at:
        local = datetime.fromtimestamp(started_at).astimezone()
        rows.append((Sentence("started"), local.isoformat(sep=" ", timespec="seconds")))
    rows.append((Sentence("machine"), _join(machine.host, machine.system, machine.cpu)))
    cores: list[Piece] = [Sentence("{cores} cores", cores=machine.cores)]
    if machine.cores_allowed != machine.cores:
        cores.append(Sentence("{cores} allowed to this process", cores=machine.cores_allowed))
    if machine.cpu_quota:
        cores.append(Sentence("the container grants {quota}", quota=f"{machine.cpu_quota:g}"))
    if machine.governor:
        cores.append(Sentence("governor {name}", name=machine.governor))
    if machine.load is not None:
        cores.append(Sentence("load {load} at the start", load=f"{machine.load:.2f}"))
    rows.append((Sentence("cores"), *cores))
    memory: list[Piece] = []
    if machine.memory_total:
        memory.append(limit(machine.memory_total))
    if machine.memory_limit and machine.memory_limit != machine.memory_total:
        memory.append(
            Sentence("at most {limit} here ({source})", limit=limit(machine.memory_limit), source=machine.memory_limit_source or "?")
        )
    if memory:
        rows.append((Sentence("memory"), *memory))
    if machine.accelerators:
        rows.append((Sentence("accelerators"), *machine.accelerators))
    rows.append((Sentence("software"), f"Python {machine.python}", *(f"{package} {version}" for package, version in machine.packages)))
    threads = [f"{holder} {count}" for holder, count in machine.threads]
    if machine.blas:
        threads.append(machine.blas)
    if threads:
        rows.append((Sentence("threads"), *threads))
    if machine.clock_resolution:
        rows.append((Sentence("clock"), Sentence("steps of {step}", step=format_value(machine.clock_resolution, Unit.SECOND))))
    if machine.git:
        rows.append((Sentence("git"), machine.git))
    return Table(title=Sentence("Machine"), rows=tuple((label, *rest) for label, *rest in rows))


def _join(*pieces: str | None) -> str:
    return ", ".join(piece for piece in pieces if piece)
