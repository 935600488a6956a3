import type { Json, JsonObject } from '../lib/json/json.js';
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
  MusicRequest,
  PlayAnswer,
  PlayRequest,
  RecordingStarted,
  RecordingStopped,
  RecordRequest,
  StopRecordingRequest,
} from '../model/call-verbs.js';

/*
 * The ports a flow run needs, declared here by their consumer; `call`, `webhooks`, `functions` and `store` implement them and
 * `app` joins them. The values in them are declared in `model`. Every answer is a recorded input
 * (docs/decisions/0003-journal-first.md): it is appended to the call's journal before the widget sees it. Answers are therefore
 * plain JSON, and requests carry no functions.
 *
 * Cancellation: every operation takes the run's `AbortSignal`. When it aborts (the caller hung up, the call reached its limit,
 * the process drains) a pending operation stops what it is doing and rejects with `Aborted`. Everything else that can go wrong
 * is a value in the answer. The signal is that of the operation alone: it says nothing about what an operation started (music,
 * a recording), which lives on until it is stopped or the call ends.
 */

/** What a flow can ask of the call it runs on. An unanswered call is answered by the first operation that needs the caller's ear. */
export interface CallPort {
  /** Answers now. `done` at once when already answered. */
  answer(signal: AbortSignal): Promise<Done | CallFailure>;
  play(request: PlayRequest, signal: AbortSignal): Promise<PlayAnswer>;
  /** When its signal fires it answers `left` if keys had been taken: what the caller typed before hanging up is in the report. */
  collect(request: CollectRequest, signal: AbortSignal): Promise<CollectAnswer | CollectLeft>;
  startMusic(request: MusicRequest, signal: AbortSignal): Promise<Done | CallFailure>;
  stopMusic(signal: AbortSignal): Promise<Done>;
  /**
   * Speaks without taking the stream over: after a prompt that is playing, over music, or while keys are awaited; announcements follow
   * one another in the order they were asked for, and music goes on behind the last one. One that sounds is heard out: a prompt asked
   * for meanwhile begins after it. A key that a collect or play with barge-in takes, or that is awaited, cuts it (`interrupted`,
   * `consumed` false).
   */
  announce(request: AnnounceRequest, signal: AbortSignal): Promise<PlayAnswer>;
  /** Waits for one of `keys` (all when empty) while nothing collects; other keys stay for the next collect. It stops no music. */
  awaitKey(request: AwaitKeyRequest, signal: AbortSignal): Promise<KeyAnswer>;
  startRecording(request: RecordRequest, signal: AbortSignal): Promise<RecordingStarted | CallFailure>;
  /** Stops the recording of that name, or the newest when null. */
  stopRecording(request: StopRecordingRequest, signal: AbortSignal): Promise<RecordingStopped | CallFailure>;
  /**
   * Ends the call with a Q.850 cause; an unanswered call is rejected with the SIP status that belongs to it
   * (docs/behaviour.md#hangup-causes).
   */
  hangup(request: HangupRequest, signal: AbortSignal): Promise<Done>;
}

/** A secret by name; its value is only ever read inside `src/webhooks`. */
export interface SecretRef {
  readonly secret: string;
}

/** Text that may contain secrets not yet put in (docs/decisions/0014-secrets-by-name.md). */
export type SecretText = readonly (string | SecretRef)[];

export interface WebhookRow {
  readonly key: string;
  readonly value: SecretText;
}

/** How a request proves who sends it. `credential` names one of the site's own, kept out of flow files. */
export type WebhookAuth =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly username: SecretText; readonly password: SecretText }
  | { readonly type: 'bearer'; readonly token: SecretText }
  | { readonly type: 'apiKey'; readonly name: string; readonly value: SecretText; readonly in: 'header' | 'query' }
  | {
      readonly type: 'oauth2';
      readonly tokenUrl: SecretText;
      readonly clientId: SecretText;
      readonly clientSecret: SecretText;
      readonly scope: string | null;
      readonly audience: string | null;
      /** Where the client's credentials stand in the token request (RFC 6749 section 2.3.1). */
      readonly clientAuth: 'basic' | 'body';
    }
  | { readonly type: 'credential'; readonly name: string };

