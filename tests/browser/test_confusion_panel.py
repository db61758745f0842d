"""The confusion panel in JupyterLab: seen, updated from a running cell, steered, frozen, saved, re-opened, exported."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from nbperf.panels.base import BUNDLE
from tests.browser.lab import Notebook, Theme

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not BUNDLE.exists(), reason="the browser part was not built: pip install -e . builds it"),
]

START = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
import time
import numpy as np
import nbperf
names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
rng = np.random.default_rng(0)
def batch(k, size=64, n=10):
    a = rng.integers(0, n, size)
    wrong = rng.random(size) < 0.5 * np.exp(-k / 20) + 0.08
    return a, np.where(wrong, (a + rng.choice([1, 5, 6], size)) % n, a)"""
TRAIN = """\
for k in range(60):
    panel.update(*batch(k), index=rng.integers(0, 200, 64))
    if k == 20: panel.pin()
    time.sleep(0.02)"""
SAMPLES = 'samples = [np.full((12, 12), i / 200) if i % 2 else f"text {i} <img src=x onerror=window.hacked=1>" for i in range(200)]'


def start(opened: Notebook, index: int) -> None:
    """Run a cell without waiting for its end."""
    opened._evaluate("panel.content.deselectAll(); panel.content.activeCellIndex = argument", index)
    opened._evaluate("window.done = false; jupyterapp.commands.execute('notebook:run-cell').finally(() => { window.done = true })")


def reads(panel: Locator | Page, text: str) -> None:
    """The line below the picture begins so, after the next picture."""
    panel.locator(".nbperf-read").get_by_text(re.compile(f"^{text}")).wait_for()


def fits(panel: Locator) -> None:
    """Nothing leaves the panel, once it has been laid out for a new width."""
    panel.scroll_into_view_if_needed()  # what nobody sees is not drawn
    deadline = time.monotonic() + 10
    while not panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth"):
        assert time.monotonic() < deadline, "something is wider than the panel"
        time.sleep(0.05)
    time.sleep(0.3)


def test_it_lives_while_a_cell_runs_and_is_read_with_mouse_and_keys(notebook: Callable[..., Notebook], theme: Theme) -> None:
    opened = notebook(
        f"confusion-{theme}.ipynb", START, f"{SAMPLES}\npanel = nbperf.ConfusionPanel(names, samples=samples)\npanel",
        TRAIN, "panel", "rate = panel.rate\nprint(rate.pictures, rate.latency, rate.drawn, panel.prompt, panel.error)",
        "print(panel.mode, panel.selected, panel.dark, len(panel.listing.get('items', [])))",
    )  # fmt: skip
    opened.theme(theme)
    for place in (0, 1):
        opened.run_cell(place)
    panel = opened.output(1).locator(".nbperf-panel")
    panel.get_by_text("nothing counted yet").wait_for()
    start(opened, 2)
    headline = panel.locator(".nbperf-title span")
    seen = set()
    for _ in range(40):
        seen.add(headline.inner_text())
        if opened._evaluate("return window.done"):
            break
        time.sleep(0.03)
    assert len(seen) > 5, "the numbers move while the cell runs"
    opened._until("window.done")
    panel.get_by_text("3,840 samples").wait_for()
    # Shown twice, both stay in step.
    opened.run_cell(3)
    twin = opened.output(3).locator(".nbperf-panel")
    twin.get_by_text("3,840 samples").wait_for()
    panel.get_by_role("radio", name="counts").click()
    twin.scroll_into_view_if_needed()  # what nobody sees is not drawn
    twin.locator("[role=radio][aria-checked=true]", has_text="counts").wait_for()

    # The mouse reads a cell and lists its samples, as pictures and as text that stays text.
    canvas = panel.locator(".nbperf-main canvas")
    box = canvas.bounding_box()
    assert box is not None
    canvas.hover(position={"x": box["width"] * 0.3, "y": 60})
    panel.locator(".nbperf-read").filter(has_not_text="most frequent").get_by_text("predicted").wait_for()
    canvas.focus()
    for key in ("Home", "PageUp"):
        opened.page.keyboard.press(key)
    reads(panel, "zero: ")
    before = opened._evaluate("return panel.content.activeCellIndex")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowLeft")
    reads(panel, "true one, predicted zero")
    assert opened._evaluate("return panel.content.activeCellIndex") == before, "the arrows stay in the panel"
    opened.page.keyboard.press("PageUp")
    opened.page.keyboard.press("Enter")
    samples = panel.locator(".nbperf-samples")
    samples.locator("img").first.wait_for()
    assert samples.locator("img").count() > 2
    assert "<img src=x" in samples.locator(".nbperf-text").first.inner_text()
    shown = "[...document.querySelectorAll('.nbperf-samples img')]"
    opened._until(f"{shown}.every(img => img.src.startsWith('blob:') && img.naturalWidth === 12)")
    assert opened._evaluate("return window.hacked ?? 0") == 0
    panel.locator(".nbperf-spoken").get_by_text("zero").wait_for(state="attached")
    assert panel.locator(".nbperf-spoken").inner_text()
    panel.get_by_role("button", name="rate").click()
    panel.get_by_text("updates in").wait_for()
    panel.get_by_role("radio", name="change").click()
    panel.get_by_text("better").wait_for()
    for place in (4, 5):
        opened.run_cell(place)
    pictures, latency, drawn, prompt, *error = opened.output(4).inner_text().split()
    assert error == []
    assert float(pictures) > 5
    assert float(latency) < 1
    assert int(drawn) > 10
    assert prompt == "True"
    assert f"change [0, 0] {theme == 'dark'} " in opened.output(5).inner_text()
    for width in (600, 1000, 1600):
        opened.page.set_viewport_size({"width": width, "height": 1300})
        fits(panel)
        inner, outer = panel.bounding_box(), opened.output(1).bounding_box()
        assert inner is not None
        assert outer is not None
        assert inner["width"] <= outer["width"] + 1
        opened.shot(f"confusion-{theme}-{width}", panel)
    panel.get_by_role("radio", name="% of true").click()
    opened.shot(f"confusion-rows-{theme}", panel)
    opened.page.set_viewport_size({"width": 1000, "height": 800})
    assert opened.complaints == []


