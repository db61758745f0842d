"""The line is there in a notebook, goes away at the end, and is nowhere else."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from nbperf.measuring import progress
from nbperf.measuring.progress import Progress
from nbperf.testing import FakeClock


@pytest.fixture
def shown(monkeypatch):
    """What a kernel would draw."""
    drawn: list[dict[str, str]] = []
    handle = SimpleNamespace(update=lambda bundle, raw: drawn.append(bundle))

    def display(bundle, *, raw, display_id):
        drawn.append(bundle)
        return handle

    modules = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())), SimpleNamespace(display=display)
    monkeypatch.setitem(sys.modules, "IPython", modules[0])
    monkeypatch.setitem(sys.modules, "IPython.display", modules[1])
    return drawn


@pytest.fixture
def clock(monkeypatch):
    fake = FakeClock()
    monkeypatch.setattr(progress, "perf_counter", fake)
    return fake


def test_one_line_in_its_place(shown, clock):
    with Progress("<net>", 8) as line:
        line.step(1, 256)
        clock.advance(0.3)
        line.step(2, 1512)
        line.step(3, 1768)
        clock.advance(0.3)
        line.step(4, 2024)
    assert [each["text/plain"] for each in shown] == [
        "<net>: batch 2 of 8, 1,512 samples", "<net>: batch 4 of 8, 2,024 samples", "",
    ]  # fmt: skip
    assert shown[0]["text/html"] == '<div><progress value="2" max="8"></progress> &lt;net&gt;: batch 2 of 8, 1,512 samples</div>'


def test_without_a_total_there_is_no_bar(shown, clock):
    with Progress("net", None) as line:
        clock.advance(1)
        line.step(2, 512)
    assert shown[0]["text/html"] == "<div>net: batch 2, 512 samples</div>"


def test_it_goes_away_after_an_exception(shown, clock):
    def broken():
        with Progress("net", 8) as line:
            clock.advance(1)
            line.step(1, 1)
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert shown[-1] == {"text/plain": "", "text/html": ""}


def test_nothing_is_shown_where_it_is_off_or_nobody_looks(shown, clock, monkeypatch):
    for on, kernel in ((False, object()), (None, None), (True, None)):
        shell = SimpleNamespace(kernel=kernel)
        monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda shell=shell: shell)
        with Progress("net", 8, on) as line:
            clock.advance(1)
            line.step(1, 1)
    assert shown == []


def test_a_line_that_cannot_be_shown_ends_nothing(shown, clock, monkeypatch):
    def broken(*arguments, **more):
        raise OSError("no channel")

    monkeypatch.setattr(sys.modules["IPython.display"], "display", broken)
    with Progress("net", 8) as line:
        for _ in range(3):
            clock.advance(1)
            line.step(1, 1)
