import { afterAll, beforeAll, expect, it } from 'vitest';
import { answered, dial, flow, rowOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/* A number of an answer has the same digits in the next request, in the report, in the API and in what is stored for the caller. */

const ID = '7615917337495251231';

let site: Site;
let reports: Endpoint;
let service: Endpoint;

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  service.answer = () => ({ status: 200, body: `{"p_id": ${ID}, "price": 12.50, "one more": 7615917337495251232}` });
  const send = (fields: object, exits: object) => ({ type: 'webhook', url: service.url, persist: true, ...fields, exits });
  site = await Site.start({
    report: reports.url,
    webhook: { options: { includeCallVariables: true } },
    flows: [
      flow('digits', {
        first: send(
          {
            mapping: [
              { saveIn: '$flow.key.id', path: 'p_id' },
              { saveIn: '$flow.key.price', path: 'price' },
              { saveIn: '$flow.key.next', path: "['one more']" },
              { saveIn: '$user.key.id', path: 'p_id' },
            ],
          },
          { success: 'same', failed: null },
        ),
        same: {
          type: 'condition',
          conditions: [{ name: 'same', when: { variable: '$flow.key.id', operator: 'equals', value: '$flow.key.next' } }],
          exits: { same: null, default: 'second' },
        },
        second: send(
          {
            method: 'POST',
            query: [{ key: 'id', value: '$flow.key.id' }],
            body: {
              type: 'json',
              content: '{"id": $flow.key.id, "stored": $user.key.id, "price": $flow.key.price, "text": "$flow.key.price"}',
            },
          },
          { success: 'tell', failed: null },
        ),
        tell: {
          type: 'play',
          prompt: [{ say: 'It costs $flow.key.price' }, { say: '$flow.key.id', as: 'digits' }],
          exits: { done: 'bye' },
        },
        bye: { type: 'hangup' },
      }),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

it('7615917337495251231 and 12.50 keep their digits to the end, for the next call too', async () => {
  for (const visit of [1, 2]) {
    const placed = await dial(site, 'digits');
    await answered(placed);
    await placed.phone.result;
    const sent = service.received[visit * 2 - 1];
    expect(sent?.url).toBe(`/?id=${ID}`);
    expect(sent?.body).toBe(`{"id":${ID},"stored":${ID},"price":12.50,"text":"12.50"}`);

    await eventually('the report', () => reports.received.length === visit);
    const report = reports.received[visit - 1]?.body ?? '';
    expect(report).toContain(ID);
    expect(report).toContain(`{"name":"$flow.key.price","value":12.50}`);
    expect(report).not.toMatch(/7615917337495251(?!231|232)/);

    const { id } = await rowOf(site, placed.cli);
    const response = await fetch(`${site.api}/v1/calls/${id}`);
    const shown = await response.text();
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(JSON.parse(shown)).toMatchObject({ variables: { '$flow.key.id': ID, '$flow.key.price': 12.5 } });
    expect(shown).toMatch(/"\$flow\.key\.price":12\.50/);
    expect(shown).toContain('It costs 12.50');
    expect(shown).toContain('7 6 1 5 9 1 7 3 3 7 4 9 5 2 5 1 2 3 1');
    expect(shown).not.toMatch(/7615917337495251(?!231|232)/);
  }
});
