import { beforeEach, describe, expect, it } from 'vitest';
import { UnrecordedAttempts } from '../../../../src/webhooks/deliveries/unrecorded-attempts.js';
import type { DeliveryStore } from '../../../../src/webhooks/ports.js';
import { configuredWebhook } from '../../../support/configured-webhook.js';
import { createFakeDeliveryStore, type FakeDeliveryStore } from '../../../support/fake-delivery-store.js';
import { OutboxRig } from '../../../support/outbox-rig.js';

const MINUTE = 60_000;
const HOUR = 3_600_000;

let rig: OutboxRig;
let store: FakeDeliveryStore;
/** While true no attempt is recorded. */
let refusing: boolean;

/** A store that gives deliveries out and takes no record of what becomes of them. */
function forgetful(): DeliveryStore {
  return {
    ...store,
    settle: (...settlement) =>
      refusing ? Promise.reject(new Error('SQLITE_ERROR: no such column')) : store.settle(...settlement),
  };
}

function put(id = 'd-1'): void {
  const at = rig.clock.now();
  store.put({ id, callId: 'c-1', kind: 'report', webhook: 'crm', body: '{}', createdAt: at, dueAt: at });
}

const waits = (): number[] => rig.sent.slice(1).map(({ at }, i) => Math.round((at - (rig.sent[i]?.at ?? 0)) / 1000));

beforeEach(() => {
  rig = new OutboxRig();
  rig.webhooks = [configuredWebhook('crm')];
  store = createFakeDeliveryStore();
  refusing = true;
});

describe('an attempt that the store does not record', () => {
  it('is one all the same: what got through is never sent again', async () => {
    put();
    rig.outbox(forgetful()).start();
    await rig.clock.advance(3 * HOUR);
    expect(rig.sent).toHaveLength(1);
  });

  it('is recorded as soon as the store takes it', async () => {
    put();
    rig.outbox(forgetful()).start();
    await rig.clock.advance(10 * MINUTE);
    refusing = false;
    await rig.clock.advance(2 * MINUTE);
    expect(store.get('d-1')).toMatchObject({ state: 'delivered', attempts: [{ n: 1, status: 200 }] });
    expect(rig.sent).toHaveLength(1);
  });

  it('does not hold up the schedule, and the last try is the last', async () => {
    rig.answer = () => ({ status: 503 });
    put();
    rig.outbox(forgetful(), { jitter: 0 }).start();
    await rig.clock.advance(100 * HOUR);
    expect(rig.sent).toHaveLength(9);
    // Never sooner than the schedule says, and no later than its lease lasts on top.
    for (const [i, due] of [5, 300, 1800, 7200, 18_000, 36_000, 36_000, 43_200].entries()) {
      expect(waits()[i]).toBeGreaterThanOrEqual(due);
      expect(waits()[i]).toBeLessThanOrEqual(due + 61);
    }
  });

  it('stands in the store with its number once it takes records again', async () => {
    rig.answer = () => ({ status: 503 });
    put();
    rig.outbox(forgetful(), { jitter: 0 }).start();
    await rig.clock.advance(8 * MINUTE);
    const made = rig.sent.length;
    expect(made).toBe(3);
    refusing = false;
    await rig.clock.advance(2 * MINUTE);
    expect(store.get('d-1')?.attempts.map(({ n }) => n)).toEqual([1, 2, 3]);
    await rig.clock.advance(100 * HOUR);
    expect(store.get('d-1')).toMatchObject({ state: 'dead' });
    expect(rig.sent).toHaveLength(9);
  });

  it('is made once more by the process that comes after: at least once stays at least once', async () => {
    put();
    const first = rig.outbox(forgetful());
    first.start();
    await rig.clock.advance(MINUTE);
    await first.stop();
    refusing = false;
    rig.outbox(store).start();
    await rig.clock.advance(2 * MINUTE);
    expect(rig.sent.map(({ id }) => id)).toEqual(['d-1', 'd-1']);
    expect(store.get('d-1')).toMatchObject({ state: 'delivered' });
  });
});

describe('an attempt that breaks on the way', () => {
  it('is a failed try like any other, with what broke as its error', async () => {
    refusing = false;
    rig.answer = () => {
      throw new TypeError('contentEncoding.trim is not a function');
    };
    put();
    rig.outbox(forgetful(), { jitter: 0 }).start();
    await rig.clock.advance(100 * HOUR);
    expect(rig.sent).toHaveLength(9);
    expect(store.get('d-1')).toMatchObject({
      state: 'dead',
      attempts: { length: 9, 0: { n: 1, status: null, error: 'bad-request: contentEncoding.trim is not a function' } },
    });
  });
});

describe('what is kept of attempts that were not recorded', () => {
  const refuse = { settle: () => Promise.reject(new Error('full')) };
  const keep = (kept: UnrecordedAttempts, id: string, next = 0): Promise<void> => {
    const attempt = { n: 1, at: 0, ms: 1, status: 200, error: null };
    return kept.record(id, attempt, { state: 'delivered', dueAt: null, cause: null }, next).catch(() => undefined);
  };

  it.each([9_999, 10_000, 10_001])('of %i deliveries ten thousand are kept, the oldest goes', async (count) => {
    const kept = new UnrecordedAttempts(refuse);
    for (let i = 0; i < count; i++) await keep(kept, `d-${i}`);
    expect(kept.count('d-0')).toBe(count <= 10_000 ? 1 : 0);
    expect(kept.count(`d-${count - 1}`)).toBe(1);
  });

  it('a delivery may be tried again from its time on', async () => {
    const kept = new UnrecordedAttempts(refuse);
    await keep(kept, 'd-1', 5000);
    expect([4999, 5000, 5001].map((now) => kept.mayTry('d-1', now))).toEqual([false, true, true]);
    expect(kept.mayTry('another', 0)).toBe(true);
  });
});
