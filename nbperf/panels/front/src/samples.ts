/** The samples behind a cell: pictures as pictures, text as text. */

import { element } from "./dom";
import { count } from "./format";
import { say, type Words } from "./host";

export interface Sample {
  index: number;
  text?: string;
  /** A PNG. */
  image?: DataView;
}

export interface Listing {
  row: number;
  column: number;
  /** A sentence that says what is listed, or why nothing is. */
  title: string;
  total: number;
  items: Sample[];
}

export class Samples {
  readonly element = element("div", { class: "nbperf-samples", hidden: "" });
  private addresses: string[] = [];

  constructor(private readonly words: Words, private readonly closed: () => void) {}

  list(listing: Listing | null): void {
    this.clear(); // and the addresses of its pictures, before there are new ones
    if (!listing?.title) {
      this.element.hidden = true;
      return;
    }
    const items = listing.items.map(item => this.item(item));
    const more = listing.total - listing.items.length;
    if (items.length && more > 0) items.push(element("li", { class: "nbperf-more" }, say(this.words, "more", { n: count(more) })));
    this.show(listing.title, items);
  }

  close(): void {
    this.clear();
  }

  private clear(): void {
    this.addresses.forEach(address => URL.revokeObjectURL(address));
    this.addresses = [];
    this.element.replaceChildren();
  }

  private show(title: string, items: Node[]): void {
    const button = element("button", { type: "button", class: "nbperf-close", "aria-label": this.words.close ?? "×" }, "×");
    button.addEventListener("click", this.closed);
    this.element.append(element("div", { class: "nbperf-samples-head" }, element("span", {}, title), button));
    if (items.length) this.element.append(element("ul", {}, ...items));
    this.element.hidden = false;
  }

  private item(item: Sample): Node {
    const caption = say(this.words, "sample", { n: item.index });
    if (!item.image) {
      return element("li", { class: "nbperf-text", tabindex: "0" }, element("small", {}, caption), element("div", {}, item.text ?? ""));
    }
    const address = URL.createObjectURL(new Blob([item.image as unknown as ArrayBuffer], { type: "image/png" }));
    this.addresses.push(address);
    return element("li", {}, element("img", { src: address, alt: caption }), element("small", {}, caption));
  }
}
