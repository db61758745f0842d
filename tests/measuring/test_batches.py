"""Pairs are cut, everything else is walked through; what is neither is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbperf.errors import DataError, PlanError
from nbperf.measuring import batches

X, Y = np.arange(10).reshape(5, 2), np.array([0, 1, 0, 1, 1])


@pytest.mark.parametrize("x", [X, X.tolist(), pd.DataFrame(X, index=[9, 8, 7, 6, 5]), {"a": X, "b": X}])
@pytest.mark.parametrize("y", [Y, Y.tolist(), pd.Series(Y, index=[9, 8, 7, 6, 5])])
def test_a_pair_is_cut(x, y):
    found, total = batches.of((x, y), 2)
    found = list(found)
    assert total == len(found) == 3
    assert [batches.length(part) for _, part in found] == [2, 2, 1]
    assert [value for _, part in found for value in part] == Y.tolist()
    assert all(type(part) is type(x) for part, _ in found)
    last = found[-1][0]
    assert np.array_equal(last["b"] if isinstance(last, dict) else last, X[4:])


def test_batches_are_walked():
    given = [(X[:3], Y[:3]), [X[3:], Y[3:]]]
    found, total = batches.of(given, 256)
    assert total == 2
    assert [len(y) for _, y in found] == [3, 2]
    found, total = batches.of((each for each in given), 256)
    assert (total, len(list(found))) == (None, 2)
    assert len(list(batches.of(((X[:3], Y[:3]), (X[3:], Y[3:])), 256)[0])) == 2  # a tuple of tuples is two batches


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ((X, Y[:3]), "X has 5 samples and y 3"),
        ((X, 3), "a pair"),
        (3, "not a int"),
        ("ab", "not a str"),
        ([X], "a batch is a pair"),
        ([(X, Y, Y)], r"not a tuple \(3\)"),
        ([{"x": X, "y": Y}], r"not a dict \(2\).*for b in data"),
        ([(X[0], Y[0])], "single samples.*DataLoader"),
        ([(X[0], "cat")], "single samples"),
    ],
)
def test_what_is_no_batches(data, says):
    with pytest.raises(DataError, match=says):
        list(batches.of(data, 2)[0])


def test_own_copies():
    table = pd.DataFrame(X)
    for given in (X, {"a": X}, [X, X], (X, 3), table):
        found = batches.own(given)
        assert type(found) is type(given)
        first = next(iter(found.values())) if isinstance(found, dict) else found[0]
        assert not np.shares_memory(np.asarray(first), X)
    text = ["a", "b"]
    assert batches.own(text) is text


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_a_size_that_is_none(size):
    with pytest.raises(PlanError, match="batch_size"):
        batches.of((X, Y), size)
