import type { Request, RequestHandler, Router } from 'express';
import type { z } from 'zod';
import { keyOf } from './authenticator.js';
import { failure, send, type Reply } from './reply.js';

/** What an operation gets: its parameters, checked. */
export interface OperationInput<P, Q> {
  readonly params: P;
  readonly query: Q;
  /** Text of the body; empty when the operation takes none. */
  readonly body: string;
  /** The body as bytes, for operations that take it so. */
  readonly bytes: Buffer;
  /** Empty when the client named none. */
  readonly contentType: string;
  /** Header `If-Match`; null when there is none. */
  readonly ifMatch: string | null;
  readonly method: string;
  /** The address it comes from. */
  readonly address: string;
}

export interface ApiAnswer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` when absent. */
  readonly contentType?: string;
}

/** One request the API understands. Routing, validation and the OpenAPI document are all made from this. */
export interface ApiOperation<P extends z.ZodObject = z.ZodObject, Q extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With `{name}` for parameters, as OpenAPI writes it. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /**
   * `key`: needs an API key when one is configured. `token`: the same, and the key may stand in the JSON body as `custToken`.
   * `open`: for everybody who reaches the API.
   */
  readonly access: 'key' | 'token' | 'open';
  /** Answered even when no request finds a place any more: what others judge the process by, and what live calls wait for. */
  readonly vital?: true;
  readonly params: P;
  readonly query: Q;
  /** Set when a body is taken: what it is. `raw`: of any kind, as bytes. */
  readonly body?: { readonly description: string; readonly schema: z.ZodType; readonly raw?: true };
  /**
   * Asked before the body is read: an answer is the answer, and the body is not taken in. Null at once, or a broken body could be over
   * before anybody looks at it.
   *
   * @param token that the request carries as a key, or null
   * @param address it comes from
   */
  early?(params: z.output<P>, token: string | null, address: string): Reply | Promise<Reply> | null;
  /** Answers beside the errors every operation can give, by status. */
  readonly answers: Readonly<Record<number, ApiAnswer>>;
  handle(input: OperationInput<z.output<P>, z.output<Q>>): Reply | Promise<Reply>;
}

/** Identity with types: the one way to declare an operation. */
export function operation<P extends z.ZodObject, Q extends z.ZodObject>(declared: ApiOperation<P, Q>): ApiOperation {
  return declared;
}

/** The first thing wrong with a part of a request, for people. */
function complaint(part: string, error: z.ZodError): string {
  const [issue] = error.issues;
  const name = issue?.path.map(String).join('.') ?? '';
  return `${part}${name === '' ? '' : ` “${name}”`}: ${issue?.message ?? 'not valid'}`;
}

/** Answers before the body is read where the operation can tell already; the connection is not used again. */
export function answeredEarly(declared: ApiOperation): RequestHandler {
  return async (request, response, next) => {
    const params = declared.params.safeParse(request.params);
    const address = request.socket.remoteAddress ?? '';
    const early = params.success ? declared.early?.(params.data, keyOf(request.headers), address) : null;
    if (early === null || early === undefined) {
      next();
      return;
    }
    response.set('Connection', 'close');
    send(response, await early);
  };
}

/** Checks path and query of a request and answers 400 with the reason, or goes on with the parsed values. */
function validated(declared: ApiOperation): (request: Request) => Promise<Reply> {
  return async (request) => {
    // A client that hung up or broke the framing before its body was read has no body. That is not an empty body.
    if (declared.body !== undefined && !request.complete)
      return failure(400, 'API_BAD_REQUEST', 'The request ended before its body was complete.');
    const parsedParams = declared.params.safeParse(request.params);
    if (!parsedParams.success) return failure(400, 'API_BAD_REQUEST', complaint('path', parsedParams.error));
    const parsedQuery = declared.query.safeParse(request.query);
    if (!parsedQuery.success) return failure(400, 'API_BAD_REQUEST', complaint('query', parsedQuery.error));
    const body: unknown = request.body;
    return declared.handle({
      params: parsedParams.data,
      query: parsedQuery.data,
      body: typeof body === 'string' ? body : '',
      bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      contentType: request.get('content-type') ?? '',
      ifMatch: request.get('if-match') ?? null,
      method: request.method,
      address: request.socket.remoteAddress ?? '',
    });
  };
}

/** Adds an operation to a router; `before` runs first (body parsing). An operation that throws is answered by the error handler. */
export function mount(router: Router, declared: ApiOperation, before: readonly RequestHandler[]): void {
  const answer = validated(declared);
  const path = declared.path.replace(/\{(\w+)\}/g, ':$1');
  router[declared.method](path, ...before, async (request, response) => {
    send(response, await answer(request));
  });
}
