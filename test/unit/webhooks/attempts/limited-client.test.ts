import { beforeEach, describe, expect, it } from 'vitest';
import { Aborted } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { LimitedClient, HOST_POLICY, type LoggedExchange } from '../../../../src/webhooks/attempts/limited-client.js';
import { HostLimiter } from '../../../../src/webhooks/attempts/host-limiter.js';
import { ScriptedClient, type ScriptedExchange } from '../../../support/scripted-client.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { webhookCall } from '../../../support/webhook-calls.js';
import { webhookPort } from '../../../support/webhook-port.js';

let clock: VirtualClock;
const logged: object[] = [];
const log = {
  ...silentLogger,
  warn: (fields: object) => void logged.push(fields),
  info: (fields: object) => void logged.push(fields),
};
beforeEach(() => {
  clock = new VirtualClock();
  logged.length = 0;
});

function clientOver(
  script: (url: string, n: number) => ScriptedExchange,
  more: { perHost?: number; serverErrors?: boolean } = {},
) {
  const client = new ScriptedClient(clock, ({ url }, n) => script(url, n));
  const breaker = { failures: 3, windowMs: 60_000, openMs: 5000, serverErrors: more.serverErrors ?? false };
  const limited = new LimitedClient({ client, clock, log, policy: { concurrencyPerHost: more.perHost ?? 1000, breaker } });
  return { client, limited };
}

function get(url: string, timeoutMs = 10_000): LoggedExchange {
  return {
    method: 'GET',
    url,
    shownUrl: url,
    headers: [],
    body: null,
    redirects: 0,
    maxBytes: 1000,
    timeoutMs,
    secretHeaders: new Set(),
  };
}

const A = 'https://a.example/x';
const B = 'https://b.example/x';

describe('a dead endpoint', () => {
  it.each(['connection', 'timeout'] as const)('costs further calls nothing after so many (%s)', async (fail) => {
    const { client, limited } = clientOver((url) => (url === A ? { fail, afterMs: 3000 } : { status: 200 }));
    for (let i = 0; i < 3; i += 1) await clock.runUntil(limited.exchange(get(A)));
    const before = clock.monotonic();
    const refused = await limited.exchange(get(A));
    expect(refused).toMatchObject({ kind: 'failed', failure: 'circuit-open', attempts: 0, ms: 0 });
    expect(clock.monotonic()).toBe(before);
    expect(client.sent).toHaveLength(3);
    expect(await clock.runUntil(limited.exchange(get(B)))).toMatchObject({ status: 200 });
    expect(limited.stats()).toEqual({ openCircuits: 1, waitingForHost: 0 });
    expect(logged).toEqual([{ origin: 'https://a.example', openMs: 5000 }]);
  });

  it('is CONNECTION_FAILURE at once, with a sentence, and the fallback is asked at once', async () => {
    const { client, limited } = clientOver((url) => (url.startsWith('https://a') ? { fail: 'connection' } : { status: 200 }));
    const port = webhookPort(limited, { clock });
    const never = new AbortController().signal;
    for (let i = 0; i < 3; i += 1) await clock.runUntil(port.request(webhookCall(A), never));
    const before = clock.monotonic();
    const answer = await port.request(webhookCall(A, { retries: 3 }), never);
    expect(answer).toMatchObject({ reason: 'CONNECTION_FAILURE', status: null, attempts: 0, duration: 0 });
    expect(answer.detail).toMatch(/^https:\/\/a\.example keeps failing and is left alone/u);
    expect(clock.monotonic()).toBe(before);
    const other = await clock.runUntil(port.request(webhookCall(A, { fallbackUrl: [B] }), never));
    expect(other).toMatchObject({ status: 200, fallback: true, attempts: 1 });
    expect(client.sent).toHaveLength(4);
  });

  it('is asked again by one call, and by all when that one got an answer', async () => {
    let up = false;
    const { client, limited } = clientOver(() => (up ? { status: 200, afterMs: 1000 } : { fail: 'connection' }));
    for (let i = 0; i < 3; i += 1) await clock.runUntil(limited.exchange(get(A)));
    up = true;
    await clock.advance(5000);
    const probe = limited.exchange(get(A));
    const meanwhile = await limited.exchange(get(A));
    expect(meanwhile).toMatchObject({ failure: 'circuit-open' });
    expect(await clock.runUntil(probe)).toMatchObject({ status: 200 });
    expect(await clock.runUntil(limited.exchange(get(A)))).toMatchObject({ status: 200 });
    expect(client.sent).toHaveLength(5);
    expect(logged).toHaveLength(2);
  });

  it('a probe whose caller hangs up leaves the next one to probe', async () => {
    const { limited } = clientOver((_url, n) => (n > 4 ? { status: 200 } : { fail: 'connection', afterMs: 1000 }));
    for (let i = 0; i < 3; i += 1) await clock.runUntil(limited.exchange(get(A)));
    await clock.advance(5000);
    const abort = new AbortController();
    const probe = expect(limited.exchange(get(A), abort.signal)).rejects.toBeInstanceOf(Aborted);
    await clock.advance(10);
    abort.abort();
    await probe;
    expect(await clock.runUntil(limited.exchange(get(A)))).toMatchObject({ status: 200 });
  });

  it.each<[string, ScriptedExchange]>([
    ['4xx', { status: 404 }],
    ['429', { status: 429 }],
    ['5xx', { status: 503 }],
    ['a certificate', { fail: 'tls' }],
    ['a refused address', { fail: 'refused' }],
    ['a broken answer', { fail: 'bad-response' }],
    ['a failure behind a redirect', { fail: 'timeout', redirected: true }],
  ])('is not one that fails by %s', async (_what, failing) => {
    const { client, limited } = clientOver(() => failing);
    for (let i = 0; i < 10; i += 1) await clock.runUntil(limited.exchange(get(A)));
    expect(client.sent).toHaveLength(10);
  });

  it('may be one that answers 5xx, when the site says so', async () => {
    const { client, limited } = clientOver(() => ({ status: 500 }), { serverErrors: true });
    for (let i = 0; i < 10; i += 1) await clock.runUntil(limited.exchange(get(A)));
    expect(client.sent).toHaveLength(3);
  });

  // docs/decisions/0014-secrets-by-name.md
  it('a secret in its name is not logged', async () => {
    const { limited } = clientOver(() => ({ fail: 'connection' }));
    for (let i = 0; i < 3; i += 1)
      await clock.runUntil(limited.exchange({ ...get('https://tok3n.example/'), shownUrl: 'https://***.example/?a' }));
    expect(logged).toEqual([{ origin: 'https://***.example', openMs: 5000 }]);
    expect(
      JSON.stringify(await limited.exchange({ ...get('https://tok3n.example/'), shownUrl: 'https://***.example/' })),
    ).not.toContain('tok3n');
  });
});

