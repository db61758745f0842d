"""The card of a memory trace as JupyterLab shows it, in both themes and at two widths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import Notebook, Theme

ROOT = Path(__file__).parents[2]
CELLS = (
    f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom IPython.display import HTML",
    "from nbperf import report\nfrom tests.report import traced",
    "HTML(report.to_html(traced.training()))",
    "HTML(report.to_html(traced.plain()))",
    "HTML(report.to_html(traced.contest()))",
)


@pytest.mark.browser
def test_the_picture_fits_the_page_and_nothing_leaves_the_card(notebook: Callable[..., Notebook], theme: Theme) -> None:
    opened = notebook(f"traces-{theme}.ipynb", *CELLS)
    opened.theme(theme)
    opened.run_all()
    assert opened.errors() == []
    before = opened.page.viewport_size
    assert before is not None
    for width in (1000, 560):
        opened.page.set_viewport_size({"width": width, "height": 900})
        for place, name in ((2, "training"), (3, "plain"), (4, "contest")):
            card = opened.output(place).locator(".nbperf-card")
            images = card.locator("img")
            seen = [images.nth(i).is_visible() for i in range(images.count())]
            assert seen == ([] if name == "contest" else [theme == "light", theme == "dark"])
            # The listing scrolls in itself: the card is no wider than the output.
            inner, outer = card.bounding_box(), opened.output(place).bounding_box()
            assert inner is not None
            assert outer is not None
            assert inner["width"] <= outer["width"] + 1
            assert card.evaluate("card => card.querySelector('.nbperf-scroll').clientWidth <= card.clientWidth")
        opened.shot(f"traces-{theme}-{width}")
    opened.page.set_viewport_size(before)
    # The lines of the code stand still where JupyterLab would stripe a table.
    rows = opened.output(3).locator(".nbperf-lines tbody tr")
    assert {rows.nth(i).evaluate("row => getComputedStyle(row).backgroundColor") for i in range(rows.count())} == {"rgba(0, 0, 0, 0)"}
    assert opened.complaints == []


LIVE = (
    """\
%load_ext nbperf
%config NBPerf.history = None
import torch, nbperf
torch.manual_seed(0)
x = torch.randn(2_048, 256)
model = torch.nn.Sequential(torch.nn.Linear(256, 512), torch.nn.ReLU(), torch.nn.Linear(512, 1))""",
    """\
def step(batch):
    with nbperf.region('forward'):
        loss = model(batch).square().mean()
    with nbperf.region('backward'):
        loss.backward()
    return loss

def evaluate(batch):
    model.eval()
    return model(batch).mean()""",
    """\
%%memtrace
losses = []
for epoch in range(3):
    nbperf.mark(f'epoch {epoch}')
    for part in x.split(256):
        losses.append(step(part))
        losses.append(model(part).sum())
big = torch.ones(20_000_000)
big = big + 1
score = evaluate(x)""",
    """\
%%memtrace vs
kept: [model(x) for _ in range(4)]
freed: [model(x).detach() for _ in range(4)]""",
    """\
%%memtrace --alloc
y = [bytes(1000) for _ in range(20_000)]
z = torch.ones(5_000_000)""",
)


@pytest.mark.browser
def test_a_leaking_training_is_traced_live(notebook: Callable[..., Notebook], theme: Theme) -> None:
    pytest.importorskip("torch", reason="the cell that is traced uses PyTorch")
    opened = notebook(f"memtrace-{theme}.ipynb", *LIVE)
    opened.theme(theme)
    opened.page.set_viewport_size({"width": 1000, "height": 1900})  # the whole card in one picture
    for place in range(len(LIVE)):
        opened.run_cell(place)
    for place, name in ((2, "leak"), (3, "vs"), (4, "alloc")):
        opened.shot(f"memtrace-{name}-{theme}", opened.output(place))
    text = opened.output(2).inner_text()
    assert "losses.append" in text
    assert "autograd graphs" in text
    assert opened.complaints == []
