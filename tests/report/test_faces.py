"""What holds for every face of every record."""

from __future__ import annotations

import re
from html import unescape

import pytest

from nbperf import report
from nbperf.core.records import Comparison, Comparisons
from nbperf.core.verdicts import verdict_sentence
from nbperf.report.columns import width
from nbperf.report.spark import LEVELS
from nbperf.store import codec
from nbperf.words import READER
from tests.report.examples import RECORDS, SETTINGS, budgeted, efficient, findings, hostile, hostile_pairs
from tests.report.stripped import text as seen

ALL = {
    **RECORDS,
    "budgeted": budgeted,
    "efficient": efficient,
    "hostile": hostile,
    "hostile_pairs": hostile_pairs,
    "status": lambda: report.status(findings(), SETTINGS),
}
every = pytest.mark.parametrize("name", ALL)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def face(name: str, kind: str) -> str:
    """The words of a face, as a reader meets them."""
    record = ALL[name]()
    if kind == "text":
        return report.to_text(record, details=True)
    if kind == "markdown":
        return unescape(re.sub(r"\\(.)", r"\1", report.to_markdown(record)))
    return seen(report.to_html(record))


def listed(text: str) -> list[str]:
    """The numbers in a text but for the 1 of the axis, which is drawn wherever it finds room."""
    return NUMBER.findall(re.sub(r"\b1×", "", text))


def numbers(text: str) -> set[str]:
    return set(listed(text))


@every
def test_all_faces_hold_the_same_numbers(name: str) -> None:
    text, markdown, html = (numbers(face(name, kind)) for kind in ("text", "markdown", "html"))
    assert len(text) > 5
    assert text == markdown == html


@every
def test_numbers_stand_in_the_same_order(name: str) -> None:
    def order(text: str) -> list[str]:
        return list(dict.fromkeys(listed(text)))

    if name in {"five", "hostile_pairs"}:  # a terminal's line has room for the verdict below and not beside
        return
    assert order(face(name, "html")) == order(face(name, "markdown"))


@every
def test_nothing_runs_together_where_the_style_is_stripped(name: str) -> None:
    known = numbers(face(name, "text"))
    found = numbers(seen(report.to_html(ALL[name]())))
    assert found <= known, "a number that the text does not hold was made of two"


@every
@pytest.mark.parametrize("columns", [100, 60])
def test_text_is_no_wider_than_asked(name: str, columns: int) -> None:
    lines = report.to_text(ALL[name](), details=True, width=columns).split("\n")
    assert max(map(width, lines)) <= columns
    assert not any(line != line.rstrip() for line in lines)


@every
def test_without_details_the_text_is_the_beginning_of_the_whole(name: str) -> None:
    record = ALL[name]()
    assert report.to_text(record, details=True).startswith(report.to_text(record))


@pytest.mark.parametrize("name", ["epoch", "loops", "many", "bimodal", "cuda", "broken_later"])
def test_five_repeats_get_a_sparkline_in_every_face(name: str) -> None:
    for kind in ("text", "markdown", "html"):
        assert re.search(f"[{LEVELS}]{{5,}}", face(name, kind))


@pytest.mark.parametrize("name", ["one", "plain", "broken"])
def test_a_single_run_gets_none(name: str) -> None:
    assert "svg" not in report.to_html(ALL[name]())
    assert not re.search(f"[{LEVELS}]{{2,}}", face(name, "text"))


@pytest.mark.parametrize("name", ["faster", "slower", "same", "unresolved", "five"])
def test_verdicts_remain_in_every_face(name: str) -> None:
    record = ALL[name]()
    assert isinstance(record, Comparison | Comparisons)
    for comparison in [record] if isinstance(record, Comparison) else record:
        for kind in ("text", "markdown", "html"):
            assert " ".join(verdict_sentence(comparison).split()) in " ".join(face(name, kind).split())


@every
def test_every_word_of_ours_can_be_said_in_another_language(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each template becomes one sign and its values, in reverse: what is left in English came with the record."""

    def translate(message: str) -> str:
        return "字 " + " ".join(reversed(re.findall(r"\{\w[^}]*\}", message)))

    record = ALL[name]()
    came = "" if name == "status" else codec.dumps(record)  # type: ignore[arg-type]
    came += str(getattr(record, "budgets", "")) + codec.dumps(findings()) + str(SETTINGS) + "nbperf Python GiB MiB KiB CPU CUDA MPS items"
    monkeypatch.setattr(READER, "translate", translate)
    for text in (report.to_text(record, details=True), report.to_markdown(record), report.to_html(record)):
        words = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"<style>.*?</style>|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL)))
        assert {word for word in words if word not in came} - {"alert", "script"} == set()
    for attribute in re.findall(r'(?:aria-label|title|data-\w+)="([^"]*)"', report.to_html(record)):
        assert {word for word in re.findall(r"[A-Za-z]{3,}", unescape(attribute)) if word not in came} == set()


def test_chinese_names_keep_the_columns_of_a_terminal() -> None:
    from dataclasses import replace

    run = RECORDS["epoch"]()
    names = {"data": "读取数据", "forward": "前向", "conv": "卷积", "pad": "填充", "norm": "归一化", "backward": "反向传播", "step": "更新"}
    samples = tuple(
        replace(s, regions=tuple(replace(r, path=tuple(names[part] for part in r.path)) for r in s.regions)) for s in run.samples
    )
    lines = report.to_text(replace(run, samples=samples)).split("\n")
    ends = {width(line[: line.index("%")]) for line in lines if re.search("[█▓▒░] [读前反更]", line)}
    assert len(ends) == 1


@every
@pytest.mark.parametrize("columns", [100, 60])
def test_chinese_text_is_no_wider_than_asked(name: str, columns: int) -> None:
    READER.speak("zh_CN")
    lines = report.to_text(ALL[name](), details=True, width=columns).split("\n")
    assert max(map(width, lines)) <= columns
    assert not any(line.lstrip()[:1] in tuple("，。；：）") or line.endswith("（") for line in lines)
