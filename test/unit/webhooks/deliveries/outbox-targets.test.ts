import { beforeEach, describe, expect, it } from 'vitest';
import { sleep } from '../../../../src/lib/clock.js';
import type { DeliveryShape, NewDelivery } from '../../../../src/model/delivery.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { createFakeDeliveryStore, type FakeDeliveryStore } from '../../../support/fake-delivery-store.js';
import { OutboxRig } from '../../../support/outbox-rig.js';
import { newDelivery } from '../../../support/stores.js';

let rig: OutboxRig;
let store: FakeDeliveryStore;

function put(id: string, more: Partial<NewDelivery> = {}): string {
  const now = rig.clock.now();
  store.put(newDelivery(id, 'c1', { webhook: 'crm', createdAt: now, dueAt: now, ...more }));
  return id;
}

const sentIds = (): string[] => rig.sent.map(({ id }) => id);

beforeEach(() => {
  rig = new OutboxRig();
  store = createFakeDeliveryStore();
  rig.webhooks = [configuredWebhook('crm'), configuredWebhook('other')];
});

describe('a target that answers 410', () => {
  it('is sent nothing more: what waits for it is dead with the cause, and so is what comes later', async () => {
    rig.answer = () => ({ status: 410 });
    const [first, waiting] = [put('a'), put('b', { dueAt: rig.clock.now() + 60_000 })];
    const elsewhere = put('c', { webhook: 'other', dueAt: rig.clock.now() + 60_000 });
    const box = rig.outbox(store);
    box.start();
    await rig.clock.advance(1000);
    const later = put('d');
    box.wake();
    await rig.clock.advance(1000);
    for (const id of [first, waiting, later]) {
      expect(store.get(id)).toMatchObject({ state: 'dead', cause: 'endpoint gone', dueAt: null });
    }
    expect(store.get(later)?.attempts).toEqual([]);
    expect(store.get(elsewhere)?.state).toBe('pending');
    expect(sentIds()).toEqual(['a']);
    expect(await store.disabled()).toMatchObject([{ webhook: 'crm', url: 'https://crm.example/report' }]);
  });

  it('is not sent the next one of a stream either, while the store still writes down that it is gone', async () => {
    rig.answer = () => ({ status: 410 });
    for (const id of ['1', '2']) put(id, { stream: 'call' });
    const [settle, disable] = [store.settle.bind(store), store.disable.bind(store)];
    const box = rig.outbox(store);
    const looking = async (): Promise<void> => {
      box.wake();
      await sleep(rig.clock, 50);
    };
    store.settle = async (...settlement) => {
      await settle(...settlement);
      await looking();
    };
    store.disable = async (...disabling) => {
      await looking();
      await disable(...disabling);
    };
    box.start();
    await rig.clock.advance(1000);
    expect(sentIds()).toEqual(['1']);
    expect(['1', '2'].map((id) => store.get(id)?.cause)).toEqual(['endpoint gone', 'endpoint gone']);
    expect(store.get('1')?.attempts).toMatchObject([{ n: 1, status: 410 }]);
  });

  it('stays so over a restart, until it is enabled; then what is replayed arrives', async () => {
    rig.answer = () => ({ status: 410 });
    put('a');
    const box = rig.outbox(store);
    box.start();
    await rig.clock.advance(1000);
    await rig.clock.runUntil(box.stop());
    const next = rig.outbox(store);
    rig.answer = () => ({});
    put('b');
    next.start();
    await rig.clock.advance(1000);
    expect(store.get('b')?.state).toBe('dead');
    expect([await next.enable('crm'), await next.enable('crm')]).toEqual([true, false]);
    expect(await store.replayAll({ webhook: 'crm', state: 'dead' }, rig.clock.now())).toBe(2);
    next.wake();
    await rig.clock.advance(1000);
    expect(['a', 'b'].map((id) => store.get(id)?.state)).toEqual(['delivered', 'delivered']);
  });

  it('is sent to again when it has another URL', async () => {
    rig.answer = ({ url }) => ({ status: url.includes('new') ? 200 : 410 });
    put('a');
    const box = rig.outbox(store);
    box.start();
    await rig.clock.advance(1000);
    rig.webhooks = [configuredWebhook('crm', { url: 'https://new.example/' })];
    put('b');
    box.wake();
    await rig.clock.advance(1000);
    expect(store.get('b')?.state).toBe('delivered');
    expect(await store.disabled()).toEqual([]);
  });
});

describe('a stream', () => {
  it('keeps its order over failures, and holds up nothing else', async () => {
    const failing = new Set(['1']);
    rig.answer = ({ headers }) => ({ status: failing.has(Object.fromEntries(headers)['webhook-id'] ?? '') ? 500 : 200 });
    for (const id of ['1', '2', '3']) put(id, { stream: 'call' });
    put('free');
    const box = rig.outbox(store, { jitter: 0 });
    box.start();
    await rig.clock.advance(1000);
    expect(sentIds()).toEqual(['1', 'free']);
    failing.clear();
    await rig.clock.advance(6000);
    expect(sentIds()).toEqual(['1', 'free', '1', '2', '3']);
  });

  it('goes on behind one that is dead', async () => {
    rig.answer = ({ headers }) => ({ status: Object.fromEntries(headers)['webhook-id'] === '1' ? 500 : 200 });
    for (const id of ['1', '2']) put(id, { stream: 'call' });
    rig.outbox(store, { retryAfterMs: [] }).start();
    await rig.clock.advance(1000);
    expect(['1', '2'].map((id) => store.get(id)?.state)).toEqual(['dead', 'delivered']);
  });
});

