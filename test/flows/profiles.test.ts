import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/lib/json/json.js';
import { type HookOutcome, OneHook } from '../support/one-hook.js';

/*
 * The profiles over the wire: flows as somebody would write them who comes from another system, with its words and its defaults.
 */

let hook: OneHook;

const DECLARED: JsonObject = {
  order: 'A 1/2',
  count: 7,
  nothing: null,
  CUSTOMER: '15551230001',
  CITY: 'Zürich',
  NAME: null,
  id: null,
  code: null,
  split: 'a\r\nX-Evil: 1',
};

beforeAll(async () => {
  hook = await OneHook.start(DECLARED, { token: 's3cr3t', split: 'a\r\nb' });
});
afterAll(() => hook.close());
afterEach(() => {
  hook.reset();
});

const of = (profile: string) => (fields: JsonObject, wired?: readonly string[]) => hook.call({ profile, ...fields }, wired);
const raised = ({ path, key }: HookOutcome): unknown => [path[0], key('error_reason')];

describe('vonage', () => {
  const call = of('vonage');

  // docs/behaviour.md#request-address, #empty-query-rows
  it('parameters in URL and query; an empty value is the parameter of its key', async () => {
    const { request } = await call({
      url: `${hook.service.url}/cities/$CITY`,
      query: [
        { key: 'lang', value: 'de' },
        { key: 'phone', value: '$CUSTOMER' },
        { key: 'CITY', value: '' },
        { key: 'order', value: '' },
        { key: 'NAME', value: '' },
      ],
    });
    expect(request?.url).toBe('/cities/Z%C3%BCrich?lang=de&phone=15551230001&CITY=Z%C3%BCrich&order=A%201%2F2');
  });

  // docs/behaviour.md#mapping, #json-paths, #xml-paths
  it.each([
    ['data.userId', '{"data":{"userId":"u1"}}', 'application/json'],
    ["data['userId']", '{"data":{"userId":"u1"}}', 'application/json'],
    ['$[0].userId', '[{"userId":"u1"}]', 'application/json'],
    ["$[0]['userId']", '[{"userId":"u1"}]', 'application/json'],
    ['note.to', '<note><to>u1</to></note>', 'application/xml'],
    ["note['to']", '<note><to>u1</to></note>', 'text/xml'],
  ])('%s into a parameter', async (path, body, type) => {
    hook.service.answer = () => ({ status: 200, body, type });
    const { variables } = await call({ mapping: [{ saveIn: '$NAME', path }] });
    expect(variables['$NAME']).toBe('u1');
  });

  // docs/behaviour.md#failed-exit, #required-values
  it.each<[string, JsonObject, string]>([
    ['not sent', { headers: [{ key: 'X', value: '$flow.key.nothing', mandatory: true }] }, 'INVALID_FLOW_VAR'],
    ['nobody there', { url: 'http://127.0.0.1:9/' }, 'CONNECTION_FAILURE'],
    ['an expected value missing', { mapping: [{ saveIn: '$NAME', path: 'gone' }] }, 'INVALID_RESPONSE_MAP'],
    ['an answer of another kind', { responseType: 'xml', mapping: [{ saveIn: '$NAME', path: 'a' }] }, 'INVALID_RESPONSE'],
  ])('%s leads to failed', async (_name, fields, reason) => {
    hook.json({ a: 1 });
    expect(raised(await call(fields))).toEqual(['hook:failed', reason]);
  });

  it('a row that is not required stays what it was', async () => {
    hook.json({});
    const { path, variables } = await call({ mapping: [{ saveIn: '$CITY', path: 'city', required: false }] });
    expect([path, variables['$CITY']]).toEqual([['hook:success'], 'Zürich']);
  });

  // docs/behaviour.md#which-exit, #status-exits, #saved-status
  it.each([
    [204, 'success'],
    [301, '301'],
    [302, '3xx'],
    [404, '404'],
    [410, '4xx'],
    [500, 'failed'],
  ])('%i leaves by %s, its code in a variable as a number', async (status, exit) => {
    hook.service.answer = () => ({ status, body: '', headers: { location: '/elsewhere' } });
    const { path, variables } = await call({ saveStatusIn: '$NAME' }, ['success', '301', '3xx', '404', '4xx', 'failed']);
    expect([path, variables['$NAME']]).toEqual([[`hook:${exit}`], status]);
    expect(hook.service.received).toHaveLength(1);
  });
});