export type WebhookMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';

/** One row of the response mapping: what it reads of the answer. */
export type WebhookMapping = { readonly required: boolean } & (
  | {
      /** Path into the body (docs/behaviour.md#json-paths, docs/behaviour.md#xml-paths). */
      readonly path: string;
    }
  | {
      /** Name of a header, in any case; of several lines the first. */
      readonly header: string;
    }
  | {
      /** The status code, a number. */
      readonly status: true;
    }
);

/** A row that was left out, or whose value was changed to fit its place. */
export interface RowNote {
  readonly place: 'query' | 'headers' | 'body' | 'auth' | 'idempotencyKey';
  /** Name of the row, or of the field of `auth`. */
  readonly key: string;
  /** Part of a sentence, without the value. */
  readonly note: string;
}

/** A request the caller waits for (or not, with `wait: false`), variables already put in, secrets not. */
export interface WebhookCall {
  readonly method: WebhookMethod;
  /** Path and query values already percent-encoded where they came from variables. */
  readonly url: SecretText;
  readonly headers: readonly WebhookRow[];
  /** Appended to the URL's own query, encoded by the sender. */
  readonly query: readonly WebhookRow[];
  readonly auth: WebhookAuth;
  readonly body: { readonly contentType: string; readonly text: string } | null;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly redirects: number;
  readonly responseType: 'auto' | 'json' | 'xml' | 'text';
  /** Where a path starts (docs/behaviour.md#path-root): `document`, or `data` which *is* the document. */
  readonly pathRoot: 'document' | 'data';
  /** XML: dotted path including the root element, or XPath 1.0 (docs/behaviour.md#xml-paths). */
  readonly xmlPaths: 'dotted' | 'xpath';
  readonly mapping: readonly WebhookMapping[];
  /** A masked value went into URL, headers, query or body: none of them is logged, journalled or traced. */
  readonly masked?: boolean;
  /** Why no request is made, as a sentence part: a variable would decide where it goes. Absent when nothing is wrong. */
  readonly refused?: string;
  /** Name of a signer of the site; null: not signed; absent: as the site signs (`webhooks.sign`). */
  readonly sign?: string | null;
  /** Further tries inside `timeoutMs` (0–3), on connection errors, time-outs and `retryStatuses`. */
  readonly retries?: number;
  /** Statuses of answers that another try may mend; absent: those of the site. */
  readonly retryStatuses?: readonly number[];
  /** Sent as `Idempotency-Key` with every try; makes tries of any method legal. */
  readonly idempotencyKey?: string | null;
  /**
   * Asked when the tries are used up, within `timeoutMs`; also receives the first URL and the reason
   * (docs/behaviour.md#tries-and-fallback).
   */
  readonly fallbackUrl?: SecretText | null;
  /** Longest time to a connection, ms (docs/behaviour.md#connection-timeout); absent: only `timeoutMs` counts. */
  readonly connectTimeoutMs?: number;
  /** A 202 is no answer but a promise: the service has so long to answer at the resume URL, ms. Absent: 202 is an answer. */
  readonly answerLaterMs?: number;
  /** What was done to rows that could not be sent as they are, for whoever reads the journal. Absent: nothing. */
  readonly notes?: readonly RowNote[];
}

export type StatusType = 'INFORMATIONAL' | 'SUCCESSFUL' | 'REDIRECTION' | 'CLIENT_ERROR' | 'SERVER_ERROR';

/** Why a webhook failed (docs/behaviour.md#error-reasons). */
export type ErrorReason =
  | 'AUTHENTICATION_FAILURE'
  | 'TIMEOUT'
  | 'CONNECTION_FAILURE'
  | 'INVALID_FLOW_VAR'
  | 'INVALID_REQUEST'
  | 'INVALID_RESPONSE'
  | 'INVALID_RESPONSE_MAP'
  | StatusType;

