import { describe, expect, test } from 'vitest';
import type { JournalEntry } from '../../../../src/model/journal.js';
import { replayJournal } from '../../../../src/flow/engine/replay.js';
import { defineWidget, type WidgetDefinition } from '../../../../src/flow/widget.js';
import { widgetCatalogue } from '../../../../src/widgets/index.js';
import { checkFlow } from '../../../../src/flow/document/check/check.js';
import type { JsonObject } from '../../../../src/lib/json/json.js';
import { runFlowTest, type FlowTest } from '../../../support/flow-harness.js';
import { testFlow, testWidgets } from '../../../support/flow-test-widgets.js';

/** Two webhooks at once under music; the exit tells which answered first. Reads everything that changes by itself. */
const race: WidgetDefinition = defineWidget({
  type: 'race',
  version: 1,
  summary: '',
  docs: '',
  example: {},
  config: (testWidgets.get('hangup') as WidgetDefinition).config,
  exits: () => ({ fast: { summary: '' }, slow: { summary: '' } }),
  audio: false,
  waits: true,
  writes: () => ['$flow.key.first', '$flow.key.order', '$flow.key.at', '$flow.key.random', '$flow.key.talked'],
  async run(_config, { call, webhook, vars, random, clock }) {
    await call.startMusic({ source: 'default', startDelayMs: 1000 });
    const order: string[] = [];
    const ask = async (name: string): Promise<string> => {
      await webhook.request({
        method: 'GET',
        url: [`https://x.example/${name}`],
        headers: [],
        query: [],
        auth: { type: 'none' },
        body: null,
        timeoutMs: 60_000,
        maxResponseBytes: 1000,
        redirects: 0,
        responseType: 'auto',
        pathRoot: 'document',
        xmlPaths: 'dotted',
        mapping: [],
      });
      await clock.sleep(100);
      order.push(name);
      return name;
    };
    const both = [ask('slow'), ask('fast')];
    const first = await Promise.race(both);
    vars.set('$flow.key.talked', vars.get('$call.duration') ?? null);
    await Promise.all(both);
    await call.stopMusic();
    vars.set('$flow.key.first', first);
    vars.set('$flow.key.order', order);
    vars.set('$flow.key.at', vars.text('$sys.datetime $sys.uuid $call.duration').value);
    vars.set('$flow.key.random', [random.next(), random.uuid(), clock.now()]);
    return first;
  },
});

const widgets = new Map([...testWidgets, ['race', race]]);

const document = testFlow(
  {
    ask: { type: 'ask', prompt: [{ say: 'Number.' }], saveIn: '$flow.key.n', exits: { collected: 'race', noInput: 'bye' } },
    race: { type: 'race', exits: { fast: 'check', slow: 'bye' } },
    check: { type: 'branch', when: 'int(flow.key.n) > 40 && user.key.tier == "gold"', exits: { yes: 'save', no: 'bye' } },
    save: { type: 'assign', set: '$user.key.seen', to: '$sys.timestamp', exits: { next: 'wait' } },
    wait: { type: 'wait', ms: 1500, exits: { next: 'bye' } },
    bye: { type: 'hangup' },
    over: { type: 'hook', url: 'https://x.example/over', music: false, exits: { success: null, failed: null } },
  },
  { onFlowComplete: 'over', onRemoteHangup: 'over' },
);

const record = (options: Partial<FlowTest> = {}) =>
  runFlowTest({
    flow: document,
    widgets,
    users: { '15551230001': { tier: 'gold' } },
    caller: (caller) => caller.hears('Number', '42#'),
    webhooks: ({ url }) => ({ afterMs: url[0] === 'https://x.example/fast' ? 4000 : 9000, json: {} }),
    ...options,
  });

const steps = (summary: {
  readonly steps: readonly { readonly widget: string; readonly exit: string | null; readonly anchor: string }[];
}) => summary.steps.map(({ widget, exit, anchor }) => `${anchor} ${widget}:${exit ?? ''}`);

function flowOf(raw: JsonObject) {
  const { flow, problems } = checkFlow(raw, { widgets });
  if (flow === null) throw new Error(JSON.stringify(problems));
  return flow;
}

