import { afterEach, beforeEach, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

it('an address that keeps trying short links is slowed; one that there is still works from there', async () => {
  const made = await api.call('POST', '/shorturl', { body: JSON.stringify({ longUrl: 'https://shop.example/a' }), ...asJson() });
  const { shortUrl } = made.body as { shortUrl: string };
  const code = shortUrl.split('/').at(-1) ?? '';
  const follow = (path: string) => api.call('GET', `/s/${path}`, { headers: {} });
  for (let n = 0; n < 20; n += 1) expect((await follow(`wrong${n}`)).status).toBe(404);
  for (let n = 0; n < 20; n += 1) {
    const refused = await follow(`more${n}`);
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'API_THROTTLED' } } });
    expect(refused.headers['retry-after']).toBe('60');
  }
  expect(await follow(code)).toMatchObject({ status: 302, headers: { location: 'https://shop.example/a' } });
});

it('links that are right are no guesses', async () => {
  const made = await api.call('POST', '/shorturl', { body: JSON.stringify({ longUrl: 'https://shop.example/a' }), ...asJson() });
  const { shortUrl } = made.body as { shortUrl: string };
  for (let n = 0; n < 30; n += 1)
    expect((await api.call('GET', `/s/${shortUrl.split('/').at(-1) ?? ''}`, { headers: {} })).status).toBe(302);
  expect((await api.call('GET', '/s/wrong', { headers: {} })).status).toBe(404);
});

function asJson() {
  return { headers: { authorization: 'Bearer key-0123456789abcdef', 'content-type': 'application/json' } };
}
