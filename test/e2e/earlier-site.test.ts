import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EarlierSite } from '../support/earlier-site.js';

/*
 * A folder and a database of an earlier version, left by kill -9 in the middle of calls: they are taken as they are, and everybody is
 * told what that version would have told, byte for byte.
 */

interface Expected {
  readonly received: readonly string[];
  readonly shown: Readonly<Record<string, string>>;
}

const expected = JSON.parse(readFileSync(new URL('../earlier-site/expected.json', import.meta.url), 'utf8')) as Expected;

let earlier: EarlierSite;
beforeAll(async () => {
  earlier = await EarlierSite.create();
  await earlier.start();
});
afterAll(() => earlier.close());

it('unfinished calls are ended, and what was pending is sent: reports, events and turns', () => {
  expect(earlier.received()).toEqual(expected.received);
});

it('the API shows its calls, links, pauses, integrations and dead deliveries', async () => {
  expect(await earlier.shown()).toEqual(expected.shown);
});

it('the token of its integration is still good', async () => {
  const url = `${earlier.site.api}/v1/integrations/orders/chats/81984293-aea3-4f18-b1d2-e2b7e71adec1/events`;
  const send = async (token: string) => {
    const body = JSON.stringify({ type: 'text', text: 'Hello.' });
    return (await fetch(url, { method: 'POST', body, headers: { authorization: `Bearer ${token}` } })).status;
  };
  // The call is over; the token opens the door all the same.
  expect(await send(earlier.token)).toBe(404);
  expect(await send('another')).toBe(401);
});
