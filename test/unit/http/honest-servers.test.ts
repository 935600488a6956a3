import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, type ExchangeResult, HttpClient } from '../../../src/http/client.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { API_EXAMPLE_CERT, API_EXAMPLE_KEY, TEST_CA } from '../../support/tls-identity.js';

/* Framings that servers in the field use: none of them may be taken for a hostile one. */

/** What a server answers, and what is made of it. */
interface Answer {
  readonly method?: 'HEAD';
  readonly bytes: Buffer;
  readonly status: number;
  readonly body: string | null;
  /** The server closes behind it. */
  readonly closes?: true;
}

const JSON_TEXT = '{"order":"4711","state":"sent"}';
const LARGE = JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ i })));

const raw = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
const head = (first: string, ...lines: string[]): string => [first, ...lines, '', ''].join('\r\n');
const chunk = (data: string | Buffer, size = data.length.toString(16)): Buffer => raw(`${size}\r\n`, data, '\r\n');
const LAST = '0\r\n\r\n';

/** Every so many bytes one chunk. */
function chunked(data: string | Buffer, bytes: number): Buffer {
  const whole = raw(data);
  const parts: Buffer[] = [];
  for (let at = 0; at < whole.length; at += bytes) parts.push(chunk(whole.subarray(at, at + bytes)));
  return raw(...parts, LAST);
}

