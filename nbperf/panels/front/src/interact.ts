/** Mouse, touch and keyboard on the matrix, turned into a cursor, a choice and a window. */

import type { Cursor } from "./axes";
import type { Undo } from "./host";
import type { Layout } from "./layout";
import { clamp } from "./scale";
import { showing, whole, type Window, zoomed } from "./window";

export interface Scene {
  n(): number;
  layout(): Layout | null;
  window: Window;
  cursor: Cursor | null;
  /** The cursor or the window moved. */
  moved(byKey: boolean): void;
  choose(at: Cursor | null): void;
}

const ZOOM = 0.7;

export function cellAt(layout: Layout, window: Window, x: number, y: number): Cursor | null {
  const column = Math.floor((x - layout.x) / layout.cell);
  const row = Math.floor((y - layout.y) / layout.cell);
  const inside = row >= 0 && column >= 0 && row < window.size && column < window.size;
  return inside ? { row: window.row + row, column: window.column + column } : null;
}

/** Where a key leads; null for keys that are not ours. */
export function step(key: string, at: Cursor, n: number, far: boolean): Cursor | null {
  const by = far ? Math.max(5, Math.round(n / 10)) : 1;
  const to = (row: number, column: number) => ({ row: clamp(row, 0, n - 1), column: clamp(column, 0, n - 1) });
  switch (key) {
    case "ArrowUp":
      return to(at.row - by, at.column);
    case "ArrowDown":
      return to(at.row + by, at.column);
    case "ArrowLeft":
      return to(at.row, at.column - by);
    case "ArrowRight":
      return to(at.row, at.column + by);
    case "Home":
      return to(at.row, 0);
    case "End":
      return to(at.row, n - 1);
    case "PageUp":
      return to(0, at.column);
    case "PageDown":
      return to(n - 1, at.column);
    default:
      return null;
  }
}

export function interact(canvas: HTMLCanvasElement, scene: Scene): Undo {
  const place = (event: MouseEvent): Cursor | null => {
    const layout = scene.layout();
    const box = canvas.getBoundingClientRect();
    return layout && cellAt(layout, scene.window, event.clientX - box.left, event.clientY - box.top);
  };
  const same = (a: Cursor | null, b: Cursor | null) => a?.row === b?.row && a?.column === b?.column;
  const move = (event: PointerEvent) => {
    const at = place(event);
    if (same(at, scene.cursor)) return;
    scene.cursor = at;
    scene.moved(false);
  };
  const leave = () => {
    if (!scene.cursor || document.activeElement === canvas) return;
    scene.cursor = null;
    scene.moved(false);
  };
  const click = (event: MouseEvent) => {
    const at = place(event);
    if (!at) return;
    scene.cursor = at;
    scene.choose(at);
  };
  const zoom = (factor: number, at: Cursor) => {
    scene.window = zoomed(scene.window, scene.n(), factor, at.row, at.column);
    scene.moved(false);
  };
  const wheel = (event: WheelEvent) => {
    // A plain wheel scrolls the notebook, as everywhere.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const at = place(event);
    if (at) zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, at);
  };
  const double = () => {
    scene.window = whole(scene.n());
    scene.moved(false);
  };
  const focus = () => {
    if (scene.cursor || !scene.n() || !canvas.matches(":focus-visible")) return;
    scene.cursor = { row: scene.window.row, column: scene.window.column };
    scene.moved(true);
  };
  const blur = () => {
    scene.cursor = null;
    scene.moved(false);
  };
  const key = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey || !scene.n()) return;
    const at = scene.cursor ?? { row: scene.window.row, column: scene.window.column };
    const to = step(event.key, at, scene.n(), event.ctrlKey || event.shiftKey);
    if (to) {
      scene.cursor = to;
      scene.window = showing(scene.window, scene.n(), to.row, to.column);
      scene.moved(true);
    } else if (event.key === "Enter" || event.key === " ") scene.choose(at);
    else if (event.key === "Escape") scene.choose(null);
    else if (event.key === "+" || event.key === "=") zoom(ZOOM, at);
    else if (event.key === "-") zoom(1 / ZOOM, at);
    else if (event.key === "0") double();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would go to the next cell
  };
  const all = [
    ["pointermove", move], ["pointerleave", leave], ["click", click], ["dblclick", double], ["focus", focus], ["blur", blur],
    ["keydown", key], ["wheel", wheel],
  ] as const;
  for (const [name, heard] of all) canvas.addEventListener(name, heard as EventListener, { passive: false });
  return () => all.forEach(([name, heard]) => canvas.removeEventListener(name, heard as EventListener));
}
