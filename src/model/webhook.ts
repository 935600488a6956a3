import type { Problem } from '../lib/problem.js';
import type { Json } from '../lib/json/json.js';

/* A webhook request and its answer. */

/** A secret by name; only `webhooks` reads its value (docs/decisions/0014-secrets-by-name.md). */
export interface SecretRef {
  readonly secret: string;
}

/** Text that may contain secrets not yet put in. */
export type SecretText = readonly (string | SecretRef)[];

export interface WebhookRow {
  readonly key: string;
  readonly value: SecretText;
}

/** How a request proves who sends it. `credential` names one of the site's own, kept out of flow files. */
type Auth<Text> =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly username: Text; readonly password: Text }
  | { readonly type: 'bearer'; readonly token: Text }
  | { readonly type: 'apiKey'; readonly name: string; readonly value: Text; readonly in: 'header' | 'query' }
  | {
      readonly type: 'oauth2';
      readonly tokenUrl: Text;
      readonly clientId: Text;
      readonly clientSecret: Text;
      readonly scope: string | null;
      readonly audience: string | null;
      /** Where the client's credentials stand in the token request (RFC 6749 section 2.3.1). */
      readonly clientAuth: 'basic' | 'body';
    }
  | { readonly type: 'credential'; readonly name: string };

/** Authentication as requests carry it. */
export type WebhookAuth = Auth<SecretText>;

/** Authentication as it is configured: every text may hold `$secret.NAME`. */
export type ConfiguredAuth = Auth<string>;

export type WebhookMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';

export type ResponseType = 'auto' | 'json' | 'xml' | 'text';
export type PathRoot = 'document' | 'data';
export type XmlPaths = 'dotted' | 'xpath';

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

/** What every request may have, wherever it comes from: a flow, a delivery, a function of a service. Absent: as before the option. */
export interface RequestOptions {
  /** Name of a signer of the site; null: not signed; absent: as the site signs (`webhooks.sign`). */
  readonly sign?: string | null;
}

const REQUEST_OPTIONS = Object.keys({ sign: true } satisfies Record<keyof RequestOptions, true>);

/** The request options of a target, and nothing else of it. */
export function requestOptions(target: RequestOptions): RequestOptions {
  return Object.fromEntries(Object.entries(target).filter(([name]) => REQUEST_OPTIONS.includes(name)));
}

/**
 * A webhook request with every variable already put in, secrets not: texts are lists of strings and names of secrets, so that a secret never
 * reaches the journal. The webhook widget makes it of its settings; the webhook room puts the secrets in, signs it and sends it.
 *
 * @example
 * // Part of a call: GET https://crm.example/orders?key=… with a secret in the query.
 * const part: Pick<WebhookCall, 'method' | 'url' | 'query'> = {
 *   method: 'GET', url: ['https://crm.example/orders'], query: [{ key: 'key', value: [{ secret: 'CRM_KEY' }] }],
 * };
 */
export interface WebhookCall extends RequestOptions {
  readonly method: WebhookMethod;
  /** Variables in path and query are percent-encoded already; the sender encodes secrets. */
  readonly url: SecretText;
  readonly headers: readonly WebhookRow[];
  /** Appended to the URL's own query; the sender encodes it, once. */
  readonly query: readonly WebhookRow[];
  readonly auth: WebhookAuth;
  readonly body: { readonly contentType: string; readonly text: string } | null;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly redirects: number;
  readonly responseType: ResponseType;
  readonly pathRoot: PathRoot;
  readonly xmlPaths: XmlPaths;
  readonly mapping: readonly WebhookMapping[];
  /** A masked value went into URL, headers, query or body: none of them is shown. */
  readonly masked?: boolean;
  /** Why no request is made, as a sentence part: a variable would decide where it goes. Absent when nothing is wrong. */
  readonly refused?: string;
  /** Further tries inside `timeoutMs` (0–3), on connection errors, time-outs and {@link retryStatuses}. */
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
  /** Time the service has to answer at the resume URL, ms; a 202 is then not the answer yet. Absent: 202 is an answer. */
  readonly answerLaterMs?: number;
  /** Changes to rows that could not be sent as they are, for readers of the journal. Absent: none. */
  readonly notes?: readonly RowNote[];
}

export type StatusType = 'INFORMATIONAL' | 'SUCCESSFUL' | 'REDIRECTION' | 'CLIENT_ERROR' | 'SERVER_ERROR';

/** Why a webhook failed (docs/behaviour.md#error-reasons). `INVALID_FLOW_VAR` is found by the widget, before a request exists. */
export type ErrorReason =
  | 'AUTHENTICATION_FAILURE'
  | 'TIMEOUT'
  | 'CONNECTION_FAILURE'
  | 'INVALID_FLOW_VAR'
  | 'INVALID_REQUEST'
  | 'INVALID_RESPONSE'
  | 'INVALID_RESPONSE_MAP'
  | StatusType;

/** What a mapping row found. */
export type Mapped = { readonly found: true; readonly value: Json } | { readonly found: false };

/**
 * What came back from a webhook. Every way it can fail is a value in here, never an exception: `reason` is null on success, else it says what
 * failed, and `detail` says it in a sentence with secrets masked. What the mapping found stands in `mapped`.
 *
 * @example
 * if (answer.reason !== null) log.warn({ reason: answer.reason, detail: answer.detail }, 'the webhook failed');
 */
export interface WebhookAnswer {
  /** Null when no whole response arrived. */
  readonly status: number | null;
  readonly statusType: StatusType | null;
  /** Seconds, rounded to 2 decimals. */
  readonly duration: number;
  /** Body text; null without a body (docs/behaviour.md#answers-without-a-body). */
  readonly raw: string | null;
  readonly reason: ErrorReason | null;
  /** A sentence for the flow's author; null on success. */
  readonly detail: string | null;
  /** One entry per mapping row, in order. */
  readonly mapped: readonly Mapped[];
  /** The URL as sent, secrets masked; that of the fallback when it answered. */
  readonly url: string;
  /** Requests made, tries and fallback included. */
  readonly attempts: number;
  /** The answer came to the resume URL. */
  readonly later?: boolean;
  /** The fallback URL answered. */
  readonly fallback?: boolean;
}

/** A reason with the sentence that explains it. */
export interface Failure {
  readonly reason: ErrorReason;
  readonly detail: string;
}

/** A configured webhook as the API and the command line show it, secrets by name. */
export interface ShownWebhook {
  readonly name: string;
  readonly webhook: Readonly<Record<string, unknown>>;
  /** Changes with the webhook; for `If-Match`. */
  readonly version: string;
}

/** A change that was made, with its warnings. */
export interface ChangedWebhook extends ShownWebhook {
  readonly warnings: readonly Problem[];
}
