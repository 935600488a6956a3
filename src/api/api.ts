import { JournalFormatError } from '../model/journal-format.js';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import helmet from 'helmet';
import { jobFailed } from '../lib/log/background.js';
import type { Clock } from '../lib/clock.js';
import { errorTrace } from '../lib/error-message.js';
import type { Logger } from '../lib/log/log.js';
import { jsonTooBig } from '../lib/json/json-limits.js';
import { isLoopback } from '../lib/loopback.js';
import { MASK } from '../lib/mask.js';
import { problem, type Problem } from '../lib/problem.js';
import { err, ok, type Result } from '../lib/result.js';
import { bodyLimit } from './http/body-limit.js';
import { ApiConnections } from './http/connections.js';
import type { ApiContext } from './resources/context.js';
import { Authenticator, AUTH_REFUSALS } from './http/authenticator.js';
import { LiveEvents } from './live-events.js';
import { Metrics, metricsOperation } from './metrics.js';
import { openApiDocument } from './openapi.js';
import { answeredEarly, mount, operation, type ApiOperation } from './http/operation.js';
import { RecordingLinks } from './http/recording-links.js';
import { tooManyConnections, failure, json, send, throttled } from './http/reply.js';
import { type ApiPorts, resourceOperations } from './resources/index.js';
import { noParams } from './http/schemas.js';
import { FailedLogins } from './http/failed-logins.js';

export interface ApiOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Without any, `host` must be a loopback address. */
  readonly keys: readonly string[];
  /** What others reach the API by; null: made of host and port. */
  readonly publicUrl: string | null;
  /** For links to recordings; null: `publicUrl`. */
  readonly recordingsUrl: string | null;
  readonly recordingsDir: string;
  /** How long a link to a recording works, ms. */
  readonly linkLifeMs: number;
  /** At least 32 random bytes, kept over restarts. */
  readonly signingKey: Uint8Array;
  /** Connections one address may have; 0: no limit of its own. 100 when absent. */
  readonly connectionsPerAddress?: number;
  /** Of Offhook, shown in the OpenAPI document. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Api {
  readonly app: Express;
  /** Makes the links to recordings that reports carry. */
  readonly links: RecordingLinks;
  /** What others reach it by. */
  url(): string;
  /** Opens the API. Fails when the address is taken, or open to the network without a key. */
  listen(): Promise<Result<{ readonly url: string }, Problem>>;
  /** Takes nothing more and ends what is open. Idempotent. */
  close(): Promise<void>;
}

/** Largest body, bytes: that of a flow to check. */
const MAX_BODY = 1024 * 1024;
const CONNECTIONS_PER_ADDRESS = 100;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How often connections are held to these times: one that says nothing keeps its place no longer than it must. */
const CHECK_MS = 1000;

