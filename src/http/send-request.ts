import { type Dispatcher, errors, ProxyAgent } from 'undici';
import type { Clock } from '../lib/clock.js';
import { AnswerHeaders } from './answer-headers.js';
import { ResponseBody } from './body.js';
import type { BodyProblem } from './decode.js';
import { detailOf, failureOf, type RequestFailure } from './failures.js';
import type { BudgetShare } from './byte-budget.js';

/** One request to one URL, ready for the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  /** In order, duplicates kept. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

export type HopResult =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: AnswerHeaders;
      /** Bytes as received, encoding not undone; empty when there is none. */
      readonly body: Buffer;
      /** The body broke the size limit and was thrown away. */
      readonly problem: BodyProblem | null;
    }
  | {
      readonly kind: 'failed';
      readonly failure: RequestFailure;
      readonly detail: string;
      /** What ended the connection before an answer had begun; null for everything else. */
      readonly error: Error | null;
    };

/** Limits of size and time for one request. */
export interface RequestLimits {
  /** Bytes of the body as received. */
  readonly maxBytes: number;
  /** Its share of the budget for large bodies. */
  readonly share: BudgetShare;
  readonly signal: AbortSignal;
  /**
   * ms until the request stands on a connection: name lookup, TCP, TLS (docs/behaviour.md#connection-timeout); undefined: no
   * limit of its own.
   */
  readonly connectTimeoutMs: number | undefined;
  /** As {@link Exchange.statusOnly}. */
  readonly statusOnly: boolean;
  /** Called when the request waits for a connection no longer: it has one, or is over. Once or more. */
  readonly connected: () => void;
  readonly clock: Clock;
}

/**
 * Sends one request through the dispatcher and collects at most `maxBytes` of its body. Resolves the moment `signal` aborts, in
 * whatever phase the request is; the connection is then destroyed behind it. Never rejects.
 */
