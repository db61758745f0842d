"""The data model on one page: frozen records, SI units, a provenance on every number.

A Run holds what was read and never what was concluded: medians, verdicts and findings are computed from it. Nothing
here reads a clock, a file or a framework.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

from nbperf.core import stats
from nbperf.core.quantities import extensive
from nbperf.core.units import Unit, format_value
from nbperf.errors import RecordError
from nbperf.words import Sentence, say


class Provenance(IntEnum):
    """Where a number comes from; one derived from others takes the worst of its parents, `max`."""

    MEASURED = 0
    """A counter or a clock read at both ends."""
    SAMPLED = 1
    """Polled, then integrated or maximised."""
    ESTIMATED = 2
    """From a model; never read from the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number that was read.

    Attributes
    ----------
    quantity : str
        Dotted name without a unit, such as ``"memory.rss.peak"`` (core/quantities.py).
    value : float
        In the base unit; for a window, the whole of it: loops are not divided out.
    unit : Unit
    provenance : Provenance
    source : str
        The counter, file or model it came from, such as ``"VmHWM after clear_refs"``.
    device : str, optional
        ``"cuda:0"``; None for the host.
    interval : (float, float), optional
        Bounds of the true value, where the source has a known error.
    """

    quantity: str
    value: float
    unit: Unit
    provenance: Provenance
    source: str
    device: str | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What could not be read, why, and what would help: it is data, and never a zero."""

    quantity: str
    reason: Sentence
    remedy: Sentence = Sentence("")
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A quantity over time: what a Sampler saw in a window.

    Attributes
    ----------
    times, values : tuple of float
        Seconds since the window opened, and the quantity in its unit; equally long.
    period : float
        The period asked for, in seconds; `rate` is what was reached.
    """

    quantity: str
    unit: Unit
    provenance: Provenance
    source: str
    times: tuple[float, ...]
    values: tuple[float, ...]
    period: float
    device: str | None = None

    def __repr__(self) -> str:
        """One line: all that was read is in the fields."""
        return f"Trace({self.quantity!r}, {len(self.times)} values, {self.rate:.0f} a second)"

    @property
    def rate(self) -> float:
        """Samples a second that were reached; 0.0 with fewer than two."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0]) if len(self.times) > 1 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A named part of a window; parts with the same path are added up.

    Attributes
    ----------
    path : tuple of str
        From the outermost name to this one.
    readings : tuple of Reading
        ``time.wall`` and, where an accelerator was in use, its device time.
    count : int
        How often it was entered.
    """

    path: tuple[str, ...]
    readings: tuple[Reading, ...]
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one window read: one repeat, of `loops` loops.

    Attributes
    ----------
    started_at : float, optional
        When it opened, in seconds since the epoch: a log from outside is aligned by it.
    """

    readings: tuple[Reading, ...]
    loops: int = 1
    traces: tuple[Trace, ...] = ()
    regions: tuple[Region, ...] = ()
    started_at: float | None = None

    def reading(self, quantity: str, device: str | None = None) -> Reading | None:
        """The reading of a quantity, None where there is none."""
        return next((r for r in self.readings if r.quantity == quantity and r.device == device), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One quantity over the repeats of a run, per loop where it grows with the loops.

    Attributes
    ----------
    values : tuple of float
        One per repeat, in the order they were taken; kept raw.
    provenance : Provenance
        The worst among the readings.
    """

    quantity: str
    unit: Unit
    provenance: Provenance
    source: str
    values: tuple[float, ...]
    device: str | None = None

    def __repr__(self) -> str:
        """One line: all that was read is in the fields."""
        where = f", device={self.device!r}" if self.device else ""
        mark = self.provenance is Provenance.ESTIMATED
        median = format_value(self.median, self.unit, estimated=mark) if self.values else "nan"
        return f"Measurement({self.quantity!r}{where}, median={median}, count={self.count})"

    @property
    def count(self) -> int:
        """How many repeats."""
        return len(self.values)

    @property
    def median(self) -> float:
        """The middle value."""
        return stats.median(self.values)

    @property
    def mean(self) -> float:
        """The arithmetic mean."""
        return sum(self.values) / len(self.values)

    @property
    def minimum(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def maximum(self) -> float:
        """The largest value."""
        return max(self.values)

    @property
    def iqr(self) -> tuple[float, float]:
        """The first and the third quartile."""
        return stats.quantile(self.values, 0.25), stats.quantile(self.values, 0.75)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % bootstrap interval of the median; None below six repeats, which support none."""
        return stats.bootstrap_interval(self.values) if self.count >= stats.FEWEST_FOR_INTERVAL else None

    @property
    def p95(self) -> float | None:
        """The 95th percentile; None where the count does not allow it (fewer than 59)."""
        return self.percentile(95) if self.count >= stats.count_for_percentile(0.95) else None

    def percentile(self, percent: float) -> float:
        """The given percentile, such as 95.

        Raises
        ------
        RecordError
            If the repeats are too few for it; the message says how many it needs.
        """
        needed = stats.count_for_percentile(percent / 100)
        if self.count < needed:
            raise RecordError(
                say("p{percent} needs {needed} repeats, there are {found}: measure with repeats={needed}",
                    percent=f"{percent:g}", needed=needed, found=self.count)
            )  # fmt: skip
        return stats.quantile(self.values, percent / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Work per second and per joule; made by `Run.per`.

    Attributes
    ----------
    items, score : float, optional
        The work of one loop, and how good its result is.
    items_per_second, items_per_joule, score_per_second, score_per_joule : Measurement, optional
        A value per repeat, with its provenance; None where the work was not named, or the time or energy was not read.
    missing : tuple of Absence
        What was not read, so that the energy lacks it: each with its reason and remedy.
    """

    items: float | None = None
    score: float | None = None
    items_per_second: Measurement | None = None
    items_per_joule: Measurement | None = None
    score_per_second: Measurement | None = None
    score_per_joule: Measurement | None = None
    missing: tuple[Absence, ...] = ()

    def __repr__(self) -> str:
        """One line: what there is, each with its median."""
        named = [f"{name}={value:g}" for name in ("items", "score") if (value := getattr(self, name)) is not None]
        for name in ("items_per_second", "items_per_joule", "score_per_second", "score_per_joule"):
            found: Measurement | None = getattr(self, name)
            if found is not None:
                named.append(f"{name}={format_value(found.median, found.unit, estimated=found.provenance is Provenance.ESTIMATED)}")
        return f"Rates({', '.join([*named, *(f'without {absence.quantity}' for absence in self.missing)])})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The machine and the software a run was taken on; None is "not known here".

    Attributes
    ----------
    cores, cores_allowed : int
        Logical cores of the machine, and those that this process may run on.
    cpu_quota : float, optional
        How many cores' worth of time the container grants.
    memory_total, memory_limit : int, optional
        Bytes: of the machine, and the limit that holds here; `memory_limit_source` says which that is.
    load : float, optional
        The 1-minute load average when the run began.
    packages, threads : tuple of (str, str) and of (str, int)
        Versions of what was imported; thread counts, and the variables that set them.
    git : str, optional
        Revision of the folder's repository.
    clock_resolution : float
        Seconds: the smallest step of the clock that was seen.
    """

    host: str
    system: str
    python: str
    cores: int
    cores_allowed: int
    cpu: str | None = None
    cpu_quota: float | None = None
    memory_total: int | None = None
    memory_limit: int | None = None
    memory_limit_source: str | None = None
    governor: str | None = None
    load: float | None = None
    packages: tuple[tuple[str, str], ...] = ()
    threads: tuple[tuple[str, int], ...] = ()
    accelerators: tuple[str, ...] = ()
    blas: str | None = None
    git: str | None = None
    clock_resolution: float = 0.0

    @property
    def cores_usable(self) -> float:
        """Cores this process can keep busy: those allowed, or the container's quota where that is less."""
        return min(self.cores_allowed, self.cpu_quota) if self.cpu_quota else float(self.cores_allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A bound on one statistic of one quantity, such as "time.wall p95 < 5 ms"; core/budgets.py reads and checks it.

    Attributes
    ----------
    statistic : str
        "median", "mean", "min", "max", or a percentile such as "p95".
    relation : {"<", "<=", ">", ">="}
    limit : float
        In the base unit of `unit`.
    text : str
        As it was written.
    """

    quantity: str
    statistic: str
    relation: Literal["<", "<=", ">", ">="]
    limit: float
    unit: Unit
    text: str
    device: str | None = None

    def __repr__(self) -> str:
        """As it was written."""
        return f"Budget({self.text!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A budget that a run does not keep.

    Attributes
    ----------
    found : float, optional
        What the run has, in the budget's base unit; None where it could not be told, and `reason` says why.
    provenance : Provenance
        Of what was found.
    """

    budget: Budget
    found: float | None
    reason: Sentence = Sentence("")
    provenance: Provenance = Provenance.MEASURED

    def __repr__(self) -> str:
        """One line: the budget, and what was found or why nothing was."""
        found = str(self.reason) if self.found is None else format_value(self.found, self.budget.unit)
        return f"Breach({self.budget.text!r}, found={found})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A living array or tensor, and the variable that holds it.

    Attributes
    ----------
    name : str
        The expression that reaches it, such as ``"outputs[3]"``.
    kind : str
        Library and element type, such as ``"torch float32"``.
    bytes : int
        Of the memory it keeps alive, which for a view is the whole of what it is a view of.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    bytes: int
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was measured: samples with their raw readings, warm-ups apart, and the machine they were taken on.

    Attributes
    ----------
    label : str
    started_at : float
        Seconds since the epoch.
    samples, warmups, broken : tuple of Sample
        Repeats in order; those before them that do not count; those that an exception ended.
    error : str, optional
        The type of the exception that ended the run.
    collected : bool
        Whether Python's garbage collection was left on.
    uid : str
        Tells this run from every other, on whatever machine it was taken.
    cell : str, optional
        The notebook's id of the cell it measured.
    items : float, optional
        Units of work done in one loop, such as samples seen: makes rates of times and energies.
    budgets : tuple of Budget
        What it was asked to keep.
    held : tuple of Held
        The largest arrays and tensors alive at its end, where memory ran out or nearly did.
    source : str, optional
        The cell's text; only where the settings say to keep it.
    """

    label: str = ""
    started_at: float = 0.0
    samples: tuple[Sample, ...] = ()
    warmups: tuple[Sample, ...] = ()
    broken: tuple[Sample, ...] = ()
    environment: Environment | None = None
    absences: tuple[Absence, ...] = ()
    error: str | None = None
    collected: bool = True
    uid: str = ""
    cell: str | None = None
    items: float | None = None
    budgets: tuple[Budget, ...] = ()
    held: tuple[Held, ...] = ()
    source: str | None = None

    def __repr__(self) -> str:
        """One line: all that was read is in the fields."""
        wall = self.find("time.wall")
        found = f", time.wall={format_value(wall.median, wall.unit)}" if wall else ""
        return f"Run(label={self.label!r}, samples={len(self.samples)}, warmups={len(self.warmups)}{found})"

    @property
    def loops(self) -> int:
        """Loops in a repeat."""
        return self.samples[0].loops if self.samples else 1

    def quantities(self) -> tuple[tuple[str, str | None], ...]:
        """Every (quantity, device) that the samples hold, in the order they were read."""
        seen = {(r.quantity, r.device): None for sample in self.samples for r in sample.readings}
        return tuple(seen)

    def find(self, quantity: str, *, device: str | None = None) -> Measurement | None:
        """As `measurement`, but None where there is nothing: for those who show what there is."""
        readings = [
            (reading, sample.loops)
            for sample in self.samples
            for reading in sample.readings
            if reading.quantity == quantity and (device is None or reading.device == device)
        ]
        if not readings or len({reading.device for reading, _ in readings}) > 1:
            return None
        first = readings[0][0]
        per_loop = extensive(quantity)
        return Measurement(
            quantity=quantity,
            unit=first.unit,
            provenance=max(reading.provenance for reading, _ in readings),
            source=first.source,
            device=first.device,
            values=tuple(reading.value / loops if per_loop else reading.value for reading, loops in readings),
        )

    def measurement(self, quantity: str, *, device: str | None = None) -> Measurement:
        """One quantity over the repeats, per loop where it grows with the loops.

        Parameters
        ----------
        quantity : str
            Such as ``"time.wall"`` or ``"memory.rss.peak"``.
        device : str, optional
            Needed only where several devices were read.

        Raises
        ------
        RecordError
            If the run does not hold it; the message says why and what would help, or what it does hold.
        """
        if found := self.find(quantity, device=device):
            return found
        devices = sorted(str(d) for q, d in self.quantities() if q == quantity)
        if len(devices) > 1 and device is None:
            raise RecordError(say("{quantity} was read on {devices}: name one with device=", quantity=quantity, devices=", ".join(devices)))
        for absence in self.absences:
            if absence.quantity == quantity:
                raise RecordError(
                    say("{quantity} could not be read: {reason}. {remedy}",
                        quantity=quantity, reason=absence.reason, remedy=absence.remedy)
                )  # fmt: skip
        if not self.samples:
            raise RecordError(say("this run holds no sample yet: a window fills it when it closes"))
        known = ", ".join(dict.fromkeys(q for q, _ in self.quantities()))
        raise RecordError(say("this run holds no {quantity!r}; it holds {known}", quantity=quantity, known=known))

    def per(self, *, items: float | None = None, score: float | None = None) -> Rates:
        """Efficiency: work per second and per joule, repeat by repeat.

        Parameters
        ----------
        items : float, optional
            Units of work done in one loop, such as the samples of an epoch; by default the run's own.
        score : float, optional
            How good the result is, such as an accuracy: gives quality per second and per joule.

        Returns
        -------
        Rates
            ``.items_per_second``, ``.items_per_joule``, ``.score_per_second`` and ``.score_per_joule``, each a Measurement
            or None. Energy counts what was measured or sampled, and ``.missing`` names the parts that it lacks; where all
            there is of it is an estimate, the rates per joule are ESTIMATED.

        Raises
        ------
        PlanError
            If neither is given and the run has no items, or one is out of range.

        Examples
        --------
        >>> import nbperf
        >>> run = nbperf.measure(lambda: sum(range(1000)), repeats=5)
        >>> run.per(items=1000).items_per_second.unit.value
        'items/s'
        """
        from nbperf.core.efficiency import per  # it is made of the records on this page

        return per(self, items=items, score=score)

    def log_to(self, target: Any, *, prefix: str = "nbperf/") -> dict[str, float]:
        """Log the medians into an experiment tracker's own run; nothing is started or ended there.

        Parameters
        ----------
        target : mlflow module, mlflow run, wandb run or SummaryWriter
            The module logs into its active run. A quantity that is only estimated has "/estimated" behind its name.
        prefix : str
            Before each quantity's name.

        Returns
        -------
        dict of str to float
            What was logged, in SI base units.

        Raises
        ------
        PlanError
            If the target is none of them, or the module of MLflow has no active run.
        """
        from nbperf.core.trackers import log_to

        return log_to(self, target, prefix=prefix)

    def regions(self) -> tuple[tuple[tuple[str, ...], float, int], ...]:
        """Named parts over all samples: (path, mean wall seconds a sample, entries a sample), outer before inner."""
        totals: dict[tuple[str, ...], list[float]] = {}
        for sample in self.samples:
            for region in sample.regions:
                total = totals.setdefault(region.path, [0.0, 0])
                total[0] += sum(r.value for r in region.readings if r.quantity == "time.wall")
                total[1] += region.count
        n = max(len(self.samples), 1)
        return tuple((path, seconds / n, round(count / n)) for path, (seconds, count) in totals.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Two contestants measured in turn: value i of one was taken beside value i of the other.

    Attributes
    ----------
    baseline_values, contestant_values : tuple of float
        Per loop, equally long.
    baseline_first : tuple of bool
        The order within each pair, drawn at random.
    loops : (int, int)
        Loops in a block of each.
    """

    baseline: str
    contestant: str
    baseline_values: tuple[float, ...]
    contestant_values: tuple[float, ...]
    baseline_first: tuple[bool, ...] = ()
    loops: tuple[int, int] = (1, 1)
    quantity: str = "time.wall"
    unit: Unit = Unit.SECOND
    provenance: Provenance = Provenance.MEASURED
    source: str = "perf_counter"

    def __repr__(self) -> str:
        """One line: all that was read is in the fields."""
        return f"Pairs({self.baseline!r}, {self.contestant!r}, count={self.count})"

    @property
    def ratios(self) -> tuple[float, ...]:
        """Contestant / baseline, pair by pair."""
        return tuple(b / a for a, b in zip(self.baseline_values, self.contestant_values, strict=True))

    @property
    def count(self) -> int:
        """How many pairs."""
        return len(self.baseline_values)


Verdict = Literal["faster", "slower", "indistinct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What pairs say about a contestant against its baseline; made by `verdicts.judge` and by nothing else.

    Attributes
    ----------
    pairs : Pairs
        All that was measured.
    ratio : float
        Median of the pair ratios, contestant / baseline: 0.5 takes half the time.
    interval : (float, float)
        Order-statistic interval of that median at `confidence`, which is already corrected for several contestants.
    verdict : {"faster", "slower", "indistinct"}
    target : float
        The interval's relative width at which measuring may stop.
    more : int
        About how many more pairs would reach the target; 0 if it was reached.
    """

    pairs: Pairs
    ratio: float
    interval: tuple[float, float]
    confidence: float
    verdict: Verdict
    target: float
    more: int = 0
    started_at: float = 0.0
    environment: Environment | None = None

    @property
    def baseline(self) -> str:
        """The baseline's label."""
        return self.pairs.baseline

    @property
    def contestant(self) -> str:
        """The contestant's label."""
        return self.pairs.contestant

    @property
    def width(self) -> float:
        """Width of the interval, relative to the ratio."""
        return (self.interval[1] - self.interval[0]) / self.ratio

    @property
    def within(self) -> float:
        """The largest difference that the interval leaves open: the ratio is within 1 ± this."""
        return max(abs(self.interval[0] - 1), abs(self.interval[1] - 1))


@dataclass(frozen=True, slots=True)
class Comparisons(Sequence[Comparison]):
    """Several contestants against one baseline, measured in the same rounds; a sequence of Comparison."""

    items: tuple[Comparison, ...] = field(default=())

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Comparison]:
        return iter(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something worth knowing about a run: its cause and its remedy, as data.

    Attributes
    ----------
    code : str
        A stable name, such as ``"threads-over-quota"``.
    cause, remedy : Sentence
    weight : int
        2 spoils the numbers, 1 limits what they say, 0 is good to know; shown in this order.
    """

    code: str
    cause: Sentence
    remedy: Sentence
    weight: int = 1
