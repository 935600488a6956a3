import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { gzipSync, deflateRawSync, deflateSync, brotliCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Aborted, systemClock } from '../../../src/lib/clock.js';
import { AnswerHeaders } from '../../../src/http/answer-headers.js';
import { CLIENT_DEFAULTS, HttpClient, type Exchange } from '../../../src/http/client.js';
import { coalesced, type ResolveAll } from '../../../src/http/connect.js';
import { type HostileServer, startHostileServer } from '../../support/hostile-server.js';

let server: HostileServer;
let other: HostileServer;
let client: HttpClient;

function clientFor(resolve?: ResolveAll): HttpClient {
  const allowHosts = [`127.0.0.1:${server.port}`, `127.0.0.1:${other.port}`, 'slow.example', 'api.example'];
  return new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowHosts }, systemClock, resolve);
}

beforeEach(async () => {
  [server, other] = await Promise.all([startHostileServer(), startHostileServer()]);
  client = clientFor();
});
afterEach(async () => {
  await client.close();
  await Promise.all([server.close(), other.close()]);
});

function get(path: string, more: Partial<Exchange> = {}): Exchange {
  const url = path.startsWith('http') ? path : server.origin + path;
  const base = { method: 'GET', headers: [], body: null, redirects: 0, maxBytes: 65_536, timeoutMs: 2000 };
  return { ...base, url, secretHeaders: new Set(), ...more };
}

describe('time and abort', () => {
  // docs/behaviour.md#request-timeout
  it('the clock covers the name lookup', async () => {
    const stuck = clientFor(() => undefined);
    const result = await stuck.exchange(get('http://slow.example/', { timeoutMs: 100 }));
    expect(result).toMatchObject({ kind: 'failed', failure: 'timeout' });
    await stuck.close();
  });

  // docs/behaviour.md#caller-hangs-up
  it('rejects with Aborted at once, before the lookup ends too', async () => {
    const stuck = clientFor(() => undefined);
    for (const pending of [
      stuck.exchange(get('http://slow.example/'), AbortSignal.abort()),
      abortSoon(stuck, 'http://slow.example/'),
    ])
      await expect(pending).rejects.toBeInstanceOf(Aborted);
    await expect(abortSoon(client, '/silent')).rejects.toBeInstanceOf(Aborted);
    await expect(abortSoon(client, '/slow-body')).rejects.toBeInstanceOf(Aborted);
    await stuck.close();
  });

  function abortSoon(which: HttpClient, path: string) {
    const abort = new AbortController();
    const pending = which.exchange(get(path), abort.signal);
    setTimeout(() => abort.abort(), 30);
    return pending;
  }

  // docs/behaviour.md#connection-timeout
  it('connectTimeoutMs covers the name lookup', async () => {
    const stuck = clientFor(() => undefined);
    const result = await stuck.exchange(get('http://slow.example/', { connectTimeoutMs: 50, timeoutMs: 5000 }));
    expect(result).toMatchObject({ kind: 'failed', failure: 'timeout', detail: 'no connection within 50 ms' });
    expect(result.ms).toBeLessThan(2000);
    await stuck.close();
  });

  it('connectTimeoutMs covers TLS', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.on('error', () => undefined).resume()));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const tls = new HttpClient({ ...CLIENT_DEFAULTS, allowHosts: [`127.0.0.1:${port}`] }, systemClock);
    const result = await tls.exchange(get(`https://127.0.0.1:${port}/`, { connectTimeoutMs: 50, timeoutMs: 5000 }));
    expect(result).toMatchObject({ failure: 'timeout', detail: 'no connection within 50 ms' });
    for (const socket of sockets) socket.destroy();
    await tls.close();
    await new Promise((resolve) => mute.close(resolve));
  });

  it('connectTimeoutMs says nothing about how long the answer takes', async () => {
    server.extra.set('slowly', (_request, response) => setTimeout(() => response.end('{}'), 750));
    for (let i = 0; i < 2; i += 1)
      expect(await client.exchange(get('/slowly', { connectTimeoutMs: 500 }))).toMatchObject({ status: 200 });
  });

  it('a connection that comes too late carries no request, and may serve the next', async () => {
    let answer: (() => void) | undefined;
    const late = clientFor((_name, done) => {
      answer = () => done(null, [{ address: '127.0.0.1', family: 4 }]);
    });
    const url = `http://api.example:${server.port}/ok`;
    expect(await late.exchange(get(url, { method: 'POST', connectTimeoutMs: 20 }))).toMatchObject({ failure: 'timeout' });
    answer?.();
    expect(await late.exchange(get(`http://127.0.0.1:${server.port}/ok`))).toMatchObject({ status: 200 });
    expect(server.received).toHaveLength(1);
    await late.close();
  });

  it('a request given up while its connection is still being made is never sent', async () => {
    let answer: (() => void) | undefined;
    const late = clientFor((_name, done) => {
      answer = () => done(null, [{ address: '127.0.0.1', family: 4 }]);
    });
    const url = `http://api.example:${server.port}/ok`;
    expect(await late.exchange(get(url, { timeoutMs: 50 }))).toMatchObject({ failure: 'timeout' });
    answer?.();
    expect(await late.exchange(get(`http://127.0.0.1:${server.port}/ok`))).toMatchObject({ status: 200 });
    expect(server.received).toHaveLength(1);
    await late.close();
  });

  it('a refused port and an unknown name are connection failures', async () => {
    const gone = await startHostileServer();
    await gone.close();
    const lost = new HttpClient(
      { ...CLIENT_DEFAULTS, allowHttp: true, allowHosts: ['127.0.0.1', 'nowhere.invalid'] },
      systemClock,
    );
    expect(await lost.exchange(get(`${gone.origin}/`))).toMatchObject({ failure: 'connection' });
    expect(await lost.exchange(get('http://nowhere.invalid/'))).toMatchObject({ failure: 'connection' });
    await lost.close();
  });
});

