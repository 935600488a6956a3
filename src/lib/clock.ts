/**
 * Time as a port. Flow and widgets never see another clock, so tests can run an hour in a millisecond
 * and a wall clock that jumps never cuts a call.
 */
export interface Clock {
  /** Wall-clock time, ms since the Unix epoch. For timestamps only, never for measuring. */
  now(): number;
  /** Monotonic time in ms, from an arbitrary start. For durations and deadlines. */
  monotonic(): number;
  /** Calls `fire` once after `ms` ms of monotonic time. Returns a function that cancels it. */
  after(ms: number, fire: () => void): () => void;
}

/** Thrown (as rejection) by a wait whose `AbortSignal` fired first. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

/** Waits for `promise`, but rejects with {@link Aborted} as soon as `signal` fires, at once when it already has. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new Aborted('aborted while waiting'));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    // The work behind the promise may notice the abort late. Nobody needs the error with which it then rejects.
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}

/**
 * Waits `ms` ms of the given clock. Rejects with {@link Aborted} as soon as `signal` aborts, at once when it already has.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new Aborted('aborted before the wait began'));
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(new Aborted('aborted while waiting'));
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Waits for `work`, at most `ms` ms of the given clock; also resolves when that was not enough. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  let cancel = (): void => undefined;
  const timeUp = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  try {
    await Promise.race([work, timeUp]);
  } finally {
    cancel();
  }
}

/** Largest delay Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * A clock whose wall time is that of `clock` now, and runs with its monotonic one from then on: what somebody sets the machine's clock to
 * meanwhile changes none of its times against each other. Each call has one, so that no duration in it is ever wrong.
 */
export function steadyClock(clock: Clock): Clock {
  const offset = clock.now() - clock.monotonic();
  return {
    now: () => Math.round(offset + clock.monotonic()),
    monotonic: () => clock.monotonic(),
    after: (ms, fire) => clock.after(ms, fire),
  };
}

/** The machine's own clock. Timers do not keep the process alive by themselves beyond what `after` is waiting for. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, Math.min(Math.max(0, ms), MAX_TIMER_MS));
    return () => {
      clearTimeout(timer);
    };
  },
};
