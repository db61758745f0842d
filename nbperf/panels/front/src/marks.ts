/** What is drawn over the heat map: lines between cells, numbers in them, and where the cursor and the choice are. */

import type { Cursor } from "./axes";
import type { Board } from "./board";
import { hundredths, MINUS, short } from "./format";
import type { Layout } from "./layout";
import { colourOf } from "./matrix";
import { widthOf } from "./text";
import { onColour, type Theme } from "./theme";
import { type Ends, type Mode, type Pinned, valueOf } from "./values";
import type { Window } from "./window";

/** Cells smaller than this have no lines between them: the lines would be all that is seen. */
const LINED = 7;
const NUMBERED = 22;

export function drawLines(context: CanvasRenderingContext2D, layout: Layout, window: Window, line: string): void {
  if (layout.cell < LINED) return;
  const { x, y, side, cell } = layout;
  context.fillStyle = line;
  for (let i = 1; i < window.size; i++) {
    context.fillRect(Math.round(x + i * cell) - 0.5, y, 1, side);
    context.fillRect(x, Math.round(y + i * cell) - 0.5, side, 1);
  }
}

export function drawNumbers(
  context: CanvasRenderingContext2D, layout: Layout, window: Window, board: Board, mode: Mode, pin: Pinned | null, ends: Ends, theme: Theme,
): void {
  const { x, y, cell } = layout;
  if (cell < NUMBERED) return;
  const size = cell >= 56 ? 13 : cell >= 34 ? 11.5 : 10;
  context.font = `${size}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < window.size; i++) {
    for (let j = 0; j < window.size; j++) {
      const [row, column] = [window.row + i, window.column + j];
      const value = valueOf(board, mode, pin, row, column);
      if (value !== value || value === 0) continue; // where nothing is, nothing is said: the mistakes stand out
      const text = [1, 0].map(digits => written(mode, value, digits)).find(each => widthOf(context, each) <= cell - 3);
      if (text === undefined) continue;
      context.fillStyle = onColour(colourOf(theme, mode, ends, value, row === column));
      context.fillText(text, x + (j + 0.5) * cell, y + (i + 0.5) * cell + 0.5);
    }
  }
}

function written(mode: Mode, value: number, digits: number): string {
  if (mode === "counts") return short(value);
  if (mode !== "change") return hundredths(value, digits);
  // A little more is "+0": "<1" would not say which way.
  return (value > 0 ? "+" : MINUS) + hundredths(Math.abs(value), digits).replace(/^<.*/, "0");
}

/** A frame around a cell, at least large enough to be seen, in the colour of letters with the page's around it. */
function frame(context: CanvasRenderingContext2D, layout: Layout, window: Window, at: Cursor, width: number, theme: Theme, page: string): void {
  const [i, j] = [at.row - window.row, at.column - window.column];
  if (i < 0 || j < 0 || i >= window.size || j >= window.size) return;
  const side = Math.max(layout.cell, 7);
  const left = layout.x + (j + 0.5) * layout.cell - side / 2;
  const top = layout.y + (i + 0.5) * layout.cell - side / 2;
  for (const [grown, colour, thick] of [[1.5, page, width + 2], [0, theme.text, width]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = thick;
    context.strokeRect(left - grown + 0.5, top - grown + 0.5, side + 2 * grown - 1, side + 2 * grown - 1);
  }
}

export function drawCursor(
  context: CanvasRenderingContext2D, layout: Layout, window: Window, cursor: Cursor | null, chosen: Cursor | null, theme: Theme, page: string,
): void {
  if (cursor) {
    // A band along row and column leads the eye to the names; small cells need it most.
    const { x, y, side, cell } = layout;
    const [i, j] = [cursor.row - window.row, cursor.column - window.column];
    context.globalAlpha = theme.dark ? 0.13 : 0.09;
    context.fillStyle = theme.text;
    if (i >= 0 && i < window.size) context.fillRect(x, y + i * cell, side, Math.max(cell, 1));
    if (j >= 0 && j < window.size) context.fillRect(x + j * cell, y, Math.max(cell, 1), side);
    context.globalAlpha = 1;
    frame(context, layout, window, cursor, 1.5, theme, page);
  }
  if (chosen) frame(context, layout, window, chosen, 2.5, theme, page);
}
