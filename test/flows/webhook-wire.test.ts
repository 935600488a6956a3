import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { flowOf } from '../support/flow-case.js';
import { type HookOutcome, OneHook } from '../support/one-hook.js';
import type { Endpoint } from '../support/site.js';
import type { WireFlows } from '../support/wire-flow.js';

/* Webhooks of whole flows as they go over the wire: what an HTTP service receives, and what the flow makes of its answer. */

/** Everything that needs escaping somewhere. */
const TRICKY = 'Tom & "Jerry" <b>ümläut</b> 😀\nline2\t\'x\' 100% a=b;c\\d $5';

const DECLARED: JsonObject = {
  tricky: TRICKY,
  count: 7,
  yes: true,
  list: [1, 'two', null],
  object: { a: { b: 'ß' } },
  nothing: null,
  text: 'plain',
  ORDER: 'A 1/2',
  name: 'Zoë Čapek 漢字',
  token: '\ttok-12345\r\n',
  lone: 'a\ud800b',
  controls: '\0a\r\nb c\u007f',
  blanks: ' \r\n\0',
  long: 'x'.repeat(100_000),
  pair: 'abc; admin=1',
  pairs: 'a=1; b=2',
};

const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

let hook: OneHook;
let service: Endpoint;
let flows: WireFlows;

beforeAll(async () => {
  hook = await OneHook.start(DECLARED, { token: 's3cr3t/ä' });
  ({ service, flows } = hook);
});
afterAll(() => hook.close());
afterEach(() => {
  hook.reset();
});

const call: OneHook['call'] = (...args) => hook.call(...args);
const json: OneHook['json'] = (...args) => {
  hook.json(...args);
};
const xml: OneHook['xml'] = (body) => {
  hook.xml(body);
};

