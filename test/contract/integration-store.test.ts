import { expect, it } from 'vitest';
import type { StoredIntegration } from '../../src/webhooks/integrations/ports.js';
import { describeStores } from '../support/stores.js';

const integration = (id: string, more: Partial<StoredIntegration> = {}): StoredIntegration => {
  const document = { alias: 'ä € "quoted"', url: 'https://crm.example', body: [{ key: 'a[]', type: 'text', value: '' }] };
  return { id, document, active: false, tokenHash: 'ff', createdAt: 1000, changedAt: 1000, ...more };
};

describeStores('the integrations of the store', (current) => {
  it('keeps them as they are, oldest first, and puts one in the place of its older self', async () => {
    const store = current().integrations;
    expect(await store.all()).toEqual([]);
    await store.save(integration('b'));
    await store.save(integration('a', { createdAt: 2000 }));
    const changed = integration('b', { active: true, tokenHash: '00', changedAt: 5000, document: { alias: 'new' } });
    await store.save(changed);
    expect(await store.all()).toEqual([changed, integration('a', { createdAt: 2000 })]);
    await store.remove('b');
    await store.remove('none');
    expect((await store.all()).map(({ id }) => id)).toEqual(['a']);
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
