/** Accuracy over the samples seen: of all so far as a line, of the latest as points. */

import { score, short } from "./format";
import { linear, ticks } from "./scale";
import { widthOf } from "./text";
import type { Theme } from "./theme";

export const HEIGHT = 108;
const [LEFT, RIGHT, TOP, BOTTOM] = [34, 48, 10, 20];

/** Samples seen, accuracy of all so far, accuracy since the point before: three numbers a point. */
export function drawStrip(context: CanvasRenderingContext2D, width: number, height: number, points: Float32Array, theme: Theme, pinnedAt: number): void {
  context.clearRect(0, 0, width, height);
  const count = Math.floor(points.length / 3);
  context.font = `11px ${theme.font}`;
  context.textBaseline = "middle";
  if (!count) return;
  let low = 1;
  for (let i = 0; i < count; i++) for (const value of [points[3 * i + 1]!, points[3 * i + 2]!]) if (value < low) low = value;
  low = low > 0.9 ? 0.9 : low > 0.5 ? 0.5 : 0;
  const end = points[3 * (count - 1)]!;
  const x = linear([0, end], [LEFT, width - RIGHT]);
  const y = linear([low, 1], [height - BOTTOM, TOP]);
  context.textAlign = "right";
  for (const value of ticks(low, 1, 2)) {
    context.fillStyle = theme.line;
    context.fillRect(LEFT, Math.round(y(value)), width - LEFT - RIGHT, 1);
    context.fillStyle = theme.faint;
    context.fillText(String(value), LEFT - 6, y(value) + 0.5);
  }
  const steps = ticks(0, end, Math.max(2, Math.floor((width - LEFT - RIGHT) / 90)));
  context.textAlign = "center";
  for (const value of steps) context.fillText(short(value), x(value), height - 8);
  if (pinnedAt > 0 && pinnedAt <= end) {
    context.strokeStyle = theme.faint;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x(pinnedAt), TOP);
    context.lineTo(x(pinnedAt), height - BOTTOM);
    context.stroke();
    context.setLineDash([]);
  }
  context.fillStyle = theme.marks[0];
  context.globalAlpha = count > 150 ? 0.3 : 0.45;
  const size = count > 150 ? 1.2 : 1.8;
  for (let i = 0; i < count; i++) {
    const value = points[3 * i + 2]!;
    if (value !== value) continue;
    context.beginPath();
    context.arc(x(points[3 * i]!), y(value), size, 0, 7);
    context.fill();
  }
  context.globalAlpha = 1;
  context.strokeStyle = theme.marks[0];
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.beginPath();
  for (let i = 0; i < count; i++) context.lineTo(x(points[3 * i]!), y(points[3 * i + 1]!));
  context.stroke();
  const last = points[3 * (count - 1) + 1]!;
  context.beginPath();
  context.arc(x(end), y(last), 3, 0, 7);
  context.fill();
  context.font = `600 11px ${theme.font}`;
  context.textAlign = "left";
  const text = score(last);
  if (widthOf(context, text) < RIGHT) context.fillText(text, x(end) + 7, y(last) + 0.5);
}
