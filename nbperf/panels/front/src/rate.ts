/** How many pictures are seen and how old they are, by the clock of the kernel. */

/** A round trip longer than this says little about the difference of two clocks, seconds. */
const PROMPT = 0.25;
/** Pictures further back than this are no part of the rate, seconds. */
const RECENT = 2;

export class Rate {
  /** Pictures of new numbers since the start, and the sum of their ages in seconds. */
  pictures = 0;
  private age = 0;
  private offset = 0;
  private seq = -1;
  private recent: { at: number; age: number }[] = [];

  /** The kernel's answer to a question: its clock between two readings of ours. */
  clock(asked: number, here: number, answered: number): void {
    // The clocks of one machine agree, and a slow answer is no better than that.
    if (answered - asked <= PROMPT) {
      const offset = here - (asked + answered) / 2;
      this.offset = Math.abs(offset) > (answered - asked) / 2 ? offset : 0;
    }
  }

  /** Whether these numbers are drawn for the first time. */
  drawn(seq: number, sent: number, now: number): boolean {
    if (seq === this.seq) return false;
    const first = this.seq === -1; // what was there when the page opened is old, not late
    this.seq = seq;
    if (first) return true;
    const age = Math.max(now + this.offset - sent, 0);
    this.pictures++;
    this.age += age;
    this.recent = [...this.recent.filter(each => each.at > now - RECENT), { at: now, age }];
    return true;
  }

  sums(): { pictures: number; age: number } {
    return { pictures: this.pictures, age: this.age };
  }

  /** Pictures a second and their median age, of the last seconds; nothing while nothing comes. */
  now(now: number): { pictures: number; latency: number } | null {
    const recent = this.recent.filter(each => each.at > now - RECENT);
    if (recent.length < 2) return null;
    const ages = recent.map(each => each.age).sort((a, b) => a - b);
    const span = recent[recent.length - 1]!.at - recent[0]!.at;
    return { pictures: span > 0 ? (recent.length - 1) / span : 0, latency: ages[ages.length >> 1]! };
  }
}
