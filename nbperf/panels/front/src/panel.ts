/** One view of a confusion panel: puts the parts together and draws the newest numbers on an animation frame. */

import { type Cursor, drawAxes } from "./axes";
import { drawBars } from "./bars";
import { Controls } from "./controls";
import { element, label, write } from "./dom";
import { count, score } from "./format";
import { type Model, say, type Undo, type Words } from "./host";
import { interact } from "./interact";
import { type Layout, layoutOf } from "./layout";
import { Legend } from "./legend";
import { LiveRegion } from "./live-region";
import { drawCursor, drawLines, drawNumbers } from "./marks";
import { Heat } from "./matrix";
import { cellText, headline, worst } from "./readout";
import { type Listing, Samples } from "./samples";
import type { Store } from "./store";
import { drawStrip, HEIGHT } from "./strip";
import { oneLine, widthOf } from "./text";
import { css, readTheme, type Theme, watchTheme } from "./theme";
import { type Ends, endsOf, type Mode, MODES } from "./values";
import { kept, whole, type Window } from "./window";

/** Pixels from which the strip stands beside the matrix, and milliseconds after which a slow answer is explained. */
const WIDE = 940;
const SLOW = 400;
const PADDING = 30;

export class ConfusionView {
  window: Window = whole(0);
  cursor: Cursor | null = null;
  private theme: Theme;
  private names: string[] = [];
  private readonly words: Words;
  private readonly root: HTMLElement;
  private readonly canvas = element("canvas", { tabindex: "0", role: "application" });
  private readonly strip = element("canvas", { role: "img" });
  private readonly summary = element("span");
  private readonly read = element("div", { class: "nbperf-read" });
  private readonly note = element("div", { class: "nbperf-note", hidden: "" });
  private readonly error = element("div", { class: "nbperf-error", role: "alert", hidden: "" });
  private readonly caption = element("div", { class: "nbperf-caption" });
  private readonly spoken = new LiveRegion();
  private readonly heat = new Heat();
  private readonly legend: Legend;
  private readonly controls: Controls;
  private readonly samples: Samples;
  private layout: Layout | null = null;
  private ends: Ends = { right: 1, wrong: 1 };
  private size = 0;
  private width = 0;
  private visible = true;
  private asked = 0;
  private pinning = false;
  private answers = 0;
  private worst: Cursor | null = null;
  private worstAt = -Infinity;
  private rated = false;
  private readonly undo: Undo[] = [];

  constructor(private readonly model: Model, private readonly store: Store, host: HTMLElement) {
    this.words = model.get<Words>("words");
    this.legend = new Legend(this.words);
    this.controls = new Controls(this.words, { mode: mode => this.setMode(mode), pin: () => this.askToPin(), rate: shown => this.showRate(shown) });
    this.samples = new Samples(this.words, () => this.choose(null));
    const title = element("div", { class: "nbperf-title" }, element("b", {}, this.words.title ?? ""), this.summary);
    const main = element("div", { class: "nbperf-main" }, this.legend.element, this.canvas);
    const side = element("div", { class: "nbperf-side" }, this.caption, this.strip, this.read, this.note, this.samples.element, this.error);
    this.root = element(
      // JupyterLab's shortcuts pass this element by.
      "div", { class: "nbperf-panel", "data-lm-suppress-shortcuts": "true" },
      element("div", { class: "nbperf-top" }, title, this.controls.element), element("div", { class: "nbperf-body" }, main, side), this.spoken.element,
    );
    host.append(this.root);
    this.theme = readTheme(this.root);
    this.connect();
    this.rename();
    this.relist();
    this.complain();
  }

  n(): number {
    return this.store.board.n;
  }

  close(): void {
    if (this.asked) cancelAnimationFrame(this.asked);
    clearTimeout(this.answers);
    this.undo.forEach(undo => undo());
    this.spoken.close();
    this.samples.close();
    this.root.remove();
  }

