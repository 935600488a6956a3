import { isBranch, type Json, type JsonObject } from '../lib/json/json.js';
import { jsonField } from '../lib/json/json-field.js';
import type {
  AnnounceRequest,
  AwaitKeyRequest,
  CallFailure,
  CollectAnswer,
  CollectLeft,
  CollectRequest,
  Done,
  HangupRequest,
  KeyAnswer,
  KeyPress,
  MusicRequest,
  PlayAnswer,
  PlayRequest,
  RecordingStarted,
  RecordingStopped,
  RecordRequest,
  StopRecordingRequest,
} from './call-verbs.js';
import type { FunctionAnswer, FunctionCall } from './function.js';
import type { JournalEvent } from './journal.js';
import type { SecretText, WebhookAnswer, WebhookCall } from './webhook.js';

/*
 * The operations by which a flow touches the world, in one table: the name of each in the journal, its request and answer, and what
 * readers of a journal have to know of it. The ports of a run are bound to the journal from this table; masking, summary, call events,
 * chats, metrics, the timeline of the demo and replay read entries by it. Nothing else spells a name.
 */

/**
 * A request or an answer as a journal has it: texts with secrets are plain, and any field may be missing, because an earlier version did
 * not write it or because a long one was left out.
 */
export type Kept<T> = Json extends T
  ? T
  : SecretText extends T
    ? string
    : T extends readonly (infer E)[]
      ? readonly Kept<E>[]
      : T extends object
        ? { readonly [K in keyof T]?: Kept<T[K]> | null }
        : T;

/** What the caller entered in an operation, for the readers of the journal. */
export interface Input {
  readonly digits: string;
  /** Nothing came, or too little, in time. */
  readonly timedOut: boolean;
}

/** What is known of an operation beside its name. */
interface Traits<R, A> {
  /** Goes on when the step or the call ends. */
  readonly detached?: true;
  /** All that the caller hears of the widget while it lasts. Music has its stand-in, and announcements come over music. */
  readonly heardAlone?: true;
  /** True for a request with something for the caller to hear; absent: none counts. */
  speaks?(request: R): boolean;
  /** The keys in an answer. */
  keys?(answer: Kept<A>): readonly Kept<KeyPress>[];
  /** What the caller gave; null: nothing, or this is nobody's business. */
  input?(answer: Kept<A>): Input | null;
  /** Of an HTTP request: whether the flow waits for its answer, and whether only a service behind it makes it one. */
  readonly http?: { readonly waited: boolean; readonly ofService: boolean };
  /** Fields of the answer that a live call forgets when they are long: the end of a call has no use for them. */
  readonly bulk?: readonly (keyof A & string)[];
  /** What a call with nobody on it answers; absent: it never does. */
  readonly silent?: A;
}

/** A row of the table. */
export interface Operation<N extends string = string, R = unknown, A = unknown> extends Traits<R, A> {
  /** As the journal has it, e.g. `call.play`. */
  readonly name: N;
  /** Declared by `masked`. */
  readonly masked?: true;
  /** Only for the compiler; never there. */
  readonly types?: { readonly request: R; readonly answer: A };
}

/** Declares an operation: request and answer first, for they cannot be inferred. `R` is null when nothing is said with it. */
const operation =
  <R, A>() =>
  <const N extends string>(name: N, traits: Traits<R, A> = {}): Operation<N, R, A> => ({ name, ...traits });

/** Declares one whose request or answer the journal does not show as it is: `flow/journal/masking.ts` has to say how. */
const masked =
  <R, A>() =>
  <const N extends string>(name: N, traits: Traits<R, A> = {}): Operation<N, R, A> & { readonly masked: true } => ({
    name,
    ...traits,
    masked: true,
  });

const DONE: Done = { kind: 'done' };
const NO_CALL: CallFailure = { kind: 'failed', code: 'CALL_ENDED', message: 'a test request has no caller' };

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const keyInput = (key: unknown): Input | null => (typeof key === 'string' ? { digits: key, timedOut: false } : null);

