/** The colours of the page that a panel stands on, and the ramps that are made of them. */

import type { Undo } from "./host";

export type Colour = readonly [number, number, number];

export interface Theme {
  dark: boolean;
  text: string;
  faint: string;
  line: string;
  page: Colour;
  font: string;
  /** Precision, recall, F1: Okabe and Ito's, as in nbperf/views/theme.py. */
  marks: readonly [string, string, string];
  /** 256 colours each as the pixels of a canvas hold them: right or better, wrong or worse. */
  good: Uint32Array;
  bad: Uint32Array;
  still: boolean;
}

const LIGHT = {
  text: "#1f2328", faint: "#59636e", line: "#d8dee4", page: "#ffffff", marks: ["#0072b2", "#e69f00", "#009e73"],
  good: ["#a9d3ee", "#2f8fc9", "#00507f"], bad: ["#fbd3b4", "#e98240", "#a83f00"],
} as const;
const DARK = {
  text: "#e6edf3", faint: "#9198a1", line: "#3d444d", page: "#111111", marks: ["#56b4e9", "#e69f00", "#2bc49b"],
  good: ["#123a55", "#2c82b8", "#8fd3ff"], bad: ["#4f2611", "#b9561c", "#ffab73"],
} as const;

/** Of "#abc", "#aabbcc", "rgb(1, 2, 3)". */
export function parseColour(text: string): Colour | null {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim());
  if (hex) {
    const digits = hex[1]!.length === 3 ? hex[1]!.replace(/./g, "$&$&") : hex[1]!;
    return [0, 2, 4].map(at => parseInt(digits.slice(at, at + 2), 16)) as unknown as Colour;
  }
  const rgb = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(text.trim());
  return rgb ? [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])] : null;
}

export function luminance([red, green, blue]: Colour): number {
  const linear = (part: number) => ((part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** From the page through a light and a middle to a full colour; the first steps are seen, so that 1 of 1,000 is. */
export function ramp(page: Colour, stops: readonly string[]): Uint32Array {
  const places = [0, 0.16, 0.55, 1];
  const colours = [page, ...stops.map(stop => parseColour(stop)!)];
  return Uint32Array.from({ length: 256 }, (_, step) => {
    const at = step / 255;
    let part = 0;
    while (part < 2 && at > places[part + 1]!) part++;
    const along = (at - places[part]!) / (places[part + 1]! - places[part]!);
    const [from, to] = [colours[part]!, colours[part + 1]!];
    const mixed = [0, 1, 2].map(i => Math.round(from[i]! + (to[i]! - from[i]!) * along));
    return (0xff000000 | (mixed[2]! << 16) | (mixed[1]! << 8) | mixed[0]!) >>> 0;
  });
}

export function css(pixel: number): string {
  return `rgb(${pixel & 255},${(pixel >> 8) & 255},${(pixel >> 16) & 255})`;
}

/** The letters that are read on a colour. */
export function onColour(pixel: number): string {
  return luminance([pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]) > 0.26 ? "#10151a" : "#ffffff";
}

export function readTheme(element: Element): Theme {
  const style = getComputedStyle(element);
  const variable = (...names: string[]) => names.map(name => style.getPropertyValue(name).trim()).find(Boolean);
  const named = variable("--jp-layout-color1", "--vscode-editor-background");
  const system = matchMedia("(prefers-color-scheme: dark)").matches;
  const page = (named && parseColour(named)) || parseColour((system ? DARK : LIGHT).page)!;
  const dark = luminance(page) < 0.2;
  const ours = dark ? DARK : LIGHT;
  return {
    dark, page,
    text: variable("--jp-ui-font-color1", "--vscode-editor-foreground") ?? ours.text,
    faint: variable("--jp-ui-font-color2", "--vscode-descriptionForeground") ?? ours.faint,
    line: variable("--jp-border-color2", "--vscode-panel-border") ?? ours.line,
    font: variable("--jp-ui-font-family") ?? "system-ui, sans-serif",
    marks: ours.marks,
    good: ramp(page, ours.good),
    bad: ramp(page, ours.bad),
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}

/** Tell when the page changes its theme. */
export function watchTheme(changed: () => void): Undo {
  // JupyterLab swaps a style sheet and then names the theme on the body; the variables may settle a moment later.
  const soon = () => {
    changed();
    setTimeout(changed, 150);
  };
  const watcher = new MutationObserver(soon);
  watcher.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "data-jp-theme-name", "data-vscode-theme-kind"] });
  const queries = ["(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"].map(query => matchMedia(query));
  queries.forEach(query => query.addEventListener("change", soon));
  return () => {
    watcher.disconnect();
    queries.forEach(query => query.removeEventListener("change", soon));
  };
}
