/** Precision, recall and F1 of each class, in line with its row. */

import type { Cursor } from "./axes";
import type { Board } from "./board";
import { type Layout, NUMBER } from "./layout";
import { type Quality, qualityOf } from "./quality";
import type { Theme } from "./theme";
import type { Window } from "./window";

const THREE = 14;
const TICKED = 5;

function box(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  context.fillRect(x, y, Math.max(width, 0), height);
}

export function drawBars(
  context: CanvasRenderingContext2D, layout: Layout, window: Window, board: Board, theme: Theme, cursor: Cursor | null, device: number,
): void {
  const { bars, y, side, cell } = layout;
  if (!bars) return;
  context.fillStyle = theme.line;
  for (const at of [0, 0.5, 1]) context.fillRect(Math.round(bars.x + at * bars.width) - 0.5, y, 1, side);
  context.font = `11px ${theme.font}`;
  context.textBaseline = "middle";
  context.fillStyle = theme.faint;
  for (const [at, text, align] of [[0, "0", "center"], [0.5, "0.5", "center"], [1, "1", "center"]] as const) {
    context.textAlign = align;
    context.fillText(text, bars.x + at * bars.width, y + side + 12);
  }
  if (cell < TICKED) return silhouette(context, layout, window, board, theme, device);
  for (let i = 0; i < window.size; i++) {
    const index = window.row + i;
    const quality = qualityOf(board, index);
    const middle = y + (i + 0.5) * cell;
    if (cell >= THREE) three(context, bars, middle, Math.min((cell - 4) / 3, 9), quality, theme);
    else ticked(context, bars, middle, cell, quality, theme);
    const chosen = cursor?.row === index;
    if (cell >= 12 || chosen) {
      context.textAlign = "left";
      context.fillStyle = chosen ? theme.text : theme.faint;
      context.fillText(quality.f1 === quality.f1 ? quality.f1.toFixed(2) : "–", bars.x + bars.width + 8, middle + 0.5, NUMBER - 8);
    }
  }
}

function three(context: CanvasRenderingContext2D, bars: { x: number; width: number }, middle: number, thick: number, quality: Quality, theme: Theme): void {
  const gap = thick >= 4 ? 1 : 0.5;
  let top = middle - (3 * thick) / 2;
  [quality.precision, quality.recall, quality.f1].forEach((value, mark) => {
    if (value === value) {
      context.fillStyle = theme.marks[mark]!;
      box(context, bars.x, top + gap / 2, Math.max(value * bars.width, 1.5), thick - gap);
    }
    top += thick;
  });
}

/** F1 as a bar, the other two as ticks on it. */
function ticked(context: CanvasRenderingContext2D, bars: { x: number; width: number }, middle: number, cell: number, quality: Quality, theme: Theme): void {
  const thick = Math.max(cell - 2, 2);
  if (quality.f1 !== quality.f1) return;
  context.fillStyle = theme.marks[2];
  context.globalAlpha = 0.55;
  box(context, bars.x, middle - thick / 2, quality.f1 * bars.width, thick);
  context.globalAlpha = 1;
  for (const [value, mark] of [[quality.precision, 0], [quality.recall, 1]] as const) {
    if (value !== value) continue;
    context.fillStyle = theme.marks[mark]!;
    box(context, bars.x + value * bars.width - 1, middle - thick / 2 - 0.5, 2, thick + 1);
  }
}

/** Where a class has a few pixels or less: the lowest F1 of each line of pixels, with the best behind it. */
function silhouette(context: CanvasRenderingContext2D, layout: Layout, window: Window, board: Board, theme: Theme, device: number): void {
  const { bars, y, side } = layout;
  if (!bars) return;
  const lines = Math.min(window.size, Math.round(side * device));
  const thick = side / lines;
  context.fillStyle = theme.marks[2];
  for (let line = 0; line < lines; line++) {
    let low = Infinity;
    let high = -Infinity;
    const end = Math.max(Math.floor(((line + 1) * window.size) / lines), Math.floor((line * window.size) / lines) + 1);
    for (let i = Math.floor((line * window.size) / lines); i < end; i++) {
      const { f1 } = qualityOf(board, window.row + i);
      if (f1 === f1) {
        low = Math.min(low, f1);
        high = Math.max(high, f1);
      }
    }
    if (high < 0) continue;
    context.globalAlpha = 0.35;
    box(context, bars.x, y + line * thick, high * bars.width, thick);
    context.globalAlpha = 0.8;
    box(context, bars.x, y + line * thick, low * bars.width, thick);
  }
  context.globalAlpha = 1;
}
