"""Which arrays are alive, and who holds them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nbperf.measuring.holders import largest

MB = 2**20


def test_the_largest_first_with_the_expression_that_reaches_them() -> None:
    names = {
        "small": np.zeros(10),
        "outputs": [np.zeros(MB // 8), np.zeros(4 * MB // 8)],
        "state": {"best": SimpleNamespace(weights=np.zeros(2 * MB // 8, dtype="float64"))},
    }
    found = largest(names, 3)
    assert [held.name for held in found] == ["outputs[1]", "state['best'].weights", "outputs[0]"]
    assert [held.bytes for held in found] == [4 * MB, 2 * MB, MB]
    assert (found[0].kind, found[0].shape, found[0].device) == ("numpy float64", (4 * MB // 8,), "cpu")


def test_views_are_named_once_and_by_what_they_keep_alive() -> None:
    whole = np.zeros(MB)
    found = largest({"a_view_of_it": whole[:10], "whole": whole})
    assert [(held.name, held.bytes) for held in found] == [("whole", 8 * MB)]


def test_a_container_that_holds_itself_ends() -> None:
    loop: list[object] = [np.zeros(MB)]
    loop.append(loop)
    assert [held.name for held in largest({"loop": loop})] == ["loop[0]"]


def test_outputs_that_the_notebook_keeps_are_found() -> None:
    assert largest({"Out": {3: np.zeros(MB)}})[0].name == "Out[3]"


def test_tensors_models_and_shared_storage() -> None:
    torch = pytest.importorskip("torch", reason="this test needs PyTorch")
    model = torch.nn.Linear(1000, 1000)
    x = torch.zeros(4 * MB)
    found = largest({"model": model, "x": x, "row": x[:5], "meta": torch.zeros(9 * MB, device="meta")}, 4)
    assert [(held.name, held.bytes) for held in found[:2]] == [("x", 16 * MB), ("model.weight", 4_000_000)]
    assert found[0].kind == "torch float32"
    assert "row" not in [held.name for held in found]


def test_bytes_count_too() -> None:
    assert largest({"data": bytearray(MB)})[0].kind == "bytearray"


def test_nothing_is_nothing() -> None:
    assert largest({"x": 3, "text": "a", "f": len}) == ()


def test_a_table_of_pandas_is_named_with_its_columns() -> None:
    pandas = pytest.importorskip("pandas")
    (held,) = largest({"frame": pandas.DataFrame({"a": np.zeros(MB), "b": np.zeros(MB)})})
    assert (held.name, held.kind, held.shape) == ("frame", "pandas DataFrame", (MB, 2))
    assert held.bytes == pytest.approx(16 * MB, abs=1000)
    assert largest({"column": pandas.Series(np.zeros(MB))})[0].kind == "pandas Series"


def test_an_array_and_the_tensor_made_of_it_are_one_memory() -> None:
    torch = pytest.importorskip("torch", reason="this test needs PyTorch")
    array, tensor = np.zeros(MB), torch.zeros(2 * MB)
    found = largest({"array": array, "made_of_it": torch.from_numpy(array), "tensor": tensor, "seen_as_array": tensor.numpy()})
    assert sorted(held.name for held in found) == ["array", "tensor"]


def test_what_a_module_holds_beside_its_parameters() -> None:
    torch = pytest.importorskip("torch", reason="this test needs PyTorch")
    model = torch.nn.BatchNorm1d(MB)
    model.seen = [torch.zeros(3 * MB)]
    assert {"model.running_mean", "model.weight", "model.seen[0]"} <= {held.name for held in largest({"model": model})}


def test_objects_that_raise_are_passed_over() -> None:
    class Hostile:
        def __getattr__(self, name: str) -> object:
            raise ZeroDivisionError(name)

        @property
        def __class__(self) -> type:
            raise ZeroDivisionError

    assert [held.name for held in largest({"hostile": [Hostile()], "x": np.zeros(MB)})] == ["x"]


def test_the_shell_is_no_way_to_the_variables() -> None:
    kind = type("Exit", (), {"__module__": "IPython.core.autocall"})
    leave = kind()
    leave.shell = SimpleNamespace(user_ns={"x": np.zeros(MB)})
    assert largest({"exit": leave}) == ()
