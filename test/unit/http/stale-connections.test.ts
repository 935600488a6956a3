import type { Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { Agent, Pool } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, type Exchange, type ExchangeResult, HttpClient } from '../../../src/http/client.js';
import { RenewablePool } from '../../../src/http/renewable-pool.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { type RawAnswer, type RawRequest, type RawServer, startRawServer } from '../../support/raw-server.js';
import { API_EXAMPLE_CERT, API_EXAMPLE_KEY, TEST_CA } from '../../support/tls-identity.js';

/* Connections that a server closes while they are kept: what is sent again, and by which connection. */

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
/** Of TCP; a TLS connection is just cut. */
const reset = (socket: Socket): void => {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
};
const fin = (socket: Socket): void => void socket.end();
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH'] as const;
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

type Way = 'plain' | 'tls' | 'proxied' | 'tls, proxied';

async function serving(answer: (request: RawRequest, server: RawServer) => RawAnswer, way: Way = 'plain') {
  const tls = way.startsWith('tls');
  const server: RawServer = await startRawServer(
    (request) => answer(request, server),
    tls ? { server: createTlsServer({ key: API_EXAMPLE_KEY, cert: API_EXAMPLE_CERT }), event: 'secureConnection' } : {},
  );
  const proxy = way.endsWith('proxied') ? await startForwardProxy() : null;
  const client = new HttpClient(
    { ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'], ca: [TEST_CA], proxy: proxy?.url ?? null },
    systemClock,
    (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  );
  opened.push(
    () => server.close(),
    async () => proxy?.close(),
    () => client.close(),
  );
  const ask = (method: string, path = '/', more: Partial<Exchange> = {}): Promise<ExchangeResult> =>
    client.exchange({
      method,
      url: `${tls ? 'https' : 'http'}://api.example:${server.port}${path}`,
      headers: [],
      body: method === 'POST' || method === 'PUT' || method === 'PATCH' ? '{}' : null,
      redirects: 0,
      maxBytes: 65_536,
      timeoutMs: 10_000,
      secretHeaders: new Set(),
      ...more,
    });
  return { server, ask, client };
}

/** A connection is free again a turn of the event loop after its answer. */
async function kept(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

/** Opens so many connections, each of which has carried an answer and is kept. */
async function keep(n: number, { server, ask }: Awaited<ReturnType<typeof serving>>): Promise<void> {
  await Promise.all(Array.from({ length: n }, () => ask('GET', '/together')));
  expect(server.connections()).toBe(n);
  await kept();
  server.received.length = 0;
}

/** Answers `/together` only when so many wait for it; whatever comes second on a connection meets its end. */
function keptThenDead(n: number, end: (socket: Socket) => void) {
  const waiting: Socket[] = [];
  return ({ url, turn, connection }: RawRequest): RawAnswer => {
    if (connection < n && turn > 0) return end;
    if (url !== '/together') return OK;
    return (socket) => {
      waiting.push(socket);
      if (waiting.length === n) for (const one of waiting.splice(0)) one.write(OK);
    };
  };
}

describe.each([1, 2, 5, 20])('with %i kept connections, all dead at reuse', (n) => {
  it.each(METHODS)('%s costs one repeat by a new connection, where one is safe', async (method) => {
    const rig = await serving(keptThenDead(n, reset));
    await keep(n, rig);
    const result = await rig.ask(method);
    if (IDEMPOTENT.has(method)) expect(result).toMatchObject({ kind: 'response', status: 200, attempts: 2 });
    else expect(result).toMatchObject({ kind: 'failed', failure: 'connection', attempts: 1 });
    expect(rig.server.received.map(({ method: sent }) => sent)).toEqual(IDEMPOTENT.has(method) ? [method, method] : [method]);
  });

  it('a POST that failed leaves no dead connection for the next one', async () => {
    const rig = await serving(keptThenDead(n, reset));
    await keep(n, rig);
    expect(await rig.ask('POST')).toMatchObject({ failure: 'connection' });
    expect(await rig.ask('POST')).toMatchObject({ status: 200, attempts: 1 });
    expect(rig.server.received).toHaveLength(2);
  });
});

it.each<Way>(['plain', 'tls', 'proxied', 'tls, proxied'])('so it is %s', async (way) => {
  const rig = await serving(keptThenDead(3, fin), way);
  await keep(3, rig);
  expect(await rig.ask('GET')).toMatchObject({ status: 200, attempts: 2 });
  expect(rig.server.received).toHaveLength(2);
});

it('many requests that meet dead connections at once each get through', async () => {
  const rig = await serving(keptThenDead(10, reset));
  await keep(10, rig);
  const results = await Promise.all(Array.from({ length: 10 }, () => rig.ask('GET')));
  for (const result of results) expect(result).toMatchObject({ status: 200 });
});

it('a request under way on a kept connection is answered though others are let go beside it', async () => {
  let answerSlow = (): void => undefined;
  const dead = keptThenDead(2, reset);
  const rig = await serving((request) => {
    if (request.url !== '/slow') return dead(request);
    return (socket) => {
      answerSlow = () => socket.write(OK);
    };
  });
  await keep(2, rig);
  const slow = rig.ask('GET', '/slow');
  await vi.waitFor(() => expect(rig.server.received).toHaveLength(1));
  expect(await rig.ask('GET')).toMatchObject({ status: 200, attempts: 2 });
  answerSlow();
  expect(await slow).toMatchObject({ status: 200, attempts: 1 });
});

it('every hop of a redirect may meet a dead connection', async () => {
  const other = await serving(keptThenDead(1, fin));
  const target = `http://api.example:${other.server.port}/there`;
  const rig = await serving(({ turn, connection, url }) => {
    if (url === '/warm') return OK;
    if (connection === 0 && turn > 0) return reset;
    return `HTTP/1.1 302 Found\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`;
  });
  await rig.ask('GET', '/warm');
  const there = { url: target };
  await rig.ask('GET', '/', { ...there, url: `http://api.example:${other.server.port}/together` });
  await kept();
  expect(await rig.ask('GET', '/', { redirects: 1 })).toMatchObject({ status: 200, attempts: 3 });
});

describe('an answer that has begun', () => {
  it.each<[string, RawAnswer]>([
    ['is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['cannot be parsed', 'HTTP/1.1 200 OK\r\nContent Length: 2\r\n\r\n{}'],
    ['has two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['has too many headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(5000)}\r\n`],
    ['breaks off in its status', (socket) => socket.end('HTTP/1.1 2')],
    ['breaks off in its headers', (socket) => socket.write('HTTP/1.1 200 OK\r\nX-A:', () => socket.resetAndDestroy())],
    ['breaks off in its body', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{')],
    ['is only interim', (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('and %s, on a used connection too, is never asked for again', async (_what, bad) => {
    for (const method of METHODS.filter((one) => one !== 'HEAD')) {
      const rig = await serving(({ turn }) => (turn === 0 ? OK : bad));
      await rig.ask('GET');
      await kept();
      expect(await rig.ask(method)).toMatchObject({ kind: 'failed', attempts: 1 });
      expect(rig.server.received.map(({ connection }) => connection)).toEqual([0, 0]);
    }
  });
});

it.each([reset, fin])('a new connection that closes without an answer is not tried again', async (end) => {
  for (const way of ['plain', 'tls'] as const) {
    const rig = await serving(() => end, way);
    expect(await rig.ask('GET')).toMatchObject({ failure: 'connection', attempts: 1 });
    expect(rig.server.received).toHaveLength(1);
  }
});

describe('an answer that must not have a body', () => {
  const lines = (...more: string[]): string => [...more, '', ''].join('\r\n');
  const BODIES: readonly (readonly [string, string])[] = [
    ['a length and a body', `${lines('Content-Type: application/json', 'Content-Length: 2')}{}`],
    ['a length and no body', lines('Content-Length: 2')],
    ['chunks', `${lines('Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\n\r\n`],
    ['chunks that are broken', `${lines('Transfer-Encoding: chunked')}zz\r\n`],
    ['a compressed body', `${lines('Content-Encoding: gzip', 'Content-Length: 4')}nope`],
    ['an enormous length', lines('Content-Length: 99999999999')],
    ['a body without any length', `${lines('X-A: b')}{"a":1}`],
    ['a second answer behind it', `${lines('X-A: b')}HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n`],
  ];
  for (const status of [204, 205, 304])
    it.each(BODIES)(`${status} with %s is judged by its status, and so is what follows`, async (_what, rest) => {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const rig = await serving(({ connection }) => (connection === 0 ? `HTTP/1.1 ${status} X\r\n${rest}` : OK));
        expect(await rig.ask(method)).toMatchObject({ kind: 'response', status, body: null, problem: null, attempts: 1 });
        await kept();
        expect(await rig.ask('POST')).toMatchObject({ kind: 'response', status: 200 });
        expect(rig.server.received).toHaveLength(2);
      }
    });

  it.each(BODIES)('an answer to HEAD with %s is, too', async (_what, rest) => {
    const rig = await serving(({ connection }) => (connection === 0 ? `HTTP/1.1 200 OK\r\n${rest}` : OK));
    expect(await rig.ask('HEAD')).toMatchObject({ kind: 'response', status: 200, body: null, attempts: 1 });
    expect(await rig.ask('POST')).toMatchObject({ kind: 'response', status: 200 });
    expect(rig.server.received).toHaveLength(2);
  });

  it.each([lines('X-A: b'), lines('Content-Length: 0')])('a clean one keeps its connection', async (rest) => {
    const rig = await serving(() => `HTTP/1.1 204 No Content\r\n${rest}`);
    await rig.ask('GET');
    await kept();
    await rig.ask('GET');
    expect(rig.server.connections()).toBe(1);
  });
});

describe('when only the status is wanted', () => {
  it.each<[string, RawAnswer]>([
    ['breaks off', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{')],
    ['is reset', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{', () => socket.resetAndDestroy())],
    ['never ends', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'],
    ['has broken chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['is too large', `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{`],
  ])('a body that %s changes nothing', async (_what, answer) => {
    const rig = await serving(() => answer);
    expect(await rig.ask('POST', '/', { statusOnly: true, timeoutMs: 300 })).toMatchObject({ kind: 'response', status: 200 });
    const wanted = await rig.ask('POST', '/', { timeoutMs: 300 });
    expect(wanted.kind === 'failed' || wanted.problem !== null).toBe(true);
  });

  it('no answer is still none', async () => {
    const rig = await serving(() => () => undefined);
    expect(await rig.ask('POST', '/', { statusOnly: true, timeoutMs: 100 })).toMatchObject({ failure: 'timeout' });
  });
});

it('an origin without a connection or a request is let go, whatever was renewed before', async () => {
  const server = await startRawServer(() => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  const closed = vi.fn();
  const pools: RenewablePool[] = [];
  const agent = new Agent({
    factory: (origin, options) => {
      const pool = new RenewablePool(() => new Pool(origin, options), closed);
      pools.push(pool);
      return pool;
    },
  });
  opened.push(
    () => server.close(),
    () => agent.destroy(),
  );
  const ask = async (): Promise<void> => {
    const { body } = await agent.request({ origin: server.origin, path: '/', method: 'GET' });
    await body.dump();
  };
  await ask();
  await kept();
  pools[0]?.renew();
  await ask();
  await kept();
  expect([pools.length, server.connections(), closed.mock.calls.length]).toEqual([1, 2, 0]);
  for (const socket of server.sockets) socket.end();
  await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1));
  await ask();
  expect(pools).toHaveLength(2);
});
