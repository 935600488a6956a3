import { describe, expect, it } from 'vitest';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { exampleFlow } from '../support/example-flow.js';
import type { WebhookScript } from '../support/fake-webhooks.js';
import { shownText } from '../support/fake-webhooks.js';
import { runFlowTest, type FlowTest, type FlowTestResult } from '../support/flow-harness.js';

const order = (status: string, more: object = {}): WebhookScript => {
  return () => ({ json: { data: { status, ...more } } });
};

const run = (test: Partial<FlowTest>): Promise<FlowTestResult> =>
  runFlowTest({ flow: exampleFlow('order-status'), widgets: widgetCatalogue, ...test });

/** Keys in an order number and declines another one. */
const asksOnce: FlowTest['caller'] = (caller) => {
  caller.hears('key in your order number', '12345#');
  caller.hears('another order', '9');
};

describe('order-status: the order is found', () => {
  it('tells the delivery date of a shipped order', async () => {
    const call = await run({ caller: asksOnce, webhooks: order('shipped', { deliveryDate: '2026-12-01' }) });
    expect(call.path).toEqual([
      'greet:done',
      'ask:collected',
      'lookup:success',
      'branch:shippedWithDate',
      'tellDate:done',
      'more:9',
      'bye:end',
    ]);
    expect(call.spoken.find((text) => text.includes('should arrive on'))).toMatch(/December/);
    expect(call.variables).toMatchObject({
      '$flow.key.order': '12345',
      '$flow.key.status': 'shipped',
      '$flow.key.response_status': 'SUCCESS',
      '$flow.key.disposition': 'served',
    });
  });

  it.each([
    ['shipped', 'tellShipped', 'is on its way'],
    ['delivered', 'tellDelivered', 'has been delivered'],
    ['packed', 'tellInWork', 'are working on your order'],
    ['lost in space', 'tellStatus', 'Your order is lost in space.'],
  ])('speaks the status %s', async (status, widget, text) => {
    const call = await run({ caller: asksOnce, webhooks: order(status) });
    expect(call.path).toContain(`${widget}:done`);
    expect(call.spoken.join(' ')).toContain(text);
  });

  it('asks the shop for that order, with the password as a secret and the number of the caller', async () => {
    const call = await run({ caller: asksOnce, webhooks: order('paid'), facts: { cli: '4915112345' } });
    const [request] = call.webhookCalls;
    expect(shownText(request?.url ?? [])).toBe('https://shop.example/orders/12345');
    expect(request?.auth).toEqual({ type: 'basic', username: ['ivr'], password: [{ secret: 'shop' }] });
    expect(request?.query).toMatchObject([{ key: 'cli', value: ['4915112345'] }]);
    expect(JSON.stringify(call.journal)).toContain('"password":"$secret.shop"');
  });

  it('asks for another order when the caller wants one', async () => {
    const call = await run({
      caller: (caller) => {
        caller.hears('key in your order number', '1111#', '2222#');
        caller.hears('another order', '1', '9');
      },
      webhooks: order('delivered'),
    });
    expect(call.webhookCalls.map(({ url }) => shownText(url))).toEqual([
      'https://shop.example/orders/1111',
      'https://shop.example/orders/2222',
    ]);
  });

  it('takes a number keyed in over the welcome', async () => {
    const call = await run({
      caller: (caller) => {
        caller.hears('Welcome', '12345#');
        caller.hears('another order', '9');
      },
      webhooks: order('paid'),
    });
    expect(call.path.slice(0, 2)).toEqual(['greet:interrupted', 'ask:collected']);
    expect(call.variables['$flow.key.order']).toBe('12345');
  });
});

describe('order-status: hold music', () => {
  it('plays for a whole minute of waiting at most, and the test takes milliseconds', async () => {
    const flow = structuredClone(exampleFlow('order-status')) as { widgets: { lookup: { timeout: number } } };
    flow.widgets.lookup.timeout = 60;
    const began = process.hrtime.bigint();
    const call = await run({
      flow,
      caller: asksOnce,
      webhooks: () => ({ afterMs: 59_900, json: { data: { status: 'delivered' } } }),
    });
    const tookMs = Number(process.hrtime.bigint() - began) / 1e6;
    const music = call.events.find((event) => event.kind === 'musicOff');
    expect(music).toMatchObject({ ms: 59_600 });
    expect(call.path).toContain('tellDelivered:done');
    expect(call.elapsedVirtualMs).toBeGreaterThan(60_000);
    // Not a matter of speed but of kind: real time would be a minute.
    expect(tookMs).toBeLessThan(5000);
  });

  it('starts with the request and stops with the answer', async () => {
    const call = await run({ caller: asksOnce, webhooks: () => ({ afterMs: 2000, json: { data: { status: 'paid' } } }) });
    const kinds = call.events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('music'))).toEqual(['musicOn', 'musicOff']);
    expect(call.events.find((event) => event.kind === 'musicOff')).toMatchObject({ ms: 1700 });
  });
});