describe('places at a host', () => {
  it('are so many; whoever comes later waits in line, first come, first served', async () => {
    const { client, limited } = clientOver(() => ({ status: 200, afterMs: 100 }), { perHost: 2 });
    const all = Promise.all([1, 2, 3, 4, 5].map((n) => limited.exchange(get(`${A}?${n}`))));
    await clock.advance(50);
    expect(client.sent.map(({ url }) => url.at(-1))).toEqual(['1', '2']);
    expect(limited.stats().waitingForHost).toBe(3);
    const results = await clock.runUntil(all);
    expect(client.sent.map(({ url, at }) => [url.at(-1), at])).toEqual([
      ['1', 0],
      ['2', 0],
      ['3', 100],
      ['4', 100],
      ['5', 200],
    ]);
    expect(results.map(({ ms }) => ms)).toEqual([100, 100, 200, 200, 300]);
  });

  it('are of each host alone', async () => {
    const { client, limited } = clientOver((url) => ({ status: 200, afterMs: url === A ? 1000 : 10 }), { perHost: 1 });
    void limited.exchange(get(A));
    void limited.exchange(get(A));
    await clock.runUntil(limited.exchange(get(B)));
    expect(client.sent).toHaveLength(2);
  });

  // docs/behaviour.md#request-timeout
  it('the wait counts into the own deadline', async () => {
    const { client, limited } = clientOver(() => ({ status: 200, afterMs: 800 }), { perHost: 1 });
    const first = limited.exchange(get(A));
    const [late, cut] = await clock.runUntil(Promise.all([limited.exchange(get(A, 1000)), limited.exchange(get(A, 500))]));
    await first;
    expect(late).toMatchObject({ kind: 'failed', failure: 'timeout', ms: 1000, attempts: 1 });
    expect(cut).toMatchObject({ kind: 'failed', failure: 'timeout', ms: 500, attempts: 0 });
    expect(client.sent.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 200]);
  });

  // docs/behaviour.md#caller-hangs-up
  it('a hang-up leaves the line', async () => {
    const { client, limited } = clientOver(() => ({ status: 200, afterMs: 100 }), { perHost: 1 });
    const first = limited.exchange(get(A));
    const abort = new AbortController();
    const gone = expect(limited.exchange(get(A), abort.signal)).rejects.toBeInstanceOf(Aborted);
    const third = limited.exchange(get(`${A}?3`));
    await clock.advance(10);
    abort.abort();
    await gone;
    expect(limited.stats().waitingForHost).toBe(1);
    await clock.runUntil(Promise.all([first, third]));
    expect(client.sent.map(({ url }) => url)).toEqual([A, `${A}?3`]);
    await expect(limited.exchange(get(A), abort.signal)).rejects.toBeInstanceOf(Aborted);
    expect(clock.pending).toBe(0);
  });

  it('do not keep those in line waiting for a host that is dead by now', async () => {
    const { client, limited } = clientOver(() => ({ fail: 'timeout', afterMs: 1000 }), { perHost: 3 });
    const many = Promise.all(Array.from({ length: 50 }, () => limited.exchange(get(A))));
    const results = await clock.runUntil(many);
    expect(clock.monotonic()).toBeLessThanOrEqual(2000);
    expect(client.sent.length).toBeLessThanOrEqual(5);
    expect(
      results.filter((result) => result.kind === 'failed' && result.failure === 'circuit-open').length,
    ).toBeGreaterThanOrEqual(45);
  });

  it('a host nobody is at is forgotten', async () => {
    const places = new HostLimiter(2, clock);
    const [one, two] = await Promise.all([places.acquire('a', 100), places.acquire('a', 100)]);
    const three = places.acquire('a', 100);
    await clock.advance(100);
    expect(await three).toBeNull();
    expect(places.size).toBe(1);
    one?.();
    one?.();
    two?.();
    expect([places.size, places.waiting]).toEqual([0, 0]);
  });

  it('a URL that is none reaches the client, which says so', async () => {
    const { client, limited } = clientOver(() => ({ fail: 'refused' }));
    await clock.runUntil(limited.exchange(get('nonsense')));
    expect(client.sent).toHaveLength(1);
  });

  it('by default are enough for every call of a large site', () => {
    expect(HOST_POLICY.concurrencyPerHost).toBeGreaterThanOrEqual(1000);
  });
});
