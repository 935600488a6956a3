import { describe, expect, it } from 'vitest';
import { buildRequest, type RequestParts } from '../../../../src/webhooks/request/request.js';
import { secretParts } from '../../../../src/webhooks/secrets/secrets.js';
import { webhookCall } from '../../../support/webhook-calls.js';

const secrets = (name: string) => ({ shop: 's3cr3t/&?', host: 'api.example:8443', base: 'https://api.example' })[name];

function build(more: Partial<RequestParts>, url = 'https://api.example/orders') {
  return buildRequest({ ...webhookCall(url), auth: { type: 'none' }, ...more }, secrets);
}

function built(more: Partial<RequestParts>, url?: string) {
  const result = build(more, url);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe('URL and query', () => {
  // docs/behaviour.md#escaping
  it('encodes each query row exactly once, order and duplicates kept', () => {
    const query = [
      { key: 'a', value: ['1 2'] },
      { key: 'a', value: ['50%'] },
      { key: 'ä&=', value: ["x&y=z+'é\ud800"] },
      { key: 'empty', value: [''] },
    ];
    expect(built({ query }).url).toBe(
      'https://api.example/orders?a=1%202&a=50%25&%C3%A4%26%3D=x%26y%3Dz%2B%27%C3%A9%EF%BF%BD&empty=',
    );
  });

  it.each([
    ['https://a.example/x', 'https://a.example/x?k=v'],
    ['https://a.example/x?own=1%20', 'https://a.example/x?own=1%20&k=v'],
    ['https://a.example/x?', 'https://a.example/x?k=v'],
    ['https://a.example/x?a=1&', 'https://a.example/x?a=1&k=v'],
    ['https://a.example/x#frag?no', 'https://a.example/x?k=v'],
    ['  https://a.example/x  ', 'https://a.example/x?k=v'],
  ])('puts rows behind the URL’s own query: %s', (url, expected) => {
    expect(built({ query: [{ key: 'k', value: ['v'] }] }, url).url).toBe(expected);
  });

  // docs/decisions/0014-secrets-by-name.md
  it('puts secrets in, encoded in path and query, and masks them in what is shown', () => {
    const request = built({
      url: ['https://api.example/', { secret: 'shop' }, '/x'],
      query: [{ key: 'key', value: ['a ', { secret: 'shop' }] }],
    });
    expect(request.url).toBe('https://api.example/s3cr3t%2F%26%3F/x?key=a%20s3cr3t%2F%26%3F');
    expect(request.shownUrl).toBe('https://api.example/***/x?key=a ***');
  });

  it('a secret may be the host or the whole beginning', () => {
    expect(built({ url: ['https://', { secret: 'host' }, '/x'] }).url).toBe('https://api.example:8443/x');
    expect(built({ url: [{ secret: 'base' }, '/x'] }).url).toBe('https://api.example/x');
  });

  it('INVALID_REQUEST names a secret that is not set, never a value', () => {
    expect(build({ url: ['https://a/', { secret: 'nope' }] })).toEqual({ ok: false, error: 'the secret nope is not set' });
  });
});

describe('headers', () => {
  it('sends rows as given, order and duplicates kept, then our own', () => {
    const headers = [
      { key: 'X-B', value: ['1'] },
      { key: 'X-A', value: ['2'] },
      { key: 'X-B', value: ['3'] },
    ];
    expect(built({ headers }).headers).toEqual([
      ['X-B', '1'],
      ['X-A', '2'],
      ['X-B', '3'],
      ['accept', 'application/json, */*;q=0.5'],
      ['user-agent', 'Offhook'],
    ]);
  });

  it('a row of the flow wins over every default of ours', () => {
    const headers = [
      { key: 'ACCEPT', value: ['text/csv'] },
      { key: 'User-Agent', value: ['me'] },
      { key: 'Authorization', value: ['Bearer x'] },
    ];
    const auth = { type: 'basic', username: ['a'], password: ['b'] } as const;
    expect(built({ headers, auth }).headers).toHaveLength(3);
  });

  it.each(['a\r\nX-Injected: 1', 'a\nb', 'a\rb', 'a\0b', 'a\u007f', 'snow ☃'])('refuses the value %j', (value) => {
    expect(build({ headers: [{ key: 'X-A', value: [value] }] })).toMatchObject({ ok: false });
  });

  it.each(['', 'a b', 'a:b', 'a\r\n', 'ä', 'a(b)'])('refuses the name %j', (key) => {
    expect(build({ headers: [{ key, value: ['x'] }] })).toMatchObject({ ok: false });
  });

  it.each(['Connection', 'Transfer-Encoding', 'Content-Length', 'Host', 'Upgrade', 'TE', 'Trailer', 'Keep-Alive', 'Expect'])(
    'refuses %s: it belongs to the connection',
    (key) => {
      expect(build({ headers: [{ key, value: ['x'] }] })).toMatchObject({
        ok: false,
        error: expect.stringContaining(key) as string,
      });
    },
  );

  it('never says a secret in an error', () => {
    const headers = [{ key: 'X', value: [{ secret: 'x' }] }];
    const result = buildRequest({ ...webhookCall('https://a/'), auth: { type: 'none' }, headers }, () => 'se\ncret');
    expect(JSON.stringify(result)).not.toContain('cret"');
    expect(result.ok).toBe(false);
  });

  it('names the headers that hold secrets', () => {
    const headers = [{ key: 'X-Key', value: [{ secret: 'shop' }] }];
    expect([...built({ headers }).secretHeaders]).toEqual(['x-key']);
  });

  // docs/behaviour.md#credentials
  it('Basic credentials are UTF-8', () => {
    const auth = { type: 'basic', username: ['ivr'], password: ['pä', { secret: 'shop' }] } as const;
    const value = `Basic ${Buffer.from('ivr:päs3cr3t/&?').toString('base64')}`;
    expect(built({ auth }).headers).toContainEqual(['authorization', value]);
    expect(build({ auth: { ...auth, username: ['a:b'] } })).toMatchObject({ ok: false });
  });
});

describe('body', () => {
  const json = (text: string): Partial<RequestParts> => ({ body: { contentType: 'application/json; charset=utf-8', text } });

  // docs/behaviour.md#json-is-rewritten
  it('JSON is always sent re-serialised', () => {
    expect(built(json('{ "a" : 1.0, "b":"\\u00e4" }')).body).toBe('{"a":1.0,"b":"ä"}');
  });

  it.each(['{"a":}', '', 'undefined', '['.repeat(5000)])('%j is INVALID_REQUEST', (text) => {
    expect(build(json(text))).toMatchObject({ ok: false });
  });

  it('other bodies are sent as they are', () => {
    expect(built({ body: { contentType: 'text/plain', text: '{ "a" : }' } }).body).toBe('{ "a" : }');
  });

  // docs/behaviour.md#content-type
  it('the content type follows the body unless the flow set one', () => {
    expect(built(json('{}')).headers).toContainEqual(['content-type', 'application/json; charset=utf-8']);
    const headers = [{ key: 'Content-Type', value: ['application/vnd.x+json'] }];
    const names = built({ ...json('{}'), headers }).headers.filter(([name]) => name.toLowerCase() === 'content-type');
    expect(names).toEqual([['Content-Type', 'application/vnd.x+json']]);
  });

  it('refuses a body above 1 MiB', () => {
    expect(build({ body: { contentType: 'text/plain', text: 'a'.repeat(1_048_577) } })).toMatchObject({ ok: false });
  });
});

it('reads $secret.NAME in configuration text', () => {
  expect(secretParts('a $secret.x-1/b$secret.y')).toEqual(['a ', { secret: 'x-1' }, '/b', { secret: 'y' }]);
  expect(secretParts('plain')).toEqual(['plain']);
  expect(secretParts('')).toEqual([]);
});