/** Builds the API; nothing is open before `listen`. */
export function createApi(ports: ApiPorts, options: ApiOptions): Api {
  const { clock, log, keys, recordingsDir } = options;
  let ownUrl = urlOf(options.host, options.port);
  const publicUrl = (): string => options.publicUrl ?? ownUrl;
  const links = new RecordingLinks({
    key: options.signingKey,
    publicUrl: () => options.recordingsUrl ?? publicUrl(),
    lifeMs: options.linkLifeMs,
    clock,
  });
  const metrics = new Metrics(ports, log);
  const authenticator = new Authenticator({ keys, publicUrl });
  const wrongTokens = new FailedLogins();
  const wrongLinks = new FailedLogins();
  const about = { url: options.publicUrl ?? '/', version: options.version };
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_MS,
  });
  const connections = new ApiConnections({
    server,
    perAddress: options.connectionsPerAddress ?? CONNECTIONS_PER_ADDRESS,
    clock,
    log,
  });
  const operations = allOperations({ ports, links, recordingsDir, wrongTokens, wrongLinks }, metrics, about);
  const app = buildApp(operations, { connections, authenticator, log });
  server.on('request', app);
  const live = new LiveEvents({ server, feed: ports.feed, connections, authenticator, clock, log });
  let closing: Promise<void> | null = null;
  return {
    app,
    links,
    url: publicUrl,
    async listen() {
      const listening = await listen(server, options);
      if (listening.ok) ownUrl = listening.value.url;
      return listening;
    },
    close() {
      closing ??= new Promise((resolve) => {
        live.close();
        connections.close();
        metrics.close();
        authenticator.close();
        wrongTokens.close();
        wrongLinks.close();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

/**
 * Everything the API understands, its own description last. Nothing is asked of ports and metrics before a request comes.
 *
 * @param about what the description says of the API itself
 */
export function allOperations(
  context: ApiContext<ApiPorts>,
  metrics: Pick<Metrics, 'registry'>,
  about: { readonly url: string; readonly version: string },
): readonly ApiOperation[] {
  const operations = [...resourceOperations(context), metricsOperation(metrics)];
  const document = operation({
    id: 'openapi',
    method: 'get',
    path: '/openapi.json',
    tag: 'Health',
    summary: 'Returns this description of the API.',
    access: 'open',
    params: noParams,
    query: noParams,
    answers: { 200: { description: 'An OpenAPI 3.1 document.' } },
    handle: () => json(made),
  });
  const made = openApiDocument([...operations, document], about);
  return [...operations, document];
}

interface Gates {
  readonly connections: ApiConnections;
  readonly authenticator: Authenticator;
  readonly log: Logger;
}

function buildApp(operations: readonly ApiOperation[], { connections, authenticator, log }: Gates): Express {
  const app = express();
  app.disable('etag');
  app.use(helmet());
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  const room = roomRequired(connections);
  const guard = keyRequired(authenticator, () => null);
  const tokenGuard = keyRequired(authenticator, tokenIn);
  // The body stays text: an operation that needs JSON parses it after a check of its size and depth.
  const text = express.text({ type: () => true, limit: MAX_BODY });
  const bytes = express.raw({ type: () => true, limit: MAX_BODY });
  const limit = bodyLimit(MAX_BODY);
  for (const declared of operations) {
    const body = declared.body === undefined ? [] : [limit, declared.body.raw === true ? bytes : text];
    const first = declared.access === 'key' ? [guard] : declared.access === 'open' ? [openToPages] : [];
    const last = declared.access === 'token' ? [tokenGuard] : [];
    const place = declared.vital === true ? [] : [room];
    mount(app, declared, [...place, ...first, answeredEarly(declared), ...body, ...last]);
  }
  // Strangers learn nothing about which paths there are.
  app.use('/v1', guard);
  app.use((_request, response) => send(response, failure(404, 'API_NOT_FOUND')));
  app.use(errorHandler(log));
  return app;
}

/** Refuses what finds no place, and ends its connection. */
function roomRequired(connections: ApiConnections): RequestHandler {
  return (request, response, next) => {
    if (connections.hasRoom(request)) {
      next();
      return;
    }
    response.set('Connection', 'close');
    send(response, tooManyConnections());
  };
}

/**
 * @param otherKey a key that stands somewhere else than in the headers, which win
 */
function keyRequired(authenticator: Authenticator, otherKey: (request: Request) => string | null): RequestHandler {
  return async (request, response, next) => {
    const key = otherKey(request);
    const headers = key === null ? request.headers : { 'x-api-key': key, ...request.headers };
    const verdict = await authenticator.authenticate({ headers, address: request.socket.remoteAddress ?? '' });
    if (verdict === 'ok') {
      next();
      return;
    }
    if (verdict === 'unauthorized') response.set('WWW-Authenticate', 'Bearer');
    send(response, verdict === 'throttled' ? throttled() : failure(...AUTH_REFUSALS[verdict]));
  };
}

/** `custToken` of a JSON body; null without one. */
function tokenIn(request: Request): string | null {
  const body: unknown = request.body;
  if (typeof body !== 'string' || jsonTooBig(body) !== null) return null;
  try {
    const parsed: unknown = JSON.parse(body);
    const token = typeof parsed === 'object' && parsed !== null && 'custToken' in parsed ? parsed.custToken : null;
    return typeof token === 'string' && token !== '' ? token : null;
  } catch {
    return null;
  }
}

/** The token of a resume URL is a secret. */
function shownPath(path: string): string {
  return path.replace(/^\/resume\/.*/s, `/resume/${MASK}`);
}

/** What is open may be shown by pages elsewhere: a link to a recording inside somebody's CRM. */
const openToPages: RequestHandler = (_request, response, next) => {
  response.set('Cross-Origin-Resource-Policy', 'cross-origin');
  next();
};

/** Errors of express itself (a body too large, a path that cannot be decoded) are the client's; all others are ours, and logged. */
function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
    const clients = status >= 400 && status < 500;
    if (response.headersSent) {
      // What a body parser says of a body that was answered before its end has nobody to go to.
      if (!clients) next(error);
    } else if (status === 413) send(response, failure(413, 'API_TOO_LARGE'));
    else if (clients) send(response, failure(status, 'API_BAD_REQUEST'));
    else if (error instanceof JournalFormatError) {
      log.error({ code: error.code, method: request.method, path: shownPath(request.path) }, error.message);
      send(response, failure(500, error.code, error.message));
    } else {
      log.error(
        { code: 'API_FAILED', method: request.method, path: shownPath(request.path), error: errorTrace(error) },
        'the API failed to answer',
      );
      send(response, failure(500, 'API_FAILED'));
    }
  };
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listen(server: Server, { host, port, keys, log }: ApiOptions): Promise<Result<{ readonly url: string }, Problem>> {
  const at = { file: 'offhook.json', path: '$.api' };
  if (keys.length === 0 && !isLoopback(host)) {
    const message = `the API would be open to everybody who reaches ${host}`;
    return Promise.resolve(err(problem('API_OPEN_WITHOUT_KEY', { ...at, message })));
  }
  return new Promise((resolve) => {
    const failed = (error: Error): void =>
      resolve(err(problem('API_LISTEN_FAILED', { ...at, message: `${host}:${port}: ${error.message}` })));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      // An accept that fails (out of descriptors) must not end anything; the next one is tried when it comes.
      server.on('error', (error) => {
        jobFailed('taking connections of the API', log, error);
      });
      const { port: bound } = server.address() as AddressInfo;
      resolve(ok({ url: urlOf(host, bound) }));
    });
  });
}
