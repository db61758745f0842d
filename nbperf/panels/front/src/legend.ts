/** What the colours mean. */

import { element, write } from "./dom";
import { count, percent } from "./format";
import type { Words } from "./host";
import { css, type Theme } from "./theme";
import type { Ends, Mode } from "./values";

function gradient(colours: Uint32Array): string {
  return `linear-gradient(90deg,${[0, 16, 40, 90, 140, 200, 255].map(step => `${css(colours[step]!)} ${((step / 255) * 100).toFixed(0)}%`).join(",")})`;
}

export class Legend {
  readonly element = element("div", { class: "nbperf-legend-row" });
  private readonly ramps = [0, 1].map(() => ({ name: element("span"), low: element("small"), bar: element("i"), high: element("small") }));
  private readonly marks: HTMLElement[];
  private readonly scores: HTMLElement;

  constructor(private readonly words: Words) {
    for (const { name, low, bar, high } of this.ramps) this.element.append(element("span", { class: "nbperf-ramp" }, name, low, bar, high));
    this.marks = ["precision", "recall", "f1"].map(name => element("span", { class: "nbperf-mark" }, element("i"), words[name] ?? name));
    this.scores = element("span", { class: "nbperf-marks" }, ...this.marks);
    this.element.append(this.scores);
  }

  draw(theme: Theme, mode: Mode, ends: Ends, bars: boolean): void {
    const named = mode === "change" ? (["better", "worse"] as const) : (["right", "wrong"] as const);
    const end = (value: number) => (mode === "counts" ? count(value) : percent(value));
    this.ramps.forEach(({ name, low, bar, high }, which) => {
      write(name, this.words[named[which]!] ?? "");
      write(low, "0");
      bar.style.background = gradient(which ? theme.bad : theme.good);
      write(high, end(which ? ends.wrong : ends.right));
    });
    this.marks.forEach((mark, which) => {
      (mark.firstChild as HTMLElement).style.background = theme.marks[which]!;
    });
    this.scores.hidden = !bars;
  }
}
