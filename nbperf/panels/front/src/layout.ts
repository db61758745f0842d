/** Where things stand on the large canvas, in CSS pixels. */

import { niceEvery } from "./scale";

export interface Layout {
  width: number;
  height: number;
  /** The square of cells. */
  x: number;
  y: number;
  side: number;
  cell: number;
  /** Every so manieth class is named, down the side and along the bottom. */
  every: number;
  everyColumn: number;
  slanted: boolean;
  /** Room for names left of the cells, and below them measured along the text. */
  left: number;
  below: number;
  bars: { x: number; width: number } | null;
}

export const SLANT = Math.SQRT1_2;
const TITLE = 18;
const GAP = 6;
const LETTER = 12;
/** Room at the right of the bars for a number. */
export const NUMBER = 38;

export interface Wanted {
  width: number;
  /** Classes a side that are in view. */
  size: number;
  /** The widest name. */
  widest: number;
  /** No higher than this. */
  highest: number;
}

export function layoutOf({ width, size, widest, highest }: Wanted): Layout {
  const left = Math.min(Math.ceil(widest), Math.max(36, width * 0.2), 150);
  const x = TITLE + left + GAP;
  const withBars = width - x >= 250;
  const least = withBars ? Math.min(190, Math.max(104, (width - x) * 0.3)) : 0;
  const room = width - x - (withBars ? least + 14 : 2);
  const side = Math.max(60, Math.min(room, highest, Math.max(size * 76, 170)));
  const cell = side / size;
  const every = niceEvery((LETTER + 1) / cell);
  // Names slant where all of them fit so; where some are left out anyway, fewer stand straight, if that leaves enough.
  const straight = niceEvery((widest + 10) / cell);
  const slanted = straight > 1 && (every === 1 || size / straight < 5);
  const everyColumn = slanted ? every : straight;
  const below = slanted ? Math.min(Math.ceil(widest), 104) : LETTER;
  const y = 2;
  const names = slanted ? Math.ceil(below * SLANT) + LETTER : LETTER + 6;
  const barsAt = x + side + 14;
  const bars = withBars ? { x: barsAt, width: Math.min(width - barsAt - NUMBER, 320) } : null;
  return { width, height: y + side + GAP + names + TITLE, x, y, side, cell, every, everyColumn, slanted, left, below, bars };
}
