/** Numbers as people read them, as nbperf/core/units.py writes them. */

const NARROW = "\u202f";
export const MINUS = "−";

/** So many digits are kept that this many count. */
function decimals(size: number, digits: number): number {
  if (!Number.isFinite(size) || size === 0) return 0;
  const rounded = Number(Math.abs(size).toExponential(digits - 1)); // 0.9997 with three digits is 1.00, not 1.000
  return Math.min(Math.max(digits - 1 - Math.floor(Math.log10(rounded) + 1e-9), 0), 20);
}

function signed(value: number, text: string): string {
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** 12345 is "12,345"; weights keep three digits. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = Number.isInteger(value) ? String(size) : size.toFixed(decimals(size, 3));
  const [whole = "", rest] = text.split(".");
  return signed(value, whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : ""));
}

/** For narrow places: 12345 is "12k". */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return count(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
  for (const [step, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size >= step * 0.9995) {
      const scaled = size / step;
      return signed(value, (scaled < 9.95 ? scaled.toFixed(1) : scaled.toFixed(0)) + letter);
    }
  }
  return count(value);
}

/** A ratio: 0.0123 is "1.2 %". */
export function percent(ratio: number, digits = 2): string {
  if (!Number.isFinite(ratio)) return "–";
  const size = Math.abs(ratio * 100);
  return signed(ratio, `${size.toFixed(decimals(size, digits))}${NARROW}%`);
}

/** Inside a cell: "97", "3.1", "0"; in a narrow one "3". */
export function hundredths(ratio: number, digits = 1): string {
  const size = Math.abs(ratio * 100);
  if (size === 0) return "0";
  if (!digits) return size < 0.5 ? "<1" : signed(ratio, size.toFixed(0));
  return signed(ratio, size >= 9.95 ? size.toFixed(0) : size < 0.05 ? "<0.1" : size.toFixed(1).replace(/\.0$/, ""));
}

/** A score from 0 to 1, three digits. */
export function score(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : "–";
}
