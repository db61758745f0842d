"""A model over data: the same counts as by hand, the model as it was before, and what it took."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import nbperf
from nbperf.errors import DataError, PlanError, RecordError
from nbperf.measuring import evaluate as module
from nbperf.probes.clock import Clock
from nbperf.testing import FakeClock, ScriptedProbe, reading

X, Y = np.arange(10.0), np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])


def scripted(*seconds: float, joules: float | None = None):
    """Probes whose windows last so long; and the clock that the model moves is none of them."""
    answers = [[reading("time.wall", value), *([] if joules is None else [reading("energy.gpu", joules)])] for value in seconds]
    probe = ScriptedProbe("clock", *answers)
    return lambda: ([probe], [])


def test_a_function():
    found = nbperf.evaluate(lambda x: (x > 2.5).astype(int), (X, Y), batch_size=4)
    assert found.matrix.counts.tolist() == [[3, 1], [0, 6]]
    assert found.accuracy == 0.9
    assert found.interval == found.matrix.interval("accuracy")
    assert (found.sizes, found.batch, len(found.run.samples), len(found.run.warmups)) == ((4, 4, 2), 4, 3, 1)
    assert found.latency.count == 2
    assert found.scores().loc["accuracy", "f1"] == pytest.approx(0.9)
    assert "10 samples, accuracy=0.9 (59.6 %–98.2 %)" in repr(found)
    with pytest.raises(PlanError, match="a snapshot"):
        found.matrix.update([0], [0])
    with pytest.raises(AttributeError):
        found.label = "other"


def test_rates_are_of_whole_batches():
    found = nbperf.evaluate(lambda x: x > 2.5, (X, Y), batch_size=4, warmups=0, probes=scripted(2.0, 4.0, 0.001, joules=8.0))
    assert found.latency.values == (2.0, 4.0)
    assert found.throughput.values == (2.0, 1.0)
    rates = found.per()
    assert rates.items_per_joule.values == (0.5, 0.5)
    assert rates.score_per_second.values == pytest.approx((0.45, 0.225))
    assert rates.score_per_joule.values == pytest.approx((0.9 / 8,) * 2)
    assert found.per(score=found.matrix.f1()).score_per_second.values[0] == pytest.approx(found.matrix.f1() / 2)


def test_without_an_energy_source_the_rate_is_missing_and_says_why():
    rates = nbperf.evaluate(lambda x: x > 2.5, (X, Y), probes=scripted(1.0)).per()
    assert rates.score_per_joule is None
    assert rates.score_per_second is not None


def test_only_the_model_is_timed():
    clock = FakeClock()

    def slow():
        for place in range(3):
            clock.advance(100)  # loading
            yield X[place : place + 2], Y[place : place + 2]

    def model(x):
        clock.advance(0.5)
        return x > 3

    found = nbperf.evaluate(model, slow(), probes=lambda: ([Clock(clock)], []))
    assert found.latency.values == (0.5, 0.5, 0.5)


def test_many_batches_are_counted_and_the_first_are_measured(monkeypatch):
    monkeypatch.setattr(module, "MEASURED", 2)
    found = nbperf.evaluate(lambda x: x > 2.5, (X, Y), batch_size=2)
    assert (found.matrix.total, len(found.run.samples), found.sizes) == (10, 2, (2, 2))


def test_names_and_orders_of_classes():
    names = np.array(["low", "high"])[Y]
    assert nbperf.evaluate(lambda x: np.where(x > 2.5, "high", "low"), (X, names)).accuracy == 0.9
    scores = np.stack([2.5 - X, X - 2.5], axis=1)
    found = nbperf.evaluate(lambda x: scores[x.astype(int)], (X, names), labels=["low", "high"])
    assert found.matrix.labels == ("low", "high")
    assert (found.accuracy, found.matrix.top(1)) == (0.9, 0.9)
    with pytest.raises(DataError, match="labels="):
        nbperf.evaluate(lambda x: scores[x.astype(int)], (X, names))


def test_single_scores():
    assert nbperf.evaluate(lambda x: x - 2.5, (X, Y), batch_size=1).accuracy == 0.9  # logits: the sixth batch tells
    assert nbperf.evaluate(lambda x: x / 10, (X, Y), threshold=0.25).accuracy == 0.9
    assert nbperf.evaluate(lambda x: x / 10, (X, Y), threshold=0.25).matrix.calibration_error > 0
    with pytest.raises(RecordError, match="soft scores"):
        nbperf.evaluate(lambda x: x / 10, (X, Y), scores=False).matrix.calibration_error  # noqa: B018  (it raises)


def test_findings_of_both():
    found = nbperf.evaluate(lambda x: x > 2.5, (X, Y), probes=scripted(1e-9))
    assert {"few-samples", "too-short"} <= {finding.code for finding in found.findings()}


@pytest.mark.parametrize(
    ("model", "data", "more", "error", "says"),
    [
        (3, (X, Y), {}, PlanError, "3 is no model"),
        (dict, (X, Y), {}, PlanError, "dict is a class"),
        (len, (X, Y), {"warmups": -1}, PlanError, "warmups"),
        (len, (X, Y), {"outputs": "soft"}, PlanError, "outputs are one of"),
        (len, (X, Y[:3]), {}, DataError, "X has 10"),
        (len, [], {}, DataError, "no sample in data"),
        (len, (X[:0], Y[:0]), {}, DataError, "no sample in data"),
        (lambda x: x[:3] > 1, (X, Y), {}, DataError, "10 samples and y_pred 3"),
        (len, (X, Y), {}, DataError, "a int"),
    ],
)
def test_what_cannot_be_evaluated(model, data, more, error, says):
    with pytest.raises(error, match=says):
        nbperf.evaluate(model, data, **more)


class Keras:
    """Stands in for a Keras model, which is not installed here: its module says where it comes from."""

    calls = 0

    def predict_on_batch(self, x):
        self.calls += 1
        assert isinstance(x, np.ndarray)
        return np.stack([2.5 - x, x - 2.5], axis=1)

    def predict(self, x):
        raise AssertionError("predict draws its own progress bar")


Keras.__module__ = "keras.src.models.model"


def test_a_keras_model_by_a_stand_in():
    model = Keras()
    found = nbperf.evaluate(model, (X, Y), batch_size=5)
    assert (found.accuracy, found.matrix.top(1), model.calls, found.label) == (0.9, 0.9, 3, "Keras")
    torch = pytest.importorskip("torch")
    assert nbperf.evaluate(model, (torch.tensor(X), torch.tensor(Y))).accuracy == 0.9


def test_scikit_learn():
    linear = pytest.importorskip("sklearn.linear_model")
    metrics = pytest.importorskip("sklearn.metrics")
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_iris(return_X_y=True, as_frame=True)
    names = y.map({0: "setosa", 1: "versicolor", 2: "virginica"})
    model = linear.LogisticRegression(max_iter=1000).fit(x, names)
    before = x.copy()
    found = nbperf.evaluate(model, (x, names), batch_size=64)
    assert found.matrix.counts.tolist() == metrics.confusion_matrix(names, model.predict(x)).tolist()
    assert found.label == "LogisticRegression"
    with pytest.raises(RecordError, match="soft scores"):
        found.matrix.top(2)
    soft = nbperf.evaluate(model, (x, names), batch_size=64, scores=True)
    assert soft.matrix.top(2) == pytest.approx(metrics.top_k_accuracy_score(names, model.predict_proba(x), k=2))
    assert soft.matrix.labels == ("setosa", "versicolor", "virginica")
    pd.testing.assert_frame_equal(x, before)


class TestTorch:
    """A module is in evaluation state and inference mode while it runs, and afterwards as it was."""

    @pytest.fixture
    def torch(self):
        return pytest.importorskip("torch")

    @pytest.fixture
    def model(self, torch):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 3))
        net.train()
        net[1].eval()  # frozen, as in fine-tuning
        return net

    def states(self, model):
        return [each.training for each in model.modules()], {name: value.clone() for name, value in model.state_dict().items()}

    def same(self, before, after):
        return before[0] == after[0] and all((after[1][name] == value).all() for name, value in before[1].items())

    def test_counts_and_states(self, torch, model):
        x, y = torch.randn(100, 2), torch.randint(0, 3, (100,))
        before = self.states(model)
        seen = []
        model.register_forward_hook(lambda *_: seen.append((torch.is_inference_mode_enabled(), model.training)))
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=32)
        found = nbperf.evaluate(model, loader)
        assert self.same(before, self.states(model))
        assert set(seen) == {(True, False)}
        model.eval()
        with torch.no_grad():
            logits = model(x)
        expected = nbperf.ConfusionMatrix(3)
        expected.update(y, logits.argmax(1), scores=logits.softmax(1))
        assert np.array_equal(found.matrix.counts, expected.counts)
        assert found.matrix.top(2) == expected.top(2)
        assert found.matrix.calibration_error == pytest.approx(expected.calibration_error, abs=1e-6)
        assert found.sizes == (32, 32, 32, 4)
        assert found.matrix.counts.sum() == 100

    @pytest.mark.parametrize("where", ["model", "data", "labels"])
    def test_states_after_an_exception(self, torch, model, where):
        before = self.states(model)

        def data():
            yield torch.randn(4, 2), torch.tensor([0, 1, 2, 0])
            if where == "data":
                raise KeyError("lost")
            yield torch.randn(4, 3 if where == "model" else 2), torch.tensor([0, 1, 2, 9 if where == "labels" else 0])

        with pytest.raises((KeyError, RuntimeError, DataError)):
            nbperf.evaluate(model, data(), labels=3)
        assert self.same(before, self.states(model))
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()

    def test_a_model_in_evaluation_state_stays_in_it(self, torch, model):
        model.eval()
        nbperf.evaluate(model, (np.zeros((4, 2)), [0, 1, 2, 0]))
        assert not any(each.training for each in model.modules())

    def test_it_can_be_trained_afterwards(self, torch):
        class Cached(torch.nn.Module):
            """Keeps what its first forward pass makes, as rotary embeddings do."""

            def __init__(self):
                super().__init__()
                self.linear = torch.nn.LazyLinear(3)
                self.table = None
                self.register_buffer("mask", None)

            def forward(self, x):
                if self.table is None:
                    self.table = torch.arange(3.0) + 1
                    self.mask = torch.ones(3)
                return self.linear(x) * self.table * self.mask

        model = Cached()
        nbperf.evaluate(model, (torch.randn(8, 2), torch.zeros(8, dtype=torch.int64)))
        model(torch.randn(4, 2)).sum().backward()
        assert model.linear.weight.grad is not None

    def test_inputs_of_all_kinds(self, torch):
        class Sum(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = torch.nn.Parameter(torch.ones(1))

            def forward(self, a, b):
                assert a.dtype == torch.float32
                return (a + b) * self.scale - 2.5

        half = X / 2
        for x in ({"a": half, "b": half}, {"a": torch.tensor(half, dtype=torch.float32), "b": half}):
            assert nbperf.evaluate(Sum(), (x, Y)).accuracy == 0.9
        parts = [([torch.tensor(half, dtype=torch.float32)] * 2, Y)]
        assert nbperf.evaluate(Sum(), parts).accuracy == 0.9
        frozen = half.copy()
        frozen.flags.writeable = False
        assert nbperf.evaluate(Sum(), ({"a": frozen, "b": frozen}, Y)).accuracy == 0.9

    def test_the_data_stays_as_it_is(self, torch):
        class InPlace(torch.nn.Module):
            def forward(self, x):
                return x.mul_(2) - 5

        for x in (X.copy(), torch.tensor(X)):
            assert nbperf.evaluate(InPlace(), (x, Y)).accuracy == 0.9
            assert (np.asarray(x) == X).all()

    def test_texts_are_the_models_own(self, torch):
        class Words(torch.nn.Module):
            def forward(self, texts):
                return torch.tensor([[0.0, float(len(each) - 3)] for each in texts])

        assert nbperf.evaluate(Words(), (["a", "word"], [0, 1])).accuracy == 1.0

    def test_a_script_and_an_exported_program(self, torch, model):
        x, y = torch.randn(8, 2), torch.zeros(8, dtype=torch.int64)
        model.eval()
        expected = nbperf.evaluate(model, (x, y)).accuracy
        exported = torch.export.export(model, (x,)).module()
        assert nbperf.evaluate(exported, (x, y)).accuracy == expected

    @pytest.mark.gpu
    def test_on_the_models_device(self, torch, model):
        if not torch.cuda.is_available():
            pytest.skip("there is no CUDA device here")
        found = nbperf.evaluate(model.cuda(), (torch.randn(100, 2), torch.randint(0, 3, (100,))))
        assert found.run.measurement("time.cuda").values
        assert next(model.parameters()).is_cuda
