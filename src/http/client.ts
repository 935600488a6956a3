import { setImmediate } from 'node:timers/promises';
import { Aborted, type Clock } from '../lib/clock.js';
import { err, ok, type Result } from '../lib/result.js';
import type { ClientCertificate } from './client-certificate.js';
import type { AnswerHeaders } from './answer-headers.js';
import type { ResolveAll } from './connect.js';
import { ConnectionSets } from './connections.js';
import { type BodyProblem, decodeBody, looksCompressed } from './decode.js';
import type { RequestFailure } from './failures.js';
import { Guard, type GuardPolicy } from './guard.js';
import { isRedirect, nextHop } from './redirect.js';
import { ByteBudget, type BudgetShare } from './byte-budget.js';
import { type WireRequest, type HopResult, sendRequest } from './send-request.js';
import { FairLimiter } from './fair-limiter.js';

/** Limits of the one client; configuration data. */
export interface ClientOptions extends GuardPolicy {
  /** Connections to one origin at most; further requests wait, inside their own deadline. */
  readonly connectionsPerOrigin: number;
  /** How long an idle connection is kept when the server does not say, ms. */
  readonly keepAliveMs: number;
  /** What an answer may say beside its body, bytes: status line and headers; trailers again. */
  readonly maxHeaderBytes: number;
  /** Extra certificate authorities, PEM; for sites with their own. */
  readonly ca?: readonly string[];
  /**
   * HTTP proxy that everything goes through (docs/behaviour.md#egress), or null. Names are then resolved by the proxy: the guard
   * still judges every URL and redirect as written, but what a name leads to is the proxy's to decide.
   */
  readonly proxy?: string | null;
}

/** Sensible values for {@link ClientOptions}. */
export const CLIENT_DEFAULTS: ClientOptions = {
  allowHttp: false,
  allowNetworks: [],
  allowHosts: [],
  connectionsPerOrigin: 1024,
  keepAliveMs: 4000,
  maxHeaderBytes: 16_384,
};

/**
 * Answers decompressed at one time. Each may take 4 MB and more of the decompressor's own (brotli's window), and threads of the pool that
 * names are resolved with.
 */
const DECODERS = 2;

/** RFC 9110 §9.2.2: only these may be sent again by a client on its own. */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** One exchange: a request, the redirects it may follow, its limits. */
export interface Exchange extends Omit<WireRequest, 'url'> {
  readonly url: string;
  /** 0–5. */
  readonly redirects: number;
  /** Decoded body bytes at most. */
  readonly maxBytes: number;
  /** Wall clock for everything: DNS, connect, TLS, headers, whole body, redirects (docs/behaviour.md#request-timeout). ms. */
  readonly timeoutMs: number;
  /**
   * Longest time to a connection, of each hop: DNS, connect, TLS (docs/behaviour.md#connection-timeout). ms; absent: only
   * `timeoutMs` counts.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** The status is all that is wanted: once it is there, a body that breaks off or never ends changes nothing. */
  readonly statusOnly?: boolean;
  /** Lower-case names of headers that hold secrets; not sent to another origin. */
  readonly secretHeaders: ReadonlySet<string>;
  /** Shown to the URL's own origin; not to another one that a redirect leads to. */
  readonly certificate?: ClientCertificate | null;
  /** Signs what follows a redirect: a signature holds for one request. Absent: nothing is signed. */
  readonly signAgain?: ((hop: WireRequest) => Promise<WireRequest>) | undefined;
  /** Called with every request as it goes out, redirects included, for test requests. Nothing in it is masked. */
  readonly onHop?: (hop: WireRequest) => void;
}

