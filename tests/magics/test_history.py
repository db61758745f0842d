"""What a measured cell leaves behind, and how it stands beside an earlier one, in a real ipykernel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kernel import Kernel
from tests.magics.test_session import cards

ABOUT = "import nbperf\n%load_ext nbperf\ndef spin(n):\n    return sum(range(n))"


@pytest.fixture
def kept(fresh_kernel: Kernel) -> Kernel:
    fresh_kernel.run(ABOUT).check()
    return fresh_kernel


def test_every_measured_cell_is_kept_right_after_it(kept: Kernel) -> None:
    kept.run("%%perf -l spin -r 3\nspin(1000)", cell_id="abc").check()
    kept.run("%perf -q -r 5 spin(10)").check()
    kept.run("%%perf -q -l broken\n1 / 0")
    found = kept.value("[(r.label, r.error) for r in nbperf.runs()]")
    assert found == [("spin", None), ("spin(10)", None), ("broken", "ZeroDivisionError")]
    assert kept.value("(nbperf.runs('spin')[0].cell, nbperf.runs('spin')[0].source)") == ("abc", None)
    assert kept.value("__import__('os').path.exists('.nbperf/history.sqlite')")
    table = kept.run("nbperf.history('spin')").check().results[0]["text/plain"]
    assert "time.wall" in table


def test_silent_and_recorded_cells_leave_nothing(kept: Kernel) -> None:
    kept.run("%%perf\nspin(10)", silent=True)
    kept.run("%nbperf auto on").check()
    kept.run("spin(10)").check()
    assert kept.value("nbperf.runs()") == []


def test_the_history_is_switched_off_and_elsewhere(kept: Kernel) -> None:
    kept.run("%config NBPerf.history = None").check()
    kept.run("%%perf\n1").check()
    assert kept.value("__import__('os').path.exists('.nbperf')") is False
    kept.run("%config NBPerf.history = 'mine.sqlite'\n%config NBPerf.store_source = True").check()
    kept.run("%%perf\nspin(7)").check()
    assert "spin(7)" in kept.value("nbperf.runs()[0].source")
    assert kept.value("__import__('os').path.exists('mine.sqlite')")


def test_a_file_that_cannot_be_used_costs_one_warning_and_nothing_else(kept: Kernel) -> None:
    kept.run("import os\nos.mkdir('.nbperf')\nopen('.nbperf/history.sqlite', 'w').write('not a database ' * 100)").check()
    first, second = (kept.run("%%perf\n'value'").check() for _ in range(2))
    assert [bundle["text/plain"] for bundle in first.results] == ["'value'"]
    assert len(cards(first)) == len(cards(second)) == 1
    assert "NBPerf.history" in first.stderr
    assert second.stderr == ""


def test_beside_an_earlier_run_stands_what_it_was_and_no_verdict(kept: Kernel) -> None:
    kept.run("%%perf -q -l before -r 10\nspin(30_000)").check()
    result = kept.run("%%perf -l after -r 10 --baseline before\nspin(30_000)").check()
    (card,) = cards(result)
    assert "was" in card
    assert "before" in card
    assert "without the machine's drift" in card
    assert "vs last" in card
    assert not any(word in card for word in ("faster", "slower", "as fast"))
    result = kept.run("%perf -l after --baseline before spin(30_000)").check()
    assert "was" in cards(result)[0]


def test_a_baseline_that_is_not_there_is_named_and_the_run_shown(kept: Kernel) -> None:
    result = kept.run("%%perf --baseline nonesuch\n5").check()
    assert "no run labelled 'nonesuch'" in result.stderr
    assert len(cards(result)) == 1
    assert result.results[0]["text/plain"] == "5"


def test_code_that_changes_folders_does_not_split_the_history(kept: Kernel) -> None:
    kept.run("%%perf -q -l here\n1").check()
    kept.run("import os, tempfile\nhome, away = os.getcwd(), tempfile.mkdtemp()\nos.chdir(away)").check()
    kept.run("%%perf -q -l away\n1").check()
    assert kept.value("([r.label for r in nbperf.runs()], os.listdir(away))") == (["here", "away"], [])
    assert kept.value("os.path.exists(os.path.join(home, '.nbperf', 'history.sqlite'))")
    kept.run("%config NBPerf.history = 'other.sqlite'").check()
    kept.run("%%perf -q -l other\n1").check()
    assert kept.value("os.path.exists(os.path.join(away, 'other.sqlite'))")


def test_kernels_share_a_history(kept: Kernel, kernels: Callable[..., Kernel], tmp_path) -> None:
    where = str(tmp_path / "shared.sqlite")
    other = kernels()
    other.run(ABOUT).check()
    for kernel, label in ((kept, "one"), (other, "two")):
        kernel.run(f"%config NBPerf.history = {where!r}").check()
        kernel.run(f"%%perf -q -l {label}\nspin(10)").check()
    assert kept.value("[r.label for r in nbperf.runs()]") == ["one", "two"]


@pytest.mark.parametrize("inline", ["", "%matplotlib inline\n"])
def test_the_plot_is_a_picture_once(kept: Kernel, inline: str) -> None:
    for _ in range(3):
        kept.run("%%perf -q -l spin -r 6\nspin(1000)").check()
    result = kept.run(f"{inline}nbperf.plot_history('spin')").check()
    assert [("image/png" in bundle) for bundle in (*result.results, *result.displays)] == [True]
    assert "there are" in kept.run("nbperf.plot_history('spin', 'energy.gpu')").error.evalue  # type: ignore[union-attr]