/** What can be asked of the call. */
export const CALL = {
  /** Answers now. `done` at once when already answered. */
  answer: operation<null, Done | CallFailure>()('call.answer', { silent: DONE }),
  play: masked<PlayRequest, PlayAnswer>()('call.play', {
    heardAlone: true,
    speaks: ({ segments }) => segments.length > 0,
    keys: (answer) => ('consumed' in answer && answer.consumed === true ? [{ key: text(answer.key) }] : []),
    input: (answer) => ('consumed' in answer && answer.consumed === true ? keyInput(answer.key) : null),
    silent: { kind: 'done', ms: 0 },
  }),
  /**
   * Plays a prompt and gathers digits. When its signal fires it answers `left` if keys had been taken: what the caller typed before hanging
   * up is in the report.
   */
  collect: masked<CollectRequest, CollectAnswer | CollectLeft>()('call.collect', {
    heardAlone: true,
    speaks: ({ prompt }) => prompt.length > 0,
    keys: (answer) => ('keys' in answer ? (answer.keys ?? []) : []),
    input(answer) {
      if (answer.kind === 'noInput') return { digits: '', timedOut: true };
      if (!('digits' in answer) || typeof answer.digits !== 'string') return null;
      return { digits: answer.digits, timedOut: 'endedBy' in answer && answer.endedBy === 'timeout' };
    },
    silent: { kind: 'noInput' },
  }),
  startMusic: masked<MusicRequest, Done | CallFailure>()('call.startMusic', { silent: DONE }),
  stopMusic: operation<null, Done>()('call.stopMusic', { silent: DONE }),
  /**
   * Speaks without taking the stream over: after a prompt that is playing, over music, or while keys are awaited; announcements follow one
   * another in the order they were asked for, and music goes on behind the last one. One that sounds is heard out: a prompt asked for
   * meanwhile begins after it. A key that a collect or play with barge-in takes, or that is awaited, cuts it (`interrupted`, `consumed`
   * false).
   */
  announce: masked<AnnounceRequest, PlayAnswer>()('call.announce', { silent: { kind: 'done', ms: 0 } }),
  /** Waits for one of `keys` (all when empty) while nothing collects; other keys stay for the next collect. It stops no music. */
  awaitKey: operation<AwaitKeyRequest, KeyAnswer>()('call.awaitKey', {
    keys: (answer) => (answer.kind === 'pressed' ? [answer] : []),
    input: (answer) => (answer.kind === 'pressed' ? keyInput(answer.key) : null),
  }),
  startRecording: operation<RecordRequest, RecordingStarted | CallFailure>()('call.startRecording', { silent: NO_CALL }),
  /** Stops the recording of that name, or the newest when null. */
  stopRecording: operation<StopRecordingRequest, RecordingStopped | CallFailure>()('call.stopRecording', { silent: NO_CALL }),
  /** Ends the call with a Q.850 cause; an unanswered call is rejected with the SIP status that belongs to it (docs/behaviour.md#hangup-causes). */
  hangup: operation<HangupRequest, Done>()('call.hangup', { detached: true, silent: DONE }),
} as const;

const WAITED = { waited: true, ofService: false } as const;
const ASIDE = { waited: false, ofService: false } as const;

/** Webhooks. */
export const WEBHOOK = {
  request: masked<WebhookCall, WebhookAnswer>()('webhook.request', { http: WAITED, bulk: ['raw', 'mapped'] }),
  /** Never answered. */
  send: masked<WebhookCall, Done>()('webhook.send', { detached: true, http: ASIDE }),
  /** Answered when the call is still up then. */
  requestAside: masked<WebhookCall, WebhookAnswer>()('webhook.requestAside', {
    http: ASIDE,
    bulk: ['raw', 'mapped'],
  }),
} as const;

/** Internal functions: one of a service is a request like any other, one of our own makes none. */
export const FUNCTION = {
  call: masked<FunctionCall, FunctionAnswer>()('function.call', {
    http: { waited: true, ofService: true },
    bulk: ['raw', 'keys'],
  }),
  send: masked<FunctionCall, Done>()('function.send', {
    detached: true,
    http: { waited: false, ofService: true },
  }),
} as const;

/** Variables stored for the contact. The request is the contact, or the variable. */
export const USERS = {
  load: operation<string, JsonObject | null>()('users.load'),
  save: operation<{ readonly name: string; readonly value: Json }, Done>()('users.save', { detached: true }),
} as const;

/** Time. */
export const CLOCK = {
  now: operation<null, number>()('clock.now'),
  /** The request is how long, ms. */
  sleep: operation<number, null>()('clock.sleep'),
} as const;

/** Randomness. */
export const RANDOM = {
  next: operation<null, number>()('random.next'),
  uuid: operation<null, string>()('random.uuid'),
} as const;

