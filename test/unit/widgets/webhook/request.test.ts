import { describe, expect, it } from 'vitest';
import { webhook } from '../../../../src/widgets/webhook/webhook.js';
import { problemsOf } from '../../../support/fake-widget-context.js';
import { runWebhook, SERVICE } from '../../../support/webhook-widget.js';

const secret = (name: string) => ({ secret: name });
const problems = (config: object): readonly string[] => problemsOf(webhook, { url: SERVICE, ...config });

// docs/behaviour.md#credentials
describe('credentials', () => {
  const auth = async (fields: object, values = {}) => (await runWebhook({ auth: fields }, { values })).call.auth;

  // docs/behaviour.md#variables-in-a-request
  it('every kind takes variables; secrets stay references', async () => {
    const values = { who: 'ivr', tenant: 'a/b' };
    expect(await auth({ type: 'basic', username: '$flow.key.who', password: '$secret.p' }, values)).toEqual({
      type: 'basic',
      username: ['ivr'],
      password: [secret('p')],
    });
    expect(await auth({ type: 'bearer', token: 'v1.$secret.t' })).toEqual({ type: 'bearer', token: ['v1.', secret('t')] });
    const oauth2 = {
      type: 'oauth2',
      tokenUrl: 'https://login.example/$flow.key.tenant/token',
      clientId: '$flow.key.who',
      clientSecret: '$secret.s',
    };
    expect(await auth(oauth2, values)).toEqual({
      type: 'oauth2',
      tokenUrl: ['https://login.example/a%2Fb/token'],
      clientId: ['ivr'],
      clientSecret: [secret('s')],
      scope: null,
      audience: null,
      clientAuth: 'basic',
    });
    expect(await auth({ ...oauth2, scope: 'read:$flow.key.who', audience: 'x', clientAuth: 'body' }, values)).toMatchObject({
      scope: 'read:ivr',
      audience: 'x',
      clientAuth: 'body',
    });
  });

  it('an API key goes into X-API-Key unless told otherwise', async () => {
    expect(await auth({ type: 'apiKey', value: '$secret.k' })).toEqual({
      type: 'apiKey',
      name: 'X-API-Key',
      value: [secret('k')],
      in: 'header',
    });
    expect(await auth({ type: 'apiKey', name: 'key', value: 'x', in: 'query' })).toMatchObject({ name: 'key', in: 'query' });
  });

  it('a credential of the site is passed on by name', async () => {
    expect(await auth({ type: 'credential', name: 'shop' })).toEqual({ type: 'credential', name: 'shop' });
  });

  // docs/behaviour.md#missing-values
  it.each<[string, object]>([
    ['bearer', { type: 'bearer', token: '$flow.key.nope' }],
    ['apiKey', { type: 'apiKey', value: '$flow.key.nope' }],
    ['oauth2', { type: 'oauth2', tokenUrl: 'https://x.example/$flow.key.nope', clientId: 'a', clientSecret: 'b' }],
    [
      'oauth2 scope',
      { type: 'oauth2', tokenUrl: 'https://x.example', clientId: 'a', clientSecret: 'b', scope: '$flow.key.nope' },
    ],
  ])('%s with a variable without a value is INVALID_FLOW_VAR', async (_name, fields) => {
    const { exit, value, call } = await runWebhook({ auth: fields });
    expect([exit, value('error_reason'), call]).toEqual(['failed', 'INVALID_FLOW_VAR', undefined]);
  });

  it.each<[string, object]>([
    ['an unknown kind', { type: 'digest', username: 'a', password: 'b' }],
    ['a bearer without a token', { type: 'bearer' }],
    ['a key in the body', { type: 'apiKey', value: 'x', in: 'body' }],
    ['an OAuth client without an id', { type: 'oauth2', tokenUrl: 'https://x.example', clientSecret: 'b' }],
    ['a credential that is a path', { type: 'credential', name: '../x' }],
    ['fields of another kind', { type: 'bearer', token: 'x', username: 'y' }],
  ])('refuses %s', (_name, fields) => {
    expect(problems({ auth: fields })).not.toEqual([]);
  });
});

// docs/behaviour.md#signed-requests
describe('sign', () => {
  it.each([
    [{ sign: 'studio' }, 'studio'],
    [{ sign: false }, null],
    [{}, undefined],
  ])('%j asks for %s', async (config, sign) => {
    expect((await runWebhook(config)).call.sign).toBe(sign);
  });
});

