import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from nbperf.core.records import Absence
from nbperf.core.units import Unit
from nbperf.probes.files import KernelFiles
from nbperf.probes.io import InputOutput

needs_proc = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs /proc/self/io")


@needs_proc
def test_a_file_that_is_written_and_read_is_counted(tmp_path: Path):
    probe = InputOutput()
    probe.start()
    (tmp_path / "data").write_bytes(bytes(300_000))
    (tmp_path / "data").read_bytes()
    (tmp_path / "data").read_bytes()
    read, written = probe.stop()
    assert (read.quantity, read.unit) == ("io.read", Unit.BYTE)
    assert 600_000 <= read.value < 610_000
    assert 300_000 <= written.value < 310_000


def fake(tmp_path: Path, read: int, written: int) -> None:
    folder = tmp_path / "proc" / "self"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "io").write_text(f"rchar: {read}\nwchar: {written}\nsyscr: 1\nsyscw: 1\nread_bytes: 0\nwrite_bytes: 0\n")


def test_what_nbperf_reads_and_writes_itself_is_taken_out(tmp_path: Path):
    fake(tmp_path, 1000, 500)
    kernel = KernelFiles(tmp_path)
    probe = InputOutput(kernel)
    probe.start()
    own = kernel.bytes_read
    for _ in range(10):
        kernel.read("/proc/self/io")
    own = kernel.bytes_read - own
    kernel.bytes_written += 40
    # The kernel counts the read at the near end as well, but only after it has been answered.
    near_end = len((tmp_path / "proc/self/io").read_bytes())
    fake(tmp_path, 1000 + own + near_end + 7, 500 + 40 + 1)
    read, written = probe.stop()
    assert (read.value, written.value) == (7, 1)
    kernel.close()


def test_without_proc_the_counters_of_psutil_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    counts = iter([(1, 1), (10, 20), (15, 40)])  # the first is a trial

    class Process:
        def io_counters(self) -> SimpleNamespace:
            read, written = next(counts)
            return SimpleNamespace(read_bytes=read, write_bytes=written)

    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace(Process=Process))
    probe = InputOutput(KernelFiles(tmp_path))
    probe.start()
    read, written = probe.stop()
    assert (read.value, written.value, read.source) == (5, 20, "psutil io_counters")


def test_where_nobody_counts_it_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace(Process=lambda: SimpleNamespace()))
    probe = InputOutput(KernelFiles(tmp_path))
    probe.start()
    answers = probe.stop()
    assert [answer.quantity for answer in answers] == ["io.read", "io.write"]
    assert all(isinstance(answer, Absence) for answer in answers)
