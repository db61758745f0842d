"""`Evaluation`: how often a model is right, how well that is known, and what it cost to find out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbperf.core.records import Finding, Measurement, Rates, Run
from nbperf.core.units import NARROW, format_percent
from nbperf.core.verdicts import diagnose
from nbperf.quality.confusion import ConfusionMatrix

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """What `nbperf.evaluate` found.

    Attributes
    ----------
    label : str
    matrix : ConfusionMatrix
        A snapshot: it stays as it is.
    run : Run
        A sample a batch; the time is the model's own, without loading data, moving it to the device, or counting.
    sizes : tuple of int
        Samples in each batch of the run.
    """

    label: str
    matrix: ConfusionMatrix
    run: Run
    sizes: tuple[int, ...]

    def __repr__(self) -> str:
        """One line."""
        low, high = self.interval
        known = f"{format_percent(low, digits=3)}–{format_percent(high, digits=3)}".replace(NARROW, " ")
        return f"Evaluation({self.label!r}, {self.matrix.total:g} samples, accuracy={self.accuracy:.3g} ({known}))"

    @property
    def accuracy(self) -> float:
        """Share of samples that are right."""
        return self.matrix.accuracy

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy (Wilson)."""
        low, high = self.matrix.interval("accuracy")
        return low, high

    def scores(self, *, confidence: float = 0.95, zero_division: float = 0.0) -> DataFrame:
        """Every score with its interval, a row a class and a row an average."""
        return self.matrix.scores(confidence=confidence, zero_division=zero_division)

    @property
    def batch(self) -> int:
        """The size that most batches have: those of another one, such as a short last one, are left out of times and rates."""
        return max(sorted(set(self.sizes), reverse=True), key=self.sizes.count)

    @property
    def _alike(self) -> Run:
        samples = tuple(sample for sample, size in zip(self.run.samples, self.sizes, strict=True) if size == self.batch)
        return replace(self.run, samples=samples, items=self.batch)

    @property
    def latency(self) -> Measurement:
        """Seconds a batch, over the batches of the usual size."""
        return self._alike.measurement("time.wall")

    @property
    def throughput(self) -> Measurement | None:
        """Samples a second; None where no time was read."""
        return self.per().items_per_second

    def per(self, *, score: float | None = None) -> Rates:
        """Samples, and quality, per second and per joule of a batch.

        Parameters
        ----------
        score : float, optional
            How good the model is; its accuracy by default. ``evaluation.matrix.f1()`` is another.

        Returns
        -------
        Rates
            What was not read is named in ``.missing``, with its reason and remedy.
        """
        return self._alike.per(items=self.batch, score=self.accuracy if score is None else score)

    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing of the counts, and of the measurement, the gravest first."""
        return tuple(sorted((*self.matrix.findings(), *diagnose(self._alike)), key=lambda finding: -finding.weight))
