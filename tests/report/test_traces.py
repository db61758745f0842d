"""The cards of memory traces and of contests between them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest

from nbperf import report
from nbperf.core.lines import LinePair, MemoryTrace
from nbperf.core.records import Provenance
from nbperf.core.units import Unit
from nbperf.report import picture, traces
from nbperf.report.card import CodeLine
from nbperf.report.columns import width
from nbperf.report.spark import LEVELS, block
from nbperf.report.trace_contests import direction, verdict
from nbperf.words import READER
from tests.report.examples import HOSTILE, MIB, reading
from tests.report.stripped import stripped
from tests.report.stripped import text as seen
from tests.report.test_html import Page
from tests.report.traced import CONTESTS, TRACES, contest, equal, hostile, line, plain, training, whole

Golden = Callable[[str, str], None]
ALL = {**TRACES, **CONTESTS}
every = pytest.mark.parametrize("name", ALL)
PICTURE = re.compile(r"data:image/png;base64,[\w+/=]+")


@every
def test_text(name: str, golden: Golden) -> None:
    golden(f"trace_{name}.txt", report.to_text(ALL[name](), details=True))


@every
def test_markdown(name: str, golden: Golden) -> None:
    golden(f"trace_{name}.md", report.to_markdown(ALL[name]()))


@every
def test_html_as_github_leaves_it(name: str, golden: Golden) -> None:
    golden(f"trace_{name}.html", stripped(report.to_html(ALL[name]())).replace("><", ">\n<"))


@every
def test_it_is_one_small_element_that_runs_and_fetches_nothing(name: str) -> None:
    html = report.to_html(ALL[name]())
    assert len(html.encode()) < 150_000
    bare = PICTURE.sub("", html)
    # An image has no end; the parser of these tests wants one.
    page = Page(re.sub(r"(<img [^>]*)>", r"\1/>", bare))
    assert not page.open
    assert {tag for tag, _ in page.elements} <= {
        "div", "style", "b", "span", "code", "table", "thead", "tbody", "tr", "th", "td", "i", "img", "details", "summary",
    }  # fmt: skip
    assert not any(key.startswith("on") or key in {"href", "id"} for _, attributes in page.elements for key in attributes)
    assert not re.search(r"@import|url\(|https?:", bare)
    assert "\x1b" not in html
    assert "\n" not in html
    css = html[html.index("<style>") : html.index("</style>")]
    used = {one for _, attributes in page.elements for one in attributes.get("class", "").split()}
    assert {one for one in used if f".{one}" not in css} == {"tex2jax_ignore", "mathjax_ignore"}
    for tag, attributes in page.elements:
        if attributes.get("role") == "img":
            assert attributes["aria-label"].strip()
        if tag == "img":
            assert attributes["alt"].strip()


def test_rules_of_code_come_only_with_code() -> None:
    from tests.report.examples import one

    assert ".nbperf-lines" in report.to_html(training())
    assert ".nbperf-lines" not in report.to_html(one())


def face(record: object, kind: str) -> str:
    """The words of a face, as a reader meets them."""
    if kind == "text":
        return report.to_text(record, details=True)  # type: ignore[arg-type]
    if kind == "markdown":
        return unescape(re.sub(r"\\(.)", r"\1", report.to_markdown(record)))  # type: ignore[arg-type]
    return seen(report.to_html(record))  # type: ignore[arg-type]


@every
def test_all_faces_hold_the_same_numbers(name: str) -> None:
    # Where a terminal is too narrow for a table, zeros beside their names are left out, and lines without cost have no figures.
    found = [set(re.findall(r"\d[\d,]*(?:\.\d+)?", face(ALL[name](), kind))) - {"0"} for kind in ("text", "markdown", "html")]
    if name == "hostile":  # where there is no room for it all, the source is cut, and the numbers in it
        found = [numbers - {"31", "1", "8"} for numbers in found]
    assert len(found[0]) > 5
    assert found[1] == found[2]
    assert found[0] <= found[1]
    if name not in {"training", "hostile", "contest"}:
        assert found[0] == found[1]


@every
@pytest.mark.parametrize("columns", [140, 100, 60])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_text_is_no_wider_than_asked(name: str, columns: int, language: str) -> None:
    READER.speak(language)
    lines = report.to_text(ALL[name](), details=True, width=columns).split("\n")
    assert max(map(width, lines)) <= columns
    assert not any(line != line.rstrip() for line in lines)


def test_the_peak_names_the_line_that_ran() -> None:
    text = report.to_text(training()).replace("\N{NO-BREAK SPACE}", " ")
    assert "+924 MiB  In [2]:6 `loss.backward()` · peak 1.30 GiB" in text
    assert re.search(f"[{LEVELS}]{{40}}", text)


def test_a_sampled_peak_is_a_lower_bound() -> None:
    trace = plain()
    readings = tuple(replace(r, provenance=Provenance.SAMPLED) if r.quantity == "memory.rss.peak" else r for r in trace.readings)
    text = report.to_text(replace(trace, readings=readings)).replace("\N{NO-BREAK SPACE}", " ")
    assert "≥ +38.2 MiB" in text
    assert "sampled" in text


def lines_of(trace: MemoryTrace, by: traces.Order = "line") -> list[CodeLine]:
    listing = traces.card(trace, by).listing
    assert listing is not None
    return [each for _, group in listing.groups for each in group]


def test_functions_have_their_heading() -> None:
    listing = report.as_card(training()).listing
    assert listing is not None
    assert [title for title, _ in listing.groups] == ["train_step, In [2]", "In [3]"]


def test_indentation_stays() -> None:
    assert lines_of(training())[3].source == "        loss = criterion(model(x), y)"
    assert "<code>\N{NO-BREAK SPACE}" in report.to_html(training())


def test_what_was_not_read_at_every_hit_has_its_mark_and_a_sentence() -> None:
    step = lines_of(training())[6]
    assert [str(figure)[0] for figure in step.figures[2:4]] == ["~", "~"]
    assert "~ memory was not read" in report.to_text(training())
    assert "~" not in report.to_text(plain())


def test_lines_without_cost_are_faint_and_far_ones_are_folded() -> None:
    table = tuple(line(i, f"x{i} = {i}", increment=50.0 * (i == 60)) for i in range(1, 101))
    card = traces.card(replace(plain(), table=table))
    assert card.listing is not None
    ((_, shown),) = card.listing.groups
    assert [each.number for each in shown] == ["⋯", "59", "60", "61", "⋯"]
    assert [each.faint for each in shown] == [True, True, False, True, True]
    assert card.rest is not None
    assert sum(len(group) for _, group in card.rest.groups) == 97
    assert "x42 = 42" in report.to_text(card, details=True)
    assert "x42 = 42" not in report.to_text(card)


def test_few_lines_are_all_shown() -> None:
    card = traces.card(plain())
    assert card.rest is None
    assert [each.faint for each in lines_of(plain())] == [True, False, True, False]


def test_a_file_of_thousands_of_lines_makes_no_endless_card() -> None:
    table = tuple(line(i, f"x{i} = {i}", increment=1.0) for i in range(1, 3001))
    html = report.to_html(replace(plain(), table=table))
    assert len(html.encode()) < 250_000
    assert "more are in the record" in html


def test_the_costliest_come_first_where_asked() -> None:
    shown = lines_of(training(), "cost")
    assert shown[0].number == "In [2]:4"
    assert not any(each.faint for each in shown)
    assert "Lines" in report.to_text(traces.card(training(), "cost"))


def test_a_loop_that_gave_back_what_it_took_is_not_the_whole_peak() -> None:
    forward = lines_of(training())[3]
    assert 0.1 < forward.share < 0.3  # 180 MiB of 924, not 8.9 GiB of it
    assert forward.more.startswith("+148")


def test_a_caller_answers_for_its_own() -> None:
    call = next(each for each in lines_of(training()) if "append(train_step" in each.source)
    assert "of its own" in call.more


def test_bars_of_characters() -> None:
    assert block(1.0) == "████████"
    assert block(0.5, 2) == "█"
    assert block(0.001) == "▏"
    assert block(0.0) == ""


def test_columns_for_devices_stand_only_where_there_are_some() -> None:
    listing, other = report.as_card(training()).listing, report.as_card(plain()).listing
    assert listing is not None
    assert other is not None
    assert "cuda:0 allocated" in listing.columns
    assert other.columns == ("time", "increment", "peak within", "freed")


def test_allocations_say_who_saw_them_and_what_is_not_known() -> None:
    card = report.as_card(training())
    table = card.tables[0]
    assert table.title == "Allocations, as memray saw them"
    assert table.rows[1][-1] == "–"
    assert any(row[0] == "memory.temporary" for table in card.folded for row in table.rows)


def test_swap_and_a_failure_are_bad_news() -> None:
    html = report.to_html(hostile())
    assert '<b class="nbperf-bad">3.00\N{NO-BREAK SPACE}MiB</b>' in html
    assert "✕ ended by &lt;script&gt;" in html


def test_what_comes_from_outside_is_text() -> None:
    html = report.to_html(hostile())
    assert "<script>" not in html
    assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;" in html
    markdown = report.to_markdown(hostile())
    rows = [row for row in markdown.split("\n") if row.startswith("| 7 |")]
    assert len(rows) == 1
    assert "`` `<script>" in rows[0]  # in a fence longer than any in it
    assert HOSTILE not in markdown


def test_there_are_two_pictures_and_the_light_one_is_shown() -> None:
    html = report.to_html(training())
    images = re.findall(r"<img [^>]*>", html)
    assert len(images) == 2
    assert [" hidden" in image for image in images] == [False, True]
    assert 'alt="resident memory, ' in images[0]
    assert len(set(PICTURE.findall(html))) == 2


def test_the_pictures_are_drawn_once() -> None:
    trace = training()
    assert picture.pictures(trace) is picture.pictures(trace)
    READER.speak("zh_CN")
    assert picture.pictures(trace) is picture.pictures(trace)


def test_without_matplotlib_there_are_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "find_spec", lambda name: None)
    html = report.to_html(training())
    assert "<img" not in html
    assert re.search(f"[{LEVELS}]{{40}}", html)


def test_text_draws_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbperf.views.timeline", None)
    assert report.to_text(training())
    assert report.to_markdown(training())


def test_nothing_at_all_has_a_card() -> None:
    for kind in ("text", "markdown", "html"):
        assert "0 lines ran" in face(MemoryTrace(), kind).replace("\N{NO-BREAK SPACE}", " ")


def test_a_device_reading_has_its_row() -> None:
    peak = reading("memory.cuda.allocated.peak", 910 * MIB, Unit.BYTE, source="torch allocator", device="cuda:0")
    text = report.to_text(replace(training(), readings=(*training().readings, peak))).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"peak CUDA memory allocated +910 MiB +cuda:0", text)


@pytest.mark.parametrize(
    ("changes", "which"), [((5.0, 6.0, 7.0), 1), ((-5.0, -6.0), -1), ((-1.0, 6.0), 0), ((0.2, 0.3), 0), ((0.0, 0.0), 0), ((0.0, 9.0), 0)]
)
def test_pairs_that_disagree_or_hardly_differ_make_no_difference(changes: tuple[float, ...], which: int) -> None:
    assert direction([change * MIB for change in changes]) == which


def test_a_contest_says_which_needs_less() -> None:
    said = verdict(contest()).replace("\N{NO-BREAK SPACE}", " ")
    assert said == "the peak of checkpointed is 234 MiB lower than that of eager (228–239 MiB)"
    back = replace(contest(), baseline=contest().contestant, contestant=contest().baseline)
    assert "234 MiB higher" in verdict(back).replace("\N{NO-BREAK SPACE}", " ")
    assert verdict(equal()).startswith("no difference between the peaks of the first and the second: 0 to +410")


def test_the_lines_that_differ_most_come_first() -> None:
    listing = report.as_card(contest()).listing
    assert listing is not None
    ((_, lines),) = listing.groups
    assert [each.number for each in lines] == ["In [2]:6", "In [2]:4", "In [3]:5"]
    assert lines[2].more == "only in checkpointed"
    assert lines[2].figures[0] == "– → 14.0\N{NO-BREAK SPACE}MiB"
    assert report.as_card(equal()).listing is None


def test_a_changed_line_says_what_it_was() -> None:
    one, other = line(3, "x = a()", increment=5), line(3, "x = b()", increment=9)
    listing = report.as_card(replace(contest(), pairs=(LinePair(before=one, after=other),))).listing
    assert listing is not None
    assert listing.groups[0][1][0].more == "was x = a()"


def test_a_contest_of_nothing_has_a_card() -> None:
    from nbperf.core.lines import MemoryContest

    assert "nothing was compared yet" in report.to_text(MemoryContest(baseline=(), contestant=()))


@every
def test_every_word_of_ours_can_be_said_in_another_language(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each template becomes one sign and its values: what is left in English came with the record."""
    record = ALL[name]()
    came = repr(record) + " ".join(
        map(
            repr,
            (training().table, training().readings, training().absences, training().traces[0].source, hostile(), whole(1, after=0, peak=0)),
        )
    )
    came += repr(getattr(record, "table", "")) + repr(getattr(record, "environment", "")) + "Python GiB MiB KiB"
    came += repr(training().environment) + repr([finding.cause.values for finding in training().findings]) + repr(plain().table)
    came += repr(training().allocator + training().tracer + plain().tracer + "checkpointed eager") + repr(contest().pairs)

    def translate(message: str) -> str:
        return "字 " + " ".join(re.findall(r"\{\w[^}]*\}", message))

    monkeypatch.setattr(READER, "translate", translate)
    for text in (report.to_text(record, details=True), report.to_markdown(record), PICTURE.sub("", report.to_html(record))):
        words = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"<style>.*?</style>|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL)))
        assert {word for word in words if word not in came} == set()
