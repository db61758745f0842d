"""Each finding with one matrix that has it and one that nearly does."""

from __future__ import annotations

import numpy as np
import pytest

import nbperf
from nbperf.words import READER, say

GOOD = np.diag([1000, 1000, 1000]) + 20


def codes(counts, labels=None):
    return [finding.code for finding in nbperf.ConfusionMatrix.from_counts(counts, labels).findings()]


def test_a_good_matrix_has_none():
    assert codes(GOOD) == []


def test_classes_out_of_balance():
    found = nbperf.ConfusionMatrix.from_counts([[7900, 100], [400, 1600]], ["well", "ill"]).findings()
    assert [finding.code for finding in found] == ["classes-unbalanced"]
    assert say(found[0].cause).replace("\N{NO-BREAK SPACE}", " ") == (
        "80.0 % of the samples are well: always guessing it has that accuracy, this model 95.0 %"
    )
    assert codes([[7800, 150], [450, 1600]]) == []  # 79.5 %


def test_no_better_than_guessing():
    found = nbperf.ConfusionMatrix.from_counts([[7900, 100], [1890, 110]]).findings()
    assert [(finding.code, finding.weight) for finding in found] == [("no-better-than-guessing", 2)]
    assert codes([[7900, 100], [1800, 200]]) == ["classes-unbalanced"]  # 81 % ± 0.8 is above 80 %


def test_a_class_never_predicted():
    counts = GOOD.copy()
    counts[:, 2] = 0
    assert codes(counts) == ["never-predicted"]
    counts[0, 2] = 1
    assert codes(counts) == []
    rare = np.diag([1000, 1000, 0])
    rare[0, 0], rare[2, 0] = 1000, 4  # four samples may be missed by chance
    assert codes(rare) == ["few-samples-of-class"]


def test_two_classes_that_swallow_each_other():
    def mixed(each):
        counts = GOOD.copy()
        counts[0, :2] = 1020 - each, each
        counts[1, :2] = each, 1020 - each
        return codes(counts, ["cat", "dog", "fox"])

    assert mixed(270) == ["classes-swallow-each-other"]
    assert mixed(250) == []
    one_way = GOOD.copy()
    one_way[0, :2] = 400, 620  # much of one goes to the other, and little comes back: a bias, not a mixture
    assert codes(one_way) == []


def test_too_few_samples_for_the_digits():
    found = nbperf.ConfusionMatrix.from_counts([[45, 5], [5, 45]]).findings()
    assert [finding.code for finding in found] == ["few-samples"]
    assert "±6.0" in found[0].cause.replace("\N{NO-BREAK SPACE}", " ")
    assert codes([[315, 35], [35, 315]]) == []  # ±2.2 %


def test_too_few_samples_of_a_class():
    counts = np.diag([1000, 1000, 9])
    assert codes(counts) == ["few-samples-of-class"]
    assert codes(np.diag([1000, 1000, 10])) == []


def test_several_labels():
    matrix = nbperf.ConfusionMatrix()
    matrix.update(np.ones((50, 2), dtype=int), np.tile([1, 0], (50, 1)))
    assert [finding.code for finding in matrix.findings()] == ["never-predicted"]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_reader_can_read_them(language):
    READER.speak(language)
    try:
        for counts in ([[90, 5], [5, 0]], [[900, 0], [100, 0]], [[50, 50, 0], [50, 50, 0], [0, 0, 100]]):
            for finding in nbperf.ConfusionMatrix.from_counts(counts).findings():
                for sentence in (finding.cause, finding.remedy):
                    assert "{" not in say(sentence)
                    assert (say(sentence) == sentence) is (language == "en")
    finally:
        READER.speak(None)
