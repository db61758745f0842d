"""Places and lines of code where there is little room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbperf.core.lines import Place
from nbperf.core.snippets import columns, short_file, shortened, visible, where


def place(file: str, line: int = 7) -> Place:
    return Place(file=file, function="<module>", line=line)


@pytest.mark.parametrize(
    ("file", "short"),
    [("In [3]", "In [3]"), ("/home/a/train.py", "train.py"), ("C:\\work\\train.py", "train.py"), ("", ""), ("a\nb", "a b")],
)
def test_a_file_is_known_by_its_last_part(file: str, short: str) -> None:
    assert short_file(file) == short
    assert where(place(file)) == f"{short}:7"


def test_a_line_is_cut_at_its_end_and_keeps_its_indentation() -> None:
    assert shortened("    x = compute(a, b)", 12) == "    x = com…"
    assert shortened("    x = 1   ", 12) == "    x = 1"
    assert shortened("模型 = 训练()", 8) == "模型 =…"


@given(st.text(max_size=100), st.integers(1, 60))
def test_it_fits_and_stays_on_one_line(text: str, most: int) -> None:
    found = shortened(text, most)
    assert columns(found) <= max(most, 2)
    assert found == visible(found)
    assert "\n" not in found
