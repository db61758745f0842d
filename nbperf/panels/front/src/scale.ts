/** From numbers to places. */

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** A straight line from one interval onto another. */
export function linear(from: readonly [number, number], to: readonly [number, number]): (value: number) => number {
  const span = from[1] - from[0];
  return value => (span === 0 ? (to[0] + to[1]) / 2 : to[0] + ((value - from[0]) / span) * (to[1] - to[0]));
}

/** The step of 1, 2 or 5 times a power of ten that gives at most so many parts. */
export function niceStep(span: number, parts: number): number {
  if (!(span > 0)) return 1;
  const rough = span / Math.max(parts, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const times = rough / power;
  return (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10) * power;
}

export function ticks(low: number, high: number, parts: number): number[] {
  const step = niceStep(high - low, parts);
  const found: number[] = [];
  // By whole numbers of steps: adding up steps would add up their errors.
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** The next value upward that reads well as the end of a scale: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten. */
export function niceEnd(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const times = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(each => value <= each * power * (1 + 1e-9)) ?? 10;
  return Number((times * power).toPrecision(6));
}

/** The next whole number upward that people count in: 1, 2, 5, 10, 20, 25, 50, 100, … */
export function niceEvery(least: number): number {
  if (least <= 1) return 1;
  for (let power = 1; ; power *= 10) {
    for (const times of power > 1 ? [1, 2, 2.5, 5] : [1, 2, 5]) if (times * power >= least - 1e-9) return times * power;
  }
}
