"""The card of a confusion matrix and of an evaluation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import nbperf
from nbperf import report
from nbperf.quality.confusion import ConfusionMatrix
from tests.kernel import Kernel

DOGS = [[90, 8, 2], [10, 80, 10], [0, 5, 5]]


def text(record: object) -> str:
    return report.to_text(record, details=True).replace("\N{NO-BREAK SPACE}", " ")  # type: ignore[arg-type]


def test_the_accuracy_stands_beside_what_guessing_reaches() -> None:
    shown = text(ConfusionMatrix.from_counts(DOGS, ["cat", "dog", "owl"]))
    assert "210 samples · 3 classes" in shown
    assert "accuracy" in shown
    assert "83.3 %" in shown
    assert "always guessing cat: 47.6 %" in shown
    assert "balanced accuracy" in shown


def test_each_class_has_its_scores_with_intervals() -> None:
    shown = text(ConfusionMatrix.from_counts(DOGS, ["cat", "dog", "owl"]))
    (cat,) = [line for line in shown.splitlines() if line.strip().startswith("cat ") and "(" in line]
    assert "90.0 % (82.6 %–94.5 %)" in cat  # of 100, as Wilson has it
    assert cat.split()[-1] == "100"


def test_what_is_mistaken_most_often_comes_first() -> None:
    matrix = ConfusionMatrix.from_counts(DOGS, ["cat", "dog", "owl"])
    (table,) = [table for table in report.as_card(matrix).folded if str(table.title) == "Mistaken most often"]
    assert {table.rows[0][:3], table.rows[1][:3]} == {("dog", "cat", "10"), ("dog", "owl", "10")}
    assert len(table.rows) == 5


def test_of_many_classes_the_worst_are_shown_and_all_are_folded() -> None:
    rng = np.random.default_rng(0)
    counts = np.diag(rng.integers(50, 100, 40))
    counts[7, 8] = 400
    card = report.as_card(ConfusionMatrix.from_counts(counts, [f"c{k}" for k in range(40)]))
    assert len(card.tables[0].rows) == 12
    assert {card.tables[0].rows[0][0], card.tables[0].rows[1][0]} == {"c7", "c8"}
    assert [len(table.rows) for table in card.folded if str(table.title) == "All classes"] == [40]


def test_an_empty_matrix_says_so() -> None:
    assert "nothing was counted yet" in text(ConfusionMatrix(["a", "b"]))


def test_hostile_names_are_inert() -> None:
    html = report.to_html(ConfusionMatrix.from_counts([[5, 1], [1, 5]], ["<script>alert(1)</script>", "$x$ 🙂"]))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_several_labels_a_sample() -> None:
    matrix = ConfusionMatrix(["a", "b"])
    matrix.update(np.array([[1, 0], [1, 1], [0, 1]]), np.array([[1, 0], [0, 1], [0, 1]]))
    shown = text(matrix)
    assert "each sample may have several" in shown
    assert "always guessing" not in shown


def test_an_evaluation_shows_what_it_cost() -> None:
    def model(x: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return (x.sum(axis=1) > 0).astype(int)

    x = np.random.default_rng(0).normal(size=(400, 5))
    found = nbperf.evaluate(model, (x, (x[:, 0] > 0).astype(int)), batch_size=100)
    shown = text(found)
    assert "latency" in shown
    assert "4 batches of 100" in shown
    assert "throughput" in shown
    assert "items/s" in shown
    assert "Machine" in shown


@pytest.mark.kernel
def test_in_a_notebook_it_is_shown_as_a_card_until_unloaded(kernels: Callable[..., Kernel]) -> None:
    kernel = kernels()
    kernel.run("%load_ext nbperf\nimport sys\nassert 'nbperf.quality.confusion' not in sys.modules").check()
    kernel.run("from nbperf import ConfusionMatrix\nm = ConfusionMatrix.from_counts([[9, 1], [2, 8]])").check()
    assert "nbperf-card" in kernel.run("m").check().results[0]["text/html"]
    kernel.run("%unload_ext nbperf").check()
    assert "text/html" not in kernel.run("m").check().results[0]
    kernel.run("%load_ext nbperf").check()
    assert "nbperf-card" in kernel.run("m").check().results[0]["text/html"]
