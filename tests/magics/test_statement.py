"""A line becomes statements; a ``vs`` of the user's own is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from nbperf.magics.statement import Statement, contestants, split


@pytest.fixture(scope="module")
def shell() -> Iterator[Any]:
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("f(x)", ["f(x)"]),
        ("f(x) vs g(x)", ["f(x)", "g(x)"]),
        ("f(x)  vs   g(x)", ["f(x)", "g(x)"]),
        ("f(x) vs g(x) vs h(x)", ["f(x)", "g(x)", "h(x)"]),
        ("f(' vs ')", ["f(' vs ')"]),
        ("f(' vs ') vs g(\" vs \")", ["f(' vs ')", 'g(" vs ")']),
        ("f(f'{a} vs {b}') vs g(x)", ["f(f'{a} vs {b}')", "g(x)"]),
        ("vs + 1", ["vs + 1"]),
        ("f(vs)", ["f(vs)"]),
        ("vs", ["vs"]),
        ("vs.x vs vs.y", ["vs.x", "vs.y"]),
        ("a = f(x) vs b = g(x)", ["a = f(x)", "b = g(x)"]),
        ("a if b else c vs d", ["a if b else c", "d"]),
        ("f(x) # vs g(x)", ["f(x) # vs g(x)"]),
        ("[v for v in vs] vs list(vs)", ["[v for v in vs]", "list(vs)"]),
        ("f(x) versus g(x)", ["f(x) versus g(x)"]),
    ],
)
def test_split(line: str, parts: list[str]) -> None:
    assert split(line) == parts


@pytest.mark.parametrize("line", ["f(x) vs", "f(x) vs  vs g(x)", "vs g(x)", "f(x) vs g(x) vs"])
def test_one_side_missing_is_refused(line: str) -> None:
    with pytest.raises(UsageError, match="both sides of vs"):
        split(line)


def test_a_statement_runs_so_often_in_the_notebooks_names(shell: InteractiveShell) -> None:
    scope: dict[str, Any] = {"seen": []}
    Statement("seen.append(len(seen))", shell, scope)(4)
    assert scope["seen"] == [0, 1, 2, 3]


def test_names_of_its_own_stay_inside(shell: InteractiveShell) -> None:
    scope: dict[str, Any] = {}
    Statement("y = 3", shell, scope)(2)
    assert "y" not in scope


def test_a_name_that_becomes_local_is_explained(shell: InteractiveShell) -> None:
    with pytest.raises(UnboundLocalError) as caught:
        Statement("y += 1", shell, {"y": 1})(1)
    assert "%%perf -r N" in "".join(caught.value.__notes__)


def test_an_unbound_local_of_the_users_function_is_left_alone(shell: InteractiveShell) -> None:
    def mine() -> None:
        print(later)  # noqa: F821 - the point
        later = 1  # noqa: F841

    with pytest.raises(UnboundLocalError) as caught:
        Statement("mine()", shell, {"mine": mine})(1)
    assert not getattr(caught.value, "__notes__", [])


@pytest.mark.parametrize("source", ["break", "return 1", "continue", "f(", "yield 1 +"])
def test_a_mistake_stays_a_syntax_error(shell: InteractiveShell, source: str) -> None:
    with pytest.raises(SyntaxError):
        Statement(source, shell, {})


def test_await_is_refused_in_one_line(shell: InteractiveShell) -> None:
    with pytest.raises(UsageError, match="cannot await"):
        Statement("await f()", shell, {})


def test_labels_are_shortened(shell: InteractiveShell) -> None:
    assert Statement("f( x )", shell, {}).label == "f( x )"
    long = Statement("f(" + "x, " * 50 + ")", shell, {}).label
    assert len(long) == 60
    assert long.endswith("…")


def test_contestants(shell: InteractiveShell) -> None:
    cell = 'fp32: model(x)\nint8: quantized("a vs b",\n   y)\n# a comment\nonnx: (f(x)\n  + g(x))\n'
    found = contestants(cell, shell)
    assert list(found) == ["fp32", "int8", "onnx"]
    assert found["fp32"] == "model(x)"
    scope: dict[str, Any] = {"f": lambda x: x, "g": lambda x: x, "x": 1}
    Statement(found["onnx"], shell, scope)(1)


@pytest.mark.parametrize("source", ["(y := f(x))", "(f(x) for _ in x)", "(1, 2)", "(f(x))", "lambda: 0"])
def test_brackets_that_an_expression_needs_stay(shell: InteractiveShell, source: str) -> None:
    found = contestants(f"a: {source}\nb: 1\n", shell)["a"]
    Statement(found, shell, {"f": len, "x": "abc"})(1)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("fp32: f(x)\ng(x)\n", "line 2 has no label: 'g(x)'"),
        ("fp32: f(x)\n", "two or more labelled lines are wanted, found 1"),
        ("", "found 0"),
        ("a: f(x)\na: g(x)\n", "the label a stands twice"),
        ("a: f(x)\nb: g(x) = 3\n", "line 2: 'g(x) = 3' is a statement"),
        ("a: f(x)\nb: x = 3\n", "line 2: 'x = 3' is a statement, and an expression is wanted"),
        ("a: f(x)\nb: x += 3\n", "line 2: 'x += 3' is a statement"),
        ("a:\n    f(x)\nb: g(x)\n", "line 1: an expression is wanted behind a: on the same line"),
        ("a: f(x)\nb:  # later\n", "line 2: an expression is wanted behind b: on the same line"),
        ("if x: f(x)\nb: g(x)\n", "line 1 has no label"),
        ("a: f(x)\nb: g(x\n", None),
        ("a: int = 3\nb: g(x)\n", "line 1: 'int = 3' is a statement"),
        ("a.b: f(x)\nb: g(x)\n", "line 1: the label 'a.b' is no name"),
        ("for x in y:\n  pass\n", "line 1 has no label: 'for x in y:'"),
    ],
)
def test_malformed_contests_are_named(shell: InteractiveShell, cell: str, words: str | None) -> None:
    with pytest.raises(SyntaxError if words is None else UsageError, match=words and re.escape(words)):
        contestants(cell, shell)
