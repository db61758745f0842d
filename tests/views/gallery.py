"""One figure of each kind with names and numbers that are hard to draw, and the same with nothing in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nbperf.core.quantities import QUANTITIES, Quantity
from nbperf.core.records import Measurement, Provenance
from nbperf.core.units import Unit
from nbperf.views.bars import Bars, bars
from nbperf.views.curves import Curve, expected_cost, precision_recall, roc
from nbperf.views.ecdf import ecdf
from nbperf.views.histogram import histogram
from nbperf.views.matrix import Matrix, matrix
from nbperf.views.progress import Line, progress
from nbperf.views.radar import Contender, radar
from nbperf.views.relation import Dot, scatter
from nbperf.views.roofline import Ceiling, Kernel, roofline
from nbperf.views.spread import spread
from nbperf.words import Sentence

NAN = float("nan")
NAMES = (
    "飞机 airplane",
    "$5 and $6",
    "<script>alert(1)</script>",
    "dog 🐶🚀",
    "two\nlines",
    "",
    "a very long name that goes on and on and on",
)
ESTIMATED, SAMPLED = Provenance.ESTIMATED, Provenance.SAMPLED
LATENCY = Quantity(name="latency", unit=Unit.SECOND, label=Sentence("latency"), better="less")
ACCURACY = Quantity(name="accuracy", unit=Unit.RATIO, label=Sentence("accuracy"), better="more")
SIZE = Quantity(name="size", unit=Unit.BYTE, label=Sentence("size"), better="less")
EPOCH = Quantity(name="epoch", unit=Unit.COUNT, label=Sentence("epoch"))


def counts(classes: int, *, seed: int = 0, right: float = 0.9) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found = rng.poisson(3.0 / classes, (classes, classes)) + np.diag(rng.poisson(300 * right, classes))
    return found.astype(float)


def measured(values: Any, provenance: Provenance = Provenance.MEASURED, quantity: str = "time.wall") -> Measurement:
    unit = QUANTITIES[quantity].unit
    return Measurement(quantity=quantity, unit=unit, provenance=provenance, source="", values=tuple(float(value) for value in values))


def latencies() -> dict[str, Measurement]:
    rng = np.random.default_rng(0)
    return {
        NAMES[0]: measured(rng.lognormal(-5.3, 0.25, 2000)),
        NAMES[1]: measured([*rng.lognormal(-5.8, 0.3, 400), NAN, float("inf")]),
        NAMES[3]: measured(rng.lognormal(-6, 0.2, 50), ESTIMATED),
        NAMES[6]: measured([0.003, 0.004, 0.0041], SAMPLED),
        "none": measured([NAN]),
    }


def groups(count: int = len(NAMES)) -> list[Bars]:
    rng = np.random.default_rng(1)
    found = []
    for name, provenance in (("precision", Provenance.MEASURED), ("recall", Provenance.MEASURED), ("F1 $a$ $b$", ESTIMATED)):
        values = rng.uniform(0.5, 0.97, count)
        values[2] = NAN
        intervals = tuple((value - 0.05, value + 0.03) for value in values)
        found.append(Bars(name=name, values=tuple(values), intervals=intervals, provenance=provenance))
    return found


def dots() -> list[Dot]:
    rng = np.random.default_rng(2)
    found = [
        Dot(
            name=name, x=x, y=0.95 - 0.002 / x, x_interval=(x * 0.9, x * 1.1), y_interval=(0.9, 0.95) if x > 0.02 else None,
            provenance=ESTIMATED if i == 2 else Provenance.MEASURED,
        )
        for i, (name, x) in enumerate(zip(NAMES, rng.uniform(0.01, 0.05, len(NAMES)), strict=True))
    ]  # fmt: skip
    return [*found, Dot(name="beaten", x=0.05, y=0.6), Dot(name="lost", x=NAN, y=0.5)]


def lines(count: int = 5, points: int = 20) -> list[Line]:
    rng = np.random.default_rng(3)
    found = []
    for i in range(count):
        x = np.arange(1, points + 1)
        y = (i + 1) * np.exp(-x / 5) + 0.1 + rng.normal(0, 0.005, points)
        y[3 % points] = NAN if i == 1 else y[3 % points]
        name = NAMES[i] if i < len(NAMES) else f"run {i}"
        found.append(
            Line(name=name, x=tuple(x), y=tuple(y), low=tuple(y - 0.05), high=tuple(y + 0.05), provenance=ESTIMATED if i == 2 else SAMPLED)
        )
    return found


KERNELS = [
    Kernel(name="conv1", intensity=30, rate=1.3e12),
    Kernel(name="conv2", intensity=33, rate=1.25e12),
    Kernel(name=NAMES[1], intensity=8, rate=6e11),
    Kernel(name=NAMES[0], intensity=0.8, rate=9e10),
    Kernel(name=NAMES[3], intensity=120, rate=7e12, provenance=ESTIMATED),
    Kernel(name="none", intensity=0, rate=1),
    Kernel(name="no number", intensity=NAN, rate=1),
]
CEILINGS = [
    Ceiling(name="fp32 FMA", kind="compute", value=2e12),
    Ceiling(name="tensor cores", kind="compute", value=1.6e13, provenance=ESTIMATED),
    Ceiling(name="DRAM 内存", kind="memory", value=2e11),
    Ceiling(name="L2 cache", kind="memory", value=1.2e12),
]


def curve(name: str, power: float, operating: int | None = 30, provenance: Provenance = Provenance.MEASURED) -> Curve:
    x = np.linspace(0, 1, 101)
    return Curve(
        name=name, x=tuple(x), y=tuple(x**power), thresholds=tuple(1 - x), operating=operating, area=1 / (1 + power), provenance=provenance
    )


def decisions() -> list[Curve]:
    broken = curve(NAMES[1], 0.5)
    broken = Curve(name=broken.name, x=broken.x, y=(*broken.y[:50], NAN, *broken.y[51:]), operating=50, area=NAN)
    return [curve(NAMES[0], 0.1), broken, curve(NAMES[3], 0.3, 20, ESTIMATED)]


CONTENDERS = [
    Contender(name=NAMES[0], values=(0.02, 0.94, 90e6, 12.0)),
    Contender(name=NAMES[1], values=(0.008, 0.935, 24e6, 5.0)),
    Contender(name=NAMES[3], values=(0.015, NAN, 50e6), provenance=ESTIMATED),
]
MEASURES = [LATENCY, ACCURACY, SIZE, QUANTITIES["energy.gpu"]]
TITLE = "模型 $a$ and $b$ <b> 🚀"

Draw = Callable[..., Figure]

FULL: dict[str, Draw] = {
    "counts": lambda **k: matrix(Matrix(counts=counts(7), labels=NAMES), title=TITLE, margins=True, **k),
    "rows": lambda **k: matrix(Matrix(counts=counts(20)), show="rows", **k),
    "difference": lambda **k: matrix(Matrix(counts=counts(7), labels=NAMES), against=Matrix(counts=counts(7, seed=1)), show="columns", **k),
    "hundred": lambda **k: matrix(Matrix(counts=counts(100), labels=tuple(f"class number {i}" for i in range(100))), margins=True, **k),
    "bars": lambda **k: bars(NAMES, groups(), order="worst", better="more", label="score", title=TITLE, **k),
    "box": lambda **k: spread(latencies(), title=TITLE, **k),
    "violin": lambda **k: spread(latencies(), kind="violin", log=True, title=TITLE, **k),
    "histogram": lambda **k: histogram(latencies(), log=True, title=TITLE, **k),
    "histogram of one": lambda **k: histogram({NAMES[0]: latencies()[NAMES[0]]}, title=TITLE, **k),
    "ecdf": lambda **k: ecdf(latencies(), log=True, title=TITLE, **k),
    "scatter": lambda **k: scatter(dots(), LATENCY, ACCURACY, title=TITLE, **k),
    "scatter, log": lambda **k: scatter(dots(), LATENCY, ACCURACY, log="xy", title=TITLE, **k),
    "radar": lambda **k: radar(CONTENDERS, MEASURES, title=TITLE, **k),
    "progress": lambda **k: progress(lines(), EPOCH, ACCURACY, title=TITLE, **k),
    "progress, log": lambda **k: progress(lines(14, 200), EPOCH, LATENCY, log=True, title=TITLE, **k),
    "roofline": lambda **k: roofline(KERNELS, CEILINGS, title=TITLE, **k),
    "roc": lambda **k: roc(decisions(), title=TITLE, **k),
    "precision and recall": lambda **k: precision_recall(decisions(), prevalence=0.2, title=TITLE, **k),
    "cost": lambda **k: expected_cost(decisions(), label="euros $a$ $b$", title=TITLE, **k),
}  # fmt: skip

ONE: dict[str, Draw] = {
    "matrix": lambda **k: matrix(Matrix(counts=[[3]]), margins=True, **k),
    "matrix without counts": lambda **k: matrix(Matrix(counts=np.zeros((3, 3))), show="rows", margins=True, **k),
    "matrix with NaN": lambda **k: matrix(Matrix(counts=[[NAN, 1], [float("inf"), 2]]), **k),
    "no difference": lambda **k: matrix(Matrix(counts=counts(3)), against=Matrix(counts=counts(3)), **k),
    "bars": lambda **k: bars(["a"], [Bars(name="b", values=(0.0,))], **k),
    "bars below 0": lambda **k: bars(["a", "b"], [Bars(name="b", values=(-1.0, -0.2))], **k),
    "bars without values": lambda **k: bars(["a", "b"], [Bars(name="b", values=(NAN,))], **k),
    "spread": lambda **k: spread({"a": measured([1.0])}, **k),
    "spread of equals": lambda **k: spread({"a": measured([1.0] * 20)}, kind="violin", **k),
    "spread around 0": lambda **k: spread({"a": measured([0.0] * 20)}, log=True, **k),
    "histogram": lambda **k: histogram({"a": measured([1.0])}, log=True, **k),
    "histogram of equals": lambda **k: histogram({"a": measured([0.0] * 9)}, log=True, **k),
    "ecdf": lambda **k: ecdf({"a": measured([1.0])}, log=True, **k),
    "scatter": lambda **k: scatter([Dot(name="a", x=1.0, y=0.0)], LATENCY, ACCURACY, log="xy", **k),
    "radar": lambda **k: radar(CONTENDERS[:1], MEASURES[:1], **k),
    "progress": lambda **k: progress([Line(name="a", x=(1.0,), y=(2.0,))], EPOCH, ACCURACY, log=True, **k),
    "roofline": lambda **k: roofline(KERNELS[:1], [], **k),
    "roof": lambda **k: roofline([], CEILINGS[:1], **k),
    "slope": lambda **k: roofline([], CEILINGS[2:3], **k),
    "roc": lambda **k: roc([Curve(name="a", x=(0.5,), y=(0.5,), operating=0)], **k),
    "cost": lambda **k: expected_cost([Curve(name="a", x=(0.5,), y=(0.0,), operating=9)], **k),
}

NOTHING: dict[str, Draw] = {
    "matrix": lambda **k: matrix(Matrix(counts=np.zeros((0, 0))), **k),
    "no matrix": lambda **k: matrix(Matrix(counts=[]), **k),
    "bars": lambda **k: bars([], [], **k),
    "bars of nothing": lambda **k: bars(["a"], [], **k),
    "spread": lambda **k: spread({}, **k),
    "histogram": lambda **k: histogram({"a": measured([NAN])}, **k),
    "ecdf": lambda **k: ecdf({}, **k),
    "scatter": lambda **k: scatter([Dot(name="a", x=NAN, y=1.0)], LATENCY, ACCURACY, **k),
    "radar": lambda **k: radar([], MEASURES, **k),
    "radar of nothing": lambda **k: radar(CONTENDERS, [], **k),
    "progress": lambda **k: progress([Line(name="a", x=(1.0,), y=(NAN,))], EPOCH, ACCURACY, **k),
    "roofline": lambda **k: roofline([], [], **k),
    "roc": lambda **k: roc([], **k),
    "precision and recall": lambda **k: precision_recall([Curve(name="a", x=(NAN,), y=(1.0,))], **k),
    "cost": lambda **k: expected_cost([], **k),
}