describe('phonon', () => {
  const call = of('phonon');

  // docs/behaviour.md#response-type, #path-root
  it.each([
    ['data.userId', { userId: 'u1' }],
    ['x.userId', { userId: 'u1' }],
    ['data.data.userId', { data: { userId: 'u1' } }],
    ['data[0].userId', [{ userId: 'u1' }]],
    ['x[0].userId', [{ userId: 'u1' }]],
  ])('%s finds the value', async (path, body) => {
    hook.json(body);
    expect((await call({ mapping: [{ saveIn: '$flow.key.id', path, mandatory: true }] })).key('id')).toBe('u1');
  });

  it('JSON is expected, whatever the server calls it', async () => {
    hook.service.answer = () => ({ status: 200, body: '{"a":5}', type: 'text/html' });
    expect((await call({ mapping: [{ saveIn: '$flow.key.id', path: 'data.a' }] })).key('id')).toBe(5);
  });

  it('XML with XPath, the first node as text', async () => {
    hook.xml('<list><item id="1">tea</item><item id="2">cake</item></list>');
    const mapping = [
      { saveIn: '$flow.key.id', path: '//item' },
      { saveIn: '$flow.key.code', path: '/list/item[2]/@id' },
    ];
    const { key } = await call({ responseType: 'xml', mapping });
    expect([key('id'), key('code')]).toEqual(['tea', '2']);
  });

  it('only mandatory rows fail', async () => {
    hook.json({});
    const row = { saveIn: '$flow.key.id', path: 'data.gone' };
    expect((await call({ mapping: [row] })).path).toEqual(['hook:success']);
    expect(raised(await call({ mapping: [{ ...row, mandatory: true }] }))).toEqual(['hook:failed', 'INVALID_RESPONSE_MAP']);
  });

  // docs/behaviour.md#request-methods, #credentials, #request-headers, #request-bodies, #query-rows, #variables-in-a-request
  it('the whole request, variables in every part of it', async () => {
    const { request, path } = await call({
      method: 'PUT',
      url: `${hook.service.url}/orders/$flow.key.order`,
      auth: { type: 'basic', username: '$flow.key.count', password: '$secret.token' },
      headers: [
        { key: 'X-Cli', value: '$call.cli', mandatory: true },
        { key: 'X-Gone', value: '$flow.key.nothing' },
      ],
      query: [
        { key: 'n', value: '$flow.key.count', mandatory: true },
        { key: 'gone', value: '$flow.key.nothing' },
      ],
      body: { type: 'form', content: 'order=$flow.key.order&n=$flow.key.count' },
    });
    expect(path).toEqual(['hook:success']);
    expect([request?.method, request?.url]).toEqual(['PUT', '/orders/A%201%2F2?n=7']);
    expect(request?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('7:s3cr3t').toString('base64')}`,
      'x-cli': '15551230001',
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    });
    expect(request?.headers).not.toHaveProperty('x-gone');
    expect(request?.body).toBe('order=A+1%2F2&n=7');
  });

  // docs/behaviour.md#result-variables
  it('success and failure, and what both leave', async () => {
    hook.json({}, 503);
    const { path, variables } = await call({}, ['success', 'failed']);
    expect(path).toEqual(['hook:failed']);
    expect(variables).toMatchObject({
      '$flow.key.response_status': 'FAILED',
      '$flow.key.response_status_code': 503,
      '$flow.key.response_status_type': 'SERVER_ERROR',
      '$flow.key.response_raw': '{}',
      '$flow.key.response_error': true,
      '$flow.key.error_reason': 'SERVER_ERROR',
    });
  });

  // docs/behaviour.md#error-reasons
  it('a failed connection is a TIMEOUT for flows that know no other name', async () => {
    const dead = { url: 'http://127.0.0.1:9/', connectionFailureAs: 'TIMEOUT' };
    expect(raised(await call(dead, ['success', 'failed']))).toEqual(['hook:timeout', 'TIMEOUT']);
  });
});

describe('messangi', () => {
  const call = of('messangi');

  // docs/behaviour.md#chat-message
  it('the predefined rows, POSTed as JSON', async () => {
    const { request } = await call({});
    expect([request?.method, request?.headers['content-type']]).toEqual(['POST', 'application/json; charset=utf-8']);
    expect(JSON.parse(request?.body ?? '')).toEqual({ chatId: 'call-1', contact: '15551230001', event: 'MESSAGE' });
  });

  it.each(['POST', 'GET', 'PUT', 'DELETE', 'PATCH'])('sends %s', async (method) => {
    expect((await call({ method })).request?.method).toBe(method);
  });

  // docs/behaviour.md#integration-fields
  it('rows of text and of variables in query and headers', async () => {
    const rows = [
      { key: 'x-text', value: 'literal', type: 'text' },
      { key: 'x-variable', value: '$flow.key.count', type: 'variable' },
    ];
    const { request } = await call({ query: rows, headers: rows });
    expect(request?.url).toBe('/hook?x-text=literal&x-variable=7');
    expect(request?.headers).toMatchObject({ 'x-text': 'literal', 'x-variable': '7', host: expect.any(String) as string });
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['none', { type: 'none' }, {}],
    ['API key', { type: 'apiKey', value: '$secret.token' }, { 'x-api-key': 's3cr3t' }],
    ['API key of another name', { type: 'apiKey', name: 'X-K', value: '$secret.token' }, { 'x-k': 's3cr3t' }],
    [
      'basic',
      { type: 'basic', username: 'a', password: 'b' },
      { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` },
    ],
    ['bearer', { type: 'bearer', token: '$secret.token' }, { authorization: 'Bearer s3cr3t' }],
  ])('%s is sent', async (_name, auth, headers) => {
    const { request } = await call({ auth });
    expect(request?.headers).toMatchObject(headers);
    if (Object.keys(headers).length === 0) expect(request?.headers).not.toHaveProperty('authorization');
  });

  it('an API key in the query', async () => {
    const { request } = await call({ auth: { type: 'apiKey', name: 'key', value: '$secret.token', in: 'query' } });
    expect(request?.url).toBe('/hook?key=s3cr3t');
  });
});

