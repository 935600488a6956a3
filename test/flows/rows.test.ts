import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { flowOf } from '../support/flow-case.js';
import { OneHook } from '../support/one-hook.js';

/* Bodies made of rows, as a service receives them. */

const TEXT = `O"Neil & <Söhne> 😀\n`;

const DECLARED: JsonObject = {
  text: TEXT,
  count: 7,
  yes: true,
  nothing: null,
  list: [1, { a: null }],
  object: { b: 'ß' },
  'odd name': 'x',
};

let hook: OneHook;

beforeAll(async () => {
  hook = await OneHook.start(DECLARED);
});
afterAll(() => hook.close());
afterEach(() => {
  hook.reset();
});

type Row = readonly [key: string, value: string, more?: JsonObject];

/** What arrives of these rows, and by which exit the widget left. */
async function post(...rows: readonly Row[]): Promise<{ readonly exit: string | undefined; readonly body: Json | undefined }> {
  const fields = rows.map(([key, value, more]) => ({ key, value, ...more }));
  const { path, request } = await hook.call({ method: 'POST', body: { type: 'fields', fields } });
  return { exit: path[0], body: request === undefined ? undefined : (JSON.parse(request.body) as Json) };
}

const variable = { type: 'variable' };

// docs/behaviour.md#chat-message, #body-by-rows
describe('a body of rows', () => {
  it('text is text, a variable keeps its type', async () => {
    const { body } = await post(
      ['literal', '7'],
      ['in text', 'n=$flow.key.count, $$5'],
      ['text', '$flow.key.text', variable],
      ['count', '$flow.key.count', variable],
      ['yes', '$flow.key.yes', variable],
      ['list', '$flow.key.list', variable],
      ['object.deep', '$flow.key.object', variable],
      ['odd', '$flow.key.{odd name}'],
      ['call', '$call.cli', variable],
    );
    expect(body).toEqual({
      literal: '7',
      'in text': 'n=7, $5',
      text: TEXT,
      count: 7,
      yes: true,
      list: [1, { a: null }],
      object: { deep: { b: 'ß' } },
      odd: 'x',
      call: '15551230001',
    });
  });

  it('nests, appends and groups', async () => {
    const { body } = await post(
      ['order.customer.phone', '$call.cli'],
      ['order.lines[].sku', 'tea'],
      ['order.lines[].count', '$flow.key.count', variable],
      ['order.lines[].sku', 'cake'],
      ['order.lines[ ].tags[]', 'sweet'],
      ['order.lines[].tags[]', 'fresh'],
      ['seats[0]', 'window'],
      ['seats[2]', 'aisle'],
    );
    expect(body).toEqual({
      order: {
        customer: { phone: '15551230001' },
        lines: [
          { sku: 'tea', count: 7 },
          { sku: 'cake', tags: ['sweet', 'fresh'] },
        ],
      },
      seats: ['window', null, 'aisle'],
    });
  });

  it('the example of docs/webhook-requests.md makes what it says', async () => {
    const page = readFileSync(fileURLToPath(new URL('../../docs/webhook-requests.md', import.meta.url)), 'utf8');
    const [, rows = '', made = ''] = /```json\n(\{\s+"type": "fields",.*?)```.*?```json\n(.*?)```/su.exec(page) ?? [];
    const { request } = await hook.call({ method: 'POST', body: JSON.parse(rows) as JsonObject });
    const expected = JSON.parse(made.replace('"count": 2', '"count": 7')) as Json;
    expect(JSON.parse(request?.body ?? '')).toEqual(expected);
  });

  // docs/behaviour.md#missing-values
  it('an optional row without a value leaves nothing behind, and moves nothing', async () => {
    const { body } = await post(
      ['multimedia.url', '$call.recordingurl', variable],
      ['lines[].sku', '$flow.key.nothing'],
      ['lines[].count', '1'],
      ['lines[].sku', 'cake'],
      ['a', ''],
    );
    expect(body).toEqual({ lines: [{ count: '1' }, { sku: 'cake' }], a: '' });
    expect((await post(['a', '$flow.key.nothing'])).exit).toBe('hook:success');
  });

  it('a mandatory one makes the widget fail, and nothing is sent', async () => {
    expect(await post(['a', '1'], ['b', '$flow.key.nothing', { mandatory: true }])).toEqual({
      exit: 'hook:failed',
      body: undefined,
    });
  });

  it('what a variable holds never becomes structure', async () => {
    hook.reset();
    const { body } = await post(['a', '{"x": $flow.key.text}'], ['__proto__.admin', '1'], ['constructor.prototype', '2']);
    expect(Object.keys(body as object)).toEqual(['a', '__proto__', 'constructor']);
    expect((body as JsonObject)['a']).toBe(`{"x": ${TEXT}}`);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  // docs/behaviour.md#body-with-get
  it('with GET only on request', async () => {
    const body = { type: 'fields', fields: [{ key: 'a', value: '1' }] };
    expect((await hook.call({ body })).request?.body).toBe('');
    hook.reset();
    expect((await hook.call({ body, sendBodyWithGet: true })).request?.body).toBe('{"a":"1"}');
  });
});

// docs/behaviour.md#request-bodies, #content-type
describe('every kind of body', () => {
  it.each<[string, JsonObject, string, string]>([
    ['json', { content: { n: '$flow.key.count' } }, 'application/json; charset=utf-8', '{"n":7}'],
    ['html', { content: '<p>$flow.key.object</p>' }, 'text/html; charset=utf-8', '<p>{&quot;b&quot;:&quot;ß&quot;}</p>'],
    ['text', { content: 'n=$flow.key.count' }, 'text/plain; charset=utf-8', 'n=7'],
    ['xml', { content: '<n>$flow.key.count</n>' }, 'application/xml; charset=utf-8', '<n>7</n>'],
    [
      'urlencoded',
      { content: 'n=$flow.key.{odd name}&o=$flow.key.object' },
      'application/x-www-form-urlencoded; charset=utf-8',
      'n=x&o=%7B%22b%22%3A%22%C3%9F%22%7D',
    ],
    ['form', { fields: [{ key: 'n', value: '$flow.key.count' }] }, 'application/x-www-form-urlencoded; charset=utf-8', 'n=7'],
    ['fields', { fields: [{ key: 'n', value: '$flow.key.count' }] }, 'application/json; charset=utf-8', '{"n":"7"}'],
  ])('%s', async (type, fields, contentType, sent) => {
    const { request } = await hook.call({ method: 'POST', body: { type, ...fields } });
    expect([request?.headers['content-type'], request?.body]).toEqual([contentType, sent]);
  });

  it('none', async () => {
    const { request } = await hook.call({ method: 'POST', body: { type: 'none' } });
    expect([request?.headers['content-type'], request?.body]).toEqual([undefined, '']);
  });
});

// docs/behaviour.md#step-message
describe('a setting of a chat flow', () => {
  it('is told by rows: campaign, step, number, date in UTC, answer, and fields of one’s own', async () => {
    const date = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    const fields = [
      { key: 'campaignId', value: '$sys.flowid' },
      { key: 'label', value: 'city' },
      { key: 'phoneNumber', value: '$call.cli' },
      { key: 'date', value: '$flow.key.date' },
      { key: 'response', value: '$flow.key.text' },
      { key: 'option', value: '$flow.key.count', type: 'variable' },
      { key: 'keyword', value: '$flow.key.nothing' },
      { key: 'extra.city', value: 'Zürich' },
    ];
    const { path } = await hook.flows.run(
      flowOf(
        {
          now: {
            type: 'operation',
            operation: 'dateFormat',
            value: 'now',
            format: date,
            saveIn: '$flow.key.date',
            onError: 'tell',
            exits: { next: 'tell' },
          },
          tell: {
            type: 'webhook',
            method: 'POST',
            url: `${hook.service.url}/setting`,
            body: { type: 'fields', fields },
            exits: { success: null, failed: null },
          },
        },
        { variables: DECLARED },
      ),
    );
    expect(path).toEqual(['now:next', 'tell:success']);
    expect(JSON.parse(hook.service.received[0]?.body ?? '')).toEqual({
      campaignId: 'case',
      label: 'city',
      phoneNumber: '15551230001',
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      response: TEXT,
      option: 7,
      extra: { city: 'Zürich' },
    });
  });
});
