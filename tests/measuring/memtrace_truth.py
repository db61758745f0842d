"""Truth: known allocations land on the right line, in both modes, whatever kind of code makes them.

Run by test_memtrace.py in a process of its own: in one that has run other tests the allocator has free blocks of all
sizes, and what it hands out of those is no growth of the process.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import mmap
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import nbperf
from nbperf.core.lines import Line, MemoryTrace, cost
from nbperf.core.records import Provenance
from nbperf.errors import PlanError
from nbperf.probes import files, levels, memory

MIB = 1 << 20
linux = pytest.mark.skipif(
    sys.platform != "linux", reason="what a line did is exact only where the kernel's high-water mark can be set back"
)
pytestmark = linux
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, PR_SET_THP_DISABLE = -1, -3, 41


@pytest.fixture(autouse=True, scope="module")
def _allocator() -> Iterator[None]:
    """What is asked for is what becomes resident: large blocks come from the system and go back to it, and no huge pages."""
    library = ctypes.CDLL(None)
    library.mallopt(M_MMAP_THRESHOLD, 64 << 10)
    library.mallopt(M_TRIM_THRESHOLD, 64 << 10)
    library.prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)
    yield
    library.prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0)


@pytest.fixture(params=[False, True], ids=["default", "exact"])
def exact(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    before = sys.gettrace(), {thread.name for thread in threading.enumerate()}
    yield
    assert sys.gettrace() is before[0]
    assert {thread.name for thread in threading.enumerate()} <= before[1]


def line(trace: MemoryTrace, text: str) -> Line:
    """The one line of the trace with this text in it."""
    found = [each for each in trace.table if text in each.source]
    assert len(found) == 1, [each.source for each in trace.table]
    return found[0]


def near(value: float, mebibytes: float) -> bool:
    """Within 2 % or 1 MiB."""
    return abs(value - mebibytes * MIB) <= max(0.02 * mebibytes * MIB, MIB)


def filled(mebibytes: int) -> np.ndarray[Any, Any]:
    return np.ones(mebibytes * MIB // 8)


KEPT: list[Any] = []


@pytest.fixture(autouse=True)
def _drop() -> Iterator[None]:
    KEPT.clear()
    yield
    KEPT.clear()


def arrays() -> None:
    KEPT.append(np.ones(40 * MIB // 8))
    KEPT.append(bytearray(b"x") * (30 * MIB))
    KEPT.append(b"y" * (20 * MIB))
    block = mmap.mmap(-1, 25 * MIB)
    block.write(b"z" * (25 * MIB))
    KEPT.append(block)
    KEPT.pop(0)


def test_what_is_kept_and_what_is_given_back(exact: bool) -> None:
    trace = nbperf.memtrace(arrays, exact=exact)
    assert near(line(trace, "np.ones").increment, 40)
    assert near(line(trace, "bytearray").increment, 30)
    assert near(line(trace, 'b"y"').increment, 20)
    assert near(line(trace, "block.write").increment, 25)
    assert near(line(trace, "block.write").peak, 50)  # the bytes that are written, and the pages that they are written to
    assert near(line(trace, "pop").increment, -40)
    assert near(line(trace, "pop").freed, 40)
    assert near(trace.growth, 75)
    assert near(sum(each.own for each in trace.table), 75)


def temporary() -> float:
    total = 0.0
    total += np.ones(50 * MIB).sum()
    held = np.ones(400 * MIB // 8)
    del held
    sixteen = filled(16)
    total += float((sixteen + 1).sum())
    return total


def test_what_lives_within_a_line_is_its_peak(exact: bool) -> None:
    trace = nbperf.memtrace(temporary, exact=exact)
    assert near(line(trace, "50 * MIB").peak, 400)
    assert abs(line(trace, "50 * MIB").increment) < 2 * MIB
    assert near(line(trace, "50 * MIB").temporary, 400)
    assert near(line(trace, "held = ").peak, 400)
    assert near(line(trace, "held = ").increment, 400)
    assert near(line(trace, "sixteen + 1").peak, 16)
    assert near(trace.above, 400)
    assert trace.peak is not None
    assert trace.peak.place is not None
    assert "MIB" in trace.peak.place.source
    assert trace.reading("memory.rss.peak") is not None


def inner(mebibytes: int) -> np.ndarray[Any, Any]:
    made = np.ones(mebibytes * MIB // 8)
    scratch = np.ones(2 * mebibytes * MIB // 8)
    del scratch
    return made


def outer() -> None:
    first = inner(10)
    second = np.ones(5 * MIB // 8)
    KEPT.extend([first, second])


def test_a_call_counts_what_it_called_and_its_own_share_does_not(exact: bool) -> None:
    trace = nbperf.memtrace(outer, functions=[inner], exact=exact)
    called, made = line(trace, "inner(10)"), line(trace, "made = ")
    assert near(called.increment, 10)
    assert near(called.peak, 30)
    assert abs(called.own) < MIB / 2
    assert near(made.own, 10)
    assert near(line(trace, "scratch = ").peak, 20)
    assert near(line(trace, "second = ").own, 5)
    assert cost(called) < 3 * MIB
    assert cost(made) > 9 * MIB
    assert [each.function for each in trace.table][:1] == ["inner"]


def recursive(depth: int) -> list[Any]:
    mine = np.ones(4 * MIB // 8)
    below = recursive(depth - 1) if depth else []
    return [mine, *below]


def test_recursion_counts_nothing_twice(exact: bool) -> None:
    trace = nbperf.memtrace(lambda: KEPT.extend(recursive(4)), functions=[recursive], exact=exact)
    assert near(line(trace, "mine = ").own, 20)
    assert near(line(trace, "mine = ").increment, 20)
    assert line(trace, "mine = ").hits == 5
    assert near(line(trace, "below = ").increment, 16)
    assert abs(line(trace, "below = ").own) < MIB
    assert near(sum(each.own for each in trace.table), 20)


def loop() -> None:
    for size in (1, 2, 3, 4, 5, 6):
        KEPT.append(np.ones(size * MIB // 8))  # noqa: PERF401 - a loop is what is traced


def test_a_loop_keeps_the_least_the_mean_and_the_most(exact: bool) -> None:
    trace = nbperf.memtrace(loop, exact=exact)
    body = line(trace, "KEPT.append")
    assert (body.hits, line(trace, "for size").hits) == (6, 7)
    assert near(body.increment, 21)
    assert near(body.mean, 3.5)
    if exact:
        assert near(body.least, 1)
        assert near(body.most, 6)
        assert body.reads == 6
        assert body.provenance is Provenance.MEASURED


def small(count: int = 40_000) -> list[bytes]:
    found = []
    for number in range(count):
        text = b"%600d" % number
        found.append(text)
    return found


def test_many_small_objects_are_found_on_the_line_that_makes_them(exact: bool, capsys: pytest.CaptureFixture[str]) -> None:
    trace = nbperf.memtrace(lambda: KEPT.append(small()), functions=[small], exact=exact)
    grown = trace.reading("memory.rss.after").value - trace.reading("memory.rss.before").value  # type: ignore[union-attr]
    assert grown > 15 * MIB
    made = line(trace, "%600d")
    mode = "exact" if exact else "default"
    print(f"{mode}: {made.own / grown:.0%} of {grown / MIB:.1f} MiB on its line, {made.reads} of {made.hits} hits read")
    assert made.own > 0.6 * grown
    others = [each for each in trace.table if each.source != made.source]
    responsible = [each for each in (*others, made) if abs(each.own) > max(MIB, 0.01 * trace.above)]
    assert made in responsible
    if not exact:
        assert made.provenance is Provenance.SAMPLED
        assert made.reads < made.hits


def test_a_gil_that_is_held_hides_nothing(exact: bool) -> None:
    def held() -> int:
        return sum((b"x" * (60 * MIB))[:: 8 * MIB])  # one call after another that holds the interpreter's lock

    trace = nbperf.memtrace(held, exact=exact)
    assert near(line(trace, "return sum").peak, 60)


# ---- kinds of code ---------------------------------------------------------------------------------------------------


class Model:
    def __init__(self) -> None:
        self.weights = np.ones(8 * MIB // 8)

    def step(self) -> None:
        self.state = np.ones(12 * MIB // 8)

    @staticmethod
    def plain() -> None:
        KEPT.append(np.ones(3 * MIB // 8))

    @classmethod
    def kind(cls) -> None:
        KEPT.append(np.ones(2 * MIB // 8))


def test_methods_of_a_class(exact: bool) -> None:
    def use() -> None:
        model = Model()
        model.step()
        model.plain()
        model.kind()
        KEPT.append(model)

    trace = nbperf.memtrace(use, functions=[Model], exact=exact)
    assert near(line(trace, "self.weights").own, 8)
    assert near(line(trace, "self.state").own, 12)
    assert near(line(trace, "3 * MIB").own, 3)
    assert near(line(trace, "(2 * MIB").own, 2)
    assert {each.function for each in trace.table} >= {"Model.__init__", "Model.step", "Model.plain", "Model.kind"}


def test_a_generator_goes_on_where_it_was(exact: bool) -> None:
    def numbers() -> Iterator[int]:
        kept = []
        for number in range(3):
            kept.append(np.ones(6 * MIB // 8))
            yield number
        KEPT.append(kept)

    def consume() -> None:
        total = 0
        for number in numbers():
            total += number
            KEPT.append(np.ones(2 * MIB // 8))

    trace = nbperf.memtrace(consume, functions=[numbers], exact=exact)
    assert near(line(trace, "6 * MIB").own, 18)
    assert near(line(trace, "2 * MIB").own, 6)
    assert line(trace, "yield number").hits == 3
    assert near(line(trace, "for number in numbers()").increment, 18)


def test_a_comprehension_counts_on_its_line(exact: bool) -> None:
    def build() -> None:
        KEPT.append([np.ones(MIB // 8) for _ in range(10)])
        KEPT.append(
            {
                n: np.ones(MIB // 8)
                for n in range(7)
            }
        )  # fmt: skip

    trace = nbperf.memtrace(build, exact=exact)
    assert near(line(trace, "range(10)").increment, 10)
    assert near(sum(each.own for each in trace.table), 17)
    assert {each.function.rpartition(".")[2] for each in trace.table} == {"build"}


def test_a_decorated_function_and_a_lambda(exact: bool) -> None:
    from functools import lru_cache, partial, wraps

    def deco(function: Callable[[int], Any]) -> Callable[[int], Any]:
        @wraps(function)
        def wrapped(size: int) -> Any:
            return function(size)

        return wrapped

    @lru_cache
    @deco
    def make(size: int) -> Any:
        return np.ones(size * MIB // 8)

    trace = nbperf.memtrace(lambda: KEPT.append(make(9)), functions=[make, partial(make, 3)], exact=exact)
    assert near(line(trace, "return np.ones").own, 9)


def test_a_coroutine(exact: bool) -> None:
    async def part(size: int) -> None:
        KEPT.append(np.ones(size * MIB // 8))
        await asyncio.sleep(0.001)
        KEPT.append(np.ones(2 * size * MIB // 8))

    async def both() -> None:
        await asyncio.gather(part(4), part(5))

    trace = nbperf.memtrace(lambda: asyncio.run(both()), functions=[part, both], exact=exact)
    assert near(line(trace, "np.ones(size").own, 9)
    assert near(line(trace, "np.ones(2 * size").own, 18)
    assert line(trace, "asyncio.sleep").hits == 2


def test_threads_that_the_code_starts(exact: bool) -> None:
    def work() -> None:
        KEPT.append(np.ones(11 * MIB // 8))

    def start() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    trace = nbperf.memtrace(start, functions=[work], exact=exact)
    assert near(line(trace, "11 * MIB").peak, 11)
    # Lines that run at once share what the process takes: part of it may come while the one that starts the thread ends.
    # A thread's stack and the allocator's arena for it come on top.
    assert 10 * MIB < sum(each.own for each in trace.table) < 15 * MIB
    assert line(trace, "11 * MIB").hits == 1


def test_an_exception_midway_leaves_what_was_traced(exact: bool) -> None:
    def fails() -> None:
        KEPT.append(np.ones(7 * MIB // 8))
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        nbperf.memtrace(fails, exact=exact)
    trace = caught.value.memtrace  # type: ignore[attr-defined]
    assert trace.error == "KeyError"
    assert near(line(trace, "7 * MIB").own, 7)
    assert sys.gettrace() is None or "nbperf" not in repr(sys.gettrace())
    assert nbperf.memtrace(loop).error is None


def test_a_function_that_catches_what_it_called(exact: bool) -> None:
    def bad() -> None:
        KEPT.append(np.ones(3 * MIB // 8))
        raise ValueError

    def good() -> None:
        try:
            bad()
        except ValueError:
            pass
        KEPT.append(np.ones(4 * MIB // 8))

    trace = nbperf.memtrace(good, functions=[bad], exact=exact)
    assert near(line(trace, "3 * MIB").own, 3)
    assert near(line(trace, "4 * MIB").own, 4)
    assert near(line(trace, "bad()").increment, 3)


def test_a_module_of_its_own(exact: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import numpy as np\n\n\ndef step(n):\n    grown = np.ones(n)\n    return grown\n"
    (tmp_path / "trainer_of_mine.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    import importlib

    sys.modules.pop("trainer_of_mine", None)
    module: ModuleType = importlib.import_module("trainer_of_mine")
    sys.modules.pop("trainer_of_mine")
    trace = nbperf.memtrace(lambda: KEPT.append(module.step(6 * MIB // 8)), functions=[module.step], exact=exact)
    assert near(line(trace, "grown = ").own, 6)
    assert (line(trace, "grown = ").file, line(trace, "grown = ").line) == ("trainer_of_mine.py", 5)
    assert not list(tmp_path.glob("*.lprof*"))


def test_torch_tensors(exact: bool) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")

    def step() -> None:
        weight = torch.ones(5 * MIB, dtype=torch.float32)
        result = weight * 2
        del weight
        KEPT.append(result)

    step()  # the first call loads libraries
    KEPT.clear()
    trace = nbperf.memtrace(step, exact=exact)
    assert near(line(trace, "torch.ones").increment, 20)
    assert near(line(trace, "weight * 2").increment, 20)
    assert near(line(trace, "del weight").increment, -20)


def test_memory_profilers_decorator_is_not_in_the_way(exact: bool) -> None:
    profile = pytest.importorskip("memory_profiler", reason="memory_profiler is not installed here").profile

    @profile  # type: ignore[untyped-decorator, unused-ignore]
    def old() -> None:
        KEPT.append(np.ones(6 * MIB // 8))

    trace = nbperf.memtrace(old, exact=exact)
    assert near(line(trace, "6 * MIB").own, 6)


def test_memory_profilers_table_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    memory_profiler = pytest.importorskip("memory_profiler", reason="memory_profiler is not installed here")
    memory_profiler.show_results(nbperf.memtrace(loop))
    shown = capsys.readouterr().out
    assert "KEPT.append(np.ones(size * MIB // 8))" in shown
    assert any("KEPT.append" in row and 20 < float(row.split()[3]) < 22 for row in shown.splitlines())


# ---- over time --------------------------------------------------------------------------------------------------------


def test_the_timeline_has_the_peak_the_marks_and_the_regions() -> None:
    def train() -> None:
        for epoch in range(2):
            nbperf.mark(f"epoch {epoch}")
            with nbperf.region("forward"):
                KEPT.append(np.ones(30 * MIB // 8))
                time.sleep(0.06)

    trace = nbperf.memtrace(train)
    timeline = trace.timeline
    assert timeline is not None
    assert [mark.name for mark in trace.marks] == ["epoch 0", "epoch 1"]
    assert [band.path for band in trace.bands] == [("forward",), ("forward",)]
    assert all(0 <= band.start < band.end <= trace.seconds + 0.1 for band in trace.bands)
    assert trace.bands[0].end <= trace.marks[1].at <= trace.bands[1].start
    assert near(max(timeline.values) - min(timeline.values), 60)
    assert timeline.times == tuple(sorted(timeline.times))
    assert [round(step.change / MIB) for step in trace.steps if step.change > 20 * MIB] == [30, 30]
    assert all(step.place and "np.ones" in step.place.source for step in trace.steps if step.change > 20 * MIB)


def test_marks_outside_of_a_trace_do_nothing_and_want_a_name() -> None:
    nbperf.mark("nobody listens")
    with nbperf.perf() as run:
        nbperf.mark("a run keeps no times")
    assert run.error is None
    with pytest.raises(PlanError, match="a mark needs a name"):
        nbperf.mark("")


def test_what_is_asked_for_beside_resident_memory() -> None:
    def work() -> None:
        KEPT.append([bytes(1000) for _ in range(5000)])
        time.sleep(0.3)

    trace = nbperf.memtrace(work, also=["uss", "python"])
    found = {each.quantity: each for each in trace.traces}
    assert set(found) >= {"memory.rss", "memory.uss", "memory.python"}
    assert max(found["memory.python"].values) > 4_500_000
    assert max(found["memory.uss"].values) <= max(found["memory.rss"].values)
    with pytest.raises(PlanError, match="uss, python over time as well, not 'gpu'"):
        nbperf.memtrace(work, also=["gpu"])


def test_worker_processes_are_added_and_shared_pages_are_not() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
    from torch.utils.data import DataLoader, Dataset

    shared = torch.ones(20 * MIB)  # 80 MiB that every forked worker sees

    class Data(Dataset):  # type: ignore[type-arg, misc, unused-ignore]
        def __len__(self) -> int:
            return 8

        def __getitem__(self, index: int) -> Any:
            if not hasattr(self, "mine"):
                self.mine = np.ones(30 * MIB // 8)
            time.sleep(0.4)
            return shared[:4].clone()

    def read() -> int:
        return sum(1 for _ in DataLoader(Data(), batch_size=1, num_workers=2, multiprocessing_context="fork"))

    trace = nbperf.memtrace(read)
    children = next(each for each in trace.traces if each.quantity == "memory.children")
    assert 50 * MIB < max(children.values) < 140 * MIB  # twice 30 MiB and what each worker writes to; never the 80 MiB twice
    assert trace.table


def test_a_forked_child_is_not_traced_and_leaves_the_parents_mark_alone() -> None:
    def fork() -> int:
        child = os.fork()
        if child == 0:
            try:
                total = 0
                for number in range(2000):
                    total += number
                np.ones(30 * MIB // 8)
                os._exit(0 if sys.gettrace() is None else 7)
            finally:
                os._exit(8)
        np.ones(70 * MIB // 8).sum()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    codes: list[int] = []
    trace = nbperf.memtrace(lambda: codes.append(fork()), functions=[fork], exact=True)
    assert codes == [0]
    assert near(line(trace, "70 * MIB").peak, 70)
    assert abs(trace.above - 70 * MIB) < 4 * MIB  # after a fork, pages that are written to are there twice for a while
    assert "total += number" not in " ".join(each.source for each in trace.table)


# ---- beside others ----------------------------------------------------------------------------------------------------


def test_one_trace_at_a_time() -> None:
    def within() -> None:
        nbperf.memtrace(loop)

    with pytest.raises(PlanError, match="a memory trace is running already"):
        nbperf.memtrace(within)
    assert nbperf.memtrace(loop).error is None


def test_windows_inside_and_around_keep_their_own_peaks(exact: bool) -> None:
    def step() -> None:
        with nbperf.perf() as run:
            np.ones(50 * MIB // 8).sum()
        runs.append(run)
        np.ones(90 * MIB // 8).sum()

    runs: list[Any] = []
    with nbperf.perf() as around:
        np.ones(120 * MIB // 8).sum()
        trace = nbperf.memtrace(step, exact=exact)
    inside = runs[0]

    def above(run: Any) -> float:
        return float(run.measurement("memory.rss.peak").median - run.measurement("memory.rss.before").median)

    assert near(above(inside), 50)
    assert near(above(around), 120)
    assert near(line(trace, "50 * MIB").peak, 50)
    assert near(line(trace, "90 * MIB").peak, 90)
    assert near(trace.above, 90)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from 3.12 on lines come from sys.monitoring, and nobody shares sys.settrace")
def test_a_debuggers_tracer_goes_on() -> None:
    seen: list[tuple[str, str]] = []

    def debugger(frame: Any, event: str, arg: object) -> Any:
        seen.append((frame.f_code.co_name, event))
        return debugger

    sys.settrace(debugger)
    try:
        trace = nbperf.memtrace(loop)
        assert sys.gettrace() is debugger
    finally:
        sys.settrace(None)
    assert near(line(trace, "KEPT.append").own, 21)
    assert seen.count(("loop", "line")) == 13
    assert ("loop", "return") in seen


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from 3.12 on lines come from sys.monitoring, which is shared")
def test_coverage_is_refused_in_one_line() -> None:
    class CTracer:
        def __call__(self, frame: object, event: str, arg: object) -> None:
            return None

    CTracer.__module__ = "coverage.tracer"
    sys.settrace(CTracer())
    try:
        with pytest.raises(PlanError, match=r"^coverage traces this Python already and cannot share it before Python 3\.12"):
            nbperf.memtrace(loop)
    finally:
        sys.settrace(None)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in Python 3.12")
def test_tools_of_sys_monitoring_are_left_alone() -> None:
    monitoring = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
    before = [monitoring.get_tool(number) for number in range(6)]
    nbperf.memtrace(loop)
    assert [monitoring.get_tool(number) for number in range(6)] == before
    for number in (2, 3, 4, 5):
        monitoring.use_tool_id(number, "mine")
    try:
        with pytest.raises(PlanError, match=r"every place for a tool in sys\.monitoring is taken"):
            nbperf.memtrace(loop)
    finally:
        for number in (2, 3, 4, 5):
            monitoring.free_tool_id(number)
    assert nbperf.memtrace(loop).error is None


def test_the_block_traces_what_stands_in_it(exact: bool) -> None:
    with nbperf.memtrace("mine", exact=exact) as trace:
        grown = np.ones(13 * MIB // 8)
        KEPT.append(grown)
    assert trace.label == "mine"
    assert near(line(trace, "grown = ").own, 13)
    assert "KEPT.append(grown)" in [each.source.strip() for each in trace.table]
    with pytest.raises(ZeroDivisionError), nbperf.memtrace() as broken:
        1 / 0  # noqa: B018
    assert broken.error == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (len, "len has no lines of Python"),
        (3, "memtrace takes a function, a label or nothing, not 3"),
    ],
)
def test_what_cannot_be_traced_is_said(task: Any, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        nbperf.memtrace(task)


def test_a_coroutine_function_is_not_run_by_calling_it() -> None:
    async def later() -> None: ...

    with pytest.raises(PlanError, match="this gives a coroutine"):
        nbperf.memtrace(later)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    monkeypatch.chdir(tmp_path)
    nbperf.memtrace(loop, also=["python"], alloc=True)
    gc.collect()
    here = psutil.Process()
    before = here.num_fds(), here.num_threads(), len(here.children())
    for alloc in (False, True):
        nbperf.memtrace(loop, also=["python", "uss"], alloc=alloc)
        with pytest.raises(ZeroDivisionError):
            nbperf.memtrace(lambda: 1 / 0, alloc=alloc)
    gc.collect()
    assert (here.num_fds(), here.num_threads(), len(here.children())) == before
    assert list(tmp_path.iterdir()) == []
    assert not (sys.modules.get("tracemalloc") and sys.modules["tracemalloc"].is_tracing())


# ---- where the mark cannot be set back --------------------------------------------------------------------------------


def test_without_the_mark_levels_are_read_and_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = files.KernelFiles(tmp_path)
    monkeypatch.setattr(files, "KERNEL", other)
    try:
        trace = nbperf.memtrace(loop, exact=True)
    finally:
        other.close()
    assert near(line(trace, "KEPT.append").own, 21)
    assert any("high-water mark cannot be set back" in absence.reason for absence in trace.absences)
    assert any(absence.quantity == "memory.children" for absence in trace.absences)
    assert trace.timeline is not None


def test_by_vmhwm_where_getrusage_keeps_another_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(files.KERNEL._facts, levels._usage_follows, False)
    trace = nbperf.memtrace(temporary, exact=True)
    assert near(line(trace, "50 * MIB").peak, 400)


def test_what_the_allocator_keeps_is_given_back_before() -> None:
    def again() -> None:
        for _ in range(40):
            KEPT.append(np.ones(100_000 // 8))  # noqa: PERF401 - as above

    first = nbperf.memtrace(again)
    KEPT.clear()
    second = nbperf.memtrace(again)
    assert memory.trim()
    assert second.growth > 0.8 * first.growth > MIB
