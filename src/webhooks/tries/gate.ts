import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import type { Exchange, ExchangeResult, HttpClient } from '../../http/client.js';
import { type BreakerPolicy, Breakers, type Verdict } from './breakers.js';
import { Places } from './places.js';

export interface GatePolicy {
  /** Requests under way to one origin; further ones wait in line, inside their own time. */
  readonly concurrencyPerHost: number;
  readonly breaker: BreakerPolicy;
}

/** As in `config/schema.ts`. */
export const GATE_POLICY: GatePolicy = {
  concurrencyPerHost: 1000,
  breaker: { failures: 10, windowMs: 60_000, openMs: 5000, serverErrors: false },
};

export interface GateOptions {
  readonly client: Pick<HttpClient, 'exchange'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly policy: GatePolicy;
}

/** An exchange with its URL as it may be logged. */
export interface GatedExchange extends Exchange {
  readonly shownUrl: string;
}

/**
 * The client as webhooks of callers use it: no more requests to an origin at one time than it is meant to have, and none for a while to
 * one that keeps failing, so that a dead endpoint costs other calls nothing.
 */
export class Gate {
  readonly #places: Places;
  readonly #breakers: Breakers;

  constructor(private readonly options: GateOptions) {
    const { policy, clock } = options;
    this.#places = new Places(policy.concurrencyPerHost, clock);
    this.#breakers = new Breakers(policy.breaker, clock);
  }

  /** {@link HttpClient.exchange}; the wait for a place counts into `timeoutMs` and `ms`. */
  async exchange({ shownUrl, ...exchange }: GatedExchange, signal?: AbortSignal): Promise<ExchangeResult> {
    const { client, clock } = this.options;
    // What is no URL goes to no origin: the client says what is wrong with it.
    if (!URL.canParse(exchange.url)) return client.exchange(exchange, signal);
    const { origin } = new URL(exchange.url);
    if (this.#breakers.refuses(origin)) return leftAlone(shownUrl);
    const start = clock.monotonic();
    const giveBack = await this.#places.take(origin, exchange.timeoutMs, signal);
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
    return { openCircuits: this.#breakers.open, waitingForHost: this.#places.waiting };
  }

  async #throughBreaker(
    origin: string,
    { shownUrl, ...exchange }: GatedExchange,
    signal: AbortSignal | undefined,
  ): Promise<ExchangeResult> {
    const { client, log, policy } = this.options;
    const shown = originOf(shownUrl);
    const admitted = this.#breakers.admit(origin);
    if (admitted === 'no') return leftAlone(shownUrl);
    let verdict: Verdict = 'neither';
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
 * nobody any time and may be the matter of one credential. Whoever answered, or sent a redirect, lives.
 */
function verdictOf(result: ExchangeResult, serverErrors: boolean): Verdict {
  if (result.redirected === true) return 'alive';
  if (result.kind === 'response') return serverErrors && result.status >= 500 ? 'dead' : 'alive';
  if (result.failure === 'timeout' || result.failure === 'connection') return 'dead';
  return result.failure === 'bad-response' ? 'alive' : 'neither';
}

function leftAlone(shownUrl: string): ExchangeResult {
  return unsent('circuit-open', `${originOf(shownUrl)} keeps failing and is left alone for a moment; nothing was sent`, 0);
}

function unsent(failure: 'timeout' | 'circuit-open', detail: string, ms: number): ExchangeResult {
  return { kind: 'failed', failure, detail, attempts: 0, ms };
}

/** Scheme, host and port of a URL with its secrets masked. */
function originOf(shownUrl: string): string {
  return /^[^/?#]*\/\/[^/?#]*/u.exec(shownUrl)?.[0] ?? 'the host';
}
