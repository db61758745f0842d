"""Every figure is scikit-learn's, on random and on degenerate counts."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import nbperf
from nbperf.errors import PlanError, RecordError

metrics = pytest.importorskip("sklearn.metrics")


@st.composite
def batches(draw):
    """Labels of up to six classes: some never seen, some never predicted; weights or none."""
    classes = draw(st.integers(1, 6))
    count = draw(st.integers(1, 40))
    labels = st.lists(st.integers(0, classes - 1), min_size=count, max_size=count)
    weights = draw(st.none() | st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.25]), min_size=count, max_size=count))
    return classes, draw(labels), draw(labels), weights


def made(classes, true, predicted, weights):
    matrix = nbperf.ConfusionMatrix(classes)
    matrix.update(true, predicted, weights=weights)
    return matrix


@given(batches(), st.sampled_from(["macro", "micro", "weighted", None]), st.sampled_from([0.0, 1.0, np.nan]))
@settings(max_examples=150, deadline=None)
def test_precision_recall_and_f1(batch, average, zero):
    classes, true, predicted, weights = batch
    matrix = made(*batch)
    theirs = metrics.precision_recall_fscore_support(
        true, predicted, labels=range(classes), average=average, sample_weight=weights, zero_division=zero
    )
    for name, expected in zip(("precision", "recall", "f1"), theirs, strict=False):
        assert getattr(matrix, name)(average, zero_division=zero) == pytest.approx(expected, nan_ok=True), name
    if average is None:
        assert matrix.support == pytest.approx(theirs[3])


@given(batches())
@settings(max_examples=150, deadline=None)
def test_figures_of_the_whole_matrix(batch):
    _, true, predicted, weights = batch
    matrix = made(*batch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs warn of every class that is missing
        counts = metrics.confusion_matrix(true, predicted, labels=range(batch[0]), sample_weight=weights)
        assert np.allclose(matrix.counts, counts)
        assert matrix.accuracy == pytest.approx(metrics.accuracy_score(true, predicted, sample_weight=weights))
        assert matrix.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(true, predicted, sample_weight=weights))
        assert matrix.mcc == pytest.approx(metrics.matthews_corrcoef(true, predicted, sample_weight=weights), abs=1e-9)
        assert matrix.kappa == pytest.approx(metrics.cohen_kappa_score(true, predicted, sample_weight=weights), nan_ok=True, abs=1e-9)


@given(batches())
@settings(max_examples=60, deadline=None)
def test_specificity_is_the_recall_of_the_others(batch):
    classes, true, predicted, weights = batch
    found = made(*batch).specificity(None)
    for label in range(classes):
        others = metrics.recall_score(
            np.array(true) != label, np.array(predicted) != label, sample_weight=weights, zero_division=0.0, pos_label=True
        )
        assert found[label] == pytest.approx(others)


@given(
    st.integers(2, 4).flatmap(
        lambda k: st.lists(st.tuples(*[st.lists(st.integers(0, 1), min_size=k, max_size=k)] * 2), min_size=1, max_size=20)
    ),
    st.sampled_from(["macro", "micro", "weighted", None]),
    st.sampled_from([0.0, 1.0]),
)
@settings(max_examples=100, deadline=None)
def test_several_labels_a_sample(rows, average, zero):
    true, predicted = (np.array(side) for side in zip(*rows, strict=True))
    matrix = nbperf.ConfusionMatrix()
    matrix.update(true, predicted)
    assert np.array_equal(matrix.counts, metrics.multilabel_confusion_matrix(true, predicted))
    assert matrix.accuracy == pytest.approx(metrics.accuracy_score(true, predicted))
    for name in ("precision", "recall", "f1"):
        expected = metrics.precision_recall_fscore_support(true, predicted, average=average, zero_division=zero)[
            ("precision", "recall", "f1").index(name)
        ]
        assert getattr(matrix, name)(average, zero_division=zero) == pytest.approx(expected), name


@given(st.integers(0, 2**32 - 1), st.integers(3, 6), st.integers(1, 40), st.booleans())
@settings(max_examples=80, deadline=None)
def test_top_k(seed, classes, count, tied):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, count)
    scores = rng.integers(0, 3, (count, classes)) / 3 if tied else rng.normal(size=(count, classes))
    assume(classes > 2)
    matrix = nbperf.ConfusionMatrix(classes)
    matrix.update(true, scores.argmax(1), scores=scores)
    for k in range(1, classes):
        assert matrix.top(k) == pytest.approx(metrics.top_k_accuracy_score(true, scores, k=k, labels=range(classes)))
    assert matrix.top(classes + 5) == 1.0


def test_binary_is_the_second_of_two_classes():
    true, predicted = ["no", "yes", "yes", "no", "yes"], ["no", "no", "yes", "yes", "yes"]
    matrix = nbperf.ConfusionMatrix()
    matrix.update(true, predicted)
    assert matrix.precision("binary") == pytest.approx(metrics.precision_score(true, predicted, pos_label="yes"))
    assert matrix.f1("binary") == pytest.approx(metrics.f1_score(true, predicted, pos_label="yes"))
    with pytest.raises(PlanError, match="there are 3"):
        nbperf.ConfusionMatrix(3).precision("binary")
    with pytest.raises(PlanError, match="'samples'"):
        matrix.precision("samples")


def test_nothing_counted():
    for matrix in (nbperf.ConfusionMatrix(), nbperf.ConfusionMatrix(3)):
        assert np.isnan([matrix.accuracy, matrix.balanced_accuracy, matrix.kappa]).all()
        assert matrix.mcc == 0.0
        assert matrix.precision() == matrix.f1("micro") == 0.0
        assert matrix.findings() == ()


def test_what_several_labels_do_not_have():
    matrix = nbperf.ConfusionMatrix()
    matrix.update([[1, 0], [0, 1]], [[1, 0], [1, 1]])
    for name in ("mcc", "kappa", "balanced_accuracy"):
        with pytest.raises(RecordError, match="several"):
            getattr(matrix, name)
    with pytest.raises(RecordError, match="several"):
        matrix.top(1)
