import type { JournalSummary } from '../flow/journal/summary.js';
import { isExact } from '../lib/number/exact-number.js';
import { isBranch, type Json } from '../lib/json/json.js';

/** Smaller ends are made at once: they never wait. Characters of their values. */
const LARGE = 65_536;
/** What the large ends under way may have of values together, characters. */
const AT_ONCE = 2 * 1_048_576;

interface Waiting {
  readonly chars: number;
  readonly go: () => void;
}

/**
 * Makes large ends of calls by turns, in the order in which they come. The report of a call with a megabyte in its variables is several times
 * that while it is built, queued and written: two hundred of them in one second were most of a gigabyte, and whatever ended after them
 * stood behind them in the store's queue.
 */
export class LargeEnds {
  readonly #waiting: Waiting[] = [];
  #underWay = 0;

  /** Makes and commits an end whose values have so many characters: now when that is little, else when it is its turn. Settles as `commit` does. */
  async make<T>(chars: number, commit: () => Promise<T>): Promise<T> {
    if (chars < LARGE) return commit();
    await this.#turn(chars);
    try {
      return await commit();
    } finally {
      this.#underWay -= chars;
      this.#next();
    }
  }

  #turn(chars: number): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ chars, go });
      this.#next();
    });
  }

  #next(): void {
    for (let [first] = this.#waiting; first !== undefined && this.#fits(first); [first] = this.#waiting) {
      this.#waiting.shift();
      this.#underWay += first.chars;
      first.go();
    }
  }

  /** Alone, even one that is larger than all may be. */
  #fits({ chars }: Waiting): boolean {
    return this.#underWay === 0 || this.#underWay + chars <= AT_ONCE;
  }
}

/** Characters of the values a call ends with, about; without making their text. */
export function charsAtEnd({ variables }: Pick<JournalSummary, 'variables'>): number {
  return variables.reduce((sum, { name, value }) => sum + name.length + charsOf(value), 0);
}

/** What a member takes beside its value: a name, quotes, a comma. */
const MEMBER = 16;

function charsOf(value: Json): number {
  if (typeof value === 'string') return value.length;
  if (isExact(value)) return String(value).length;
  if (!isBranch(value)) return 8;
  return Object.values(value).reduce((sum: number, member: Json) => sum + MEMBER + charsOf(member), 0);
}
