import type { CallStore } from '../call/ports.js';
import type { CallEnd } from '../model/call-row.js';
import type { NewDelivery } from '../model/delivery.js';
import { summarizeJournal, type JournalSummary, type LegSummary } from '../flow/journal/summary.js';
import type { JournalEntry } from '../model/journal.js';
import type { Termination } from '../model/termination.js';
import { udfValues } from '../flow/journal/udf.js';
import { callVariablesAt } from '../model/call-variables.js';
import type { Clock } from '../lib/clock.js';
import type { Random } from '../lib/ids.js';
import { MASK } from '../lib/mask.js';
import type { JsonObject } from '../lib/json/json.js';
import type { Logger } from '../lib/log/log.js';
import type { EndedCall, EndedLeg } from '../webhooks/report/ended-call.js';
import type { DeliveryStore } from '../webhooks/ports.js';
import type { ConfiguredWebhook } from '../webhooks/configured/schema.js';
import { namedUuid } from '../lib/named-uuid.js';
import { amendmentDelivery, reportBody, reportDelivery } from '../webhooks/report/report-delivery.js';
import { timestamp } from '../webhooks/report/timestamp.js';
import { type JournalReaders, readJournal } from '../flow/journal/state.js';
import { endSizeInChars, type EndQueue } from './end-queue.js';
import { dueByNow } from '../webhooks/deliveries/queue.js';

/*
 * The end of a call (docs/decisions/0010-the-end-is-one-transaction.md): what its journal adds up to, as the report wants it,
 * committed together with the report's delivery. The same for calls that ended before our eyes and for those a crash left behind.
 */

/** What ending a call needs. */
export interface EndServices {
  /** The configured webhooks. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  /** Where a recording can be fetched. */
  readonly recordingUrl: (id: string) => string;
  /** The receivers of deliveries that are made from the journal, beside the report: their deliveries are committed with the end, in this order. */
  readonly readers: readonly JournalReaders<NewDelivery>[];
  readonly calls: Pick<CallStore<NewDelivery>, 'end' | 'recorded'>;
  readonly deliveries: Pick<DeliveryStore, 'add' | 'revise'>;
  /** The webhook that takes reports. */
  readonly reportsTo: () => ConfiguredWebhook | undefined;
  /** Told that a delivery is due. */
  readonly wake: () => void;
  readonly endQueue: EndQueue;
  readonly random: Pick<Random, 'uuid'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Name of this machine, for `cdrId`. */
  readonly host: string;
  /** Longest that a report waits for recordings that are not final, ms. */
  readonly recordingWaitMs: number;
  readonly log: Pick<Logger, 'error'>;
}

/** What the end of a call needs beside its journal. */
export interface CallEndFacts {
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  /** Wall-clock ms. */
  readonly endedAt: number;
  readonly termination: Termination;
}

/** The report that was queued with an end: which delivery, to which webhook. */
export interface QueuedReport {
  readonly id: string;
  readonly webhook: ConfiguredWebhook;
}

/** A committed end. */
export interface CommittedEnd {
  /** Null when the flow wants none. */
  readonly report: QueuedReport | null;
  /** Ids of recordings that are not final yet: tell {@link addSettledRecording} of each. */
  readonly awaited: readonly string[];
}

/**
 * Commits the end of a call, the events that subscribers and its integration have not got yet, and, when its flow wants it,
 * the delivery of its report. Resolves when all are durable; a large one waits in the {@link EndQueue}. While a recording is
 * not final the report is held, for a time.
 *
 * @param entries the call's whole journal, its `end` entry included
 */
export async function commitEnd(
  services: EndServices,
  end: CallEndFacts,
  entries: readonly JournalEntry[],
): Promise<CommittedEnd> {
  const summary = summarizeJournal(entries);
  return services.endQueue.run(endSizeInChars(summary), () => commitSummary(services, end, entries, summary));
}

async function commitSummary(
  services: EndServices,
  end: CallEndFacts,
  entries: readonly JournalEntry[],
  summary: JournalSummary,
): Promise<CommittedEnd> {
  const webhook = summary.webhook ? services.reportsTo() : undefined;
  if (summary.webhook && webhook === undefined) {
    services.log.error(
      { code: 'WEBHOOK_DEFAULT_NEEDED', call: end.callId },
      'a call was to be reported, and there is no default webhook',
    );
  }
  const report = webhook === undefined ? null : { id: services.random.uuid(), webhook };
  const awaited = summary.awaitedRecordings;
  const deliveries = [...readJournal(entries, services.readers)];
  if (report !== null) {
    const dueAt = end.endedAt + (awaited.length > 0 ? services.recordingWaitMs : 0);
    deliveries.push({ ...reportDelivery(endedCall(services, end, summary), report.webhook, report.id), dueAt });
  }
  await services.calls.end(callEnd(end, summary), dueByNow(deliveries, services.clock.now()));
  if (deliveries.length > 0) services.wake();
  return { report, awaited };
}