def test_controls_act_while_a_cell_runs(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        "controls.ipynb",
        START,
        "panel = nbperf.ConfusionPanel(3)\npanel.update([0, 1, 2], [0, 1, 1])\npanel",
        """\
end = time.time() + 20
while time.time() < end and not (panel.pinned_at and panel.rate.drawn):
    panel.update([0, 1, 2], [0, 1, 1])
    time.sleep(0.02)
print("pinned", panel.pinned_at > 3, "drawn", panel.rate.drawn > 0)""",
    )
    for place in (0, 1):
        opened.run_cell(place)
    start(opened, 2)
    time.sleep(0.3)
    panel = opened.output(1).locator(".nbperf-panel")
    panel.get_by_role("button", name="pin").click()
    panel.get_by_text("pin anew").wait_for(timeout=8000)
    assert panel.get_by_role("radio", name="change").is_enabled()
    opened._until("window.done", 30)
    assert "pinned True drawn True" in opened.output(2).inner_text()


HOSTILE = """\
hostile = ["<script>window.hacked=1</script>", "猫 and 🐈‍⬛", "<img src=x onerror=window.hacked=1>", "a" * 200]
hostile += ["line\\nbreak", '$x^2$ & "quoted"']
panel = nbperf.ConfusionPanel(hostile, samples=["<b onclick=alert(1)>bold</b>"] * 6)
panel.update([0, 1, 2, 3, 4, 5], [0, 0, 2, 3, 5, 5])
panel.selected = [0, 0]
panel"""


def test_names_are_text_whatever_they_hold(notebook: Callable[..., Notebook], theme: Theme) -> None:
    opened = notebook(f"hostile-{theme}.ipynb", START, HOSTILE, "panel.freeze()")
    opened.theme(theme)
    for place in (0, 1):
        opened.run_cell(place)
    panel = opened.output(1).locator(".nbperf-panel")
    panel.get_by_text("6 samples").wait_for()
    canvas = panel.locator(".nbperf-main canvas")
    canvas.focus()
    opened.page.keyboard.press("Home")
    opened.page.keyboard.press("ArrowDown")
    opened.shot(f"confusion-hostile-{theme}", panel)
    assert opened._evaluate("return window.hacked ?? 0") == 0
    assert panel.locator("b").count() == 1  # the title's
    opened.run_cell(2)
    opened.output(1).locator("img").wait_for()
    assert opened._evaluate("return window.hacked ?? 0") == 0
    assert opened.complaints == []


SIZES = """\
shown = []
for n in (1, 2, 40, 100, 1000):
    a = rng.integers(0, n, 40 * n + 20)
    each = nbperf.ConfusionPanel([f"class {i}" for i in range(n)])
    each.update(a, np.where(rng.random(len(a)) < 0.8, a, (a + rng.integers(0, 1 + n // 10, len(a))) % n))
    shown.append(each)
empty = nbperf.ConfusionPanel()"""


