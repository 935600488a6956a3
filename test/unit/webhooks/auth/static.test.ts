import { describe, expect, it } from 'vitest';
import type { StaticAuth } from '../../../../src/webhooks/auth/static.js';
import { buildRequest, type RequestParts } from '../../../../src/webhooks/request/request.js';
import { webhookCall } from '../../../support/webhook-calls.js';

const SECRETS: Record<string, string> = { key: 'k3y/&ü', token: 't0k3n', injected: 'a\r\nX-Evil: 1', empty: '' };

function build(auth: StaticAuth, more: Partial<RequestParts> = {}) {
  return buildRequest({ ...webhookCall('https://api.example/x?a=1'), ...more, auth }, (name) => SECRETS[name]);
}

function built(auth: StaticAuth, more: Partial<RequestParts> = {}) {
  const result = build(auth, more);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe('authentication', () => {
  // docs/behaviour.md#credentials
  it('a Bearer token goes to Authorization and is known as a secret', () => {
    const request = built({ type: 'bearer', token: [{ secret: 'token' }] });
    expect(request.headers).toContainEqual(['authorization', 'Bearer t0k3n']);
    expect([...request.secretHeaders]).toEqual(['authorization']);
  });

  it('an API key goes to the header it names', () => {
    const request = built({ type: 'apiKey', name: 'X-API-Key', value: ['k-', { secret: 'token' }], in: 'header' });
    expect(request.headers).toContainEqual(['X-API-Key', 'k-t0k3n']);
    expect([...request.secretHeaders]).toEqual(['x-api-key']);
  });

  it('an API key in the query is encoded once, behind everything else, and masked where it is shown', () => {
    const auth = { type: 'apiKey', name: 'api key', value: [{ secret: 'key' }], in: 'query' } as const;
    const request = built(auth, { query: [{ key: 'b', value: ['2'] }] });
    expect(request.url).toBe('https://api.example/x?a=1&b=2&api%20key=k3y%2F%26%C3%BC');
    expect(request.shownUrl).toBe('https://api.example/x?a=1&b=2&api%20key=***');
  });

  // docs/behaviour.md#variables-in-a-request
  it('Basic takes variables and secrets in both halves; an empty password is one', () => {
    const auth = { type: 'basic', username: ['ivr-', { secret: 'token' }], password: [''] } as const;
    expect(built(auth).headers).toContainEqual(['authorization', `Basic ${Buffer.from('ivr-t0k3n:').toString('base64')}`]);
  });

  it.each<[string, StaticAuth]>([
    ['a colon in the user name of Basic', { type: 'basic', username: ['a:b'], password: ['c'] }],
    ['a line break in a password', { type: 'basic', username: ['a'], password: [{ secret: 'injected' }] }],
    ['a line break in a token', { type: 'bearer', token: [{ secret: 'injected' }] }],
    ['a token that is not ASCII', { type: 'bearer', token: ['tökén'] }],
    ['an empty token', { type: 'bearer', token: [{ secret: 'empty' }] }],
    ['a line break in a key', { type: 'apiKey', name: 'X-API-Key', value: [{ secret: 'injected' }], in: 'header' }],
    ['an empty key', { type: 'apiKey', name: 'X-API-Key', value: [{ secret: 'empty' }], in: 'query' }],
    ['a header that belongs to the connection', { type: 'apiKey', name: 'Host', value: ['x'], in: 'header' }],
    ['a secret that is not set', { type: 'bearer', token: [{ secret: 'nope' }] }],
  ])('refuses %s, and says so without any value', (_, auth) => {
    const result = build(auth);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toMatch(/Evil|t0k3n|tökén/u);
  });

  it('a header of the flow wins over the credentials', () => {
    const headers = [{ key: 'AUTHORIZATION', value: ['mine'] }];
    const names = built({ type: 'bearer', token: ['t'] }, { headers }).headers.filter(([name]) => /^authorization$/iu.test(name));
    expect(names).toEqual([['AUTHORIZATION', 'mine']]);
  });
});
