/** The names of the classes, and what the two sides are. */

import { type Layout, SLANT } from "./layout";
import { fitted } from "./text";
import type { Theme } from "./theme";
import type { Window } from "./window";

export interface Cursor {
  row: number;
  column: number;
}

/** Whether a name makes room: for every so manieth, and for the one under the cursor. */
function hidden(index: number, every: number, at: number | undefined): boolean {
  return index % every !== 0 || (at !== undefined && every > 1 && Math.abs(at - index) < every);
}

export function drawAxes(
  context: CanvasRenderingContext2D, layout: Layout, window: Window, names: readonly string[], titles: readonly [string, string],
  theme: Theme, cursor: Cursor | null,
): void {
  const { x, y, side, cell, every, everyColumn, left, below, slanted } = layout;
  context.font = `11px ${theme.font}`;
  context.textBaseline = "middle";
  for (let i = 0; i < window.size; i++) {
    const row = window.row + i;
    const chosen = cursor?.row === row;
    // The name under the cursor is always shown; its neighbours make room.
    if (!chosen && hidden(row, every, cursor?.row)) continue;
    context.textAlign = "right";
    context.fillStyle = chosen ? theme.text : theme.faint;
    context.fillText(fitted(context, names[row] ?? "", left), x - 6, y + (i + 0.5) * cell + 0.5);
  }
  const base = y + side + 6;
  for (let i = 0; i < window.size; i++) {
    const column = window.column + i;
    const chosen = cursor?.column === column;
    if (!chosen && hidden(column, everyColumn, cursor?.column)) continue;
    context.fillStyle = chosen ? theme.text : theme.faint;
    const middle = x + (i + 0.5) * cell;
    if (slanted) {
      context.save();
      context.translate(middle + 3, base + 4);
      context.rotate(-Math.PI / 4);
      context.textAlign = "right";
      // A slanted name must not leave the canvas at its left end.
      context.fillText(fitted(context, names[column] ?? "", Math.min(below, (middle - 2) / SLANT)), 0, 0);
      context.restore();
    } else {
      context.textAlign = "center";
      context.fillText(fitted(context, names[column] ?? "", Math.max(cell * everyColumn - 4, 24)), middle, base + 6);
    }
  }
  context.fillStyle = theme.faint;
  context.font = `600 11px ${theme.font}`;
  context.textAlign = "center";
  context.fillText(fitted(context, titles[1], side), x + side / 2, layout.height - 8);
  context.save();
  context.translate(8, y + side / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(fitted(context, titles[0], side), 0, 0);
  context.restore();
}
