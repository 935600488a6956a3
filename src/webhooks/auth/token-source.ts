import { createHash } from 'node:crypto';
import { type Clock, untilAborted } from '../../lib/clock.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { Exchange, ExchangeResult } from '../../http/client.js';
import { revealUrl } from '../secrets/reveal-url.js';
import type { SecretReader } from '../ports.js';
import { reveal, type WatchedSecrets } from '../secrets/secrets.js';
import type { RequestFailure } from '../../http/failures.js';
import type { WebhookAuth } from '../../model/webhook.js';
import type { ClientCertificate } from '../../http/client-certificate.js';
import type { Credential } from './credential.js';
import { readToken } from './token-answer.js';

/** Longest fetch of a token, ms; those who wait for it may give up before. */
const FETCH_LIMIT_MS = 30_000;
/** A token answer is a few hundred bytes; this leaves room for large tokens. */
const MAX_ANSWER_BYTES = 65_536;
/**
 * Variables may stand in credentials (docs/behaviour.md#variables-in-a-request), so there can be any number of them; the one
 * unused for longest goes first.
 */
const MAX_TOKENS = 500;
/** Fetches under way for different credentials. */
const MAX_FETCHES = 200;
/** A token is not used in its last moments: it must still be good when it arrives. ms. */
const MARGIN_MS = 30_000;

/** Why there is no token. */
export interface TokenFailure {
  readonly failure: RequestFailure;
  /** A sentence part, without any secret. */
  readonly detail: string;
}

/** What a token is fetched for, and by whom. */
export interface TokenRequest {
  readonly auth: Extract<WebhookAuth, { readonly type: 'oauth2' }>;
  /** Shown to the token endpoint too (RFC 8705). */
  readonly certificate: ClientCertificate | null;
  /** The credential of the site that this is; null: the request says it itself. */
  readonly credential: string | null;
  /** A token the API has just refused; it is not given again. Null on the first try. */
  readonly rejected: string | null;
}

interface Held {
  readonly token: string;
  /** Monotonic ms. */
  readonly until: number;
  readonly request: TokenRequest;
}

/** With its URL as it may be logged. */
type TokenExchange = Exchange & { readonly shownUrl: string };

/** A token request with its secrets put in. */
interface Prepared {
  readonly key: string;
  readonly exchange: TokenExchange;
}

/**
 * Access tokens by OAuth 2.0 client credentials (RFC 6749 §4.4), fetched through the one guarded client. A token is kept for all
 * who use the same credentials until shortly before it expires; at most one fetch for them is under way at a time.
 */
export class TokenSource {
  readonly #held = new Map<string, Held>();
  readonly #fetches = new Map<string, Promise<Result<string, TokenFailure>>>();
  /** How often credentials have changed. */
  #changes = 0;

  constructor(
    private readonly client: { exchange(exchange: TokenExchange): Promise<ExchangeResult> },
    private readonly clock: Clock,
  ) {}

  /**
   * A token. Rejects with `Aborted` when `signal` aborts; the fetch goes on for the others.
   * Failures: `authentication` (refused, or an answer without a token), or as the exchange with the endpoint failed.
   */
  async token(request: TokenRequest, secrets: WatchedSecrets, signal: AbortSignal): Promise<Result<string, TokenFailure>> {
    const prepared = prepare(request, secrets.read);
    if (!prepared.ok) return err({ failure: 'bad-request', detail: prepared.error });
    const { key, exchange } = prepared.value;
    const held = this.#take(key, request.rejected);
    if (held !== null) return ok(held);
    if (!this.#fetches.has(key) && this.#fetches.size >= MAX_FETCHES) {
      return err({ failure: 'connection', detail: 'too many access tokens are being fetched' });
    }
    const fetch = this.#fetches.get(key) ?? this.#fetch(key, request, exchange);
    const result = await untilAborted(fetch, signal);
    // Texts of the endpoint are cleaned of what this caller knows.
    return result.ok ? result : err({ ...result.error, detail: secrets.mask(result.error.detail) });
  }

