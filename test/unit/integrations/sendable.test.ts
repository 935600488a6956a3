import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/lib/json/json.js';
import { asText } from '../../../src/flow/variables/escape.js';
import { replayJournal } from '../../../src/flow/engine/replay.js';
import { readChat } from '../../support/read-chat.js';
import { sentResults } from '../../../src/integrations/sendable.js';
import { readIntegration } from '../../../src/integrations/check.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';
import { runFlowTest } from '../../support/flow-harness.js';
import { CHECKS, PLAIN } from '../../support/integrations.js';

const row = (value: string) => ({ key: value.replaceAll(/\W/gu, '_'), type: 'variable', value });

function results(fields: object) {
  const { document } = readIntegration({ ...PLAIN, ...fields }, CHECKS);
  if (document === null) throw new Error('not an integration');
  return sentResults(document);
}

const SENT = [
  '$widget.ask.digits',
  '$widget.ask.tries',
  '$widget.pin.digits',
  '$widget.lookup.response_status_code',
  '$widget.quoted.value',
];

/** A call that keys an order, a secret PIN, and is looked up; the PIN turns up in the answer. */
async function call() {
  const listen = (saveIn: string, next: string, mask = false) => ({
    type: 'collect',
    saveIn,
    mask,
    prompt: [{ say: `Please key ${saveIn.slice(10)}.` }],
    exits: { collected: next, noInput: 'bye', missed: 'bye' },
  });
  const told = results({ body: SENT.map(row) });
  const run = await runFlowTest({
    widgets: widgetCatalogue,
    flow: {
      id: 'shop',
      name: 'Shop',
      webhook: false,
      start: 'ask',
      widgets: {
        ask: listen('$flow.key.order', 'pin'),
        pin: listen('$flow.key.pin', 'lookup', true),
        lookup: {
          type: 'webhook',
          url: 'https://shop.example/$flow.key.order',
          method: 'GET',
          mapping: [{ saveIn: '$flow.key.echo', path: 'echo' }],
          exits: { success: 'quoted', failed: 'bye' },
        },
        quoted: {
          type: 'operation',
          operation: 'concat',
          values: ['PIN ', '$flow.key.echo'],
          saveIn: '$flow.key.quoted',
          exits: { next: 'last', failed: 'bye' },
        },
        last: listen('$flow.key.last', 'bye'),
        bye: { type: 'hangup' },
      },
    },
    caller: (caller) => {
      caller.hears('key order', '4711#');
      caller.hears('key pin', '998877#');
      caller.hears('key last', '1#');
    },
    webhooks: () => ({ json: { echo: '998877' } }),
    results: told,
  });
  return run;
}

/** What is sent at each turn. */
function sentAt(journal: Awaited<ReturnType<typeof call>>['journal']): readonly (readonly (Json | undefined)[])[] {
  const fold = readChat({ widgets: widgetCatalogue, recordingUrl: (id) => id, recordingWaitMs: 0, flow: () => undefined });
  return journal.flatMap((entry) =>
    fold.add(entry).flatMap(({ event }) => (event === 'MESSAGE' ? [SENT.map((name) => fold.value(name))] : [])),
  );
}

/** The same with a long answer, sent as it came. */
async function longAnswer() {
  return runFlowTest({
    widgets: widgetCatalogue,
    flow: {
      id: 'shop',
      name: 'Shop',
      webhook: false,
      start: 'lookup',
      widgets: {
        lookup: { type: 'webhook', url: 'https://shop.example/', method: 'GET', exits: { success: 'bye', failed: 'bye' } },
        bye: { type: 'hangup' },
      },
    },
    webhooks: () => ({ json: { long: 'x'.repeat(100_000) } }),
    results: results({ body: [row('$widget.lookup.response_raw')] }),
  });
}

describe('results of widgets in the rows of an integration', () => {
  // docs/behaviour.md#integration-fields, #integration-events
  it('every row counts, by widget; other variables and texts do not', () => {
    const wanted = results({
      params: [row('$widget.ask.digits')],
      headers: [row('$widget.ask.tries'), { key: 'x-b', value: '$widget.none.a' }],
      body: [row('$widget.look-up.status'), row('$flow.key.order')],
    });
    expect(wanted).toEqual(
      new Map([
        ['ask', new Set(['digits', 'tries'])],
        ['look-up', new Set(['status'])],
      ]),
    );
  });

  it('are sent as they are at the turn, of their own type, and nothing that is masked', async () => {
    const { journal, path } = await call();
    expect(path.at(-1)).toBe('bye:end');
    expect(sentAt(journal)).toEqual([
      ['4711', 1, undefined, undefined, undefined],
      ['4711', 1, undefined, undefined, undefined],
      ['4711', 1, undefined, 200, 'PIN ***'],
    ]);
    expect(JSON.stringify(journal.filter(({ type }) => type === 'result'))).not.toContain('998877');
  });

  it('a long one is kept as far as it is sent, whether the flow reads it or not', async () => {
    const { journal } = await longAnswer();
    const sizes = journal.flatMap((entry) => (entry.type === 'result' ? [asText(entry.value['response_raw']).length] : []));
    expect(sizes).toEqual([65_536]);
  });

  // docs/decisions/0003-journal-first.md
  it('the journal holds only those that are wanted, and is replayed as ever', async () => {
    const { journal, flow } = await call();
    const kept = journal.flatMap((entry) => (entry.type === 'result' ? [[entry.widget, Object.keys(entry.value)]] : []));
    expect(kept).toEqual([
      ['ask', ['tries', 'digits']],
      ['pin', []],
      ['lookup', ['response_status_code']],
      ['quoted', ['value']],
    ]);
    expect((await replayJournal({ flow, entries: journal })).divergence).toBeNull();
  });
});
