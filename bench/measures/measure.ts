import { QUIET_PERCENT, waitForQuiet } from '../machine.js';
import type { Loaded, Rig } from '../rig.js';
import { ANSWER_PACKETS, TONES } from '../flows.js';
import { median, summarise } from '../statistics.js';

/*
 * What the measurements share: each gives one or more figures, and a figure has what it was and its bar beside it.
 */

/** How much of everything. */
export interface Scale {
  readonly levels: readonly number[];
  readonly standardRates: readonly number[];
  readonly setUpRates: readonly number[];
  /** Runs of what is reported as a median. */
  readonly runs: number;
  /** Length of a window, ms. */
  readonly windowMs: number;
  /** Longest wait for a quiet machine before each load, ms. */
  readonly quietMs: number;
}

export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly bar: string;
  /** Whether the bar is reached; null where there is none. */
  readonly reached: boolean | null;
}

export interface Bench {
  readonly rig: Rig;
  readonly scale: Scale;
  /** Prints a line while measuring. */
  readonly note: (line: string) => void;
}

export const EXPECTED = { hertz: TONES.answer, packets: ANSWER_PACKETS };

/** An interval beyond this is one a caller may hear, ms. */
const LONGEST_INTERVAL_MS = 30;

export const ms = (value: number): string => `${value.toFixed(1)} ms`;
export const number = (value: number, digits = 1): string => (Number.isNaN(value) ? '–' : value.toFixed(digits));

export function intervalsOf({ intervals: { p50, p99, max } }: Loaded): string {
  return `interval p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}`;
}

/** Why a load is no success; empty when it is one. */
export function complaints({ calls, lost, intervals }: Loaded): string[] {
  const failures = calls.filter(({ failure }) => failure !== null);
  return [
    ...(failures.length > 0 ? [`${failures.length} of ${calls.length} calls failed (${failures[0]?.failure ?? ''})`] : []),
    ...(lost > 0 ? [`${lost} packets lost`] : []),
    ...(intervals.p99 >= LONGEST_INTERVAL_MS ? [`interval p99 ${ms(intervals.p99)}`] : []),
  ];
}

/** How often a step that failed on a busy machine is tried. */
const MOST_TRIES = 3;
/** A caller that is so late itself has measured itself, ms. */
const LATE_CALLER_MS = 10;

/** What a step of a rising load brought; `wrong` is empty when it passed. */
export interface Step {
  readonly loaded: Loaded;
  readonly wrong: readonly string[];
}

/** Runs a step when the machine is quiet, and again when it failed and something else disturbed it. */
export async function tryStep(
  { scale, note }: Bench,
  what: string,
  run: () => Promise<Step>,
  figures: (loaded: Loaded) => string,
): Promise<Step> {
  for (let attempt = 1; ; attempt++) {
    await waitForQuiet(scale.quietMs);
    const step = await run();
    const { loaded, wrong } = step;
    note(`${what}: ${wrong.length === 0 ? 'passed' : wrong.join(', ')}; ${figures(loaded)}; ${machineLine(loaded)}`);
    const disturbed = loaded.usage.others >= QUIET_PERCENT || loaded.ownDelay.p99 >= LATE_CALLER_MS;
    if (wrong.length === 0 || !disturbed || attempt === MOST_TRIES) return step;
  }
}

export function machineLine({ usage, ownDelay }: Loaded): string {
  const { server, caller, others, stolen } = usage;
  const percent = (value: number): string => `${value.toFixed(0)} %`;
  return `server ${percent(server)}, caller ${percent(caller)}, others ${percent(others)}, stolen ${percent(stolen)}; caller late p99 ${ms(ownDelay.p99)}`;
}

export const msPerCall = ({ usage, endedInWindow }: Loaded): number => (1000 * usage.serverSeconds) / endedInWindow;

/** The best step, and whether there was room above it. */
export function ofTried(best: number, tried: readonly number[]): string {
  return best === tried.at(-1) ? `${best} (no more were tried)` : String(best);
}

/** p50 / p99 of several runs: the medians of each. */
export class Spread {
  readonly #p50: number[] = [];
  readonly #p99: number[] = [];

  add(values: readonly number[]): void {
    const { p50, p99 } = summarise(values);
    this.#p50.push(p50);
    this.#p99.push(p99);
  }

  get p50(): number {
    return median(this.#p50);
  }

  get p99(): number {
    return median(this.#p99);
  }

  toString(): string {
    return `${number(this.p50)} / ${number(this.p99)} ms`;
  }
}
