"""The pictures of README, taken anew: ``python -m tests.browser.pictures``, on a quiet machine."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import nbformat
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.conftest import FLAGS
from tests.browser.lab import Notebook, Theme, serve

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".github" / "pictures"
TAKEN = {"train": "epoch", "contest": "versus"}
"""Cells of the quickstart by their id, and what their pictures are called."""


def main() -> None:
    """Run the quickstart and photograph some of its cards, light and dark."""
    source = ROOT / "notebooks" / "00_quickstart.ipynb"
    places = {cell["id"]: place for place, cell in enumerate(nbformat.read(source, as_version=4).cells)}
    PICTURES.mkdir(parents=True, exist_ok=True)
    themes: tuple[Theme, ...] = ("light", "dark")
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), Path(folder)) as lab, sync_playwright() as playwright:
        (lab.root / source.name).write_text(json.dumps(json.loads(source.read_text(encoding="utf-8"))), encoding="utf-8")
        chrome = playwright.chromium.launch_persistent_context(
            Path(folder) / "chrome", executable_path=chromium.find(), headless=True, args=FLAGS,
            viewport={"width": 900, "height": 800}, device_scale_factor=2,
        )  # fmt: skip
        with Notebook(chrome, lab, source.name) as notebook:
            notebook.run_all(timeout=300)
            for theme in themes:
                notebook.theme(theme)
                for cell, name in TAKEN.items():
                    card = notebook.cell(places[cell]).locator(".nbperf-card").last
                    card.screenshot(path=PICTURES / f"{name}-{theme}.png", animations="disabled")
        chrome.close()


if __name__ == "__main__":
    main()
