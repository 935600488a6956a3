import type { Logger } from '../lib/log/log.js';
import type { CallEvent } from '../model/call-events.js';

/**
 * The events of one call, for the writer of its journal. A listener first gets what happened before it came, so that none is lost
 * between the INVITE and the moment the call's row exists; a call has a handful.
 */
export class CallEvents {
  readonly #past: CallEvent[] = [];
  readonly #listeners = new Set<(event: CallEvent) => void>();

  constructor(private readonly log: Logger) {}

  /** Adds a listener, tells it the past in order, and returns the function that removes it. */
  on(listener: (event: CallEvent) => void): () => void {
    this.#listeners.add(listener);
    for (const event of [...this.#past]) this.#tell(listener, event);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(event: CallEvent): void {
    this.#past.push(event);
    for (const listener of [...this.#listeners]) this.#tell(listener, event);
  }

  #tell(listener: (event: CallEvent) => void, event: CallEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.log.error(
        { code: 'BACKGROUND_JOB_FAILED', job: 'listening to a call', event: event.type, error: String(error) },
        'a listener of call events failed',
      );
    }
  }
}
