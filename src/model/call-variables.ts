import type { Json, JsonObject } from '../lib/json/json.js';
import type { Termination } from './termination.js';

/*
 * The `$call.*` variables (docs/behaviour.md#call-variables), declared once: the checker of flows, a live call, the end of a call, chats and test requests all take them
 * from here. A new variable is a row of this table; what is known of it when the call begins is filled in where the INVITE is read
 * (`call/inbound`).
 */

/** What the values are made from. Times are wall-clock ms. */
export interface CallMoment {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  /** What was known when the call began, by name without `$call.`: `cli`, `did`, `sipheader.<name>` with the name as received. */
  readonly known: JsonObject;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** ms talked so far. */
  readonly talkedMs: number;
  readonly termination: Pick<Termination, 'by' | 'cause' | 'reason'> | null;
  /** Digits collected last; null: none, or nobody is to know them. */
  readonly digits: string | null;
  /** Address of the newest recording. */
  readonly recordingUrl: string | null;
}

/** Turns wall-clock ms into ISO-8601 with the flow's offset. */
export type FormatTime = (ms: number) => string;

interface CallVariable {
  /** Every call has it, from its beginning to its end. */
  readonly always?: true;
  /** The value at a moment; undefined while there is none. */
  readonly value: (call: CallMoment, time: FormatTime) => Json | undefined;
  /** What a test request has in its place; absent: the value of a call that was answered just now. */
  readonly sample?: Json;
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** Nothing fills it in today; a call that knows it from its beginning has it. */
const known = (name: string): CallVariable => ({ value: (call) => call.known[name] });

const CALL_VARIABLES = {
  cli: { always: true, value: (call) => text(call.known['cli']), sample: '+15550100' },
  did: { always: true, value: (call) => text(call.known['did']), sample: '+15550199' },
  uuid: { always: true, value: (call) => call.id },
  direction: { always: true, value: (call) => call.direction },
  state: { always: true, value: stateWord },
  start: { always: true, value: (call, time) => time(call.startedAt) },
  answer: { value: ({ answeredAt }, time) => (answeredAt === null ? undefined : time(answeredAt)) },
  end: { value: ({ endedAt }, time) => (endedAt === null ? undefined : time(endedAt)) },
  duration: { always: true, value: (call) => Math.floor(call.talkedMs / 1000) },
  hangupcause: { value: ({ termination }) => (termination === null ? undefined : String(termination.cause)) },
  remotehangup: { value: ({ termination }) => (termination === null ? undefined : termination.by === 'caller') },
  dtmf: { value: ({ digits }) => digits ?? undefined },
  recordingurl: { value: ({ recordingUrl }) => recordingUrl ?? undefined },
  agent: known('agent'),
  queue: known('queue'),
  clientidentifier: { ...known('clientidentifier'), sample: '' },
  attempt: known('attempt'),
  amd: known('amd'),
} satisfies Readonly<Record<string, CallVariable>>;

const ROWS: readonly (readonly [name: string, row: CallVariable])[] = Object.entries<CallVariable>(CALL_VARIABLES);
/** Those that every call has stand before those that come with time. */
const IN_ORDER = [...ROWS.filter(([, { always }]) => always === true), ...ROWS.filter(([, { always }]) => always !== true)];

/** Names of the `$call.*` variables without the prefix; beside them there is `sipheader.<name>`. */
export const CALL_VARIABLE_NAMES: ReadonlySet<string> = new Set(ROWS.map(([name]) => name));

/** The `$call.*` values at a moment, names without the prefix; absent when not known yet. */
export function callVariables(call: CallMoment, time: FormatTime): JsonObject {
  const values: Record<string, Json> = {};
  for (const [name, row] of IN_ORDER) {
    const value = row.value(call, time);
    if (value !== undefined) values[name] = value;
  }
  for (const [name, value] of Object.entries<Json>(call.known)) if (!CALL_VARIABLE_NAMES.has(name)) values[name] = value;
  return values;
}

/**
 * The same of a call that is known from its journal: values as they were when they were journalled, brought up to date.
 *
 * @param call `known` is what the journal has of `$call.*`
 * @param at how far the call has got, wall-clock ms
 */
export function callVariablesAt(call: Omit<CallMoment, 'talkedMs'>, at: number, time: FormatTime): JsonObject {
  const talkedMs = call.answeredAt === null ? 0 : Math.max(0, at - call.answeredAt);
  return { ...call.known, ...callVariables({ ...call, talkedMs }, time) };
}

/** The values of a call that is not there: answered just now, and whatever else is given. */
export function sampleCallVariables(
  given: JsonObject,
  { uuid, now }: { readonly uuid: string; readonly now: number },
): JsonObject {
  const samples = ROWS.flatMap(([name, { sample }]) => (sample === undefined ? [] : [[name, sample] as const]));
  const moment: CallMoment = {
    id: uuid,
    direction: 'inbound',
    known: Object.fromEntries(samples),
    startedAt: now,
    answeredAt: now,
    endedAt: null,
    talkedMs: 0,
    termination: null,
    digits: null,
    recordingUrl: null,
  };
  return { ...callVariables(moment, (ms) => new Date(ms).toISOString()), ...given };
}

/** Q.850 causes that say "no answer": 18 no user responding, 19 no answer, 102 timer expiry. */
const NO_ANSWER = new Set([18, 19, 102]);

function stateWord({ termination, answeredAt }: CallMoment): string {
  if (termination === null) return answeredAt === null ? 'ringing' : 'in_progress';
  if (answeredAt !== null) return 'completed';
  if (termination.reason === 'cancel') return 'cancelled';
  if (termination.cause === 17) return 'busy';
  return NO_ANSWER.has(termination.cause) ? 'no_answer' : 'failed';
}
