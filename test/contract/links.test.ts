import { expect, it } from 'vitest';
import { describeStores } from '../support/stores.js';
import { callEnd, newCall } from '../support/stores.js';

const link = (code: string, more: object = {}) => ({
  code,
  url: `https://shop.example/${code}`,
  createdAt: 1000,
  expiresAt: null,
  ...more,
});

describeStores('short links', (store) => {
  // docs/behaviour.md#short-links
  it('a link is found by its code as it was made', async () => {
    expect(await store().links.add(link('a', { expiresAt: 5000 }))).toBe(true);
    expect(await store().links.find('a')).toEqual({ ...link('a', { expiresAt: 5000 }), visits: 0, visitedAt: null });
    expect(await store().links.find('A')).toBeNull();
  });

  it('of links that are made at once with one code exactly one is kept', async () => {
    const made = await Promise.all([1, 2, 3].map((n) => store().links.add(link('a', { url: `https://shop.example/${n}` }))));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await store().links.add(link('a'))).toBe(false);
    expect((await store().links.find('a'))?.url).toBe(`https://shop.example/${made.indexOf(true) + 1}`);
  });

  it('every visit is counted', async () => {
    await store().links.add(link('a'));
    for (const at of [2000, 4000, 3000]) store().links.visited('a', at);
    store().links.visited('nobody', 1);
    await store().flush();
    expect(await store().links.find('a')).toMatchObject({ visits: 3, visitedAt: 4000 });
  });

  it('are listed newest first, page by page', async () => {
    for (const [code, createdAt] of [
      ['a', 1],
      ['b', 2],
      ['c', 2],
      ['d', 3],
    ] as const)
      await store().links.add(link(code, { createdAt }));
    const first = await store().links.list({ limit: 2, after: null });
    expect(first.items.map(({ code }) => code)).toEqual(['d', 'c']);
    const second = await store().links.list({ limit: 2, after: first.next });
    expect(second.items.map(({ code }) => code)).toEqual(['b', 'a']);
    expect(second.next).toBeNull();
  });

  it('are removed by code, and forgotten when they expired', async () => {
    await store().links.add(link('a', { expiresAt: 10 }));
    await store().links.add(link('b', { expiresAt: 20 }));
    await store().links.add(link('c'));
    expect(await store().links.forgetExpired(15)).toBe(1);
    expect(await store().links.forgetExpired(15)).toBe(0);
    expect(await store().links.find('a')).toBeNull();
    expect([await store().links.remove('b'), await store().links.remove('b')]).toEqual([true, false]);
    expect((await store().links.list({ limit: 9, after: null })).items.map(({ code }) => code)).toEqual(['c']);
  });
});

describeStores('paused numbers', (store) => {
  // docs/behaviour.md#paused-numbers
  it('are kept until they are resumed, and keep since when', async () => {
    await store().pauses.pause({ cli: '+491', reason: 'lunch', since: 10 });
    await store().pauses.pause({ cli: '+492', reason: null, since: 5 });
    await store().pauses.pause({ cli: '+491', reason: null, since: 99 });
    expect(await store().pauses.list()).toEqual([
      { cli: '+492', reason: null, since: 5 },
      { cli: '+491', reason: 'lunch', since: 10 },
    ]);
    expect(await store().pauses.find('+491')).toEqual({ cli: '+491', reason: 'lunch', since: 10 });
    expect([await store().pauses.resume('+491'), await store().pauses.resume('+491')]).toEqual([true, false]);
    expect(await store().pauses.find('+491')).toBeNull();
  });
});

describeStores('calls of a period', (store) => {
  // docs/behaviour.md#functions-there-are
  it('are counted by who ended them; the end of the period is not included', async () => {
    for (const [id, startedAt, cli] of [
      ['a', 1000, '1'],
      ['b', 1500, '2'],
      ['c', 2000, '1'],
      ['d', 3000, '1'],
    ] as const)
      await store().calls.begin(newCall(id, { startedAt, cli }));
    await store().calls.end(callEnd('a', { answeredAt: 1100, endedAt: 1600 }), []);
    await store().calls.end(
      callEnd('b', { answeredAt: null, endedAt: 1700, termination: { by: 'flow', cause: 16, sip: null, reason: 'bye' } }),
      [],
    );
    expect(await store().queries.callCounts({ from: 1000, to: 3000 })).toEqual({
      calls: 3,
      answered: 1,
      live: 1,
      talkMs: 500,
      endedBy: { caller: 1, flow: 1 },
    });
    expect(await store().queries.callCounts({ from: 1000, to: 9000, contact: '1' })).toMatchObject({ calls: 3, live: 2 });
    expect(await store().queries.callCounts({ from: 1000, to: 9000, flow: 'other' })).toEqual({
      calls: 0,
      answered: 0,
      live: 0,
      talkMs: 0,
      endedBy: {},
    });
  });
});
