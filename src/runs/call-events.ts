import { type JournalReader, type JournalReaders, JournalState } from '../flow/journal/state.js';
import type { JournalEntry, JournalSink } from '../model/journal.js';
import { background } from '../lib/log/background.js';
import { CALL, type Input, inputIn } from '../model/operations.js';
import { type PublishedCallEvent, type CallEventDetail, eventDeliveries } from '../webhooks/events/call-event.js';
import type { CallEventName } from '../model/call-events.js';
import type { ConfiguredWebhook } from '../webhooks/configured/schema.js';
import type { NewDelivery } from '../model/delivery.js';
import { type DeliveryQueue, queueDeliveries } from '../webhooks/deliveries/queue.js';

/*
 * Call events: what a call's journal says to those who subscribed (docs/behaviour.md#call-events). Told as it happens, and once
 * more with the end of the call, so that none is lost with a process; their ids see to it that each is delivered under one id
 * only.
 */

/** What both tellers need. */
export interface CallEventServices {
  /** The configured webhooks. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  /** Where a recording can be fetched. */
  readonly recordingUrl: (id: string) => string;
}

/** What a journal says to those who subscribed now; nothing is read when nobody has. */
export function callEventReaders(services: CallEventServices): JournalReaders<NewDelivery> {
  return {
    afterEnd: true,
    open(state) {
      const subscribers = subscribed(services.webhooks());
      return subscribers.length === 0 ? null : new CallEventReader(services, state, subscribers);
    },
  };
}

function subscribed(webhooks: readonly ConfiguredWebhook[]): readonly ConfiguredWebhook[] {
  return webhooks.filter(({ events }) => events.length > 0);
}

export type CallEventSinkOptions = CallEventServices & DeliveryQueue;

/** Tells events while calls live. The events of a call that began before the first subscription are sent at its end. */
export class CallEventSink implements JournalSink {
  readonly #calls = new Map<string, { readonly state: JournalState; readonly reader: CallEventReader }>();

  constructor(private readonly options: CallEventSinkOptions) {}

  append: JournalSink['append'] = (callId, entry) => {
    if (entry.type === 'call') {
      const subscribers = subscribed(this.options.webhooks());
      if (subscribers.length === 0) return;
      const state = new JournalState();
      this.#calls.set(callId, { state, reader: new CallEventReader(this.options, state, subscribers) });
    }
    const call = this.#calls.get(callId);
    if (call === undefined) return;
    call.state.add(entry);
    const deliveries = call.reader.read(entry);
    if (call.reader.finished) this.#calls.delete(callId);
    background('queueing call events', this.options.log, () => queueDeliveries(this.options, callId, 'call events', deliveries));
  };
}

/** Events out of the entries of one journal, as deliveries to those who subscribed. */
class CallEventReader implements JournalReader<NewDelivery> {
  /** The wall clock may go back; the order of events may not. */
  #at = 0;
  /** What of a leg has been told. */
  readonly #told = new Set<'started' | 'answered' | 'ended'>();

  constructor(
    private readonly services: Pick<CallEventServices, 'recordingUrl'>,
    private readonly state: JournalState,
    private readonly subscribers: readonly ConfiguredWebhook[],
  ) {}

  /** Nothing more can come. */
  get finished(): boolean {
    return this.state.termination !== null && this.state.awaitedRecordings.size === 0;
  }

  read(entry: JournalEntry): readonly NewDelivery[] {
    const event = this.#event(entry);
    return event === null ? [] : eventDeliveries(event, this.subscribers);
  }

  #event(entry: JournalEntry): PublishedCallEvent | null {
    const detail = this.#detail(entry);
    const { call } = this.state;
    const facts = this.state.legOf(entry);
    if (detail === null || call === null || facts === null) return null;
    this.#at = Math.max(this.#at, entry.at);
    const { leg, direction, callee, did } = facts;
    const parties = direction === 'inbound' ? { from: callee, to: did } : { from: did, to: callee };
    const { callId, timeZone } = call;
    return { seq: entry.seq, at: this.#at, callId, leg, direction, timeZone, ...parties, ...detail };
  }

  #detail(entry: JournalEntry): CallEventDetail | null {
    switch (entry.type) {
      case 'leg.created':
        return this.#once('started') ? { status: 'started' } : null;
      case 'leg.ringing':
        return this.#isCallers(entry.leg) ? { status: 'ringing' } : null;
      case 'leg.answered':
        return this.#isCallers(entry.leg) && this.#once('answered') ? { status: 'answered' } : null;
      case 'leg.ended':
        return this.#isCallers(entry.leg) ? this.#ended(entry.at, entry) : null;
      case 'end':
        return this.#ended(entry.at, { ...entry.termination, remote: entry.termination.by === 'caller' });
      case 'recording': {
        const { id, bytes, durationMs: ms, at } = entry;
        const startedAt = this.state.recordingBegun(id) ?? at - ms;
        return { status: 'record', recording: { id, url: this.services.recordingUrl(id), bytes, ms }, startedAt };
      }
      case 'answer':
        return inputEvent(inputIn(entry.op, entry.answer));
      case 'collect.left':
        return inputEvent(inputIn(CALL.collect.name, entry.answer));
      default:
        return null;
    }
  }

  /** True the first time. */
  #once(what: 'started' | 'answered' | 'ended'): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }

  #isCallers(leg: string): boolean {
    return this.state.caller?.leg === leg;
  }

  #ended(endedAt: number, end: LegEnd): CallEventDetail | null {
    if (!this.#once('ended')) return null;
    const answeredAt = this.state.caller?.answeredAt ?? null;
    return answeredAt === null ? { status: unansweredStatus(end) } : { status: 'completed', answeredAt, endedAt };
  }
}

interface LegEnd {
  /** Q.850. */
  readonly cause: number;
  readonly sip: number | null;
  readonly remote: boolean;
}

type Unanswered = Extract<CallEventName, 'busy' | 'cancelled' | 'unanswered' | 'rejected' | 'failed' | 'timeout'>;

/**
 * What to call the end of a call that was never answered, by Q.850 cause (docs/behaviour.md#call-events). Ending normally means:
 * nobody answered.
 */
const STATUS_OF_CAUSE: ReadonlyMap<number, Unanswered> = new Map([
  [16, 'unanswered'],
  [17, 'busy'],
  [18, 'unanswered'],
  [19, 'unanswered'],
  [20, 'unanswered'],
  [21, 'rejected'],
  [31, 'unanswered'],
  [102, 'timeout'],
]);

function unansweredStatus({ cause, sip, remote }: LegEnd): Unanswered {
  if (sip === 487 || (remote && cause === 16)) return 'cancelled';
  return STATUS_OF_CAUSE.get(cause) ?? 'failed';
}

/** Keys the caller gave a widget; digits of masked ones come as `***`. */
function inputEvent(given: Input | null): CallEventDetail | null {
  return given === null ? null : { status: 'input', ...given };
}
