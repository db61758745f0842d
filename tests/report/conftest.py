"""Cards in English, and golden files: `NBPERF_GOLDEN=overwrite pytest tests/report` writes them anew; look at the difference."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbperf.words import READER

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = READER._language
    READER.speak("en")
    yield
    READER.speak(before)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    def check(name: str, found: str) -> None:
        path = GOLDEN / name
        if os.environ.get("NBPERF_GOLDEN") == "overwrite":
            path.parent.mkdir(exist_ok=True)
            path.write_text(found + "\n", encoding="utf-8")
        assert path.is_file(), f"{name} is new: NBPERF_GOLDEN=overwrite writes it"
        assert found + "\n" == path.read_text(encoding="utf-8"), "if this is meant: NBPERF_GOLDEN=overwrite, then look at the difference"

    return check
