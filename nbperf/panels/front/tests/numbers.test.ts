import { describe, expect, it } from "vitest";
import { count, hundredths, percent, score, short } from "../src/format";
import { layoutOf } from "../src/layout";
import { Rate } from "../src/rate";
import { linear, niceEnd, niceEvery, niceStep, ticks } from "../src/scale";
import { luminance, onColour, parseColour, ramp } from "../src/theme";
import { kept, showing, whole, zoomed } from "../src/window";
import { step } from "../src/interact";

describe("format", () => {
  it.each([[0, "0"], [12345, "12,345"], [1234567, "1,234,567"], [999, "999"], [2.5, "2.50"], [-3, "−3"], [NaN, "–"]])("count %s", (value, text) => {
    expect(count(value)).toBe(text);
  });
  it.each([[9999, "9,999"], [12345, "12k"], [10000, "10k"], [999_700, "1.0M"], [2.5e9, "2.5G"]])("short %s", (value, text) => {
    expect(short(value)).toBe(text);
  });
  // As nbperf/core/units.py has them.
  it.each([[0.0123, "1.2\u202f%"], [0.5, "50\u202f%"], [0, "0\u202f%"], [1, "100\u202f%"], [0.9996, "100\u202f%"], [0.0999, "10\u202f%"], [NaN, "–"]])("percent %s", (value, text) => {
    expect(percent(value)).toBe(text);
  });
  it.each([[0.974, "97"], [0.031, "3.1"], [0.0002, "<0.1"], [-0.05, "−5"], [1, "100"], [0, "0"]])("hundredths %s", (value, text) => {
    expect(hundredths(value)).toBe(text);
  });
  it("hundredths in a narrow cell", () => expect([0.053, -0.053, 0.001].map(value => hundredths(value, 0))).toEqual(["5", "−5", "<1"]));
  it("score", () => expect([score(0.91234), score(NaN)]).toEqual(["0.912", "–"]));
});

describe("scale", () => {
  it("is linear, also where there is no span", () => {
    expect([0, 5, 10].map(linear([0, 10], [100, 0]))).toEqual([100, 50, 0]);
    expect(linear([3, 3], [0, 10])(3)).toBe(5);
  });
  it("has ticks that people count in", () => {
    expect(ticks(0.5, 1, 2)).toEqual([0.5, 1]);
    expect(ticks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(niceStep(0, 3)).toBe(1);
    expect([0.03, 0.151, 7, 1, 0].map(niceEnd)).toEqual([0.03, 0.2, 8, 1, 1]);
    expect([0.3, 1.2, 3, 8, 21, 26, 99].map(niceEvery)).toEqual([1, 2, 5, 10, 25, 50, 100]);
  });
});

describe("window", () => {
  it("zooms around a cell and stays inside", () => {
    const window = zoomed(whole(100), 100, 0.5, 99, 0);
    expect(window).toEqual({ size: 50, row: 50, column: 0 });
    expect(zoomed(window, 100, 10, 99, 0)).toEqual(whole(100));
    expect(zoomed(whole(3), 3, 0.1, 1, 1).size).toBe(3);
  });
  it("follows the cursor", () => {
    expect(showing({ size: 10, row: 0, column: 0 }, 100, 10, 99)).toEqual({ size: 10, row: 1, column: 90 });
    expect(kept({ size: 10, row: -5, column: 500 }, 20)).toEqual({ size: 10, row: 0, column: 10 });
  });
});

describe("keys", () => {
  it("lead from cell to cell and not out of the matrix", () => {
    expect(step("ArrowDown", { row: 8, column: 0 }, 10, false)).toEqual({ row: 9, column: 0 });
    expect(step("ArrowDown", { row: 9, column: 0 }, 10, false)).toEqual({ row: 9, column: 0 });
    expect(step("ArrowRight", { row: 0, column: 0 }, 200, true)).toEqual({ row: 0, column: 20 });
    expect(step("End", { row: 2, column: 0 }, 10, false)).toEqual({ row: 2, column: 9 });
    expect(step("x", { row: 0, column: 0 }, 10, false)).toBeNull();
  });
});

describe("layout", () => {
  it.each([[2, 400], [10, 540], [100, 700], [1000, 540], [10, 320]])("%s classes on %s pixels stay inside", (size, width) => {
    const layout = layoutOf({ width, size, widest: 60, highest: 480 });
    expect(layout.x + layout.side).toBeLessThanOrEqual(width);
    if (layout.bars) expect(layout.bars.x + layout.bars.width).toBeLessThanOrEqual(width);
    expect(layout.cell * size).toBeCloseTo(layout.side);
  });
  it("names fewer classes where there are many", () => {
    expect(layoutOf({ width: 540, size: 1000, widest: 30, highest: 480 }).every).toBeGreaterThanOrEqual(25);
  });
});

describe("colours", () => {
  it("are read in each way that a page writes them", () => {
    expect(parseColour("#fff")).toEqual([255, 255, 255]);
    expect(parseColour("#0072B2")).toEqual([0, 114, 178]);
    expect(parseColour("rgba(1, 2, 3, 0.5)")).toEqual([1, 2, 3]);
    expect(parseColour("var(--x)")).toBeNull();
  });
  it("go from the page to the full colour, and letters on them are read", () => {
    const steps = ramp([255, 255, 255], ["#a9d3ee", "#2f8fc9", "#00507f"]);
    expect(steps).toHaveLength(256);
    expect(steps[0]).toBe(0xffffffff);
    expect(onColour(steps[0]!)).toBe("#10151a");
    expect(onColour(steps[255]!)).toBe("#ffffff");
    const light = [...steps].map(pixel => luminance([pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]));
    light.slice(1).forEach((value, i) => expect(value).toBeLessThanOrEqual(light[i]! + 1e-9));
  });
});

describe("rate", () => {
  it("counts pictures of new numbers, and their age by the kernel's clock", () => {
    const rate = new Rate();
    rate.clock(100, 160.05, 100.1); // the kernel's clock is a minute ahead
    expect(rate.drawn(1, 100, 100)).toBe(true); // what was there when the page opened is no picture of ours
    expect(rate.pictures).toBe(0);
    for (let i = 1; i <= 30; i++) rate.drawn(1 + i, 160 + i / 30, 100.02 + i / 30);
    expect(rate.drawn(31, 161, 101.03)).toBe(false);
    expect(rate.pictures).toBe(30);
    const now = rate.now(101.02)!;
    expect(now.pictures).toBeCloseTo(30, 0);
    expect(now.latency).toBeCloseTo(0.02, 5);
    expect(rate.now(110)).toBeNull();
  });
  it("takes no slow answer for the difference of clocks", () => {
    const rate = new Rate();
    rate.clock(100, 200, 110);
    rate.drawn(1, 0, 0);
    rate.drawn(2, 100, 100.05);
    expect(rate.sums()).toEqual({ pictures: 1, age: expect.closeTo(0.05, 6) });
  });
});
