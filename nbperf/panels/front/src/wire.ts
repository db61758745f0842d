/**
 * The bytes that come over the wire, little-endian, as nbperf/panels/frames.py writes them.
 *
 * What tells two messages apart stands at their end: Backbone compares a trait's old and new value from there, and finds
 * the difference in its first steps.
 */

export interface Stamp {
  /** Counts the messages of a panel. */
  seq: number;
  /** When it was sent: seconds since 1970 by the kernel's clock. */
  at: number;
  /** How many updates the kernel had seen by then. */
  updates: number;
}

/** All cells. */
export interface Dense extends Stamp {
  n: number;
  cells: Float64Array | Uint32Array;
}

/** The cells that are new since the message `base`. */
export interface Changes extends Stamp {
  base: number;
  index: Uint32Array;
  values: Float64Array | Uint32Array;
}

const TAIL = 28;

/** A view is not aligned as its numbers want it, so it is copied. */
function bytes(view: DataView, from: number, length: number): ArrayBuffer {
  const start = view.byteOffset + from;
  return (view.buffer as ArrayBuffer).slice(start, start + length);
}

function numbers(view: DataView, from: number, count: number, size: number): Float64Array | Uint32Array {
  const copy = bytes(view, from, count * size);
  return size === 8 ? new Float64Array(copy) : new Uint32Array(copy);
}

interface Tail extends Stamp {
  first: number;
  size: number;
}

function tail(view: DataView): Tail {
  const end = view.byteLength - TAIL;
  return {
    at: view.getFloat64(end, true),
    updates: view.getUint32(end + 8, true),
    first: view.getUint32(end + 12, true),
    size: view.getUint32(end + 16, true) === 8 ? 8 : 4,
    seq: view.getUint32(end + 24, true),
  };
}

export function readDense(view: DataView | null | undefined): Dense | null {
  if (!view || view.byteLength < TAIL) return null;
  const { at, updates, first: n, size, seq } = tail(view);
  if (view.byteLength !== n * n * size + TAIL) return null;
  return { seq, at, updates, n, cells: numbers(view, 0, n * n, size) };
}

export function readChanges(view: DataView | null | undefined): Changes | null {
  if (!view || view.byteLength < TAIL) return null;
  const { at, updates, first: base, size, seq } = tail(view);
  const count = view.getUint32(view.byteLength - 8, true);
  if (view.byteLength !== count * (4 + size) + TAIL) return null;
  return { seq, at, updates, base, index: new Uint32Array(bytes(view, 0, count * 4)), values: numbers(view, count * 4, count, size) };
}

export function readFloats(view: DataView | null | undefined): Float32Array {
  return view ? new Float32Array(bytes(view, 0, view.byteLength - (view.byteLength % 4))) : new Float32Array();
}
