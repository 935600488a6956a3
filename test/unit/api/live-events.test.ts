import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { KEY, startApi, type TestApi } from '../../support/api.js';
import { began, entered, entry } from '../../support/stores.js';

let api: TestApi | null = null;
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await api?.close();
  api = null;
});

const bearer = { authorization: `Bearer ${KEY}` };

/** A client that notes what it hears. */
async function follow(path = '/v1/events', headers: Record<string, string> = bearer) {
  const socket = new WebSocket(api!.url.replace('http', 'ws') + path, { headers });
  sockets.push(socket);
  const heard: unknown[] = [];
  socket.on('message', (data) => heard.push(JSON.parse((data as Buffer).toString())));
  await once(socket, 'open');
  return { socket, heard };
}

/** The status an upgrade is refused with. */
async function refusal(path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(api!.url.replace('http', 'ws') + path, { headers });
  sockets.push(socket);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  return response.statusCode;
}

describe('live events', () => {
  it('tell of calls and their journals as they happen', async () => {
    api = await startApi();
    const { heard } = await follow();
    const first = entry(1, began('c1', { cli: '1' }));
    const last = entry(3, { type: 'end', termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' } });
    for (const item of [first, entered(2, 'a'), last]) api.emit({ kind: 'journal', callId: 'c1', entry: item });
    api.emit({ kind: 'refused', at: 5, status: 503, reason: 'limit' });
    await expect.poll(() => heard).toHaveLength(6);
    expect(heard).toEqual([
      { type: 'call.started', callId: 'c1', at: first.at, flowId: 'demo', facts: { cli: '1' } },
      { type: 'journal', callId: 'c1', entry: first },
      { type: 'journal', callId: 'c1', entry: entered(2, 'a') },
      { type: 'journal', callId: 'c1', entry: last },
      { type: 'call.ended', callId: 'c1', at: last.at, termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' } },
      { type: 'call.refused', at: 5, status: 503, reason: 'limit' },
    ]);
  });

  it('have a hundred clients at most; the next is told to come later, and finds the place of one that left', async () => {
    api = await startApi({ connectionsPerAddress: 0 });
    await Promise.all(Array.from({ length: 100 }, () => follow()));
    expect(await refusal('/v1/events', bearer)).toBe(503);
    sockets[0]?.terminate();
    await expect
      .poll(() =>
        follow().then(
          () => 'open',
          () => 'refused',
        ),
      )
      .toBe('open');
  });

  it('can be narrowed to one call', async () => {
    api = await startApi();
    const { heard } = await follow('/v1/events?call=c2');
    api.emit({ kind: 'journal', callId: 'c1', entry: entered(1, 'a') });
    api.emit({ kind: 'refused', at: 5, status: 503, reason: 'limit' });
    api.emit({ kind: 'journal', callId: 'c2', entry: entered(2, 'b') });
    await expect.poll(() => heard).toHaveLength(1);
    expect(heard).toMatchObject([{ callId: 'c2' }]);
  });

  it.each([
    ['no key', '/v1/events', {}, 401],
    ['a wrong key', '/v1/events', { 'x-api-key': 'wrong' }, 401],
    ['a key in the address only', `/v1/events?key=${KEY}`, {}, 401],
    ['another path', '/v1/other', bearer, 404],
    ['a page of another site', '/v1/events', { ...bearer, origin: 'https://evil.example' }, 403],
    ['a page without origin', '/v1/events', { ...bearer, origin: 'null' }, 403],
  ])('are refused with %s', async (_, path, headers, status) => {
    api = await startApi();
    expect(await refusal(path, headers as Record<string, string>)).toBe(status);
  });

  it('are open to pages of the public address', async () => {
    api = await startApi({ publicUrl: 'https://ivr.example' });
    await follow('/v1/events', { ...bearer, origin: 'https://ivr.example' });
    await follow('/v1/events', { ...bearer, origin: api.url });
  });

  it('without a key are open to this machine, not to foreign pages', async () => {
    api = await startApi({ keys: [] });
    await follow('/v1/events', {});
    expect(await refusal('/v1/events', { origin: 'https://evil.example' })).toBe(403);
    expect(await refusal('/v1/events', { host: 'evil.example' })).toBe(403);
  });

  it('throttle guessing', async () => {
    api = await startApi();
    const statuses = [];
    for (let i = 0; i < 22; i += 1) statuses.push(await refusal('/v1/events', { 'x-api-key': `guess-${i}` }));
    expect(statuses.slice(19)).toEqual([401, 429, 429]);
  });

  it('end for a client that says too much', async () => {
    api = await startApi();
    const { socket } = await follow();
    socket.send('x'.repeat(2000));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
  });

  it('end for a client that does not read, and go on for the others', async () => {
    api = await startApi();
    const { heard } = await follow('/v1/events?call=end');
    const { hostname, port } = new URL(api.url);
    const deaf = connect(Number(port), hostname);
    deaf.write(
      `GET /v1/events HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-API-Key: ${KEY}\r\n\r\n`,
    );
    await once(deaf, 'data');
    deaf.pause();
    const closed = once(deaf, 'close');
    const big = entry(1, { type: 'note', text: 'x'.repeat(500_000) });
    for (let i = 0; i < 40; i += 1) {
      api.emit({ kind: 'journal', callId: 'c1', entry: big });
      await new Promise((resolve) => setImmediate(resolve));
    }
    deaf.resume();
    await closed;
    api.emit({ kind: 'journal', callId: 'end', entry: entered(1, 'a') });
    await expect.poll(() => heard).toHaveLength(1);
  });

  it('say good-bye when Offhook stops', async () => {
    api = await startApi();
    const { socket } = await follow();
    const closing = once(socket, 'close');
    await api.api.close();
    expect(((await closing) as [number])[0]).toBe(1001);
  });
});