  private connect(): void {
    const on = (name: string, heard: () => void) => {
      this.model.on(name, heard);
      this.undo.push(() => this.model.off(name, heard));
    };
    on("change:labels", () => this.rename());
    on("change:mode", () => this.soon());
    on("change:selected", () => this.soon());
    on("change:listing", () => this.relist());
    on("change:pinned", () => this.wasPinned());
    on("change:error", () => this.complain());
    this.undo.push(this.store.listen(() => this.soon()), watchTheme(() => this.retheme()));
    const view = this;
    this.undo.push(
      interact(this.canvas, {
        n: () => this.n(),
        layout: () => this.layout,
        get window() { return view.window; },
        set window(window) { view.window = window; view.layout = null; },
        get cursor() { return view.cursor; },
        set cursor(cursor) { view.cursor = cursor; },
        moved: byKey => this.moved(byKey),
        choose: at => this.choose(at),
      }),
    );
    const sizes = new ResizeObserver(() => this.measure());
    sizes.observe(this.root);
    const seen = new IntersectionObserver(entries => {
      this.visible = entries[entries.length - 1]!.isIntersecting;
      if (this.visible) this.soon();
    }, { rootMargin: "200px" });
    seen.observe(this.root);
    this.undo.push(() => { sizes.disconnect(); seen.disconnect(); });
    const clock = setInterval(() => this.rated && this.writeNote(), 1000);
    this.undo.push(() => clearInterval(clock));
  }

  private mode(): Mode {
    const mode = this.model.get<Mode>("mode");
    return !MODES.includes(mode) || (mode === "change" && !this.comparable()) ? "rows" : mode;
  }

  private comparable(): boolean {
    return this.store.pin?.n === this.n();
  }

  private setMode(mode: Mode): void {
    this.model.set("mode", mode);
    this.model.save_changes();
    this.spoken.speak(this.words[`${mode}-title`] ?? "");
  }

  private askToPin(): void {
    this.pinning = true;
    this.model.send({ kind: "pin" });
    this.explainLater(() => this.pinning);
    this.soon();
  }

  private wasPinned(): void {
    this.pinning = false;
    if (!this.store.pin) return this.soon();
    this.writeNote();
    this.soon();
  }

  /** A control whose answer does not come is waiting for the cell that runs. */
  private explainLater(waiting: () => boolean): void {
    clearTimeout(this.answers);
    this.answers = window.setTimeout(() => {
      if (waiting()) this.writeNote(this.words.later);
    }, SLOW);
  }

  private showRate(shown: boolean): void {
    this.rated = shown;
    this.writeNote();
  }

  private writeNote(text?: string): void {
    let said = text ?? "";
    if (!said && this.rated) {
      const rate = this.store.rate.now((performance.timeOrigin + performance.now()) / 1000);
      const values = { updates: count(this.store.board.updates), pictures: count(this.store.rate.pictures) };
      said = rate
        ? say(this.words, "rate-live", { ...values, rate: rate.pictures.toFixed(0), latency: (rate.latency * 1000).toFixed(0) })
        : say(this.words, "rate-still", values);
      said += ` · ${this.words[this.model.get<boolean>("prompt") ? "controls-now" : "controls-later"] ?? ""}`;
    }
    write(this.note, said);
    this.note.hidden = !said;
  }

  private choose(at: Cursor | null): void {
    this.model.set("selected", at ? [at.row, at.column] : []);
    this.model.save_changes();
    if (!at) {
      this.samples.list(null);
      return this.soon();
    }
    const before = this.model.get<Listing | null>("listing");
    this.explainLater(() => this.model.get<Listing | null>("listing") === before);
    this.soon();
    this.spoken.speak(cellText(this.store.board, this.names, this.store.pin, at, this.words));
  }

  private chosen(): Cursor | null {
    const [row, column] = this.model.get<number[]>("selected");
    return row === undefined || column === undefined || row >= this.n() || column >= this.n() ? null : { row, column };
  }

  private relist(): void {
    clearTimeout(this.answers);
    this.writeNote();
    const listing = this.model.get<Listing | null>("listing");
    this.samples.list(listing);
    if (listing?.title) this.spoken.speak(listing.title);
  }

  private complain(): void {
    const text = this.model.get<string>("error");
    write(this.error, text);
    this.error.hidden = !text;
  }

  private rename(): void {
    this.names = this.model.get<string[]>("labels").map(oneLine);
    this.layout = null;
    this.soon();
  }

  private retheme(): void {
    this.theme = readTheme(this.root);
    this.root.classList.toggle("nbperf-dark", this.theme.dark);
    if (this.model.get<boolean>("dark") !== this.theme.dark) {
      this.model.set("dark", this.theme.dark);
      this.model.save_changes();
    }
    this.soon();
  }

  private measure(): void {
    if (this.root.clientWidth === this.width) return;
    if (!this.width) this.retheme(); // only now it stands in the page and sees its colours
    this.width = this.root.clientWidth;
    this.layout = null;
    this.soon();
  }

