import { expect, it } from 'vitest';
import type { Store } from '../../src/store/store.js';
import type { DeliveryAttempt, NewDelivery } from '../../src/model/delivery.js';
import { callEnd, describeStores, newCall, newDelivery, settled } from '../support/stores.js';

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

  it.each([
    [3_600_000, { waiting: 3_605_000, queued: 3_601_000, overdue: 500 }],
    [-3_600_000, { waiting: -3_595_000, queued: -3_599_000, overdue: -3_599_500 }],
  ])('move with a wall clock that is set by %d ms, and what is just queued stays', async (byMs, due) => {
    // The old clock read 1000, the new one `1000 + byMs`.
    const { deliveries, queries } = store();
    await queue(store(), ['waiting', 5000], ['queued', 1000 + byMs], ['overdue', 500]);
    await deliveries.shift({ byMs, now: 1000 + byMs, queuedMs: 60_000 });
    const { items } = await queries.deliveries({}, { limit: 9, after: null });
    expect(Object.fromEntries(items.map(({ id, dueAt }) => [id, dueAt]))).toEqual(due);
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
    await store().deliveries.settle('a', settled(delivered(1), 'delivered', null));
    expect(await store().deliveries.nextDue()).toBe(8000);
    await store().deliveries.settle('b', settled(failed(1), 'dead', null));
    expect(await store().deliveries.nextDue()).toBeNull();
  });

  it('records every attempt, and the same bytes for each', async () => {
    await queue(store(), ['a', 5000]);
    const [first] = await store().deliveries.claimDue(5000, 1, 60_000);
    const queued = { ...newDelivery('a', 'c1'), stream: null, shape: null, cause: null, replayedAfter: 0, state: 'pending' };
    expect(first).toEqual({ ...queued, attempts: [] });
    await store().deliveries.settle('a', settled(failed(1), 'pending', 15_000));
    expect(await store().deliveries.claimDue(14_999, 1, 60_000)).toEqual([]);
    const [second] = await store().deliveries.claimDue(15_000, 1, 60_000);
    expect(second).toEqual({ ...queued, dueAt: 15_000, attempts: [failed(1)] });
    await store().deliveries.settle('a', settled(delivered(2), 'delivered', null));
    await store().deliveries.settle('a', settled(delivered(2), 'delivered', null));
    expect(await store().queries.delivery('a')).toMatchObject({
      state: 'delivered',
      dueAt: null,
      attempts: [failed(1), delivered(2)],
    });
  });

  it('queues deliveries of a call that lives, each id once, and keeps their shape', async () => {
    await store().calls.begin(newCall('c1'));
    const shape = { method: 'PUT', query: [['a', 'b']], headers: [['x', '$secret.Y']], contentType: 'text/plain' } as const;
    const event = newDelivery('a', 'c1', { kind: 'event', shape, stream: 's' });
    await store().deliveries.add([event]);
    await store().deliveries.add([{ ...event, body: 'other' }, newDelivery('b', 'c1')]);
    await store().deliveries.add([]);
    const claimed = await store().deliveries.claimDue(9000, 9, 1000);
    expect(claimed.map(({ id, body, shape, stream }) => [id, body, shape, stream])).toEqual([
      ['a', event.body, shape, 's'],
      ['b', event.body, null, null],
    ]);
  });

  it('gives out of a stream only the oldest, until it is delivered or dead', async () => {
    await store().calls.begin(newCall('c1'));
    const { deliveries } = store();
    const of = (id: string, stream: string | null, createdAt: number): NewDelivery =>
      newDelivery(id, 'c1', { stream, createdAt, dueAt: 1 });
    await deliveries.add([of('z', 's', 1), of('y', 's', 1), of('a', 's', 2), of('t', 't', 3), of('free', null, 4)]);
    const claim = async (): Promise<readonly string[]> => (await deliveries.claimDue(10, 9, 1000)).map(({ id }) => id);
    expect(await claim()).toEqual(['free', 't', 'z']);
    expect(await claim()).toEqual([]);
    await deliveries.settle('free', settled(delivered(1), 'delivered', null));
    await deliveries.settle('t', settled(delivered(1), 'delivered', null));
    await deliveries.settle('z', settled(failed(1), 'pending', 500));
    expect(await claim()).toEqual([]);
    expect(await deliveries.nextDue()).toBe(500);
    await deliveries.settle('z', settled(failed(2), 'dead', null));
    expect(await deliveries.nextDue()).toBe(1);
    expect(await claim()).toEqual(['y']);
    await deliveries.settle('y', settled(delivered(1), 'delivered', null));
    expect(await claim()).toEqual(['a']);
  });

  it('tells of a delivery that the one before it in its stream is dead', async () => {
    await store().calls.begin(newCall('c1'));
    const { deliveries } = store();
    const of = (id: string, stream: string | null, createdAt: number): NewDelivery =>
      newDelivery(id, 'c1', { stream, createdAt, dueAt: 1 });
    await deliveries.add([of('z', 's', 1), of('y', 's', 1), of('x', 's', 2), of('other', 't', 3), of('free', null, 1)]);
    const claim = async (): Promise<readonly unknown[]> =>
      (await deliveries.claimDue(10, 9, 1000)).map(({ id, behindDead = false }) => [id, behindDead]);
    expect(await claim()).toEqual([
      ['free', false],
      ['other', false],
      ['z', false],
    ]);
    for (const id of ['free', 'other', 'z']) await deliveries.settle(id, settled(failed(1), 'dead', null));
    expect(await claim()).toEqual([['y', true]]);
    await deliveries.settle('y', settled(delivered(1), 'delivered', null));
    expect(await claim()).toEqual([['x', false]]);
  });

  it('does not count what is due for excepted targets', async () => {
    await store().calls.begin(newCall('c1'));
    await store().deliveries.add([newDelivery('a', 'c1', { webhook: 'busy', dueAt: 5 }), newDelivery('b', 'c1', { dueAt: 9 })]);
    expect(await store().deliveries.nextDue(['busy'])).toBe(9);
    expect(await store().deliveries.nextDue(['busy', 'main'])).toBeNull();
    expect(await store().deliveries.nextDue()).toBe(5);
  });

  it('revises what nobody was sent, and queues the amendment when that is too late', async () => {
    await queue(store(), ['fresh', 60_000], ['tried', 5000], ['leased', 5000]);
    const { deliveries, queries } = store();
    await deliveries.settle('tried', settled(failed(1), 'pending', 90_000));
    expect((await deliveries.claimDue(6000, 9, 1000)).map(({ id }) => id)).toEqual(['leased']);
    const revise = (id: string, dueAt: number | null): Promise<string> =>
      deliveries.revise({ id, body: 'better', dueAt, otherwise: newDelivery(`${id}-2`, 'c1', { kind: 'amendment' }) });
    expect(await revise('fresh', null)).toBe('revised');
    expect(await queries.delivery('fresh')).toMatchObject({ body: 'better', dueAt: 60_000 });
    expect(await revise('fresh', 6500)).toBe('revised');
    expect(await queries.delivery('fresh')).toMatchObject({ body: 'better', dueAt: 6500 });
    expect(await queries.delivery('fresh-2')).toBeNull();
    for (const id of ['tried', 'leased']) {
      expect(await revise(id, 6500)).toBe('amended');
      expect((await queries.delivery(id))?.body).not.toBe('better');
      expect(await queries.delivery(`${id}-2`)).toMatchObject({ kind: 'amendment', state: 'pending' });
    }
  });

  it('never revises what was claimed, though its lease was cut short or ran out: it may have been sent', async () => {
    await queue(store(), ['leased', 5000]);
    const { deliveries, queries } = store();
    await deliveries.claimDue(6000, 9, 60_000);
    await deliveries.catchUp({ now: 100, longestWaitMs: 1000, leaseMs: 10 });
    const otherwise = newDelivery('leased-2', 'c1', { kind: 'amendment' });
    expect(await deliveries.revise({ id: 'leased', body: 'better', dueAt: 6500, otherwise })).toBe('amended');
    expect((await queries.delivery('leased'))?.body).not.toBe('better');
  });

  it('remembers targets that are gone, with what was pending for them, until they are enabled', async () => {
    await store().calls.begin(newCall('c1'));
    const { deliveries, queries } = store();
    await deliveries.add([newDelivery('a', 'c1', { webhook: 'gone' }), newDelivery('b', 'c1')]);
    const target = { webhook: 'gone', url: 'https://gone.example/$secret.path', at: 7000 };
    await deliveries.disable(target, 'endpoint gone');
    await deliveries.disable(target, 'endpoint gone');
    expect(await deliveries.disabled()).toEqual([target]);
    expect(await queries.delivery('a')).toMatchObject({ state: 'dead', cause: 'endpoint gone', dueAt: null });
    expect(await queries.delivery('b')).toMatchObject({ state: 'pending', cause: null });
    expect([await deliveries.enable('gone'), await deliveries.enable('gone')]).toEqual([true, false]);
    expect(await deliveries.disabled()).toEqual([]);
  });

  it('settles without an attempt: what was never sent has none', async () => {
    await queue(store(), ['a', 5000]);
    await store().deliveries.settle('a', settled(null, 'dead', null));
    expect(await store().queries.delivery('a')).toMatchObject({ state: 'dead', cause: 'endpoint gone', attempts: [] });
  });

  it('replays a range: by webhook, state, call and time', async () => {
    const { calls, deliveries, queries } = store();
    await calls.begin(newCall('c1'));
    await calls.begin(newCall('c2'));
    const made = (id: string, callId: string, webhook: string, createdAt: number): NewDelivery =>
      newDelivery(id, callId, { webhook, createdAt });
    await deliveries.add([made('a', 'c1', 'x', 1), made('b', 'c1', 'x', 2), made('c', 'c2', 'x', 3), made('d', 'c2', 'y', 4)]);
    const fail = async (): Promise<void> => {
      for (const id of ['a', 'b', 'c']) await deliveries.settle(id, settled(failed(1), 'dead', null));
    };
    await fail();
    await deliveries.settle('d', settled(delivered(1), 'delivered', null));
    const replayed = async (selection: Parameters<typeof deliveries.replayAll>[0]): Promise<unknown> => {
      const count = await deliveries.replayAll(selection, 50);
      const { items } = await queries.deliveries({ state: 'pending' }, { limit: 9, after: null });
      await fail();
      await deliveries.settle('d', settled(delivered(1), 'delivered', null));
      return [count, items.map(({ id }) => id).sort()];
    };
    expect(await replayed({ webhook: 'x' })).toEqual([3, ['a', 'b', 'c']]);
    expect(await replayed({ call: 'c2' })).toEqual([2, ['c', 'd']]);
    expect(await replayed({ from: 2, to: 4 })).toEqual([2, ['b', 'c']]);
    expect(await replayed({ state: 'delivered' })).toEqual([1, ['d']]);
    expect(await replayed({ state: 'dead', webhook: 'y' })).toEqual([0, []]);
    expect(await replayed({ targets: ['x', 'nobody'], kind: 'report', to: 3 })).toEqual([2, ['a', 'b']]);
    expect(await replayed({ kind: 'event' })).toEqual([0, []]);
    expect(await replayed({})).toEqual([4, ['a', 'b', 'c', 'd']]);
    expect(await deliveries.replayAll({}, 60)).toBe(4);
    expect(await deliveries.replayAll({}, 70)).toBe(0);
    expect(await queries.delivery('a')).toMatchObject({ dueAt: 60, cause: null, replayedAfter: 1 });
  });

  it('has pending ones tried now when they are asked for by name', async () => {
    const { deliveries, queries } = store();
    await queue(store(), ['a', 5000], ['b', 9000]);
    expect(await deliveries.replayAll({ state: 'pending', dueFrom: 6000 }, 50)).toBe(1);
    expect(await queries.delivery('b')).toMatchObject({ state: 'pending', dueAt: 50 });
    expect(await queries.delivery('a')).toMatchObject({ state: 'pending', dueAt: 5000 });
    expect(await deliveries.replayAll({ webhook: 'main' }, 60)).toBe(0);
  });

  it('replays a dead or delivered one under its own id, attempts kept', async () => {
    await queue(store(), ['a', 5000]);
    await store().deliveries.claimDue(5000, 1, 60_000);
    await store().deliveries.settle('a', settled(failed(1), 'dead', null));
    expect(await store().queries.deliveryCounts()).toEqual({ pending: 0, dead: 1 });
    expect(await store().deliveries.replay('a', 20_000)).toBe(true);
    const [again] = await store().deliveries.claimDue(20_000, 1, 60_000);
    expect(again).toMatchObject({ id: 'a', body: newDelivery('a', 'c1').body, attempts: [failed(1)] });
    expect(await store().deliveries.replay('nobody', 20_000)).toBe(false);
  });
});
