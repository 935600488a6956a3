import { expect, it } from 'vitest';
import type { Store } from '../../src/store/store.js';
import type { DeliveryAttempt, NewDelivery } from '../../src/webhooks/ports.js';
import { callEnd, describeStores, newCall, newDelivery } from '../support/stores.js';

const failed = (n: number): DeliveryAttempt => ({ n, at: 6000 + n, ms: 12, status: 503, error: 'HTTP 503' });
const delivered = (n: number): DeliveryAttempt => ({ n, at: 6000 + n, ms: 12, status: 204, error: null });

async function queue(store: Store, ...due: readonly (readonly [id: string, dueAt: number])[]): Promise<void> {
  await store.calls.begin(newCall('c1'));
  await store.calls.end(
    callEnd('c1'),
    due.map(([id, dueAt]) => newDelivery(id, 'c1', { dueAt })),
  );
}

describeStores('delivery store', (store) => {
  it('gives out what is due, oldest first, no more than asked for', async () => {
    await queue(store(), ['late', 9000], ['second', 5500], ['first', 5000], ['third', 5600]);
    expect((await store().deliveries.claimDue(6000, 2, 1000)).map((item) => item.id)).toEqual(['first', 'second']);
    expect((await store().deliveries.claimDue(6000, 10, 1000)).map((item) => item.id)).toEqual(['third']);
    expect(await store().deliveries.claimDue(6000, 10, 1000)).toEqual([]);
  });

  it('leaves the deliveries of webhooks that are excepted, and gives out those behind them', async () => {
    await store().calls.begin(newCall('c1'));
    const to = (id: string, webhook: string, dueAt: number): NewDelivery => newDelivery(id, 'c1', { webhook, dueAt });
    await store().calls.end(callEnd('c1'), [to('a', 'slow', 1), to('b', 'slow', 2), to('c', 'other', 3), to('d', 'stuck', 4)]);
    const ids = async (except?: readonly string[]): Promise<readonly string[]> =>
      (await store().deliveries.claimDue(10, 2, 1000, except)).map(({ id }) => id);
    expect(await ids(['slow', 'stuck'])).toEqual(['c']);
    expect(await ids(['slow', 'stuck'])).toEqual([]);
    expect(await ids([])).toEqual(['a', 'b']);
    expect(await ids()).toEqual(['d']);
  });

  it('catches up with a clock that went back: nothing stays out of reach, ordinary waits stay as they are', async () => {
    const { deliveries, calls } = store();
    await calls.begin(newCall('c1'));
    const made = (id: string, createdAt: number, dueAt: number): NewDelivery => newDelivery(id, 'c1', { createdAt, dueAt });
    await calls.end(callEnd('c1'), [
      made('next-year', 1000, 9_000_000),
      made('made-in-the-future', 6500, 6500),
      made('waiting', 1000, 6400),
      made('leased', 1000, 2000),
    ]);
    expect((await deliveries.claimDue(2000, 9, 8_000_000)).map(({ id }) => id)).toEqual(['leased']);
    await deliveries.catchUp({ now: 6000, longestWaitMs: 1000, leaseMs: 300 });
    const ids = async (now: number) => (await deliveries.claimDue(now, 9, 50_000)).map(({ id }) => id);
    expect(await ids(6000)).toEqual(['made-in-the-future', 'next-year']);
    expect(await ids(6300)).toEqual(['leased']);
    expect(await ids(6400)).toEqual(['waiting']);
  });

  it('gives each delivery to one of two that ask at once', async () => {
    await queue(store(), ['a', 1], ['b', 2], ['c', 3]);
    const both = await Promise.all([store().deliveries.claimDue(10, 2, 1000), store().deliveries.claimDue(10, 2, 1000)]);
    expect(
      both
        .flat()
        .map((item) => item.id)
        .sort(),
    ).toEqual(['a', 'b', 'c']);
  });

  it('gives a delivery out again when its lease ran out', async () => {
    await queue(store(), ['a', 5000]);
    expect(await store().deliveries.claimDue(6000, 10, 1000)).toHaveLength(1);
    expect(await store().deliveries.claimDue(6999, 10, 1000)).toHaveLength(0);
    expect(await store().deliveries.claimDue(7000, 10, 1000)).toHaveLength(1);
  });

  it('knows when something is due next: leases count, finished deliveries do not', async () => {
    expect(await store().deliveries.nextDue()).toBeNull();
    await queue(store(), ['a', 5000], ['b', 8000]);
    expect(await store().deliveries.nextDue()).toBe(5000);
    await store().deliveries.claimDue(5000, 10, 1000);
    expect(await store().deliveries.nextDue()).toBe(6000);
    await store().deliveries.settle('a', delivered(1), 'delivered', null);
    expect(await store().deliveries.nextDue()).toBe(8000);
    await store().deliveries.settle('b', failed(1), 'dead', null);
    expect(await store().deliveries.nextDue()).toBeNull();
  });

  it('records every attempt, and the same bytes for each', async () => {
    await queue(store(), ['a', 5000]);
    const [first] = await store().deliveries.claimDue(5000, 1, 60_000);
    expect(first).toEqual({ ...newDelivery('a', 'c1'), state: 'pending', attempts: [] });
    await store().deliveries.settle('a', failed(1), 'pending', 15_000);
    expect(await store().deliveries.claimDue(14_999, 1, 60_000)).toEqual([]);
    const [second] = await store().deliveries.claimDue(15_000, 1, 60_000);
    expect(second).toEqual({ ...newDelivery('a', 'c1'), state: 'pending', dueAt: 15_000, attempts: [failed(1)] });
    await store().deliveries.settle('a', delivered(2), 'delivered', null);
    await store().deliveries.settle('a', delivered(2), 'delivered', null);
    expect(await store().queries.delivery('a')).toMatchObject({
      state: 'delivered',
      dueAt: null,
      attempts: [failed(1), delivered(2)],
    });
  });

  it('replays a dead or delivered one under its own id, attempts kept', async () => {
    await queue(store(), ['a', 5000]);
    await store().deliveries.claimDue(5000, 1, 60_000);
    await store().deliveries.settle('a', failed(1), 'dead', null);
    expect(await store().queries.deliveryCounts()).toEqual({ pending: 0, dead: 1 });
    expect(await store().deliveries.replay('a', 20_000)).toBe(true);
    const [again] = await store().deliveries.claimDue(20_000, 1, 60_000);
    expect(again).toMatchObject({ id: 'a', body: newDelivery('a', 'c1').body, attempts: [failed(1)] });
    expect(await store().deliveries.replay('nobody', 20_000)).toBe(false);
  });
});
