"""How each kind of model is called, recognised without importing its library: torch, Keras, scikit-learn, any callable."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbperf.errors import DataError, PlanError
from nbperf.quality.inputs import Array, as_array
from nbperf.words import say


class Model:
    """A callable, and the base of the others.

    Parameters
    ----------
    model : callable
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    @property
    def name(self) -> str:
        """What it is called on a card."""
        return getattr(self.model, "__name__", None) or type(self.model).__name__

    @contextmanager
    def ready(self) -> Iterator[None]:
        """While it is evaluated; afterwards it is as it was."""
        yield

    def prepared(self, x: Any) -> Any:
        """The input as the model takes it; not part of the time."""
        return x

    def __call__(self, x: Any) -> Any:
        """The outputs of one batch: what is timed."""
        return self.model(x)

    def soft(self, x: Any) -> Array | None:
        """Soft scores that cost a call of their own; None where the outputs hold them."""
        return None

    @property
    def classes(self) -> list[Any] | None:
        """The classes in the order of `soft`."""
        return None

    labelled = False
    """Whether the outputs are labels for certain."""


class SklearnModel(Model):
    """Whatever has `predict`, as scikit-learn has it."""

    labelled = True

    def prepared(self, x: Any) -> Any:
        """The input as the model takes it."""
        torch = sys.modules.get("torch")
        return as_array(x, "x") if torch is not None and isinstance(x, torch.Tensor) else x

    def __call__(self, x: Any) -> Any:
        """Labels of one batch."""
        return self.model.predict(x)

    def soft(self, x: Any) -> Array | None:
        """Its ``predict_proba``, where it has one."""
        if self.classes is None or not hasattr(self.model, "predict_proba"):
            return None
        found = self.model.predict_proba(x)
        return None if isinstance(found, list) else as_array(found, "scores")  # a list: of several labels a sample

    @property
    def classes(self) -> list[Any] | None:
        """Its ``classes_``."""
        found = getattr(self.model, "classes_", None)
        return None if found is None or isinstance(found, list) else list(found)


class KerasModel(Model):
    """A Keras model: one batch, in inference mode, without Keras' own progress bar."""

    def prepared(self, x: Any) -> Any:
        """The input as the model takes it."""
        torch = sys.modules.get("torch")
        return as_array(x, "x") if torch is not None and isinstance(x, torch.Tensor) else x

    def __call__(self, x: Any) -> Any:
        """Outputs of one batch."""
        return self.model.predict_on_batch(x)


class TorchModel(Model):
    """A torch module: evaluation state, inference mode, on the device where its parameters are."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._torch = sys.modules["torch"]
        first = next(iter(model.parameters()), None)
        first = next(iter(model.buffers()), None) if first is None else first
        self._device = None if first is None else first.device
        self._type = next((each.dtype for each in model.parameters() if each.is_floating_point()), None)

    @contextmanager
    def ready(self) -> Iterator[None]:
        """In evaluation state; afterwards every module has the state it had."""
        # Every module for itself: a part may be frozen in evaluation state while the rest trains.
        was = {module: module.training for module in self.model.modules()}
        try:
            if any(was.values()):
                self._switch(False)
            yield
        finally:
            if self.model.training != was[self.model]:
                self._switch(was[self.model])
            for module, training in was.items():
                module.training = training
            self._released()

    def _switch(self, training: bool) -> None:
        try:
            self.model.train(training)  # a model may have more to do here than to set flags
        except NotImplementedError:  # an exported program has one state only
            return

    def _released(self) -> None:
        """Caches that a forward pass made in inference mode could never be trained with: ordinary copies take their place."""
        for module in self.model.modules():
            for place in (vars(module), module._buffers, module._parameters):
                for name, value in list(place.items()):
                    if isinstance(value, self._torch.Tensor) and value.is_inference():
                        fresh = value.detach().clone()
                        place[name] = self._torch.nn.Parameter(fresh, value.requires_grad) if place is module._parameters else fresh

    def prepared(self, x: Any) -> Any:
        """The input as the model takes it."""
        if isinstance(x, self._torch.Tensor):
            return x if self._device is None else x.to(self._device)
        if isinstance(x, dict):
            return {name: self.prepared(value) for name, value in x.items()}
        if isinstance(x, list | tuple) and all(hasattr(value, "shape") for value in x):
            return [self.prepared(value) for value in x]
        if hasattr(x, "to") and not hasattr(x, "to_numpy"):  # a batch that moves itself, such as a packed sequence
            return x if self._device is None else x.to(self._device)
        try:
            array = as_array(x, "x")
        except DataError:
            return x
        if array.dtype.kind not in "biufc":  # texts, which the model itself takes apart
            return x
        found = self._torch.tensor(array)  # a copy: whatever the model does to it, the data stays
        found = found.to(self._type) if found.is_floating_point() and self._type is not None else found
        return found if self._device is None else found.to(self._device)

    def __call__(self, x: Any) -> Any:
        """Outputs of one batch, without a graph."""
        with self._torch.inference_mode():
            if isinstance(x, dict):
                return self.model(**x)
            return self.model(*x) if isinstance(x, list) and x and isinstance(x[0], self._torch.Tensor) else self.model(x)


def adapted(model: Any) -> Model:
    """The right way to call a model.

    Raises
    ------
    PlanError
        If it can neither be called nor predicts.
    """
    torch = sys.modules.get("torch")
    if isinstance(model, Model):
        return model
    if isinstance(model, type):
        raise PlanError(say("{name} is a class: give a model made from it", name=model.__name__))
    if torch is not None and isinstance(model, torch.nn.Module):
        return TorchModel(model)
    if any(kind.__module__.split(".")[0] in {"keras", "tf_keras"} for kind in type(model).__mro__) and hasattr(model, "predict_on_batch"):
        return KerasModel(model)
    if callable(getattr(model, "predict", None)):
        return SklearnModel(model)
    if callable(model):
        return Model(model)
    raise PlanError(
        say("{found} is no model: give a torch module, a scikit-learn or Keras model, or a function from inputs to outputs",
            found=repr(model)[:60])
    )  # fmt: skip
