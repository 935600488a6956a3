import { Aborted, type Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/ids.js';
import { err, ok, type Result } from '../../lib/result.js';
import type { ClientCertificate } from '../../http/client-certificate.js';
import type { Credential } from '../auth/credential.js';
import type { Identity } from '../auth/identity.js';
import type { StaticAuth } from '../auth/static.js';
import { type TokenFailure, TokenSource } from '../auth/token-source.js';
import type { Exchange, ExchangeResult } from '../../http/client.js';
import type { WireRequest } from '../../http/send-request.js';
import { type BuiltRequest, buildRequest, type RequestParts } from './request.js';
import type { SecretReader } from '../ports.js';
import { steadySecrets, type WatchedSecrets } from '../secrets/secrets.js';
import { signatureHeaders, type SignedRequest } from '../signing/sign.js';
import type { WebhookAuth } from '../../model/webhook.js';

/** A request as its author wrote it: who asks and who signs still stand in it by name. */
export interface Outgoing extends Omit<RequestParts, 'auth'> {
  readonly auth: WebhookAuth;
}

/** Size and time of one exchange. */
export type SendLimits = Omit<Exchange, 'method' | 'url' | 'headers' | 'body' | 'secretHeaders' | 'certificate' | 'signAgain'>;

/** The request as it went out beside what came of it; null when it could not be made. */
export type Sent = ExchangeResult & { readonly request: BuiltRequest | null };

/** A request that is ready to go. */
export interface Prepared {
  readonly request: BuiltRequest;
  readonly certificate: ClientCertificate | null;
  /** As {@link Exchange.signAgain}. */
  readonly signAgain?: Exchange['signAgain'];
  /** The access token in it, or null. */
  readonly token: string | null;
}

export interface SenderOptions {
  /** The guarded client, or the limited client in front of it. */
  readonly client: {
    exchange(exchange: Exchange & { readonly shownUrl: string }, signal?: AbortSignal): Promise<ExchangeResult>;
  };
  readonly identity: Identity;
  readonly clock: Clock;
  readonly random: Pick<Random, 'uuid'>;
  /** Access tokens, when several senders share them. */
  readonly tokens?: TokenSource;
}

/**
 * Makes every request prove who sends it, and sends it: credentials by name, access tokens, secrets, signature. Whatever goes to users'
 * URLs with credentials goes through here: webhooks of flows, deliveries, test requests.
 */
export class Sender {
  readonly #tokens: TokenSource;

  constructor(private readonly options: SenderOptions) {
    this.#tokens = options.tokens ?? new TokenSource(options.client, options.clock);
  }

  /**
   * One request, ready to go: each has its own signature. Waits for an access token where one is needed, until `signal` aborts.
   *
   * @param rejected an access token the API has just refused
   */
  async prepare(
    outgoing: Outgoing,
    secrets: WatchedSecrets,
    signal: AbortSignal,
    rejected: string | null = null,
  ): Promise<Result<Prepared, TokenFailure>> {
    const credential = this.#credential(outgoing.auth);
    if (!credential.ok) return err({ failure: 'bad-request', detail: credential.error });
    const { auth, certificate } = credential.value;
    const name = outgoing.auth.type === 'credential' ? outgoing.auth.name : null;
    const known =
      auth.type === 'oauth2'
        ? await this.#bearer({ auth, certificate, credential: name, rejected }, secrets, signal)
        : ok({ auth, token: null });
    if (!known.ok) return known;
    const steady = steadySecrets(secrets.read);
    const built = buildRequest({ ...outgoing, auth: known.value.auth }, steady);
    const signed = built.ok ? await this.#signed(built.value, outgoing.sign, steady) : built;
    if (!signed.ok) return err({ failure: 'bad-request', detail: signed.error });
    return ok({ ...signed.value, certificate, token: known.value.token });
  }

  /**
   * Sends and waits for the answer within `timeoutMs`, tokens included. When the API refuses an access token (401), a new one is fetched
   * and the request sent once more (RFC 6750 §3.1). `attempts` counts requests to the URL. Rejects with `Aborted` only.
   */
  async send(outgoing: Outgoing, limits: SendLimits, secrets: WatchedSecrets, signal?: AbortSignal): Promise<Sent> {
    const start = this.options.clock.monotonic();
    const ends = start + limits.timeoutMs;
    const first = await this.#once(outgoing, limits, { secrets, signal, ends, rejected: null });
    const refused = first.sent.kind === 'response' && first.sent.status === 401 ? first.token : null;
    if (refused === null || this.options.clock.monotonic() >= ends) return this.#timed(first.sent, start);
    const second = await this.#once(outgoing, limits, { secrets, signal, ends, rejected: refused });
    // When there is nothing new to prove oneself with, the refusal stands.
    if (second.sent.request === null) return this.#timed(first.sent, start);
    return this.#timed({ ...second.sent, attempts: first.sent.attempts + second.sent.attempts }, start);
  }

  #timed(sent: Sent, start: number): Sent {
    return { ...sent, ms: this.options.clock.monotonic() - start };
  }

  async #once(outgoing: Outgoing, limits: SendLimits, run: Run): Promise<{ readonly sent: Sent; readonly token: string | null }> {
    const { clock, client } = this.options;
    const prepared = await this.#prepareInTime(outgoing, run);
    if (!prepared.ok) {
      return { sent: { kind: 'failed', ...prepared.error, attempts: 0, ms: 0, request: null }, token: null };
    }
    const { request, certificate, token, signAgain } = prepared.value;
    const timeoutMs = Math.max(1, Math.min(limits.timeoutMs, run.ends - clock.monotonic()));
    const result = await client.exchange({ ...limits, ...request, certificate, timeoutMs, signAgain }, run.signal);
    return { sent: { ...result, request }, token };
  }

  async #prepareInTime(outgoing: Outgoing, { secrets, signal, ends, rejected }: Run): Promise<Result<Prepared, TokenFailure>> {
    const { clock } = this.options;
    if (!this.#needsToken(outgoing.auth)) return this.prepare(outgoing, secrets, NEVER);
    const stop = new AbortController();
    const onAbort = (): void => {
      stop.abort();
    };
    const gaveUp = (): boolean => signal?.aborted === true;
    if (gaveUp()) throw new Aborted('aborted before the request was made');
    signal?.addEventListener('abort', onAbort, { once: true });
    const cancel = clock.after(Math.max(0, ends - clock.monotonic()), onAbort);
    try {
      return await this.prepare(outgoing, secrets, stop.signal, rejected);
    } catch (error) {
      if (!(error instanceof Aborted) || gaveUp()) throw error;
      return err({ failure: 'timeout', detail: 'no access token in time' });
    } finally {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #needsToken(auth: WebhookAuth): boolean {
    const credential = this.#credential(auth);
    return credential.ok && credential.value.auth.type === 'oauth2';
  }

  /** A credential of the site, or what the request itself says. */
  #credential(auth: WebhookAuth): Result<Credential, string> {
    if (auth.type !== 'credential') return ok({ auth, certificate: null });
    const credential = this.options.identity.credentials.get(auth.name);
    return credential === undefined ? err(`there is no credential ${auth.name} in credentials.json`) : ok(credential);
  }

  async #bearer(
    request: Parameters<TokenSource['token']>[0],
    secrets: WatchedSecrets,
    signal: AbortSignal,
  ): Promise<Result<{ readonly auth: StaticAuth; readonly token: string }, TokenFailure>> {
    const token = await this.#tokens.token(request, secrets, signal);
    if (!token.ok) return token;
    secrets.hide(token.value);
    return ok({ auth: { type: 'bearer', token: [token.value] }, token: token.value });
  }

  async #signed(
    request: BuiltRequest,
    sign: Outgoing['sign'],
    secrets: SecretReader,
  ): Promise<Result<Pick<Prepared, 'request' | 'signAgain'>, string>> {
    const { identity, clock, random } = this.options;
    const name = sign === undefined ? identity.defaultSigner : sign;
    if (name === null) return ok({ request });
    const signer = identity.signers.get(name);
    if (signer === undefined) return err(`there is no signer ${name} in credentials.json`);
    const signature = (message: SignedRequest): ReturnType<typeof signatureHeaders> =>
      signatureHeaders(signer, message, { secrets, now: clock.now(), uuid: () => random.uuid() });
    const added = await signature(request);
    if (!added.ok) return added;
    // The id stays the same wherever the message goes.
    const names = new Set(added.value.map(([header]) => header.toLowerCase()).filter((header) => header !== 'webhook-id'));
    const secretHeaders = new Set([...request.secretHeaders, ...names]);
    return ok({
      request: { ...request, headers: [...request.headers, ...added.value], secretHeaders },
      signAgain: (hop) => signedAgain(hop, names, signature),
    });
  }
}

/**
 * What a redirect made of a signed request, with a signature of its own: its URL is another, and its body may be gone. One that went to
 * another origin has lost the signature and never gets a new one, or a server that redirects could have anything signed.
 *
 * @param names headers of the signature
 */
async function signedAgain(
  hop: WireRequest,
  names: ReadonlySet<string>,
  signature: (message: SignedRequest) => ReturnType<typeof signatureHeaders>,
): Promise<WireRequest> {
  const headers = hop.headers.filter(([name]) => !names.has(name.toLowerCase()));
  if (headers.length === hop.headers.length) return hop;
  const again = await signature({ method: hop.method, url: hop.url.href, headers, body: hop.body });
  return { ...hop, headers: again.ok ? [...headers, ...again.value] : headers };
}

/** For what does not wait. */
const NEVER = new AbortController().signal;

/** One way through {@link Sender.send}. */
interface Run {
  readonly secrets: WatchedSecrets;
  readonly signal: AbortSignal | undefined;
  /** Monotonic ms. */
  readonly ends: number;
  readonly rejected: string | null;
}
