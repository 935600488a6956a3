import type { Json, JsonObject } from '../../lib/json/json.js';
import { MASK } from '../../lib/mask.js';
import type { EndedCall, EndedLeg } from './ended-call.js';
import type { ConfiguredWebhook } from '../configured/schema.js';
import { timestamp } from './timestamp.js';

/*
 * The flow-end report in the `phonon` format, spellings included (docs/behaviour.md#report-formats). A field is left out only
 * when its value is not known (docs/behaviour.md#unknown-fields).
 */

type Options = ConfiguredWebhook['options'];

/** What the single-leg form has in the smallest variant (docs/behaviour.md#single-leg). */
const MINIMAL = new Set([
  'calleeNumber',
  'connectTime',
  'didNumber',
  'duration',
  'endTime',
  'hangupCause',
  'incoming',
  'startTime',
]);

/** The report of one call; `wrapInBody` is the delivery’s to do. */
export function phononReport(call: EndedCall, options: Options): JsonObject {
  const legs = call.legs.map((leg) => legReport(leg, call, options));
  return {
    'phonon-uuid': call.callId,
    callDetails: options.minimalSingleLeg && legs.length === 1 ? legs.map(minimal) : legs,
    keys: keys(call, options),
    recordingUrls: call.recordings.map(({ name, url }) => ({ recordedFileName: name, recordedFilePublicPath: url })),
  };
}

function legReport(leg: EndedLeg, call: EndedCall, options: Options): JsonObject {
  const time = (ms: number): string => timestamp(ms, call.timeZone);
  return {
    ...(call.host !== null && { cdrId: `${leg.id}##${call.host}` }),
    ...(leg.party !== null && { calleeType: leg.party }),
    calleeNumber: leg.callee,
    didNumber: leg.did.replace(/^\+/u, ''),
    incoming: leg.direction === 'inbound',
    ...(leg.remoteHangup !== null && { remoteHangup: leg.remoteHangup }),
    startTime: time(leg.startedAt),
    ...(leg.answeredAt !== null && { connectTime: time(leg.answeredAt) }),
    endTime: time(leg.endedAt),
    duration: duration(leg, options),
    hangupCause: String(leg.cause),
    is_ringing: String(leg.ringingAt !== null),
    ...(leg.ringingAt !== null && { ringingStartTime: time(leg.ringingAt) }),
    ...(leg.keys.length > 0 && {
      dtmfPressesd: leg.keys.map(({ key, at, label, masked }) => ({ key: masked ? MASK : key, eventTime: time(at), label })),
    }),
  };
}

/** Talk time as decimal text, `"0"` when never connected (docs/behaviour.md#talk-time). */
function duration(leg: EndedLeg, options: Options): string {
  if (leg.answeredAt === null) return '0';
  const ms = Math.max(0, leg.endedAt - leg.answeredAt);
  return String(options.durationUnit === 's' ? Math.round(ms / 1000) : Math.round(ms));
}

function minimal(leg: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(leg).filter(([name]) => MINIMAL.has(name)));
}

/** `$flow.key.*` in first-set order with their own types; others by option (docs/behaviour.md#report-variables). */
function keys(call: EndedCall, options: Options): Json {
  const wanted = (name: string): boolean =>
    name.startsWith('$flow.key.') || (options.includeUserVariables && name.startsWith('$user.key.'));
  const own = call.variables.filter(({ name }) => wanted(name));
  const facts = options.includeCallVariables ? Object.entries(call.callVariables) : [];
  return [
    ...own.map(({ name, value, masked }) => ({ name, value: masked ? MASK : value })),
    ...facts.map(([name, value]: [string, Json]) => ({ name: `$call.${name}`, value })),
  ];
}
