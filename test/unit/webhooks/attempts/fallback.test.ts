import { beforeEach, describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/http/client.js';
import type { WebhookCall } from '../../../../src/model/webhook.js';
import { ScriptedClient, type ScriptedExchange } from '../../../support/scripted-client.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { webhookCall } from '../../../support/webhook-calls.js';
import { webhookPort } from '../../../support/webhook-port.js';

const PRIMARY = 'https://api.example/orders/7';
const FALLBACK = 'https://other.example/backup';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

async function asked(more: Partial<WebhookCall>, script: (exchange: Exchange, n: number) => ScriptedExchange) {
  const client = new ScriptedClient(clock, script);
  const port = webhookPort(client, {
    clock,
    random: { next: () => 1 },
    secrets: (name) => (name === 'gone' ? undefined : `s3cret-${name}`),
  });
  const call = webhookCall(PRIMARY, { timeoutMs: 10_000, fallbackUrl: [FALLBACK], ...more });
  const answer = await clock.runUntil(port.request(call, new AbortController().signal));
  const last = client.sent.at(-1);
  return { answer, client, urls: client.sent.map(({ url }) => url), headers: new Map(last?.headers) };
}

/** The first server does this, the fallback answers. */
const primary = (failing: ScriptedExchange) => (exchange: Exchange) =>
  exchange.url.startsWith(FALLBACK) ? { status: 200, body: '{"who":"fallback"}' } : failing;

// docs/behaviour.md#tries-and-fallback
describe('the fallback URL', () => {
  it.each<[string, ScriptedExchange]>([
    ['429', { status: 429 }],
    ['502', { status: 502 }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
    ['a broken connection', { fail: 'connection' }],
    ['a time-out', { afterMs: 60_000 }],
    ['bad TLS', { fail: 'tls' }],
    ['an answer that is no HTTP', { fail: 'bad-response' }],
  ])('is asked after %s', async (_what, failing) => {
    const { answer, urls } = await asked({ mapping: [{ path: 'who', required: true }] }, primary(failing));
    expect(urls).toEqual([PRIMARY, FALLBACK]);
    expect(answer).toMatchObject({ status: 200, reason: null, fallback: true, attempts: 2, url: FALLBACK });
    expect(answer.mapped).toEqual([{ found: true, value: 'fallback' }]);
  });

  it.each<[string, ScriptedExchange]>([
    ['200', { status: 200 }],
    ['404', { status: 404 }],
    ['500', { status: 500 }],
    ['an address the guard refuses', { fail: 'refused' }],
  ])('is not asked after %s', async (_what, failing) => {
    const { answer, urls } = await asked({}, primary(failing));
    expect(urls).toEqual([PRIMARY]);
    expect(answer.fallback).toBeUndefined();
  });

  it('is asked when the tries are used up, and once', async () => {
    const { answer, urls } = await asked({ retries: 2 }, (exchange) => ({ status: exchange.url === PRIMARY ? 503 : 502 }));
    expect(urls).toEqual([PRIMARY, PRIMARY, PRIMARY, FALLBACK]);
    expect(answer).toMatchObject({ status: 502, reason: 'SERVER_ERROR', fallback: true, attempts: 4 });
  });

  it('is asked at once when the server wants a longer wait than there is time', async () => {
    const { answer, urls } = await asked({ retries: 3 }, primary({ status: 503, headers: { 'retry-after': '3600' } }));
    expect(urls).toEqual([PRIMARY, FALLBACK]);
    expect(answer.duration).toBe(0.02);
  });

  it('gets its part of the time, and all together stay inside timeoutMs', async () => {
    const { answer, client } = await asked({}, () => ({ afterMs: 60_000 }));
    expect(client.sent.map(({ timeoutMs }) => timeoutMs)).toEqual([5000, 5000]);
    expect(answer).toMatchObject({ reason: 'TIMEOUT', status: null, duration: 10, url: PRIMARY, attempts: 2 });
    expect(answer.detail).toContain('the fallback did not answer either');
  });

  it('is a POST without an idempotency key too', async () => {
    const body = { contentType: 'application/json', text: '{"a":1}' };
    const { client, urls } = await asked({ method: 'POST', body, retries: 3 }, primary({ status: 503 }));
    expect(urls).toEqual([PRIMARY, FALLBACK]);
    expect(client.sent.at(-1)).toMatchObject({ method: 'POST', body: '{"a":1}' });
  });

  it('gets the idempotency key of the tries', async () => {
    const { client } = await asked({ idempotencyKey: 'k' }, primary({ status: 503 }));
    expect(client.header('Idempotency-Key')).toEqual(['k', 'k']);
  });

  it('is told the first URL and the reason', async () => {
    const { headers } = await asked({}, primary({ status: 503 }));
    expect(headers.get('X-Offhook-Original-Url')).toBe(PRIMARY);
    expect(headers.get('X-Offhook-Reason')).toBe('SERVER_ERROR');
    expect(headers.get('X-Offhook-Status')).toBe('503');
    const { headers: none } = await asked({}, primary({ fail: 'connection' }));
    expect(none.get('X-Offhook-Reason')).toBe('CONNECTION_FAILURE');
    expect(none.has('X-Offhook-Status')).toBe(false);
  });

  it('without an answer of it, the first failure stands', async () => {
    const { answer } = await asked({}, (exchange) => (exchange.url === PRIMARY ? { status: 503 } : { fail: 'connection' }));
    expect(answer).toMatchObject({ status: 503, reason: 'SERVER_ERROR', attempts: 2, url: PRIMARY });
    expect(answer.fallback).toBeUndefined();
    expect(answer.detail).toBe('the server answered 503; the fallback did not answer either: scripted connection');
  });

  it.each([
    [[{ secret: 'gone' }], 'the secret gone is not set'],
    [['/relative'], 'not a valid absolute URL'],
    [['nonsense'], 'not a valid absolute URL'],
  ])('that cannot be used (%j) is said in the detail', async (fallbackUrl, words) => {
    const { answer, urls } = await asked({ fallbackUrl }, primary({ status: 503 }));
    expect(urls).toEqual([PRIMARY]);
    expect(answer).toMatchObject({ status: 503, reason: 'SERVER_ERROR' });
    expect(answer.detail).toContain(words);
  });

  it('is asked without credentials when no access token came in time', async () => {
    const auth = {
      type: 'oauth2',
      tokenUrl: ['https://login.example/token'],
      clientId: ['id'],
      clientSecret: [{ secret: 'client' }],
      scope: null,
      audience: null,
      clientAuth: 'basic',
    } as const;
    const { answer, headers } = await asked({ auth }, ({ url }) =>
      url.startsWith('https://login') ? { afterMs: 60_000 } : { status: 200 },
    );
    expect(answer).toMatchObject({ status: 200, fallback: true });
    expect(headers.get('X-Offhook-Original-Url')).toBe(PRIMARY);
    expect([...headers.keys()].map((name) => name.toLowerCase())).not.toContain('authorization');
  });

  it('empty is none', async () => {
    expect((await asked({ fallbackUrl: [] }, primary({ status: 503 }))).urls).toEqual([PRIMARY]);
    expect((await asked({ fallbackUrl: null }, primary({ status: 503 }))).urls).toEqual([PRIMARY]);
  });
});

describe('credentials and the fallback URL', () => {
  const withSecrets: Partial<WebhookCall> = {
    url: [PRIMARY, '?token=', { secret: 'token' }],
    auth: { type: 'basic', username: ['ivr'], password: [{ secret: 'shop' }] },
    headers: [
      { key: 'X-Plain', value: ['yes'] },
      { key: 'X-Key', value: ['v1 ', { secret: 'key' }] },
      { key: 'Cookie', value: ['session=1'] },
    ],
    query: [
      { key: 'q', value: ['1'] },
      { key: 'api_key', value: [{ secret: 'query' }] },
    ],
  };

  // docs/decisions/0014-secrets-by-name.md
  it('go only to the origin they were meant for', async () => {
    const { client, headers } = await asked(withSecrets, primary({ status: 503 }));
    expect(JSON.stringify(client.sent[0])).toMatch(/s3cret-token.*s3cret-key.*/u);
    const other = client.sent.at(-1);
    expect(other?.url).toBe(`${FALLBACK}?q=1`);
    expect(JSON.stringify(other)).not.toContain('s3cret');
    expect([...headers.keys()].map((name) => name.toLowerCase())).not.toContain('authorization');
    expect(headers.get('X-Plain')).toBe('yes');
    expect(headers.has('Cookie')).toBe(false);
  });

  it('go along to the same origin', async () => {
    const { headers, urls } = await asked({ ...withSecrets, fallbackUrl: ['https://api.example:443/v1'] }, ({ url }) => ({
      status: url.includes('/v1') ? 200 : 503,
    }));
    expect(urls[1]).toBe('https://api.example:443/v1?q=1&api_key=s3cret-query');
    expect(headers.get('authorization')).toMatch(/^Basic /u);
    expect(headers.get('X-Key')).toBe('v1 s3cret-key');
  });

  it.each(['http://api.example/v1', 'https://api.example:8443/v1', 'https://api.example.evil.example/v1'])(
    '%s is another origin',
    async (url) => {
      const { client } = await asked({ ...withSecrets, fallbackUrl: [url] }, (exchange) => ({
        status: exchange.url.startsWith(url) ? 200 : 503,
      }));
      expect(client.sent).toHaveLength(2);
      expect(JSON.stringify(client.sent.at(-1))).not.toContain('s3cret');
    },
  );

  it('the first URL is told with its secrets masked, and fits a header', async () => {
    const { headers } = await asked(
      { ...withSecrets, url: ['https://api.example/ü?t=', { secret: 'token' }] },
      primary({ status: 503 }),
    );
    expect(headers.get('X-Offhook-Original-Url')).toBe('https://api.example/%C3%BC?t=***&q=1&api_key=***');
  });

  it('a secret that the fallback needs stands in its own URL, and is masked in the answer', async () => {
    const { answer, urls } = await asked({ fallbackUrl: [`${FALLBACK}?k=`, { secret: 'backup' }] }, primary({ status: 503 }));
    expect(urls[1]).toBe(`${FALLBACK}?k=s3cret-backup`);
    expect(answer.url).toBe(`${FALLBACK}?k=***`);
  });
});
