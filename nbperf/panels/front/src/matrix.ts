/** The heat map as pixels: one for each cell, or one for many where a class is narrower than a pixel. */

import type { Board } from "./board";
import type { Theme } from "./theme";
import { type Ends, type Mode, type Pinned, valueOf } from "./values";
import type { Window } from "./window";

/** Right is blue and wrong is orange; in a change what got better is blue and what got worse orange. */
export function colourOf(theme: Theme, mode: Mode, ends: Ends, value: number, diagonal: boolean): number {
  if (value !== value || value === 0) return theme.good[0]!;
  if (mode === "change") {
    const step = Math.min(Math.round((Math.abs(value) / ends.right) * 255), 255);
    return (value > 0 === diagonal ? theme.good : theme.bad)[step]!;
  }
  // What is not nothing is seen, however little.
  const step = Math.min(Math.max(Math.round((value / (diagonal ? ends.right : ends.wrong)) * 255), 14), 255);
  return (diagonal ? theme.good : theme.bad)[step]!;
}

export class Heat {
  private readonly canvas = document.createElement("canvas");
  private image: ImageData | null = null;
  private pixels = new Uint32Array();

  /** Paint the window; `room` is the number of device pixels that there are for it. */
  paint(board: Board, window: Window, mode: Mode, pin: Pinned | null, ends: Ends, theme: Theme, room: number): HTMLCanvasElement {
    const pool = Math.max(1, Math.ceil(window.size / Math.max(room, 1)));
    const side = Math.ceil(window.size / pool);
    const context = this.canvas.getContext("2d")!;
    if (this.canvas.width !== side || !this.image) {
      this.canvas.width = this.canvas.height = side;
      this.image = context.createImageData(side, side);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    if (pool === 1) this.each(board, window, mode, pin, ends, theme);
    else this.pooled(board, window, mode, pin, ends, theme, pool, side);
    context.putImageData(this.image, 0, 0);
    return this.canvas;
  }

  private each(board: Board, window: Window, mode: Mode, pin: Pinned | null, ends: Ends, theme: Theme): void {
    const { n, cells, rows, columns } = board;
    const { good, bad } = theme;
    const { pixels } = this;
    const nothing = good[0]!;
    let at = 0;
    for (let row = window.row; row < window.row + window.size; row++) {
      // What turns a count of this row into a step of the ramps.
      const scale = 255 / (mode === "rows" ? rows[row]! : 1);
      const [right, wrong] = [scale / ends.right, scale / ends.wrong];
      for (let column = window.column, place = row * n + column; column < window.column + window.size; column++, place++, at++) {
        if (mode === "change") {
          pixels[at] = colourOf(theme, mode, ends, valueOf(board, mode, pin, row, column), row === column);
          continue;
        }
        const value = cells[place]!;
        if (value === 0) {
          pixels[at] = nothing;
          continue;
        }
        const diagonal = row === column;
        let step = (diagonal ? right : wrong) * value;
        if (mode === "columns") step /= columns[column]!;
        step = (step + 0.5) | 0;
        step = step < 14 ? 14 : step > 255 ? 255 : step;
        pixels[at] = (diagonal ? good : bad)[step]!;
      }
    }
  }

  /** Of many cells in one pixel the most wrong is shown; were it their mean, a single mistake would vanish. */
  private pooled(board: Board, window: Window, mode: Mode, pin: Pinned | null, ends: Ends, theme: Theme, pool: number, side: number): void {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        let worst = 0;
        let best = NaN;
        for (let row = window.row + y * pool; row < Math.min(window.row + (y + 1) * pool, window.row + window.size); row++) {
          for (let column = window.column + x * pool; column < Math.min(window.column + (x + 1) * pool, window.column + window.size); column++) {
            const value = valueOf(board, mode, pin, row, column);
            if (row === column) best = best === best ? Math.max(best, value) : value;
            else if (Math.abs(value) > Math.abs(worst)) worst = value;
          }
        }
        const diagonal = best === best;
        this.pixels[y * side + x] = colourOf(theme, mode, ends, diagonal ? best : worst, diagonal);
      }
    }
  }
}
