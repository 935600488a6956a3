import { beforeEach, describe, expect, it } from 'vitest';
import { sleep } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { AnswerHeaders } from '../../../../src/http/answer-headers.js';
import type { Exchange, ExchangeResult } from '../../../../src/http/client.js';
import { DELIVERY_POLICY, type DeliveryPolicy } from '../../../../src/webhooks/deliveries/delivery.js';
import { Outbox } from '../../../../src/webhooks/deliveries/outbox.js';
import type { ConfiguredWebhook } from '../../../../src/webhooks/configured/schema.js';
import { Sender } from '../../../../src/webhooks/request/sender.js';
import { NO_IDENTITY } from '../../../../src/webhooks/auth/identity.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { createFakeDeliveryStore, type FakeDeliveryStore } from '../../../support/fake-delivery-store.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const HOUR = 3_600_000;

const webhook = configuredWebhook;

interface Sent extends Exchange {
  readonly at: number;
}

let clock: VirtualClock;
let store: FakeDeliveryStore;
let sent: Sent[];
let webhooks: ConfiguredWebhook[];
/** What the far side does; by default it takes everything in 20 ms. */
let answer: (exchange: Exchange) => { status?: number; headers?: Record<string, string>; ms?: number; fail?: boolean };
let underway: Map<string, number>;
let worst: Map<string, number>;

const client = {
  async exchange(exchange: Exchange): Promise<ExchangeResult> {
    const host = new URL(exchange.url).host;
    sent.push({ ...exchange, at: clock.now() });
    underway.set(host, (underway.get(host) ?? 0) + 1);
    worst.set(host, Math.max(worst.get(host) ?? 0, underway.get(host) ?? 0));
    const { status = 200, headers = {}, ms = 20, fail = false } = answer(exchange);
    await sleep(clock, Math.min(ms, exchange.timeoutMs));
    underway.set(host, (underway.get(host) ?? 0) - 1);
    if (fail || ms > exchange.timeoutMs) return { kind: 'failed', failure: 'timeout', detail: 'late', attempts: 1, ms };
    return {
      kind: 'response',
      status,
      headers: new AnswerHeaders(headers),
      body: null,
      problem: null,
      note: null,
      attempts: 1,
      ms,
    };
  },
};

function outbox(policy: Partial<DeliveryPolicy> = {}): Outbox {
  return new Outbox({
    store,
    sender: new Sender({ client, identity: NO_IDENTITY, clock, random: { uuid: () => 'u' } }),
    target: (name) => webhooks.find((webhook) => webhook.name === name),
    secrets: (name) => (name === 'pw' ? 's3cr3t' : undefined),
    clock,
    random: { next: () => 0.5 },
    log: silentLogger,
    policy: { ...DELIVERY_POLICY, ...policy },
  });
}

let added = 0;
function add(to = 'crm', dueAt = clock.now()): string {
  added += 1;
  const id = `d-${String(added).padStart(5, '0')}`;
  store.put({ id, callId: `c-${added}`, kind: 'report', webhook: to, body: `{"n":${added}}`, createdAt: clock.now(), dueAt });
  return id;
}

beforeEach(() => {
  clock = new VirtualClock();
  store = createFakeDeliveryStore();
  sent = [];
  webhooks = [webhook('crm')];
  answer = () => ({});
  underway = new Map();
  worst = new Map();
});

