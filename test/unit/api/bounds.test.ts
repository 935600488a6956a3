import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { KEY, startApi, type TestApi } from '../../support/api.js';
import { newCall } from '../../support/stores.js';

/** What the API takes, at its bounds and on both sides of them. */

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

const text = (length: number): string => 'x'.repeat(length);

it.each<[query: string, status: number]>([
  ['limit=0', 400],
  ['limit=1', 200],
  ['limit=2', 200],
  ['limit=199', 200],
  ['limit=200', 200],
  ['limit=201', 400],
  ['cause=0', 200],
  ['cause=126', 200],
  ['cause=127', 200],
  ['cause=128', 400],
  [`cli=${text(127)}`, 200],
  [`cli=${text(128)}`, 200],
  [`cli=${text(129)}`, 400],
  [`did=${text(128)}`, 200],
  [`did=${text(129)}`, 400],
  [`flow=${text(128)}`, 200],
  [`flow=${text(129)}`, 400],
])('GET /v1/calls?%s is %i', async (query, status) => {
  expect((await api.get(`/v1/calls?${query}`)).status).toBe(status);
});

it.each([
  [49, 49, false],
  [50, 50, false],
  [51, 50, true],
])('of %i calls a page that asks for no number has %i, and a next one: %s', async (calls, shown, more) => {
  for (let n = 0; n < calls; n += 1) await api.store.calls.begin(newCall(`extra${n}`));
  const { body } = await api.get(`/v1/calls?did=${newCall('x').did}`);
  const page = body as { items: readonly unknown[]; next: string | null };
  expect(page.items).toHaveLength(shown);
  expect(page.next !== null).toBe(more);
});

describe('a short link', () => {
  it.each([
    [0, 400],
    [1, 200],
    [2, 200],
    [3649, 200],
    [3650, 200],
    [3651, 400],
    [1.5, 400],
  ])('that is to work for %d days is answered %i', async (expiryDays, status) => {
    const body = JSON.stringify({ longUrl: 'https://shop.example/a', expiryDays });
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    expect((await api.call('POST', '/shorturl', { body, headers })).status).toBe(status);
  });

  it.each([
    [63, 404],
    [64, 404],
    [65, 400],
  ])('with a code of %i characters is answered %i', async (length, status) => {
    expect((await api.call('GET', `/s/${text(length)}`, { headers: {} })).status).toBe(status);
  });
});

it.each([
  [1023, false],
  [1024, false],
  [1025, true],
])('a client of live events that says %i bytes is dropped: %s', async (bytes, dropped) => {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/events`, { headers: { authorization: `Bearer ${KEY}` } });
  try {
    await once(socket, 'open');
    const end = Promise.race([
      once(socket, 'close').then(([code]) => `closed with ${String(code)}`),
      once(socket, 'pong').then(() => 'goes on'),
    ]);
    socket.send(text(bytes));
    socket.ping();
    expect(await end).toBe(dropped ? 'closed with 1009' : 'goes on');
  } finally {
    socket.terminate();
  }
});
