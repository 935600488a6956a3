import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/lib/json/json.js';
import { jsonText } from '../../src/lib/json/json-text.js';
import { OneHook } from '../support/one-hook.js';
import { flowOf } from '../support/flow-case.js';

/* A number of an answer keeps its digits wherever the flow takes it. */

const ID = '7615917337495251231';

let hook: OneHook;
beforeAll(async () => {
  hook = await OneHook.start();
});
afterAll(() => hook.close());
afterEach(() => {
  hook.reset();
});

/** Maps `id` and `price` of an answer, then sends them by a second webhook of these fields. */
async function sends(answer: string, fields: JsonObject, mapping: JsonObject = {}) {
  hook.service.answer = () => ({ status: 200, body: answer });
  const url = `${hook.service.url}/hook`;
  const rows = [
    { saveIn: '$flow.key.id', path: 'p_id', ...mapping },
    { saveIn: '$flow.key.price', path: 'price', ...mapping },
    { saveIn: '$flow.key.all', path: '$' },
  ];
  const { path, variables } = await hook.flows.run(
    flowOf(
      {
        ask: { type: 'webhook', url, responseType: 'json', mapping: rows, exits: { success: 'tell', failed: null } },
        tell: { type: 'webhook', url, method: 'POST', ...fields, exits: { success: null, failed: null } },
      },
      { start: 'ask' },
    ),
  );
  expect(path).toEqual(['ask:success', 'tell:success']);
  const request = hook.service.received[1];
  if (request === undefined) throw new Error('nothing was sent');
  return { request, variables };
}

const ANSWER = `{"p_id": ${ID}, "price": 12.50}`;
const row = (key: string, value: string, type = 'text') => ({ key, value, type });

describe('the digits of a number of an answer', () => {
  it('are those of the variable, also in a list or an object', async () => {
    const { variables } = await sends(ANSWER, {});
    expect(jsonText(variables['$flow.key.id'])).toBe(ID);
    expect(jsonText(variables['$flow.key.price'])).toBe('12.50');
    expect(jsonText(variables['$flow.key.all'])).toBe(`{"p_id":${ID},"price":12.50}`);
  });

  it('go into query, headers and credentials', async () => {
    const { request } = await sends(ANSWER, {
      url: `${hook.service.url}/o/$flow.key.id?p=$flow.key.price`,
      query: [row('id', '$flow.key.id'), row('price', '$flow.key.price', 'variable')],
      headers: [row('X-Id', 'n $flow.key.id'), row('X-Price', '$flow.key.price')],
      auth: { type: 'bearer', token: '$flow.key.id' },
    });
    expect(request.url).toBe(`/o/${ID}?p=12.50&id=${ID}&price=12.50`);
    expect(request.headers).toMatchObject({ 'x-id': `n ${ID}`, 'x-price': '12.50', authorization: `Bearer ${ID}` });
  });

  it.each<[string, JsonObject, string]>([
    [
      'JSON text',
      { type: 'json', content: '{"a": $flow.key.id, "b": "$flow.key.id", "c": $flow.key.price}' },
      `{"a":${ID},"b":"${ID}","c":12.50}`,
    ],
    [
      'JSON',
      { type: 'json', content: { a: '$flow.key.id', b: 'n $flow.key.price', c: ['$flow.key.all'] } },
      `{"a":${ID},"b":"n 12.50","c":[{"p_id":${ID},"price":12.50}]}`,
    ],
    [
      'rows',
      { type: 'fields', fields: [row('a.b', '$flow.key.id', 'variable'), row('c', '$flow.key.price')] },
      `{"a":{"b":${ID}},"c":"12.50"}`,
    ],
    ['XML', { type: 'xml', content: '<a>$flow.key.id $flow.key.price</a>' }, `<a>${ID} 12.50</a>`],
    ['text', { type: 'text', content: '$flow.key.id $flow.key.price $flow.key.all' }, `${ID} 12.50 {"p_id":${ID},"price":12.50}`],
    ['a form', { type: 'form', content: 'a=$flow.key.id&b=$flow.key.price' }, `a=${ID}&b=12.50`],
    ['form rows', { type: 'form', fields: [row('a', '$flow.key.id'), row('b', '$flow.key.price')] }, `a=${ID}&b=12.50`],
  ])('go into a body of %s', async (_, body, expected) => {
    expect((await sends(ANSWER, { body })).request.body).toBe(expected);
  });

  it.each([
    ['text', `"${ID}"`, '"12.50"'],
    ['number', ID, '12.50'],
    ['json', ID, '12.50'],
  ])('stay with the mapping type %s', async (type, id, price) => {
    const { request } = await sends(
      ANSWER,
      { body: { type: 'json', content: { a: '$flow.key.id', b: '$flow.key.price' } } },
      { type },
    );
    expect(request.body).toBe(`{"a":${id},"b":${price}}`);
  });

  it.each([
    ['-0', '0'],
    ['1e400', '1e400'],
    ['1.0E2', '100'],
    ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
    ['-9007199254740993', '-9007199254740993'],
    ['5', '5'],
  ])('%s is sent as %s', async (digits, sent) => {
    const { request } = await sends(`{"p_id": ${digits}, "price": 1}`, { query: [row('id', '$flow.key.id')] });
    expect(request.url).toBe(`/hook?id=${encodeURIComponent(sent)}`);
  });
});
