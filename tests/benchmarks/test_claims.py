"""What README says of the two tables holds here and now: small trials, and only ratios between tools of the same run."""

from __future__ import annotations

import pytest

from tests.benchmarks.cost import costs, installed
from tests.benchmarks.false_differences import TASKS, ours, two_blocks
from tests.benchmarks.quality import compared


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", TASKS)
def test_identical_code_is_rarely_called_different_and_a_real_difference_found(name: str) -> None:
    same, more = TASKS[name](1.0), TASKS[name](1.05)
    false = sum(ours(same, same) != "indistinct" for _ in range(40))
    assert false <= 6  # at 3 % a false alarm of this test in 10,000 runs
    assert [ours(same, more) for _ in range(10)].count("slower") >= 9


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_usual_way_is_fooled_more_often() -> None:
    same = TASKS["pure Python"](1.0)
    usual = sum(two_blocks(same, same) != "indistinct" for _ in range(30))
    paired = sum(ours(same, same) != "indistinct" for _ in range(30))
    print(f"of 30 comparisons of identical code, two blocks called {usual} different, pairs in turn {paired}")
    assert paired <= max(usual, 2)


@pytest.mark.slow
@pytest.mark.kernel
@pytest.mark.timeout(300)
def test_a_measured_cell_costs_a_small_part_of_what_memory_tools_cost() -> None:
    names = [
        name for name in ("%%time", "%%perf", "%%memit", "%%memray_flamegraph") if name != "%%memray_flamegraph" or installed("memray")
    ]
    found = costs(40, names)
    print({name: f"{each['cell'] * 1e3:.2f} ms" for name, each in found.items()})
    assert found["%%perf"]["cell"] < found["%%memit"]["cell"] / 10
    if "%%memray_flamegraph" in found:
        assert found["%%perf"]["cell"] < found["%%memray_flamegraph"]["cell"] / 2


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 10, 100, 1000])
def test_counting_a_batch_takes_a_tenth_of_scikit_learns_time(classes: int) -> None:
    pytest.importorskip("sklearn")
    found = compared(classes, "numpy", rounds=15)
    print({name: f"{seconds * 1e6:.1f} µs" for name, (seconds, _) in found.items()})
    assert found["scikit-learn"][1] >= 10


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 10, 100, 1000])
def test_counting_a_batch_of_tensors_is_ahead_of_torchmetrics(classes: int) -> None:
    pytest.importorskip("torchmetrics")
    found = compared(classes, "torch, CPU", rounds=15)
    assert all(ratio > 1 for name, (_, ratio) in found.items() if name != "nbperf")
