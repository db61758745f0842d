from __future__ import annotations

import numpy as np
import pytest

from nbperf.panels.frames import Stamp, changes, dense, numbers

STAMP = Stamp(seq=5, at=20447232.0, updates=7)
MOMENT = "000000000080734107000000"


def test_the_bytes_are_those_that_the_browser_part_tests_with():
    """The same texts stand in front/tests/wire.test.ts."""
    cells = "01000000020000000300000004000000"
    assert dense(np.array([[1, 2], [3, 4]]), STAMP).hex() == cells + MOMENT + "02000000040000000400000005000000"
    assert dense(np.array([[1.5]]), STAMP).hex() == "000000000000f83f" + MOMENT + "01000000080000000100000005000000"
    found = changes(np.array([3]), np.array([9]), 4, STAMP)
    assert found.hex() == "0300000009000000" + MOMENT + "04000000040000000100000005000000"


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, 2], "<u4"), ([0, 2**32 - 1], "<u4"), ([0, 2**32], "<f8"), ([0.5], "<f8"), ([], "<f8"), ([True], "<u4")],
)
def test_counts_are_exact(values, kind):
    found = numbers(np.array(values))
    assert found.dtype == np.dtype(kind)
    assert found.tolist() == values
