/** The part of the matrix that is in view: a square of classes, moved and zoomed around a cell. */

import { clamp } from "./scale";

export interface Window {
  row: number;
  column: number;
  /** Classes a side. */
  size: number;
}

export const SMALLEST = 4;

export function whole(n: number): Window {
  return { row: 0, column: 0, size: n };
}

export function kept(window: Window, n: number): Window {
  const size = clamp(Math.round(window.size), Math.min(SMALLEST, n), n);
  return { size, row: clamp(Math.round(window.row), 0, n - size), column: clamp(Math.round(window.column), 0, n - size) };
}

/** Zoom, the cell staying where it is. */
export function zoomed(window: Window, n: number, factor: number, row: number, column: number): Window {
  const size = clamp(factor < 1 ? Math.floor(window.size * factor) : Math.ceil(window.size * factor), Math.min(SMALLEST, n), n);
  const ratio = size / window.size;
  return kept({ size, row: row + 0.5 - (row + 0.5 - window.row) * ratio, column: column + 0.5 - (column + 0.5 - window.column) * ratio }, n);
}

/** Moved as little as shows the cell. */
export function showing(window: Window, n: number, row: number, column: number): Window {
  const along = (start: number, at: number) => (at < start ? at : at >= start + window.size ? at - window.size + 1 : start);
  return kept({ size: window.size, row: along(window.row, row), column: along(window.column, column) }, n);
}
