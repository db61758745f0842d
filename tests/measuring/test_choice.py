"""Which code is traced, and what its places are called."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbperf.errors import PlanError
from nbperf.measuring import choice
from nbperf.measuring.choice import Choice, Names, code_of, unprofiled
from nbperf.measuring.lines import NEVER, Traced


def plain(x: int) -> int:
    def inner() -> int:
        return x

    return inner() + sum(y for y in range(x))


class Shape:
    @property
    def area(self) -> int:
        return 1

    @staticmethod
    def made() -> Shape:
        return Shape()

    @classmethod
    def named(cls) -> str:
        return cls.__name__

    def __call__(self) -> int:
        return 2


def names(function: Any) -> list[str]:
    return [code.co_name for code in code_of(function)]


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (plain, ["plain"]),
        (functools.partial(plain, 3), ["plain"]),
        (functools.lru_cache(plain), ["plain"]),
        (Shape, ["area", "made", "named", "__call__"]),
        (Shape(), ["__call__"]),
        (Shape().__call__, ["__call__"]),
        (Shape.named, ["named"]),
        (lambda: 1, ["<lambda>"]),
        (json.decoder.JSONDecoder.decode, ["decode"]),
    ],
    ids=str,
)
def test_the_code_of_what_can_be_called(function: Any, found: list[str]) -> None:
    assert names(function) == found


@pytest.mark.parametrize("function", [len, print, functools.partial(len), 3, int, None], ids=str)
def test_what_has_no_lines_is_refused(function: Any) -> None:
    with pytest.raises(PlanError, match="has no lines of Python that could be traced"):
        code_of(function)


def test_a_model_is_traced_in_its_forward() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
        def forward(self, x: Any) -> Any:
            return x

    assert names(Net()) == ["forward"]
    assert "forward" in names(torch.nn.Linear(1, 1))


def test_a_decorated_function_is_traced_itself() -> None:
    def deco(function: Callable[[int], int]) -> Callable[[int], int]:
        @functools.wraps(function)
        def wrapper(x: int) -> int:
            return function(x)

        return wrapper

    assert names(deco(plain)) == ["plain"]
    assert unprofiled(deco(plain)) is not plain  # only memory_profiler's is taken off
    assert unprofiled(plain) is plain


def test_what_is_defined_within_is_traced_and_comprehensions_count_as_their_line() -> None:
    chosen = Choice([plain])
    inner = next(constant for constant in plain.__code__.co_consts if getattr(constant, "co_name", "") == "inner")
    generator = next(constant for constant in plain.__code__.co_consts if getattr(constant, "co_name", "") == "<genexpr>")
    assert isinstance(chosen(plain.__code__), Traced)
    assert isinstance(chosen(inner), Traced)
    assert chosen(generator) is None
    assert chosen(names.__code__) is None
    assert [traced.function for traced in chosen.traced] == ["plain", "plain.<locals>.inner"]


def test_our_own_code_is_none_of_the_users() -> None:
    chosen = Choice()
    chosen.add(choice.code_of.__code__)
    assert chosen(choice.code_of.__code__) is None


def test_the_notebooks_functions_are_traced_and_called_by_their_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "cell_number", lambda file: 7 if file == "<a cell>" else None)
    code = compile("def step():\n    return 1\n", "<a cell>", "exec").co_consts[0]
    traced = Choice()(code)
    assert traced is not None
    assert Names().place(traced, 2).file == "In [7]"
    assert Choice(notebook=False)(code) is None


def test_a_file_below_the_working_folder_is_called_by_its_way_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = Names()
    assert found.file(str(tmp_path / "src" / "train.py")) == str(Path("src") / "train.py")
    assert found.file(str(tmp_path.parent / "elsewhere.py")) == str(tmp_path.parent / "elsewhere.py")


def test_lines_that_somebody_wants_to_see_are_marked_and_asked_for_once() -> None:
    asked: list[str] = []

    def watched(code: Any, source: Any) -> frozenset[int]:
        asked.append(code.co_name)
        return frozenset({code.co_firstlineno + 1})

    chosen = Choice([plain], watched=watched)
    chosen.prepare()
    chosen.prepare()
    traced = chosen(plain.__code__)
    assert traced is not None
    assert traced[plain.__code__.co_firstlineno + 1].look == 1
    assert traced[plain.__code__.co_firstlineno].look == NEVER
    assert sorted(asked) == ["inner", "plain"]
