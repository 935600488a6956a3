import type { JsonObject } from '../../lib/json/json.js';
import { namedUuid } from '../../lib/named-uuid.js';
import type { ConfiguredWebhook } from '../configured/schema.js';
import type { NewDelivery } from '../../model/delivery.js';
import { timestamp } from '../report/timestamp.js';
import type { CallEventName } from '../../model/call-events.js';

/** What happened to a call, for the webhooks that subscribe to it (docs/behaviour.md#call-events). All times are wall-clock ms. */
export type PublishedCallEvent = {
  /** Of the journal entry it comes from: with the call, what makes it unique. */
  readonly seq: number;
  readonly at: number;
  readonly callId: string;
  /** The caller's leg. */
  readonly leg: string;
  readonly from: string;
  readonly to: string;
  readonly direction: 'inbound' | 'outbound';
  /** IANA zone of the flow. */
  readonly timeZone: string;
} & CallEventDetail;

export type CallEventDetail =
  | { readonly status: Exclude<CallEventName, 'completed' | 'record' | 'input'> }
  | { readonly status: 'completed'; readonly answeredAt: number; readonly endedAt: number }
  | {
      readonly status: 'record';
      readonly recording: { readonly id: string; readonly url: string; readonly bytes: number; readonly ms: number };
      readonly startedAt: number;
    }
  /** `digits` are `***` when masked. */
  | { readonly status: 'input'; readonly digits: string; readonly timedOut: boolean };

/** The event in its field names (docs/behaviour.md#call-events). */
export function callEventBody(event: PublishedCallEvent): JsonObject {
  const { status, from, to, leg, callId, direction } = event;
  return {
    from,
    to,
    uuid: leg,
    conversation_uuid: callId,
    status,
    direction,
    timestamp: timestamp(event.at, event.timeZone),
    ...detail(event),
  };
}

/** What the status adds. We are no carrier: network, rate and price stay empty. */
function detail(event: PublishedCallEvent): JsonObject {
  const time = (ms: number): string => timestamp(ms, event.timeZone);
  switch (event.status) {
    case 'answered':
      return { start_time: null, network: null, rate: null };
    case 'completed':
      return {
        start_time: time(event.answeredAt),
        end_time: time(event.endedAt),
        duration: String(Math.round(Math.max(0, event.endedAt - event.answeredAt) / 1000)),
        network: null,
        rate: null,
        price: null,
      };
    case 'record': {
      const { id, url, bytes, ms } = event.recording;
      return {
        recording_url: url,
        recording_uuid: id,
        size: bytes,
        start_time: time(event.startedAt),
        end_time: time(event.startedAt + ms),
      };
    }
    case 'input':
      return { dtmf: { digits: event.digits, timed_out: event.timedOut } };
    default:
      return {};
  }
}

/**
 * The deliveries of an event, one to each webhook that subscribed. Their ids follow from call, entry and webhook, so that an event
 * told twice (before and after a crash) is one delivery; those of one call and webhook go out in order.
 */
export function eventDeliveries(event: PublishedCallEvent, webhooks: readonly ConfiguredWebhook[]): readonly NewDelivery[] {
  return webhooks
    .filter(({ events }) => events.includes(event.status))
    .map(({ name, eventFormat }) => ({
      id: namedUuid(`${event.callId}/${event.seq}/${event.status}/${name}`),
      callId: event.callId,
      kind: 'event',
      webhook: name,
      stream: `events:${name}:${event.callId}`,
      body: JSON.stringify(eventFormat === 'flat' ? callEventBody(event) : envelope(event)),
      createdAt: event.at,
      dueAt: event.at,
    }));
}

/** As Standard Webhooks wants payloads. */
function envelope(event: PublishedCallEvent): JsonObject {
  return {
    type: `call.${event.status}`,
    timestamp: timestamp(event.at, event.timeZone),
    data: callEventBody(event),
  };
}