export type ExchangeResult = {
  /** 0 when the guard refused the URL; one more for each request sent again because a kept connection was dead; redirects do not count. */
  readonly attempts: number;
  /** From handing the request over to the end of the body, ms. */
  readonly ms: number;
  /** What happened, happened behind a redirect: the URL's own server had answered. */
  readonly redirected?: boolean;
} & (
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: AnswerHeaders;
      /** Decoded; null when there was none or `problem` says why it cannot be used. */
      readonly body: Buffer | null;
      readonly problem: BodyProblem | null;
      /** What is wrong with its coding, a part of a sentence about the answer; absent when `problem` says it all. */
      readonly problemDetail?: string;
      /** Why a redirect was not followed, or null. */
      readonly note: string | null;
    }
  | { readonly kind: 'failed'; readonly failure: RequestFailure; readonly detail: string }
);

/**
 * The one HTTP client for everything that goes to a user's URL: webhooks, reports, prompt audio. Every URL, every address and
 * every redirect is held to the guard; every answer to its size and its deadline.
 */
export class HttpClient {
  readonly #guard: Guard;
  readonly #connections: ConnectionSets;
  readonly #answerBudget = new ByteBudget();
  readonly #decoders = new FairLimiter(DECODERS);
  readonly #handedOver = new FairLimiter(1);

  /** @param resolve how names become addresses; tests pass their own */
  constructor(
    options: ClientOptions,
    private readonly clock: Clock,
    resolve?: ResolveAll,
  ) {
    this.#guard = new Guard(options);
    this.#connections = new ConnectionSets(this.#guard, clock, { ...options, resolve });
  }

