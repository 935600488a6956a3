import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DELIVERY_POLICY } from '../../../../src/webhooks/deliveries/delivery.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import type { OutageFigures } from '../../../support/outage-child.js';
import { OutboxRig } from '../../../support/outbox-rig.js';
import { callEnd, describeStores, newCall, newDelivery, temporaryFolder } from '../../../support/stores.js';

const child = fileURLToPath(new URL('../../../support/outage-child.ts', import.meta.url));
/** It takes half a minute on two cores; nothing is asserted of real time. */
const LIMIT_MS = 240_000;
/** Memory that may come on top in 28 hours of outage, MB. */
const GROWTH_MB = 32;

describe('an outage of 30 hours', () => {
  it(
    'with 10,000 reports in SQLite for a dead host: none lost, none settled twice, memory flat, other hosts not delayed',
    async () => {
      const temporary = temporaryFolder();
      try {
        const args = ['--import', 'tsx', '--expose-gc', child, join(temporary.folder, 'offhook.db')];
        const { stdout } = await promisify(execFile)(process.execPath, args);
        const figures = JSON.parse(stdout) as OutageFigures;
        expect(figures).toMatchObject({ reports: 10_000, lost: 0, settledTwice: 0, otherHostDelivered: 30, otherHostDelayMs: 0 });
        // It was tried all the time, one at a time; afterwards as many at once as one host gets.
        expect(figures.attemptsDuringOutage).toBeGreaterThan(10_000);
        expect(figures.worst).toBe(DELIVERY_POLICY.perHost);
        expect(figures.mostHeld).toBeLessThan(2 * DELIVERY_POLICY.concurrency);
        expect(figures.late.heap - figures.early.heap).toBeLessThan(GROWTH_MB);
        expect(figures.late.rss - figures.early.rss).toBeLessThan(GROWTH_MB);
      } finally {
        temporary.remove();
      }
    },
    LIMIT_MS,
  );
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
