import type { FeedEvent } from '../api/ports.js';
import type { JournalSink } from '../model/journal.js';
import { jobFailed } from '../lib/log/background.js';
import { Emitter } from '../lib/events.js';
import type { Logger } from '../lib/log/log.js';

/** Events as they happen, for all who watch: live events of the API, metrics, the demo. A journal sink that forgets at once. */
export class LiveFeed implements JournalSink {
  readonly #events: Emitter<{ event: [FeedEvent] }>;

  constructor(log: Logger) {
    this.#events = new Emitter((error) => {
      jobFailed('watching the live feed', log, error);
    });
  }

  append: JournalSink['append'] = (callId, entry) => {
    this.#events.emit('event', { kind: 'journal', callId, entry });
  };

  /** A call that got no row: `at` is wall-clock ms. */
  refused(at: number, status: number, reason: string): void {
    this.#events.emit('event', { kind: 'refused', at, status, reason });
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: FeedEvent) => void): () => void {
    return this.#events.on('event', listener);
  }
}
