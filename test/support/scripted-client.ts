import { sleep, type Clock } from '../../src/lib/clock.js';
import { AnswerHeaders } from '../../src/http/answer-headers.js';
import type { Exchange, ExchangeResult, HttpClient } from '../../src/http/client.js';

/** What the scripted server does with a request; without `status` it fails. Virtual ms. */
export interface ScriptedExchange {
  readonly afterMs?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  readonly fail?: Extract<ExchangeResult, { kind: 'failed' }>['failure'];
  readonly redirected?: boolean;
}

/** A client whose far end is a script on a virtual clock; it keeps to each request's time as the real one does. */
export class ScriptedClient implements Pick<HttpClient, 'exchange'> {
  readonly sent: (Exchange & { readonly at: number })[] = [];

  /** @param script answers one request; `n` counts from 1 */
  constructor(
    private readonly clock: Clock,
    private readonly script: (exchange: Exchange, n: number) => ScriptedExchange,
  ) {}

  async exchange(exchange: Exchange, signal?: AbortSignal): Promise<ExchangeResult> {
    this.sent.push({ ...exchange, at: this.clock.monotonic() });
    const { afterMs = 10, status, headers = {}, body, fail, redirected = false } = this.script(exchange, this.sent.length);
    const late = afterMs > exchange.timeoutMs;
    const ms = late ? exchange.timeoutMs : afterMs;
    await sleep(this.clock, ms, signal);
    const base = { attempts: 1, ms, redirected };
    if (late || status === undefined) {
      const failure = late ? 'timeout' : (fail ?? 'connection');
      return { ...base, kind: 'failed', failure, detail: `scripted ${failure}` };
    }
    return {
      ...base,
      kind: 'response',
      status,
      headers: new AnswerHeaders(headers),
      body: body === undefined ? null : Buffer.from(body),
      problem: null,
      note: null,
    };
  }

  /** Names and values of a header over all requests. */
  header(name: string): (string | undefined)[] {
    return this.sent.map(({ headers }) => headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]);
  }
}
