"""The look of a card: calm, dense, and drawn in the colours of the page that it stands on.

Colours come from JupyterLab, else from VS Code, else they are our own, light or dark as the reader's system is. Where a
page strips styles away, what has the class nbperf-bare appears instead of the drawings.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Okabe and Ito's palette, told apart by people with any colour vision; yellow, the faintest on white, comes last.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
ON_DARK = {"#0072b2"}
"""Colours on which text must be light."""

# JupyterLab styles every table in an output; an id, even one that nothing has, outweighs its selectors.
_CARD = ":is(#nbperf,.nbperf-card)"

_CSS = (
    """
.nbperf-card {
  --nbperf-f: var(--jp-ui-font-color1, var(--vscode-editor-foreground, #1f2328));
  --nbperf-g: var(--jp-ui-font-color2, var(--vscode-descriptionForeground, #59636e));
  --nbperf-b: var(--jp-layout-color1, var(--vscode-editor-background, #fff));
  --nbperf-l: var(--jp-border-color2, var(--vscode-panel-border, #d8dee4));
  --nbperf-a: #0072b2;
  --nbperf-w: #d55e00;
  box-sizing: border-box;
  max-width: 64em;
  margin: 2px 0;
  padding: 8px 14px 7px;
  border: 1px solid var(--nbperf-l);
  border-radius: 4px;
  background: var(--nbperf-b);
  color: var(--nbperf-f);
  font: 13px/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
  font-variant-numeric: tabular-nums;
  overflow-wrap: break-word;
  overflow-x: auto;
}
@media (prefers-color-scheme: dark) {
  .nbperf-card {
    --nbperf-f: var(--jp-ui-font-color1, var(--vscode-editor-foreground, #e6edf3));
    --nbperf-g: var(--jp-ui-font-color2, var(--vscode-descriptionForeground, #9198a1));
    --nbperf-b: var(--jp-layout-color1, var(--vscode-editor-background, #15191f));
    --nbperf-l: var(--jp-border-color2, var(--vscode-panel-border, #3d444d));
    --nbperf-a: #56b4e9;
  }
}
[data-jp-theme-light=true] .nbperf-card, .vscode-light .nbperf-card { --nbperf-a: #0072b2 }
[data-jp-theme-light=false] .nbperf-card, .vscode-dark .nbperf-card { --nbperf-a: #56b4e9 }
.nbperf-bare { display: none }
.nbperf-head { margin-bottom: 1px }
.nbperf-head b { color: var(--nbperf-f); font-size: 14px }
.nbperf-head b.nbperf-bad { color: var(--nbperf-w); font-size: 13px }
CARD :is(table, thead, tbody, tr, th, td) {
  margin: 0;
  padding: 0;
  border: 0;
  background: none;
  color: inherit;
  font-size: inherit;
  line-height: inherit;
  table-layout: auto;
  border-collapse: collapse;
  text-align: left;
  vertical-align: baseline;
}
CARD :is(th, td) { padding: 1px 16px 1px 0; font-weight: 400 }
CARD :is(th, td):last-child { padding-right: 0 }
.nbperf-head, CARD td:last-child, CARD th, .nbperf-card summary { color: var(--nbperf-g) }
CARD .nbperf-rows { display: block }
.nbperf-rows > tbody {
  display: grid;
  grid-template-columns: minmax(4em, max-content) minmax(7em, max-content) 1fr;
  align-items: baseline;
  row-gap: 3px;
}
.nbperf-card span { white-space: nowrap }
.nbperf-top { align-self: start }
.nbperf-rows > tbody > tr { display: contents }
.nbperf-rows > tbody > tr > td[colspan] { grid-column: 2 / 4 }
@media (max-width: 560px) {
  CARD :is(th, td) { padding-right: 10px }
  .nbperf-rows > tbody { grid-template-columns: minmax(4em, max-content) 1fr }
  .nbperf-rows > tbody > tr > td:last-child { grid-column: 1 / 3 }
}
.nbperf-rows b { color: var(--nbperf-f); font-weight: 600 }
.nbperf-rows b.nbperf-bad { color: var(--nbperf-w) }
.nbperf-time b { font-size: 1.4em; line-height: 1.1 }
CARD code {
  padding: 0;
  background: none;
  color: inherit;
  font-family: var(--jp-code-font-family, ui-monospace, monospace);
  font-size: .95em;
  line-height: inherit;
}
.nbperf-est { background: repeating-linear-gradient(135deg, transparent 0 3px, var(--nbperf-l) 3px 4px) }
.nbperf-gauge {
  display: flex;
  max-width: 15em;
  height: 3px;
  margin: 2px 0 3px;
  border-radius: 2px;
  overflow: hidden;
  background: var(--nbperf-l);
}
.nbperf-gauge i { background: var(--nbperf-g) }
.nbperf-gauge i + i { background: var(--nbperf-a) }
.nbperf-note { padding: 4px 0 1px }
.nbperf-note b { color: var(--nbperf-w) }
.nbperf-card details { margin-top: 4px }
.nbperf-card summary { cursor: pointer }
.nbperf-fold { margin: 8px 0 1px }
""",
    # Only where there is a strip of repeats.
    """
.nbperf-strip { display: block; width: 100%; height: 40px; margin-top: 3px; overflow: visible; fill: var(--nbperf-g) }
.nbperf-strip path { vector-effect: non-scaling-stroke }
.nbperf-q { opacity: .13 }
.nbperf-i { fill: var(--nbperf-a); opacity: .3 }
.nbperf-m { stroke: var(--nbperf-f); stroke-width: 1.5 }
.nbperf-d { fill: none; stroke: var(--nbperf-a); stroke-width: 5; stroke-linecap: round; opacity: .75 }
.nbperf-far { stroke: var(--nbperf-w) }
.nbperf-h { fill: var(--nbperf-a); opacity: .75 }
.nbperf-ends { display: flex; justify-content: space-between; font-size: 11px }
.nbperf-ends::before { content: attr(data-low) }
.nbperf-ends::after { content: attr(data-high) }
""",
    # Only where there are regions.
    """
.nbperf-bar { position: relative; height: 18px; margin: 2px 0 }
.nbperf-bar + .nbperf-bar { height: 14px; margin-top: -1px; font-size: 10px; line-height: 14px }
.nbperf-bar i {
  position: absolute;
  top: 0;
  bottom: 0;
  box-sizing: border-box;
  border-right: 1px solid var(--nbperf-b);
  overflow: hidden;
  text-indent: 4px;
  text-overflow: ellipsis;
  white-space: nowrap;
  font: 11px/18px var(--jp-ui-font-family, system-ui, sans-serif);
  color: #111;
}
.nbperf-bar i::before { content: attr(data-name) }
.nbperf-key { display: inline-block; width: 9px; height: 9px; margin-right: 6px }
CARD .nbperf-legend { color: var(--nbperf-f); line-height: 1.4 }
.nbperf-legend td:first-child { min-width: 7em; overflow-wrap: anywhere }
CARD .nbperf-legend :is(td, th):not(:first-child) { text-align: right; white-space: nowrap }
COLOURS
.nbperf-other { background: var(--nbperf-l) }
.nbperf-bar i.nbperf-other { color: var(--nbperf-f) }
""",
    # Only where things were compared.
    """
CARD .nbperf-contests { display: block; margin-top: 4px }
.nbperf-contests tbody { display: grid; grid-template-columns: fit-content(18em) repeat(3, max-content) 1fr }
.nbperf-contests tr { display: contents }
.nbperf-contests td:first-child { overflow-wrap: anywhere }
.nbperf-contests td[colspan="2"] { grid-column: 3 / 5 }
.nbperf-contests td[colspan="4"] { grid-column: 1 / 5 }
@media (max-width: 560px) {
  .nbperf-contests tbody { grid-template-columns: 1fr repeat(3, max-content) }
  .nbperf-contests td:last-child { grid-column: 1 / 5 }
  .nbperf-contests td[colspan="4"] { display: none }
}
.nbperf-axis { position: relative; height: 20px; min-width: 9em }
.nbperf-axis i { position: absolute; top: 7px; height: 6px }
.nbperf-axis i:first-child { top: -1px; height: 22px; border-left: 1px solid var(--nbperf-f) }
.nbperf-axis i:nth-child(2) { top: 9px; height: 2px; background: var(--nbperf-c) }
.nbperf-axis i:nth-child(3) { background: var(--nbperf-c); opacity: .45; min-width: 2px; border-radius: 1px }
.nbperf-axis i:nth-child(4) { top: 5px; width: 10px; height: 10px; margin-left: -5px; border-radius: 5px; background: var(--nbperf-c) }
.nbperf-sides { position: relative; display: flex; justify-content: space-between; min-height: 16px; font-size: 11px }
.nbperf-sides::before { content: attr(data-low) }
.nbperf-sides::after { content: attr(data-high) }
.nbperf-sides i { position: absolute; transform: translateX(-50%); font-style: normal }
.nbperf-sides i::before { content: attr(data-name) }
.nbperf-verdict { padding-bottom: 2px; font-size: 12px }
.nbperf-faster { --nbperf-c: #009e73 }
.nbperf-slower { --nbperf-c: var(--nbperf-w) }
.nbperf-same, .nbperf-unresolved { --nbperf-c: #888 }
""",
    # Only where there is code, or a picture of memory over time. Of the two pictures the one for the page is shown.
    """
.nbperf-plot, .nbperf-scroll { overflow-x: auto }
CARD .nbperf-plot img { display: block; max-width: 100%; min-width: 36em; height: auto; margin: 4px 0 2px; background: none }
CARD .nbperf-plot img[hidden] { display: none }
@media (prefers-color-scheme: dark) {
  CARD .nbperf-plot img { display: none }
  CARD .nbperf-plot img[hidden] { display: block }
}
:is([data-jp-theme-light=true], .vscode-light) CARD .nbperf-plot img { display: block }
:is([data-jp-theme-light=true], .vscode-light) CARD .nbperf-plot img[hidden] { display: none }
:is([data-jp-theme-light=false], .vscode-dark) CARD .nbperf-plot img { display: none }
:is([data-jp-theme-light=false], .vscode-dark) CARD .nbperf-plot img[hidden] { display: block }
.nbperf-spark { color: var(--nbperf-g) }
CARD .nbperf-lines :is(td, th) { padding: 1px 0 1px 11px; white-space: nowrap; text-align: right }
CARD .nbperf-lines :is(td, th):first-child { padding-left: 0; color: var(--nbperf-g) }
CARD .nbperf-lines :is(td, th):nth-child(-n+3) { padding-left: 9px; text-align: left }
CARD .nbperf-lines td:first-child { padding-left: 0; text-align: right }
CARD .nbperf-lines td:nth-child(2) { min-width: 4.6em }
CARD .nbperf-lines td:last-child { color: inherit }
CARD .nbperf-lines th[colspan] { padding: 5px 0 1px; color: var(--nbperf-f); font-weight: 600; text-align: left }
CARD .nbperf-lines td[colspan] { text-align: left }
CARD .nbperf-lines code { white-space: pre }
CARD .nbperf-lines .nbperf-faint :is(td, code) { color: var(--nbperf-g) }
.nbperf-share { border-radius: 2px; background: var(--nbperf-l) }
.nbperf-share i { display: block; height: 8px; min-width: 2px; border-radius: 2px; background: var(--nbperf-a) }
.nbperf-more { color: var(--nbperf-g); font-size: 11px; line-height: 1.35 }
.nbperf-lines .nbperf-more { width: 0; min-width: 100%; padding-bottom: 2px; white-space: normal }
""",
)


@lru_cache(maxsize=16)
def style(*, strip: bool = False, bar: bool = False, contests: bool = False, lines: bool = False) -> str:
    """The rules that a card needs, and no others: it stands in the notebook once for every card."""
    wanted = (True, strip, bar, contests, lines)
    css = "".join(part for part, needed in zip(_CSS, wanted, strict=True) if needed)
    colours = "".join(
        f".nbperf-c{number}{{background:{colour}}}" + (f".nbperf-bar i.nbperf-c{number}{{color:#fff}}" if colour in ON_DARK else "")
        for number, colour in enumerate(COLOURS)
    )
    css = css.replace("CARD", _CARD).replace("COLOURS", colours)
    return re.sub(r"\s*\n\s*", "", re.sub(r"\s*([{};,>])\s*|(:) ", r"\1\2", css)).replace(";}", "}")
