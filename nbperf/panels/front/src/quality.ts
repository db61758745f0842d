/** What the browser derives from counts, by the formulas of nbperf/quality; one set of vectors tests both sides. */

import type { Board } from "./board";

/** NaN where nothing can be said: a class never seen has no recall, one never predicted no precision. */
export interface Quality {
  precision: number;
  recall: number;
  f1: number;
}

export function qualityOf(board: Board, index: number): Quality {
  const hit = board.cells[index * board.n + index]!;
  const seen = board.rows[index]!;
  const said = board.columns[index]!;
  return {
    precision: said > 0 ? hit / said : NaN,
    recall: seen > 0 ? hit / seen : NaN,
    f1: seen + said > 0 ? (2 * hit) / (seen + said) : NaN,
  };
}

export function accuracy(board: Board): number {
  return board.total > 0 ? board.right / board.total : NaN;
}

/** The mean F1 of the classes that were seen or predicted. */
export function macroF1(board: Board): number {
  let sum = 0;
  let count = 0;
  for (let index = 0; index < board.n; index++) {
    const { f1 } = qualityOf(board, index);
    if (f1 === f1) {
      sum += f1;
      count++;
    }
  }
  return count ? sum / count : NaN;
}