const KEEP_ALIVE: readonly (readonly [string, Answer])[] = [
  [
    'nginx before an application, compressed on the way',
    {
      bytes: raw(
        head(
          'HTTP/1.1 200 OK',
          'Server: nginx/1.24.0',
          'Content-Type: application/json',
          'Transfer-Encoding: chunked',
          'Connection: keep-alive',
          'Vary: Accept-Encoding',
          'Content-Encoding: gzip',
        ),
        chunked(gzipSync(LARGE), 4096),
      ),
      status: 200,
      body: LARGE,
    },
  ],
  [
    'Apache with a length',
    {
      bytes: raw(
        head(
          'HTTP/1.1 200 OK',
          'Server: Apache',
          `Content-Length: ${JSON_TEXT.length}`,
          'Keep-Alive: timeout=5, max=100',
          'Connection: Keep-Alive',
        ),
        JSON_TEXT,
      ),
      status: 200,
      body: JSON_TEXT,
    },
  ],
  [
    'Node, chunk by chunk',
    {
      bytes: raw(head('HTTP/1.1 200 OK', 'Connection: keep-alive', 'Transfer-Encoding: chunked'), chunked(LARGE, 100)),
      status: 200,
      body: LARGE,
    },
  ],
  [
    'Go with trailers',
    {
      bytes: raw(
        head('HTTP/1.1 200 OK', 'Trailer: Grpc-Status, Server-Timing', 'Transfer-Encoding: chunked'),
        chunk(JSON_TEXT),
        '0\r\nGrpc-Status: 0\r\nServer-Timing: db;dur=53\r\n\r\n',
      ),
      status: 200,
      body: JSON_TEXT,
    },
  ],
  [
    'uvicorn in small letters',
    {
      bytes: raw(head('HTTP/1.1 200 OK', 'server: uvicorn', 'transfer-encoding: chunked'), chunked(JSON_TEXT, 7)),
      status: 200,
      body: JSON_TEXT,
    },
  ],
  [
    'Tomcat without a reason phrase',
    { bytes: raw(head('HTTP/1.1 200 ', 'Transfer-Encoding:chunked'), chunked(JSON_TEXT, 8192)), status: 200, body: JSON_TEXT },
  ],
  [
    'capital digits and leading zeros of sizes',
    {
      bytes: raw(
        head('HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked'),
        chunk(LARGE.slice(0, 0xabc), '00000ABC'),
        chunk(LARGE.slice(0xabc)),
        LAST,
      ),
      status: 200,
      body: LARGE,
    },
  ],
  [
    '100 and 103 before the answer',
    {
      bytes: raw(
        head('HTTP/1.1 100 Continue'),
        head('HTTP/1.1 103 Early Hints', 'Link: </style.css>; rel=preload'),
        head('HTTP/1.1 201 Created', 'Transfer-Encoding: chunked'),
        chunked(JSON_TEXT, 8),
      ),
      status: 201,
      body: JSON_TEXT,
    },
  ],
  ['204', { bytes: raw(head('HTTP/1.1 204 No Content', 'Server: nginx')), status: 204, body: null }],
  ['304', { bytes: raw(head('HTTP/1.1 304 Not Modified', 'ETag: "a"', 'Content-Length: 5000')), status: 304, body: null }],
  ['an empty body', { bytes: raw(head('HTTP/1.1 200 OK', 'Content-Length: 0')), status: 200, body: null }],
  [
    'an empty body in chunks',
    { bytes: raw(head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), LAST), status: 200, body: null },
  ],
  [
    'HEAD with the length of what GET has',
    { method: 'HEAD', bytes: raw(head('HTTP/1.1 200 OK', 'Content-Length: 5000')), status: 200, body: null },
  ],
  [
    'HEAD that names the coding of what GET has',
    { method: 'HEAD', bytes: raw(head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')), status: 200, body: null },
  ],
  [
    'a status of an API with its reasons',
    {
      bytes: raw(head('HTTP/1.1 422 Unprocessable Entity', 'Transfer-Encoding: chunked'), chunked(JSON_TEXT, 1)),
      status: 422,
      body: JSON_TEXT,
    },
  ],
  [
    'chunks with extensions',
    {
      bytes: raw(
        head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'),
        chunk(JSON_TEXT, `${JSON_TEXT.length.toString(16)};sig="a"`),
        LAST,
      ),
      status: 200,
      body: JSON_TEXT,
    },
  ],
  [
    'header lines enough for a gateway',
    {
      bytes: raw(
        head(
          'HTTP/1.1 200 OK',
          ...Array.from({ length: 120 }, (_, i) => `X-Gateway-${i}: ${'v'.repeat(80)}`),
          'Transfer-Encoding: chunked',
        ),
        chunked(LARGE, 1000),
      ),
      status: 200,
      body: LARGE,
    },
  ],
];

const CLOSING: readonly (readonly [string, Answer])[] = [
  [
    'Python, HTTP/1.0 to the end of the connection',
    { bytes: raw(head('HTTP/1.0 200 OK', 'Server: SimpleHTTP/0.6'), LARGE), status: 200, body: LARGE, closes: true },
  ],
  [
    'a length and a close',
    {
      bytes: raw(head('HTTP/1.1 200 OK', 'Connection: close', `Content-Length: ${JSON_TEXT.length}`), JSON_TEXT),
      status: 200,
      body: JSON_TEXT,
      closes: true,
    },
  ],
  [
    'the end of the connection, HTTP/1.1',
    { bytes: raw(head('HTTP/1.1 200 OK', 'Connection: close'), LARGE), status: 200, body: LARGE, closes: true },
  ],
  [
    'chunks and a close',
    {
      bytes: raw(head('HTTP/1.1 200 OK', 'Connection: close', 'Transfer-Encoding: chunked'), chunked(LARGE, 8000)),
      status: 200,
      body: LARGE,
      closes: true,
    },
  ],
];

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

interface Way {
  readonly tls: boolean;
  readonly proxied: boolean;
}

/** A server that gives the answer it is told to, in pieces of so many bytes, and a client that asks it. */
async function serving({ tls, proxied }: Way, pieceBytes = Infinity) {
  let next: Answer | null = null;
  const sockets: Socket[] = [];
  const onSocket = (socket: Socket): void => {
    sockets.push(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      if (next === null || !bytes.includes('\r\n\r\n')) return;
      void writeInPieces(socket, next, pieceBytes);
    });
  };
  const server: Server = tls
    ? createTlsServer({ key: API_EXAMPLE_KEY, cert: API_EXAMPLE_CERT }, onSocket)
    : createServer(onSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = proxied ? await startForwardProxy() : null;
  const trust = { allowHttp: true, allowNetworks: ['127.0.0.0/8'], ca: [TEST_CA] };
  const client = new HttpClient({ ...CLIENT_DEFAULTS, ...trust, proxy: proxy?.url ?? null }, systemClock, (_name, done) => {
    done(null, [{ address: '127.0.0.1', family: 4 }]);
  });
  opened.push(async () => {
    await client.close();
    await proxy?.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = `${tls ? 'https' : 'http'}://api.example:${(server.address() as AddressInfo).port}/`;
  const ask = (answer: Answer): Promise<ExchangeResult> => {
    next = answer;
    const limits = { redirects: 0, maxBytes: 1_000_000, timeoutMs: 5000, secretHeaders: new Set<string>() };
    return client.exchange({ method: answer.method ?? 'GET', url, headers: [], body: null, ...limits });
  };
  return { ask, connections: () => sockets.length };
}

async function writeInPieces(socket: Socket, { bytes, closes }: Answer, pieceBytes: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    socket.write(bytes.subarray(at, Math.min(at + pieceBytes, bytes.length)));
    if (pieceBytes < bytes.length) await new Promise((resolve) => setImmediate(resolve));
  }
  if (closes) socket.end();
}

const seen = (result: ExchangeResult): unknown =>
  result.kind === 'failed'
    ? result
    : { status: result.status, body: result.body?.toString('latin1') ?? null, problem: result.problem };
const meant = ({ status, body }: Answer): unknown => ({ status, body, problem: null });

// docs/behaviour.md#egress
describe.each<Way>([
  { tls: false, proxied: false },
  { tls: true, proxied: false },
  { tls: false, proxied: true },
  { tls: true, proxied: true },
])('an honest server (TLS: $tls, through a proxy: $proxied)', (way) => {
  it.each(KEEP_ALIVE)('may answer as %s, again and again on one connection', async (_what, answer) => {
    const { ask, connections } = await serving(way);
    for (let i = 0; i < 6; i += 1) expect(seen(await ask(answer))).toEqual(meant(answer));
    // HEAD ends its connection unless the server says that it stays; so does a body that a 304 names and has not.
    if (answer.method !== 'HEAD' && answer.status !== 304) expect(connections()).toBeLessThan(6);
  });

  it.each(CLOSING)('may answer by %s', async (_what, answer) => {
    const { ask } = await serving(way);
    for (let i = 0; i < 2; i += 1) expect(seen(await ask(answer))).toEqual(meant(answer));
  });

  it('may change from one framing to another on one connection', async () => {
    const { ask, connections } = await serving(way);
    for (const [, answer] of [...KEEP_ALIVE, ...[...KEEP_ALIVE].reverse()])
      expect(seen(await ask(answer))).toEqual(meant(answer));
    expect(connections()).toBeLessThan(KEEP_ALIVE.length);
  });

  it('may send in pieces that end anywhere', async () => {
    const { ask } = await serving(way, 17);
    for (const [, answer] of KEEP_ALIVE) {
      if (answer.bytes.length < 5000) expect(seen(await ask(answer))).toEqual(meant(answer));
    }
  });

  it('may have many large answers under way, which wait for a place', async () => {
    const { ask } = await serving(way);
    const large = 'x'.repeat(900_000);
    const answer: Answer = {
      bytes: raw(head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), chunked(large, 5000)),
      status: 200,
      body: large,
    };
    const results = await Promise.all(Array.from({ length: 24 }, () => ask(answer)));
    for (const result of results) expect(seen(result)).toEqual(meant(answer));
  });
});
