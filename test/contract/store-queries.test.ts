import { expect, it } from 'vitest';
import type { Store } from '../../src/store/store.js';
import type { CallFilter } from '../../src/model/call-row.js';
import type { PageKey } from '../../src/model/page.js';
import type { DeliverySelection, NewDelivery } from '../../src/model/delivery.js';
import { callEnd, describeStores, entered, entry, newCall, newDelivery, settled } from '../support/stores.js';

/** Seven calls, three of them at the same millisecond, two live. */
async function fill(store: Store): Promise<void> {
  const starts = [1000, 2000, 2000, 2000, 3000, 4000, 5000];
  for (const [i, startedAt] of starts.entries()) {
    const flowId = i % 2 === 0 ? 'even' : 'odd';
    await store.calls.begin(newCall(`c${i}`, { startedAt, flowId, cli: `cli${i}`, did: i < 4 ? '100' : '200' }));
    if (i < 5) {
      const termination = { by: 'flow' as const, cause: i === 0 ? 19 : 16, sip: null, reason: 'bye' };
      await store.calls.end(callEnd(`c${i}`, { termination }), [newDelivery(`d${i}`, `c${i}`, { createdAt: 100 + i })]);
    }
  }
}

/** Five deliveries of two calls; `b` and `d` are over. */
async function fillDeliveries({ calls, deliveries }: Store): Promise<void> {
  for (const id of ['c1', 'c2']) await calls.begin(newCall(id));
  const made = (id: string, callId: string, n: number, more: Partial<NewDelivery>): NewDelivery =>
    newDelivery(id, callId, { createdAt: n, dueAt: 1000 + n, ...more });
  await deliveries.add([
    made('a', 'c1', 1, { webhook: 'crm' }),
    made('b', 'c2', 2, { webhook: 'crm' }),
    made('c', 'c1', 3, { webhook: 'bi', kind: 'event' }),
    made('d', 'c2', 4, { webhook: 'bi', kind: 'event' }),
    made('e', 'c2', 5, { webhook: 'integration:i1', kind: 'turn' }),
  ]);
  await deliveries.settle('b', settled({ n: 1, at: 1, ms: 1, status: 500, error: 'x' }, 'dead', null));
  await deliveries.settle('d', settled({ n: 1, at: 1, ms: 1, status: 200, error: null }, 'delivered', null));
}

