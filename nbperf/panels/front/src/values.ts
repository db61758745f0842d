/** What a cell shows in each mode, and on which scale. */

import type { Board } from "./board";
import { niceEnd } from "./scale";

export const MODES = ["counts", "rows", "columns", "change"] as const;
export type Mode = (typeof MODES)[number];

/** An earlier state, to be compared with: its cells and the sums of its rows. */
export interface Pinned {
  n: number;
  cells: Float64Array | Uint32Array;
  rows: Float64Array;
}

export function pinned(n: number, cells: Float64Array | Uint32Array): Pinned {
  const rows = new Float64Array(n);
  for (let row = 0, place = 0; row < n; row++) for (let column = 0; column < n; column++) rows[row]! += cells[place++]!;
  return { n, cells, rows };
}

/** Of a cell; NaN where its row or column is empty. A change is one of shares, since more samples came in between. */
export function valueOf(board: Board, mode: Mode, pin: Pinned | null, row: number, column: number): number {
  const place = row * board.n + column;
  const value = board.cells[place]!;
  switch (mode) {
    case "counts":
      return value;
    case "rows":
      return value / board.rows[row]!;
    case "columns":
      return value / board.columns[column]!;
    case "change":
      return pin && pin.n === board.n ? value / board.rows[row]! - pin.cells[place]! / pin.rows[row]! : NaN;
  }
}

/** Where the two ramps end: what is right stands on the diagonal, what is wrong beside it. */
export interface Ends {
  right: number;
  wrong: number;
}

export function endsOf(board: Board, mode: Mode, pin: Pinned | null): Ends {
  if (mode === "change") {
    const end = Math.min(niceEnd(largestChange(board, pin)), 1);
    return { right: end, wrong: end };
  }
  const { n, cells, rows, columns } = board;
  let right = 0;
  let wrong = 0;
  for (let row = 0, place = 0; row < n; row++) {
    let most = 0;
    for (let column = 0; column < n; column++, place++) {
      // A million cells are looked at thirty times a second: divided is once a row where that is enough.
      const value = mode === "columns" ? cells[place]! / columns[column]! : cells[place]!;
      if (column === row) {
        if (value > right) right = value;
      } else if (value > most) most = value;
    }
    if (mode === "rows") most /= rows[row]!;
    if (most > wrong) wrong = most;
  }
  if (mode === "counts") return { right: Math.max(right, 1), wrong: Math.max(wrong, 1) };
  return { right: 1, wrong: wrong > 0 ? Math.min(niceEnd(wrong), 1) : 1 };
}

function largestChange(board: Board, pin: Pinned | null): number {
  let most = 0;
  for (let row = 0; row < board.n; row++) {
    for (let column = 0; column < board.n; column++) {
      const value = Math.abs(valueOf(board, "change", pin, row, column));
      if (value > most) most = value;
    }
  }
  return most;
}