describe('a delivery', () => {
  it('is a POST of the stored bytes with its id, twice', async () => {
    webhooks = [
      webhook('crm', { auth: { type: 'basic', username: 'ivr', password: '$secret.pw' }, url: 'https://crm.example/$secret.pw' }),
    ];
    const id = add();
    outbox().start();
    await clock.advance(100);
    expect(store.get(id)).toMatchObject({ state: 'delivered', dueAt: null, attempts: [{ n: 1, status: 200, error: null }] });
    expect(sent).toMatchObject([
      { method: 'POST', url: 'https://crm.example/s3cr3t', body: store.get(id)?.body, timeoutMs: 10_000, redirects: 0 },
    ]);
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toEqual({
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Offhook',
      accept: '*/*',
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor((sent[0]?.at ?? 0) / 1000)),
      authorization: `Basic ${Buffer.from('ivr:s3cr3t').toString('base64')}`,
    });
  });

  it('goes out when the loop is told of it, without waiting for the next look', async () => {
    const box = outbox();
    box.start();
    await clock.advance(5000);
    add();
    box.wake();
    await clock.advance(0);
    expect(sent).toHaveLength(1);
  });

  it('is found by itself within a minute when nobody tells', async () => {
    outbox().start();
    await clock.advance(5000);
    add();
    await clock.advance(60_000);
    expect(sent).toHaveLength(1);
  });

  it('that fails is sent again on schedule: same id, same bytes', async () => {
    answer = () => ({ status: 503 });
    const id = add();
    outbox({ jitter: 0 }).start();
    await clock.advance(48 * HOUR);
    const waits = sent.slice(1).map(({ at }, i) => Math.round((at - (sent[i]?.at ?? 0)) / 1000));
    expect(waits).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 36_000, 43_200]);
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
    expect(new Set(sent.map(({ headers }) => Object.fromEntries(headers)['idempotency-key']))).toEqual(new Set([id]));
    expect(store.get(id)).toMatchObject({ state: 'dead', dueAt: null, cause: 'the server answered 503' });
    expect(store.get(id)?.attempts.map(({ n, error }) => [n, error])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [n, 'the server answered 503']),
    );
  });

  it('that is dead can be replayed', async () => {
    answer = () => ({ status: 500 });
    const id = add();
    const box = outbox({ retryAfterMs: [] });
    box.start();
    await clock.advance(100);
    expect(store.get(id)?.state).toBe('dead');
    answer = () => ({});
    await store.replay(id, clock.now());
    box.wake();
    await clock.advance(100);
    expect(store.get(id)).toMatchObject({
      state: 'delivered',
      attempts: [
        { n: 1, status: 500 },
        { n: 2, status: 200 },
      ],
    });
  });

  it('waits as long as Retry-After asks', async () => {
    answer = () => (sent.length === 1 ? { status: 429, headers: { 'retry-after': '600' } } : {});
    add();
    outbox().start();
    await clock.advance(599_000);
    expect(sent).toHaveLength(1);
    await clock.advance(2_000);
    expect(sent).toHaveLength(2);
  });

  it('to a webhook that is not configured, or lacks its secret, fails visibly and is tried again', async () => {
    webhooks = [webhook('b', { url: 'https://$secret.nope/' })];
    const ids = [add('gone'), add('b')];
    outbox().start();
    await clock.advance(100);
    expect(ids.map((id) => store.get(id)?.attempts[0]?.error)).toEqual([
      'bad-request: there is no webhook named gone in the configuration',
      'bad-request: the secret nope is not set',
    ]);
    webhooks = [webhook('gone'), webhook('b')];
    await clock.advance(15_000);
    expect(ids.map((id) => store.get(id)?.state)).toEqual(['delivered', 'delivered']);
  });
});

describe('an outage', () => {
  it('of 30 hours loses none of 100 reports', async () => {
    const until = clock.now() + 30 * HOUR;
    answer = () => (clock.now() < until ? { fail: true, ms: 10_000 } : {});
    const ids = Array.from({ length: 100 }, () => add());
    const schedule = [5, 300, 1800, 7200, 18_000, 36_000, 36_000, 36_000].map((seconds) => seconds * 1000);
    outbox({ retryAfterMs: schedule, jitter: 0.2 }).start();
    await clock.advance(45 * HOUR);
    expect(ids.filter((id) => store.get(id)?.state !== 'delivered')).toEqual([]);
    for (const id of ids) {
      const times = sent.filter(({ headers }) => Object.fromEntries(headers)['webhook-id'] === id);
      expect(new Set(times.map(({ body }) => body)).size).toBe(1);
      expect(store.get(id)?.attempts).toHaveLength(times.length);
    }
    expect(Math.max(...worst.values())).toBe(4);
  });

  it('does not turn into a polling storm', async () => {
    answer = () => ({ fail: true });
    for (let i = 0; i < 10; i += 1) add();
    outbox().start();
    await clock.advance(2 * HOUR);
    expect(store.asked.claims).toBeLessThan(120 + 10 * 6 * 3);
  });

  it('of one host delays another by nothing', async () => {
    webhooks = [webhook('dead'), webhook('crm')];
    answer = ({ url }) => (url.includes('dead') ? { fail: true, ms: 10_000 } : {});
    for (let i = 0; i < 200; i += 1) add('dead', clock.now() - 1000);
    const healthy = Array.from({ length: 20 }, () => add('crm'));
    outbox({ concurrency: 16 }).start();
    await clock.advance(1000);
    expect(healthy.map((id) => store.get(id)?.state)).toEqual(healthy.map(() => 'delivered'));
    expect(worst.get('dead.example')).toBe(4);
  });

  it('of the store is waited out', async () => {
    const id = add();
    store.broken = true;
    outbox().start();
    await clock.advance(60_000);
    expect(sent).toHaveLength(0);
    expect(store.asked.claims).toBeLessThan(15);
    store.broken = false;
    await clock.advance(10_000);
    expect(store.get(id)?.state).toBe('delivered');
  });
});

