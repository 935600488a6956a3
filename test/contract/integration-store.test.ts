import { expect, it } from 'vitest';
import type { JournalEvent } from '../../src/model/journal.js';
import type { StoredIntegration } from '../../src/model/integration.js';
import { began, callEnd, describeStores, entry, newCall, newDelivery } from '../support/stores.js';

const integration = (id: string, more: Partial<StoredIntegration> = {}): StoredIntegration => {
  const document = { alias: 'ä € "quoted"', url: 'https://crm.example', body: [{ key: 'a[]', type: 'text', value: '' }] };
  return { id, document, active: false, tokenHash: 'ff', createdAt: 1000, changedAt: 1000, ...more };
};

const removal = (id: string, giveUp: string | null = null) => ({ id, target: `integration:${id}`, giveUp });

describeStores('the integrations of the store', (current) => {
  it('keeps them as they are, oldest first, and puts one in the place of its older self', async () => {
    const store = current().integrations;
    expect(await store.all()).toEqual([]);
    await store.save(integration('b'));
    await store.save(integration('a', { createdAt: 2000 }));
    const changed = integration('b', { active: true, tokenHash: '00', changedAt: 5000, document: { alias: 'new' } });
    await store.save(changed);
    expect(await store.all()).toEqual([changed, integration('a', { createdAt: 2000 })]);
    expect(await store.remove(removal('b'))).toEqual({ live: 0, waiting: 0 });
    expect(await store.remove(removal('none'))).toEqual({ live: 0, waiting: 0 });
    expect((await store.all()).map(({ id }) => id)).toEqual(['a']);
  });

  // docs/behaviour.md#integration-life
  it('keeps one whose calls have no end, or whose events wait, unless they are given up', async () => {
    const { integrations, calls, journal, deliveries, queries } = current();
    const kept = async () => (await integrations.all()).map(({ id }) => id);
    await integrations.save(integration('a'));
    await integrations.save(integration('b'));
    for (const [callId, owner] of [
      ['c1', 'a'],
      ['c2', 'a'],
      ['c3', 'b'],
    ] as const) {
      await calls.begin(newCall(callId));
      journal.append(callId, entry(1, { ...began(callId, {}), integration: owner } as JournalEvent));
    }
    // What was handed over before counts, whether it is on the disk yet or not.
    expect(await integrations.remove(removal('a'))).toEqual({ live: 2, waiting: 0 });
    for (const callId of ['c1', 'c2']) {
      const end = newDelivery(`end-${callId}`, callId, { kind: 'turn', webhook: 'integration:a' });
      await calls.end(callEnd(callId), [end]);
    }
    await deliveries.add([newDelivery('report', 'c1', { webhook: 'crm' })]);
    expect(await integrations.remove(removal('a'))).toEqual({ live: 0, waiting: 2 });
    await deliveries.settle('end-c1', { attempt: null, state: 'delivered', dueAt: null, cause: null });
    expect(await kept()).toEqual(['a', 'b']);
    expect(await integrations.remove(removal('a', 'deleted'))).toEqual({ live: 0, waiting: 1 });
    expect(await kept()).toEqual(['b']);
    await current().flush();
    const states = await Promise.all(['end-c1', 'end-c2', 'report'].map((id) => queries.delivery(id)));
    expect(states.map((found) => [found?.state, found?.cause])).toEqual([
      ['delivered', null],
      ['dead', 'deleted'],
      ['pending', null],
    ]);
  });

  it('keeps the flows that name them, all at once', async () => {
    const store = current().integrations;
    const link = { integration: 'a', flow: 'shop', since: 1000 };
    await store.setLinks([link, { ...link, flow: 'more', since: 2000 }]);
    expect(await store.links()).toHaveLength(2);
    await store.setLinks([link]);
    expect(await store.links()).toEqual([link]);
    await store.setLinks([]);
    expect(await store.links()).toEqual([]);
  });
});
