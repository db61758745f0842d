"""The card of a Run: what it says, and what it does not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from nbperf import report
from nbperf.core.records import Absence, Environment, Provenance, Run
from nbperf.core.units import Unit
from nbperf.report import as_card
from nbperf.report.card import Card, Row, shown
from nbperf.words import Sentence
from tests.report import examples
from tests.report.examples import MACHINE, MIB, reading, sample


def row(card: Card, label: str) -> Row:
    return next(row for row in card.rows if shown(row.label) == label)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def line(run: Run, label: str) -> str:
    found = row(as_card(run), label)
    return plain(" · ".join([shown(found.value), *map(shown, found.notes)]))


def facts(run: Run) -> list[str]:
    card = as_card(run)
    return [plain(shown(fact)) for fact in (*card.facts, card.broken) if fact]


@pytest.mark.parametrize(
    ("repeats", "loops", "warmups", "said"),
    [
        (1, 1, 0, "1 run"),
        (1, 5000, 0, "1 run × 5,000 loops"),
        (20, 1, 3, "20 repeats, 3 warm-ups"),
        (20, 1, 1, "20 repeats, 1 warm-up"),
        (100, 5000, 0, "100 repeats × 5,000 loops"),
        (0, 1, 0, "nothing was measured yet"),
    ],
)
def test_the_head_says_what_it_was(repeats: int, loops: int, warmups: int, said: str) -> None:
    run = Run(samples=(sample(0.1, loops=loops),) * repeats, warmups=(sample(0.2),) * warmups)
    assert facts(run) == [said]


def test_garbage_collection_is_mentioned_only_where_it_was_off() -> None:
    run = examples.one()
    assert facts(replace(run, collected=False)) == ["1 run", "GC off"]
    assert facts(run) == ["1 run"]


def test_a_broken_run_says_so_and_shows_what_was_read() -> None:
    assert facts(examples.broken()) == ["ended by ValueError"]
    assert line(examples.broken(), "time") == "336 ms"
    assert facts(examples.broken_later()) == ["7 repeats", "ended by KeyboardInterrupt, 12.0 ms into the next repeat"]


def test_broken_samples_do_not_count() -> None:
    run = examples.broken_later()
    assert "median of 7" in line(run, "time")
    assert "range 104.2–107.1 ms" in line(run, "time")


def test_one_run_shows_the_time_alone() -> None:
    assert line(examples.one(), "time") == "336 ms"


def test_loops_are_divided_out_and_said() -> None:
    run = Run(samples=(sample(0.5, loops=1000),))
    assert line(run, "time per loop") == "500 µs · mean of 1,000 loops"


@pytest.mark.parametrize(("count", "said"), [(5, False), (6, True)])
def test_an_interval_needs_six(count: int, said: bool) -> None:
    run = Run(samples=tuple(sample(0.1 + i / 1000) for i in range(count)))
    assert ("95 % interval" in line(run, "time")) is said
    assert ("an interval needs 6 repeats" in line(run, "time")) is not said


@pytest.mark.parametrize(("count", "said"), [(58, False), (59, True)])
def test_p95_only_where_the_count_allows_it(count: int, said: bool) -> None:
    run = Run(samples=tuple(sample(0.1 + i / 1000) for i in range(count)))
    assert ("p95" in line(run, "time")) is said


def test_digits_follow_the_spread() -> None:
    narrow = Run(samples=tuple(sample(0.1 + i / 100_000) for i in range(10)))
    wide = Run(samples=tuple(sample(0.1 + i / 50) for i in range(10)))
    assert line(narrow, "time").startswith("100.05 ms") or line(narrow, "time").startswith("100.0 ms")
    assert line(wide, "time").startswith("190 ms")


def test_cores_are_those_usable() -> None:
    assert line(examples.one(), "CPU") == "1.9 of 2 cores · user 607 ms · system 32.0 ms"
    quota = replace(MACHINE, cpu_quota=1.5)
    assert line(replace(examples.one(), environment=quota), "CPU").startswith("1.9 of 1.5 cores")
    assert line(replace(examples.one(), environment=None), "CPU").startswith("1.9 cores")


def test_the_gauge_of_cores_ends_where_all_that_are_granted_are_busy() -> None:
    """A quota lets a burst above it pass: the figure says so, and the bar stays within its frame."""
    quota = replace(MACHINE, cpu_quota=1.5)
    assert line(replace(examples.one(), environment=quota), "CPU").startswith("1.9 of 1.5 cores")
    full, part = (row(as_card(replace(examples.one(), environment=each)), "CPU").gauge for each in (quota, MACHINE))
    assert full is not None
    assert part is not None
    assert (full.before, full.added) == (0.0, 1.0)
    assert part.added == pytest.approx(1.9 / 2)


def test_memory_is_growth_peak_and_share() -> None:
    assert line(examples.one(), "memory") == "+400 MiB · peak 812 MiB · 5.0 % of 16 GiB (cgroup memory.max) · 40.0 MiB kept"


def test_memory_is_the_highest_of_the_repeats() -> None:
    run = Run(samples=(sample(0.1, grown=100 * MIB), sample(0.1, grown=300 * MIB), sample(0.1, grown=200 * MIB)))
    assert line(run, "memory").startswith("+300 MiB · peak 712 MiB")
    assert line(run, "memory").endswith("the highest of 3")


def test_without_a_limit_the_share_is_of_the_machine() -> None:
    machine = replace(MACHINE, memory_limit=None, memory_limit_source=None)
    assert "1.2 % of 64 GiB" in line(replace(examples.one(), environment=machine), "memory")
    unknown = Environment(host="", system="", python="3.11", cores=1, cores_allowed=1)
    assert "%" not in line(replace(examples.one(), environment=unknown), "memory")


def test_a_sampled_peak_is_a_lower_bound_and_said_to_be_sampled() -> None:
    assert line(examples.sampled(), "memory").startswith("≥ +400 MiB · peak ≥ 812 MiB")
    assert line(examples.sampled(), "memory").endswith("sampled")
    assert "≥" not in line(examples.one(), "memory")
    assert "sampled" not in line(examples.one(), "memory")


def test_an_estimate_looks_like_one() -> None:
    run = examples.sampled()
    found = next(row for row in as_card(run).rows if row.provenance is Provenance.ESTIMATED)
    assert plain(shown(found.value)) == "~61.3 J"
    assert [shown(note) for note in found.notes] == ["estimated"]


def test_a_device_has_its_time_and_its_memory() -> None:
    run = examples.cuda()
    assert line(run, "CUDA time") == "47.0 ms · cuda:0 · 97 % of the time · waited 40.2 ms for it at the end, 83 %"
    assert line(run, "CUDA memory") == "2.86 GiB · cuda:0 · peak of what was allocated · 3.50 GiB reserved"


def test_two_devices_stand_apart() -> None:
    also = [
        reading("memory.cuda.allocated.peak", size * MIB, Unit.BYTE, device=f"cuda:{i}", source="torch")
        for i, size in enumerate((100, 300))
    ]
    card = as_card(Run(samples=(sample(0.1, also=also),)))
    found = [(plain(shown(row.value)), row.notes[0]) for row in card.rows if shown(row.label) == "CUDA memory"]
    assert found == [("100 MiB", "cuda:0"), ("300 MiB", "cuda:1")]


def test_two_findings_are_shown_and_the_others_folded() -> None:
    card = as_card(examples.findings())
    assert len(card.notices) == 2
    assert all(notice.grave for notice in card.notices)
    folded = next(table for table in card.folded if table.title == "More findings")
    assert len(folded.rows) == 3


def test_absences_keep_their_reason_and_remedy() -> None:
    folded = next(table for table in as_card(examples.one()).folded if table.title == "Not measured")
    assert folded.rows[0] == ("CUDA device time", "torch sees no CUDA device", "measure on a machine with one")


def test_what_one_cause_takes_away_counts_once_as_it_does_in_the_table() -> None:
    reason = Sentence("there is no graphics card")
    lost = tuple(Absence(quantity=name, reason=reason) for name in ("energy.gpu", "power.gpu", "gpu.clock"))
    found = as_card(replace(examples.plain(), absences=lost))
    assert "1 not measured" in [str(piece) for piece in found.summary]


def test_every_reading_is_folded_with_its_source() -> None:
    run = examples.cuda()
    folded = as_card(run).folded[0]
    assert len(folded.rows) == len(run.quantities())
    assert {row[-1] for row in folded.rows} == {r.source for s in run.samples for r in s.readings}


def test_outliers_and_warmups_are_named() -> None:
    folded = next(table for table in as_card(examples.loops()).folded if table.title == "Repeats")
    assert any("no. 18: " in piece for piece in folded.rows[0])
    folded = next(table for table in as_card(examples.epoch()).folded if table.title == "Repeats")
    assert [plain(shown(piece)) for piece in folded.rows[-1]] == ["warm-ups", "212 ms", "118 ms", "109 ms"]


def test_a_probe_from_elsewhere_is_shown_under_its_own_name() -> None:
    run = Run(samples=(sample(0.1, also=[reading("fridge.{door}", 3.0, Unit.COUNT, source="mine")]),))
    assert any(row[0] == "fridge.{door}" for row in as_card(run).folded[0].rows)


@pytest.mark.parametrize("values", [(0.0,) * 8, (float("nan"),) * 8, (float("inf"), 1.0, 2.0, 3.0, 4.0), (1e-12, 1e9, 1.0, 1.0, 1.0, 1.0)])
def test_odd_numbers_are_drawn_as_well(values: tuple[float, ...]) -> None:
    run = Run(samples=tuple(sample(value) for value in values))
    for draw in (report.to_text, report.to_html, report.to_markdown, report.to_json):
        assert draw(run)


def test_an_empty_run_has_a_card() -> None:
    for draw in (report.to_text, report.to_html, report.to_markdown):
        assert "nothing was measured yet" in draw(Run())


def test_a_single_run_imports_nothing_heavy() -> None:
    code = (
        "import sys; from tests.report.examples import one; from nbperf import report;"
        "run = one(); report.to_text(run); report.to_html(run); report.to_markdown(run);"
        "print(sorted({'numpy', 'pandas', 'matplotlib', 'IPython', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_report_imports_no_renderer() -> None:
    code = "import sys, nbperf.report; print(sorted(m for m in sys.modules if m.startswith('nbperf.report.') or m == 'numpy'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
