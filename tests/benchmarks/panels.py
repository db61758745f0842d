"""What a live panel costs the kernel, and what is seen of it: measured in JupyterLab, beside matplotlib drawn anew.

python -m tests.benchmarks.panels
"""

from __future__ import annotations

import ast
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.benchmarks.tables import table
from tests.browser import chromium
from tests.browser.conftest import FLAGS
from tests.browser.lab import Notebook, serve

ROOT = Path(__file__).parents[2]
SECONDS = 6

START = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
import time
import numpy as np
import nbperf
rng = np.random.default_rng(0)
def batches(n, many=200, size=256):
    found = []
    for _ in range(many):
        a = rng.integers(0, n, size)
        found.append((a, np.where(rng.random(size) < 0.85, a, rng.integers(0, n, size))))
    return found
def live(panel, rate, seconds={SECONDS}):
    'Update so many times a second; CPU of the process for each update beyond what an idle process takes, and how far behind we were.'
    found = batches(len(panel.labels))
    start, cpu, done, late = time.perf_counter(), time.process_time(), 0, 0.0
    while (now := time.perf_counter()) - start < seconds:
        due = start + done / rate
        if now < due:
            time.sleep(due - now)
        panel.update(*found[done % len(found)])
        done += 1
    spent = time.process_time() - cpu
    return done, spent, time.perf_counter() - start"""

PANEL = """\
panel = nbperf.ConfusionPanel({n})
panel"""
UPDATES = """\
done, spent, took = live(panel, {rate})
bare = nbperf.ConfusionPanel({n}).matrix
found = batches({n})
cpu = time.process_time()
for i in range(300): bare.update(*found[i % len(found)])
counting = (time.process_time() - cpu) / 300
time.sleep(0.5)
seen = panel.rate
print((done, took, spent / done, counting, seen.pictures, seen.latency, seen.drawn, seen.sent, panel.error))"""

REDRAW = """\
import matplotlib
matplotlib.use("agg")
from IPython.display import Image, display
import io, matplotlib.figure
def drawn(counts):
    figure = matplotlib.figure.Figure(figsize=(6, 5))
    axes = figure.add_subplot()
    axes.imshow(counts)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return Image(file.getvalue())
counts = np.zeros(({n}, {n}))
handle = display(drawn(counts), display_id=True)"""
REDRAWN = """\
found = batches({n})
start, cpu, done = time.perf_counter(), time.process_time(), 0
while time.perf_counter() - start < {seconds}:
    a, b = found[done % len(found)]
    np.add.at(counts, (a, b), 1)
    handle.update(drawn(counts))
    done += 1
print((done, time.perf_counter() - start, (time.process_time() - cpu) / done))"""

CASES = ((10, 100), (100, 100), (100, 1000), (1000, 100))
"""Classes and updates a second."""

WATCH = """
window.changes = 0;
const what = {subtree: true, attributes: true, attributeFilter: ['src'], childList: true};
new MutationObserver(() => { window.changes++; }).observe(document.querySelectorAll('.jp-Cell')[argument], what);
"""


def ms(seconds: float) -> str:
    """Milliseconds."""
    return f"{seconds * 1e3:.2f} ms"


def answer(notebook: Notebook, place: int) -> Any:
    """What a cell printed, as a value."""
    return ast.literal_eval(notebook.output(place).inner_text().strip())


def live(chrome: Any, lab: Any, classes: int, rate: int) -> list[str]:
    """A row for a panel."""
    cells = (START, PANEL.format(n=classes), UPDATES.format(n=classes, rate=rate))
    with Notebook(chrome, lab, lab.write(f"live-{classes}-{rate}.ipynb", *cells)) as notebook:
        for place in (0, 1):
            notebook.run_cell(place)
        notebook.output(1).locator(".nbperf-panel").wait_for()
        notebook._evaluate("panel.content.deselectAll(); panel.content.activeCellIndex = 2")
        notebook._evaluate("window.done = false; jupyterapp.commands.execute('notebook:run-cell').finally(() => { window.done = true })")
        notebook.output(1).scroll_into_view_if_needed()
        notebook._until("window.done", 60)
        done, took, each, counting, pictures, latency, _, sent, error = answer(notebook, 2)
        assert not error, error
        control = steered(notebook)
    name = f"nbperf, {classes} × {classes}, {rate:,}/s"
    age = ms(latency) if latency is not None else "–"
    return [name, f"{done / took:.0f}", ms(each), ms(each - counting), f"{pictures:.0f}", age, ms(control), str(sent)]


def steered(notebook: Notebook) -> float:
    """Seconds from a click on a control to the changed picture: the median of some, measured inside the page."""
    return float(
        notebook.output(1).evaluate(
            """async output => {
                const canvas = output.querySelector('.nbperf-main canvas');
                const buttons = [...output.querySelectorAll('[role=radio]')].slice(0, 3);
                const spent = [];
                const look = () => { const small = new OffscreenCanvas(64, 64).getContext('2d'); small.drawImage(canvas, 0, 0, 64, 64);
                    return small.getImageData(0, 0, 64, 64).data.join(); };
                for (let i = 0; i < 9; i++) {
                    const button = buttons[i % 3], before = performance.now();
                    button.click();
                    while (button.getAttribute('aria-checked') !== 'true') await new Promise(requestAnimationFrame);
                    look();
                    spent.push(performance.now() - before);
                    await new Promise(done => setTimeout(done, 120));
                }
                return spent.sort((a, b) => a - b)[4] / 1000;
            }"""
        )
    )


def redrawn(chrome: Any, lab: Any, classes: int) -> list[str]:
    """A row for a picture that matplotlib draws anew for each update."""
    cells = (START, REDRAW.format(n=classes), REDRAWN.format(n=classes, seconds=SECONDS))
    with Notebook(chrome, lab, lab.write(f"redrawn-{classes}.ipynb", *cells)) as notebook:
        for place in (0, 1):
            notebook.run_cell(place)
        notebook._evaluate(WATCH, 1)
        start = time.monotonic()
        notebook.run_cell(2)
        took = time.monotonic() - start
        seen = notebook._evaluate("return window.changes")
        done, spent, each = answer(notebook, 2)
    return [f"matplotlib, {classes} × {classes}", f"{done / spent:.0f}", ms(each), ms(each), f"{min(seen, done) / took:.0f}", "", "", ""]


def main() -> None:
    """Print the table."""
    head = [
        "panel and wish", "updates/s", "CPU an update", "of it for the picture", "pictures/s seen", "age of a picture",
        "control → picture", "messages",
    ]  # fmt: skip
    rows = []
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), Path(folder)) as lab, sync_playwright() as playwright:
        chrome = playwright.chromium.launch_persistent_context(
            Path(folder) / "chrome", executable_path=chromium.find(), headless=True, args=FLAGS, viewport={"width": 1000, "height": 900},
        )  # fmt: skip
        rows += [live(chrome, lab, classes, rate) for classes, rate in CASES]
        rows += [redrawn(chrome, lab, classes) for classes in (10, 100)]
        chrome.close()
    print(table(head, rows))


if __name__ == "__main__":
    main()
