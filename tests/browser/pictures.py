"""The pictures of README, taken anew: ``python -m tests.browser.pictures``, on a quiet machine."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import nbformat
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.conftest import FLAGS
from tests.browser.lab import Notebook, Theme, serve

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".github" / "pictures"
TAKEN = {
    "00_quickstart.ipynb": {"train": "epoch", "contest": "versus"},
    "02_memory.ipynb": {"trace-before": "memory"},
}
"""Cells of the notebooks by their id, and what their pictures are called."""
TALLEST = 860
"""Points of a card that are shown: what a longer one has further down is no news to a reader of README."""


def main() -> None:
    """Run the notebooks and photograph some of their cards, light and dark."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    themes: tuple[Theme, ...] = ("light", "dark")
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), Path(folder)) as lab, sync_playwright() as playwright:
        chrome = playwright.chromium.launch_persistent_context(
            Path(folder) / "chrome", executable_path=chromium.find(), headless=True, args=FLAGS,
            viewport={"width": 900, "height": 800}, device_scale_factor=2,
        )  # fmt: skip
        for name, taken in TAKEN.items():
            source = ROOT / "notebooks" / name
            places = {cell["id"]: place for place, cell in enumerate(nbformat.read(source, as_version=4).cells)}
            shutil.copy(source, lab.root / name)
            with Notebook(chrome, lab, name) as notebook:
                notebook.page.set_viewport_size({"width": 900, "height": 1800})
                notebook.run_all(timeout=300)
                for theme in themes:
                    notebook.theme(theme)
                    for cell, picture in taken.items():
                        card = notebook.cell(places[cell]).locator(".nbperf-card").last
                        card.scroll_into_view_if_needed()
                        box = card.bounding_box()
                        assert box is not None
                        box["height"] = min(box["height"], TALLEST)
                        notebook.page.screenshot(path=PICTURES / f"{picture}-{theme}.png", animations="disabled", clip=box)  # type: ignore[arg-type]
        chrome.close()


if __name__ == "__main__":
    main()
