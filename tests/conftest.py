"""Fixtures that several folders use."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.kernel import Kernel

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Of mallopt(3)."""


def pytest_configure() -> None:
    """Large blocks come from the system and go back to it, whatever the tests before have freed.

    glibc raises both thresholds as blocks are freed, and then hands out what it kept: an array of 100 MB is no growth.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        for parameter in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            if mallopt is not None:
                mallopt(parameter, 1 << 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts a kernel, and drive the browser last.

    Playwright's plain interface keeps an event loop running in this thread for as long as its browser is open; code
    under test that starts a loop of its own could not run beside it.
    """
    for item in items:
        if {"kernel", "fresh_kernel", "kernels"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kernel)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel for all tests of a file: quick, and they see one another's variables."""
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    yield kernel
    kernel.close()


@pytest.fixture
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Kernel]]:
    """Start kernels with an environment or a configuration: ``kernels(env={"LANGUAGE": "zh_CN"}, config="…")``."""
    started: list[Kernel] = []

    def start(**options: Any) -> Kernel:
        started.append(Kernel(options.pop("folder", None) or tmp_path_factory.mktemp("kernel"), **options))
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()


@pytest.fixture
def fresh_kernel(kernels: Callable[..., Kernel]) -> Kernel:
    """A kernel that nobody has used."""
    return kernels()
