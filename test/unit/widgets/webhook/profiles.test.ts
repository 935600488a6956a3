import { describe, expect, it } from 'vitest';
import { webhook } from '../../../../src/widgets/webhook/webhook.js';
import { problemsOf } from '../../../support/fake-widget-context.js';
import { runWebhook, SERVICE } from '../../../support/webhook-widget.js';

const inCall = { script: { facts: { cli: '15551230001', uuid: 'call-1' } } };

const mapping = [{ saveIn: '$flow.key.a', path: 'a' }];
const problems = (config: object): readonly string[] => problemsOf(webhook, { url: SERVICE, ...config });

describe('profiles set defaults', () => {
  // docs/behaviour.md#request-timeout, #redirects, #path-root, #xml-paths, #response-type
  it.each([
    ['native', { timeoutMs: 10_000, responseType: 'auto', pathRoot: 'document', xmlPaths: 'dotted', redirects: 0 }],
    ['phonon', { timeoutMs: 60_000, responseType: 'json', pathRoot: 'data', xmlPaths: 'xpath', redirects: 0 }],
    ['vonage', { timeoutMs: 10_000, responseType: 'auto', pathRoot: 'document', xmlPaths: 'dotted', redirects: 0 }],
    ['messangi', { timeoutMs: 10_000, responseType: 'auto', pathRoot: 'document', xmlPaths: 'dotted', redirects: 0 }],
  ])('the defaults of %s', async (profile, expected) => {
    expect((await runWebhook({ profile }, inCall)).call).toMatchObject(expected);
  });

  it.each(['native', 'phonon', 'vonage', 'messangi'])('%s leaves every field to be set', async (profile) => {
    const own = { responseType: 'xml', pathRoot: 'document', xmlPaths: 'xpath', redirects: 2 };
    const more = { method: 'PATCH', timeout: 12, body: { type: 'none' }, emptyQuery: 'text', query: [{ key: 'a' }] };
    const { call } = await runWebhook({
      profile,
      ...own,
      ...more,
      mapping: [
        { ...mapping[0], required: false },
        { saveIn: '$flow.key.b', path: 'b', required: true },
      ],
    });
    expect(call).toMatchObject({ ...own, method: 'PATCH', timeoutMs: 12_000, body: null, query: [{ key: 'a', value: [] }] });
    expect(call.mapping.map(({ required }) => required)).toEqual([false, true]);
  });

  // docs/behaviour.md#required-values, #mapping
  it.each([
    ['native', false],
    ['phonon', false],
    ['messangi', false],
    ['vonage', true],
  ])('a mapping of %s that finds nothing fails: %s', async (profile, required) => {
    expect((await runWebhook({ profile, mapping }, inCall)).call.mapping).toEqual([{ path: 'a', required }]);
  });

  // docs/behaviour.md#failed-exit
  it('of vonage an expected value of the wrong type fails too, unless it has a default', async () => {
    const answer = { mapped: [{ found: true as const, value: 'x' }] };
    const row = { saveIn: '$flow.key.a', path: 'a', type: 'number' };
    const { exit, value } = await runWebhook({ profile: 'vonage', mapping: [row] }, { answer });
    expect([exit, value('error_reason')]).toEqual(['failed', 'INVALID_RESPONSE_MAP']);
    const withDefault = await runWebhook({ profile: 'vonage', mapping: [{ ...row, default: 0 }] }, { answer });
    expect([withDefault.exit, withDefault.value('a')]).toEqual(['success', 0]);
  });

  // docs/behaviour.md#waiting
  it.each([
    ['native', 1, 60],
    ['phonon', 1, 60],
    ['messangi', 1, 60],
    ['vonage', 10, 25],
  ])('a timeout of %s is %i to %i seconds', (profile, min, max) => {
    expect(problems({ profile, timeout: min })).toEqual([]);
    expect(problems({ profile, timeout: max })).toEqual([]);
    expect(problems({ profile, timeout: min - 1 })).toHaveLength(1);
    expect(problems({ profile, timeout: max + 1 })).toHaveLength(1);
  });

  it('five seconds are kept as a legacy value, and stand alone', async () => {
    const legacy = { profile: 'vonage', timeoutProfile: 'legacy-5s' };
    expect((await runWebhook(legacy)).call.timeoutMs).toBe(5000);
    expect(problems(legacy)).toEqual([]);
    expect(problems({ ...legacy, timeout: 10 })).toHaveLength(1);
    expect(problems({ timeoutProfile: '5s' })).toHaveLength(1);
  });
});