  /**
   * Sends and waits for the whole answer or the deadline, whichever is first. Rejects with {@link Aborted} only, when `signal`
   * aborts; everything else is in the result.
   */
  async exchange(exchange: Exchange, signal?: AbortSignal): Promise<ExchangeResult> {
    if (signal?.aborted) throw new Aborted('aborted before the request was sent');
    const start = this.clock.monotonic();
    const stop = new AbortController();
    const onAbort = (): void => {
      stop.abort();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const cancel = this.clock.after(exchange.timeoutMs, onAbort);
    const run: Run = {
      exchange,
      stop: stop.signal,
      certificate: exchange.certificate ?? null,
      share: null,
      attempts: 0,
      redirected: false,
    };
    try {
      const outcome = await this.#inTurn(await this.#follow(run), run);
      if (signal?.aborted) throw new Aborted('aborted while waiting for an HTTP answer');
      return { ...outcome, attempts: run.attempts, ms: this.clock.monotonic() - start, redirected: run.redirected };
    } finally {
      cancel();
      run.share?.close();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Fetches an audio file for the prompt library: GET, up to 5 redirects, 2xx only.
   * The error is a sentence that names what went wrong, without the query of the URL.
   */
  async fetchAudio(url: string, maxBytes: number, timeoutMs: number): Promise<Result<Buffer, string>> {
    const headers = [['accept', 'audio/*, */*;q=0.5']] as const;
    const limits = { redirects: 5, maxBytes, timeoutMs, secretHeaders: new Set<string>() };
    const answer = await this.exchange({ method: 'GET', url, headers, body: null, ...limits });
    if (answer.kind === 'failed') return err(answer.detail);
    if (answer.problem === 'too-large') return err(`the file is larger than ${maxBytes} bytes`);
    if (answer.status < 200 || answer.status > 299) return err(answer.note ?? `the server answered ${answer.status}`);
    if (answer.problem === 'bad-encoding') return err(`the file ${answer.problemDetail ?? 'cannot be decoded'}`);
    return answer.body === null ? err('the server sent no audio') : ok(answer.body);
  }

  /** Destroys every connection; requests under way fail. */
  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #follow(run: Run): Promise<Outcome> {
    const { exchange } = run;
    const first = this.#guard.url(exchange.url);
    if (!first.ok) return { kind: 'failed', failure: 'refused', detail: first.error };
    run.attempts = 1;
    let hop: WireRequest = { method: exchange.method, url: first.value, headers: exchange.headers, body: exchange.body };
    for (let left = exchange.redirects; ; left -= 1) {
      const result = await this.#send(hop, run);
      if (result.kind === 'failed') return result;
      if (!isRedirect(result.status, result.headers) || exchange.redirects === 0) return this.#decoded(result, hop, run, null);
      const next =
        left > 0 ? nextHop(hop, result, this.#guard, exchange.secretHeaders) : err(`more than ${exchange.redirects} redirects`);
      if (!next.ok) return this.#decoded(result, hop, run, next.error);
      if (next.value.url.origin !== hop.url.origin) run.certificate = null;
      hop = exchange.signAgain === undefined ? next.value : await exchange.signAgain(next.value);
      run.redirected = true;
    }
  }

  /**
   * Large answers are handed over one in a turn of the event loop: each takes its reader some milliseconds, and what others wait for comes
   * in between.
   */
  async #inTurn(outcome: Outcome, { share, stop }: Run): Promise<Outcome> {
    const size = outcome.kind === 'response' ? (outcome.body?.length ?? 0) : 0;
    if (share === null || size <= share.freeBytes) return outcome;
    const inTime = await this.#handedOver.run(share.origin, () => setImmediate(true), stop);
    return inTime === true ? outcome : { kind: 'failed', failure: 'timeout', detail: 'no complete answer in time' };
  }

  /**
   * One hop; sent once more, by a new connection, when a kept one was dead already and the method allows it (RFC 9110 §9.2.2).
   * What that one was kept with is let go for every method: the next try of a POST shall not meet the next dead one.
   */
  async #send(hop: WireRequest, run: Run): Promise<HopResult> {
    run.exchange.onHop?.(hop);
    const { maxBytes, connectTimeoutMs, statusOnly = false } = run.exchange;
    run.share?.close();
    run.share = this.#answerBudget.share(hop.url.origin);
    const limits = { maxBytes, connectTimeoutMs, statusOnly, share: run.share, signal: run.stop, clock: this.clock };
    return this.#connections.with(run.certificate, async ({ dispatcher, endedStale, generation, renew, awaiting }) => {
      const { origin } = hop.url;
      const before = generation(origin);
      const result = await sendRequest(dispatcher, hop, { ...limits, connected: awaiting(origin) });
      if (result.kind !== 'failed' || result.error === null || !endedStale(result.error)) return result;
      renew(origin, before);
      if (!IDEMPOTENT.has(hop.method)) return result;
      run.attempts += 1;
      return sendRequest(dispatcher, hop, { ...limits, connected: awaiting(origin) });
    });
  }

  async #decoded(
    result: Extract<HopResult, { kind: 'response' }>,
    hop: WireRequest,
    run: Run,
    note: string | null,
  ): Promise<Outcome> {
    const base = { kind: 'response', status: result.status, headers: result.headers, note } as const;
    if (result.problem !== null) return { ...base, body: null, problem: result.problem };
    if (hop.method === 'HEAD' || result.body.length === 0) return { ...base, body: null, problem: null };
    const codings = result.headers.all('content-encoding');
    if (codings.length === 0 && !looksCompressed(result.body)) return { ...base, body: result.body, problem: null };
    const decode = () => decodeBody(result.body, codings, run.exchange.maxBytes);
    const body = await this.#decoders.run(hop.url.origin, decode, run.stop);
    if (body === null) return { kind: 'failed', failure: 'timeout', detail: 'the answer could not be decompressed in time' };
    if (body.ok) return { ...base, body: body.value, problem: null };
    const { kind, detail } = body.error;
    return { ...base, body: null, problem: kind, ...(detail !== '' && { problemDetail: detail }) };
  }
}

/** What one exchange carries through its redirects. */
interface Run {
  readonly exchange: Exchange;
  readonly stop: AbortSignal;
  certificate: ClientCertificate | null;
  /** Bytes that the hop under way holds of the budget for answers. */
  share: BudgetShare | null;
  attempts: number;
  redirected: boolean;
}

type Outcome =
  | Omit<Extract<ExchangeResult, { kind: 'response' }>, 'attempts' | 'ms' | 'redirected'>
  | Omit<Extract<ExchangeResult, { kind: 'failed' }>, 'attempts' | 'ms' | 'redirected'>;
