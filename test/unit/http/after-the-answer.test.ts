import type { Socket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, type ExchangeResult, HttpClient } from '../../../src/http/client.js';
import { Framing } from '../../../src/http/framing.js';
import { type RawAnswer, type RawRequest, type RawServer, startRawServer } from '../../support/raw-server.js';

/* What stands between two answers of one connection: bytes that belong to none, and its end. */

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';

async function serving(answer: (request: RawRequest) => RawAnswer) {
  const server: RawServer = await startRawServer(answer);
  const client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'] }, systemClock);
  opened.push(
    () => server.close(),
    () => client.close(),
  );
  const ask = (method: string): Promise<ExchangeResult> =>
    client.exchange({
      method,
      url: `${server.origin}/`,
      headers: [],
      body: method === 'POST' ? '{}' : null,
      redirects: 0,
      maxBytes: 65_536,
      timeoutMs: 10_000,
      secretHeaders: new Set(),
    });
  return { server, ask };
}

it.each(['GET', 'POST'])(
  'an interim response has no body, whatever length it names: what follows it for %s must be a head',
  async (method) => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n';
    const clean = await serving(() => interim + OK);
    expect(await clean.ask(method)).toMatchObject({ kind: 'response', status: 200, attempts: 1 });
    const filled = await serving(() => `${interim}hello${OK}`);
    expect(await filled.ask(method)).toMatchObject({ kind: 'failed', failure: 'bad-response', attempts: 1 });
    expect(filled.server.received).toHaveLength(1);
  },
);

it.each<[string, (socket: Socket) => void]>([
  ['ended', (socket) => void socket.end()],
  ['reset', (socket) => socket.resetAndDestroy()],
])('a POST after its kept connection was %s goes out by a new one, once', async (_how, end) => {
  const { server, ask } = await serving(() => OK);
  expect(await ask('POST')).toMatchObject({ status: 200 });
  for (const socket of server.sockets) end(socket);
  // The end is known on this side when the server has it back.
  await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  expect(await ask('POST')).toMatchObject({ status: 200, attempts: 1 });
  expect(server.received.map(({ connection }) => connection)).toEqual([0, 1]);
});

it('a head may be as long as the limit to the byte', () => {
  const head = Buffer.from('HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n');
  const within = (limit: number): boolean => {
    const framing = new Framing(limit);
    framing.begin();
    return framing.accepts(Buffer.from(head));
  };
  expect([head.length + 1, head.length, head.length - 1].map(within)).toEqual([true, true, false]);
});