describe('a stream to an endpoint that is down', () => {
  const down = (): void => {
    rig.answer = () => ({ status: 500, ms: 1 });
    for (const id of ['started', 'answered', 'input', 'completed']) put(id, { stream: 'call' });
  };
  const states = (): readonly unknown[] => ['started', 'answered', 'input', 'completed'].map((id) => store.get(id)?.state);

  it('has one schedule: behind one that was given up each has one try, in order, to the last', async () => {
    down();
    rig.outbox(store, { retryAfterMs: [1000, 2000], jitter: 0 }).start();
    await rig.clock.advance(3500);
    expect(sentIds()).toEqual(['started', 'started', 'started', 'answered', 'input', 'completed']);
    expect(states()).toEqual(['dead', 'dead', 'dead', 'dead']);
    expect(store.get('started')?.cause).toBe('the server answered 500');
    expect(store.get('completed')?.cause).toBe('the server answered 500; the delivery before it in its stream was given up');
  });

  it('is as before as soon as one gets through', async () => {
    down();
    rig.answer = ({ headers }) => {
      const id = Object.fromEntries(headers)['webhook-id'];
      const tries = rig.sent.filter((sent) => sent.id === id).length;
      return { status: id === 'started' || (id === 'input' && tries < 3) ? 500 : 200, ms: 1 };
    };
    rig.outbox(store, { retryAfterMs: [1000, 2000], jitter: 0 }).start();
    await rig.clock.advance(10_000);
    expect(states()).toEqual(['dead', 'delivered', 'delivered', 'delivered']);
    expect(sentIds()).toEqual([...Array<string>(3).fill('started'), 'answered', ...Array<string>(3).fill('input'), 'completed']);
  });

  it('gives each its whole schedule when it is replayed', async () => {
    down();
    const box = rig.outbox(store, { retryAfterMs: [1000, 2000], jitter: 0 });
    box.start();
    await rig.clock.advance(3500);
    await store.replay('completed', rig.clock.now());
    box.wake();
    await rig.clock.advance(3500);
    expect(sentIds().filter((id) => id === 'completed')).toHaveLength(4);
  });
});

describe('pace', () => {
  it('a wait of less than a second is a wait of less than a second', async () => {
    rig.answer = () => ({ status: rig.sent.length < 3 ? 503 : 200, ms: 1 });
    put('a');
    rig.outbox(store, { retryAfterMs: [200, 300], jitter: 0 }).start();
    await rig.clock.advance(520);
    expect(rig.sent.map(({ at }) => at - (rig.sent[0]?.at ?? 0))).toEqual([0, 201, 502]);
  });

  it('many hosts that do not answer leave room for one that does', async () => {
    const dead = Array.from({ length: 12 }, (_, i) => configuredWebhook(`dead${i}`));
    rig.webhooks = [...dead, configuredWebhook('crm')];
    rig.answer = ({ url }) => (url.includes('dead') ? { fail: true, ms: 10_000 } : {});
    for (const { name } of dead) for (let i = 0; i < 20; i += 1) put(`${name}-${i}`, { webhook: name });
    const box = rig.outbox(store, { concurrency: 32 });
    box.start();
    // All of them had their first attempts by now and are known to be silent.
    await rig.clock.advance(60_000);
    const healthy = Array.from({ length: 10 }, (_, i) => put(`ok-${i}`));
    box.wake();
    await rig.clock.advance(500);
    expect(healthy.map((id) => store.get(id)?.state)).toEqual(healthy.map(() => 'delivered'));
  });

  it('a host that is busy is not polled for', async () => {
    rig.answer = () => ({ ms: 9000 });
    for (let i = 0; i < 30; i += 1) put(String(i));
    rig.outbox(store).start();
    await rig.clock.advance(8500);
    expect(store.asked.claims).toBeLessThan(4);
  });
});

describe('a shape', () => {
  it('decides method, query, headers and content type; secrets are put in when sending', async () => {
    const shape: DeliveryShape = {
      method: 'PUT',
      query: [['a b', 'ä&']],
      headers: [['x-one', '1']],
      contentType: 'application/x-www-form-urlencoded',
    };
    rig.webhooks = [configuredWebhook('crm', { url: 'https://crm.example/in?x=1' })];
    let seen: unknown;
    rig.answer = ({ method, url, headers, body }) => {
      const { 'x-one': one, 'content-type': type } = Object.fromEntries(headers);
      seen = { method, url, body, one, type };
      return {};
    };
    put('a', { shape, body: 'k=v', kind: 'turn' });
    rig.outbox(store).start();
    await rig.clock.advance(100);
    const url = 'https://crm.example/in?x=1&a%20b=%C3%A4%26';
    expect(seen).toEqual({ method: 'PUT', url, body: 'k=v', one: '1', type: 'application/x-www-form-urlencoded' });
  });
});