  private moved(byKey: boolean): void {
    this.soon();
    if (byKey && this.cursor) this.spoken.speak(cellText(this.store.board, this.names, this.store.pin, this.cursor, this.words));
  }

  private soon(): void {
    if (!this.asked && this.visible) {
      this.asked = requestAnimationFrame(() => {
        this.asked = 0;
        this.draw();
      });
    }
  }

  private place(context: CanvasRenderingContext2D): Layout {
    const wide = this.width >= WIDE;
    this.root.classList.toggle("nbperf-wide", wide);
    const inner = this.width - PADDING;
    context.font = `11px ${this.theme.font}`;
    let widest = 0;
    // Of a thousand names some are as wide as the widest.
    const every = Math.max(1, Math.floor(this.names.length / 200));
    for (let i = 0; i < this.names.length; i += every) widest = Math.max(widest, widthOf(context, this.names[i]!));
    const width = wide ? Math.min(Math.floor(inner * 0.62), 860) : Math.min(inner, 760);
    this.layout = layoutOf({ width, size: this.window.size, widest, highest: this.n() > 60 ? 600 : 480 });
    return this.layout;
  }

  private resized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
    const ratio = devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d", { alpha: true })!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  private draw(): void {
    const { board, pin } = this.store;
    if (this.width < 80) return;
    if (board.n !== this.size) {
      this.size = board.n;
      this.window = whole(board.n);
      this.layout = null;
    }
    this.window = kept(this.window, board.n);
    this.canvas.hidden = this.legend.element.hidden = !board.n;
    if (!board.n) return write(this.summary, headline(board, this.words));
    const { theme, window } = this;
    const ratio = devicePixelRatio || 1;
    const layout = this.layout ?? this.place(this.canvas.getContext("2d")!);
    const mode = this.mode();
    this.ends = endsOf(board, mode, pin);
    const page = css(theme.good[0]!);
    const context = this.resized(this.canvas, layout.width, layout.height);
    context.clearRect(0, 0, layout.width, layout.height);
    const heat = this.heat.paint(board, window, mode, pin, this.ends, theme, Math.round(layout.side * ratio));
    context.imageSmoothingEnabled = false;
    context.fillStyle = theme.line;
    context.fillRect(layout.x - 1, layout.y - 1, layout.side + 2, layout.side + 2);
    context.drawImage(heat, layout.x, layout.y, layout.side, layout.side);
    drawLines(context, layout, window, this.theme.line);
    drawNumbers(context, layout, window, board, mode, pin, this.ends, theme);
    drawAxes(context, layout, window, this.names, [this.words.true ?? "", this.words.predicted ?? ""], theme, this.cursor);
    drawBars(context, layout, window, board, theme, this.cursor, ratio);
    drawCursor(context, layout, window, this.cursor, this.chosen(), theme, page);
    this.legend.draw(theme, mode, this.ends, layout.bars !== null);
    this.controls.draw(mode, this.comparable(), this.pinning);
    this.drawSide();
    this.store.drawn();
  }

  private drawSide(): void {
    const { board, pin, points } = this.store;
    const has = points.length >= 6;
    this.strip.hidden = this.caption.hidden = !has;
    if (has) {
      const wide = this.width >= WIDE;
      const width = wide ? this.width - PADDING - this.layout!.width - 22 : Math.min(this.width - PADDING, 760);
      const height = wide ? 150 : HEIGHT;
      const at = this.model.get<number>("pinned_at");
      drawStrip(this.resized(this.strip, width, height), width, height, points, this.theme, pin ? at : 0);
      write(this.caption, this.words.strip ?? "");
      const [all, latest] = [points[points.length - 2]!, points[points.length - 1]!];
      label(this.strip, say(this.words, "strip-spoken", { all: score(all), latest: score(latest) }));
    }
    write(this.summary, headline(board, this.words));
    const now = performance.now();
    if (now - this.worstAt > 250 || board.n <= 50) {
      this.worst = worst(board);
      this.worstAt = now;
    }
    const at = this.cursor ?? this.chosen();
    const mistake = this.worst && cellText(board, this.names, pin, this.worst, this.words);
    write(this.read, at ? cellText(board, this.names, pin, at, this.words) : mistake ? `${this.words.worst ?? ""} ${mistake}` : "");
    label(this.canvas, [this.words.title, `${count(board.n)} ${this.words.classes ?? ""}`, headline(board, this.words), mistake ? `${this.words.worst ?? ""} ${mistake}` : "", this.words.keys].filter(Boolean).join(". "));
  }
}