describe('what a variable holds never becomes another header', () => {
  it.each<[string, JsonObject]>([
    ['a header row', { headers: [{ key: 'X', value: '$flow.key.split' }] }],
    ['a bearer token', { auth: { type: 'bearer', token: '$flow.key.split' } }],
    ['Basic credentials', { auth: { type: 'basic', username: '$flow.key.split', password: '$flow.key.split' } }],
    ['an API key', { auth: { type: 'apiKey', value: '$flow.key.split' } }],
    ['an idempotency key', { method: 'POST', idempotencyKey: 'order-$flow.key.split' }],
  ])('%s with a line break in it is sent in one line', async (_name, fields) => {
    expect((await hook.call(fields)).path).toEqual(['hook:success']);
    const names = Object.keys(hook.service.received[0]?.headers ?? {});
    expect(names.filter((name) => /evil|split/i.test(name))).toEqual([]);
  });

  it('a secret of the site with a line break in it is INVALID_REQUEST, and nothing is sent', async () => {
    expect(raised(await hook.call({ auth: { type: 'bearer', token: '$secret.split' } }))).toEqual([
      'hook:failed',
      'INVALID_REQUEST',
    ]);
    expect(hook.service.received).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['a secret', { auth: { type: 'bearer', token: '$secret.gone' } }],
    ['a credential', { auth: { type: 'credential', name: 'gone' } }],
    ['a signer', { sign: 'gone' }],
  ])('%s that is not there is INVALID_REQUEST too', async (_name, fields) => {
    expect(raised(await hook.call(fields))).toEqual(['hook:failed', 'INVALID_REQUEST']);
    expect(hook.service.received).toEqual([]);
  });
});
