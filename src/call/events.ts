import type { Logger } from '../lib/log/log.js';

/** The party data of a leg; fits `LegFacts` of flow by shape. */
export interface LegFacts {
  readonly leg: string;
  readonly direction: 'inbound' | 'outbound';
  /** The far party's number. */
  readonly callee: string;
  readonly did: string;
  readonly party: 'VISITOR' | 'AGENT' | 'HARD_PHONE';
}

/** What happens to a call outside its flow; each fits an entry of flow's journal by shape. */
export type CallEvent =
  | { readonly type: 'leg.created'; readonly leg: LegFacts }
  | { readonly type: 'leg.ringing'; readonly leg: string }
  | { readonly type: 'leg.answered'; readonly leg: string }
  | {
      readonly type: 'leg.ended';
      readonly leg: string;
      readonly cause: number;
      readonly sip: number | null;
      readonly remote: boolean;
    }
  | { readonly type: 'recording.started'; readonly id: string; readonly name: string; readonly file: string }
  | {
      readonly type: 'recording';
      readonly id: string;
      readonly name: string;
      /** File name below the recordings folder. */
      readonly file: string;
      readonly durationMs: number;
      readonly bytes: number;
      readonly format: 'wav';
    }
  /** A recording that was begun has come to nothing: no `recording` follows. */
  | { readonly type: 'recording.lost'; readonly id: string }
  /** Something the flow did not ask for and its author should see. */
  | { readonly type: 'note'; readonly text: string };

/**
 * The events of one call, for whoever writes its journal. A listener first gets what happened before it came, so that none is lost
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
