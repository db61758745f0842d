"""The way from a cell's text to its windows, where a whole kernel would hide what it costs."""

from __future__ import annotations

import ast
import linecache
from types import SimpleNamespace

import pytest

from nbperf.magics.transform import Marker, Wrapper

CELL = ["%%perf -r 2\n", "import torch\n", "model(x)\n"]
SHOWN = ["# %%perf -r 2\n", *CELL[1:]]


class Entry(tuple[object, ...]):
    """A file in the cache of sources, which counts how often it is looked at."""

    __slots__ = ()
    looked = 0

    def __len__(self) -> int:
        Entry.looked += 1
        return super().__len__()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> dict[str, Entry]:
    """As in a notebook of thousands of cells and modules; the newest is a cell that is about to run."""
    files = {f"<cell {n}>": Entry((0, None, CELL[1:], "")) for n in range(5000)}
    files["<newest>"] = Entry((0, None, Marker()(CELL), ""))
    monkeypatch.setattr(linecache, "cache", files)
    monkeypatch.setattr(Entry, "looked", 0)
    return files


def transformed(source: str | None) -> None:
    """What the shell does with the cell, whose source passes for this file."""
    shell = SimpleNamespace(ast_node_interactivity="last_expr")
    wrapper = Wrapper(shell, lambda _: True, lambda: False, lambda: source)
    assert isinstance(wrapper.visit(ast.parse("".join(Marker()(CELL)))), ast.Module)


@pytest.mark.parametrize(("name", "most"), [("<newest>", 1), (None, 4), ("<unknown to the cache>", 4)])
def test_few_of_the_known_sources_are_looked_at_for_a_cell(cache: dict[str, Entry], name: str | None, most: int) -> None:
    transformed(name)
    assert cache["<newest>"][2] == SHOWN
    assert 1 <= Entry.looked <= most


def test_a_source_under_another_name_is_found_among_the_newest_and_others_are_left_alone(cache: dict[str, Entry]) -> None:
    cache["<a plot's own>"] = Entry((0, None, CELL[1:], ""))
    transformed(None)
    assert cache["<newest>"][2] == SHOWN
    assert all(entry[2] == CELL[1:] for name, entry in cache.items() if name != "<newest>")
