import { Admission } from '../call/inbound/admission.js';
import { LoadRefusalCounts } from '../call/inbound/load-refusal-counts.js';
import type { Config } from '../site/config/config.js';
import type { Clock } from '../lib/clock.js';
import { LogSummary } from '../lib/log/log-summary.js';
import type { Logger } from '../lib/log/log.js';
import type { MediaEngine } from '../media/types.js';

/** What stands before new calls: the limits of the site, and who was refused by them. */
export interface Door {
  readonly admission: Admission;
  readonly loadRefusals: LoadRefusalCounts;
  /** Writes the last words about refused calls. */
  close(): void;
}

/** Builds it by the limits of the site. */
export function openAdmission({ limits }: Pick<Config, 'limits'>, media: MediaEngine, clock: Clock, log: Logger): Door {
  const admission = new Admission(
    {
      maxCalls: limits.calls,
      maxCallsPerSecond: limits.callsPerSecond,
      maxCallsPerSource: limits.callsPerSource,
      maxUnacknowledgedPerSource: limits.unacknowledgedPerSource,
    },
    clock,
  );
  const overload = new LogSummary({ log, clock, level: 'warn', message: 'calls are refused because of load' });
  return {
    admission,
    loadRefusals: new LoadRefusalCounts({ admission, media, clock, log: overload }),
    close() {
      overload.close();
    },
  };
}