describe('order-status: wrong input and no input', () => {
  it('explains and asks again', async () => {
    const call = await run({
      caller: (caller) => {
        caller.hears('key in your order number', '12#', '12345#');
        caller.hears('another order', '9');
      },
      webhooks: order('paid'),
    });
    expect(call.spoken).toContainEqual(expect.stringContaining('An order number has four to eight digits.'));
    expect(call.path).toContain('ask:collected');
  });

  it('gives up after three unusable numbers', async () => {
    const call = await run({ caller: (caller) => caller.hears('key in your order number', '1#', '2#', '**#') });
    expect(call.path).toEqual(['greet:done', 'ask:missed', 'giveUp:end']);
    expect(call.webhookCalls).toEqual([]);
  });

  it('says goodbye to a silent line', async () => {
    const call = await run({});
    expect(call.path).toEqual(['greet:done', 'ask:noInput', 'nobody:end']);
    expect(call.summary.termination).toMatchObject({ by: 'flow' });
    expect(call.variables['$flow.key.disposition']).toBe('no input');
  });

  it('asks again for an order the shop does not know, three times in all', async () => {
    const call = await run({
      caller: (caller) => caller.hears('key in your order number', '1111#', '2222#', '3333#', '4444#'),
      webhooks: () => ({ status: 404 }),
    });
    expect(call.path.filter((step) => step === 'lookup:404')).toHaveLength(3);
    expect(call.path.at(-1)).toBe('giveUp:end');
    expect(call.variables['$flow.key.unknownOrders']).toBe(3);
  });
});

describe('order-status: the webhook fails', () => {
  it.each<[string, ReturnType<WebhookScript>, string[]]>([
    ['no answer in time', { afterMs: 31_000 }, ['lookup:timeout', 'slow:done', 'failed:end']],
    ['no connection', { fail: 'CONNECTION_FAILURE' }, ['lookup:failed', 'sorry:done', 'failed:end']],
    ['an error of the server', { status: 500 }, ['lookup:failed', 'sorry:done', 'failed:end']],
    ['an answer without status', { json: { data: {} } }, ['lookup:failed', 'sorry:done', 'failed:end']],
  ])('%s is said and never silent', async (_what, answer, path) => {
    const call = await run({ caller: asksOnce, webhooks: () => answer });
    expect(call.path.slice(2)).toEqual(path);
    expect(call.variables['$flow.key.response_error']).toBe(true);
  });
});

describe('order-status: the caller hangs up', () => {
  // docs/behaviour.md#caller-hangs-up
  it('ends the waiting request and takes no exit', async () => {
    const call = await run({
      caller: (caller) => {
        caller.hears('key in your order number', ({ ms }) => {
          caller.press('12345#', { after: ms });
          caller.hangUp({ after: ms + 5000 });
        });
      },
      webhooks: () => ({ afterMs: 20_000 }),
    });
    expect(call.path.at(-1)).toBe('lookup:');
    expect(call.webhooks.aborted).toHaveLength(1);
    expect(call.summary.termination).toMatchObject({ by: 'caller' });
    expect(call.events.filter(({ kind }) => kind === 'musicOn')).toHaveLength(1);
    expect(call.events.filter(({ kind }) => kind === 'musicOff')).toHaveLength(1);
  });

  it('in the middle of the welcome', async () => {
    const call = await run({ caller: (caller) => caller.hears('Welcome', () => caller.hangUp({ after: 200 })) });
    expect(call.path).toEqual(['greet:']);
    expect(call.summary.termination).toMatchObject({ by: 'caller' });
  });
});

describe('order-status: speech fails', () => {
  it('ends the call all the same, and not as a normal one', async () => {
    const failure = { kind: 'failed', code: 'SPEECH_FAILED', message: 'no voice' } as const;
    const call = await run({ failSegment: () => failure });
    expect(call.path).toEqual(['greet:failed', 'sorry:failed', 'failed:end']);
    expect(call.summary.termination).toMatchObject({ by: 'flow', cause: 41 });
    expect(call.summary.faults).toContainEqual(expect.objectContaining({ widget: 'greet', code: 'SPEECH_FAILED' }));
  });
});
