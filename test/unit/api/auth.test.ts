import { afterEach, describe, expect, it } from 'vitest';
import { KEY, OTHER_KEY, startApi, type TestApi } from '../../support/api.js';

let api: TestApi | null = null;
afterEach(async () => {
  await api?.close();
  api = null;
});

const PROTECTED = [
  'GET /v1/calls',
  'GET /v1/calls/c1',
  'DELETE /v1/calls/c1',
  'GET /v1/calls/c1/recordings/r1',
  'GET /v1/deliveries',
  'GET /v1/deliveries/d1',
  'POST /v1/deliveries/d1/replay',
  'GET /v1/flows',
  'GET /v1/flows/demo',
  'POST /v1/flows/check',
  'GET /v1/nothing',
  'GET /metrics',
] as const;

describe('with a key', () => {
  it.each(PROTECTED)('%s is closed to strangers', async (line) => {
    api = await startApi();
    const [method, path] = line.split(' ') as ['GET', string];
    const response = await api.call(method, path, { headers: {} });
    expect(response.status).toBe(401);
    expect(response.body).toMatchObject({ error: { code: 'API_UNAUTHORIZED', advice: expect.any(String) as string } });
    expect(response.headers['www-authenticate']).toBe('Bearer');
  });

  it('opens for any of the keys, by either header', async () => {
    api = await startApi();
    for (const headers of [
      { authorization: `Bearer ${KEY}` },
      { authorization: `bearer ${OTHER_KEY}` },
      { 'x-api-key': OTHER_KEY },
    ]) {
      expect((await api.get('/v1/flows', headers as Record<string, string>)).status).toBe(200);
    }
  });

  it.each([
    ['a wrong key', { authorization: 'Bearer wrong' }],
    ['another scheme', { authorization: `Basic ${KEY}` }],
    ['part of the key', { 'x-api-key': KEY.slice(0, -1) }],
    ['more than the key', { 'x-api-key': `${KEY}0` }],
    ['an empty key', { 'x-api-key': '' }],
    ['nothing after Bearer', { authorization: 'Bearer ' }],
    ['two keys in one', { 'x-api-key': `${KEY},${OTHER_KEY}` }],
  ])('stays closed for %s', async (_, headers) => {
    api = await startApi();
    expect((await api.get('/v1/flows', headers as Record<string, string>)).status).toBe(401);
  });

  it('a key in the address opens nothing', async () => {
    api = await startApi();
    expect((await api.get(`/v1/flows?key=${KEY}`, {})).status).toBe(401);
  });

  it('throttles an address that keeps guessing, but not whoever has the key', async () => {
    api = await startApi();
    const guesses = [];
    for (let i = 0; i < 30; i += 1) guesses.push((await api.get('/v1/flows', { 'x-api-key': `guess-${i}` })).status);
    expect(guesses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(guesses.slice(20)).toEqual(Array.from({ length: 10 }, () => 429));
    expect((await api.get('/v1/flows')).status).toBe(200);
  });

  it('health and readiness are open to all', async () => {
    api = await startApi();
    expect((await api.get('/health', {})).status).toBe(200);
    expect((await api.get('/ready', {})).status).toBe(200);
    expect((await api.get('/openapi.json', {})).status).toBe(200);
  });
});

describe('without a key', () => {
  it.each([
    ['a program', {}, 200],
    ['a page of ours', { origin: 'SELF' }, 200],
    ['a page of another site', { origin: 'https://evil.example' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['a name rebound to loopback', { host: 'evil.example' }, 403],
    ['localhost', { host: 'localhost:3000' }, 200],
  ])('%s of this machine gets %j → %i', async (_, headers: Record<string, string>, status) => {
    api = await startApi({ keys: [] });
    const sent = headers['origin'] === 'SELF' ? { origin: api.url } : headers;
    expect((await api.get('/v1/flows', sent)).status).toBe(status);
  });

  it('is not opened to the network', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com']) {
      await expect(startApi({ keys: [], host })).rejects.toThrow(/open to everybody/);
    }
  });
});

it('says so when its port is taken', async () => {
  api = await startApi();
  const port = Number(new URL(api.url).port);
  await expect(startApi({ port })).rejects.toThrow(/EADDRINUSE/);
});
