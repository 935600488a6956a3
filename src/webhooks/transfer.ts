import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, errors, ProxyAgent } from 'undici';
import { AddressRefused } from './connect.js';
import type { BodyProblem } from './decode.js';

/** One request to one URL, ready for the wire. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  /** In order, duplicates kept. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

/** Why no usable response came. */
export type TransferFailure = 'timeout' | 'connection' | 'refused' | 'bad-request' | 'bad-response';

export type HopResult =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** Bytes as received, encoding not undone; empty when there is none. */
      readonly body: Buffer;
      /** The body broke the size limit and was thrown away. */
      readonly problem: BodyProblem | null;
    }
  | { readonly kind: 'failed'; readonly failure: TransferFailure; readonly detail: string; readonly error: Error | null };

/**
 * Sends one request through the dispatcher and collects at most `maxBytes` of its body. Resolves the moment `signal` aborts, in
 * whatever phase the request is; the connection is then destroyed behind it. Never rejects.
 */
export function transfer(dispatcher: Dispatcher, hop: Hop, maxBytes: number, signal: AbortSignal): Promise<HopResult> {
  return new Promise((resolve) => {
    const handler = new Collector(hop.method, maxBytes, (result) => {
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    });
    const onAbort = (): void => {
      handler.stop();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) {
      onAbort();
      return;
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
function grouped(headers: Hop['headers']): Record<string, string[]> {
  const names = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = [...names.keys()].find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
    names.set(key, [...(names.get(key) ?? []), value]);
  }
  return Object.fromEntries(names);
}

/** Interim responses taken before the final one. */
const MAX_INTERIM = 20;

class Collector implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #size = 0;
  #interim = 0;
  #settled = false;

  constructor(
    private readonly method: string,
    private readonly maxBytes: number,
    private readonly settle: (result: HopResult) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new errors.RequestAbortedError());
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) {
      this.#interimResponse(controller);
      return;
    }
    this.#status = status;
    this.#headers = headers;
    const declared = Number(headers['content-length']);
    if (this.method !== 'HEAD' && declared > this.maxBytes) this.#tooLarge(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.maxBytes) this.#tooLarge(controller);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#respond(Buffer.concat(this.#chunks), null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    // 101 without being asked for (RFC 9110 §15.2.2); undici names it so.
    if (error instanceof errors.SocketError && error.message === 'bad upgrade') {
      this.#status = 101;
      this.#respond(Buffer.alloc(0), null);
      return;
    }
    this.#finish({ kind: 'failed', failure: failureOf(error), detail: detailOf(error), error });
  }

  /** The caller gave up: over its deadline, or the call ended. */
  stop(): void {
    this.#finish({ kind: 'failed', failure: 'timeout', detail: 'no complete answer in time', error: null });
    this.#controller?.abort(new errors.RequestAbortedError());
  }

  /** 1xx are interim (RFC 9110 §15.2): the final response follows, but not after a flood of them. */
  #interimResponse(controller: Dispatcher.DispatchController): void {
    this.#interim += 1;
    if (this.#interim <= MAX_INTERIM) return;
    const detail = `more than ${MAX_INTERIM} interim responses`;
    this.#finish({ kind: 'failed', failure: 'bad-response', detail, error: null });
    controller.abort(new errors.RequestAbortedError());
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
    this.#chunks = [];
    this.settle(result);
  }
}

/** Which failure an error of undici, the socket or the guard stands for. */
function failureOf(error: Error): TransferFailure {
  if (error instanceof AddressRefused) return 'refused';
  if (error instanceof errors.ConnectTimeoutError) return 'timeout';
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) return 'bad-response';
  if (error instanceof errors.ResponseContentLengthMismatchError) return 'bad-response';
  if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) return 'bad-request';
  if (error instanceof errors.SocketError && error.message === 'bad response') return 'bad-response';
  return 'connection';
}

/** A sentence part without addresses of our own machine: code and message of the innermost error. */
function detailOf(error: Error): string {
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = (inner as NodeJS.ErrnoException).code;
  return code === undefined || inner.message.includes(code) ? inner.message : `${inner.message} (${code})`;
}