describe('connections', () => {
  it('are kept and used again', async () => {
    for (let i = 0; i < 5; i += 1) {
      await client.exchange(get('/ok'));
      await setImmediate();
    }
    expect(server.connections()).toBe(1);
  });

  it.each(['destroy', 'resetAndDestroy'] as const)(
    'a kept connection that closes (%s) under an idempotent request costs a second try, not the answer',
    async (how) => {
      let calls = 0;
      server.extra.set('flaky', (request, response) => {
        calls += 1;
        if (calls === 2) request.socket[how]();
        else response.end('{}');
      });
      expect(await client.exchange(get('/flaky'))).toMatchObject({ status: 200, attempts: 1 });
      await setImmediate();
      expect(await client.exchange(get('/flaky'))).toMatchObject({ status: 200, attempts: 2 });
      expect(calls).toBe(3);
    },
  );

  it('a POST is never sent twice', async () => {
    let calls = 0;
    server.extra.set('flaky', (request, response) => {
      calls += 1;
      if (calls === 2) request.socket.destroy();
      else response.end('{}');
    });
    const post = get('/flaky', { method: 'POST', body: '{}' });
    expect(await client.exchange(post)).toMatchObject({ status: 200 });
    await setImmediate();
    expect(await client.exchange(post)).toMatchObject({ failure: 'connection', attempts: 1 });
    expect(calls).toBe(2);
  });

  it('a fresh connection that is reset is not tried again', async () => {
    expect(await client.exchange(get('/reset'))).toMatchObject({ failure: 'connection', attempts: 1 });
    expect(server.received).toHaveLength(1);
  });

  it('one question to DNS serves all who wait for it', () => {
    let asked = 0;
    let answer: (() => void) | undefined;
    const resolve = coalesced((_name, done) => {
      asked += 1;
      answer = () => done(null, [{ address: '1.1.1.1', family: 4 }]);
    });
    const got: string[] = [];
    for (let i = 0; i < 3; i += 1) resolve('api.example', (_error, [first]) => got.push(first?.address ?? ''));
    answer?.();
    expect([asked, got.length]).toEqual([1, 3]);
    resolve('api.example', () => undefined);
    expect(asked).toBe(2);
  });
});

// docs/behaviour.md#redirects
describe('redirects', () => {
  const to = (location: string, status = 302) =>
    server.extra.set('go', (_request, response) => response.writeHead(status, { location }).end());

  it('are not followed by default', async () => {
    to('/ok');
    expect(await client.exchange(get('/go'))).toMatchObject({ status: 302, note: null });
  });

  it('are followed when asked, relative ones too', async () => {
    to('/ok');
    expect(await client.exchange(get('/go', { redirects: 1 }))).toMatchObject({ status: 200, attempts: 1 });
  });

  it('end after the number asked for, with the last answer', async () => {
    const result = await client.exchange(get('/redirect-loop', { redirects: 3 }));
    expect(result).toMatchObject({ status: 302, note: 'more than 3 redirects' });
    expect(server.received).toHaveLength(4);
  });

  it('never lose TLS', async () => {
    const { nextHop } = await import('../../../src/http/redirect.js');
    const { Guard } = await import('../../../src/http/guard.js');
    const guard = new Guard({ allowHttp: true, allowHosts: [], allowNetworks: [] });
    const hop = { method: 'GET', url: new URL('https://a.example/'), headers: [], body: null };
    const response = (location: string) => ({ status: 302, headers: new AnswerHeaders({ location }) });
    expect(nextHop(hop, response('http://a.example/'), guard, new Set())).toMatchObject({ ok: false });
    expect(nextHop(hop, response('https://b.example/'), guard, new Set())).toMatchObject({ ok: true });
    const plain = { ...hop, url: new URL('http://a.example/') };
    expect(nextHop(plain, response('https://a.example/'), guard, new Set())).toMatchObject({ ok: true });
  });

  const secrets: Partial<Exchange> = {
    redirects: 1,
    headers: [
      ['Authorization', 'Basic abc'],
      ['Cookie', 'a=b'],
      ['X-Api-Key', 'k'],
      ['X-Plain', 'p'],
    ],
    secretHeaders: new Set(['x-api-key']),
  };

  it('keep credentials on the same origin and drop them on another', async () => {
    to('/ok');
    await client.exchange(get('/go', secrets));
    const same = server.received.at(-1)?.headers.map(([name]) => name) ?? [];
    expect(same).toEqual(expect.arrayContaining(['Authorization', 'Cookie', 'X-Api-Key', 'X-Plain']));
    to(`${other.origin}/ok`);
    await client.exchange(get('/go', secrets));
    const foreign = other.received.at(-1)?.headers.map(([name]) => name) ?? [];
    expect(foreign).toContain('X-Plain');
    for (const name of ['Authorization', 'Cookie', 'X-Api-Key']) expect(foreign).not.toContain(name);
  });

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [301, 'PUT', 'PUT', '{"a":1}'],
    [307, 'POST', 'POST', '{"a":1}'],
    [308, 'POST', 'POST', '{"a":1}'],
  ])('%i turns %s into %s', async (status, method, after, body) => {
    to('/ok', status);
    await client.exchange(get('/go', { redirects: 1, method, body: '{"a":1}', headers: [['content-type', 'application/json']] }));
    expect(server.received.at(-1)).toMatchObject({ method: after, body });
  });
});

