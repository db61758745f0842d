import { describe, expect, it } from "vitest";
import { readChanges, readDense, readFloats } from "../src/wire";

function view(hex: string): DataView {
  // Behind three other bytes, as no alignment is promised.
  const bytes = Uint8Array.from([1, 2, 3, ...hex.match(/../g)!.map(pair => parseInt(pair, 16))]);
  return new DataView(bytes.buffer, 3);
}

// As tests/panels/test_frames.py has them from nbperf/panels/frames.py.
const DENSE = "01000000020000000300000004000000000000000080734107000000020000000400000004000000" + "05000000";
const WEIGHTED = "000000000000f83f" + "0000000000807341" + "07000000" + "01000000" + "08000000" + "01000000" + "05000000";
const CHANGES = "0300000009000000" + "0000000000807341" + "07000000" + "04000000" + "04000000" + "01000000" + "05000000";

describe("wire", () => {
  it("reads all cells", () => {
    const read = readDense(view(DENSE))!;
    expect(read).toMatchObject({ seq: 5, at: 20447232, updates: 7, n: 2 });
    expect([...read.cells]).toEqual([1, 2, 3, 4]);
    expect([...readDense(view(WEIGHTED))!.cells]).toEqual([1.5]);
  });
  it("reads changed cells", () => {
    const read = readChanges(view(CHANGES))!;
    expect(read).toMatchObject({ seq: 5, base: 4, updates: 7 });
    expect([[...read.index], [...read.values]]).toEqual([[3], [9]]);
  });
  it("reads points", () => {
    expect([...readFloats(view("0000803f00000040"))]).toEqual([1, 2]);
    expect(readFloats(null)).toHaveLength(0);
  });
  it("refuses what it does not know", () => {
    expect(readDense(null)).toBeNull();
    expect(readDense(view("00"))).toBeNull();
    expect(readDense(view(`00000000${DENSE}`))).toBeNull();
    expect(readChanges(view(`00000000${CHANGES}`))).toBeNull();
  });
});
