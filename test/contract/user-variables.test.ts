import { expect, it } from 'vitest';
import { describeStores } from '../support/stores.js';

describeStores('user variables', (store) => {
  it('are empty for a contact nobody wrote to', async () => {
    expect(await store().users.load('+4930123')).toEqual({});
  });

  // docs/behaviour.md#stored-variables
  it('a load sees every save before it, the latest wins, contacts are apart', async () => {
    await store().users.save('a', 'name', 'Ada');
    await store().users.save('a', 'name', 'Grace');
    await store().users.save('a', 'visits', 3);
    await store().users.save('b', 'name', 'Bob');
    expect(await store().users.load('a')).toEqual({ name: 'Grace', visits: 3 });
    await store().flush();
    expect(await store().users.load('a')).toEqual({ name: 'Grace', visits: 3 });
    await store().users.save('a', 'visits', 4);
    expect(await store().users.load('a')).toEqual({ name: 'Grace', visits: 4 });
  });

  it('keep type and text of a value', async () => {
    const value = { zip: '0012', list: [1, true, null], text: 'ä\u0000' };
    await store().users.save('a', 'v', value);
    await store().users.save('a', 'nothing', null);
    await store().flush();
    expect(await store().users.load('a')).toEqual({ v: value, nothing: null });
  });

  it('do not reach a prototype by their name', async () => {
    await store().users.save('a', '__proto__', { polluted: true });
    await store().flush();
    const loaded = await store().users.load('a');
    expect(Object.keys(loaded)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect((loaded as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