describe('bodies', () => {
  it.each([
    ['gzip', gzipSync('hello')],
    ['x-gzip', gzipSync('hello')],
    ['deflate', deflateSync('hello')],
    ['deflate', deflateRawSync('hello')],
    ['br', brotliCompressSync('hello')],
    ['identity', Buffer.from('hello')],
  ])('one layer of %s is undone', async (encoding, bytes) => {
    server.extra.set('encoded', (_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(bytes));
    const result = await client.exchange(get('/encoded'));
    expect(result.kind === 'response' && result.body?.toString()).toBe('hello');
  });

  it('exactly the limit fits, one byte more does not', async () => {
    server.extra.set('sized', (request, response) => response.end('a'.repeat(Number((request.url ?? '').split('?')[1]))));
    expect(await client.exchange(get('/sized?1000', { maxBytes: 1000 }))).toMatchObject({ problem: null });
    expect(await client.exchange(get('/sized?1001', { maxBytes: 1000 }))).toMatchObject({ problem: 'too-large', body: null });
  });

  it('that are large are handed over one in a turn of the event loop, so that their readers hold nobody else up', async () => {
    const held: (() => void)[] = [];
    server.extra.set('large', (_request, response) => held.push(() => response.end('a'.repeat(100_000))));
    const turns: number[] = [];
    let turn = 0;
    const count = (): void => {
      turn += 1;
      if (turns.length < 12) globalThis.setImmediate(count);
    };
    const all = Array.from({ length: 12 }, () =>
      client.exchange(get('/large', { maxBytes: 200_000 })).then((result) => {
        turns.push(turn);
        return result;
      }),
    );
    while (held.length < 12) await setImmediate();
    count();
    for (const answer of held) answer();
    expect(await Promise.all(all)).toMatchObject(all.map(() => ({ problem: null })));
    expect(new Set(turns).size).toBe(12);
  });

  // docs/behaviour.md#answers-without-a-body
  it('HEAD and empty answers have none', async () => {
    expect(await client.exchange(get('/ok', { method: 'HEAD' }))).toMatchObject({ status: 200, body: null });
    expect(await client.exchange(get('/status/204'))).toMatchObject({ status: 204, body: null });
  });
});

describe('fetchAudio', () => {
  it('gives the bytes of a 2xx, following redirects', async () => {
    server.extra.set('a.wav', (_request, response) => response.end('RIFF'));
    server.extra.set('go', (_request, response) => response.writeHead(302, { location: '/a.wav' }).end());
    const audio = await client.fetchAudio(`${server.origin}/go`, 1000, 1000);
    expect(audio.ok && audio.value.toString()).toBe('RIFF');
  });

  it.each([
    ['/huge', 'larger than 1000 bytes'],
    ['/status/404', 'answered 404'],
    ['/status/204', 'no audio'],
    ['/silent', 'in time'],
    ['/redirect-metadata', 'not a public address'],
  ])('says what is wrong with %s', async (path, what) => {
    const audio = await client.fetchAudio(server.origin + path, 1000, path === '/silent' ? 300 : 5000);
    expect(audio).toMatchObject({ ok: false, error: expect.stringContaining(what) as string });
  });

  it('holds to the guard', async () => {
    expect(await client.fetchAudio('http://10.0.0.1/a.wav', 1000, 1000)).toMatchObject({ ok: false });
  });
});
