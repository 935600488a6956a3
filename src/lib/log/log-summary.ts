import type { Clock } from '../clock.js';
import type { Logger } from './log.js';

/** How long events are counted before a line sums them up, ms. */
const WINDOW_MS = 60_000;
/** Keys that get lines of their own in one window: so many first lines, and so many sums. */
const MOST_NAMED = 20;
/** Keys counted one by one in one window; events of further keys are counted together. */
const MOST_KEYS = 1000;

/** What names an event in the log: its source, its reason. Short texts of a bounded size. */
export type LogKey = Readonly<Record<string, string | number>>;

interface Counted {
  readonly key: LogKey;
  /** Whether the first event got its line. */
  readonly told: boolean;
  count: number;
}

export interface LogSummaryOptions {
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly clock: Pick<Clock, 'after'>;
  /** Says what happened, as every line does; `call refused`. */
  readonly message: string;
  /** `info` when absent. */
  readonly level?: 'info' | 'warn';
}

/**
 * Log lines about events that strangers can cause as often as they like. The first event of a key in a minute has its line at once;
 * at the end of that minute one more line says how many there were. Keys beyond the twenty most frequent share one line, so that the
 * lines of a minute are bounded whatever comes.
 */
export class LogSummary {
  readonly #options: LogSummaryOptions;
  readonly #counted = new Map<string, Counted>();
  /** Events of keys that are not counted one by one any more. */
  #beyond = 0;
  #cancel: (() => void) | null = null;
  #closed = false;

  constructor(options: LogSummaryOptions) {
    this.#options = options;
  }

  /**
   * Counts one event.
   *
   * @param key events with the same key are counted together
   * @param detail stands in the line of the first event only
   */
  add(key: LogKey, detail: object = {}): void {
    if (!this.#closed) {
      this.#cancel ??= this.#options.clock.after(WINDOW_MS, () => {
        this.#sumUp();
      });
    }
    const text = JSON.stringify(key);
    const counted = this.#counted.get(text);
    if (counted !== undefined) {
      counted.count++;
      return;
    }
    if (this.#counted.size >= MOST_KEYS) {
      this.#beyond++;
      return;
    }
    const told = this.#counted.size < MOST_NAMED;
    this.#counted.set(text, { key, told, count: 1 });
    if (told) this.#say({ ...key, ...detail });
  }

  /** Writes what is counted so far; no timer runs from now on. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#sumUp();
  }

  #sumUp(): void {
    this.#cancel = null;
    const untold = [...this.#counted.values()].filter(({ told, count }) => !told || count > 1).sort((a, b) => b.count - a.count);
    for (const { key, count } of untold.slice(0, MOST_NAMED)) this.#say({ ...key, count }, ': count of the last minute');
    const others = untold.slice(MOST_NAMED);
    const count = others.reduce((sum, one) => sum + one.count, this.#beyond);
    if (count > 0) this.#say({ count }, ': count of all others in the last minute');
    this.#counted.clear();
    this.#beyond = 0;
  }

  #say(fields: object, more = ''): void {
    const { log, level = 'info', message } = this.#options;
    log[level](fields, `${message}${more}`);
  }
}
