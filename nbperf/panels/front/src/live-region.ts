/** What a screen reader speaks: politely, not more often than one can listen, the newest only. */

import { element, write } from "./dom";

const PAUSE = 350;

export class LiveRegion {
  readonly element = element("div", { class: "nbperf-spoken", role: "status", "aria-live": "polite" });
  private waiting: ReturnType<typeof setTimeout> | undefined;

  speak(text: string): void {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => write(this.element, text), PAUSE);
  }

  close(): void {
    clearTimeout(this.waiting);
  }
}
