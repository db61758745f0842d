/** What one panel's views share: its numbers, brought up to date as messages come, and the report of what was drawn. */

import { Board } from "./board";
import type { Model, Undo } from "./host";
import { Rate } from "./rate";
import { type Pinned, pinned } from "./values";
import { readChanges, readDense, readFloats } from "./wire";

/**
 * Milliseconds between two reports to the kernel, and between two questions for what was missed. While the kernel hears a
 * report, the picture after it comes late: with ten reports a second, twenty pictures were seen instead of thirty.
 */
const REPORT = 500;
const AGAIN = 500;

const NUMBERS = ["frame", "changes", "strip", "pinned"] as const;

export class Store {
  readonly board = new Board();
  readonly rate = new Rate();
  points: Float32Array = new Float32Array();
  pin: Pinned | null = null;
  private readonly listeners = new Set<() => void>();
  private asked = 0;
  private reported = 0;
  /** When the latest picture was drawn. */
  private last = 0;
  /** Tells the pages of two browsers apart. */
  private readonly page = Math.random().toString(36).slice(2);
  private reporting: ReturnType<typeof setTimeout> | undefined;
  private readonly undo: Undo[] = [];

  constructor(readonly model: Model) {
    for (const name of NUMBERS) {
      const heard = () => this.read(name);
      model.on(`change:${name}`, heard);
      this.undo.push(() => model.off(`change:${name}`, heard));
    }
    const message = (content: { kind?: string; asked: number; here: number }) => {
      if (content?.kind === "clock") this.rate.clock(content.asked, content.here, now());
    };
    model.on("msg:custom", message as never);
    this.undo.push(() => model.off("msg:custom", message as never));
    NUMBERS.forEach(name => this.read(name));
    model.send({ kind: "hello", asked: now() });
  }

  listen(listener: () => void): Undo {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A view has drawn the board as it is. */
  drawn(): void {
    const at = now();
    if (!this.rate.drawn(this.board.seq, this.board.at, at)) return;
    this.last = at;
    if (this.reporting !== undefined) return;
    const wait = Math.max(0, this.reported + REPORT - performance.now());
    this.reporting = setTimeout(() => {
      this.reporting = undefined;
      this.reported = performance.now();
      this.model.send({ kind: "drawn", page: this.page, at: this.last, seq: this.board.seq, ...this.rate.sums() });
    }, wait);
  }

  close(): void {
    clearTimeout(this.reporting);
    this.undo.forEach(undo => undo());
    this.listeners.clear();
  }

  private read(name: (typeof NUMBERS)[number]): void {
    const view = this.model.get<DataView | null>(name);
    if (name === "strip") this.points = readFloats(view);
    else if (name === "pinned") {
      const dense = readDense(view);
      this.pin = dense && pinned(dense.n, dense.cells);
    } else if (name === "frame") {
      const dense = readDense(view);
      if (dense) this.board.fill(dense);
    } else {
      const changes = readChanges(view);
      if (changes && this.board.change(changes) === "gap") this.again();
    }
    this.listeners.forEach(listener => listener());
  }

  private again(): void {
    if (performance.now() < this.asked + AGAIN) return;
    this.asked = performance.now();
    this.model.send({ kind: "again" });
  }
}

/** Seconds since 1970. */
function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
