import type { Json } from '../lib/json.js';

/*
 * A webhook request and its answer, in the words of this room. They fit the `WebhookPort` that the flow declares by shape; a
 * type-level test (`test/contract/webhook-port.test.ts`) holds the two together.
 */

/** A secret by name; only this room ever reads its value (decision D9). */
export interface SecretRef {
  readonly secret: string;
}

/** Text that may contain secrets not yet put in. */
export type SecretText = readonly (string | SecretRef)[];

export interface WebhookRow {
  readonly key: string;
  readonly value: SecretText;
}

export type WebhookAuth =
  { readonly type: 'none' } | { readonly type: 'basic'; readonly username: SecretText; readonly password: SecretText };

export type WebhookMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';

export type ResponseType = 'auto' | 'json' | 'xml' | 'text';
export type PathRoot = 'document' | 'data';
export type XmlPaths = 'dotted' | 'xpath';

/** One row of the response mapping. */
export interface WebhookMapping {
  /** Path into the answer (Q34–Q36). */
  readonly path: string;
  readonly required: boolean;
}

/** A request with every variable already put in, secrets not. */
export interface WebhookCall {
  readonly method: WebhookMethod;
  /** Variables in path and query are percent-encoded already; secrets are encoded here. */
  readonly url: SecretText;
  readonly headers: readonly WebhookRow[];
  /** Appended to the URL's own query; encoded here, once. */
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
}

export type StatusType = 'INFORMATIONAL' | 'SUCCESSFUL' | 'REDIRECTION' | 'CLIENT_ERROR' | 'SERVER_ERROR';

/** Why a webhook failed (section 5.1, Q27, Q28). `INVALID_FLOW_VAR` is found by the widget, before a request exists. */
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

/** What came back. Every way a webhook can fail is in here. */
export interface WebhookAnswer {
  /** Null when no whole response arrived (Q8). */
  readonly status: number | null;
  readonly statusType: StatusType | null;
  /** Seconds, rounded to 2 decimals (Q30). */
  readonly duration: number;
  /** Body text; null without a body (Q12). */
  readonly raw: string | null;
  readonly reason: ErrorReason | null;
  /** A sentence for the flow's author; null on success. */
  readonly detail: string | null;
  /** One entry per mapping row, in order. */
  readonly mapped: readonly Mapped[];
  /** The URL as sent, secrets masked. */
  readonly url: string;
  readonly attempts: number;
}

/** A reason with the sentence that explains it. */
export interface Failure {
  readonly reason: ErrorReason;
  readonly detail: string;
}
