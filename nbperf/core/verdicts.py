"""Conclusions from records, all pure: `judge` pairs, `diagnose` a run."""

from __future__ import annotations

import math

from nbperf.core import stats
from nbperf.core.records import Comparison, Environment, Finding, Pairs, Provenance, Run, Verdict
from nbperf.core.units import Unit, format_percent, format_value
from nbperf.errors import RecordError
from nbperf.words import Sentence, say

TARGET = 0.02
"""Relative width of the interval at which a comparison may stop (99 %: 1.5 % false alarms, a real 2 % always found)."""


def judge(
    pairs: Pairs,
    *,
    confidence: float = 0.99,
    contestants: int = 1,
    target: float = TARGET,
    started_at: float = 0.0,
    environment: Environment | None = None,
) -> Comparison:
    """The verdict of a contestant against its baseline.

    The ratio is the median of the pair ratios, its interval lies between two order statistics and so assumes nothing
    about their distribution. Only pairs get a verdict: two separate measurements drift apart without a cause.

    Parameters
    ----------
    pairs : Pairs
    confidence : float
        Of all verdicts of this comparison together.
    contestants : int
        How many are compared against the baseline; each interval is widened for it (Bonferroni).
    target : float
        The relative width asked for; what it would take to get there becomes `Comparison.more`.

    Raises
    ------
    RecordError
        If the pairs are too few for the confidence.
    """
    alone = 1 - (1 - confidence) / contestants
    if not all(value > 0 for value in (*pairs.baseline_values, *pairs.contestant_values)):
        raise RecordError(say("a pair holds a time of 0 or less, which has no ratio: measure with more loops"))
    ratios = pairs.ratios
    interval = stats.order_interval(ratios, alone)
    if interval is None:
        raise RecordError(
            say("{found} pairs are too few for an interval at {confidence}: measure more, or ask for less confidence",
                found=len(ratios), confidence=format_percent(alone, digits=3))
        )  # fmt: skip
    ratio = stats.median(ratios)
    low, high = interval
    verdict: Verdict = "faster" if high < 1 else "slower" if low > 1 else "indistinct"
    width = (high - low) / ratio
    # The width falls with the square root of the count, so (width / target)² times as many pairs reach the target.
    more = 0 if width <= target else math.ceil(len(ratios) * ((width / target) ** 2 - 1))
    return Comparison(
        pairs=pairs,
        ratio=ratio,
        interval=interval,
        confidence=alone,
        verdict=verdict,
        target=target,
        more=more,
        started_at=started_at,
        environment=environment,
    )


def verdict_sentence(comparison: Comparison) -> Sentence:
    """The verdict in words: "int8 is 1.92 times as fast as fp32", "indistinct: … the same within ±1.1 %"."""
    names = {"contestant": comparison.contestant, "baseline": comparison.baseline}
    if comparison.verdict == "faster":
        if comparison.ratio > 0.8:
            return Sentence("{contestant} takes {percent} less time than {baseline}", percent=format_percent(1 - comparison.ratio), **names)
        return Sentence("{contestant} is {times} times as fast as {baseline}", times=f"{1 / comparison.ratio:.3g}", **names)
    if comparison.verdict == "slower":
        if comparison.ratio < 1.25:
            return Sentence("{contestant} takes {percent} more time than {baseline}", percent=format_percent(comparison.ratio - 1), **names)
        return Sentence("{contestant} takes {times} times as long as {baseline}", times=f"{comparison.ratio:.3g}", **names)
    within = format_percent(comparison.within)
    if comparison.more == 0:
        return Sentence("indistinct: {contestant} and {baseline} are the same within ±{within}", within=within, **names)
    return Sentence(
        "indistinct: {contestant} and {baseline} differ by at most {within}; about {more} more pairs are needed to say more",
        within=within,
        more=f"{comparison.more:,}",
        **names,
    )


FIRST_RUN_SLOW = 1.5
"""A first repeat this many times the median of the others, and outside their range, was a warm-up."""
WIDE_SPREAD = 0.25
"""Interquartile range over median beyond which one number describes the repeats badly."""
CLOCK_STEPS = 100
"""A window shorter than this many steps of the clock is read with more than 1 % error."""
SHORTEST = 20e-6
"""Seconds: a window's own entry and exit cost about a microsecond; under this they are more than 5 % of it."""
DEVICE_TAIL = 0.2
"""Share of the window that was spent waiting for the device at its end."""
OTHERS_BUSY = 0.25
"""Share of the usable cores that others kept busy."""
THROTTLED = 0.01
"""Share of the window in which the container's quota stopped us."""
MAJOR_FAULTS = 100
"""Major page faults a second, each a read from disk."""
NEAR_LIMIT = 0.9
"""Share of the memory limit that the peak came to."""


def _worst(run: Run, quantity: str) -> float | None:
    found = run.find(quantity)
    return found.maximum if found else None


def _mean(run: Run, quantity: str) -> float | None:
    found = run.find(quantity)
    return found.mean if found else None


def _threads(run: Run) -> Finding | None:
    machine = run.environment
    if machine is None or machine.cpu_quota is None:
        return None
    counts = dict(machine.threads)
    used = counts.get("torch") or max((n for name, n in counts.items() if not name.isupper()), default=0)
    fitting = max(1, math.floor(machine.cpu_quota))
    if used <= max(machine.cpu_quota, 1):
        return None
    return Finding(
        code="threads-over-quota",
        weight=2,
        cause=Sentence(
            "{threads} threads compute, but the container grants {quota} cores: they stop one another",
            threads=used,
            quota=f"{machine.cpu_quota:g}",
        ),
        remedy=Sentence("torch.set_num_threads({n}), or OMP_NUM_THREADS={n} before Python starts", n=fitting),
    )


