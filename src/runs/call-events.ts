import type { JournalEntry, JournalSink } from '../model/journal.js';
import type { LegFacts } from '../model/leg.js';
import { background } from '../lib/log/background.js';
import type { Json } from '../lib/json/json.js';
import { type CallEvent, type CallEventDetail, eventDeliveries } from '../webhooks/events/call-event.js';
import type { CallEventName } from '../webhooks/events/names.js';
import type { ConfiguredWebhook } from '../webhooks/ports.js';
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

/** The deliveries of all events in a journal, whole or cut off; none when nobody subscribed. */
export function journalEventDeliveries(services: CallEventServices, entries: readonly JournalEntry[]): readonly NewDelivery[] {
  const subscribers = subscribed(services.webhooks());
  if (subscribers.length === 0) return [];
  const fold = new CallEventFold(services.recordingUrl);
  return entries.flatMap((entry) => fold.add(entry)).flatMap((event) => eventDeliveries(event, subscribers));
}

function subscribed(webhooks: readonly ConfiguredWebhook[]): readonly ConfiguredWebhook[] {
  return webhooks.filter(({ events }) => events.length > 0);
}

export type CallEventSinkOptions = CallEventServices & DeliveryQueue;

/** Tells events while calls live. A call that began before anybody subscribed is told of at its end. */
export class CallEventSink implements JournalSink {
  readonly #calls = new Map<string, { readonly fold: CallEventFold; readonly subscribers: readonly ConfiguredWebhook[] }>();

  constructor(private readonly options: CallEventSinkOptions) {}

  append: JournalSink['append'] = (callId, entry) => {
    if (entry.type === 'call') {
      const subscribers = subscribed(this.options.webhooks());
      if (subscribers.length === 0) return;
      this.#calls.set(callId, { fold: new CallEventFold(this.options.recordingUrl), subscribers });
    }
    const call = this.#calls.get(callId);
    if (call === undefined) return;
    const deliveries = call.fold.add(entry).flatMap((event) => eventDeliveries(event, call.subscribers));
    if (call.fold.finished) this.#calls.delete(callId);
    background('queueing call events', this.options.log, () => queueDeliveries(this.options, callId, 'call events', deliveries));
  };
}

/** Events out of the entries of one journal, given one after the other. */
class CallEventFold {
  #call: (JournalEntry & { type: 'call' }) | null = null;
  /** Facts by id; the caller's leg is the first. */
  readonly #legs = new Map<string, LegFacts>();
  #caller: LegFacts | null = null;
  #answeredAt: number | null = null;
  /** The wall clock may go back; the order of events may not. */
  #at = 0;
  #told = false;
  #over = false;
  /** When each recording that is not final was begun. */
  readonly #recordings = new Map<string, number>();

  constructor(private readonly recordingUrl: (id: string) => string) {}

  /** Nothing more can come. */
  get finished(): boolean {
    return this.#over && this.#recordings.size === 0;
  }

  add(entry: JournalEntry): readonly CallEvent[] {
    const detail = this.#detail(entry);
    const [call, leg] = [this.#call, this.#legOf(entry)];
    if (detail === null || call === null || leg === null) return [];
    this.#at = Math.max(this.#at, entry.at);
    const inbound = leg.direction === 'inbound';
    const parties = inbound ? { from: leg.callee, to: leg.did } : { from: leg.did, to: leg.callee };
    const { callId, timeZone } = call;
    return [{ seq: entry.seq, at: this.#at, callId, leg: leg.leg, direction: leg.direction, timeZone, ...parties, ...detail }];
  }

  #detail(entry: JournalEntry): CallEventDetail | null {
    switch (entry.type) {
      case 'call':
        this.#call = entry;
        return null;
      case 'leg.created':
        this.#legs.set(entry.leg.leg, entry.leg);
        if (this.#caller !== null) return null;
        this.#caller = entry.leg;
        return { status: 'started' };
      case 'leg.ringing':
        return this.#isCallers(entry.leg) ? { status: 'ringing' } : null;
      case 'leg.answered':
        if (!this.#isCallers(entry.leg) || this.#answeredAt !== null) return null;
        this.#answeredAt = entry.at;
        return { status: 'answered' };
      case 'leg.ended':
        return this.#isCallers(entry.leg) ? this.#ended(entry.at, entry) : null;
      case 'end':
        this.#over = true;
        return this.#ended(entry.at, { ...entry.termination, remote: entry.termination.by === 'caller' });
      case 'recording.started':
        this.#recordings.set(entry.id, entry.at);
        return null;
      case 'recording.lost':
        this.#recordings.delete(entry.id);
        return null;
      case 'recording': {
        const { id, bytes, durationMs: ms, at } = entry;
        const startedAt = this.#recordings.get(id) ?? at - ms;
        this.#recordings.delete(id);
        return { status: 'record', recording: { id, url: this.recordingUrl(id), bytes, ms }, startedAt };
      }
      case 'answer':
        return input(entry.op, entry.answer);
      case 'collect.left':
        return input('call.collect', entry.answer);
      default:
        return null;
    }
  }

  #isCallers(leg: string): boolean {
    return this.#caller?.leg === leg;
  }

  /** The leg of an entry: the caller's when it names none. */
  #legOf(entry: JournalEntry): LegFacts | null {
    const named = 'leg' in entry && typeof entry.leg === 'string' ? this.#legs.get(entry.leg) : undefined;
    return named ?? this.#caller;
  }

  #ended(endedAt: number, end: LegEnd): CallEventDetail | null {
    if (this.#told) return null;
    this.#told = true;
    if (this.#answeredAt === null) return { status: unansweredStatus(end) };
    return { status: 'completed', answeredAt: this.#answeredAt, endedAt };
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
function input(op: string, answer: Json): CallEventDetail | null {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return null;
  const { kind, digits, endedBy, key, consumed } = answer as { readonly [name: string]: Json };
  if (op === 'call.collect') {
    if (kind === 'noInput') return { status: 'input', digits: '', timedOut: true };
    if (typeof digits !== 'string') return null;
    return { status: 'input', digits, timedOut: endedBy === 'timeout' };
  }
  const pressed = (op === 'call.play' && consumed === true) || (op === 'call.awaitKey' && kind === 'pressed');
  return pressed && typeof key === 'string' ? { status: 'input', digits: key, timedOut: false } : null;
}