def test_from_none_to_a_thousand_classes(notebook: Callable[..., Notebook], theme: Theme) -> None:
    opened = notebook(f"sizes-{theme}.ipynb", START, SIZES, *(f"shown[{i}]" for i in range(5)), "empty")
    opened.theme(theme)
    opened.page.set_viewport_size({"width": 1000, "height": 1200})
    opened.run_all()
    for place, name in enumerate(("1", "2", "40", "100", "1000"), start=2):
        panel = opened.output(place).locator(".nbperf-panel")
        panel.get_by_text("accuracy").first.wait_for()
        panel.scroll_into_view_if_needed()
        time.sleep(0.3)
        opened.shot(f"confusion-{name}-classes-{theme}", panel)
        colours = opened.picture(panel.locator(".nbperf-main canvas")).getcolors(1 << 24)
        assert colours is not None
        assert len(colours) > 5, "something is drawn"
    thousand = opened.output(6).locator(".nbperf-panel")
    thousand.locator(".nbperf-main canvas").focus()
    for key in ("Home", "PageUp", *"++++++"):
        opened.page.keyboard.press(key)
    time.sleep(0.3)
    opened.shot(f"confusion-zoomed-{theme}", thousand)
    opened.output(7).get_by_text("nothing counted yet").wait_for()
    opened.page.set_viewport_size({"width": 1000, "height": 800})
    assert opened.complaints == []


FROZEN = """\
with nbperf.ConfusionPanel(names) as panel:
    for k in range(20):
        panel.update(*batch(k))
        time.sleep(0.02)"""


def test_frozen_saved_and_opened_again_it_is_a_picture_and_exported_too(notebook: Callable[..., Notebook], tmp_path: Path) -> None:
    opened = notebook("frozen.ipynb", START, FROZEN, "other = nbperf.ConfusionPanel(names)\nother.update(*batch(9))\nother",
                      "live = nbperf.ConfusionPanel(names)\nlive.update(*batch(9))\nlive", "%load_ext nbperf\nother.freeze()")  # fmt: skip
    for place in range(5):
        opened.run_cell(place)
    assert opened.errors() == []
    for place in (1, 2):
        opened.output(place).locator("img").wait_for()
        assert opened.output(place).locator(".nbperf-panel").count() == 0
    opened.output(3).locator(".nbperf-panel").wait_for()
    path = opened.save()
    saved = nbformat.read(path, as_version=4)
    for place in (1, 2, 3):
        (output,) = saved.cells[place].outputs
        assert output.data["image/png"].startswith("iVBOR")
        assert "accuracy" in output.data["text/plain"]
        assert ("application/vnd.jupyter.widget-view+json" in output.data) == (place == 3)
    opened.close()
    again = notebook("frozen.ipynb")
    for place in (1, 2):
        image = again.output(place).locator("img")
        image.wait_for()
        assert image.evaluate("img => img.complete && img.naturalWidth > 400")
    again.shot("confusion-frozen", again.output(1))
    # Exported, also the one that nobody froze is seen: the notebook holds no state of widgets.
    for kind in ("html", "markdown"):
        subprocess.run(
            [sys.executable, "-m", "nbconvert", "--to", kind, "--output-dir", str(tmp_path), str(path)], check=True, capture_output=True
        )
    exported = (tmp_path / "frozen.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<img[^>]*src="data:image/png;base64', exported)) == 3
    assert (tmp_path / "frozen.md").read_text(encoding="utf-8").count("![png]") == 3


def test_the_magic_freezes_every_panel_of_the_notebook(notebook: Callable[..., Notebook]) -> None:
    opened = notebook("magic.ipynb", START + "\n%load_ext nbperf", "a = nbperf.ConfusionPanel(2); a.update([0], [1]); a",
                      "b = nbperf.ConfusionPanel(2)\ndisplay(b)\nb", "%nbperf freeze")  # fmt: skip
    for place in range(4):
        opened.run_cell(place)
    assert "2 panels" in opened.output(3).inner_text()
    assert opened.output(1).locator("img").count() == 1
    assert opened.output(2).locator("img").count() == 2


def test_a_saved_page_lives_without_a_kernel(notebook: Callable[..., Notebook], chrome, tmp_path: Path) -> None:
    from nbperf.panels.confusion import ConfusionPanel

    panel = ConfusionPanel(["cat", "</script><script>window.hacked=1</script>", "dog"])
    panel.update([0, 0, 1, 2, 2], [0, 1, 1, 2, 0])
    panel.save(tmp_path / "panel.html")
    panel.close()
    page = chrome.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "panel.html").as_uri())
    page.locator(".nbperf-panel").wait_for()
    page.get_by_text("5 samples").wait_for()
    page.get_by_role("radio", name="counts").click()
    page.locator(".nbperf-main canvas").focus()
    page.keyboard.press("Home")
    reads(page, "cat: ")
    assert page.evaluate("window.hacked ?? 0") == 0
    assert errors == []
    page.close()