def _throttled(run: Run) -> Finding | None:
    stopped, wall = _mean(run, "container.throttled.time"), _mean(run, "time.wall")
    if stopped is None or not wall or stopped < THROTTLED * wall:
        return None
    return Finding(
        code="throttled",
        weight=2,
        cause=Sentence(
            "the container's CPU quota stopped this process for {time} of {wall}",
            time=format_value(stopped, Unit.SECOND),
            wall=format_value(wall, Unit.SECOND),
        ),
        remedy=Sentence("use no more threads than the quota has cores, or ask for a larger quota"),
    )


def _others(run: Run) -> Finding | None:
    busy = _mean(run, "machine.busy.others")
    if busy is None or run.environment is None or busy < OTHERS_BUSY * run.environment.cores_usable:
        return None
    return Finding(
        code="machine-busy",
        cause=Sentence(
            "other programs kept {busy} of {cores} cores busy", busy=f"{min(busy, run.environment.cores):.1f}", cores=run.environment.cores
        ),
        remedy=Sentence("close them, or compare with `vs`, which measures both sides in turn"),
    )


def _device(run: Run) -> Finding | None:
    wait, wall = _mean(run, "time.device.wait"), _mean(run, "time.wall")
    if wait is None or not wall or wait < DEVICE_TAIL * wall:
        return None
    return Finding(
        code="device-not-synchronised",
        cause=Sentence(
            "the code returned while the device had {share} of the work still to do: a clock inside it reads too little",
            share=format_percent(wait / wall),
        ),
        remedy=Sentence("this window waited for the device; in your own timing call torch.cuda.synchronize() before reading a clock"),
        weight=0,
    )


def _swapping(run: Run) -> Finding | None:
    faults, wall, swapped = _mean(run, "faults.major"), _mean(run, "time.wall"), _worst(run, "memory.swap")
    if not faults or not wall or not swapped or faults < MAJOR_FAULTS * wall:
        return None
    return Finding(
        code="swapping",
        weight=2,
        cause=Sentence(
            "memory was read back from disk {n} times: {swapped} of this process are swapped out",
            n=round(faults),
            swapped=format_value(swapped, Unit.BYTE),
        ),
        remedy=Sentence("free memory or use smaller batches: the times are the disk's, not the code's"),
    )


def _near_limit(run: Run) -> Finding | None:
    peak = _worst(run, "memory.rss.peak")
    machine = run.environment
    if peak is None or machine is None or not machine.memory_limit or peak < NEAR_LIMIT * machine.memory_limit:
        return None
    return Finding(
        code="near-memory-limit",
        weight=2,
        cause=Sentence(
            "the peak of {peak} is {share} of the {limit} allowed here ({source}): a little more and the kernel is killed",
            peak=format_value(peak, Unit.BYTE),
            share=format_percent(peak / machine.memory_limit),
            limit=format_value(machine.memory_limit, Unit.BYTE),
            source=machine.memory_limit_source or "?",
        ),
        remedy=Sentence("use smaller batches, delete what is no longer needed, or ask for more memory"),
    )


def _short(run: Run) -> Finding | None:
    found = run.find("time.wall")
    if found is None:
        return None
    window = found.median * run.loops
    resolution = run.environment.clock_resolution if run.environment else 0.0
    if window >= max(SHORTEST, CLOCK_STEPS * resolution):
        return None
    return Finding(
        code="too-short",
        cause=Sentence("{time} is too short to be read well in one window", time=format_value(window, Unit.SECOND)),
        remedy=Sentence("`%perf STATEMENT` repeats it in loops until the clock can see it")
        if run.collected
        else Sentence("leave out `-n`: loops are then chosen so that the clock can see them"),
    )


def _first(run: Run) -> Finding | None:
    found = run.find("time.wall")
    if found is None or found.count < 5 or run.warmups:
        return None
    first, *others = found.values
    if first <= max(others) or first < FIRST_RUN_SLOW * stats.median(others):
        return None
    return Finding(
        code="first-run-slow",
        cause=Sentence("the first run took {times} times as long as the others", times=f"{first / stats.median(others):.2g}"),
        remedy=Sentence("`-w 1` keeps it apart as a warm-up"),
    )


def _spread(run: Run) -> Finding | None:
    found = run.find("time.wall")
    if found is None or found.count < 5:
        return None
    low, high = found.iqr
    if not found.median or high - low < WIDE_SPREAD * found.median:
        return None
    return Finding(
        code="wide-spread",
        cause=Sentence("the repeats spread by {spread} around their median", spread=format_percent((high - low) / found.median)),
        remedy=Sentence("more repeats narrow the interval; to compare, use `vs`, which is not misled by drift"),
    )


def _estimated(run: Run) -> Finding | None:
    energies = [reading for sample in run.samples for reading in sample.readings if reading.quantity.startswith("energy.")]
    if not any(reading.provenance is Provenance.ESTIMATED for reading in energies):
        return None
    return Finding(
        code="energy-estimated",
        weight=0,
        cause=Sentence(
            "the energy marked ~ is estimated from CPU time: it is CPU time in another unit, and tells no two ways of spending it apart"
        ),
        remedy=Sentence("compare times; for energy, a sensor or a meter's log (`nbperf.attach_log`) has to be read"),
    )


RULES = (_threads, _throttled, _swapping, _near_limit, _others, _short, _first, _spread, _device, _estimated)


def diagnose(run: Run) -> tuple[Finding, ...]:
    """What is worth knowing about a run, the gravest first; each a cause with a remedy, as data."""
    found = [finding for rule in RULES if (finding := rule(run))]
    return tuple(sorted(found, key=lambda finding: -finding.weight))