describe('a wall clock that jumps', () => {
  it('ten years ahead and back holds up no report for longer than the longest wait', async () => {
    let up = false;
    answer = () => ({ status: up ? 200 : 503 });
    outbox({ jitter: 0 }).start();
    add();
    await clock.advance(1000);
    clock.setBy(10 * 365 * 24 * HOUR);
    // Tried once more at once, and from then on at its waits.
    await clock.advance(400_000);
    expect(sent.length).toBeLessThanOrEqual(5);
    const late = add();
    await clock.advance(60_000);
    clock.setBy(-10 * 365 * 24 * HOUR);
    up = true;
    // It waits as long as it would have: at most what its schedule says.
    await clock.advance(2_200_000);
    expect(store.get(late)?.state).toBe('delivered');
    expect(store.all().map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });

  it.each([3, -3])('by %d h changes no wait, and what is made after it goes at once', async (hours) => {
    answer = () => ({ status: 503 });
    add();
    outbox({ jitter: 0, retryAfterMs: [5000, 300_000, 1_800_000] }).start();
    const begun = clock.monotonic();
    const tries: number[] = [];
    const answering = answer;
    answer = (exchange) => {
      tries.push(Math.round((clock.monotonic() - begun) / 1000));
      return answering(exchange);
    };
    await clock.advance(10_000);
    clock.setBy(hours * HOUR);
    await clock.advance(400_000);
    clock.setBy(-hours * HOUR);
    await clock.advance(4 * HOUR);
    expect(tries).toEqual([0, 5, 305, 2105]);
    clock.setBy(hours * HOUR);
    const id = add();
    answer = () => ({});
    await clock.advance(61_000);
    expect(store.get(id)?.state).toBe('delivered');
  });

  it('back by an hour delivers at once what was made before', async () => {
    clock.setBy(HOUR);
    store.broken = true;
    const box = outbox();
    box.start();
    await clock.advance(100);
    const id = add();
    clock.setBy(-HOUR);
    store.broken = false;
    await clock.advance(10_000);
    expect(store.get(id)?.state).toBe('delivered');
  });
});

describe('a crash', () => {
  it('in mid-attempt repeats the attempt when the lease is over, with the same id', async () => {
    const id = add();
    await store.claimDue(clock.now(), 1, DELIVERY_POLICY.leaseMs);
    outbox().start();
    await clock.advance(50_000);
    expect(sent).toHaveLength(0);
    await clock.advance(20_000);
    expect(sent).toHaveLength(1);
    expect(store.get(id)).toMatchObject({ state: 'delivered', attempts: [{ n: 1 }] });
  });

  it('before the attempt was recorded repeats it too', async () => {
    const id = add();
    answer = () => {
      store.broken = sent.length === 1;
      return {};
    };
    const dying = outbox();
    dying.start();
    await clock.advance(100);
    await dying.stop();
    store.broken = false;
    outbox().start();
    await clock.advance(120_000);
    expect(sent).toHaveLength(2);
    expect(store.get(id)).toMatchObject({ state: 'delivered', attempts: [{ n: 1 }] });
  });

  it('two loops on one store never send the same delivery at once', async () => {
    for (let i = 0; i < 50; i += 1) add();
    outbox().start();
    outbox().start();
    await clock.advance(10_000);
    expect(sent).toHaveLength(50);
  });
});

describe('stopping', () => {
  it('waits for attempts under way and starts no more', async () => {
    answer = () => ({ ms: 3000 });
    const ids = Array.from({ length: 6 }, () => add());
    const box = outbox();
    box.start();
    await clock.advance(10);
    await clock.runUntil(box.stop());
    expect(sent).toHaveLength(4);
    expect(ids.filter((id) => store.get(id)?.state === 'delivered')).toHaveLength(4);
    expect(clock.pending).toBe(0);
    box.wake();
    await clock.advance(HOUR);
    expect(sent).toHaveLength(4);
  });

  it('flush first tries everything that is due', async () => {
    const box = outbox();
    box.start();
    await clock.advance(10);
    const ids = Array.from({ length: 60 }, () => add());
    await clock.runUntil(box.flush());
    expect(ids.every((id) => store.get(id)?.state === 'delivered')).toBe(true);
  });

  it('is quick when nothing is under way', async () => {
    const box = outbox();
    await box.stop();
    box.start();
    await clock.advance(10);
    await box.stop();
    expect(clock.pending).toBe(0);
  });
});