// docs/behaviour.md#empty-query-rows
describe('query values of the vonage profile', () => {
  const query = [
    { key: 'lang', value: 'en' },
    { key: 'phone', value: '$CUSTOMER' },
    { key: 'ORDER', value: '' },
    { key: 'user id', value: '' },
    { key: 'gone', value: '' },
  ];

  it('a literal, a parameter, or empty: the parameter of that name; one without a value is left out', async () => {
    const variables = { $CUSTOMER: '1555', $ORDER: 7, '$flow.key.{user id}': 'u1' };
    const { call } = await runWebhook({ profile: 'vonage', query }, { variables });
    expect(call.query.map(({ key, value }) => [key, ...value])).toEqual([
      ['lang', 'en'],
      ['phone', '1555'],
      ['ORDER', '7'],
      ['user id', 'u1'],
    ]);
  });

  it('a key that can be no variable’s name stays empty', async () => {
    const { call } = await runWebhook({ profile: 'vonage', query: [{ key: 'a}b' }, { key: '__proto__' }] });
    expect(call.query).toEqual([
      { key: 'a}b', value: [] },
      { key: '__proto__', value: [] },
    ]);
  });

  it('mandatory and without a value, it fails', async () => {
    const { exit, widget } = await runWebhook({ profile: 'vonage', query: [{ key: 'ORDER', mandatory: true }] });
    expect([exit, widget.result['error_detail']]).toEqual(['failed', 'no value for $ORDER']);
  });

  it('in the other profiles an empty value is empty', async () => {
    expect((await runWebhook({ query: [{ key: 'ORDER' }] }, { variables: { $ORDER: 7 } })).call.query).toEqual([
      { key: 'ORDER', value: [] },
    ]);
    expect(problems({ query: [{ key: 'a', type: 'variable' }] })).toHaveLength(1);
    expect(problems({ profile: 'vonage', query: [{ key: 'a', type: 'variable' }] })).toEqual([]);
  });
});

// docs/behaviour.md#chat-message
describe('the messangi profile', () => {
  it('POSTs the predefined rows as JSON; those without a value are not there at all', async () => {
    const { call } = await runWebhook({ profile: 'messangi' }, inCall);
    expect([call.method, call.body?.contentType]).toEqual(['POST', 'application/json; charset=utf-8']);
    expect(JSON.parse(call.body?.text ?? '')).toEqual({ chatId: 'call-1', contact: '15551230001', event: 'MESSAGE' });
  });

  it.each([
    ['+49 151-000', '49151000'],
    ['anonymous', ''],
  ])('the contact is the digits of the number: %s', async (cli, contact) => {
    const { call } = await runWebhook({ profile: 'messangi' }, { script: { facts: { cli, uuid: 'call-1' } } });
    expect(JSON.parse(call.body?.text ?? '')).toEqual({ chatId: 'call-1', contact, event: 'MESSAGE' });
  });

  it('rows of one’s own take their place', async () => {
    const body = { type: 'fields', fields: [{ key: 'chat.id', value: '$call.cli' }] };
    const { call } = await runWebhook({ profile: 'messangi', body });
    expect(JSON.parse(call.body?.text ?? '')).toEqual({ chat: { id: '+4915100000' } });
  });

  it('with GET there is no body, and no word about it', async () => {
    expect((await runWebhook({ profile: 'messangi', method: 'GET' })).call.body).toBeNull();
    expect(problems({ profile: 'messangi', method: 'GET' })).toEqual([]);
  });
});
