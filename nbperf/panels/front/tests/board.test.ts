import { describe, expect, it } from "vitest";
import { Board } from "../src/board";
import { accuracy, macroF1, qualityOf } from "../src/quality";
import { endsOf, pinned, valueOf } from "../src/values";

const stamp = { at: 0, updates: 1 };

function board(n: number, cells: number[], seq = 1): Board {
  const made = new Board();
  made.fill({ ...stamp, seq, n, cells: Float64Array.from(cells) });
  return made;
}

describe("board", () => {
  it("sums what it is given, and keeps the sums while cells change", () => {
    const made = board(2, [3, 1, 2, 4]);
    expect([...made.rows, ...made.columns, made.total, made.right]).toEqual([4, 6, 5, 5, 10, 7]);
    expect(made.change({ ...stamp, base: 1, seq: 2, index: Uint32Array.of(1, 3), values: Uint32Array.of(5, 6) })).toBe("taken");
    const anew = board(2, [3, 5, 2, 6]);
    expect([...made.rows, ...made.columns, made.total, made.right]).toEqual([...anew.rows, ...anew.columns, anew.total, anew.right]);
  });
  it("asks for what it missed, and hears nothing twice", () => {
    const made = board(2, [3, 1, 2, 4], 5);
    const change = { ...stamp, index: Uint32Array.of(0), values: Uint32Array.of(9) };
    expect(made.change({ ...change, base: 6, seq: 7 })).toBe("gap");
    expect(made.change({ ...change, base: 4, seq: 5 })).toBe("old");
    expect(made.fill({ ...stamp, seq: 4, n: 2, cells: Float64Array.of(0, 0, 0, 0) })).toBe("old");
    expect(made.cells[0]).toBe(3);
    expect(new Board().change({ ...change, base: 0, seq: 1 })).toBe("gap");
  });
  it("takes a matrix of another size", () => {
    const made = board(2, [3, 1, 2, 4]);
    made.fill({ ...stamp, seq: 2, n: 1, cells: Uint32Array.of(7) });
    expect([made.n, made.total, ...made.rows]).toEqual([1, 7, 7]);
  });
});

describe("quality", () => {
  // The same vectors as in tests/panels/test_face.py.
  const made = board(3, [5, 1, 0, 2, 6, 0, 1, 1, 0]);
  it("is what scikit-learn says, and nothing where there is nothing", () => {
    expect(qualityOf(made, 0)).toEqual({ precision: 5 / 8, recall: 5 / 6, f1: 10 / 14 });
    expect(qualityOf(made, 1)).toEqual({ precision: 6 / 8, recall: 6 / 8, f1: 12 / 16 });
    expect(qualityOf(made, 2)).toEqual({ precision: NaN, recall: 0, f1: 0 });
    expect(accuracy(made)).toBe(11 / 16);
    expect(macroF1(made)).toBeCloseTo((10 / 14 + 12 / 16 + 0) / 3, 12);
    expect(accuracy(board(2, [0, 0, 0, 0]))).toBeNaN();
  });
});

describe("values", () => {
  const made = board(2, [3, 1, 0, 0]);
  it("are counts or shares", () => {
    expect(valueOf(made, "counts", null, 0, 0)).toBe(3);
    expect(valueOf(made, "rows", null, 0, 0)).toBe(0.75);
    expect(valueOf(made, "rows", null, 1, 0)).toBeNaN();
    expect(valueOf(made, "columns", null, 0, 1)).toBe(1);
  });
  it("are changes to what was pinned", () => {
    const before = pinned(2, Uint32Array.of(1, 1, 0, 2));
    expect(valueOf(made, "change", before, 0, 0)).toBe(0.25);
    expect(valueOf(made, "change", before, 0, 1)).toBe(-0.25);
    expect(valueOf(made, "change", before, 1, 1)).toBeNaN();
    expect(valueOf(made, "change", null, 0, 0)).toBeNaN();
    expect(endsOf(made, "change", before)).toEqual({ right: 0.3, wrong: 0.3 });
  });
  it("have scales of their own beside the diagonal", () => {
    expect(endsOf(made, "counts", null)).toEqual({ right: 3, wrong: 1 });
    expect(endsOf(made, "rows", null)).toEqual({ right: 1, wrong: 0.3 });
  });
});
