import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { KEY, startApi, type TestApi } from '../../support/api.js';

let api: TestApi | null = null;
const floods: { stop(): void }[] = [];
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const flood of floods.splice(0)) flood.stop();
  for (const socket of sockets.splice(0)) socket.terminate();
  await api?.close();
  api = null;
});

/** Keeps so many connections open that send `head` and nothing more, each opened again when it is cut. */
async function flood(count: number, head: string, localAddress: (i: number) => string) {
  const { port } = new URL(api!.url);
  const open = new Set<Socket>();
  let over = false;
  let cut = 0;
  const again = (i: number): void => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress: localAddress(i) });
    open.add(socket);
    socket.on('connect', () => socket.write(head));
    socket.on('error', () => undefined);
    socket.resume();
    socket.on('close', () => {
      open.delete(socket);
      if (over) return;
      cut++;
      setTimeout(again, 20, i);
    });
  };
  for (let i = 0; i < count; i++) again(i);
  floods.push({
    stop() {
      over = true;
      for (const socket of open) socket.destroy();
    },
  });
  await Promise.all([...open].map((socket) => once(socket, 'connect')));
  return { cut: () => cut };
}

/** Status of an answer to a request of its own connection. */
async function asked(path: string, { method = 'GET', localAddress = '127.0.0.1' } = {}): Promise<number | undefined> {
  const sent = request(api!.url + path, { method, localAddress, headers: { 'X-API-Key': KEY }, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

const one = (): string => '127.0.0.1';
const many = (i: number): string => `127.0.${1 + (i >> 7)}.${1 + (i & 127)}`;
const HALF_A_HEAD = 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
const SLOW_BODY = `POST /v1/flows/check HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${KEY}\r\nContent-Length: 100\r\n\r\n{`;

describe.each([
  { what: 'half a head from one address', count: 1500, head: HALF_A_HEAD, from: one },
  { what: 'half a head from many', count: 1500, head: HALF_A_HEAD, from: many },
  { what: 'half a head, more than there may be', count: 2500, head: HALF_A_HEAD, from: one },
  { what: 'half a body from one address', count: 300, head: SLOW_BODY, from: one },
  { what: 'half a body from many', count: 600, head: SLOW_BODY, from: many },
])('an API flooded with connections that send $what', ({ count, head, from }) => {
  it('answers questions about its health, resume URLs, and those who ask in earnest', async () => {
    api = await startApi();
    const { cut } = await flood(count, head, from);
    const seen = new Set<string>();
    for (let round = 0; cut() < 100 || round < 10; round++) {
      const health = await asked('/health');
      const ready = await asked('/ready');
      const resumed = await asked('/resume/nobody', { method: 'POST' });
      seen.add(`${health} ${ready} ${resumed === 404 || resumed === 429}`);
    }
    expect([...seen]).toEqual(['200 200 true']);
    await expect.poll(() => asked('/v1/flows', { localAddress: '127.0.0.9' }), { timeout: 30_000 }).toBe(200);
  });
});

describe('shares of connections', () => {
  it('count live events, which are told what to do', async () => {
    api = await startApi({ connectionsPerAddress: 2 });
    const follow = (): WebSocket => {
      const socket = new WebSocket(`${api!.url.replace('http', 'ws')}/v1/events`, { headers: { 'x-api-key': KEY } });
      sockets.push(socket);
      socket.on('error', () => undefined);
      return socket;
    };
    await Promise.all([once(follow(), 'open'), once(follow(), 'open')]);
    const [, response] = (await once(follow(), 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(503);
    const refused = await api.get('/v1/calls');
    expect(refused.status).toBe(503);
    expect(refused.headers).toMatchObject({ 'retry-after': '5', connection: 'close' });
    expect(refused.body).toMatchObject({ error: { code: 'API_TOO_MANY_CONNECTIONS' } });
    expect((await api.get('/health')).status).toBe(200);
    sockets[0]?.terminate();
    await expect.poll(async () => (await api!.get('/v1/calls')).status).toBe(200);
  });

  it('keep no place for an upgrade that was refused, whatever its client does', async () => {
    api = await startApi();
    const { port } = new URL(api.url);
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    socket.write('GET /v1/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.resume();
    await once(socket, 'end');
    // The far side is closed, not half open: what is sent now meets nobody.
    const failed = once(socket, 'error');
    const writing = setInterval(() => socket.write('x'), 10);
    await failed.finally(() => clearInterval(writing));
    socket.destroy();
  });
});
