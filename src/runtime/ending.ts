import { callFacts } from '../call/facts.js';
import type { CallEnd, CallStore } from '../call/ports.js';
import { asText } from '../flow/escape.js';
import { foldJournal, type JournalSummary, type LegSummary } from '../flow/fold.js';
import type { JournalEntry, Termination } from '../flow/journal.js';
import type { Random } from '../lib/ids.js';
import { MASK } from '../lib/mask.js';
import type { JsonObject } from '../lib/json.js';
import { defaultWebhook } from '../webhooks/configured.js';
import type { EndedCall, EndedLeg } from '../webhooks/ended-call.js';
import type { ConfiguredWebhook, NewDelivery } from '../webhooks/ports.js';
import { reportDelivery } from '../webhooks/report.js';
import { timestamp } from '../webhooks/timestamp.js';

/*
 * The end of a call (decision D5): what its journal adds up to, as the report wants it, committed together with the report's
 * delivery. The same for calls that ended before our eyes and for those a crash left behind.
 */

/** What ending a call needs. */
export interface EndingServices {
  readonly calls: Pick<CallStore<NewDelivery>, 'end'>;
  /** The configured webhooks. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  /** Told that a delivery is due. */
  readonly wake: () => void;
  /** Where a recording can be fetched, signed and expiring. */
  readonly recordingUrl: (id: string) => string;
  readonly random: Pick<Random, 'uuid'>;
  /** Name of this machine, for `cdrId`. */
  readonly host: string;
}

/** What the journal cannot know of an end. */
export interface KnownEnd {
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  /** Wall-clock ms. */
  readonly endedAt: number;
  readonly termination: Termination;
}

/**
 * Commits the end of a call and, when its flow wants it, the delivery of its report. Resolves when both are durable.
 *
 * @param entries the call's whole journal, its `end` entry included
 */
export async function commitEnd(services: EndingServices, end: KnownEnd, entries: readonly JournalEntry[]): Promise<void> {
  const summary = foldJournal(entries);
  const webhook = summary.webhook ? defaultWebhook(services.webhooks()) : undefined;
  const deliveries =
    webhook === undefined ? [] : [reportDelivery(endedCall(services, end, summary), webhook, services.random.uuid())];
  await services.calls.end(callEnd(end, summary), deliveries);
  if (deliveries.length > 0) services.wake();
}

function callEnd(end: KnownEnd, summary: JournalSummary): CallEnd {
  const variables = summary.persist ? Object.fromEntries(summary.variables.map(({ name, value }) => [name, value])) : null;
  return {
    id: end.callId,
    answeredAt: summary.legs[0]?.answeredAt ?? null,
    endedAt: end.endedAt,
    termination: end.termination,
    lastWidget: summary.lastWidget,
    variables,
  };
}

/** The call as the report wants it. */
function endedCall(services: EndingServices, end: KnownEnd, summary: JournalSummary): EndedCall {
  return {
    callId: end.callId,
    flowId: summary.flowId ?? '',
    flowVersion: summary.flowVersion ?? '',
    timeZone: summary.timeZone ?? 'UTC',
    direction: end.direction,
    host: services.host,
    startedAt: summary.startedAt ?? end.endedAt,
    answeredAt: summary.legs[0]?.answeredAt ?? null,
    endedAt: end.endedAt,
    termination: end.termination,
    lastWidget: summary.lastWidget,
    legs: summary.legs.map((leg, index) => endedLeg(leg, index === 0 ? summary.keys : [], end)),
    variables: summary.variables,
    callVariables: { ...summary.facts, ...factsAtEnd(services, end, summary) },
    recordings: summary.recordings.map(({ id, name, durationMs, bytes, format }) => {
      return { name, url: services.recordingUrl(id), ms: durationMs, bytes, format };
    }),
    steps: summary.steps,
    http: summary.webhooks.map((webhook) => ({ ...webhook, ms: webhook.ms ?? 0 })),
  };
}

/** `$call.*` as they are now that the call is over: the journal has them as they were when they were last read. */
function factsAtEnd(services: EndingServices, end: KnownEnd, summary: JournalSummary): JsonObject {
  const { facts, timeZone } = summary;
  const startedAt = summary.startedAt ?? end.endedAt;
  const answeredAt = summary.legs[0]?.answeredAt ?? null;
  const recording = summary.recordings.at(-1);
  return callFacts(
    {
      id: end.callId,
      direction: end.direction,
      cli: asText(facts['cli']),
      did: asText(facts['did']),
      state: answeredAt === null ? 'ringing' : 'answered',
      startedAt,
      answeredAt,
      endedAt: end.endedAt,
      talkedMs: answeredAt === null ? 0 : Math.max(0, end.endedAt - answeredAt),
      termination: end.termination,
      digits: null,
      recordingUrl: recording === undefined ? null : services.recordingUrl(recording.id),
      headers: {},
    },
    (ms) => timestamp(ms, timeZone ?? 'UTC'),
  );
}

/** `keys` of the call belong to its first leg: the caller's. */
function endedLeg(leg: LegSummary, keys: JournalSummary['keys'], end: KnownEnd): EndedLeg {
  const { leg: id, direction, party, callee, did, startedAt, ringingAt, answeredAt, sip } = leg;
  return {
    id,
    direction,
    party,
    callee,
    did,
    startedAt,
    ringingAt,
    answeredAt,
    endedAt: leg.endedAt ?? end.endedAt,
    cause: leg.cause ?? end.termination.cause,
    sip,
    remoteHangup: leg.endedAt === null ? null : leg.remote,
    keys: keys.map(({ key, at, label }) => ({ key, at, label, masked: key === MASK })),
  };
}
