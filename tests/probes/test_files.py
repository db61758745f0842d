import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nbperf.probes.files import KernelFiles


@pytest.fixture
def kernel(tmp_path: Path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "counter").write_text("1\n")
    kernel = KernelFiles(tmp_path)
    yield kernel
    kernel.close()


def test_reads_the_present_content_through_one_descriptor(kernel: KernelFiles, tmp_path: Path):
    assert kernel.read("/proc/counter") == b"1\n"
    (tmp_path / "proc" / "counter").write_text("2\n")
    assert kernel.read("/proc/counter") == b"2\n"
    assert kernel.opened == 1


def test_counts_what_went_through_it(kernel: KernelFiles):
    kernel.read("/proc/counter")
    kernel.text("/proc/counter")
    kernel.write("/proc/counter", b"345")
    assert (kernel.bytes_read, kernel.bytes_written) == (4, 3)


def test_closes_everything_and_opens_it_again(kernel: KernelFiles):
    kernel.read("/proc/counter")
    kernel.write("/proc/counter", b"7")
    descriptors = list(kernel._open.values())
    kernel.close()
    assert kernel.opened == 0
    for descriptor in descriptors:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
    assert kernel.read("/proc/counter", 1) == b"7"


def test_text_of_what_is_not_there_is_none(kernel: KernelFiles):
    assert kernel.text("/proc/nothing") is None
    with pytest.raises(FileNotFoundError):
        kernel.read("/proc/nothing")


def test_text_is_read_to_its_end_although_the_kernel_gives_a_page_at_a_time():
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    text = KernelFiles().text("/proc/self/maps")
    assert text is not None
    assert "[stack]" in text
    assert len(text) > 4096
    assert len(KernelFiles().text("/proc/self/maps", 100) or "") == 100


def test_a_fact_is_found_once_and_for_these_files_only(kernel: KernelFiles, tmp_path: Path):
    asked: list[KernelFiles] = []

    def fact(files: KernelFiles) -> int:
        asked.append(files)
        return len(asked)

    assert [kernel.once(fact), kernel.once(fact)] == [1, 1]
    assert KernelFiles(tmp_path).once(fact) == 2


def test_a_fact_may_rest_on_another(kernel: KernelFiles):
    def inner(files: KernelFiles) -> int:
        return 20

    def outer(files: KernelFiles) -> int:
        return files.once(inner) + 1

    assert kernel.once(outer) == 21


def test_threads_share_a_descriptor(kernel: KernelFiles):
    ready = threading.Barrier(8)

    def read() -> None:
        ready.wait()
        kernel.read("/proc/counter")

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kernel.opened == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_forked_child_reads_itself_and_not_its_parent():
    script = """
import os
from nbperf.probes.files import KERNEL
def pid(): return int(KERNEL.read("/proc/self/status").split(b"Pid:", 1)[1].split(None, 1)[0])
assert pid() == os.getpid()
child = os.fork()
if child == 0:
    os._exit(0 if pid() == os.getpid() and KERNEL.opened == 1 else 1)
assert os.waitpid(child, 0)[1] == 0
assert pid() == os.getpid()
"""
    subprocess.run([sys.executable, "-c", script], check=True)
