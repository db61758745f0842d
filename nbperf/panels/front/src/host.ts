/** What anywidget gives to a panel: its model, as far as panels use it. */

export interface Model {
  get<T>(name: string): T;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...values: never[]) => void): void;
  off(event: string, callback?: (...values: never[]) => void): void;
  send(content: unknown): void;
}

export type Undo = () => void;

/** The sentences a panel shows. They come from Python, in the reader's language, with {names} for values. */
export type Words = Readonly<Record<string, string>>;

export function say(words: Words, key: string, values: Readonly<Record<string, string | number>> = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name: string) => (name in values ? String(values[name]) : all));
}
