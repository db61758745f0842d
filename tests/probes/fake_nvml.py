"""Compiles fake_nvml.c and puts it where the driver's library would be, under the true binding."""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("fake_nvml.c")


@functools.cache
def compiled(*options: str, name: str = "libfakeml.so", soname: str = "") -> Path:
    """The library; the test is skipped, and says so, where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("not run: there is no C compiler here to build the fake NVML library with")
    path = Path(tempfile.mkdtemp(prefix="nbperf-fake-")) / name
    named = [f"-Wl,-soname,{soname}"] if soname else []
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", *options, *named, str(SOURCE), "-o", str(path), "-lm"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"the fake NVML library does not compile:\n{done.stderr}")
    return path


class FakeDriver:
    """The library's virtual clock, shared with the test, and what its cards do."""

    def __init__(self, path: Path) -> None:
        self.library = ctypes.CDLL(str(path))
        self.library.fake_now.argtypes = [ctypes.c_double]
        self.library.fake_power.argtypes = [ctypes.c_int, ctypes.c_double, ctypes.c_double]
        self.library.fake_set.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_double]
        self.library.fake_process.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_ulonglong]
        self.now = 0.0
        self.clear()

    def __call__(self) -> float:
        return self.now

    def clear(self, cards: int = 1) -> None:
        self.library.fake_clear(cards)
        self.to(100.0)

    def to(self, seconds: float) -> None:
        self.now = seconds
        self.library.fake_now(seconds)

    def advance(self, seconds: float) -> None:
        self.to(self.now + seconds)

    def power(self, *steps: tuple[float, float], card: int = 0) -> None:
        """(second, watts): a staircase."""
        for at, watts in steps:
            self.library.fake_power(card, at, watts)

    def set(self, card: int = 0, **values: float) -> None:
        for key, value in values.items():
            self.library.fake_set(card, key.encode(), value)

    def process(self, pid: int, held: int, card: int = 0) -> None:
        self.library.fake_process(card, pid, held)

    @property
    def calls(self) -> int:
        return int(self.library.fake_calls())
