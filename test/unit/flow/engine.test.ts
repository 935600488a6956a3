import { describe, expect, test } from 'vitest';
import { runFlowTest } from '../../support/flow-harness.js';
import { testFlow, testWidgets as widgets } from '../../support/flow-test-widgets.js';

const greet = { type: 'say', prompt: [{ say: 'Welcome.' }], exits: { done: 'ask' } };
const askOrder = {
  type: 'ask',
  prompt: [{ say: 'Your order number, please.' }],
  saveIn: '$flow.key.order',
  exits: { collected: 'lookup', noInput: 'bye' },
};
const lookup = {
  type: 'hook',
  url: 'https://shop.example/orders/$flow.key.order',
  saveIn: '$flow.key.status',
  exits: { success: 'tell', failed: 'sorry' },
};
const tell = { type: 'say', prompt: [{ say: 'Your order is $flow.key.status.' }], exits: { done: 'bye' } };
const sorry = { type: 'say', prompt: [{ say: 'Our systems are slow today.' }], exits: { done: 'bye' } };
const bye = { type: 'hangup' };
const orderStatus = testFlow({ greet, ask: askOrder, lookup, tell, sorry, bye });

describe('a walk through a flow', () => {
  test('goes from exit to exit and ends where a widget hangs up', async () => {
    const result = await runFlowTest({
      flow: orderStatus,
      widgets,
      caller: (caller) => caller.hears('order number', '42#'),
      webhooks: () => ({ json: { status: 'on its way' } }),
    });
    expect(result.path).toEqual(['greet:done', 'ask:collected', 'lookup:success', 'tell:done', 'bye:end']);
    expect(result.spoken).toEqual(['Welcome.', 'Your order number, please.', 'Your order is on its way.']);
    expect(result.outcome).toEqual({ kind: 'completed', lastWidget: 'bye' });
    expect(result.events.at(-1)).toMatchObject({ kind: 'hangup', by: 'flow', cause: 16 });
    expect(result.variables).toEqual({ '$flow.key.order': '42', '$flow.key.status': 'on its way' });
  });

  test('60 s of hold music cost virtual time only, and stop with the answer', async () => {
    const result = await runFlowTest({
      flow: orderStatus,
      widgets,
      caller: (caller) => caller.hears('order number', '42#'),
      webhooks: () => ({ afterMs: 59_000, json: { status: 'late' } }),
    });
    const music = result.events.filter(({ kind }) => kind === 'musicOff');
    expect(music).toMatchObject([{ ms: 59_000 }]);
    expect(result.elapsedVirtualMs).toBeGreaterThan(59_000);
    expect(result.path).toContain('lookup:success');
  });
});
