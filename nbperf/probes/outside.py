"""Memory over time, seen from outside: a process of our own that reads this one's, and that of its children.

A thread cannot look while a call holds the interpreter's lock, and beside busy Python code it looks 50 times a second
where 1,000 were asked for. A process looks when it is due. It takes some 30 ms to start, in which the code may already
run. A byte ends it, since a forked worker may hold its input open; without one it ends when its parent has.

The pages that a forked child shares with its parent are in both resident sizes. So of children only what is theirs
alone is counted (``Private_*`` of ``smaps_rollup``): added to the parent's resident size, nothing counts twice. That
file takes up to 18 ms to read for a process of a gigabyte, so children are looked at ten times a second at most, and
more seldom if it takes long.
"""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections.abc import Sequence
from time import perf_counter

from nbperf.core.records import Absence, Provenance, Trace
from nbperf.core.units import Unit
from nbperf.probes import files, memory
from nbperf.probes.files import KernelFiles
from nbperf.probes.memory import ResidentMemory
from nbperf.probes.sampler import Sampler
from nbperf.words import Sentence

PERIOD = 2e-3
"""Seconds between two looks of the process; at half of it, it takes 3 % of a core from code that may need them all."""
SLOW_PERIOD = 1e-2
"""Seconds between two looks of the thread that stands in for the process."""
POINTS = 65_536
PATIENCE = 2.0
"""Seconds that the process has to answer at the end."""

LOOKER = r"""
import os, select, sys, time
from array import array
pid, period, points = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
uss, page, me = sys.argv[4] == "1", int(sys.argv[5]), os.getpid()
statm = os.open(f"/proc/{pid}/statm", os.O_RDONLY)
times, levels = array("d"), array("d")
slow = {"children": (array("d"), array("d")), "uss": (array("d"), array("d"))}
clock = time.perf_counter

def private(who):
    with open(f"/proc/{who}/smaps_rollup", "rb") as file:
        return 1024 * sum(int(line.split()[1]) for line in file if line.startswith(b"Private_"))

def below(who):
    found = []
    for task in os.listdir(f"/proc/{who}/task"):
        try:
            with open(f"/proc/{who}/task/{task}/children", "rb") as file:
                found += [int(each) for each in file.read().split()]
        except OSError:
            pass
    return found

def family():
    total, todo = 0, [each for each in below(pid) if each != me]
    while todo:
        who = todo.pop()
        try:
            total += private(who)
            todo += below(who)
        except OSError:
            pass
    return total

stride = 1
count = 0
due = clock()
slow_due = due
while True:
    now = clock()
    try:
        level = int(os.pread(statm, 128, 0).split(b" ", 2)[1]) * page
    except (OSError, IndexError):
        break
    if count % stride == 0:
        times.append(now)
        levels.append(level)
        if len(times) > points:
            times, levels = times[::2], levels[::2]
            stride *= 2
    count += 1
    if now >= slow_due:
        for name, look in (("children", family), ("uss", lambda: private(pid))):
            if name == "uss" and not uss:
                continue
            try:
                value = look()
            except OSError:
                continue
            ts, vs = slow[name]
            ts.append(now)
            vs.append(value)
            if len(ts) > points:
                del ts[1::2], vs[1::2]
        slow_due = max(now + 0.1, clock() + 8 * (clock() - now))
    due += period
    wait = due - clock()
    if wait < 0:
        due -= wait
        wait = 0
    if select.select([0], [], [], wait)[0] or os.getppid() != pid:
        break
out = sys.stdout.buffer
for ts, vs in ((times, levels), slow["children"], slow["uss"]):
    out.write(len(ts).to_bytes(8, "little"))
    out.write(ts.tobytes())
    out.write(vs.tobytes())
out.flush()
"""


class Outside:
    """Looks at this process's memory from `start` to `stop`; not a probe, since it gives traces and no readings.

    Parameters
    ----------
    uss : bool
        Whether this process's own unique memory is looked at as well, as often as its children's.
    kernel : KernelFiles, optional
        Where there is no ``/proc``, a thread stands in.

    Attributes
    ----------
    traces : tuple of Trace
        After `stop`: ``memory.rss``, and ``memory.children`` and ``memory.uss`` where there is anything. Times count
        from `start`.
    absences : tuple of Absence
        After `stop`.
    began : float
        When `start` was called, by ``perf_counter``.
    """

    def __init__(self, *, uss: bool = False, kernel: KernelFiles | None = None) -> None:
        self._kernel = kernel or files.KERNEL
        self._uss = uss
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: Sampler | None = None
        self.began = 0.0
        self.traces: tuple[Trace, ...] = ()
        self.absences: tuple[Absence, ...] = ()

    @property
    def pid(self) -> int | None:
        """The process that looks, while it does."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Begin to look."""
        self.began = perf_counter()
        # On Linux alone, where `perf_counter` counts the same seconds in every process.
        if self._kernel.root == "" and sys.platform == "linux" and self._kernel.text(memory.STATM) is not None:
            import mmap
            import os

            options = [str(os.getpid()), str(PERIOD), str(POINTS), "1" if self._uss else "0", str(mmap.PAGESIZE)]
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", LOOKER, *options],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
                )  # fmt: skip
                return
            except OSError:  # no more processes are allowed here
                pass
        self._thread = Sampler((ResidentMemory(self._kernel),), SLOW_PERIOD)
        self._thread.start()

    def stop(self) -> None:
        """End: nothing of it is left running."""
        if self._process is not None:
            process, self._process = self._process, None
            try:
                found, _ = process.communicate(b"\n", timeout=PATIENCE)
                self._read(found)
            except (subprocess.TimeoutExpired, OSError, ValueError):
                self.absences = (_lost(),)
            finally:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    if pipe is not None:
                        pipe.close()
        elif self._thread is not None:
            thread, self._thread = self._thread, None
            thread.stop()
            self.traces = thread.traces
            self.absences = (
                Absence(
                    quantity="memory.children",
                    reason=Sentence("the memory of worker processes can be told from this one's only on Linux"),
                    remedy=Sentence("set num_workers=0 to see what loading takes"),
                ),
            )

    def _read(self, found: bytes) -> None:
        series: list[tuple[array[float], array[float]]] = []
        at = 0
        for _ in range(3):
            size = int.from_bytes(found[at : at + 8], "little") * 8
            at += 8
            if len(found) < at + 2 * size:
                raise ValueError
            times, values = array("d"), array("d")
            times.frombytes(found[at : at + size])
            values.frombytes(found[at + size : at + 2 * size])
            at += 2 * size
            series.append((times, values))
        (times, levels), children, uss = series
        traces = [self._trace("memory.rss", "statm, from outside", PERIOD, times, levels)] if len(times) else []
        if any(children[1]):
            traces.append(self._trace("memory.children", "smaps_rollup, private pages", 0.1, *children))
        if len(uss[0]):
            traces.append(self._trace("memory.uss", "smaps_rollup, private pages", 0.1, *uss))
        self.traces = tuple(traces)
        self.absences = () if traces else (_lost(),)

    def _trace(self, quantity: str, source: str, period: float, times: Sequence[float], values: Sequence[float]) -> Trace:
        return Trace(
            quantity=quantity, unit=Unit.BYTE, provenance=Provenance.SAMPLED, source=source, period=period,
            times=tuple(time - self.began for time in times), values=tuple(values),
        )  # fmt: skip


def _lost() -> Absence:
    return Absence(
        quantity="memory.rss",
        reason=Sentence("the process that reads memory over time gave no answer"),
        remedy=Sentence("trace code that takes longer than its start of about 50 ms, or see the lines' own readings"),
    )
