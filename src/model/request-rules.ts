import type { WebhookCall } from './webhook.js';

/* What is known of requests and functions before they are made, for the check of flows. */

/** What is known of requests before they are made. Each gives a sentence part, or null when nothing is wrong. */
export interface RequestRules {
  /** Why requests to this address are refused. */
  url(text: string): string | null;
  /** Whether the site lets the variable of that name be the beginning of a URL; absent where a flow is checked without a site. */
  urlVariable?(name: string): boolean;
  /** What is wrong with a header; `value` is null when variables decide it. */
  header(name: string, value: string | null): string | null;
  /** Why a path can find nothing in any answer that is read this way. */
  path(path: string, reading: Pick<WebhookCall, 'responseType' | 'pathRoot' | 'xmlPaths'>): string | null;
  /** Why a request with the credential of that name cannot be made; absent where a flow is checked without a site. */
  credential?(name: string): string | null;
  /** Whether the credential of that name puts something into `Authorization`. */
  takesAuthorization?(credential: string): boolean;
  /** The same of a signer. */
  signer?(name: string): string | null;
  /** Whether the signer of that name signs with a token in `Authorization`. */
  signsInAuthorization?(signer: string): boolean;
  /** The signer of requests that name none, when it signs with a token in `Authorization`; else null. */
  readonly siteToken?: string | null;
  /** Why no answer can come later to this site; null when one can. */
  answerLater?(): string | null;
  /** Internal functions; absent where a flow is checked without a site. */
  readonly functions?: FunctionRules;
}

/** What is known of an internal function when a flow is checked. */
export interface KnownFunction {
  /** Names without namespace; the key of one may be `$flow.key.*`, `$flow.syskey.*` or `$user.syskey.*`. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Variables it sets, by full name. */
  readonly outputs: readonly string[];
  /** Why it cannot work in this runtime, as a sentence part; null when it can. */
  readonly unavailable: string | null;
}

/** Internal functions as a site knows them. */
export interface FunctionRules {
  /** Our own, by name. */
  readonly builtIn: ReadonlyMap<string, KnownFunction>;
  /** Names of the configured webhooks that have functions, which are not known here; null when the webhooks could not be read. */
  services(): readonly string[] | null;
}