describe('tries', () => {
  // docs/behaviour.md#connection-timeout, #tries-and-fallback
  it('asks for further tries, a fallback and a connection in time', async () => {
    const config = { retries: 2, fallbackUrl: 'https://b.example/$flow.key.id?k=$secret.k', connectTimeout: 0.3, redirects: 5 };
    expect((await runWebhook(config, { values: { id: 'a b' } })).call).toMatchObject({
      retries: 2,
      fallbackUrl: ['https://b.example/a%20b?k=', secret('k')],
      connectTimeoutMs: 300,
      redirects: 5,
    });
  });

  it('a fallback address with a variable without a value is INVALID_FLOW_VAR', async () => {
    expect((await runWebhook({ fallbackUrl: 'https://b.example/$flow.key.nope' })).value('error_reason')).toBe(
      'INVALID_FLOW_VAR',
    );
  });

  it('the idempotency key is made by us or by the flow', async () => {
    expect((await runWebhook({ idempotencyKey: true })).call.idempotencyKey).toBe('uuid');
    expect((await runWebhook({ idempotencyKey: 'order-$flow.key.id' }, { values: { id: 7 } })).call.idempotencyKey).toBe(
      'order-7',
    );
    expect((await runWebhook({ idempotencyKey: false })).call.idempotencyKey).toBeUndefined();
    expect((await runWebhook({ idempotencyKey: '$flow.key.nope' })).exit).toBe('failed');
  });

  it.each<[string, object]>([
    ['four tries', { retries: 4 }],
    ['an empty key', { idempotencyKey: '' }],
    ['no time to connect', { connectTimeout: 0 }],
    ['6 redirects', { redirects: 6 }],
  ])('refuses %s', (_name, config) => {
    expect(problems(config)).toHaveLength(1);
  });

  it('later and fallback answers are told apart in $widget.<id>', async () => {
    expect((await runWebhook({}, { answer: { fallback: true } })).widget.result).toMatchObject({ fallback: true, later: false });
    expect((await runWebhook({}, { answer: { later: true } })).widget.result).toMatchObject({ fallback: false, later: true });
  });
});

// docs/behaviour.md#error-reasons
describe('connectionFailureAs', () => {
  const answer = { status: null, statusType: null, raw: null, reason: 'CONNECTION_FAILURE' as const, detail: 'refused' };

  it('names a failed connection as it is, or TIMEOUT when asked', async () => {
    const wired = ['success', 'timeout', 'failed'];
    const own = await runWebhook({}, { answer, wired });
    expect([own.exit, own.value('error_reason')]).toEqual(['failed', 'CONNECTION_FAILURE']);
    const compatible = await runWebhook({ connectionFailureAs: 'TIMEOUT' }, { answer, wired });
    expect([compatible.exit, compatible.value('error_reason')]).toEqual(['timeout', 'TIMEOUT']);
  });
});

// docs/behaviour.md#body-by-rows, #request-bodies
describe('bodies by rows', () => {
  const body = async (fields: object, values = {}) => {
    const { call } = await runWebhook({ method: 'POST', body: fields }, { values });
    return { type: call.body?.contentType, text: call.body?.text ?? '' };
  };

  it('text stays text, a variable keeps its type, groups make lists', async () => {
    const fields = [
      { key: 'order.id', value: '$flow.key.id' },
      { key: 'order.count', value: '$flow.key.id', type: 'variable' },
      { key: 'tags[ ]', value: 'phone' },
      { key: 'tags[]', value: '$flow.key.tag' },
      { key: 'items[].sku', value: 'A' },
      { key: 'items[].n', value: '$flow.key.id', type: 'variable' },
      { key: 'items[].sku', value: 'B' },
      { key: 'lines[0].x', value: '$flow.key.object', type: 'variable' },
    ];
    const { type, text } = await body({ type: 'fields', fields }, { id: 7, tag: 'vip', object: { a: [1] } });
    expect(type).toBe('application/json; charset=utf-8');
    expect(JSON.parse(text)).toEqual({
      order: { id: '7', count: 7 },
      tags: ['phone', 'vip'],
      items: [{ sku: 'A', n: 7 }, { sku: 'B' }],
      lines: [{ x: { a: [1] } }],
    });
  });

  it('an optional row without a value is not there, a mandatory one fails', async () => {
    const row = { key: 'multimedia.url', value: '$call.recordingurl', type: 'variable' };
    expect((await body({ type: 'fields', fields: [row, { key: 'a', value: '1' }] })).text).toBe('{"a":"1"}');
    const failed = await runWebhook({ method: 'POST', body: { type: 'fields', fields: [{ ...row, mandatory: true }] } });
    expect([failed.exit, failed.value('error_reason')]).toEqual(['failed', 'INVALID_FLOW_VAR']);
  });

  it.each<[string, readonly string[]]>([
    ['a and a.b', ['a', 'a.b']],
    ['a.b and a', ['a.b', 'a']],
    ['a twice', ['a', 'a']],
    ['a[] and a.b', ['a[]', 'a.b']],
    ['a key that is none', ['a..b']],
  ])('a clash is refused when the flow is saved: %s', (_name, keys) => {
    const fields = keys.map((key) => ({ key, value: '1' }));
    const found = problems({ method: 'POST', body: { type: 'fields', fields } });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`body.fields.${keys.length - 1}.key`);
  });

  it('a form written as text, its variables escaped', async () => {
    const written = { type: 'urlencoded', content: 'a=$flow.key.v&b=1' };
    expect(await body(written, { v: 'x&y=z ä' })).toMatchObject({
      type: 'application/x-www-form-urlencoded; charset=utf-8',
      text: 'a=x%26y%3Dz+%C3%A4&b=1',
    });
    expect(problems({ method: 'POST', body: { type: 'form' } })).toHaveLength(1);
    expect(problems({ method: 'POST', body: { type: 'form', content: 'a=1', fields: [{ key: 'a' }] } })).toHaveLength(1);
  });
});
