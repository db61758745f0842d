/** The buttons above the picture: what the cells show, what they are compared with, how fast pictures come. */

import { element, write } from "./dom";
import type { Words } from "./host";
import { type Mode, MODES } from "./values";

export interface Wishes {
  mode(mode: Mode): void;
  pin(): void;
  rate(shown: boolean): void;
}

export class Controls {
  readonly element = element("div", { class: "nbperf-controls" });
  private readonly buttons = new Map<Mode, HTMLButtonElement>();
  private readonly pin: HTMLButtonElement;
  private readonly rate: HTMLButtonElement;

  constructor(private readonly words: Words, wishes: Wishes) {
    const group = element("div", { role: "radiogroup", class: "nbperf-modes", "aria-label": words.modes ?? "" });
    for (const mode of MODES) {
      const button = element("button", { type: "button", role: "radio", title: words[`${mode}-title`] ?? "" }, words[mode] ?? mode);
      button.addEventListener("click", () => wishes.mode(mode));
      this.buttons.set(mode, button);
      group.append(button);
    }
    // As in every group of radio buttons, tab enters once and arrows go on.
    group.addEventListener("keydown", event => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      const open = MODES.filter(mode => !this.buttons.get(mode)!.disabled);
      const at = open.findIndex(mode => this.buttons.get(mode) === event.target);
      const next = open[(at + by + open.length) % open.length]!;
      wishes.mode(next);
      this.buttons.get(next)!.focus();
    });
    this.pin = element("button", { type: "button", class: "nbperf-button", title: words["pin-title"] ?? "" }, words.pin ?? "");
    this.pin.addEventListener("click", () => wishes.pin());
    this.rate = element("button", { type: "button", class: "nbperf-button nbperf-rate-button", "aria-pressed": "false", title: words["rate-title"] ?? "" }, words.rate ?? "");
    this.rate.addEventListener("click", () => {
      const shown = this.rate.getAttribute("aria-pressed") !== "true";
      this.rate.setAttribute("aria-pressed", String(shown));
      wishes.rate(shown);
    });
    this.element.append(group, this.pin, this.rate);
  }

  draw(mode: Mode, comparable: boolean, waiting: boolean): void {
    for (const [each, button] of this.buttons) {
      button.setAttribute("aria-checked", String(each === mode));
      button.tabIndex = each === mode ? 0 : -1;
      button.disabled = each === "change" && !comparable;
      button.title = this.words[button.disabled ? "change-closed" : `${each}-title`] ?? "";
    }
    write(this.pin, (waiting ? this.words.pinning : comparable ? this.words.repin : this.words.pin) ?? "");
  }
}
