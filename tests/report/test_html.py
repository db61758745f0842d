"""The HTML face: safe, self-contained, small, and telling without colours."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from nbperf import report
from tests.report.examples import HOSTILE, RECORDS, SETTINGS, findings, hostile, hostile_pairs

ALL = {**RECORDS, "hostile": hostile, "hostile_pairs": hostile_pairs, "status": lambda: report.status(findings(), SETTINGS)}
every = pytest.mark.parametrize("name", ALL)
EMPTY = {"br", "path"}


class Page(HTMLParser):
    """Every element with its attributes; elements must close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@every
def test_it_is_one_well_formed_element(name: str) -> None:
    page = Page(report.to_html(ALL[name]()))
    assert not page.open
    assert page.elements[0][0] == "div"


@every
def test_nothing_runs_and_nothing_is_fetched(name: str) -> None:
    html = report.to_html(ALL[name]())
    page = Page(html)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "base", "form", "input", "a"}
    assert not any(key.startswith("on") or key in {"src", "href", "id"} for _, attributes in page.elements for key in attributes)
    assert not re.search(r"@import|url\(|https?:", html)


@pytest.mark.parametrize("name", ["hostile", "hostile_pairs"])
def test_what_comes_from_outside_is_text(name: str) -> None:
    html = report.to_html(ALL[name]())
    tags = {tag for tag, _ in Page(html).elements}
    plain = {tag for tag, _ in Page(report.to_html(RECORDS["epoch"]())).elements}
    contest = {tag for tag, _ in Page(report.to_html(RECORDS["five"]())).elements}
    assert tags <= plain | contest | {"code"}
    assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &quot;q&quot; &amp; {x} {0}" in html
    assert "\x1b" not in html
    assert "\n" not in html


def test_the_hostile_text_is_as_hostile_as_it_looks() -> None:
    assert all(sign in HOSTILE for sign in ("<script>", "'", '"', "&", "{x}", "{0}", "`", "|", "\n", "\x1b", "$", "*", "_"))


@every
def test_every_class_is_ours_and_has_a_rule(name: str) -> None:
    html = report.to_html(ALL[name]())
    css = html[html.index("<style>") : html.index("</style>")]
    used = {one for _, attributes in Page(html).elements for one in attributes.get("class", "").split()}
    used -= {"tex2jax_ignore", "mathjax_ignore"}
    without_rule = {"nbperf-baseline"}
    assert used >= {"nbperf-card", "nbperf-head"}
    assert all(one.startswith("nbperf-") for one in used)
    assert {one for one in used - without_rule if f".{one}" not in css} == set()


@every
def test_rules_reach_no_further_than_the_card(name: str) -> None:
    html = report.to_html(ALL[name]())
    css = html[html.index("<style>") + 7 : html.index("</style>")]
    for selector in re.findall(r"(?:^|[{}])([^{}@]+)\{", css):
        for one in re.split(r",(?![^(]*\))", selector):
            assert ".nbperf-" in one, one


@every
def test_drawings_say_what_they_show(name: str) -> None:
    for tag, attributes in Page(report.to_html(ALL[name]())).elements:
        if tag == "svg" or attributes.get("role") == "img":
            assert attributes["role"] == "img"
            assert attributes["aria-label"].strip()


def test_a_plain_card_is_small() -> None:
    assert len(report.to_html(RECORDS["one"]()).encode()) <= 8_000
    assert len(report.to_html(RECORDS["plain"]()).encode()) <= 8_000


def test_many_repeats_do_not_make_a_large_card() -> None:
    assert len(report.to_html(RECORDS["many"]()).encode()) <= 10_000


def test_an_estimate_is_hatched_and_a_reading_is_not() -> None:
    assert "~61.3" in report.to_html(RECORDS["sampled"]())
    hatched = '<span class="nbperf-est">'
    assert hatched in report.to_html(RECORDS["sampled"]())
    assert hatched not in report.to_html(RECORDS["one"]())


def test_a_remedy_in_backticks_is_code() -> None:
    assert "<code>vs</code>" in report.to_html(RECORDS["bimodal"]())


def test_only_the_rules_that_are_needed_come_along() -> None:
    one, five = report.to_html(RECORDS["one"]()), report.to_html(RECORDS["five"]())
    assert ".nbperf-strip" not in one
    assert ".nbperf-contests" not in one
    assert ".nbperf-contests" in five
