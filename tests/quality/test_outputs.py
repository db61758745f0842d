"""Labels, logits and probabilities are told apart, also where one batch alone does not say which they are."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nbperf.errors import DataError, PlanError
from nbperf.quality.outputs import Reader


def read(y, *outputs, **options):
    reader = Reader(**options)
    return [each for output in outputs for each in reader.read(y, output)] + reader.rest()


def test_labels():
    assert read([0, 1], [1, 1])[0].predicted.tolist() == [1, 1]
    assert read(["a"], ["b"])[0].predicted.tolist() == ["b"]
    assert read([[1, 0]], np.array([[1, 1]]))[0].predicted.tolist() == [[1, 1]]
    assert read([3.0], np.array([3.0]), outputs="labels")[0].predicted.tolist() == [3.0]


def test_rows_of_scores():
    logits = np.array([[2.0, 1.0, -1.0], [0.0, 3.0, 1.0]])
    (found,) = read([0, 1], logits)
    assert found.predicted.tolist() == [0, 1]
    assert found.scores.sum(1) == pytest.approx(1)
    (again,) = read([0, 1], np.log(found.scores))  # log-probabilities are logits that are normal already
    assert again.scores == pytest.approx(found.scores)
    (kept,) = read([0, 1], found.scores)
    assert kept.scores is found.scores or np.array_equal(kept.scores, found.scores)
    assert read([0, 1], np.array([[5, 3], [2, 9]]))[0].predicted.tolist() == [0, 1]  # a quantized model's integers
    huge = read([0], np.array([[1e4, -1e4]]))[0].scores
    assert huge.tolist() == [[1.0, 0.0]]


def test_single_scores_wait_until_they_are_known():
    inside, outside = np.array([0.2, 0.6]), np.array([-1.0, 3.0])
    assert [each.predicted.tolist() for each in read([0, 1], inside)] == [[0, 1]]
    assert [each.predicted.tolist() for each in read([0, 1], inside, outside, inside)] == [[1, 1], [0, 1], [1, 1]]
    assert read([0, 1], inside[:, None], outputs="logits")[0].predicted.tolist() == [1, 1]
    assert read([0, 1], inside, threshold=0.7)[0].predicted.tolist() == [0, 0]
    several = read([[0, 1]], np.array([[0.2, 0.6]]))
    assert (several[0].predicted.tolist(), several[0].scores.tolist()) == ([[0, 1]], [[0.2, 0.6]])


def test_one_class_a_sample_as_rows():
    likely = np.array([[0.4, 0.35, 0.25], [0.1, 0.2, 0.7]])
    (found,) = read(np.eye(3)[[0, 1]], likely)
    assert (found.true.tolist(), found.predicted.tolist()) == ([0, 1], [0, 2])
    (several,) = read([[1, 0, 1], [0, 1, 0]], likely)  # two labels of one sample
    assert several.true.shape == (2, 3)
    (several,) = read(np.eye(3)[[0, 1]], np.array([[0.4, 0.9, 0.2], [0.1, 0.2, 0.7]]))  # no distribution
    assert several.predicted.tolist() == [[0, 1, 0], [0, 0, 1]]


def test_the_scores_among_other_things():
    scores = np.array([[0.1, 0.9]])
    for output in (
        {"logits": scores, "hidden": 0},
        SimpleNamespace(logits=scores),
        (scores, np.zeros((3, 1, 2))),
        {"out": scores},
        [scores[0]],
    ):
        assert read([1], output)[0].predicted.tolist() == [1]


@pytest.mark.parametrize(
    ("output", "says"), [(np.zeros((2, 3, 4)), r"shape \(2, 3, 4\)"), (np.array([[np.nan, 1.0]]), "NaN"), (np.array([["a", "b"]]), "type")]
)
def test_what_is_neither(output, says):
    with pytest.raises(DataError, match=says):
        read([0], output)


def test_arguments():
    with pytest.raises(PlanError, match="outputs are one of"):
        Reader("softmax")
    with pytest.raises(PlanError, match="threshold lies between"):
        Reader(threshold=50)
