import { untilAborted } from '../../lib/clock.js';

/** The life of one step, or of a race inside it, to which every operation is bound. */
export interface StepScope {
  readonly step: number;
  /** Aborts the operations that are pending; none begins afterwards. */
  close(): void;
  readonly closed: boolean;
  /** Fires when the scope closes. */
  readonly ended: AbortSignal;
  /** Runs an operation that can be aborted. */
  track<A>(operation: (signal: AbortSignal) => Promise<A>): Promise<A>;
}

/**
 * Opens the scope of a step. It closes with `signal`, or when the step is done. Each operation gets a signal of its own, which never
 * fires once it has answered: what it started (music, a recording) is not its business any more.
 */
export function openScope(step: number, signal: AbortSignal): StepScope {
  const pending = new Set<AbortController>();
  const ended = new AbortController();
  if (signal.aborted) ended.abort();
  const close = (): void => {
    signal.removeEventListener('abort', close);
    ended.abort();
    for (const controller of pending) controller.abort();
    pending.clear();
  };
  signal.addEventListener('abort', close, { once: true });
  return {
    step,
    close,
    ended: ended.signal,
    get closed() {
      return ended.signal.aborted;
    },
    async track(operation) {
      const controller = new AbortController();
      pending.add(controller);
      try {
        return await untilAborted(operation(controller.signal), controller.signal);
      } finally {
        pending.delete(controller);
      }
    },
  };
}