/** A `$call.*` value that is not what it was; null: there is none any more. */
export const FACT = operation<string, { readonly name: string; readonly value: Json }>()('fact');

/** Every operation. */
const OPERATIONS = [CALL, WEBHOOK, FUNCTION, USERS, CLOCK, RANDOM, { FACT }] as const;

type RowsOf<G> = G extends unknown ? G[keyof G] : never;
type AnyOperation = RowsOf<(typeof OPERATIONS)[number]>;

export type OperationName = AnyOperation['name'];
/** A row of which only the name and the types matter. */
type Typed = { readonly name: string; readonly types?: { readonly request: unknown; readonly answer: unknown } };

export type RequestOf<O> = O extends { readonly types?: { readonly request: infer R } } ? R : never;
export type AnswerOf<O> = O extends { readonly types?: { readonly answer: infer A } } ? A : never;
/** The operations that the journal does not show as they are. */
export type MaskedOperation = Extract<AnyOperation, { readonly masked: true }>;

/** A port whose verbs are the rows of a group: each takes its request, if it has one, and a signal that ends it. */
export type PortOf<G> = {
  readonly [V in keyof G]: RequestOf<G[V]> extends null
    ? (signal: AbortSignal) => Promise<AnswerOf<G[V]>>
    : (request: RequestOf<G[V]>, signal: AbortSignal) => Promise<AnswerOf<G[V]>>;
};

/** The same as a widget has it: bound to a step, without a signal and without what only the journal is told. */
export type BoundVerb<O> =
  RequestOf<O> extends null
    ? () => Promise<Exclude<AnswerOf<O>, CollectLeft>>
    : (request: RequestOf<O>) => Promise<Exclude<AnswerOf<O>, CollectLeft>>;

const OF_CALL: ReadonlySet<string> = new Set(Object.values(CALL).map(({ name }) => name));

/** True for an operation on the call. */
export function isOfCall({ name }: { readonly name: string }): boolean {
  return OF_CALL.has(name);
}

/** An operation of which only the name is known. */
interface Named extends Pick<Traits<never, never>, 'http'> {
  readonly name: string;
  readonly bulk?: readonly string[];
  keys?(answer: object): unknown;
  input?(answer: object): Input | null;
}

// The journal holds what was answered under that name, so the type is that of the row.
const NAMED = OPERATIONS.flatMap((group) => Object.values<{ readonly name: string }>(group)) as readonly Named[];
const BY_NAME: ReadonlyMap<string, Named> = new Map(NAMED.map((row) => [row.name, row]));

export const OPERATION_NAMES: readonly string[] = [...BY_NAME.keys()];

/** What is known of requests and answers of the operation of that name; nothing of one that a later version wrote. */
export function operationNamed(name: string): Pick<Named, 'http' | 'bulk'> {
  return BY_NAME.get(name) ?? {};
}

/** The keys in an answer as the journal has it, `at` null when it does not say when; none in what is no answer. */
export function keysIn(name: string, answer: Json): readonly { readonly key: string; readonly at: number | null }[] {
  const keys = isBranch(answer) ? BY_NAME.get(name)?.keys?.(answer) : undefined;
  return (Array.isArray(keys) ? (keys as readonly Json[]) : []).map((press) => {
    const at = jsonField(press, 'at');
    return { key: text(jsonField(press, 'key')), at: typeof at === 'number' ? at : null };
  });
}

/** What the caller gave, by an answer as the journal has it; null when nothing. */
export function inputIn(name: string, answer: Json): Input | null {
  return isBranch(answer) ? (BY_NAME.get(name)?.input?.(answer) ?? null) : null;
}

/** The request in an entry when it asks for this operation; undefined in any other entry. */
export function requestIn<O extends Typed>(entry: JournalEvent, { name }: O): Kept<RequestOf<O>> | undefined {
  return entry.type === 'ask' && entry.op === name ? ((entry.request ?? undefined) as Kept<RequestOf<O>> | undefined) : undefined;
}

/** The same of its answer. */
export function answerIn<O extends Typed>(entry: JournalEvent, { name }: O): Kept<AnswerOf<O>> | undefined {
  return entry.type === 'answer' && entry.op === name
    ? ((entry.answer ?? undefined) as Kept<AnswerOf<O>> | undefined)
    : undefined;
}
