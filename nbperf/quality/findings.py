"""What counts say beyond their scores: each a rule with a bound, a cause and a remedy, all pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nbperf.core.records import Finding
from nbperf.core.units import format_percent
from nbperf.quality.inputs import named
from nbperf.quality.intervals import wilson
from nbperf.words import Sentence

if TYPE_CHECKING:
    from nbperf.quality.confusion import ConfusionMatrix

DOMINANT = 4.0
"""Times as many samples as the other classes have on average: 80 to 20 of two classes."""
FEWEST_TO_MISS = 5
"""True samples of a class that is never predicted; with fewer it may be chance."""
SWALLOWED = 0.25
"""Share of both classes' samples that is taken for the other one."""
EACH_WAY = 0.1
"""Share of each alone: two classes are mixed up only if it goes both ways."""
FEWEST_OF_PAIR = 10
"""Samples of each of the two."""
KNOWN_TO = 0.025
"""Half the width of the accuracy's interval above which its second digit says nothing."""
WISHED = 0.01
"""What the remedy aims at."""
FEWEST_OF_CLASS = 10
"""Samples of a class below which its recall is known to ±30 points."""


def _unbalanced(matrix: ConfusionMatrix) -> Finding | None:
    support = matrix.support
    total = float(support.sum())
    seen = int((support > 0).sum())
    if matrix.multilabel or seen < 2:
        return None
    largest = int(np.argmax(support))
    others = (total - float(support[largest])) / (seen - 1)
    if support[largest] < DOMINANT * others:
        return None
    share = float(support[largest]) / total
    named_largest = {"label": matrix.labels[largest], "share": format_percent(share, digits=3)}
    if matrix.interval("accuracy")[0] <= share:
        return Finding(
            code="no-better-than-guessing",
            weight=2,
            cause=Sentence(
                "{share} of the samples are {label}: always guessing it would be right as often, and the accuracy of {accuracy} is not "
                "clearly above that",
                accuracy=format_percent(matrix.accuracy, digits=3),
                **named_largest,
            ),
            remedy=Sentence("judge by balanced accuracy or macro F1; weight the classes in training, or draw them evenly"),
        )
    return Finding(
        code="classes-unbalanced",
        cause=Sentence(
            "{share} of the samples are {label}: always guessing it has that accuracy, this model {accuracy}",
            accuracy=format_percent(matrix.accuracy, digits=3),
            **named_largest,
        ),
        remedy=Sentence("read balanced accuracy and macro F1 beside the accuracy: they count every class alike"),
    )


def _never(matrix: ConfusionMatrix) -> Finding | None:
    missed = np.flatnonzero((matrix.predicted == 0) & (matrix.support >= FEWEST_TO_MISS))
    if not len(missed):
        return None
    return Finding(
        code="never-predicted",
        weight=2,
        cause=Sentence(
            "never predicted, though there are samples of it: {labels}",
            labels=named(f"{matrix.labels[place]} ({matrix.support[place]:g})" for place in missed),
        ),
        remedy=Sentence("look whether the class is in the training data and in the order of the model's outputs; then weight it more"),
    )


def _swallowed(matrix: ConfusionMatrix) -> Finding | None:
    if matrix.multilabel or len(matrix.labels) < 3:  # of two classes it is the accuracy itself
        return None
    counts, support = matrix.counts, matrix.support
    wrong = counts / np.maximum(support, 1)[:, None]
    both = (counts + counts.T) / np.maximum(support[:, None] + support[None, :], 1)
    large = support >= FEWEST_OF_PAIR
    mixed = (both >= SWALLOWED) & (wrong >= EACH_WAY) & (wrong.T >= EACH_WAY) & large[:, None] & large[None, :]
    pairs = np.argwhere(np.triu(mixed, 1))
    if not len(pairs):
        return None
    worst = sorted(pairs.tolist(), key=lambda pair: -both[pair[0], pair[1]])
    return Finding(
        code="classes-swallow-each-other",
        cause=Sentence(
            "taken for each other: {pairs}",
            pairs=named((f"{matrix.labels[a]} ↔ {matrix.labels[b]} ({format_percent(both[a, b])})" for a, b in worst), 3),
        ),
        remedy=Sentence("look at samples of both side by side: their labels may be wrong, or the input too coarse to tell them apart"),
    )


def _few(matrix: ConfusionMatrix) -> Finding | None:
    if matrix.multilabel or not matrix.total:
        return None
    accuracy = matrix.accuracy
    low, high = matrix.interval("accuracy")
    half = (high - low) / 2
    if half < KNOWN_TO:
        return None
    # The width falls with the square root of the count; a perfect score is not taken at its word.
    spread = max(accuracy * (1 - accuracy), low * (1 - low))
    needed = math.ceil(spread * (1.96 / WISHED) ** 2)
    needed = round(needed, 1 - len(str(needed)))
    return Finding(
        code="few-samples",
        cause=Sentence(
            "{total} samples hold the accuracy of {accuracy} to ±{half} only (95 %)",
            total=f"{matrix.total:g}",
            accuracy=format_percent(accuracy, digits=2),
            half=format_percent(half),
        ),
        remedy=Sentence("do not tell models apart by less than that; about {needed} samples would hold it to ±1 %", needed=f"{needed:,}"),
    )


def _few_of_class(matrix: ConfusionMatrix) -> Finding | None:
    support = matrix.support
    few = np.flatnonzero((support > 0) & (support < FEWEST_OF_CLASS))
    if not len(few) or matrix.total < FEWEST_OF_CLASS:
        return None
    first = int(few[np.argmin(support[few])])
    hits = matrix._tallies().hits[first]
    low, high = wilson(np.array(float(hits)), np.array(float(support[first])))
    return Finding(
        code="few-samples-of-class",
        cause=Sentence(
            "fewer than {fewest} samples of {labels}: the recall of {label} lies anywhere between {low} and {high}",
            fewest=FEWEST_OF_CLASS,
            labels=named(f"{matrix.labels[place]} ({support[place]:g})" for place in few),
            label=matrix.labels[first],
            low=format_percent(float(low)),
            high=format_percent(float(high)),
        ),
        remedy=Sentence("evaluate more samples of them, or read their scores with the interval only"),
        weight=0,
    )


RULES = (_unbalanced, _never, _swallowed, _few, _few_of_class)


def diagnose(matrix: ConfusionMatrix) -> tuple[Finding, ...]:
    """What is worth knowing about a matrix, the gravest first."""
    found = [finding for rule in RULES if (finding := rule(matrix))]
    return tuple(sorted(found, key=lambda finding: -finding.weight))
