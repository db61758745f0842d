"""Counting: what comes in, what is refused with nothing changed, what is added up across processes."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbperf
from nbperf.errors import DataError, PlanError, RecordError

TRUE, PREDICTED = [0, 1, 2, 2, 1], [0, 2, 2, 1, 1]
COUNTS = [[1, 0, 0], [0, 1, 1], [0, 1, 1]]


def counted(true, predicted, labels=None, **more):
    matrix = nbperf.ConfusionMatrix(labels)
    matrix.update(true, predicted, **more)
    return matrix


@pytest.mark.parametrize(
    "kind",
    [
        list, tuple, np.array, pd.Series, pd.Index, iter, pd.Categorical,
        lambda x: np.array(x, dtype=np.int8), lambda x: np.array(x, dtype=np.uint64), lambda x: np.array(x, dtype=float),
        lambda x: np.array(x, dtype=">i8"), lambda x: np.array(x, dtype=object), lambda x: np.array(x)[:, None],
        lambda x: np.repeat(np.array(x), 2)[::2], lambda x: pd.array(x, dtype="Int64"), lambda x: pd.DataFrame({"y": x}),
    ],
)  # fmt: skip
def test_integers_of_any_kind(kind):
    for labels in (None, 3):
        matrix = counted(kind(TRUE), kind(PREDICTED), labels)
        assert matrix.counts.tolist() == COUNTS
        assert matrix.labels == ("0", "1", "2")
        assert (matrix.total, matrix.version) == (5, 1)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "int32", "float32", "bfloat16"])
def test_tensors(dtype):
    torch = pytest.importorskip("torch")
    kind = getattr(torch, dtype)
    assert counted(torch.tensor(TRUE, dtype=kind), torch.tensor(PREDICTED, dtype=kind)).counts.tolist() == COUNTS
    assert counted([torch.tensor(each) for each in TRUE], PREDICTED).counts.tolist() == COUNTS
    grad = torch.tensor([[0.2, 0.8]], requires_grad=True)
    assert counted(torch.tensor([1]), torch.tensor([1]), scores=grad).top(1) == 1.0


@pytest.mark.gpu
def test_tensors_on_a_device():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device here")
    assert counted(torch.tensor(TRUE, device="cuda"), PREDICTED).counts.tolist() == COUNTS


@pytest.mark.parametrize(
    "kind",
    [list, np.array, pd.Series, lambda x: np.array(x, dtype=object), lambda x: pd.Series(x, dtype="category"), lambda x: pd.array(x)],
)
def test_names(kind):
    true, predicted = (["cat", "dog", "fox", "fox", "dog"], ["cat", "fox", "fox", "dog", "dog"])
    matrix = counted(kind(true), kind(predicted))
    assert matrix.counts.tolist() == COUNTS
    assert matrix.labels == ("cat", "dog", "fox")
    assert counted(kind(true), PREDICTED, ["cat", "dog", "fox"]).counts.tolist() == COUNTS  # integers are positions of names


def test_other_labels():
    assert counted([(1, 2), (3, 4)], [(1, 2), (1, 2)]).labels == ("(1, 2)", "(3, 4)")
    assert counted([True, False], [True, True]).counts.tolist() == [[0, 1], [0, 1]]
    assert counted(np.array([True, False]), [1, 1], [False, True]).labels == ("False", "True")
    assert counted(pd.to_datetime(["2024-01-01", "2024-01-02"]), pd.to_datetime(["2024-01-01"] * 2)).labels[0].startswith("2024-01-01")
    assert counted([2**64, 1], ["1", "1"]).labels == ("1", str(2**64))
    assert counted(np.array([2**64 - 1], dtype=np.uint64), ["1"]).labels == ("1", str(2**64 - 1))
    assert counted([b"x", b"y"], ["x", "x"]).labels == ("x", "y")


def test_values_that_are_no_positions():
    matrix = counted([30, 5, 30], [5, 5, 30])
    assert matrix.labels == ("5", "30")
    assert matrix.counts.tolist() == [[1, 0], [1, 1]]
    assert counted([30, 5], [5, 5], [30, 5]).counts.tolist() == [[0, 1], [0, 1]]
    assert counted([-1, 1], [1, 1]).labels == ("-1", "1")


@given(st.lists(st.lists(st.tuples(st.integers(-3, 12), st.integers(-3, 12)), max_size=8), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_batches_are_as_good_as_all_at_once(parts):
    whole, streamed, halves = nbperf.ConfusionMatrix(), nbperf.ConfusionMatrix(), nbperf.ConfusionMatrix()
    every = [pair for part in parts for pair in part]
    whole.update([a for a, _ in every], [b for _, b in every])
    for part in parts:
        streamed.update([a for a, _ in part], [b for _, b in part])
        halves = halves + counted([a for a, _ in part], [b for _, b in part])
    for other in (streamed, halves, pickle.loads(pickle.dumps(streamed)), streamed.snapshot()):
        assert other.labels == whole.labels
        assert np.array_equal(other.counts, whole.counts)
        assert other.total == len(every)


@pytest.mark.parametrize(
    ("true", "predicted", "more", "says"),
    [
        ([0, 1], [0], {}, "y_true has 2 samples and y_pred 1"),
        ([0, 3], [0, 1], {}, r"y_true has 3, and the classes are 0, 1, 2"),
        ([0, 1], [0, -1], {}, "y_pred has -1"),
        ([0.0, np.nan], [0, 1], {}, "y_true has nan at position 1"),
        ([0, 1], [0.3, 0.7], {}, r"y_pred has 0.3, which is no label.*scores > 0.5"),
        (["a", "b"], [0, 1], {}, "y_true has a, b"),
        ([0, None], [0, 1], {}, "y_true has no label at position 1"),
        (pd.array([0, pd.NA], dtype="Int64"), [0, 1], {}, "y_true has nan at position 1"),
        ([0, 1], [[0.1, 0.9, 0], [0.8, 0.2, 0]], {}, r"y_pred has the shape \(2, 3\).*argmax\(1\)"),
        ([[0], [1, 2]], [0, 1], {}, "rows of different lengths"),
        ("ab", [0, 1], {}, "y_true is a str"),
        (3, 3, {}, "y_true is a int"),
        ([0, {}], [0, 1], {}, "cannot be a label"),
        ([0, 1], [0, 1], {"weights": [1]}, "1 weights for 2 samples"),
        ([0, 1], [0, 1], {"weights": [1, -1]}, "negative"),
        ([0, 1], [0, 1], {"weights": ["a", "b"]}, "weights are numbers"),
        ([0, 1], [0, 1], {"scores": [[0.1, 0.9]] * 2}, "scores have 2 columns for 3 classes"),
        ([0, 1], [0, 1], {"scores": [[0.1, 0.9, 0]]}, r"scores have the shape \(1, 3\)"),
        ([0, 1], [0, 1], {"scores": [[0.1, np.nan, 0]] * 2}, "NaN or infinite"),
        ([0, 1], [0, 1], {"scores": [["a", "b", "c"]] * 2}, "scores are numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_changes_nothing(true, predicted, more, says):
    matrix = counted(TRUE, PREDICTED, 3)
    with pytest.raises(DataError, match=says):
        matrix.update(true, predicted, **more)
    assert matrix.counts.tolist() == COUNTS
    assert (matrix.total, matrix.version, matrix.labels) == (5, 1, ("0", "1", "2"))


def test_unknown_names():
    with pytest.raises(DataError, match="y_pred has cow, and the classes are cat, dog"):
        counted(["cat"], ["cow"], ["cat", "dog"])
    with pytest.raises(DataError, match="y_true has 2: as the 2 classes have names, integers are positions from 0 to 1"):
        counted([2], [0], ["cat", "dog"])
    learned = counted(["cat"], ["dog"])
    with pytest.raises(DataError, match=r"classes so far are cat, dog, and now the labels are integers.*labels="):
        learned.update([0], [1])
    with pytest.raises(DataError, match="one has texts and the other integers"):
        counted(["cat"], [1])
    with pytest.raises(DataError, match="name the classes in their order"):
        counted(["cat", "dog"], ["cat", "dog"], scores=[[0.5, 0.5]] * 2)


@pytest.mark.parametrize(
    ("labels", "says"),
    [("ab", "labels are a list"), (3.5, "labels are a list"), ([], "no class"), (0, "no class"), ([1, 1], "more than once")],
)
def test_labels_that_are_none(labels, says):
    with pytest.raises(DataError, match=says):
        nbperf.ConfusionMatrix(labels)


def test_identifiers_are_no_classes():
    matrix = counted(TRUE, PREDICTED)
    with pytest.raises(DataError, match=r"20,005 different labels, such as 0, 1, 2, …, are too many"):
        matrix.update(np.arange(20_005), np.arange(20_005))
    assert matrix.counts.tolist() == COUNTS


def test_an_empty_batch_is_no_change():
    matrix = counted(TRUE, PREDICTED)
    matrix.update([], [])
    matrix.update(np.zeros((0,), dtype=int), np.zeros((0,), dtype=int), weights=[])
    assert (matrix.version, matrix.total) == (1, 5)


def test_a_snapshot_stays():
    matrix = counted(TRUE, PREDICTED)
    snapshot = matrix.snapshot()
    matrix.update([0], [0])
    assert (snapshot.total, matrix.total) == (5, 6)
    for change in (lambda: snapshot.update([0], [0]), lambda: snapshot.merge(matrix)):
        with pytest.raises(PlanError, match="a snapshot does not change"):
            change()
    assert (snapshot + matrix).total == 11
    with pytest.raises(PlanError):
        pickle.loads(pickle.dumps(snapshot)).update([0], [0])
    matrix.counts[:] = 0  # a copy
    assert matrix.total == matrix.counts.sum() == 6


def test_merging_unites_the_labels():
    assert (counted(["b"], ["a"]) + counted(["c"], ["b"])).labels == ("a", "b", "c")
    ours = counted([0], [1], ["dog", "cat"]).merge(counted(["fox"], ["cat"]))
    assert ours.labels == ("dog", "cat", "fox")
    assert ours.counts.tolist() == [[0, 1, 0], [0, 0, 0], [0, 1, 0]]
    assert ours.version == 2
    assert (nbperf.ConfusionMatrix() + counted(TRUE, PREDICTED)).counts.tolist() == COUNTS
    several = counted([[1, 0]], [[1, 1]])
    for sum_ in (nbperf.ConfusionMatrix() + several, several + nbperf.ConfusionMatrix(), nbperf.ConfusionMatrix(2) + several):
        assert (sum_.counts.tolist(), sum_.accuracy, sum_.multilabel) == (several.counts.tolist(), 0.0, True)
    other = counted([[0, 1]], [[0, 1]], ["x", "y"]) + counted([[1, 0]], [[1, 1]], ["y", "z"])
    assert other.labels == ("x", "y", "z")
    assert (other.counts.sum((1, 2)) == 2).all()
    with pytest.raises(DataError, match="no sum"):
        several.merge(counted(TRUE, PREDICTED))
    with pytest.raises(TypeError):
        several + 1


def half(part: slice) -> nbperf.ConfusionMatrix:
    return counted(TRUE[part], PREDICTED[part], scores=np.eye(3)[PREDICTED[part]])


def test_across_processes():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(nbperf.ConfusionMatrix.from_counts, [COUNTS, [[0, 1], [0, 0]]]))
    assert (parts[0] + parts[1]).counts.tolist() == [[1, 1, 0], [0, 1, 1], [0, 1, 1]]


def test_scores_are_added_up_and_not_kept():
    whole = half(slice(None))
    parts = half(slice(0, 2)) + pickle.loads(pickle.dumps(half(slice(2, None))))
    assert parts.top(1) == whole.top(1) == whole.accuracy
    assert parts.calibration_error == pytest.approx(whole.calibration_error) == pytest.approx(0.4)
    parts.update([0], [0])
    for ask in (lambda: parts.top(1), lambda: parts.calibration_error):
        with pytest.raises(RecordError, match="not every sample"):
            ask()
    with pytest.raises(PlanError, match="k must be"):
        whole.top(0)
    logits = counted([0, 1], [0, 1], scores=[[3.0, 1.0], [1.0, 2.0]])
    assert logits.top(1) == 1.0
    with pytest.raises(RecordError, match="no probabilities"):
        logits.calibration_error  # noqa: B018  (it raises)


def test_calibration_error():
    rng = np.random.default_rng(0)
    likely = rng.dirichlet(np.ones(4), size=500)
    true, predicted = rng.integers(0, 4, 500), likely.argmax(1)
    confidence, right = likely.max(1), predicted == true
    edges = np.linspace(0, 1, 16)
    expected = 0.0
    for low, high in pairwise(edges):  # as the paper writes it
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert counted(true, predicted, 4, scores=likely).calibration_error == pytest.approx(expected)
    one = counted([0, 1], [0, 1], scores=[0.25, 0.75])  # of two classes, that of the second alone
    assert one.calibration_error == pytest.approx(0.25)
    several = counted([[1, 0], [0, 1]], [[1, 0], [0, 1]], scores=[[0.9, 0.1], [0.1, 0.9]])
    assert several.calibration_error == pytest.approx(0.1)


def test_scores_name_classes_that_no_sample_has_yet():
    matrix = counted([0, 2], [0, 2], scores=np.eye(4)[[0, 2]])
    assert matrix.labels == ("0", "1", "2", "3")
    assert matrix.counts[2, 2] == 1


def test_weights():
    matrix = counted([0, 1, 1], [0, 1, 0], weights=[1.0, 0.5, 0.25])
    assert matrix.counts.tolist() == [[1.0, 0.0], [0.25, 0.5]]
    assert matrix.accuracy == pytest.approx(1.5 / 1.75)
    assert matrix.size == pytest.approx(1.75**2 / (1 + 0.25 + 0.0625))
    heavy = counted([0, 1, 1], [0, 1, 0], weights=[100.0, 100.0, 100.0])  # weights alike are no more samples
    assert heavy.interval("accuracy") == pytest.approx(counted([0, 1, 1], [0, 1, 0]).interval("accuracy"))


def test_a_large_matrix_counts_the_same():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 500, (2, 64))
    large = counted(true, predicted, 500)
    expected = np.zeros((500, 500))
    np.add.at(expected, (true, predicted), 1)
    assert np.array_equal(large.counts, expected)


@pytest.mark.parametrize(
    ("counts", "labels", "says"),
    [
        ([[1, 2, 3]], None, r"cm has the shape \(1, 3\)"),
        ([[1, -2], [3, 4]], None, "no count"),
        ([[1, np.nan], [3, 4]], None, "no count"),
        ([[1, 2], [3, 4]], ["a"], "1 labels for 2 classes"),
        ([[[1, 2], [3, 4]], [[1, 2], [3, 5]]], None, "different numbers"),
    ],
)
def test_counts_that_are_none(counts, labels, says):
    with pytest.raises(DataError, match=says):
        nbperf.ConfusionMatrix.from_counts(counts, labels)


def test_from_counts():
    matrix = nbperf.ConfusionMatrix.from_counts(pd.DataFrame(COUNTS), ["a", "b", "c"])
    assert (matrix.counts.tolist(), matrix.labels, matrix.total, matrix.version) == (COUNTS, ("a", "b", "c"), 5, 1)
    matrix.update([0], ["b"])
    assert matrix.counts[0, 1] == 1
    several = nbperf.ConfusionMatrix.from_counts([[[5, 1], [0, 4]], [[2, 2], [3, 3]]])
    assert several.f1(None).tolist() == pytest.approx([8 / 9, 6 / 11])
    with pytest.raises(RecordError, match="counts alone"):
        several.accuracy  # noqa: B018  (it raises)
    assert "accuracy" not in several.scores().index
    assert "2 classes" in repr(several)


def test_several_labels_refuse_what_they_are_not():
    matrix = counted([[1, 0], [0, 1]], [[1, 0], [1, 1]])
    for true, predicted, says in (
        ([[1, 0]], [[0.2, 0.9]], "something else than 0 and 1"),
        ([[1, 0, 1]], [[1, 0, 1]], "3 columns for 2 classes"),
        ([0, 1], [0, 1], "give rows of 0 and 1"),
        ([[1, 0]], [[1, 0], [0, 0]], "1 samples and y_pred 2"),
    ):
        with pytest.raises(DataError, match=says):
            matrix.update(true, predicted)
    with pytest.raises(DataError, match="the labels"):
        matrix.update([[1, 0]], [[1, 0]], scores=[[0.1, 0.2, 0.3]])
    assert (matrix.total, matrix.version) == (2, 1)


def test_the_table():
    table = counted(["cat", "cat", "dog"], ["cat", "dog", "dog"]).scores()
    assert list(table.index) == ["cat", "dog", "accuracy", "macro", "micro", "weighted"]
    assert [name for name in table.columns if " " not in name] == ["precision", "recall", "f1", "specificity", "support"]
    for name in ("precision", "recall", "f1"):
        assert ((table[f"{name} low"] <= table[name]) & (table[name] <= table[f"{name} high"])).all()
    assert table.loc["accuracy", "f1"] == pytest.approx(2 / 3)
    assert table.loc["cat", "support"] == 2
    assert len(nbperf.ConfusionMatrix(2).scores()) == 6
    assert repr(counted([0], [0])) == "ConfusionMatrix(1 classes, total=1, accuracy=1)"
