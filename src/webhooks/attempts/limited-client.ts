import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import type { Exchange, ExchangeResult, HttpClient } from '../../http/client.js';
import { type BreakerPolicy, CircuitBreakers, type EndpointHealth } from './circuit-breakers.js';
import { HostLimiter } from './host-limiter.js';

export interface HostPolicy {
  /** Requests under way to one origin; further ones wait in line, inside their own time. */
  readonly concurrencyPerHost: number;
  readonly breaker: BreakerPolicy;
}

/** As in `config/schema.ts`. */
export const HOST_POLICY: HostPolicy = {
  concurrencyPerHost: 1000,
  breaker: { failures: 10, windowMs: 60_000, openMs: 5000, serverErrors: false },
};

export interface LimitedClientOptions {
  readonly client: Pick<HttpClient, 'exchange'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly policy: HostPolicy;
}

/** An exchange, with its URL as the log may show it: secrets masked. */
export interface LoggedExchange extends Exchange {
  readonly shownUrl: string;
}

/**
 * The client for webhooks that callers wait for: a {@link HostLimiter} and {@link CircuitBreakers} in front of {@link HttpClient}. It
 * sends at most `concurrencyPerHost` requests to an origin at one time, and none for a while to an origin that keeps failing, so that a
 * dead endpoint costs other calls nothing.
 */
export class LimitedClient {
  readonly #hosts: HostLimiter;
  readonly #breakers: CircuitBreakers;

  constructor(private readonly options: LimitedClientOptions) {
    const { policy, clock } = options;
    this.#hosts = new HostLimiter(policy.concurrencyPerHost, clock);
    this.#breakers = new CircuitBreakers(policy.breaker, clock);
  }

  /** {@link HttpClient.exchange}; the wait for a place counts into `timeoutMs` and `ms`. */
  async exchange({ shownUrl, ...exchange }: LoggedExchange, signal?: AbortSignal): Promise<ExchangeResult> {
    const { client, clock } = this.options;
    // What is no URL goes to no origin: the client says what is wrong with it.
    if (!URL.canParse(exchange.url)) return client.exchange(exchange, signal);
    const { origin } = new URL(exchange.url);
    if (this.#breakers.refuses(origin)) return circuitOpen(shownUrl);
    const start = clock.monotonic();
    const giveBack = await this.#hosts.acquire(origin, exchange.timeoutMs, signal);
    const waited = clock.monotonic() - start;
    if (giveBack === null) return unsent('timeout', `${originOf(shownUrl)} was busy all the time; nothing was sent`, waited);
    try {
      const timeoutMs = Math.max(1, exchange.timeoutMs - waited);
      const result = await this.#throughBreaker(origin, { ...exchange, timeoutMs, shownUrl }, signal);
      return { ...result, ms: result.ms + waited };
    } finally {
      giveBack();
    }
  }

  /** For the metrics. */
  stats(): { readonly openCircuits: number; readonly waitingForHost: number } {
    return { openCircuits: this.#breakers.open, waitingForHost: this.#hosts.waiting };
  }

  async #throughBreaker(
    origin: string,
    { shownUrl, ...exchange }: LoggedExchange,
    signal: AbortSignal | undefined,
  ): Promise<ExchangeResult> {
    const { client, log, policy } = this.options;
    const shown = originOf(shownUrl);
    const admitted = this.#breakers.admit(origin);
    if (admitted === 'no') return circuitOpen(shownUrl);
    let verdict: EndpointHealth = 'neither';
    try {
      const result = await client.exchange(exchange, signal);
      verdict = verdictOf(result, policy.breaker.serverErrors);
      return result;
    } finally {
      const change = this.#breakers.settle(origin, admitted, verdict);
      if (change === 'opened')
        log.warn({ origin: shown, openMs: policy.breaker.openMs }, 'a webhook host keeps failing: left alone');
      if (change === 'closed') log.info({ origin: shown }, 'a webhook host answers again');
    }
  }
}

/**
 * What a result says about the origin it was sent to. Time-outs and broken connections are its death; a certificate is not, it costs
 * no call any time and may be the matter of one credential. An origin that answered, or sent a redirect, lives.
 */
function verdictOf(result: ExchangeResult, serverErrors: boolean): EndpointHealth {
  if (result.redirected === true) return 'alive';
  if (result.kind === 'response') return serverErrors && result.status >= 500 ? 'dead' : 'alive';
  if (result.failure === 'timeout' || result.failure === 'connection') return 'dead';
  return result.failure === 'bad-response' ? 'alive' : 'neither';
}

function circuitOpen(shownUrl: string): ExchangeResult {
  return unsent('circuit-open', `${originOf(shownUrl)} keeps failing and is left alone for a moment; nothing was sent`, 0);
}

function unsent(failure: 'timeout' | 'circuit-open', detail: string, ms: number): ExchangeResult {
  return { kind: 'failed', failure, detail, attempts: 0, ms };
}

/** Scheme, host and port of a URL with its secrets masked. */
function originOf(shownUrl: string): string {
  return /^[^/?#]*\/\/[^/?#]*/u.exec(shownUrl)?.[0] ?? 'the host';
}
