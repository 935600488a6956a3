import { describe, expect, it } from 'vitest';
import { deliveryRequest } from '../../../src/webhooks/deliveries/delivery-request.js';
import { importCurl } from '../../../src/webhooks/curl/import.js';
import { readIntegration } from '../../../src/integrations/check.js';
import { integrationDetails } from '../../../src/integrations/details.js';
import { chatDelivery, type ChatEvent } from '../../../src/integrations/event.js';
import { buildRequest } from '../../../src/webhooks/request/request.js';
import { CHECKS, PLAIN } from '../../support/integrations.js';

const EVENT: ChatEvent = {
  key: 'turn/7',
  event: 'MESSAGE',
  callId: 'call-1',
  contact: '15550100',
  text: '4711',
  multimedia: null,
  at: 5000,
  dueAt: 5000,
};

function integration(fields: object) {
  const { document } = readIntegration({ ...PLAIN, ...fields }, CHECKS);
  if (document === null) throw new Error('not an integration');
  return { id: 'orders', document };
}

const VALUES: Readonly<Record<string, string | number>> = { '$flow.key.order': 12, '$flow.key.note': 'a$secret.crm\r\nü€' };
const delivery = (fields: object, event = EVENT) => chatDelivery(integration(fields), event, (name) => VALUES[name]);
const body = (fields: object, event = EVENT): unknown => JSON.parse(delivery(fields, event).body);
const part = (key: string, value?: string) => ({ key, type: 'predefined', ...(value !== undefined && { value }) });

/** The request as it goes out. */
function sent(fields: object) {
  const { document } = integration(fields);
  const target = { name: 'integration:orders', url: document.url, auth: document.auth, sign: null };
  const outgoing = deliveryRequest(delivery(fields), target, 9000);
  const built = buildRequest({ ...outgoing, auth: { type: 'none' } }, CHECKS.secrets);
  if (!built.ok) throw new Error(built.error);
  return { ...built.value, headers: Object.fromEntries(built.value.headers) };
}

describe('the delivery of an event', () => {
  // docs/behaviour.md#integration-events
  it('has the six parts, those of a message only when there is one', () => {
    expect(body({})).toEqual({ chatId: 'call-1', contact: '15550100', event: 'MESSAGE', text: '4711' });
    const multimedia = { url: 'https://ivr.example/r.wav', caption: 'message' };
    expect(body({}, { ...EVENT, text: '', multimedia })).toMatchObject({ text: '', multimedia });
  });

  it('a row that was removed is not sent, one that was added is; variables keep their type', () => {
    const order = { key: 'order', type: 'variable', value: '$flow.key.order' };
    const none = { key: 'none', type: 'variable', value: '$flow.key.none' };
    expect(body({ body: [part('text'), order, none, { key: 'site', value: '$flow.key.order' }] })).toEqual({
      text: '4711',
      order: 12,
      none: '',
      site: '$flow.key.order',
    });
  });

  // docs/behaviour.md#body-by-rows
  it('nests by name and appends to lists', () => {
    const rows = [
      part('chat.id', 'chatId'),
      part('lines[].text', 'text'),
      part('lines[].from', 'contact'),
      { key: 'tags[]', value: 'ivr' },
    ];
    expect(body({ body: rows })).toEqual({
      chat: { id: 'call-1' },
      lines: [{ text: '4711', from: '15550100' }],
      tags: ['ivr'],
    });
  });

  it('is one delivery however often it is told, in the stream of its chat', () => {
    expect(delivery({})).toMatchObject({ kind: 'turn', webhook: 'integration:orders', stream: 'integration:orders:call-1' });
    expect(delivery({}).id).toBe(delivery({}).id);
    expect(delivery({}, { ...EVENT, key: 'end' }).id).not.toBe(delivery({}).id);
  });

  it('a value that is too long is cut, in a header shorter than in the body', () => {
    const row = { key: 'long', type: 'variable', value: '$flow.key.long' };
    const made = chatDelivery(integration({ body: [row], headers: [row] }), EVENT, () => ['x'.repeat(100_000)]);
    expect(made.body.length).toBeLessThan(66_000);
    expect(made.shape?.headers[0]?.[1]).toHaveLength(4096);
  });

  it.each([65_535, 65_536, 65_537])('a text of %i characters: 65,536 are sent in a body', (length) => {
    const row = { key: 'long', type: 'variable', value: '$flow.key.long' };
    const made = chatDelivery(integration({ body: [row] }), EVENT, () => 'x'.repeat(length));
    expect((JSON.parse(made.body) as { long: string }).long).toHaveLength(Math.min(length, 65_536));
  });

  it('a list whose text is 65,536 characters stays a list, a longer one becomes a text', () => {
    const row = { key: 'long', type: 'variable', value: '$flow.key.long' };
    const sentAs = (length: number): unknown => {
      const made = chatDelivery(integration({ body: [row] }), EVENT, () => ['x'.repeat(length - 4)]);
      return (JSON.parse(made.body) as { long: unknown }).long;
    };
    expect([65_535, 65_536, 65_537].map((length) => Array.isArray(sentAs(length)))).toEqual([true, true, false]);
  });

  // docs/behaviour.md#integration-fields
  it('what comes from a call names no secret and breaks no header', () => {
    const note = { key: 'x-note', type: 'variable', value: '$flow.key.note' };
    const request = sent({
      method: 'GET',
      params: [note, part('text')],
      headers: [note, { key: 'x-key', value: '$secret.crm' }],
    });
    expect(request.headers).toMatchObject({ 'x-note': 'a$secret.crm %C3%BC%E2%82%AC', 'x-key': 'hush-hush' });
    expect(new URL(request.url).searchParams.get('x-note')).toBe('a$secret.crm\r\nü€');
    expect(new URL(request.url).searchParams.get('text')).toBe('4711');
    expect([request.method, request.body]).toEqual(['GET', null]);
  });
});

// docs/behaviour.md#integration-details
describe('the page about an integration', () => {
  it('has connections, endpoint, rows, sample requests as they would arrive, and the way back', () => {
    const page = integrationDetails(
      integration({
        connections: ['4711'],
        start: true,
        auth: { type: 'bearer', token: '$secret.crm' },
        headers: [{ key: 'x-a', value: "it's" }],
      }),
      'https://ivr.example',
    );
    expect(page.connections).toEqual([{ channel: 'voice', code: '4711' }]);
    expect(page.endpoint).toEqual({ method: 'POST', url: PLAIN.url, auth: 'bearer', sign: null });
    expect(page.requests.map(({ event }) => event)).toEqual(['START', 'MESSAGE', 'MESSAGE', 'END']);
    expect(page.requests[1]?.body).toMatchObject({ event: 'MESSAGE', text: '4711' });
    expect(page.requests[1]?.curl).toContain('curl -X POST https://crm.example/chat -H');
    const again = importCurl(page.requests[1]?.curl ?? '');
    expect(again.ok && JSON.stringify(again.value)).toContain("it's");
    expect(page.tryOut.url).toMatch(/^https:\/\/ivr\.example\/v1\/integrations\/orders\/chats\/[0-9a-f-]+\/events$/u);
    expect(JSON.stringify(page)).not.toContain('hush-hush');
  });
});
