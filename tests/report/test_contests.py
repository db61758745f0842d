"""The card of a comparison."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbperf import report
from nbperf.core.records import Comparison, Comparisons
from nbperf.core.verdicts import judge
from nbperf.report import as_card
from nbperf.report.card import Contests, shown
from nbperf.report.contests import outcome
from nbperf.report.spark import interval
from tests.report import examples
from tests.report.examples import pairs


def contests(record: Comparison | Comparisons) -> Contests:
    found = as_card(record).contests
    assert found is not None
    return found


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_one_comparison_is_headed_by_its_verdict() -> None:
    card = as_card(examples.faster())
    assert shown(card.title) == "int8 is 1.91 times as fast as fp32"
    assert card.mark == "◂"
    assert [plain(shown(fact)) for fact in card.facts] == ["120 pairs", "99 % confidence", "GC off"]


def test_several_keep_their_verdicts_on_their_lines() -> None:
    found = contests(examples.five())
    assert [line.outcome for line in found.lines] == ["baseline", "faster", "faster", "same", "slower", "faster"]
    assert all(line.verdict for line in found.lines[1:])
    facts = [plain(shown(fact)) for fact in as_card(examples.five()).facts]
    assert "99 % confidence for all together" in facts


def test_what_is_unknown_is_told_from_what_is_the_same() -> None:
    assert outcome(examples.same()) == "same"
    assert outcome(examples.unresolved()) == "unresolved"


@pytest.mark.parametrize("make", [examples.faster, examples.slower, examples.same, examples.unresolved, examples.five])
def test_the_axis_holds_all_and_leaves_room_on_both_sides(make: object) -> None:
    found = contests(make())  # type: ignore[operator]
    assert 0.15 <= found.one <= 0.85
    for line in found.lines[1:]:
        assert line.place is not None
        low, middle, high = line.place
        assert 0 <= low <= middle <= high <= 1
        assert (high < found.one) == (line.outcome == "faster")
        assert (low > found.one) == (line.outcome == "slower")


def test_half_and_twice_lie_equally_far_from_one() -> None:
    both = Comparisons(tuple(judge(pairs("a", name, ratio, noise=0.0)) for name, ratio in (("b", 0.5), ("c", 2.0))))
    found = contests(both)
    places = [line.place[1] for line in found.lines if line.place]
    assert found.one - places[0] == pytest.approx(places[1] - found.one, abs=1e-3)


def test_an_interval_is_not_rounded_to_the_other_side_of_one() -> None:
    nearly = replace(examples.faster(), ratio=0.95, interval=(0.91, 0.9996), verdict="faster")
    assert contests(nearly).lines[1].interval == "0.9100–0.9996×"


def test_a_ratio_is_not_rounded_out_of_its_own_interval() -> None:
    narrow = replace(examples.same(), ratio=1.00035, interval=(1.0002, 1.0067))
    (_, line) = contests(narrow).lines
    assert (line.ratio, line.interval) == ("1.0004×", "1.0002–1.0067×")
    for found in (narrow, replace(narrow, interval=(0.9933, 0.9998), ratio=0.9997)):
        (_, line) = contests(found).lines
        low, high = (float(end) for end in line.interval.rstrip("×").split("–"))
        assert low <= float(line.ratio.rstrip("×")) <= high


def test_all_alike_is_drawn() -> None:
    alike = judge(pairs("a", "b", 1.0, noise=0.0))
    assert contests(alike).one == pytest.approx(0.5)
    assert "●" in report.to_text(alike)


def test_a_capped_comparison_says_the_width_it_reached() -> None:
    capped = judge(pairs("a", "b", 0.5, noise=0.2, n=40))
    assert capped.more
    facts = [plain(shown(fact)) for fact in as_card(capped).facts]
    assert any("wide, 2.0 % asked for" in fact for fact in facts)
    assert not any("asked for" in plain(shown(fact)) for fact in as_card(examples.faster()).facts)


def test_loops_are_said() -> None:
    comparison = replace(examples.faster(), pairs=replace(examples.faster().pairs, loops=(50, 100)))
    assert "loops of 50–100" in [shown(fact) for fact in as_card(comparison).facts]


def test_the_picture_in_characters_has_its_marks_in_place() -> None:
    found = contests(examples.slower())
    picture = interval(found.lines[1], found, 41)
    assert len(picture) == 41
    assert picture.index("│") < picture.index("●")
    assert "━" in picture


def test_no_comparison_yet() -> None:
    assert "nothing was compared yet" in report.to_text(Comparisons())