describe('the request line and its headers', () => {
  // docs/behaviour.md#request-methods
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('sends %s', async (method) => {
    const { request, path } = await call({ method });
    expect([request?.method, path]).toEqual([method, ['hook:success']]);
  });

  it('OPTION goes out as OPTIONS', async () => {
    expect((await call({ method: 'OPTION' })).request?.method).toBe('OPTIONS');
  });

  // docs/behaviour.md#request-address, #query-rows, #escaping
  it('variables in path and query are percent-encoded exactly once, the rest stands as written', async () => {
    const { request } = await call({
      url: `${service.url}/orders/$ORDER/a%20b?own=$flow.key.tricky&x=1`,
      query: [
        { key: 'two words', value: '$flow.key.tricky' },
        { key: 'n', value: '$flow.key.count' },
        { key: 'n', value: 'again $flow.key.yes' },
        { key: 'json', value: '$flow.key.object' },
      ],
    });
    const url = new URL(request?.url ?? '', service.url);
    expect(url.pathname).toBe('/orders/A%201%2F2/a%20b');
    expect([...url.searchParams]).toEqual([
      ['own', TRICKY],
      ['x', '1'],
      ['two words', TRICKY],
      ['n', '7'],
      ['n', 'again true'],
      ['json', '{"a":{"b":"ß"}}'],
    ]);
  });

  // docs/behaviour.md#request-headers, #missing-values
  it('an optional row without a value is left out, an empty literal stays', async () => {
    const { request } = await call({
      query: [
        { key: 'gone', value: 'x$flow.key.nothing' },
        { key: 'empty', value: '' },
        { key: 'typed', value: '$flow.key.text', type: 'variable', mandatory: true },
      ],
      headers: [
        { key: 'X-Gone', value: '$flow.key.nothing' },
        { key: 'X-Here', value: 'a $flow.key.count' },
      ],
    });
    expect(request?.url).toBe('/hook?empty=&typed=plain');
    expect(request?.headers['x-gone']).toBeUndefined();
    expect(request?.headers['x-here']).toBe('a 7');
  });

  it.each<[string, JsonObject]>([
    ['query', { query: [{ key: 'a', value: '$flow.key.nothing', mandatory: true }] }],
    ['header', { headers: [{ key: 'X-A', value: '$flow.key.nothing', mandatory: true }] }],
    ['URL', { url: 'https://x.example/$flow.key.nothing' }],
    ['body', { method: 'POST', body: { type: 'text', content: 'a $flow.key.nothing' } }],
    ['body inside a JSON text', { method: 'POST', body: { type: 'json', content: '{"a": "$flow.key.nothing"}' } }],
    ['body written as JSON', { method: 'POST', body: { type: 'json', content: { a: 'x $flow.key.nothing' } } }],
    [
      'form field',
      { method: 'POST', body: { type: 'form', fields: [{ key: 'a', value: '$flow.key.nothing', mandatory: true }] } },
    ],
    ['credentials', { auth: { type: 'basic', username: '$flow.key.nothing', password: 'x' } }],
  ])('a %s that needs a variable without a value is never sent: INVALID_FLOW_VAR', async (_where, fields) => {
    const { path, request, variables } = await call(fields);
    expect([path, request]).toEqual([['hook:failed'], undefined]);
    expect(variables).toMatchObject({
      '$flow.key.response_status': 'FAILED',
      '$flow.key.response_error': true,
      '$flow.key.response_status_code': null,
      '$flow.key.response_status_type': null,
      '$flow.key.response_raw': null,
      '$flow.key.error_reason': 'INVALID_FLOW_VAR',
    });
  });

  it('headers keep order, doubles and Latin-1', async () => {
    const { request } = await call({
      headers: [
        { key: 'X-A', value: '1' },
        { key: 'X-A', value: '2' },
        { key: 'X-Name', value: 'Müller' },
      ],
    });
    expect(request?.headers['x-a']).toBe('1, 2');
    expect(request?.headers['x-name']).toBe('Müller');
  });

  it.each([
    ['$flow.key.name', 'Zo%C3%AB %C4%8Capek %E6%BC%A2%E5%AD%97'],
    ['$flow.key.token', 'tok-12345'],
    ['a $flow.key.token', 'a \ttok-12345'],
    ['$flow.key.tricky', 'Tom & "Jerry" <b>%C3%BCml%C3%A4ut</b> %F0%9F%98%80 line2\t\'x\' 100%25 a=b;c\\d $5'],
    ['$flow.key.lone', 'a%EF%BF%BDb'],
    ['$flow.key.controls', 'a b c'],
    ['$flow.key.blanks', ''],
  ])('what a variable holds never keeps a request from being sent: header %s', async (value, sent) => {
    const { request, path } = await call({ headers: [{ key: 'X-A', value, mandatory: true }] });
    expect(path).toEqual(['hook:success']);
    expect(request?.headers['x-a']).toBe(sent);
  });

  it.each([
    ['sid=$flow.key.pair; lang=en', 'sid=abc%3B admin=1; lang=en'],
    ['lang=en; sid=x-$flow.key.pair', 'lang=en; sid=x-abc%3B admin=1'],
    ['sid=$flow.key.pair$flow.key.pair', 'sid=abc%3B admin=1abc%3B admin=1'],
    ['$flow.key.pairs; sid=$flow.key.pair', 'a=1; b=2; sid=abc%3B admin=1'],
    ['lang=en; $flow.key.pairs', 'lang=en; a=1; b=2'],
    ['t=$secret.token; sid=$flow.key.pair', 't=s3cr3t/ä; sid=abc%3B admin=1'],
    ['$flow.key.pairs', 'a=1; b=2'],
    ['sid=$flow.key.count', 'sid=7'],
  ])('a value inside a cookie stays inside: %s', async (value, sent) => {
    const { request } = await call({ headers: [{ key: 'cookie', value }] });
    expect(request?.headers.cookie).toBe(sent);
    hook.reset();
    const { request: byKey } = await call({ auth: { type: 'apiKey', name: 'Cookie', value } });
    expect(byKey?.headers.cookie).toBe(sent);
  });

  it('a “;” in another header stays', async () => {
    const { request } = await call({ headers: [{ key: 'X-Cookie', value: 'a=$flow.key.pair' }] });
    expect(request?.headers['x-cookie']).toBe('a=abc; admin=1');
  });

  it.each<[JsonObject, string]>([
    [{ type: 'bearer', token: '$flow.key.token' }, 'Bearer tok-12345'],
    [{ type: 'bearer', token: '$flow.key.controls' }, 'Bearer ab%20c'],
    [{ type: 'bearer', token: '$flow.key.name' }, 'Bearer Zo%C3%AB%20%C4%8Capek%20%E6%BC%A2%E5%AD%97'],
    [{ type: 'basic', username: 'sip:$flow.key.token', password: '$flow.key.token' }, basic('sip%3Atok-12345', 'tok-12345')],
    [{ type: 'basic', username: '$flow.key.name', password: ' $flow.key.controls' }, basic('Zoë Čapek 漢字', ' ab c')],
  ])('nor do credentials: %j', async (auth, sent) => {
    const { request, path } = await call({ auth });
    expect(path).toEqual(['hook:success']);
    expect(request?.headers.authorization).toBe(sent);
  });

  it('nor does its length', async () => {
    const { request } = await call({ headers: [{ key: 'X-A', value: '$flow.key.long' }] });
    expect(request?.headers['x-a']).toBe('x'.repeat(8000));
  });

  // docs/behaviour.md#credentials
  it('Basic credentials from a secret with an umlaut', async () => {
    const { request } = await call({ auth: { type: 'basic', username: 'ivr', password: '$secret.token' } });
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('ivr:s3cr3t/ä').toString('base64')}`);
  });

  it('a user’s own Authorization wins over Basic', async () => {
    const { request } = await call({
      auth: { type: 'basic', username: 'a', password: 'b' },
      headers: [{ key: 'authorization', value: 'Bearer $secret.token' }],
    });
    expect(request?.headers.authorization).toBe('Bearer s3cr3t/ä');
  });

  // docs/decisions/0014-secrets-by-name.md
  it('a secret in URL and query arrives encoded; what the server repeats of it is masked', async () => {
    service.answer = ({ url }) => ({ status: 200, body: JSON.stringify({ url, token: 's3cr3t/ä' }) });
    const { request, variables } = await call({
      url: `${service.url}/$secret.token/x`,
      query: [{ key: 't', value: '$secret.token' }],
      mapping: [{ saveIn: '$flow.key.token', path: 'token' }],
    });
    expect(request?.url).toBe('/s3cr3t%2F%C3%A4/x?t=s3cr3t%2F%C3%A4');
    expect(JSON.stringify(variables['$flow.key.response_raw'])).not.toContain('s3cr3t/ä');
  });
});

describe('bodies', () => {
  const post = (body: JsonObject, more: JsonObject = {}): Promise<HookOutcome> => call({ method: 'POST', body, ...more });

  it('in a JSON text values are escaped inside quotes and typed outside', async () => {
    const content =
      '{"s": "<$flow.key.tricky>", "n": $flow.key.count, "b": $flow.key.yes, "l": $flow.key.list, "o": $flow.key.object, "t": $flow.key.tricky}';
    const { request } = await post({ type: 'json', content });
    expect(request?.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      s: `<${TRICKY}>`,
      n: 7,
      b: true,
      l: [1, 'two', null],
      o: { a: { b: 'ß' } },
      t: TRICKY,
    });
  });

  it('JSON written as JSON: a lone variable keeps its type, keys and other texts stand', async () => {
    const { request } = await post({
      type: 'json',
      content: { a: '$flow.key.count', b: 'n=$flow.key.count', c: ['$flow.key.object', null, 1.5], $$: '$$5', ORDER: '$ORDER' },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      a: 7,
      b: 'n=7',
      c: [{ a: { b: 'ß' } }, null, 1.5],
      $$: '$5',
      ORDER: 'A 1/2',
    });
  });

  // docs/behaviour.md#json-is-rewritten
  it('JSON goes out re-serialised', async () => {
    const { request } = await post({ type: 'json', content: '{ "a" : 1.0,\n "b": "\\u00e4" }' });
    expect(request?.body).toBe('{"a":1.0,"b":"ä"}');
  });

  it('XML: values are escaped as element text and attribute', async () => {
    const { request } = await post({ type: 'xml', content: '<o n="$flow.key.tricky">$flow.key.tricky</o>' });
    expect(request?.headers['content-type']).toBe('application/xml; charset=utf-8');
    expect(request?.body).toContain('>Tom &amp; &quot;Jerry&quot; &lt;b&gt;ümläut&lt;/b&gt; 😀\nline2');
    expect(request?.body).not.toContain('<b>');
  });

  it('HTML is escaped, plain text is not', async () => {
    const html = await post({ type: 'html', content: '<p>$flow.key.tricky</p>' });
    expect(html.request?.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(html.request?.body).toContain('&lt;b&gt;ümläut');
    service.received.length = 0;
    const text = await post({ type: 'text', content: 'x $flow.key.tricky $$' });
    expect(text.request?.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text.request?.body).toBe(`x ${TRICKY} $`);
  });

  // docs/behaviour.md#request-bodies
  it.each(['urlencoded', 'form'])('%s fields arrive as they were, optional ones without a value do not', async (type) => {
    const { request } = await post({
      type,
      fields: [
        { key: 'a b', value: '$flow.key.tricky' },
        { key: 'a b', value: '2' },
        { key: 'gone', value: '$flow.key.nothing' },
        { key: 'o', value: '$flow.key.object' },
      ],
    });
    expect(request?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect([...new URLSearchParams(request?.body ?? '')]).toEqual([
      ['a b', TRICKY],
      ['a b', '2'],
      ['o', '{"a":{"b":"ß"}}'],
    ]);
  });

  it('multipart: an ordinary parser reads every field back, quotes in a name included', async () => {
    const { request } = await post({
      type: 'multipart',
      fields: [
        { key: 'na"me', value: '$flow.key.tricky' },
        { key: 'n', value: '$flow.key.count' },
      ],
    });
    const form = await new Response(request?.body, {
      headers: { 'content-type': String(request?.headers['content-type']) },
    }).formData();
    expect([...form]).toEqual([
      ['na"me', TRICKY],
      ['n', '7'],
    ]);
  });

  // docs/behaviour.md#content-type
  it('the user’s own Content-Type wins', async () => {
    const { request } = await post(
      { type: 'json', content: { a: 1 } },
      { headers: [{ key: 'content-type', value: 'application/vnd.api+json' }] },
    );
    expect(request?.headers['content-type']).toBe('application/vnd.api+json');
  });

  // docs/behaviour.md#body-with-get
  it('GET carries a body only on request', async () => {
    expect((await call({ body: { type: 'json', content: { a: 1 } } })).request?.body).toBe('');
    service.received.length = 0;
    const { request } = await call({ body: { type: 'json', content: { a: 1 } }, sendBodyWithGet: true });
    expect([request?.method, request?.body]).toEqual(['GET', '{"a":1}']);
  });
});

// docs/behaviour.md#mapping, #json-paths, #path-root, #root-arrays, #xml-paths, #objects-and-lists, #explicit-null
describe('JSON paths', () => {
  const OBJECT = {
    userId: 'u1',
    data: { userId: 'u2', data: { userId: 'u3' }, 'odd name': 1, 'a.b': 2, "it's": 3 },
    items: [
      { name: 'n0', tags: ['x', 'y'] },
      { name: 'n1', tags: [] },
    ],
    nil: null,
    zero: 0,
    no: false,
    empty: '',
    x: { y: 5 },
    $: 'dollar',
  };
  const ARRAY = [{ userId: 'r0' }, { userId: 'r1', list: [10, 20] }];

  const pick = async (document: Json, path: string, pathRoot: string): Promise<Json | undefined> => {
    json(document);
    const { key } = await call({
      responseType: 'json',
      pathRoot,
      mapping: [{ saveIn: '$flow.key.out', path }],
    });
    return key('out');
  };

  it.each<[string, Json]>([
    ['userId', 'u1'],
    ['data.userId', 'u2'],
    ["data['userId']", 'u2'],
    ['data["userId"]', 'u2'],
    ['data.data.userId', 'u3'],
    ['$.data.userId', 'u2'],
    ["$['data']['userId']", 'u2'],
    ["['data'].userId", 'u2'],
    ["data['odd name']", 1],
    ['data.odd name', 1],
    ["data['a.b']", 2],
    ["data['it\\'s']", 3],
    ['items[1].name', 'n1'],
    ['items[0].tags', ['x', 'y']],
    ['items[*].name', ['n0', 'n1']],
    ['items[1].tags', []],
    ['zero', 0],
    ['no', false],
    ['empty', ''],
    ['x.y', 5],
    ['$', OBJECT],
  ])('document root: %s', async (path, expected) => {
    expect(await pick(OBJECT, path, 'document')).toEqual(expected);
  });

  it.each<[string, Json]>([
    ['data.userId', 'u1'],
    ['x.userId', 'u1'],
    ['$.userId', 'u1'],
    ["data['userId']", 'u1'],
    ['data.data.userId', 'u2'],
    ['data.data.data.userId', 'u3'],
    ['data.items[0].name', 'n0'],
    ['x.x.y', 5],
    ['userId', 'u1'],
  ])('data root: %s', async (path, expected) => {
    expect(await pick(OBJECT, path, 'data')).toEqual(expected);
  });

  it.each<[string, string, Json]>([
    ['document', '$[0].userId', 'r0'],
    ['document', "$[0]['userId']", 'r0'],
    ['document', '[1].list[1]', 20],
    ['document', '[1].list', [10, 20]],
    ['document', '[*].userId', ['r0', 'r1']],
    ['data', 'data[0].userId', 'r0'],
    ['data', 'x[1].userId', 'r1'],
    ['data', '$[0].userId', 'r0'],
    ['data', '[0].userId', 'r0'],
  ])('a root array, %s root: %s', async (root, path, expected) => {
    expect(await pick(ARRAY, path, root)).toEqual(expected);
  });

  it('an explicit null is found and does not count as missing', async () => {
    json(OBJECT);
    const { path, variables } = await call({ mapping: [{ saveIn: '$flow.key.text', path: 'nil', required: true }] });
    expect(path).toEqual(['hook:success']);
    expect(variables['$flow.key.text']).toBeNull();
  });

  // docs/behaviour.md#required-values
  it('a required row that finds nothing fails, the others are stored all the same; a default is found', async () => {
    json({ a: 1 });
    const { path, key } = await call({
      mapping: [
        { saveIn: '$flow.key.a', path: 'a', required: true },
        { saveIn: '$flow.key.b', path: 'b', mandatory: true },
        { saveIn: '$flow.key.c', path: 'c', required: true, default: 'd-$flow.key.count' },
        { saveIn: '$flow.key.text', path: 'gone' },
      ],
    });
    expect(path).toEqual(['hook:failed']);
    expect([key('a'), key('b'), key('c'), key('text')]).toEqual([1, undefined, 'd-7', 'plain']);
    expect([key('error_reason'), key('response_status_code'), key('response_status_type')]).toEqual([
      'INVALID_RESPONSE_MAP',
      200,
      'SUCCESSFUL',
    ]);
  });

  it('types: text, number, boolean, json; what cannot be converted counts as not found', async () => {
    json({ n: '12.5', bad: 'x', b: 'true', one: 1, o: { a: 1 }, t: 5 });
    const { key, path } = await call({
      mapping: [
        { saveIn: '$flow.key.n', path: 'n', type: 'number' },
        { saveIn: '$flow.key.bad', path: 'bad', type: 'number', default: -1 },
        { saveIn: '$flow.key.b', path: 'b', type: 'boolean' },
        { saveIn: '$flow.key.one', path: 'one', type: 'boolean' },
        { saveIn: '$flow.key.o', path: 'o', type: 'text' },
        { saveIn: '$flow.key.j', path: 'o', type: 'json' },
        { saveIn: '$flow.key.t', path: 't', type: 'text' },
      ],
    });
    expect(path).toEqual(['hook:success']);
    expect(['n', 'bad', 'b', 'one', 'o', 'j', 't'].map(key)).toEqual([12.5, -1, true, true, '{"a":1}', { a: 1 }, '5']);
  });
});

describe('XML paths', () => {
  const NOTE = `<?xml version="1.0" encoding="UTF-8"?>
    <note id="7" xmlns:x="urn:x"><to>Tove &amp; Co</to><from lang="no">Jani</from>
      <item><name>a</name></item><item><name>b</name><qty>2</qty></item><mixed>one <b>two</b> three</mixed><empty/></note>`;

  it.each<[string, Json | undefined]>([
    ['note.to', 'Tove & Co'],
    ["note['to']", 'Tove & Co'],
    ["note['@id']", '7'],
    ['note.from.@lang', 'no'],
    ['note.item[1].name', 'b'],
    ['note.item[0].name', 'a'],
    ['note.mixed', 'one two three'],
    ['note.empty', ''],
    ['note.gone', undefined],
    ['to', undefined],
  ])('dotted, root included: %s', async (path, expected) => {
    xml(NOTE);
    const { key, path: exits } = await call({ mapping: [{ saveIn: '$flow.key.out', path }] });
    expect([exits, key('out')]).toEqual([['hook:success'], expected]);
  });

  it.each<[string, Json | undefined]>([
    ['/note/to', 'Tove & Co'],
    ['//item[2]/name', 'b'],
    ['//item/name', 'a'],
    ['/note/@id', '7'],
    ['count(//item)', '2'],
    ["//item[name='b']/qty", '2'],
    ['//gone', undefined],
  ])('XPath of the phonon profile: %s', async (path, expected) => {
    xml(NOTE);
    const { key } = await call({ profile: 'phonon', responseType: 'xml', mapping: [{ saveIn: '$flow.key.out', path }] });
    const out = key('out');
    expect(typeof out === 'number' ? String(out) : out).toBe(expected);
  });

  it('broken XML is INVALID_RESPONSE', async () => {
    xml('<a><b></a>');
    const { path, key } = await call({ mapping: [{ saveIn: '$flow.key.out', path: 'a.b' }] });
    expect([path, key('error_reason'), key('response_raw')]).toEqual([['hook:failed'], 'INVALID_RESPONSE', '<a><b></a>']);
  });
});

// docs/behaviour.md#which-exit, #status-exits
describe('which exit', () => {
  const EXITS = ['success', '204', '2xx', '404', '4xx', '3xx', 'timeout', 'failed'];

  it.each<[number, readonly string[], string]>([
    [200, ['success', 'failed'], 'success'],
    [201, ['success', 'failed'], 'success'],
    [204, EXITS, '204'],
    [202, EXITS, '2xx'],
    [404, EXITS, '404'],
    [403, EXITS, '4xx'],
    [301, EXITS, '3xx'],
    [500, EXITS, 'failed'],
    [503, ['success', '5xx', 'failed'], '5xx'],
    [404, ['success', 'failed'], 'failed'],
  ])('%i with %j leaves by %s', async (status, wired, expected) => {
    service.answer = () => ({ status, body: status === 204 ? '' : '{}' });
    expect((await call({}, wired)).path).toEqual([`hook:${expected}`]);
  });

  // docs/behaviour.md#result-variables, #saved-status, #failed-exit, #mapping-of-errors, #error-reasons
  it('an error answer is kept, mapped and named by its class', async () => {
    json({ message: 'no such order' }, 404);
    const fields = {
      mapping: [
        { saveIn: '$flow.key.message', path: 'message', required: true },
        { saveIn: '$flow.key.b', path: 'b', required: true },
      ],
      saveStatusIn: '$flow.key.status',
    };
    const { path, variables } = await call(fields, ['success', '404', 'failed']);
    expect(path).toEqual(['hook:404']);
    expect(variables).toMatchObject({
      '$flow.key.message': 'no such order',
      '$flow.key.status': 404,
      '$flow.key.response_status': 'FAILED',
      '$flow.key.response_status_code': 404,
      '$flow.key.response_status_type': 'CLIENT_ERROR',
      '$flow.key.response_raw': '{"message":"no such order"}',
      '$flow.key.response_error': true,
      '$flow.key.error_reason': 'CLIENT_ERROR',
    });
    expect(variables['$flow.key.response_duration']).toBeTypeOf('number');
  });

  it('401 with Basic is AUTHENTICATION_FAILURE, and still takes its own exit', async () => {
    json({}, 401);
    const auth = { type: 'basic', username: 'a', password: 'b' };
    expect((await call({ auth }, ['success', '401', 'failed'])).path).toEqual(['hook:401']);
    expect((await call({ auth })).key('error_reason')).toBe('AUTHENTICATION_FAILURE');
    expect((await call({})).key('error_reason')).toBe('CLIENT_ERROR');
  });

  // docs/behaviour.md#answers-without-a-body
  it.each<[string, number, string]>([
    ['HEAD', 200, 'hook:success'],
    ['GET', 204, 'hook:success'],
    ['GET', 304, 'hook:failed'],
  ])('%s %i has no body: response_raw is null', async (method, status, expected) => {
    service.answer = () => ({ status, body: '' });
    const { path, key } = await call({ method, mapping: [{ saveIn: '$flow.key.a', path: 'a' }] });
    expect([path, key('response_raw')]).toEqual([[expected], null]);
  });

  it.each(['native', 'phonon', 'vonage', 'messangi'])(
    '%s: a token in a header of a 204 and the status are taken',
    async (profile) => {
      service.answer = () => ({ status: 204, body: '', headers: { 'X-Auth-Token': ['abc', 'def'] } });
      const mapping = [
        { saveIn: '$flow.key.token', header: 'x-auth-TOKEN', mandatory: true },
        { saveIn: '$flow.key.code', status: true },
      ];
      const { path, key } = await call({ profile, mapping });
      expect([path, key('token'), key('code')]).toEqual([['hook:success'], 'abc', 204]);
    },
  );

  it('with HEAD, behind a redirect and from the fallback it is the last answer that counts', async () => {
    service.answer = ({ url }) =>
      url === '/hook'
        ? { status: 302, body: '', headers: { location: '/there', 'x-auth-token': 'of the redirect' } }
        : { status: 200, body: '', headers: { 'x-auth-token': 'of the end' } };
    const mapping = [{ saveIn: '$flow.key.token', header: 'X-Auth-Token', required: true }];
    expect((await call({ method: 'HEAD', redirects: 1, mapping })).key('token')).toBe('of the end');
    service.answer = ({ url }) => ({ status: url === '/hook' ? 503 : 200, body: '', headers: { 'x-auth-token': url } });
    const fallen = await call({ fallbackUrl: `${service.url}/other`, mapping });
    expect([fallen.path, fallen.key('token')]).toEqual([['hook:success'], expect.stringMatching(/^\/other/u)]);
  });

  it('a mandatory header that is missing takes failed, and its default stands in', async () => {
    service.answer = () => ({ status: 204, body: '' });
    const row = { saveIn: '$flow.key.token', header: 'X-Auth-Token' };
    const { path, key } = await call({ mapping: [{ ...row, mandatory: true }] });
    expect([path, key('error_reason')]).toEqual([['hook:failed'], 'INVALID_RESPONSE_MAP']);
    expect((await call({ mapping: [{ ...row, default: 'none' }] })).key('token')).toBe('none');
  });

  it('a required mapping of a 204 is INVALID_RESPONSE_MAP', async () => {
    service.answer = () => ({ status: 204, body: '' });
    const { path, key } = await call({ mapping: [{ saveIn: '$flow.key.a', path: 'a', required: true }] });
    expect([path, key('error_reason')]).toEqual([['hook:failed'], 'INVALID_RESPONSE_MAP']);
  });

  it('success sets all result variables and no error_reason', async () => {
    json({ a: 1 });
    const { variables } = await call({});
    expect(variables).toMatchObject({
      '$flow.key.response_status': 'SUCCESS',
      '$flow.key.response_status_code': 200,
      '$flow.key.response_status_type': 'SUCCESSFUL',
      '$flow.key.response_raw': '{"a":1}',
      '$flow.key.response_error': false,
    });
    expect(variables).not.toHaveProperty('$flow.key.error_reason');
  });

  it('no answer in time takes the timeout exit, leaves the status unset and says TIMEOUT', async () => {
    service.answer = () => new Promise(() => undefined);
    const { path, variables } = await call({ timeout: 1, saveStatusIn: '$flow.key.count' });
    expect(path).toEqual(['hook:timeout']);
    expect(variables).not.toHaveProperty('$flow.key.count');
    expect(variables).toMatchObject({ '$flow.key.error_reason': 'TIMEOUT', '$flow.key.response_status_code': null });
  });

  it('nobody listening is CONNECTION_FAILURE; a timeout that is not wired goes to failed', async () => {
    const { key, path } = await call({ url: 'http://127.0.0.1:9/' }, ['success', 'failed']);
    expect([path, key('error_reason')]).toEqual([['hook:failed'], 'CONNECTION_FAILURE']);
  });

  // docs/behaviour.md#failure-with-a-good-status
  it('a 200 that is no JSON is INVALID_RESPONSE when rows ask for something in it', async () => {
    service.answer = () => ({ status: 200, body: '<html>', type: 'application/json' });
    const { key, path } = await call({ mapping: [{ saveIn: '$flow.key.a', path: 'a' }] });
    expect([path, key('error_reason'), key('response_status_code')]).toEqual([['hook:failed'], 'INVALID_RESPONSE', 200]);
  });

  it('an answer over maxResponseBytes is INVALID_RESPONSE', async () => {
    service.answer = () => ({ status: 200, body: JSON.stringify('x'.repeat(5000)) });
    const { key, path } = await call({ maxResponseBytes: 1024 });
    expect([path, key('error_reason')]).toEqual([['hook:failed'], 'INVALID_RESPONSE']);
  });

  // docs/behaviour.md#stale-results, #results-by-widget
  it('a second webhook clears what the first left; both keep their own results', async () => {
    service.answer = ({ url }) => (url === '/one' ? { status: 500, body: 'x' } : { status: 200, body: '{}' });
    const { path, variables } = await flows.run(
      flowOf({
        one: { type: 'webhook', url: `${service.url}/one`, exits: { success: null, failed: 'two' } },
        two: { type: 'webhook', url: `${service.url}/two`, exits: { success: 'keep', failed: null } },
        keep: {
          type: 'set',
          values: [
            {
              saveIn: '$flow.key.kept',
              value: '$widget.one.error_reason/$widget.two.response_status/$widget.one.response_status_code',
            },
          ],
          exits: { next: null },
        },
      }),
    );
    expect(path).toEqual(['one:failed', 'two:success', 'keep:next']);
    expect(variables['$flow.key.kept']).toBe('SERVER_ERROR/SUCCESS/500');
    expect(variables).not.toHaveProperty('$flow.key.error_reason');
  });

  it('one webhook can send why another failed', async () => {
    service.answer = ({ url }) => (url === '/one' ? { status: 503, body: 'x' } : { status: 200, body: '{}' });
    const content = { why: '$flow.key.error_reason', status: '$flow.key.response_status_code' };
    const { path } = await flows.run(
      flowOf({
        one: { type: 'webhook', url: `${service.url}/one`, exits: { success: null, failed: 'note' } },
        note: {
          type: 'webhook',
          method: 'POST',
          url: `${service.url}/note`,
          body: { type: 'json', content },
          exits: { success: null, failed: null },
        },
      }),
    );
    expect(path).toEqual(['one:failed', 'note:success']);
    expect(service.received.at(-1)?.body).toBe('{"why":"SERVER_ERROR","status":503}');
  });

  // docs/behaviour.md#not-waiting
  it('wait off goes on at once; response_* stay empty; the request arrives all the same', async () => {
    service.answer = () => ({ status: 500, body: '{}' });
    const { path, variables } = await call({ wait: false, method: 'POST', body: { type: 'json', content: { a: 1 } } }, [
      'success',
      'failed',
    ]);
    expect(path).toEqual(['hook:success']);
    expect(Object.keys(variables).filter((name) => name.includes('response_'))).toEqual([]);
    await flows.webhooks.idle();
    expect(service.received.map(({ body }) => body)).toEqual(['{"a":1}']);
  });
});
