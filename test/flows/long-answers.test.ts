import { describe, expect, it } from 'vitest';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { runFlowTest } from '../support/flow-harness.js';

const LONG = JSON.stringify({ text: 'a'.repeat(100_000) });

/** Two webhooks with a long answer each, and a third that is sent a text. */
function flow(sent: string) {
  const ask = { type: 'webhook', method: 'GET', url: 'https://shop.example/', maxResponseBytes: 1_048_576 };
  return {
    id: 'long',
    name: 'Long',
    start: 'first',
    widgets: {
      first: { ...ask, exits: { success: 'second', failed: 'bye' } },
      second: { ...ask, exits: { success: 'tell', failed: 'bye' } },
      tell: { ...ask, method: 'POST', body: { type: 'text', content: sent }, exits: { success: 'bye', failed: 'bye' } },
      bye: { type: 'hangup' },
    },
  };
}

describe('a long answer', () => {
  it.each(['$flow.key.response_raw', '$widget.first.response_raw', '$widget.second.response_raw'])(
    'is there for a flow that reads %s, and in its report',
    async (name) => {
      const test = { flow: flow(name), widgets: widgetCatalogue, webhooks: () => ({ raw: LONG }) };
      const { webhookCalls, variables, summary } = await runFlowTest(test);
      // Compared as booleans: nobody wants to read a difference of such texts.
      expect(webhookCalls[2]?.body?.text === LONG).toBe(true);
      expect(variables['$flow.key.response_raw'] === LONG).toBe(true);
      expect(summary.variables.find((variable) => variable.name === '$flow.key.response_raw')?.value === LONG).toBe(true);
    },
  );
});