  /**
   * Drops the tokens that were fetched with credentials that have changed or no longer exist. Tokens under way still go to those who
   * wait for them, and are not kept.
   */
  forget(credentials: ReadonlyMap<string, Credential>, secrets: SecretReader): void {
    this.#changes += 1;
    for (const [key, { request }] of this.#held) {
      const now = request.credential === null ? request : credentials.get(request.credential);
      const prepared = now?.auth.type === 'oauth2' ? prepare({ auth: now.auth, certificate: now.certificate }, secrets) : null;
      if (prepared?.ok !== true || prepared.value.key !== key) this.#held.delete(key);
    }
  }

  #take(key: string, rejected: string | null): string | null {
    const held = this.#held.get(key);
    if (held === undefined) return null;
    this.#held.delete(key);
    if (held.token === rejected || held.until <= this.clock.monotonic()) return null;
    // Back at the end: the order is that of the last use.
    this.#held.set(key, held);
    return held.token;
  }

  #fetch(key: string, request: TokenRequest, exchange: TokenExchange): Promise<Result<string, TokenFailure>> {
    const fetch = this.#ask(key, request, exchange).finally(() => this.#fetches.delete(key));
    this.#fetches.set(key, fetch);
    return fetch;
  }

  async #ask(key: string, request: TokenRequest, exchange: TokenExchange): Promise<Result<string, TokenFailure>> {
    const asked = this.clock.monotonic();
    const changes = this.#changes;
    const answer = await this.client.exchange(exchange);
    if (answer.kind === 'failed') {
      const failure = answer.failure === 'bad-response' ? 'authentication' : answer.failure;
      return err({ failure, detail: `no access token: ${answer.detail}` });
    }
    const read = readToken(answer);
    if (!read.ok) return err({ failure: 'authentication', detail: `no access token: ${read.error}` });
    const { token, lifeMs } = read.value;
    // Short lives keep a margin too, but not one that leaves nothing.
    const until = asked + lifeMs - Math.min(MARGIN_MS, lifeMs / 4);
    if (changes !== this.#changes) return ok(token);
    this.#held.set(key, { token, until, request });
    const oldest = this.#held.keys().next();
    if (this.#held.size > MAX_TOKENS && oldest.done === false) this.#held.delete(oldest.value);
    return ok(token);
  }
}

/** The token request: form-encoded, the client's credentials in `Authorization` or in the body (RFC 6749 §2.3.1). */
function prepare(
  { auth, certificate }: Pick<TokenRequest, 'auth' | 'certificate'>,
  secrets: SecretReader,
): Result<Prepared, string> {
  const url = revealUrl(auth.tokenUrl, secrets);
  if (!url.ok) return url;
  const id = reveal(auth.clientId, secrets);
  if (!id.ok) return id;
  const secret = reveal(auth.clientSecret, secrets);
  if (!secret.ok) return secret;
  const client = [id.value.text, secret.value.text] as const;
  if (client[0] === '') return err('the client id of the OAuth credentials is empty');
  const { scope, audience, clientAuth } = auth;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== null && scope !== '') form.set('scope', scope);
  if (audience !== null && audience !== '') form.set('audience', audience);
  if (clientAuth === 'body') {
    form.set('client_id', client[0]);
    form.set('client_secret', client[1]);
  }
  const key = createHash('sha256')
    .update(JSON.stringify([url.value.text, ...client, scope, audience, clientAuth, certificate?.id ?? '']))
    .digest('hex');
  return ok({
    key,
    exchange: {
      method: 'POST',
      url: url.value.text,
      shownUrl: url.value.shown,
      headers: [
        ['content-type', 'application/x-www-form-urlencoded'],
        ['accept', 'application/json'],
        ['user-agent', 'Offhook'],
        ...(clientAuth === 'basic' ? [['authorization', basicOf(client)] as const] : []),
      ],
      body: form.toString(),
      redirects: 0,
      maxBytes: MAX_ANSWER_BYTES,
      timeoutMs: FETCH_LIMIT_MS,
      secretHeaders: new Set(),
      certificate,
    },
  });
}

/** Both halves are form-encoded first, so that a colon in the client id cannot shift the boundary (RFC 6749 §2.3.1). */
function basicOf(client: readonly [string, string]): string {
  const [id, secret] = client.map((text) => new URLSearchParams([['', text]]).toString().slice(1));
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
