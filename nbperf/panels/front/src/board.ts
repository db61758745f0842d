/** The matrix as the browser knows it, with the sums that its pictures ask for, kept up while cells change. */

import type { Changes, Dense } from "./wire";

export type Heard = "taken" | "old" | "gap";

export class Board {
  n = 0;
  seq = 0;
  at = 0;
  updates = 0;
  cells: Float64Array = new Float64Array();
  /** Of each row: what was truly of the class. */
  rows: Float64Array = new Float64Array();
  /** Of each column: what was said to be of the class. */
  columns: Float64Array = new Float64Array();
  total = 0;
  right = 0;

  /** Take all cells anew. */
  fill(dense: Dense): Heard {
    if (dense.seq < this.seq || (dense.seq === this.seq && dense.n === this.n)) return "old";
    const n = dense.n;
    if (n !== this.n) {
      this.n = n;
      this.cells = new Float64Array(n * n);
      this.rows = new Float64Array(n);
      this.columns = new Float64Array(n);
    }
    this.cells.set(dense.cells);
    this.sum();
    this.stamp(dense);
    return "taken";
  }

  /** Take the cells that changed, if none before them was missed. */
  change(changes: Changes): Heard {
    if (changes.seq <= this.seq) return "old";
    if (!this.n || changes.base > this.seq) return "gap";
    const { n, cells, rows, columns } = this;
    const { index, values } = changes;
    for (let i = 0; i < index.length; i++) {
      const place = index[i]!;
      if (place >= cells.length) continue;
      const row = Math.floor(place / n);
      const column = place - row * n;
      const more = values[i]! - cells[place]!;
      cells[place] = values[i]!;
      rows[row]! += more;
      columns[column]! += more;
      this.total += more;
      if (row === column) this.right += more;
    }
    this.stamp(changes);
    return "taken";
  }

  private stamp(of: Dense | Changes): void {
    this.seq = of.seq;
    this.at = of.at;
    this.updates = of.updates;
  }

  private sum(): void {
    const { n, cells, rows, columns } = this;
    columns.fill(0);
    this.total = this.right = 0;
    for (let row = 0, place = 0; row < n; row++) {
      let sum = 0;
      for (let column = 0; column < n; column++, place++) {
        const value = cells[place]!;
        if (value !== 0) {
          sum += value;
          columns[column]! += value;
        }
      }
      rows[row] = sum;
      this.total += sum;
      this.right += cells[row * n + row]!;
    }
  }
}
