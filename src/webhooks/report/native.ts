import type { Json, JsonObject } from '../../lib/json/json.js';
import { MASK } from '../../lib/mask.js';
import type { EndedCall, EndedLeg } from './ended-call.js';
import { causeName } from './hangup-causes.js';
import { timestamp } from './timestamp.js';

/** The flow-end report in our own format, `callreport/1` (docs/behaviour.md#report-formats). */
export function nativeReport(call: EndedCall): JsonObject {
  const time = (ms: number): string => timestamp(ms, call.timeZone);
  const { by, cause, sip, reason } = call.termination;
  return {
    schema: 'callreport/1',
    callId: call.callId,
    flowId: call.flowId,
    flowVersion: call.flowVersion,
    direction: call.direction,
    startedAt: time(call.startedAt),
    answeredAt: call.answeredAt === null ? null : time(call.answeredAt),
    endedAt: time(call.endedAt),
    ...durations(call),
    endedBy: by,
    reason,
    hangup: { cause, name: causeName(cause), sip },
    disposition: disposition(call),
    lastWidget: call.lastWidget,
    legs: call.legs.map((leg) => legReport(leg, time)),
    variables: Object.fromEntries(call.variables.map(({ name, value, masked }) => [name, masked ? MASK : value])),
    udf: call.udf,
    ...sipHeaders(call.callVariables),
    ...faults(call, time),
    path: call.steps.map(({ widget, exit, at, ms }) => ({ widget, exit, at: time(at), ms: Math.round(ms) })),
    http: call.http.map(({ widget, method, url, status, ms, attempts, error }) => {
      return { widget, method, url, status, ms: Math.round(ms), attempts, error };
    }),
    recordings: call.recordings.map((recording) => ({ ...recording })),
    transcript: call.legs
      .flatMap(({ id, keys }, index) =>
        keys.map((key) => ({ ...key, by: index === 0 ? { by: 'caller' } : { by: 'callee', leg: id } })),
      )
      .sort((a, b) => a.at - b.at)
      .map(({ at, by, key, masked }) => ({ at: time(at), ...by, dtmf: masked ? MASK : key })),
  };
}

/** The headers of the INVITE that flows may read; absent when there are none. */
function sipHeaders(callVariables: JsonObject): JsonObject {
  const read = Object.entries(callVariables).filter(([name]) => name.startsWith('sipheader.'));
  const headers = Object.fromEntries(read.map(([name, value]: [string, Json]) => [name.slice('sipheader.'.length), value]));
  return read.length === 0 ? {} : { sipHeaders: headers };
}

/** What went wrong in the call; absent when nothing did. */
function faults({ faults: found }: EndedCall, time: (ms: number) => string): JsonObject {
  if (found === undefined || found.length === 0) return {};
  return { faults: found.map(({ widget, code, message, at }) => ({ widget, code, message, at: time(at) })) };
}

/** The word the flow left for how the call went (`hangup` keeps it in `$flow.key.disposition`). */
function disposition({ variables }: Pick<EndedCall, 'variables'>): Json {
  const found = variables.find(({ name }) => name === '$flow.key.disposition');
  if (found === undefined) return null;
  return found.masked ? MASK : found.value;
}

/** ms: ringing until answered (or until the end), talking, altogether. */
function durations(call: Pick<EndedCall, 'startedAt' | 'answeredAt' | 'endedAt'>): JsonObject {
  const { startedAt, answeredAt, endedAt } = call;
  const between = (from: number, to: number): number => Math.max(0, Math.round(to - from));
  return {
    ringMs: between(startedAt, answeredAt ?? endedAt),
    talkMs: answeredAt === null ? 0 : between(answeredAt, endedAt),
    totalMs: between(startedAt, endedAt),
  };
}

function legReport(leg: EndedLeg, time: (ms: number) => string): JsonObject {
  return {
    id: leg.id,
    direction: leg.direction,
    party: leg.party,
    number: leg.callee,
    did: leg.did,
    startedAt: time(leg.startedAt),
    ringingAt: leg.ringingAt === null ? null : time(leg.ringingAt),
    answeredAt: leg.answeredAt === null ? null : time(leg.answeredAt),
    endedAt: time(leg.endedAt),
    ...durations(leg),
    hangup: { cause: leg.cause, name: causeName(leg.cause), sip: leg.sip },
    remoteHangup: leg.remoteHangup,
  };
}