/** What came back. Every way a webhook can fail is in here; nothing is thrown but `Aborted`. */
export interface WebhookAnswer {
  /** Null when no response arrived. */
  readonly status: number | null;
  readonly statusType: StatusType | null;
  /** Seconds, rounded to 2 decimals. */
  readonly duration: number;
  /** Body text; null without a body (docs/behaviour.md#answers-without-a-body). */
  readonly raw: string | null;
  /** Null on success. */
  readonly reason: ErrorReason | null;
  /** A sentence for the flow's author; null on success. */
  readonly detail: string | null;
  /** One entry per mapping row, in order: found with its value (docs/behaviour.md#explicit-null) or not. */
  readonly mapped: readonly ({ readonly found: true; readonly value: Json } | { readonly found: false })[];
  /** The URL as sent, secrets masked; that of the fallback when it answered. */
  readonly url: string;
  /** Requests made, tries and fallback included. */
  readonly attempts: number;
  /** The answer came to the resume URL. */
  readonly later?: boolean;
  /** The fallback URL answered. */
  readonly fallback?: boolean;
}

export interface WebhookPort {
  /** Sends now and waits for the whole answer, at most `timeoutMs`. */
  request(call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer>;
  /** Sends without waiting (docs/behaviour.md#not-waiting); resolves once accepted for sending. The request outlives the call. */
  send(call: WebhookCall): Promise<Done>;
  /**
   * Sends as {@link send} does, and resolves with the answer: for whoever is still there to use it
   * (docs/behaviour.md#late-answers). Never rejects with `Aborted`.
   */
  requestAside(call: WebhookCall): Promise<WebhookAnswer>;
}

/** A value that goes into an internal function or comes out of it, named with its namespace: `$flow.key.inputDate`. */
export interface FunctionKey {
  readonly name: string;
  readonly value: Json;
}

/** A call of an internal function (docs/behaviour.md#function-inputs), variables already put in. */
export interface FunctionCall {
  readonly function: string;
  /** Name of the configured webhook that answers it; null: one of ours. */
  readonly service: string | null;
  readonly keys: readonly FunctionKey[];
  readonly timeoutMs: number;
  /** Of the flow: how dates and texts are meant. */
  readonly timeZone: string;
  readonly language: string;
  /** The caller's number; null when it is not known. */
  readonly caller: string | null;
  /** A masked value is among the keys: none of them is logged, journalled or traced. */
  readonly masked?: boolean;
  /** Inputs that are not passed, for want of a value, for whoever reads the journal. Absent: none. */
  readonly leftOut?: readonly string[];
}

/**
 * What a function answered (docs/behaviour.md#function-results): the values it sets, or why it failed. `url` is that of the
 * service; empty for our own.
 */
export type FunctionAnswer = Pick<
  WebhookAnswer,
  'status' | 'statusType' | 'duration' | 'raw' | 'reason' | 'detail' | 'attempts' | 'url'
> & {
  /** `$flow.key.*` and `$user.key.*` to set; empty on failure. */
  readonly keys: readonly FunctionKey[];
  /** Stable code of a failure when there is one, e.g. `FUNCTION_BAD_INPUT`. */
  readonly code: string | null;
};

export interface FunctionPort {
  /** Calls a function and waits, at most `timeoutMs`. */
  call(request: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer>;
  /**
   * Calls one without waiting; resolves once it is on its way. It outlives the call (docs/behaviour.md#requests-outlive-calls).
   */
  send(request: FunctionCall): Promise<Done>;
}

/** Variables stored per contact: `$user.key.*` (docs/behaviour.md#stored-variables). */
export interface UserVariablesPort {
  load(contact: string): Promise<JsonObject>;
  save(contact: string, name: string, value: Json): Promise<Done>;
}

/** Time as a flow sees it. */
export interface FlowClock {
  /** Wall-clock ms. */
  now(): number;
  /** Resolves after `ms`; rejects with `Aborted`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * The `$call.*` values at this moment (docs/behaviour.md#call-variables). Keys without the `$call.` prefix; absent when not known
 * yet.
 */
export interface CallFactsPort {
  read(): JsonObject;
}

/** Everything a run needs from outside. */
export interface FlowPorts {
  readonly call: CallPort;
  readonly webhook: WebhookPort;
  readonly functions: FunctionPort;
  readonly users: UserVariablesPort;
  readonly clock: FlowClock;
  readonly facts: CallFactsPort;
  readonly random: { next(): number; uuid(): string };
}
