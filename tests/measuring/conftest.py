"""A clock that stands still until a task moves it, in place of every clock of the session's."""

from __future__ import annotations

import pytest

from nbperf.measuring import blocks, contest, session
from nbperf.testing import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The session's clock."""
    fake = FakeClock()
    for module in (blocks, contest, session):
        monkeypatch.setattr(module, "perf_counter", fake)
    return fake
