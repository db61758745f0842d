"""JupyterLab and Chromium, once for all browser tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.browser import chromium
from tests.browser.lab import Lab, Notebook, serve

FLAGS = (
    "--no-sandbox",  # root in a container may have no other
    "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars",  # the same picture everywhere
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip


def missing(what: str) -> None:
    """Skip and say why; but ``make test`` has installed everything, so there it is a failure."""
    if os.environ.get("NBPERF_BROWSER") == "required":
        pytest.fail(f"{what}, although `make test` should have installed it", pytrace=False)
    pytest.skip(f"{what}: `make test` installs it")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A private JupyterLab that serves an empty folder."""
    try:
        import jupyterlab  # noqa: F401  (started as a program; here only: is it there?)
    except ImportError:
        missing("JupyterLab is not installed")
    with serve(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A Chromium with a fresh profile: Playwright's BrowserContext."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright is not installed")
    path = chromium.find()
    if path is None:
        missing("no Chromium was found")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chrome"),
            executable_path=path,
            headless=True,
            args=FLAGS,
            viewport={"width": 1000, "height": 800},
            device_scale_factor=2,  # pictures that can be looked at closely
        )
        yield context
        context.close()


@pytest.fixture
def notebook(chrome, lab: Lab) -> Iterator[Callable[..., Notebook]]:
    """Open notebooks that are closed after the test: by path inside the lab, or from cells.

    ``notebook("a.ipynb")`` opens what is there; ``notebook("a.ipynb", "print(1)", "2 + 2")`` writes it first.
    """
    with ExitStack() as opened:

        def open_notebook(path: str, *cells: str) -> Notebook:
            return opened.enter_context(Notebook(chrome, lab, lab.write(path, *cells) if cells else path))

        yield open_notebook


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """Both themes, one after the other."""
    return request.param
