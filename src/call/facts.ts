import type { Json, JsonObject } from '../lib/json/json.js';
import type { LegStateName } from './leg/state.js';
import type { Termination } from './termination.js';

/** What `$call.*` is made from. Times are wall-clock ms. */
export interface CallSnapshot {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly cli: string;
  readonly did: string;
  readonly state: LegStateName;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** ms talked so far, by the monotonic clock. */
  readonly talkedMs: number;
  readonly termination: (Pick<Termination, 'cause' | 'reason'> & { readonly by: string }) | null;
  readonly digits: string | null;
  readonly recordingUrl: string | null;
  /** `X-*` headers of the INVITE. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The `$call.*` values (docs/behaviour.md#call-variables), keys without that prefix; absent when not known yet.
 * `sipheader.<name>` keeps the name as received. `formatTime` turns wall-clock ms into ISO-8601 with the flow's offset.
 */
export function callFacts(call: CallSnapshot, formatTime: (ms: number) => string): JsonObject {
  const facts: Record<string, Json> = {
    cli: call.cli,
    did: call.did,
    uuid: call.id,
    direction: call.direction,
    state: stateWord(call),
    start: formatTime(call.startedAt),
    duration: Math.floor(call.talkedMs / 1000),
  };
  if (call.answeredAt !== null) facts['answer'] = formatTime(call.answeredAt);
  if (call.endedAt !== null) facts['end'] = formatTime(call.endedAt);
  if (call.termination !== null) {
    facts['hangupcause'] = String(call.termination.cause);
    facts['remotehangup'] = call.termination.by === 'caller';
  }
  if (call.digits !== null) facts['dtmf'] = call.digits;
  if (call.recordingUrl !== null) facts['recordingurl'] = call.recordingUrl;
  for (const [name, value] of Object.entries(call.headers)) facts[`sipheader.${name}`] = value;
  return facts;
}

/** Q.850 causes that say "no answer": 18 no user responding, 19 no answer, 102 timer expiry. */
const NO_ANSWER = new Set([18, 19, 102]);

function stateWord({ state, termination, answeredAt }: CallSnapshot): string {
  if (termination === null) return state === 'answered' ? 'in_progress' : 'ringing';
  if (answeredAt !== null) return 'completed';
  if (termination.reason === 'cancel') return 'cancelled';
  if (termination.cause === 17) return 'busy';
  return NO_ANSWER.has(termination.cause) ? 'no_answer' : 'failed';
}
