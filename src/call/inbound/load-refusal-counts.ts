import type { Clock } from '../../lib/clock.js';
import type { LogSummary } from '../../lib/log/log-summary.js';
import { LOAD_LIMITS } from '../../media/load-limits.js';
import type { EngineStats } from '../../media/types.js';
import type { Admission } from './admission.js';

/** How long a refusal is told after it, ms. */
const TOLD_MS = 60_000;

/** Why calls are refused because of load, and how often in the last minute. */
export interface LoadRefusal {
  /** As in the refusal of the call. */
  readonly reason: string;
  /** What there was, and what there may be, of the last one: for people. */
  readonly text: string;
  readonly count: number;
}

export interface LoadRefusalCountsOptions {
  readonly admission: Pick<Admission, 'active' | 'limits' | 'unacknowledgedPerSource'>;
  readonly media: { stats(): Pick<EngineStats, 'sessions' | 'portsFree' | 'workers'> };
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<LogSummary, 'add'>;
}

interface Told {
  text: string;
  /** Monotonic ms of each refusal, by the second they fell into: at most sixty numbers. */
  readonly bySecond: Map<number, number>;
}

/** Refusals because of load, with the value and the limit that made them: for `/ready`, metrics and the log. */
export class LoadRefusalCounts {
  readonly #options: LoadRefusalCountsOptions;
  readonly #told = new Map<string, Told>();

  constructor(options: LoadRefusalCountsOptions) {
    this.#options = options;
  }

  /** Notes the refusal of a call; one that is not because of load is none of ours. */
  note(reason: string): void {
    const text = this.#explain(reason);
    if (text === null) return;
    const told = this.#told.get(reason) ?? { text, bySecond: new Map<number, number>() };
    told.text = text;
    const second = this.#second();
    told.bySecond.set(second, (told.bySecond.get(second) ?? 0) + 1);
    for (const old of told.bySecond.keys()) if (isOver(old, second)) told.bySecond.delete(old);
    this.#told.set(reason, told);
    this.#options.log.add({ reason }, { why: text });
  }

  /** Those of the last minute. */
  recent(): readonly LoadRefusal[] {
    const second = this.#second();
    return [...this.#told]
      .map(([reason, { text, bySecond }]) => {
        const counts = [...bySecond].filter(([at]) => !isOver(at, second)).map(([, count]) => count);
        return { reason, text, count: counts.reduce((sum, count) => sum + count, 0) };
      })
      .filter(({ count }) => count > 0);
  }

  #second(): number {
    return Math.floor(this.#options.clock.monotonic() / 1000);
  }

  /** Null for what has nothing to do with load. */
  #explain(reason: string): string | null {
    const { admission, media } = this.#options;
    const { maxCalls, maxCallsPerSecond, maxCallsPerSource = 0 } = admission.limits;
    switch (reason) {
      case 'too-many-calls':
        return `${admission.active} calls of ${maxCalls} (limits.calls)`;
      case 'too-many-calls-per-second':
        return `more than ${maxCallsPerSecond} new calls a second (limits.callsPerSecond)`;
      case 'too-many-calls-of-source':
        return `more than ${maxCallsPerSource} calls of one address (limits.callsPerSource)`;
      case 'too-many-unacknowledged':
        return `more than ${admission.unacknowledgedPerSource} unacknowledged calls of one address (limits.unacknowledgedPerSource)`;
      case 'NO_PORTS':
        return `${media.stats().portsFree} RTP ports free at ${media.stats().sessions} calls (media.ports)`;
      case 'OVERLOADED':
        return overloaded(media.stats().workers);
      default:
        return null;
    }
  }
}

function isOver(second: number, now: number): boolean {
  return now - second >= TOLD_MS / 1000;
}

function overloaded(workers: EngineStats['workers']): string {
  const { lateP99Ms: lateLimit, cpuShare: cpuLimit } = LOAD_LIMITS;
  const percent = (share: number): number => Math.round(share * 100);
  const each = workers.map(
    ({ lateP99Ms, cpuShare, sessions }, i) =>
      `thread ${i}: ${lateP99Ms.toFixed(1)} ms late of ${lateLimit}, ${percent(cpuShare)} % busy of ${percent(cpuLimit)}, ${sessions} calls`,
  );
  return `media threads at their limit: ${each.join('; ')}`;
}
