import { processNow } from './clock.js';
import { KEYS } from '../rtp/telephone-event.js';
import type { CollectDigits, CollectEnd } from '../types.js';
import type { KeyUse, StreamVerb } from './verb.js';
import type { KeyPress } from '../../model/call-verbs.js';

/** What collect needs of a request. */
export type CollectRules = Omit<CollectDigits, 'audio' | 'gainDb'>;

/** More keys than anybody types ahead of a prompt; later ones are lost. */
const MOST_KEPT = 64;
/** How long after the last digit of a full collect its terminator is still taken for it, ms. */
export const LATE_TERMINATOR_MS = 2000;

/** Keys pressed when nobody was collecting (type-ahead), and the terminator that may still follow a full collect. */
export class KeyBuffer {
  #keys: KeyPress[] = [];
  #late: { readonly endOn: string; readonly until: number } | null = null;

  push(press: KeyPress): void {
    if (this.#keys.length < MOST_KEPT) this.#keys.push(press);
  }

  shift(): KeyPress | undefined {
    return this.#keys.shift();
  }

  clear(): void {
    this.#keys = [];
  }

  /**
   * A collect took all the digits it wanted. Callers who are used to end their input with a key still press it; that key
   * belongs to the input, not to what comes next. Drops it if it was typed ahead, else waits for it.
   *
   * @param last the last digit
   * @param now monotonic ms
   */
  full(endOn: string, last: KeyPress, now: number): void {
    const [next] = this.#keys;
    if (next === undefined) this.#late = { endOn, until: now + LATE_TERMINATOR_MS };
    else if (endOn.includes(next.key) && next.at - last.at <= LATE_TERMINATOR_MS) this.#keys.shift();
  }

  /** True when a key is that late terminator, and nobody else's. To be asked about every key, before anybody gets it. */
  swallows(key: string, now: number): boolean {
    const late = this.#late;
    this.#late = null;
    return late !== null && now <= late.until && late.endOn.includes(key);
  }
}

/**
 * Collect: digits up to `max`, to a terminator or to a time-out. Buffered keys count as if pressed at the start; without barge-in
 * they wait for the end of the prompt, and keys pressed during it are dropped. The first-digit time-out begins at the end of the
 * prompt, and again at the end of an announcement. Ends on the first packet of the last key; when that
 * was the last of `max` digits, one terminator right after it is dropped.
 */
export class Collect implements StreamVerb<CollectEnd> {
  end: CollectEnd | null = null;
  #digits = '';
  readonly #keys: KeyPress[] = [];
  #prompting: boolean;
  #deadline = Infinity;

  /** @param prompting whether a prompt plays first */
  constructor(
    private readonly rules: CollectRules,
    private readonly buffer: KeyBuffer,
    start: { readonly prompting: boolean; readonly now: number },
  ) {
    this.#prompting = start.prompting;
    if (!rules.typeAhead) buffer.clear();
    if (!this.#prompting) this.#listen(start.now);
    else if (rules.bargeIn) this.#takeBuffered(start.now);
  }

  get promptWanted(): boolean {
    return this.#prompting && this.end === null;
  }

  get busy(): boolean {
    return this.#prompting || this.#keys.length > 0;
  }

  key(key: string, now: number): KeyUse {
    if (this.#prompting && !this.rules.bargeIn) return 'dropped';
    return this.#take({ key, at: processNow() }, now) ? 'used' : 'dropped';
  }

  promptEnded(now: number): void {
    if (this.#prompting) this.#listen(now);
  }

  spokenTo(now: number): void {
    if (!this.busy) this.#deadline = now + this.rules.firstDigitTimeoutMs;
  }

  tick(now: number): void {
    if (now >= this.#deadline) this.#finish('timeout');
  }

  /** Another verb took the stream: the digits so far are all there will be. */
  overtaken(): void {
    this.#finish('timeout');
  }

  /** Keys that were taken are somebody's input, answered or not. */
  close(): void {
    const [digits, keys] = [this.#digits, this.#keys];
    this.end ??= keys.length === 0 ? { kind: 'closed' } : { kind: 'left', digits, keys };
  }

  /** From the end of the prompt on: the first-digit time-out runs. */
  #listen(now: number): void {
    this.#prompting = false;
    if (this.#keys.length === 0) this.#deadline = now + this.rules.firstDigitTimeoutMs;
    this.#takeBuffered(now);
  }

  /** Takes buffered keys until it is enough; what is left belongs to the next collect. */
  #takeBuffered(now: number): void {
    while (this.end === null) {
      const press = this.buffer.shift();
      if (press === undefined) return;
      this.#take(press, now);
    }
  }

  /** False for a key that does not count. */
  #take(press: KeyPress, now: number): boolean {
    const { endOn, allow, max, interDigitTimeoutMs } = this.rules;
    const terminates = endOn.includes(press.key);
    if (!terminates && !(allow === '' ? KEYS : allow).includes(press.key)) return false;
    this.#prompting = false;
    this.#keys.push(press);
    this.#deadline = now + interDigitTimeoutMs;
    if (terminates) {
      this.#finish('terminator');
      return true;
    }
    this.#digits += press.key;
    if (this.#digits.length < max) return true;
    this.#finish('max');
    this.buffer.full(endOn, press, now);
    return true;
  }

  #finish(endedBy: 'max' | 'terminator' | 'timeout'): void {
    if (this.end !== null) return;
    const digits = this.#digits;
    if (this.#keys.length === 0) this.end = { kind: 'noInput' };
    else this.end = { kind: digits.length < this.rules.min ? 'tooShort' : 'collected', digits, endedBy, keys: this.#keys };
  }
}
