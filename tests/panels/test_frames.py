from __future__ import annotations

import numpy as np
import pytest

from nbperf.panels.frames import Stamp, changes, dense, numbers

STAMP = Stamp(seq=5, at=20447232.0, updates=7)


def test_the_bytes_are_those_that_the_browser_part_tests_with():
    """The same texts stand in front/tests/wire.test.ts."""
    assert dense(np.array([[1, 2], [3, 4]]), STAMP).hex() == (
        "01000000020000000300000004000000000000000080734107000000020000000400000004000000" + "05000000"
    )
    assert dense(np.array([[1.5]]), STAMP).hex() == "000000000000f83f" + "0000000000807341" + "07000000" + "01000000" + "08000000" + "01000000" + "05000000"
    found = changes(np.array([3]), np.array([9]), 4, STAMP)
    assert found.hex() == "0300000009000000" + "0000000000807341" + "07000000" + "04000000" + "04000000" + "01000000" + "05000000"


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, 2], "<u4"), ([0, 2**32 - 1], "<u4"), ([0, 2**32], "<f8"), ([0.5], "<f8"), ([], "<f8"), ([True], "<u4")],
)
def test_counts_are_exact(values, kind):
    found = numbers(np.array(values))
    assert found.dtype == np.dtype(kind)
    assert found.tolist() == values
