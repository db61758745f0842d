"""Each kind of model is recognised without its library being imported."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np
import pytest

from nbperf.errors import PlanError
from nbperf.measuring.models import KerasModel, Model, SklearnModel, TorchModel, adapted


class Predicts:
    def predict(self, x):
        return x


class Proba(Predicts):
    classes_ = np.array(["a", "b"])

    def predict_proba(self, x):
        return np.tile([0.25, 0.75], (len(x), 1))


def test_what_kind_it_is():
    torch = pytest.importorskip("torch")
    keras = type(
        "Sequential", (), {"__module__": "keras.src.models", "predict_on_batch": lambda self, x: x, "__call__": lambda self, x: x}
    )()
    for model, kind in (
        (len, Model),
        (functools.partial(len), Model),
        (Predicts(), SklearnModel),
        (keras, KerasModel),
        (torch.nn.ReLU(), TorchModel),
    ):
        assert type(adapted(model)) is kind
    ready = adapted(len)
    assert adapted(ready) is ready


def test_names():
    assert adapted(len).name == "len"
    assert adapted(functools.partial(len)).name == "partial"
    assert adapted(Predicts()).name == "Predicts"


def test_soft_scores():
    assert adapted(len).soft([1]) is None
    assert adapted(Predicts()).soft([1]) is None
    model = adapted(Proba())
    assert model.classes == ["a", "b"]
    assert model.soft([1, 2]).tolist() == [[0.25, 0.75]] * 2
    several = Proba()
    several.classes_ = [np.array([0, 1]), np.array([0, 1])]  # as a forest has them of several labels a sample
    assert adapted(several).soft([1]) is None


@pytest.mark.parametrize(
    ("model", "says"), [(None, "None is no model"), (SimpleNamespace(), "is no model"), (Predicts, "Predicts is a class")]
)
def test_what_is_no_model(model, says):
    with pytest.raises(PlanError, match=says):
        adapted(model)
