import { Aborted, type Clock } from '../../lib/clock.js';

interface Host {
  taken: number;
  /** First come, first served. */
  readonly waiting: Set<() => void>;
}

/**
 * Limits the requests under way to each origin. Further requests wait in a queue, first come, first served, at most for their own time.
 * An origin is remembered only while a request is under way or waits.
 */
export class HostLimiter {
  readonly #hosts = new Map<string, Host>();
  #waiting = 0;

  /** @param perHost at one time */
  constructor(
    private readonly perHost: number,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes a place; resolves with the function that gives it back (once), or null when none came free within `ms`. Rejects with
   * `Aborted` when `signal` fires first.
   */
  async acquire(origin: string, ms: number, signal?: AbortSignal): Promise<(() => void) | null> {
    const host = this.#hosts.get(origin) ?? { taken: 0, waiting: new Set() };
    this.#hosts.set(origin, host);
    if (host.taken < this.perHost) host.taken += 1;
    else if (!(await this.#wait(host, ms, signal))) return null;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#giveBack(origin, host);
    };
  }

  /** Requests that wait for a place. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Origins with a request under way. */
  get size(): number {
    return this.#hosts.size;
  }

  /** A place that is given back goes straight to the next in line: nobody can slip in between. */
  #giveBack(origin: string, host: Host): void {
    const [next] = host.waiting;
    if (next !== undefined) {
      next();
      return;
    }
    host.taken -= 1;
    if (host.taken === 0) this.#hosts.delete(origin);
  }

  #wait(host: Host, ms: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        host.waiting.delete(go);
        this.#waiting -= 1;
        cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const go = (): void => {
        leave();
        resolve(true);
      };
      const onAbort = (): void => {
        leave();
        reject(new Aborted('aborted while waiting for a place at the host'));
      };
      const cancel = this.clock.after(ms, () => {
        leave();
        resolve(false);
      });
      host.waiting.add(go);
      this.#waiting += 1;
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
    });
  }
}
