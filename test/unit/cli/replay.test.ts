import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replayCommand } from '../../../src/cli/replay.js';
import type { JsonObject } from '../../../src/lib/json/json.js';
import { flowOf, runCase } from '../../support/flow-case.js';
import { newCall, openOrFail, temporaryFolder } from '../../support/stores.js';

const ask = (more: JsonObject = {}): JsonObject => ({
  type: 'collect',
  prompt: [{ say: 'Your order.' }],
  saveIn: '$flow.key.order',
  digits: { min: 3, max: 3 },
  exits: { collected: 'lookup', noInput: 'bye', missed: 'bye' },
  ...more,
});
const lookup: JsonObject = {
  type: 'webhook',
  url: 'https://shop.example/orders/$flow.key.order',
  exits: { success: 'tell', '404': 'unknown', failed: 'bye' },
};
const tell: JsonObject = { type: 'play', prompt: [{ say: 'It is on its way.' }], exits: { done: 'bye' } };
const unknown: JsonObject = { type: 'play', prompt: [{ say: 'We do not know it.' }], exits: { done: 'bye' } };
const SHOP = flowOf({ ask: ask(), lookup, tell, unknown });

let temporary: ReturnType<typeof temporaryFolder>;
let printed: string[];
beforeEach(() => {
  temporary = temporaryFolder();
  printed = [];
  mkdirSync(join(temporary.folder, 'flows'));
  write('offhook.json', { store: { file: join(temporary.folder, 'x.db') } });
  write('flows/case.json', SHOP);
});
afterEach(() => temporary.remove());

function write(file: string, content: unknown): void {
  writeFileSync(join(temporary.folder, file), typeof content === 'string' ? content : JSON.stringify(content));
}

/**
 * A call to the shop that is over and stored as `c1`: order 123, which the service knows.
 *
 * @param first put over the first entry of its journal
 */
async function recordCall(flow: JsonObject = SHOP, first: JsonObject = {}): Promise<void> {
  const { journal } = await runCase(flow, {
    caller: (caller) => caller.hears('order', '123'),
    webhooks: () => ({ status: 200, json: {} }),
  });
  const store = await openOrFail(join(temporary.folder, 'x.db'));
  await store.calls.begin(newCall('c1', { flowId: 'case', flowVersion: 'then' }));
  for (const entry of journal) store.journal.append('c1', entry.seq === 1 ? { ...entry, ...first } : entry);
  await store.close();
}

const run = (id: string, more: { flow?: string; json?: boolean } = {}): Promise<number> =>
  replayCommand(id, { config: temporary.folder, json: false, ...more }, (text) => printed.push(text));

/** A draft of the flow, as a file that is not used. */
function draft(content: unknown): { flow: string } {
  write('draft.json', content);
  return { flow: join(temporary.folder, 'draft.json') };
}

describe('offhook replay', () => {
  it('takes the same way with the same flow, and says so step by step', async () => {
    await recordCall();
    expect(await run('c1')).toBe(0);
    const text = printed.join('\n');
    expect(text).toMatch(/ 1 +ask:collected +ask:collected\n.* 2 +lookup:success +lookup:success/);
    expect(text).toContain('✓ Every step takes the same exit as in the call.');
    expect(text).toMatch(/Flow case [0-9a-f]{12}; at the time of the call case then/);
  });

  it('can be asked while another process has the database', async () => {
    await recordCall();
    const store = await openOrFail(join(temporary.folder, 'x.db'));
    expect(await run('c1')).toBe(0);
    await store.close();
  });

  it('ends with 1 where a draft goes another way, and names the step', async () => {
    await recordCall();
    const other = flowOf({
      ask: ask(),
      lookup: { ...lookup, exits: { ...(lookup['exits'] as JsonObject), success: 'unknown' } },
      tell,
      unknown,
    });
    expect(await run('c1', { ...draft(other), json: true })).toBe(1);
    const { divergence, steps, call } = JSON.parse(printed.join('')) as Record<string, unknown>;
    expect(call).toMatchObject({ id: 'c1', flowVersion: 'then' });
    expect(divergence).toEqual({ step: 3, widget: 'unknown', recorded: 'tell:done', replayed: 'unknown:done' });
    expect(steps).toContainEqual({
      then: { widget: 'tell', exit: 'done', anchor: 'start' },
      now: { widget: 'unknown', exit: 'done', anchor: 'start' },
    });
    printed = [];
    expect(await run('c1', draft(other))).toBe(1);
    expect(printed.join('\n')).toMatch(/^! +3 +tell:done +unknown:done$/m);
    expect(printed.join('\n')).toContain('✗ Step 3 (unknown): then tell:done, now unknown:done.');
  });

  it('shows where a draft asks for something else', async () => {
    await recordCall();
    const other = flowOf({ ask: ask(), lookup: { type: 'delay', seconds: 5, exits: { next: 'tell' } }, tell });
    expect(await run('c1', draft(other))).toBe(1);
    expect(printed.join('\n')).toMatch(/✗ Step 2 \(lookup\): then asked webhook\.request, now asked clock\.sleep/);
  });

  it('shows a draft that hangs up earlier to its end, not as a failure', async () => {
    await recordCall();
    const short = flowOf({ ask: ask({ exits: { collected: 'bye', noInput: 'bye', missed: 'bye' } }) });
    expect(await run('c1', draft(short))).toBe(1);
    expect(printed.join('\n')).toMatch(/^! +2 +lookup:success +bye:end$/m);
    expect(printed.join('\n')).toMatch(/✗ Step 2 \(bye\): then asked webhook\.request, now asked call\.hangup\./);
  });

  it('takes reworded prompts as they are, and says so', async () => {
    await recordCall();
    expect(await run('c1', draft(flowOf({ ask: ask({ prompt: [{ say: 'What is it?' }] }), lookup, tell, unknown })))).toBe(0);
    expect(printed.join('\n')).toContain('! Step 1 sends another request than in the call');
  });

  it('says that masked values make it less than certain', async () => {
    const masked = flowOf({ ask: ask({ mask: true }), lookup, tell, unknown });
    write('flows/case.json', masked);
    await recordCall(masked);
    expect(await run('c1')).toBe(0);
    expect(printed.join('\n')).toContain('The journal has masked values');
  });

  it('ends with 2 at a journal of a later format, and names both formats', async () => {
    await recordCall(SHOP, { format: 2 });
    expect(await run('c1')).toBe(2);
    const text = printed.join('\n');
    expect(text).toContain('JOURNAL_FORMAT_UNKNOWN');
    expect(text).toContain('Its format is 2; this Offhook knows up to 1.');
  });

  it('ends with 2 when there is nothing to replay, or nothing to replay it with', async () => {
    expect(await run('c1')).toBe(2);
    expect(printed.join()).toContain('There is no database');
    await recordCall();
    expect(await run('nobody')).toBe(2);
    expect(await run('c1', { flow: join(temporary.folder, 'nowhere.json') })).toBe(2);
    printed = [];
    expect(await run('c1', draft(flowOf({ ask: { type: 'aks' } })))).toBe(2);
    expect(printed.join()).toMatch(/draft\.json has errors[\s\S]*FLOW_BROKEN[\s\S]*\$\.widgets\.ask\.type/);
    write('flows/case.json', flowOf({ bye: { type: 'hangup' } }, { id: 'other' }));
    printed = [];
    expect(await run('c1')).toBe(2);
    expect(printed.join()).toContain('The flow case no longer exists');
  });
});
