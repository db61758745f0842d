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
  const { n, cells, rows, columns } = board;
  let right = 0;
  let wrong = 0;
  for (let row = 0, place = 0; row < n; row++) {
    const seen = rows[row]!;
    for (let column = 0; column < n; column++, place++) {
      let value = cells[place]!;
      if (mode === "change") {
        value = Math.abs(valueOf(board, mode, pin, row, column));
        if (value !== value) continue;
      } else if (value === 0) continue;
      else if (mode === "rows") value /= seen;
      else if (mode === "columns") value /= columns[column]!;
      if (row === column) {
        if (value > right) right = value;
      } else if (value > wrong) wrong = value;
    }
  }
  if (mode === "change") {
    const end = Math.min(niceEnd(Math.max(right, wrong)), 1);
    return { right: end, wrong: end };
  }
  if (mode === "counts") return { right: Math.max(right, 1), wrong: Math.max(wrong, 1) };
  return { right: 1, wrong: wrong > 0 ? Math.min(niceEnd(wrong), 1) : 1 };
}
