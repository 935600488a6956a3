import type { CollectAnswer, CollectLeft, CollectRequest, KeyPress } from '../../src/model/call-verbs.js';

/** The digits of one collect as they come in. */
export class Collecting {
  answer: CollectAnswer | null = null;
  #digits = '';
  readonly #keys: KeyPress[] = [];

  constructor(
    private readonly request: CollectRequest,
    private readonly onFull: (last: KeyPress) => void,
  ) {}

  /** True once a key that counts was pressed. */
  get begun(): boolean {
    return this.#keys.length > 0;
  }

  /** Takes a key; false when it does not count. */
  take(press: KeyPress): boolean {
    const { endOn, allow, max } = this.request;
    const ends = endOn.includes(press.key);
    if (!ends && allow !== '' && !allow.includes(press.key)) return false;
    this.#keys.push(press);
    if (ends) this.answer = this.#finish('terminator');
    else {
      this.#digits += press.key;
      if (this.#digits.length >= max) {
        this.answer = this.#finish('max');
        this.onFull(press);
      }
    }
    return true;
  }

  /** What its signal's end leaves of it; null when no key had been taken. */
  get left(): CollectLeft | null {
    return this.begun ? { kind: 'left', digits: this.#digits, keys: this.#keys } : null;
  }

  timeOut(): CollectAnswer {
    return this.begun ? this.#finish('timeout') : { kind: 'noInput' };
  }

  #finish(endedBy: 'max' | 'terminator' | 'timeout'): CollectAnswer {
    const [digits, keys] = [this.#digits, this.#keys];
    return digits.length < this.request.min
      ? { kind: 'tooShort', digits, endedBy, keys }
      : { kind: 'collected', digits, endedBy, keys };
  }
}
