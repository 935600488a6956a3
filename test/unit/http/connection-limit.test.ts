import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, type ExchangeResult, HttpClient } from '../../../src/http/client.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { API_EXAMPLE_CERT, API_EXAMPLE_KEY, TEST_CA } from '../../support/tls-identity.js';

/* What a server may say beside its body, over connections of every age. */

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** A server that writes these bytes for every request, after so much of it has come; of several, one for each request of a connection. */
async function serving(answer: string | readonly string[], { tls = false, proxied = false, after = 1 } = {}) {
  const sockets: Socket[] = [];
  const onSocket = (socket: Socket): void => {
    const left = [answer].flat();
    sockets.push(socket);
    let got = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const before = got;
      got += bytes.length;
      if (before < after && got >= after) socket.write((left.length > 1 ? left.shift() : left[0]) ?? '');
      if (bytes.toString('latin1').endsWith('END')) got = 0;
    });
  };
  const server: Server = tls
    ? createTlsServer({ key: API_EXAMPLE_KEY, cert: API_EXAMPLE_CERT }, onSocket)
    : createServer(onSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = proxied ? await startForwardProxy() : null;
  const trust = { allowHttp: true, allowNetworks: ['127.0.0.0/8'], ca: [TEST_CA] };
  const reach = { ...CLIENT_DEFAULTS, ...trust, proxy: proxy?.url ?? null };
  const client = new HttpClient(reach, systemClock, (_name, done) => {
    done(null, [{ address: '127.0.0.1', family: 4 }]);
  });
  opened.push(async () => {
    await client.close();
    await proxy?.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = `${tls ? 'https' : 'http'}://api.example:${(server.address() as AddressInfo).port}/`;
  const ask = (body = 'END'): Promise<ExchangeResult> =>
    client.exchange({
      method: 'POST',
      url,
      headers: [],
      body,
      redirects: 0,
      maxBytes: 1_000_000,
      timeoutMs: 3000,
      secretHeaders: new Set(),
    });
  return { ask, connections: () => sockets.length };
}

const head = (...lines: string[]): string => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
const LARGE = head('Content-Length: 200000') + 'a'.repeat(200_000);
const CHUNKED = head('Transfer-Encoding: chunked');
const many = (count: number, line: string): string => head(...Array.from({ length: count }, () => line), 'Content-Length: 0');

// docs/behaviour.md#egress
describe.each([
  { tls: false, proxied: false },
  { tls: true, proxied: false },
  { tls: false, proxied: true },
  { tls: true, proxied: true },
])('a response (TLS: $tls, through a proxy: $proxied)', (way) => {
  it('may be large and without a single line, on a connection that is used again', async () => {
    const { ask, connections } = await serving(LARGE, way);
    for (let i = 0; i < 5; i += 1) expect(await ask()).toMatchObject({ kind: 'response', status: 200, problem: null });
    expect(connections()).toBeLessThan(5);
  });

  it('may come before a large request is out', async () => {
    const { ask } = await serving(LARGE, { ...way, after: 1000 });
    const result = await ask(`${'b'.repeat(3_000_000)}END`);
    expect(result).toMatchObject({ kind: 'response', status: 200 });
    expect(result.kind === 'response' && result.body?.length).toBe(200_000);
  });

  it('may have many headers, and some interim responses before it', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(5);
    const { ask } = await serving(interim + many(250, 'X-A: b'), way);
    for (let i = 0; i < 3; i += 1) expect(await ask()).toMatchObject({ kind: 'response', status: 200 });
  });

  it('may come in chunks of four bytes each, again and again', async () => {
    const { ask, connections } = await serving(`${CHUNKED}${'4\r\nabcd\r\n'.repeat(50_000)}0\r\n\r\n`, way);
    for (let i = 0; i < 3; i += 1) {
      const result = await ask();
      expect(result.kind === 'response' && result.body?.length).toBe(200_000);
    }
    expect(connections()).toBeLessThan(3);
  });

  it('may end with some trailers and have some extensions', async () => {
    const body = `${'2;signed="yes"\r\n{}\r\n'.repeat(200)}0\r\n${'Digest: abc\r\n'.repeat(100)}\r\n`;
    const { ask } = await serving(CHUNKED + body, way);
    for (let i = 0; i < 3; i += 1) expect(await ask()).toMatchObject({ kind: 'response', status: 200, problem: null });
  });

  it.each([
    ['301 headers', many(301, 'X-A: b')],
    ['17 kB of headers', many(1, `X-A: ${'b'.repeat(17_000)}`)],
    ['them after an interim response', `HTTP/1.1 103 Early Hints\r\n\r\n${many(301, 'X-A: b')}`],
    ['301 trailers', `${CHUNKED}2\r\n{}\r\n0\r\n${'a:\r\n'.repeat(301)}\r\n`],
    ['17 kB of extensions', `${CHUNKED}${'2;x=y\r\n{}\r\n'.repeat(4500)}0\r\n\r\n`],
    ['20,000 chunks of one byte', `${CHUNKED}${'1\r\na\r\n'.repeat(20_000)}0\r\n\r\n`],
    ['one extension of 17 kB', `${CHUNKED}2;${'x'.repeat(17_000)}\r\n{}\r\n0\r\n\r\n`],
    ['a size of 70,000 digits', `${CHUNKED}${'0'.repeat(70_000)}2\r\n{}\r\n0\r\n\r\n`],
    ['17,000 spaces before it', `${' '.repeat(17_000)}${head('Content-Length: 0')}`],
    ['9,000 empty lines before it', `${'\r\n'.repeat(9000)}${head('Content-Length: 0')}`],
    ['a status line of 17 kB', `HTTP/1.1 200 ${'O'.repeat(17_000)}K\r\nContent-Length: 0\r\n\r\n`],
  ])('has not %s', async (_what, answer) => {
    const { ask } = await serving(answer, way);
    expect(await ask()).toMatchObject({ kind: 'failed', failure: 'bad-response' });
  });

  it('is counted anew on a connection that is used again', async () => {
    // On each connection good once, then with too many headers.
    const { ask, connections } = await serving([head('Content-Length: 2') + '{}', many(301, 'X-A: b')], way);
    const results: ExchangeResult[] = [];
    for (let i = 0; i < 8; i += 1) results.push(await ask());
    const refused = results.filter(({ kind }) => kind === 'failed');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused).toHaveLength(results.length - connections());
    for (const each of refused) expect(each).toMatchObject({ failure: 'bad-response' });
  });
});
