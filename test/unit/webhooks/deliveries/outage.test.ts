import { describe, expect, it } from 'vitest';
import { DELIVERY_POLICY } from '../../../../src/webhooks/deliveries/delivery.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { OutboxRig } from '../../../support/outbox-rig.js';
import { callEnd, describeStores, newCall, newDelivery } from '../../../support/stores.js';
import { Backlog } from '../../../support/backlog.js';

const HOUR = 3_600_000;
const REPORTS = 10_000;

describe('an outage of 30 hours', () => {
  it('with 10,000 reports to one dead host: none lost, none settled twice, memory flat, other hosts not delayed', async () => {
    const rig = new OutboxRig();
    rig.keep = false;
    rig.webhooks = [configuredWebhook('dead'), configuredWebhook('crm')];
    const back = rig.clock.now() + 30 * HOUR;
    rig.answer = ({ url }) => (url.includes('dead') && rig.clock.now() < back ? { fail: true, ms: 100 } : {});
    const backlog = new Backlog(rig.clock);
    for (let i = 0; i < REPORTS; i += 1) backlog.put('dead', rig.clock.now());
    const box = rig.outbox(backlog);
    box.start();
    const held: number[] = [];
    for (let hour = 1; hour <= 30; hour += 1) {
      backlog.put('crm', rig.clock.now());
      box.wake();
      await rig.clock.advance(100);
      expect(backlog.delivered('crm')).toBe(hour);
      await rig.clock.advance(HOUR - 100);
      held.push(backlog.given);
    }
    expect(backlog.delivered('dead')).toBe(0);
    // What the outbox holds at one time is bounded, however much waits in the store.
    expect(Math.max(...held)).toBeLessThan(2 * DELIVERY_POLICY.concurrency);
    await rig.clock.advance(14 * HOUR);
    expect(backlog.delivered('dead')).toBe(REPORTS);
    expect(backlog.delivered('crm')).toBe(30);
    expect(backlog.settledTwice).toBe(0);
    expect(rig.worst.get('dead.example')).toBe(4);
  });
});

describeStores('an outage with a backlog', (current) => {
  it('is worked off in the store’s own order of due times, nothing left behind', async () => {
    const rig = new OutboxRig();
    rig.webhooks = [configuredWebhook('dead'), configuredWebhook('crm')];
    const store = current();
    await store.calls.begin(newCall('c1'));
    const now = rig.clock.now();
    const reports = Array.from({ length: 200 }, (_, i) =>
      newDelivery(`d${String(i)}`, 'c1', { webhook: 'dead', createdAt: now + i, dueAt: now }),
    );
    await store.calls.end(callEnd('c1'), reports);
    let up = false;
    rig.answer = () => (up ? { ms: 1 } : { fail: true, ms: 1 });
    const box = rig.outbox(store.deliveries, { jitter: 0 });
    /** Virtual time goes on in small steps, with real time for the database in between. */
    const until = async (reached: () => boolean | Promise<boolean>): Promise<void> => {
      while (!(await reached())) {
        for (let i = 0; i < 20; i += 1) {
          await rig.clock.advance(5);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    };
    const counts = () => store.queries.deliveryCounts();
    box.start();
    await until(() => rig.sent.length >= 200);
    up = true;
    await until(async () => (await counts()).pending === 0);
    expect(await counts()).toEqual({ pending: 0, dead: 0 });
    expect(new Set(rig.sent.map(({ id }) => id)).size).toBe(200);
    const { items } = await store.queries.deliveries({ state: 'delivered' }, { limit: 500, after: null });
    expect(items.every(({ attempts }) => attempts >= 1)).toBe(true);
    expect(items).toHaveLength(200);
    await box.stop();
  });
});
