"""Versions of a cell: the newest that differs is the one before."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from nbperf.magics.versions import KEPT, Versions, body


def test_the_line_of_the_magic_is_no_part_of_a_version() -> None:
    assert body("%%perf -r 3\nx = 1\n") == "x = 1"
    assert body("\n\n%%perf vs last\nx = 1") == "x = 1"
    assert body("x = 1\n%%perf") == "x = 1\n%%perf"


def test_the_newest_other_version() -> None:
    versions = Versions()
    for text in ("a", "b", "c"):
        versions.ran("id", text)
    assert versions.before("id", "c") == "b"
    assert versions.before("id", "new") == "c"
    versions.ran("id", "b")
    assert versions.before("id", "c") == "b"
    assert versions.before("id", "b") == "c"


def test_cells_do_not_mix() -> None:
    versions = Versions()
    versions.ran("one", "a")
    versions.ran("two", "b")
    with pytest.raises(UsageError, match="no other version"):
        versions.before("one", "a")


def test_without_an_id_it_says_what_helps() -> None:
    versions = Versions()
    versions.ran(None, "a")
    with pytest.raises(UsageError, match="-l NAME vs last"):
        versions.before(None, "b")


def test_old_versions_are_let_go() -> None:
    versions = Versions()
    for i in range(KEPT + 5):
        versions.ran("id", str(i))
    assert versions.before("id", "new") == str(KEPT + 4)
    assert len(versions._texts["id"]) == KEPT