// docs/decisions/0003-journal-first.md
describe('replay', () => {
  test('a call with concurrency, time and randomness takes the same exits to the same variables', async () => {
    const recorded = await record();
    expect(recorded.path).toEqual([
      'ask:collected',
      'race:fast',
      'check:yes',
      'save:next',
      'wait:next',
      'bye:end',
      'over:success',
    ]);
    const replayed = await replayJournal({ flow: recorded.flow, entries: recorded.journal });
    expect(replayed.divergence).toBeNull();
    expect(replayed.reworded).toEqual([]);
    expect(replayed.outcome).toEqual(recorded.outcome);
    expect(steps(replayed.summary)).toEqual(steps(recorded.summary));
    expect(replayed.summary.variables).toEqual(recorded.summary.variables);
  });

  test.each([300, 800, 1200, 2500, 6000, 6055, 9000, 11_500])('a caller who hangs up after %i ms', async (after) => {
    const recorded = await record({
      caller(caller) {
        caller.hears('Number', '42#');
        caller.hangUp({ after });
      },
    });
    const replayed = await replayJournal({ flow: recorded.flow, entries: recorded.journal });
    expect(replayed.divergence).toBeNull();
    expect(steps(replayed.summary)).toEqual(steps(recorded.summary));
    expect(replayed.summary.variables).toEqual(recorded.summary.variables);
    expect(replayed.outcome.kind).toBe(recorded.outcome.kind);
  });

  test('a journal cut off anywhere replays up to where it ends', async () => {
    const recorded = await record();
    for (let length = 1; length < recorded.journal.length; length++) {
      const entries = recorded.journal.slice(0, length);
      const replayed = await replayJournal({ flow: recorded.flow, entries });
      const done = entries.filter((entry) => entry.type === 'exit').length;
      expect(steps(replayed.summary).slice(0, done)).toEqual(steps(recorded.summary).slice(0, done));
    }
  });

  test('a reworded prompt is told and changes nothing else', async () => {
    const recorded = await record();
    const draft = JSON.parse(JSON.stringify(document).replace('Number.', 'Your number.')) as JsonObject;
    const replayed = await replayJournal({ flow: flowOf(draft), entries: recorded.journal });
    expect(replayed.divergence).toBeNull();
    expect(replayed.reworded).toEqual([{ step: 1, op: 'call.collect' }]);
  });

  test('a changed condition is reported where the path parts', async () => {
    const recorded = await record();
    const draft = JSON.parse(JSON.stringify(document).replace('> 40', '> 50')) as JsonObject;
    const replayed = await replayJournal({ flow: flowOf(draft), entries: recorded.journal });
    expect(replayed.divergence).toMatchObject({ step: 3, widget: 'check', recorded: 'check:yes', replayed: 'check:no' });
  });

  test('a draft that asks something else is reported at that step', async () => {
    const recorded = await record();
    const draft = { ...document, start: 'wait' };
    const replayed = await replayJournal({ flow: flowOf(draft), entries: recorded.journal });
    expect(replayed.divergence).toMatchObject({ step: 1, widget: 'wait' });
  });

  test('masked digits are not in the journal, and the replay says so', async () => {
    const flow = testFlow({
      a: {
        type: 'ask',
        prompt: [{ say: 'Number.' }],
        saveIn: '$flow.key.n',
        mask: true,
        exits: { collected: null, noInput: null },
      },
    });
    const recorded = await runFlowTest({ flow, widgets, caller: (caller) => caller.hears('Number', '42#') });
    const replayed = await replayJournal({ flow: recorded.flow, entries: recorded.journal });
    expect(replayed).toMatchObject({ divergence: null, lossy: true });
  });

  test('nonsense for a journal never throws', async () => {
    const { flow } = await record();
    const entry = { type: 'answer', step: 1, ask: 1, op: 'call.collect', answer: 7, seq: 1, at: 0, ms: 0 } as JournalEntry;
    await expect(replayJournal({ flow, entries: [] })).resolves.toMatchObject({ lossy: false });
    await expect(replayJournal({ flow, entries: [entry, entry] })).resolves.toBeDefined();
  });
});

describe('how texts of digits are compared', () => {
  const decides = testFlow(
    {
      check: {
        type: 'condition',
        conditions: [{ name: 'same', when: { variable: '$flow.key.id', operator: 'equals', value: '7' } }],
        exits: { same: null, default: null },
      },
    },
    { variables: { id: '007' } },
  );
  const run = () => runFlowTest({ flow: decides, widgets: widgetCatalogue });

  test('a call of now takes the same exit again', async () => {
    const recorded = await run();
    expect(recorded.path).toEqual(['check:default']);
    expect((await replayJournal({ flow: recorded.flow, entries: recorded.journal })).divergence).toBeNull();
  });

  test('a call of before, whose journal says nothing of it, takes the exit it took then', async () => {
    const recorded = await run();
    const entries = recorded.journal.map((entry): JournalEntry => {
      if (entry.type === 'exit') return { ...entry, exit: 'same' };
      if (entry.type !== 'call') return entry;
      return { ...entry, digits: undefined } as unknown as JournalEntry;
    });
    expect((await replayJournal({ flow: recorded.flow, entries })).divergence).toBeNull();
  });
});
