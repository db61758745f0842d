"""Intervals hold the truth as often as they say, also at the ends where nothing, or everything, is right."""

from __future__ import annotations

import numpy as np
import pytest

import nbperf
from nbperf.errors import PlanError, RecordError
from nbperf.quality.intervals import DRAWS, FEWEST_DRAWS, draws_for, wilson


def test_wilson_is_the_published_one():
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3.
    for part, whole, expected in (
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ):
        low, high = wilson(np.array(part), np.array(whole))
        assert (float(low), float(high)) == pytest.approx(expected, abs=5e-5)
    assert [float(each) for each in wilson(np.array(0), np.array(0))] == [0.0, 1.0]


def test_what_is_a_proportion_has_wilsons():
    matrix = nbperf.ConfusionMatrix.from_counts([[40, 10], [5, 45]])
    low, high = wilson(np.array([40, 45]), np.array([45, 55]))
    found = matrix.interval("precision", None)
    assert found[0] == pytest.approx(low)
    assert found[1] == pytest.approx(high)
    assert matrix.interval("recall", "binary") == pytest.approx([float(each) for each in wilson(np.array(45), np.array(50))])
    # Counted together, precision, recall and F1 are the accuracy.
    for score in ("precision", "recall", "f1"):
        assert matrix.interval(score, "micro") == pytest.approx(matrix.interval("accuracy"))


TRUTH = np.array([[0.36, 0.03, 0.01], [0.05, 0.22, 0.03], [0.02, 0.06, 0.22]])


@pytest.mark.parametrize(
    ("score", "average"),
    [("f1", None), ("f1", "macro"), ("mcc", "macro"), ("kappa", "macro"), ("balanced_accuracy", "macro"),
     ("recall", "weighted"), ("accuracy", "macro")],
)  # fmt: skip
def test_an_interval_holds_the_truth_as_often_as_it_says(score, average):
    exact = nbperf.ConfusionMatrix.from_counts((TRUTH * 10_000).round().astype(int))
    truth = getattr(exact, score) if score in {"mcc", "kappa", "balanced_accuracy", "accuracy"} else getattr(exact, score)(average)
    rng = np.random.default_rng(1)
    held = []
    for _ in range(150):
        counts = rng.multinomial(200, TRUTH.ravel()).reshape(3, 3)
        low, high = nbperf.ConfusionMatrix.from_counts(counts).interval(score, average)
        held.append(np.mean((low <= truth) & (truth <= high)))
    assert 0.90 <= np.mean(held) <= 0.99


@pytest.mark.parametrize("score", ["f1", "mcc", "kappa", "balanced_accuracy", "precision"])
def test_a_perfect_score_is_not_known_exactly(score):
    few, many = (nbperf.ConfusionMatrix.from_counts(np.eye(2, dtype=int) * n).interval(score) for n in (5, 500))
    assert few[1] == many[1] == pytest.approx(1.0)
    assert few[0] < 0.9 < 0.98 < many[0] < 1
    lows, highs = nbperf.ConfusionMatrix.from_counts(np.eye(2, dtype=int) * 5).interval("f1", None)
    assert (lows < 0.9).all()
    assert (highs == 1).all()


def test_of_nothing_nothing_is_known():
    matrix = nbperf.ConfusionMatrix(2)
    assert matrix.interval("accuracy") == (0.0, 1.0)
    assert np.isnan(matrix.interval("mcc")).all()
    assert np.isnan(matrix.interval("f1", None)).all()
    assert np.isnan(matrix.interval("f1", "macro", zero_division=np.nan)).all()


def test_one_class_alone():
    matrix = nbperf.ConfusionMatrix.from_counts([[7]])
    assert matrix.interval("balanced_accuracy") == (1.0, 1.0)  # there is no class to be wrong with
    assert np.isnan(matrix.interval("kappa")).all()


def test_several_labels_have_intervals_too():
    matrix = nbperf.ConfusionMatrix()
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, (100, 3))
    matrix.update(true, np.where(rng.random((100, 3)) < 0.1, 1 - true, true))
    for average in ("macro", "micro", "weighted"):
        low, high = matrix.interval("f1", average)
        assert low < matrix.f1(average) < high
    with pytest.raises(RecordError):
        matrix.interval("mcc")


def test_the_same_counts_give_the_same_interval():
    first, second = (nbperf.ConfusionMatrix.from_counts([[40, 10], [5, 45]]).interval("mcc") for _ in range(2))
    assert first == second


def test_more_confidence_is_wider():
    matrix = nbperf.ConfusionMatrix.from_counts([[40, 10], [5, 45]])
    assert matrix.interval("mcc", confidence=0.99)[0] < matrix.interval("mcc", confidence=0.8)[0]
    for bad in (0, 1, 95):
        with pytest.raises(PlanError, match="between 0 and 1"):
            matrix.interval("mcc", confidence=bad)
    with pytest.raises(PlanError, match="there is no score 'auc'"):
        matrix.interval("auc")


def test_large_matrices_are_drawn_less_often():
    assert draws_for(100) == DRAWS
    assert draws_for(10**6) == FEWEST_DRAWS
