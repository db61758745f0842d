"""Memory over time, seen from a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbperf.probes import outside
from nbperf.probes.files import KernelFiles
from nbperf.probes.outside import Outside

MIB = 1 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="the process that looks reads /proc, which only Linux has")


def wait(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


@linux
def test_it_looks_when_it_is_due_also_while_the_interpreter_is_busy() -> None:
    looking = Outside()
    looking.start()
    pid = looking.pid
    assert pid is not None
    time.sleep(0.1)
    held = bytearray(b"x") * (60 * MIB)
    wait(0.4)
    del held
    looking.stop()
    (rss, *_) = looking.traces
    assert max(rss.values) - min(rss.values) > 55 * MIB
    assert rss.rate > 200
    assert all(a <= b for a, b in zip(rss.times, rss.times[1:], strict=False))
    assert looking.pid is None
    assert not Path(f"/proc/{pid}").exists()


@linux
def test_children_count_by_what_is_theirs_alone() -> None:
    shared = bytearray(b"s") * (40 * MIB)
    looking = Outside(uss=True)
    looking.start()
    time.sleep(0.1)
    child = os.fork()
    if child == 0:
        own = bytearray(b"o") * (30 * MIB)
        time.sleep(0.8)
        os._exit(len(own) % 1)
    time.sleep(0.6)
    looking.stop()  # while the child lives, and holds our end of the pipe
    os.waitpid(child, 0)
    found = {trace.quantity: trace for trace in looking.traces}
    assert 28 * MIB < max(found["memory.children"].values) < 40 * MIB
    assert max(found["memory.uss"].values) > 40 * MIB
    del shared


@linux
def test_it_ends_with_its_parent_however_that_ends() -> None:
    code = (
        "import os, sys, time\nfrom nbperf.probes.outside import Outside\no = Outside()\no.start()\n"
        "print(o.pid, flush=True)\ntime.sleep(0.3)\nos._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/statm").exists() and Path(f"/proc/{pid}/statm").read_text() != "" and time.monotonic() < deadline:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.05)
    assert time.monotonic() < deadline


@linux
def test_one_that_does_not_answer_is_an_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "LOOKER", "import sys; sys.exit(3)")
    looking = Outside()
    looking.start()
    time.sleep(0.2)
    looking.stop()
    assert looking.traces == ()
    assert [absence.quantity for absence in looking.absences] == ["memory.rss"]


@linux
def test_what_ends_at_once_still_ends_clean() -> None:
    looking = Outside()
    looking.start()
    looking.stop()
    looking.stop()
    assert looking.pid is None


def test_where_there_is_no_proc_a_thread_looks(tmp_path: Path) -> None:
    kernel = KernelFiles(tmp_path)
    looking = Outside(kernel=kernel)
    looking.start()
    assert looking.pid is None
    time.sleep(0.1)
    looking.stop()
    assert looking.traces[0].quantity == "memory.rss"
    assert len(looking.traces[0].values) > 2
    assert [absence.quantity for absence in looking.absences] == ["memory.children"]
