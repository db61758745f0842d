/** A cell, and the whole matrix, in words. */

import type { Cursor } from "./axes";
import type { Board } from "./board";
import { count, hundredths, percent, score } from "./format";
import { say, type Words } from "./host";
import { accuracy, macroF1, qualityOf } from "./quality";
import { type Pinned, valueOf } from "./values";

export function headline(board: Board, words: Words): string {
  return board.total ? say(words, "headline", { accuracy: score(accuracy(board)), f1: score(macroF1(board)), n: count(board.total) }) : words.empty ?? "";
}

export function cellText(board: Board, names: readonly string[], pin: Pinned | null, at: Cursor, words: Words): string {
  const { row, column } = at;
  const value = board.cells[row * board.n + column] ?? 0;
  const seen = board.rows[row] ?? 0;
  const said = board.columns[column] ?? 0;
  const values = {
    true: names[row] ?? "", predicted: names[column] ?? "", n: count(value), seen: count(seen), said: count(said),
    share: percent(value / seen), part: percent(value / said),
  };
  const parts = [say(words, row === column ? "cell-right" : "cell-wrong", values)];
  if (seen > 0) parts.push(say(words, "share", values));
  if (said > 0) parts.push(say(words, "part", values));
  if (row === column) {
    const { precision, recall, f1 } = qualityOf(board, row);
    parts.push(say(words, "scores", { precision: score(precision), recall: score(recall), f1: score(f1) }));
  }
  const change = pin ? valueOf(board, "change", pin, row, column) : NaN;
  if (change === change) parts.push(say(words, "moved", { points: (change > 0 ? "+" : "") + hundredths(change) }));
  return parts.join(" · ");
}

/** The cell beside the diagonal that holds most. */
export function worst(board: Board): Cursor | null {
  const { n, cells } = board;
  let most = 0;
  let found = -1;
  for (let place = 0, next = 0; place < cells.length; place++) {
    if (place === next) next += n + 1; // the diagonal
    else if (cells[place]! > most) {
      most = cells[place]!;
      found = place;
    }
  }
  return found < 0 ? null : { row: Math.floor(found / n), column: found % n };
}
