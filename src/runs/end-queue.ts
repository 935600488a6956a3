import type { JournalSummary } from '../flow/journal/summary.js';
import { isExact } from '../lib/number/exact-number.js';
import { isBranch, type Json } from '../lib/json/json.js';

/** A smaller end never waits. Characters of its values. */
const LARGE = 65_536;
/** Limit for the values of all large ends under way together, characters. */
const AT_ONCE = 2 * 1_048_576;

interface Waiting {
  readonly chars: number;
  readonly go: () => void;
}

/**
 * The queue of large ends of calls, first in, first out. A report takes several times the size of the call's variables while it is built,
 * queued and written: two hundred calls with a megabyte each that end in one second take most of a gigabyte, and smaller ends wait behind
 * them in the store's queue. So large ends run one after the other, and small ones at once.
 */
export class EndQueue {
  readonly #waiting: Waiting[] = [];
  #underWay = 0;

  /** Runs `commit` for an end with that many characters: at once when it is small, else in its turn. Settles as `commit` does. */
  async run<T>(chars: number, commit: () => Promise<T>): Promise<T> {
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

  /** An end above the limit runs when no other is under way. */
  #fits({ chars }: Waiting): boolean {
    return this.#underWay === 0 || this.#underWay + chars <= AT_ONCE;
  }
}

/** Approximate size of the variables of an ended call, characters; their text is not built for it. */
export function endSizeInChars({ variables }: Pick<JournalSummary, 'variables'>): number {
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