describeStores('store queries', (store) => {
  const cases: readonly [string, CallFilter, string[]][] = [
    ['nothing', {}, ['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0']],
    ['live calls', { live: true }, ['c6', 'c5']],
    ['ended calls', { live: false }, ['c4', 'c3', 'c2', 'c1', 'c0']],
    ['the time of start, end excluded', { from: 2000, to: 4000 }, ['c4', 'c3', 'c2', 'c1']],
    ['the caller', { cli: 'cli3' }, ['c3']],
    ['the number called', { did: '200' }, ['c6', 'c5', 'c4']],
    ['the flow', { flow: 'odd' }, ['c5', 'c3', 'c1']],
    ['the cause', { cause: 19 }, ['c0']],
    ['several things', { flow: 'even', did: '100', live: false }, ['c2', 'c0']],
  ];
  it.each(cases)('filters calls by %s, newest first', async (_, filter, expected) => {
    await fill(store());
    const page = await store().queries.calls(filter, { limit: 100, after: null });
    expect(page.items.map((call) => call.id)).toEqual(expected);
    expect(page.next).toBeNull();
  });

  it('walks all pages without losing or repeating a row of one millisecond', async () => {
    await fill(store());
    for (const limit of [1, 2, 3, 7]) {
      const seen: string[] = [];
      let after: PageKey | null = null;
      do {
        const page = await store().queries.calls({}, { limit, after });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map((call) => call.id));
        after = page.next;
      } while (after !== null);
      expect(seen).toEqual(['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0']);
    }
  });

  it('lists deliveries by state and call, without their bodies', async () => {
    await fill(store());
    await store().deliveries.settle('d1', settled({ n: 1, at: 1, ms: 1, status: 500, error: 'x' }, 'dead', null));
    const dead = await store().queries.deliveries({ state: 'dead' }, { limit: 10, after: null });
    expect(dead.items).toEqual([
      {
        id: 'd1',
        callId: 'c1',
        kind: 'report',
        stream: null,
        cause: 'x',
        webhook: 'main',
        state: 'dead',
        createdAt: 101,
        dueAt: null,
        attempts: 1,
      },
    ]);
    const first = await store().queries.deliveries({}, { limit: 3, after: null });
    const second = await store().queries.deliveries({}, { limit: 3, after: first.next });
    expect([...first.items, ...second.items].map((item) => item.id)).toEqual(['d4', 'd3', 'd2', 'd1', 'd0']);
    const ofCall = await store().queries.deliveries({ call: 'c2' }, { limit: 10, after: null });
    expect(ofCall.items.map((item) => item.id)).toEqual(['d2']);
  });

  const selections: readonly [string, DeliverySelection, string[]][] = [
    ['nothing', {}, ['e', 'd', 'c', 'b', 'a']],
    ['the webhook', { webhook: 'bi' }, ['d', 'c']],
    ['several targets', { targets: ['bi', 'integration:i1'] }, ['e', 'd', 'c']],
    ['no target at all', { targets: [] }, []],
    ['a target and a state', { webhook: 'bi', state: 'pending' }, ['c']],
    ['a target and the call', { webhook: 'crm', call: 'c1' }, ['a']],
    ['the kind', { kind: 'event' }, ['d', 'c']],
    ['the time it was made, end excluded', { from: 2, to: 4 }, ['c', 'b']],
    ['the time of the next attempt: pending ones only', { dueFrom: 1003, dueTo: 1006 }, ['e', 'c']],
    ['what nobody has', { webhook: 'nobody' }, []],
  ];
  it.each(selections)('lists deliveries by %s', async (_, selection, expected) => {
    await fillDeliveries(store());
    const { items } = await store().queries.deliveries(selection, { limit: 10, after: null });
    expect(items.map(({ id }) => id)).toEqual(expected);
  });

  it('pages of deliveries stay what they are while others are made, tried and replayed', async () => {
    await fillDeliveries(store());
    const page = (after: PageKey | null) => store().queries.deliveries({ targets: ['crm', 'bi'] }, { limit: 2, after });
    const first = await page(null);
    await store().deliveries.add([newDelivery('f', 'c1', { webhook: 'bi', createdAt: 6 })]);
    await store().deliveries.replayAll({ webhook: 'crm' }, 9000);
    await store().deliveries.settle('c', settled({ n: 1, at: 1, ms: 1, status: 200, error: null }, 'delivered', null));
    const second = await page(first.next);
    expect([first, second].map(({ items }) => items.map(({ id }) => id))).toEqual([
      ['d', 'c'],
      ['b', 'a'],
    ]);
    expect(second.next).toBeNull();
  });

  it('answers null for what it does not know', async () => {
    expect(await store().queries.call('x')).toBeNull();
    expect(await store().queries.delivery('x')).toBeNull();
  });

  it('forgets old calls with their journal, but none that still has something to deliver', async () => {
    await fill(store());
    store().journal.append('c1', entered(1, 'a'));
    await store().flush();
    for (const id of ['d0', 'd1']) {
      await store().deliveries.settle(id, settled({ n: 1, at: 1, ms: 1, status: 200, error: null }, 'delivered', null));
    }
    expect(await store().retention.calls(5000)).toBe(0);
    expect(await store().retention.calls(5001)).toBe(2);
    expect(await store().retention.calls(5001)).toBe(0);
    expect(await store().queries.call('c1')).toBeNull();
    expect(await store().queries.journal('c1')).toEqual([]);
    expect(await store().queries.delivery('d1')).toBeNull();
    expect(await store().queries.call('c2')).not.toBeNull();
  });

  it('hands over old recordings so that their files can go', async () => {
    const recording = { type: 'recording', name: 'm', file: 'r1.wav', durationMs: 1, bytes: 1, format: 'wav' } as const;
    store().journal.append('c1', entry(1, { ...recording, id: 'r1' }));
    store().journal.append('c1', entry(2, { ...recording, id: 'r2' }));
    await store().flush();
    expect((await store().retention.recordings(1_700_000_000_002)).map((item) => item.id)).toEqual(['r1']);
    expect((await store().queries.recordings('c1')).map((item) => item.id)).toEqual(['r2']);
  });
});
