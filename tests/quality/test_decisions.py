"""Curves are scikit-learn's; thresholds are the best of all that there are, found by trying every one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbperf.errors import DataError, PlanError
from nbperf.quality import decisions
from nbperf.quality.decisions import Costs, sweep
from nbperf.words import say

metrics = pytest.importorskip("sklearn.metrics")


@st.composite
def samples(draw):
    """Labels and scores with many ties; both classes are there."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(2, 60))
    true = rng.integers(0, 2, count)
    true[:2] = 0, 1
    scores = rng.integers(0, draw(st.integers(1, 12)), count) / 4 - 1 if draw(st.booleans()) else rng.normal(size=count)
    weights = rng.choice([0.5, 1.0, 2.0], count) if draw(st.booleans()) else None
    return true, scores, weights


@given(samples())
@settings(max_examples=150, deadline=None)
def test_curves_and_areas(drawn):
    true, scores, weights = drawn
    curve = sweep(true, scores, weights=weights)
    for ours, theirs in (
        (curve.roc(), metrics.roc_curve(true, scores, sample_weight=weights, drop_intermediate=False)),
        (curve.precision_recall(), metrics.precision_recall_curve(true, scores, sample_weight=weights)),
    ):
        for found, expected in zip(ours, theirs, strict=True):
            assert found == pytest.approx(expected)
    assert curve.roc_auc == pytest.approx(metrics.roc_auc_score(true, scores, sample_weight=weights))
    assert curve.average_precision == pytest.approx(metrics.average_precision_score(true, scores, sample_weight=weights))
    precision, recall, _ = metrics.precision_recall_curve(true, scores, sample_weight=weights)
    assert curve.precision_recall_area == pytest.approx(metrics.auc(recall, precision))


@given(samples(), st.floats(0.01, 100), st.none() | st.floats(0.01, 0.99))
@settings(max_examples=100, deadline=None)
def test_the_cheapest_is_the_cheapest_of_all(drawn, miss, prevalence):
    true, scores, _ = drawn
    costs = Costs(false_negative=miss, true_positive=-0.5, true_negative=-0.1)
    found = decisions.cheapest(sweep(true, scores), costs, prevalence=prevalence)
    share = true.mean() if prevalence is None else prevalence

    def cost(threshold):
        called = scores >= threshold
        recall, alarms = called[true == 1].mean(), called[true == 0].mean()
        return share * (recall * -0.5 + (1 - recall) * miss) + (1 - share) * (alarms - (1 - alarms) * 0.1)

    assert found.cost == pytest.approx(cost(found.threshold))
    assert found.cost == pytest.approx(min(map(cost, [*scores, np.inf])))


@given(samples(), st.floats(0.05, 1.0))
@settings(max_examples=100, deadline=None)
def test_presets_do_what_they_say(drawn, wished):
    true, scores, _ = drawn
    curve = sweep(true, scores)
    every = [decisions.at(curve, threshold) for threshold in scores]
    screening, retrieval, balanced = (
        decisions.screening(curve, recall=wished), decisions.retrieval(curve, precision=wished), decisions.balanced(curve),
    )  # fmt: skip
    kept = [point for point in every if point.recall >= wished - 1e-12]
    assert screening.recall >= wished - 1e-12
    assert screening.specificity == max(point.specificity for point in kept)
    right = [point for point in every if point.precision >= wished - 1e-12]
    if right:
        assert retrieval.met
        assert retrieval.recall == max(point.recall for point in right)
    else:
        assert not retrieval.met
        assert retrieval.precision == max(point.precision for point in every)
    assert balanced.recall + balanced.specificity == pytest.approx(max(point.recall + point.specificity for point in every))
    for point in (screening, retrieval, balanced):
        called = scores >= point.threshold
        assert point.true_positives == called[true == 1].sum()
        assert point.false_positives == called[true == 0].sum()
        assert point.f1 == pytest.approx(metrics.f1_score(true, called, zero_division=0.0))
        assert "%" in say(point.why)


def test_calibrated_probabilities_have_their_best_threshold_whatever_the_data():
    assert Costs().threshold == 0.5
    assert Costs(false_negative=9).threshold == pytest.approx(0.1)
    rng = np.random.default_rng(0)
    likely = rng.random(200_000)
    true = rng.random(200_000) < likely
    assert decisions.cheapest(sweep(true, likely), Costs(false_negative=9)).threshold == pytest.approx(0.1, abs=0.03)


def test_the_positive_class_by_name():
    true, scores = ["ill", "well", "ill"], [0.9, 0.2, 0.1]
    assert sweep(true, scores, positive="ill").roc_auc == 0.5
    assert sweep([-1, 1], [0.1, 0.2]).roc_auc == 1.0
    assert sweep([3, 5], [0.1, 0.2], positive=5).roc_auc == 1.0
    for labels, more, says in (
        (true, {}, "name the positive class"),
        (true, {"positive": "sick"}, "no label is the positive one, 'sick'"),
        (["a", "b", "c"], {"positive": "a"}, "there are 3"),
        ([0, 1, 2], {}, "not 0 and 1"),
    ):
        with pytest.raises(DataError, match=says):
            sweep(labels, scores, **more)


def test_what_has_no_threshold():
    with pytest.raises(DataError, match="one score a sample"):
        sweep([0, 1], [[0.1, 0.9], [0.2, 0.8]])
    with pytest.raises(DataError, match="scores have the shape"):
        sweep([0, 1], [0.5])
    for preset in (decisions.screening, decisions.retrieval, decisions.balanced, lambda curve: decisions.cheapest(curve, Costs())):
        with pytest.raises(DataError, match="2 positive and 0 negative"):
            preset(sweep([1, 1], [0.1, 0.2]))
    curve = sweep([0, 1], [0.1, 0.2])
    for call in (
        lambda: decisions.screening(curve, recall=0),
        lambda: decisions.retrieval(curve, precision=2),
        lambda: decisions.cheapest(curve, Costs(), prevalence=-1),
        lambda: Costs(false_positive=-1),
        lambda: Costs(false_negative=np.inf),
    ):
        with pytest.raises(PlanError):
            call()


def test_degenerate_curves():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        only = sweep([1, 1, 1], [0.1, 0.2, 0.2])
        assert only.average_precision == metrics.average_precision_score([1, 1, 1], [0.1, 0.2, 0.2])
        none = sweep([0, 0], [0.1, 0.2])
        assert none.average_precision == metrics.average_precision_score([0, 0], [0.1, 0.2]) == 0.0
    assert np.isnan(only.roc_auc)
    assert "3 of 3 positive" in repr(only)
    assert len(sweep([], []).thresholds) == 0
    nothing = decisions.at(only, 0.5)
    assert (nothing.true_positives, nothing.precision, nothing.recall) == (0, 0.0, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        only.thresholds[0] = 1
