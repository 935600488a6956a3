import { background } from '../../lib/log/background.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import type { MediaSession, RtpStats } from '../../media/types.js';
import { END_REASONS, type EndReason } from '../termination.js';

/** Whether the far end has sent anything: `silent` when not for long after the answer, `heard` once it has. */
export type Sound = 'silent' | 'heard';

/** How long the media engine may take to say its counters, ms; an engine that does not answer has lost the call. */
const STATS_TIMEOUT_MS = 5000;

/** When after the answer it is looked whether the far end has sent anything, ms; after the last, and from then on again, it is silent. */
const SOUND_WAITS_MS = [1000, 2000, 7000] as const;

export interface WatchdogOptions {
  /** How long an answered leg may go without a packet of the far end, ms; 0 = no limit. Hold does not count. */
  readonly mediaTimeoutMs: number;
  readonly clock: Clock;
  readonly session: MediaSession;
  readonly held: () => boolean;
  readonly onSound: (sound: Sound) => void;
  readonly end: (ending: EndReason) => void;
  readonly log: Pick<Logger, 'error'>;
}

/** Ends a leg that nobody else would end: silent because the far end is gone without a BYE, or lost by the media engine. */
export class Watchdog {
  readonly #cancels = new Set<() => void>();
  #stopped = false;
  /** Silence counts from here: the answer, or the end of the last hold. Monotonic ms. */
  #listeningSince = 0;

  constructor(private readonly options: WatchdogOptions) {
    const { session, log } = options;
    // The engine reports a far end that went silent, and a session that it lost. The first has a timer here.
    session.onSilent(() => {
      background('looking after a call', log, () => this.#checkSession());
    });
  }

  /** Starts listening for the far end's packets. */
  watchMedia(): void {
    const { mediaTimeoutMs, clock } = this.options;
    if (mediaTimeoutMs <= 0) return;
    this.#listeningSince = clock.monotonic();
    this.#checkIn(mediaTimeoutMs);
    this.#listenForSound(SOUND_WAITS_MS);
  }

  /** A hold is over: what was silent because of it does not count. */
  resumed(): void {
    this.#listeningSince = this.options.clock.monotonic();
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  /** Looks after each wait whether the far end has sent anything, until it has; after the last it is silent, and looked at again. */
  #listenForSound(waits: readonly [number, ...number[]]): void {
    this.#after(waits[0], () => {
      background('listening for a caller', this.options.log, () => this.#lookForSound(waits));
    });
  }

  async #lookForSound([wait, next, ...later]: readonly [number, ...number[]]): Promise<void> {
    const stats = await this.#stats();
    if (this.#stopped || stats === null) return;
    if (stats.received > 0) {
      this.options.onSound('heard');
      return;
    }
    if (next === undefined) this.options.onSound('silent');
    this.#listenForSound([next ?? wait, ...later]);
  }

  #checkIn(ms: number): void {
    this.#after(ms, () => {
      background('looking after a call', this.options.log, () => this.#check());
    });
  }

  async #check(): Promise<void> {
    const { mediaTimeoutMs, clock, held, end } = this.options;
    const silentMs = await this.#checkSession();
    if (this.#stopped || silentMs === null) return;
    const now = clock.monotonic();
    if (held()) this.#listeningSince = now;
    const silence = Math.min(silentMs, now - this.#listeningSince);
    if (silence >= mediaTimeoutMs) end(END_REASONS.mediaTimeout());
    // The earliest moment at which the silence could be long enough.
    else this.#checkIn(mediaTimeoutMs - silence);
  }

  /** ms since the far end's last packet. A session that the engine lost can only be silent: its call ends, and this is null. */
  async #checkSession(): Promise<number | null> {
    const stats = await this.#stats();
    if (stats !== null && !isLost(stats)) return stats.silentMs;
    if (!this.#stopped) this.options.end(END_REASONS.mediaFailed());
    return null;
  }

  /** The session's counters; null when the engine does not say. */
  #stats(): Promise<RtpStats | null> {
    return new Promise((resolve) => {
      const cancel = this.#after(STATS_TIMEOUT_MS, () => {
        resolve(null);
      });
      this.options.session.stats().then(
        (stats) => {
          cancel();
          resolve(stats);
        },
        () => {
          cancel();
          resolve(null);
        },
      );
    });
  }

  #after(ms: number, fire: () => void): () => void {
    const cancelTimer = this.options.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      fire();
    });
    const cancel = (): void => {
      cancelTimer();
      this.#cancels.delete(cancel);
    };
    this.#cancels.add(cancel);
    return cancel;
  }
}

/** A live session that received nothing has been silent since its answer; nothing received and no silence is a session forgotten. */
function isLost({ received, silentMs }: RtpStats): boolean {
  return received === 0 && silentMs === 0;
}
