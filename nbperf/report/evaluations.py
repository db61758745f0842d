"""The card of a confusion matrix and of an evaluation: how often it is right, how well that is known, and what it cost."""

from __future__ import annotations

import math

import numpy as np

from nbperf.core.records import Finding, Measurement, Provenance
from nbperf.core.units import format_percent
from nbperf.quality.confusion import ConfusionMatrix
from nbperf.quality.evaluation import Evaluation
from nbperf.report import machine
from nbperf.report.absent import absences
from nbperf.report.card import Card, Notice, Piece, Row, Table
from nbperf.report.figures import centre
from nbperf.words import Sentence

SHOWN = 12
"""Classes whose scores are shown at once; with more, those with the least F1 are, and all are folded."""
MIXED = 10
"""Pairs of classes that are listed, those most often mistaken first."""
NONE = "–"


def card(record: ConfusionMatrix | Evaluation) -> Card:
    """The card of either."""
    matrix = record if isinstance(record, ConfusionMatrix) else record.matrix
    if not matrix.total:
        return Card(title=_title(record), facts=(Sentence("nothing was counted yet"),))
    findings = record.findings()
    shown, every = _classes(matrix)
    folded: list[Table | None] = [every, _mistaken(matrix)]
    rows = _quality(matrix)
    summary: tuple[Piece, ...] = ()
    if isinstance(record, Evaluation):
        rows += _cost(record)
        folded += [absences((*record.run.absences, *record.per().missing)), machine.table(record.run.environment, record.run.started_at)]
        summary = machine.summary(record.run.environment)
    return Card(
        title=_title(record),
        facts=_facts(matrix),
        rows=tuple(rows),
        notices=tuple(map(_notice, findings)),
        tables=(shown,),
        folded=tuple(table for table in folded if table and table.rows),
        summary=summary or (Sentence("all classes and what was mistaken for what"),),
    )


def _title(record: ConfusionMatrix | Evaluation) -> Piece:
    return (record.label if isinstance(record, Evaluation) else "") or Sentence("confusion matrix")


def _facts(matrix: ConfusionMatrix) -> tuple[Piece, ...]:
    labels = Sentence("each sample may have several") if matrix.multilabel else Sentence("one a sample")
    return (
        Sentence("{n} samples", n=f"{matrix.total:,.6g}"),
        Sentence("{n} classes", n=f"{len(matrix.labels):,}"),
        *((labels,) if matrix.multilabel else ()),
    )


def _notice(finding: Finding) -> Notice:
    return Notice(cause=finding.cause, remedy=finding.remedy, grave=finding.weight >= 2)


def percent(value: float, low: float = math.nan, high: float = math.nan) -> str:
    """A share with as many digits as its interval allows; "–" where there is none."""
    if math.isnan(value):
        return NONE
    return format_percent(value, digits=4 if high - low < 0.02 else 3)


def ends(low: float, high: float) -> Sentence:
    """An interval of a share."""
    return Sentence("{low}–{high}", low=percent(low), high=percent(high))


def _score(label: Sentence, value: float, bounds: tuple[float, float], *notes: Piece, lead: bool = False) -> Row:
    low, high = bounds
    return Row(
        label=label, value=percent(value, low, high), notes=(Sentence("95 % interval {ends}", ends=ends(low, high)), *notes), lead=lead
    )


def _quality(matrix: ConfusionMatrix) -> list[Row]:
    support = np.asarray(matrix.support)
    most = int(support.argmax())
    always = Sentence(
        "always guessing {label}: {share}", label=matrix.labels[most], share=percent(float(support[most]) / float(matrix.total))
    )
    rows = [
        _score(Sentence("accuracy"), matrix.accuracy, matrix.interval("accuracy"), *(() if matrix.multilabel else (always,)), lead=True)
    ]
    if not matrix.multilabel:
        rows.append(_score(Sentence("balanced accuracy"), matrix.balanced_accuracy, matrix.interval("balanced_accuracy")))
    rows.append(_score(Sentence("macro F1"), float(matrix.f1("macro")), matrix.interval("f1", "macro")))
    return rows


def _cost(record: Evaluation) -> list[Row]:
    rows = []
    if record.run.samples:
        count = Sentence("{n} batches of {size}", n=record.sizes.count(record.batch), size=record.batch)
        rows.append(_measured(Sentence("latency"), record.latency, Sentence("a batch"), count))
        rates = record.per()
        for label, rate in (
            (Sentence("throughput"), rates.items_per_second),
            (Sentence("samples a joule"), rates.items_per_joule),
            (Sentence("quality a second"), rates.score_per_second),
            (Sentence("quality a joule"), rates.score_per_joule),
        ):
            if rate is not None:
                rows.append(_measured(label, rate))
    return rows


def _measured(label: Sentence, found: Measurement, *notes: Piece) -> Row:
    how = (Sentence("estimated"),) if found.provenance is Provenance.ESTIMATED else ()
    return Row(label=label, value=centre(found), notes=(*notes, *how), provenance=found.provenance)


def _classes(matrix: ConfusionMatrix) -> tuple[Table, Table]:
    """The scores of each class: the least first where there are many, and all of them folded."""
    scores = {name: np.asarray(getattr(matrix, name)(None)) for name in ("precision", "recall", "f1")}
    bounds = {name: matrix.interval(name, None) for name in scores}
    support = np.asarray(matrix.support)

    def row(k: int) -> tuple[Piece, ...]:
        cells: list[Piece] = [matrix.labels[k]]
        for name, values in scores.items():
            low, high = float(bounds[name][0][k]), float(bounds[name][1][k])
            cells.append(Sentence("{value} ({ends})", value=percent(float(values[k]), low, high), ends=ends(low, high)))
        return (*cells, f"{support[k]:,.6g}")

    columns = (Sentence("class"), Sentence("precision"), Sentence("recall"), "F1", Sentence("support"))
    every = range(len(matrix.labels))
    if len(every) <= SHOWN:
        return Table(title=Sentence("Classes"), rows=tuple(map(row, every)), columns=columns), Table(title="", rows=())
    least = sorted(every, key=lambda k: (float(scores["f1"][k]), k))[:SHOWN]
    return (
        Table(title=Sentence("The classes with the least F1"), rows=tuple(map(row, least)), columns=columns),
        Table(title=Sentence("All classes"), rows=tuple(map(row, every)), columns=columns),
    )


def _mistaken(matrix: ConfusionMatrix) -> Table:
    """Which class was most often taken for which."""
    counts = np.asarray(matrix.counts)
    if matrix.multilabel or counts.ndim != 2:
        return Table(title="", rows=())
    off = counts.astype(float)
    np.fill_diagonal(off, 0.0)
    order = np.argsort(off, axis=None)[::-1][:MIXED]
    support = np.asarray(matrix.support)
    rows = []
    for place in order:
        true, taken = divmod(int(place), off.shape[1])
        if off[true, taken] <= 0:
            break
        share = format_percent(off[true, taken] / float(support[true]))
        rows.append((matrix.labels[true], matrix.labels[taken], f"{off[true, taken]:,.6g}", share))
    columns = (Sentence("class"), Sentence("taken for"), Sentence("samples"), Sentence("of its samples"))
    return Table(title=Sentence("Mistaken most often"), rows=tuple(rows), columns=columns)
