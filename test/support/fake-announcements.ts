import { Aborted } from '../../src/lib/clock.js';
import type { PlayAnswer } from '../../src/model/call-verbs.js';
import type { VirtualClock } from './virtual-clock.js';

/** One announcement that was asked for. */
interface Announcement {
  readonly text: string;
  readonly ms: number;
  readonly settle: (answer: PlayAnswer | null) => void;
}

export interface FakeAnnouncementsOptions {
  readonly clock: VirtualClock;
  /** Whether something may be said now: no prompt sounds, and nobody is typing. */
  readonly mayBegin: () => boolean;
  readonly onBegin: (text: string, ms: number) => void;
  /** `since` is virtual ms. */
  readonly onEnd: (heard: { readonly at: number; readonly text: string; readonly ms: number; readonly cut: boolean }) => void;
}

/** The announcements of a fake call: one after the other, each when it may begin, to its end unless cut. */
export class FakeAnnouncements {
  readonly #queue: Announcement[] = [];
  #current: { readonly one: Announcement; readonly at: number; readonly cancel: () => void } | null = null;
  readonly #quiet = new Set<() => void>();

  constructor(private readonly options: FakeAnnouncementsOptions) {}

  get speaking(): boolean {
    return this.#current !== null;
  }

  /** Resolves once no announcement sounds. */
  quiet(): Promise<void> {
    return this.#current === null ? Promise.resolve() : new Promise((resolve) => this.#quiet.add(resolve));
  }

  /** Rejects with `Aborted` when the signal fires. */
  say(text: string, ms: number, signal: AbortSignal): Promise<PlayAnswer> {
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#drop(one);
      const settle = (answer: PlayAnswer | null): void => {
        signal.removeEventListener('abort', abort);
        if (answer === null) reject(new Aborted('the announcement was aborted'));
        else resolve(answer);
      };
      const one: Announcement = { text, ms, settle };
      this.#queue.push(one);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
      this.next();
    });
  }

  /** Begins the next one if it may. To be called when that may have changed. */
  next(): void {
    if (this.#current !== null || !this.options.mayBegin()) return;
    const one = this.#queue.shift();
    if (one === undefined) return;
    const { clock, onBegin } = this.options;
    const cancel = clock.after(one.ms, () => this.#end({ kind: 'done', ms: one.ms }));
    this.#current = { one, at: clock.monotonic(), cancel };
    onBegin(one.text, one.ms);
  }

  /** A key that somebody took cuts the announcement that sounds. */
  cut(key: string): void {
    const current = this.#current;
    if (current === null) return;
    const ms = this.options.clock.monotonic() - current.at;
    this.#end({ kind: 'interrupted', key, consumed: false, ms });
  }

  #drop(one: Announcement): void {
    const waiting = this.#queue.indexOf(one);
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1);
      one.settle(null);
    } else if (this.#current?.one === one) this.#end(null);
  }

  #end(answer: PlayAnswer | null): void {
    const current = this.#current;
    if (current === null) return;
    this.#current = null;
    current.cancel();
    const { clock, onEnd } = this.options;
    const ms = clock.monotonic() - current.at;
    onEnd({ at: current.at, text: current.one.text, ms, cut: answer?.kind !== 'done' });
    current.one.settle(answer);
    for (const resolve of this.#quiet) resolve();
    this.#quiet.clear();
    this.next();
  }
}