export function sendRequest(dispatcher: Dispatcher, hop: WireRequest, limits: RequestLimits): Promise<HopResult> {
  const { signal, connectTimeoutMs, clock } = limits;
  return new Promise((resolve) => {
    let cancel = (): void => undefined;
    const handler = new Collector(hop.method, limits, (result) => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    });
    const onAbort = (): void => {
      handler.stop('no complete answer in time');
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) {
      onAbort();
      return;
    }
    if (connectTimeoutMs !== undefined) {
      cancel = clock.after(connectTimeoutMs, () => {
        if (!handler.started) handler.stop(`no connection within ${connectTimeoutMs} ms`);
      });
    }
    try {
      dispatcher.dispatch(
        {
          origin: hop.url.origin,
          path: hop.url.pathname + hop.url.search,
          method: hop.method,
          headers: dispatcher instanceof ProxyAgent ? grouped(hop.headers) : hop.headers.flat(),
          body: hop.body,
          // The caller's deadline covers every phase; undici's own timers would only cut it shorter.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        handler,
      );
    } catch (error) {
      handler.onResponseError(null, error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Headers by name, the only form in which a proxy agent keeps duplicates. */
function grouped(headers: WireRequest['headers']): Record<string, string[]> {
  const names = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = [...names.keys()].find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
    names.set(key, [...(names.get(key) ?? []), value]);
  }
  return Object.fromEntries(names);
}

/** Header fields as undici hands them over. */
type Lines = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Statuses of answers that have no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5), whatever their headers say of one. Not all servers
 * know: what follows the head is not read, and the connection not used again.
 */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
const RESET_CONTENT = 205;
/** Interim responses taken before the final one. */
const MAX_INTERIM = 20;

class Collector implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers = AnswerHeaders.NONE;
  #body = new ResponseBody();
  #interim = 0;
  /** It holds bytes of the budget for its body, or waits for them. */
  #reserved = false;
  #settled = false;

  constructor(
    private readonly method: string,
    private readonly limits: Pick<RequestLimits, 'maxBytes' | 'share' | 'statusOnly' | 'connected'>,
    private readonly settle: (result: HopResult) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.limits.connected();
    if (this.#settled) controller.abort(new errors.RequestAbortedError());
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Lines): void {
    if (status < 200) {
      this.#interimResponse(controller);
      return;
    }
    this.#status = status;
    this.#headers = new AnswerHeaders(headers);
    if (this.method === 'HEAD') return;
    if (BODILESS.has(status)) {
      this.#withoutBody(controller);
      return;
    }
    const declared = Number(this.#headers.first('content-length') ?? 0);
    if (declared > this.limits.maxBytes) this.#tooLarge(controller);
    else this.#reserve(controller, declared);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    if (this.#body.size + chunk.length > this.limits.maxBytes) {
      this.#tooLarge(controller);
      return;
    }
    this.#body.append(chunk);
    // Without a length it may become as large as it may be.
    if (this.#body.size > this.limits.share.freeBytes) this.#reserve(controller, this.limits.maxBytes);
  }

  onResponseEnd(): void {
    this.#respond(this.#body.whole(), null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    // 101 without being asked for (RFC 9110 §15.2.2); undici names it so.
    if (error instanceof errors.SocketError && error.message === 'bad upgrade') {
      this.#status = 101;
      this.#respond(Buffer.alloc(0), null);
      return;
    }
    const unanswered = this.#status === 0;
    if (!unanswered && this.limits.statusOnly) this.#respond(Buffer.alloc(0), null);
    this.#finish({ kind: 'failed', failure: failureOf(error), detail: detailOf(error), error: unanswered ? error : null });
  }

  /** The request stands on a connection. */
  get started(): boolean {
    return this.#controller !== null;
  }

  /** The caller gave up: over its deadline, or the call ended. */
  stop(detail: string): void {
    if (this.#status !== 0 && this.limits.statusOnly) this.#respond(Buffer.alloc(0), null);
    this.#finish({ kind: 'failed', failure: 'timeout', detail, error: null });
    this.#controller?.abort(new errors.RequestAbortedError());
  }

  /** A 204 or 304 may name no body, or none and its length; a 205 must say that its length is 0. */
  #withoutBody(controller: Dispatcher.DispatchController): void {
    const length = this.#headers.first('content-length');
    const coded = this.#headers.first('transfer-encoding') !== null;
    const clean = length === null ? !coded && this.#status !== RESET_CONTENT : Number(length) === 0 && !coded;
    this.#respond(Buffer.alloc(0), null);
    if (!clean) controller.abort(new errors.RequestAbortedError());
  }

  /** 1xx are interim (RFC 9110 §15.2): the final response follows, but not after a flood of them. */
  #interimResponse(controller: Dispatcher.DispatchController): void {
    this.#interim += 1;
    if (this.#interim <= MAX_INTERIM) return;
    const detail = `more than ${MAX_INTERIM} interim responses`;
    this.#finish({ kind: 'failed', failure: 'bad-response', detail, error: null });
    controller.abort(new errors.RequestAbortedError());
  }

  /** A large body is read on when the budget has bytes for the whole of it: half-read ones would only wait for each other. */
  #reserve(controller: Dispatcher.DispatchController, bytes: number): void {
    const { share } = this.limits;
    if (this.#reserved || bytes <= share.freeBytes) return;
    this.#reserved = true;
    const now = share.take(bytes, () => {
      controller.resume();
    });
    if (!now) controller.pause();
  }

  #tooLarge(controller: Dispatcher.DispatchController): void {
    this.#respond(Buffer.alloc(0), 'too-large');
    controller.abort(new errors.RequestAbortedError());
  }

  #respond(body: Buffer, problem: BodyProblem | null): void {
    this.#finish({ kind: 'response', status: this.#status, headers: this.#headers, body, problem });
  }

  #finish(result: HopResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.limits.connected();
    this.#body = new ResponseBody();
    this.settle(result);
  }
}
