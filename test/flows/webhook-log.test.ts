import { describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../src/lib/log/log.js';
import type { JsonObject } from '../../src/lib/json/json.js';
import type { WebhookScript } from '../support/fake-webhooks.js';
import { flowOf, runCase } from '../support/flow-case.js';

/* No silent failure: whatever a flow makes of a webhook that failed, whoever runs the site finds it in the log, once. */

interface Line {
  readonly message: string;
  readonly [field: string]: unknown;
}

/** A logger that keeps warnings with what is bound to it. */
function logTo(lines: Line[], bound: object = {}): Logger {
  return {
    ...silentLogger,
    warn: (fields, message) => void lines.push({ ...bound, ...fields, message }),
    child: (more) => logTo(lines, { ...bound, ...more }),
  };
}

async function warnings(widget: JsonObject, webhooks: WebhookScript, more: JsonObject = {}): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const hook = {
    type: 'webhook',
    url: 'https://api.example/$flow.key.order',
    exits: { success: 'bye', failed: 'bye' },
    ...widget,
  };
  await runCase(flowOf({ hook }, { variables: { order: '7' }, ...more }), { webhooks, log: logTo(lines) });
  return lines;
}

describe('a webhook that failed is told to the log', () => {
  it('with widget, reason and sentence', async () => {
    const lines = await warnings({ mapping: [{ saveIn: '$flow.key.a', path: 'a', required: true }] }, () => ({ json: {} }));
    expect(lines).toMatchObject([
      {
        widget: 'hook',
        exit: 'failed',
        status: 200,
        reason: 'INVALID_RESPONSE_MAP',
        detail: 'INVALID_RESPONSE_MAP',
      },
    ]);
  });

  it('when nothing was sent for lack of a variable, with its name', async () => {
    const lines = await warnings({}, () => ({}), { variables: { order: null } });
    expect(lines).toMatchObject([
      { widget: 'hook', status: null, reason: 'INVALID_FLOW_VAR', detail: 'no value for $flow.key.order' },
    ]);
  });

  it('when time is up', async () => {
    const lines = await warnings({ timeout: 2 }, () => ({ afterMs: 10_000 }));
    expect(lines).toMatchObject([{ exit: 'timeout', reason: 'TIMEOUT' }]);
  });

  it('but not a status that has an exit of its own, nor success', async () => {
    const exits = { success: 'bye', 404: 'bye', failed: 'bye' };
    expect(await warnings({ exits }, () => ({ status: 404 }))).toEqual([]);
    expect(await warnings({ exits }, () => ({ json: {} }))).toEqual([]);
    expect(await warnings({ exits }, () => ({ status: 500 }))).toMatchObject([{ status: 500, reason: 'SERVER_ERROR' }]);
  });
});

it('a function that failed is told in the same way', async () => {
  const lines: Line[] = [];
  const call = { type: 'function', function: 'FindLanguage', exits: { success: 'bye', failed: 'bye' } };
  await runCase(flowOf({ call }), { log: logTo(lines) });
  expect(lines).toMatchObject([{ widget: 'call', exit: 'failed' }]);
});

it('masked digits went with it: the sentence stays in the journal', async () => {
  const lines: Line[] = [];
  const flow = flowOf({
    pin: {
      type: 'collect',
      saveIn: '$flow.key.pin',
      mask: true,
      prompt: [{ say: 'Pin' }],
      exits: { collected: 'hook', noInput: 'bye', missed: 'bye' },
    },
    hook: { type: 'webhook', url: 'https://api.example/$flow.key.pin', exits: { success: 'bye', failed: 'bye' } },
  });
  await runCase(flow, {
    caller: (caller) => caller.hears('Pin', '123456#'),
    webhooks: () => ({ status: 500 }),
    log: logTo(lines),
  });
  expect(lines).toMatchObject([{ widget: 'hook', status: 500, reason: 'SERVER_ERROR' }]);
  expect(Object.keys(lines[0] ?? {})).not.toContain('detail');
});