/**
 * A recording has become final, or lost, after the call's end was committed. The report is sent with it, at once when it was the
 * last one; one that is under way already is followed by an amendment. The events about the recording are queued as well. Safe
 * to repeat, which a crash in the middle of it leads to: nothing is queued under two ids.
 *
 * @param entries the call's whole journal, with what became of the recording
 */
export async function addSettledRecording(
  services: EndServices,
  end: CallEndFacts,
  report: QueuedReport | null,
  entries: readonly JournalEntry[],
): Promise<void> {
  const summary = summarizeJournal(entries);
  const isLast = summary.awaitedRecordings.length === 0;
  // Told as it happened, unless the store took nothing just then, or nobody was left to tell it.
  const late = services.readers.filter(({ afterEnd }) => afterEnd === true);
  await services.deliveries.add(dueByNow(readJournal(entries, late), services.clock.now()));
  if (report !== null) {
    await services.endQueue.run(endSizeInChars(summary), () => {
      const call = endedCall(services, end, summary);
      const now = services.clock.now();
      return services.deliveries.revise({
        id: report.id,
        body: reportBody(call, report.webhook),
        dueAt: isLast ? now : null,
        otherwise: amendmentDelivery(call, report.webhook, { id: amendmentId(report, summary), amends: report.id, now }),
      });
    });
  }
  services.wake();
  if (isLast) await services.calls.recorded(end.callId);
}

/** The same for the same recordings: an amendment that was queued before a crash is not queued again after it. */
function amendmentId({ id }: QueuedReport, { recordings }: JournalSummary): string {
  return namedUuid([id, 'amendment', ...recordings.map(({ id: recording }) => recording)].join('/'));
}

function callEnd(end: CallEndFacts, summary: JournalSummary): CallEnd {
  const variables = summary.persist ? Object.fromEntries(summary.variables.map(({ name, value }) => [name, value])) : null;
  return {
    id: end.callId,
    answeredAt: summary.legs[0]?.answeredAt ?? null,
    endedAt: end.endedAt,
    termination: end.termination,
    lastWidget: summary.lastWidget,
    variables,
    udf: summary.udf.length === 0 ? null : udfValues(summary.udf, summary.variables),
    awaitsRecording: summary.awaitedRecordings.length > 0,
  };
}

/** The call as the report wants it. */
export function endedCall(
  services: Pick<EndServices, 'recordingUrl' | 'host'>,
  end: CallEndFacts,
  summary: JournalSummary,
): EndedCall {
  return {
    ...summary,
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
    legs: summary.legs.map((leg, index) => endedLeg(leg, keysOf(summary, index === 0 ? undefined : leg.leg), end)),
    udf: udfValues(summary.udf, summary.variables),
    callVariables: variablesAtEnd(services, end, summary),
    recordings: summary.recordings.map(({ id, name, durationMs, bytes, format, leg }) => {
      return { name, url: services.recordingUrl(id), ms: durationMs, bytes, format, ...(leg !== undefined && { leg }) };
    }),
    http: summary.webhooks.map((webhook) => ({ ...webhook, ms: webhook.ms ?? 0 })),
  };
}

/** `$call.*` as they are now that the call is over. */
function variablesAtEnd(services: Pick<EndServices, 'recordingUrl'>, end: CallEndFacts, summary: JournalSummary): JsonObject {
  const { facts: known, timeZone } = summary;
  const { callId: id, direction, endedAt, termination } = end;
  const recording = summary.recordings.findLast(({ leg }) => leg === undefined);
  return callVariablesAt(
    {
      id,
      direction,
      known,
      startedAt: summary.startedAt ?? endedAt,
      answeredAt: summary.legs[0]?.answeredAt ?? null,
      endedAt,
      termination,
      // As the journal has them, when the flow has read them: those of a masked collect are in no report.
      digits: null,
      recordingUrl: recording === undefined ? null : services.recordingUrl(recording.id),
    },
    endedAt,
    (ms) => timestamp(ms, timeZone ?? 'UTC'),
  );
}

/** The keys that were pressed on a leg; undefined: on the caller's. */
function keysOf({ keys }: JournalSummary, wanted: string | undefined): JournalSummary['keys'] {
  return keys.filter(({ leg }) => leg === wanted);
}

function endedLeg(leg: LegSummary, keys: JournalSummary['keys'], end: CallEndFacts): EndedLeg {
  return {
    ...leg,
    id: leg.leg,
    endedAt: leg.endedAt ?? end.endedAt,
    cause: leg.cause ?? end.termination.cause,
    remoteHangup: leg.endedAt === null ? null : leg.remote,
    keys: keys.map(({ key, at, label }) => ({ key, at, label, masked: key === MASK })),
  };
}
