"""A card's HTML as GitHub leaves it, and the text that a reader then sees."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

GONE = {"style", "script", "svg"}
"""Elements that are removed with all that is in them."""
KEPT = {"colspan", "title"}
"""Attributes that stay; class, id, style and the like go."""
BREAKS = {"div", "p", "tr", "td", "th", "summary", "details", "table", "br"}
"""Elements that keep what is before them apart from what follows."""


class _Stripper(HTMLParser):
    def __init__(self, gone: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.html: list[str] = []
        self.text: list[str] = []
        self._gone = gone
        self._inside = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in self._gone:
            self._inside += 1
        elif not self._inside:
            kept = "".join(f' {name}="{escape(value or "")}"' for name, value in attributes if name in KEPT)
            self.html.append(f"<{tag}{kept}>")
            self.text.append("\n" if tag in BREAKS else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._gone:
            self._inside -= 1
        elif not self._inside:
            self.html.append(f"</{tag}>")
            self.text.append("\n" if tag in BREAKS else "")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.html.append(escape(data))
            self.text.append(data)


def _strip(html: str) -> _Stripper:
    stripper = _Stripper(GONE)
    stripper.feed(html)
    stripper.close()
    return stripper


def stripped(html: str) -> str:
    """The HTML that is left."""
    return "".join(_strip(html).html)


def text(html: str) -> str:
    """What is left to read, an element a line where elements keep things apart."""
    lines = "".join(_strip(html).text).split("\n")
    return "\n".join(line.strip(" ") for line in lines if line.strip(" "))
