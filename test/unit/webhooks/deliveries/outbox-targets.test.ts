import { beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryShape, NewDelivery } from '../../../../src/webhooks/ports.js';
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
