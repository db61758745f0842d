"""Names from outside as pictures show them."""

from __future__ import annotations

import pytest

from nbperf.core.snippets import columns
from nbperf.views import letters
from nbperf.views.letters import BOX, name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("resnet", "resnet"),
        ("two\nlines", "two lines"),
        ("a\u202eb", "a b"),
        ("", ""),
        ("$x^2$ <script>", "$x^2$ <script>"),
        ("rocket 🚀", f"rocket {BOX}"),
        ("e\u0301\ufe0f", None),
        ("\ud800", ""),
    ],
)
def test_a_name_is_one_line_of_letters_that_can_be_drawn(text: str, shown: str | None) -> None:
    found = name(text)
    assert found == shown if shown is not None else BOX not in found


def test_a_long_name_is_cut() -> None:
    assert columns(name("飞" * 40, 20)) <= 20
    assert name("飞" * 40, 20).endswith("…")


def test_a_letter_without_font_is_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "families", lambda: ["DejaVu Sans"])
    letters._drawable.cache_clear()
    try:
        assert name("飞 a") == f"{BOX} a"
    finally:
        letters._drawable.cache_clear()
