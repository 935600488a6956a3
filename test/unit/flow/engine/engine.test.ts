import { describe, expect, test, vi } from 'vitest';
import { createFlowRun } from '../../../../src/flow/engine/run.js';
import { defineWidget, type WidgetDefinition } from '../../../../src/flow/widget.js';
import { DEFAULT_GOODBYE } from '../../../../src/lib/goodbye.js';
import { silentLogger, type Logger } from '../../../../src/lib/log/log.js';
import { runFlowTest } from '../../../support/flow-harness.js';
import { testFlow, testWidgets as widgets } from '../../../support/flow-test-widgets.js';

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

/** Widgets of a test, beside the plain ones. */
function withWidget(definition: WidgetDefinition): ReadonlyMap<string, WidgetDefinition> {
  return new Map([...widgets, [definition.type, definition]]);
}

/** A widget with exits `next` and `failed` that does what it is told. */
function custom(run: WidgetDefinition['run']): WidgetDefinition {
  return defineWidget({
    type: 'custom',
    version: 1,
    summary: '',
    docs: '',
    example: {},
    config: (widgets.get('hangup') as WidgetDefinition).config,
    exits: () => ({ next: { summary: '' }, failed: { summary: '', error: true } }),
    audio: false,
    waits: true,
    run,
  });
}

const sayBye = { type: 'say', prompt: [{ say: 'Bye.' }], exits: { done: null } };
const customThen = (next: string | null) => ({ type: 'custom', exits: { next } });

describe('the end of the flow', () => {
  test('after the last widget the engine hangs up with cause 16', async () => {
    const result = await runFlowTest({ flow: testFlow({ a: sayBye }), widgets });
    expect(result.outcome).toEqual({ kind: 'completed', lastWidget: 'a' });
    expect(result.events.at(-1)).toMatchObject({ kind: 'hangup', by: 'flow', cause: 16 });
  });

  test('a flow that hangs up with its own cause is completed, and nothing hangs up again', async () => {
    const result = await runFlowTest({ flow: testFlow({ a: { type: 'hangup', cause: 17 } }), widgets });
    expect(result.outcome).toEqual({ kind: 'completed', lastWidget: 'a' });
    expect(result.events.filter(({ kind }) => kind === 'hangup')).toMatchObject([{ cause: 17 }]);
  });
});

// docs/decisions/0012-expected-outcomes-are-values.md
describe('errors', () => {
  const crash = { type: 'broken', exits: { next: null } };
  const goodbye = DEFAULT_GOODBYE.text;

  test('a widget that throws leaves by its failed exit; the error is pinned to it and logged', async () => {
    const error = vi.fn();
    const log: Logger = { ...silentLogger, error, child: () => log };
    const flow = testFlow({ a: { type: 'broken', exits: { next: null, failed: 'b' } }, b: sayBye });
    const result = await runFlowTest({ flow, widgets, log });
    expect(result.path).toEqual(['a:failed', 'b:done']);
    expect(result.outcome.kind).toBe('completed');
    expect(result.summary.faults).toMatchObject([{ step: 1, widget: 'a', code: 'FLOW_WIDGET_CRASHED', message: 'a: kaputt' }]);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ widget: 'a', code: 'FLOW_WIDGET_CRASHED' }), expect.any(String));
  });

  test('an error exit goes to the exit’s wire, then the widget’s onError, then the flow’s, then the goodbye', async () => {
    const failing = (fields: object) => ({ type: 'broken', exit: 'failed', exits: { next: null }, ...fields });
    const run = async (a: object, fields = {}) =>
      runFlowTest({ flow: testFlow({ a: { ...failing(a) }, w: sayBye, o: sayBye, f: sayBye }, fields), widgets });
    const all = { exits: { next: null, failed: 'w' }, onError: 'o' };
    expect((await run(all, { onError: 'f' })).path).toEqual(['a:failed', 'w:done']);
    expect((await run({ onError: 'o' }, { onError: 'f' })).path).toEqual(['a:failed', 'o:done']);
    const flowOnError = await run({}, { onError: 'f' });
    expect(flowOnError.path).toEqual(['a:failed', 'f:done']);
    expect(flowOnError.summary.steps.map(({ anchor }) => anchor)).toEqual(['start', 'onError']);
    const nobody = await run({});
    expect(nobody.path).toEqual(['a:failed']);
    expect(nobody.outcome).toMatchObject({ kind: 'faulted', code: 'FLOW_NO_ERROR_EXIT' });
  });

  test('an error nothing catches: the caller hears the goodbye, then the call ends with cause 41', async () => {
    const result = await runFlowTest({ flow: testFlow({ a: crash }), widgets });
    expect(result.outcome).toMatchObject({ kind: 'faulted', code: 'FLOW_WIDGET_CRASHED', lastWidget: 'a' });
    expect(result.spoken).toEqual([goodbye]);
    expect(result.events.at(-1)).toMatchObject({ kind: 'hangup', by: 'flow', cause: 41 });
  });

  test('a goodbye that cannot be spoken still ends the call', async () => {
    const failSegment = () => ({ kind: 'failed', code: 'SPEECH_FAILED', message: 'no voice' }) as const;
    const result = await runFlowTest({ flow: testFlow({ a: crash }), widgets, failSegment });
    expect(result.events.at(-1)).toMatchObject({ kind: 'hangup', cause: 41 });
  });

  test('an error in the branch of onError does not lead back to it', async () => {
    const result = await runFlowTest({ flow: testFlow({ a: crash }, { onError: 'a' }), widgets });
    expect(result.path).toEqual(['a:failed', 'a:failed']);
    expect(result.spoken).toEqual([goodbye]);
  });

  test('an exit the widget does not have is a defect of the widget', async () => {
    const flow = testFlow({ a: { type: 'broken', exit: 'nowhere', exits: { next: null, failed: 'b' } }, b: sayBye });
    const result = await runFlowTest({ flow, widgets });
    expect(result.path).toEqual(['a:failed', 'b:done']);
    expect(result.summary.faults).toMatchObject([{ code: 'FLOW_BAD_EXIT' }]);
  });

  test('a widget that throws before its first wait, or something that is no error', async () => {
    const thrower = custom(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- that is the point
      throw 'text';
    });
    const result = await runFlowTest({ flow: testFlow({ a: customThen(null) }), widgets: withWidget(thrower) });
    expect(result.summary.faults).toMatchObject([{ code: 'FLOW_WIDGET_CRASHED', message: 'a: text' }]);
  });

  test('the step limit ends the call with the goodbye, also when every step fails at once', async () => {
    const silent = () => ({ kind: 'failed', code: 'PROMPT_NOT_FOUND', message: 'gone' }) as const;
    const flow = testFlow({ a: { type: 'say', prompt: [{ file: 'gone.wav' }], exits: { done: 'a', failed: 'a' } } });
    const result = await runFlowTest({ flow, widgets, maxSteps: 50, failSegment: silent });
    expect(result.outcome).toMatchObject({ kind: 'faulted', code: 'FLOW_STEP_LIMIT' });
    expect(result.path).toHaveLength(50);
    expect(result.events.at(-1)).toMatchObject({ kind: 'hangup', cause: 41 });
  });

  test('the flow’s own step limit comes before that of the configuration', async () => {
    const flow = testFlow({ a: { ...sayBye, exits: { done: 'a' } } }, { maxSteps: 3 });
    expect((await runFlowTest({ flow, widgets })).path).toHaveLength(3);
  });
});

// docs/behaviour.md#caller-hangs-up
describe('the caller hangs up', () => {
  test.each([
    ['in a prompt', 'Welcome', 200, ['greet:']],
    ['in a collect', 'order number', 2000, ['greet:done', 'ask:']],
  ])('%s: no exit is taken and what was awaited is aborted', async (_where, text, after, path) => {
    const result = await runFlowTest({
      flow: orderStatus,
      widgets,
      caller: (caller) => caller.hears(text, () => caller.hangUp({ after })),
    });
    expect(result.path).toEqual(path);
    expect(result.outcome.kind).toBe('aborted');
    expect(result.summary.termination).toMatchObject({ by: 'caller' });
  });

  // docs/behaviour.md#order-at-the-end
  test('while a webhook is waited for: the request is aborted, the music stops, and the anchors run in their order', async () => {
    const note = (name: string) => ({ type: 'assign', set: `$flow.key.${name}`, to: '$call.state', exits: { next: null } });
    const flow = testFlow(
      { greet, ask: askOrder, lookup, tell, sorry, bye, gone: note('gone'), over: note('over') },
      { onRemoteHangup: 'gone', onFlowComplete: 'over' },
    );
    const result = await runFlowTest({
      flow,
      widgets,
      caller(caller) {
        caller.hears('order number', '42#');
        caller.hears('order number', () => caller.hangUp({ after: 20_000 }));
      },
      webhooks: () => ({ afterMs: 60_000 }),
    });
    expect(result.path).toEqual(['greet:done', 'ask:collected', 'lookup:', 'gone:next', 'over:next']);
    expect(result.summary.steps.map(({ anchor }) => anchor)).toEqual([
      'start',
      'start',
      'start',
      'onRemoteHangup',
      'onFlowComplete',
    ]);
    expect(result.webhooks.aborted).toHaveLength(1);
    expect(result.summary.webhooks).toMatchObject([{ widget: 'lookup', status: null, error: 'ABORTED' }]);
    expect(result.events.filter(({ kind }) => kind === 'musicOff')).toHaveLength(1);
    expect(result.variables).toMatchObject({ '$flow.key.gone': 'completed', '$flow.key.over': 'completed' });
  });

  test('On Flow Complete runs after every end, On Remote Hangup only when the caller left', async () => {
    const over = { type: 'assign', set: '$flow.key.over', to: 'yes', exits: { next: null } };
    const flow = testFlow({ a: sayBye, over }, { onRemoteHangup: 'over', onFlowComplete: 'over' });
    expect((await runFlowTest({ flow, widgets })).path).toEqual(['a:done', 'over:next']);
  });

  test('a widget that waits for something else than its ports does not outlive the call', async () => {
    const stuck = custom(() => new Promise(() => undefined));
    const result = await runFlowTest({
      flow: testFlow({ a: customThen(null) }),
      widgets: withWidget(stuck),
      caller: (caller) => caller.hangUp({ after: 1000 }),
    });
    expect(result.path).toEqual(['a:']);
    expect(result.outcome.kind).toBe('aborted');
  });

  test('an anchor whose time is up ends, also when the flow itself had hung up', async () => {
    const stuck = custom(() => new Promise(() => undefined));
    const flow = testFlow({ a: { type: 'hangup' }, over: customThen(null) }, { onFlowComplete: 'over' });
    const result = await runFlowTest({ flow, widgets: withWidget(stuck), anchorMs: 5000 });
    expect(result.path).toEqual(['a:end', 'over:']);
    expect(result.summary.faults).toEqual([]);
    expect(result.elapsedVirtualMs).toBe(5000);
  });

  test('a widget that goes on after it hung up has its exit, but the walk is over', async () => {
    const leaver = custom(async (_config, { call }) => {
      await call.hangup({ cause: 16 });
      return 'next';
    });
    const result = await runFlowTest({ flow: testFlow({ a: customThen('a') }), widgets: withWidget(leaver) });
    expect(result.path).toEqual(['a:next']);
    expect(result.outcome.kind).toBe('completed');
  });

  test('a widget that makes an exit of the abort takes none', async () => {
    const stubborn = custom(async (_config, { clock }) => {
      await clock.sleep(60_000).catch(() => undefined);
      return 'next';
    });
    const result = await runFlowTest({
      flow: testFlow({ a: customThen('b'), b: sayBye }),
      widgets: withWidget(stubborn),
      caller: (caller) => caller.hangUp({ after: 1000 }),
    });
    expect(result.path).toEqual(['a:']);
  });
});

describe('a step', () => {
  test('ends what is still pending when its widget is done, and allows nothing afterwards', async () => {
    let late: unknown = null;
    const racer = custom(async (_config, { clock }) => {
      const slow = clock.sleep(60_000);
      slow.catch(async () => {
        late = await clock.sleep(1).catch((error: unknown) => error);
      });
      await clock.sleep(10);
      return 'next';
    });
    const result = await runFlowTest({ flow: testFlow({ a: customThen(null) }), widgets: withWidget(racer) });
    expect(result.path).toEqual(['a:next']);
    expect(result.elapsedVirtualMs).toBe(10);
    expect(late).toMatchObject({ name: 'Aborted' });
  });
});

describe('variables of a run', () => {
  // docs/behaviour.md#report-variables
  test('initial values are set first, those given to the run over those of the flow', async () => {
    const flow = testFlow({ a: sayBye }, { variables: { b: 1, a: 2, none: null, NAME: 'n' } });
    const result = await runFlowTest({ flow, widgets, initial: { a: 3, '$flow.key.c': { d: 4 }, '$call.cli': 'x' } });
    expect(result.summary.variables).toEqual([
      { name: '$flow.key.b', value: 1, masked: false },
      { name: '$flow.key.a', value: 3, masked: false },
      { name: '$NAME', value: 'n', masked: false },
      { name: '$flow.key.c', value: { d: 4 }, masked: false },
    ]);
    expect(result.journal).toContainEqual(expect.objectContaining({ type: 'note' }));
  });

  // docs/behaviour.md#stored-variables
  test('$user.key.* are loaded at the start and stored when written, per contact', async () => {
    const flow = testFlow({
      a: { type: 'say', prompt: [{ say: 'Hello $user.key.name.' }], exits: { done: 'b' } },
      b: { type: 'assign', set: '$user.key.visits', expression: 'user.key.visits + 1', exits: { next: null } },
    });
    const users = { '15551230001': { name: 'Ada', visits: 4 }, other: { name: 'Bob' } };
    const result = await runFlowTest({ flow, widgets, users });
    expect(result.spoken).toEqual(['Hello Ada.']);
    expect(result.users).toEqual({ '15551230001': { name: 'Ada', visits: 5 }, other: { name: 'Bob' } });
    expect(result.summary.variables).toContainEqual({ name: '$user.key.visits', value: 5, masked: false });
  });

  test('the latest write wins: values are stored one after the other', async () => {
    const assign = (to: string, next: string | null) => ({ type: 'assign', set: '$user.key.lang', to, exits: { next } });
    const flow = testFlow({ a: assign('de', 'b'), b: assign('fr', null) });
    const delays = [5000, 0];
    const result = await runFlowTest({ flow, widgets, saveDelay: () => delays.shift() ?? 0 });
    expect(result.users['15551230001']).toEqual({ lang: 'fr' });
  });

  test('a store that fails or hangs costs the stored variables, not the call', async () => {
    const flow = testFlow({ a: { type: 'say', prompt: [{ say: 'Hello $user.key.name.' }], exits: { done: null } } });
    for (const load of [() => Promise.reject(new Error('disk full')), () => new Promise<never>(() => undefined)]) {
      const result = await runFlowTest({ flow, widgets, loadUsers: load });
      expect(result.spoken).toEqual(['Hello .']);
      expect(result.summary.faults).toMatchObject([{ code: 'FLOW_USER_VARIABLES' }]);
      expect(result.outcome.kind).toBe('completed');
    }
  });
});

// docs/decisions/0014-secrets-by-name.md
describe('masked digits', () => {
  test('reach the log by no error: of a widget, the goodbye, the store', async () => {
    const lines: string[] = [];
    const line = (fields: object): void => void lines.push(JSON.stringify(fields));
    const log: Logger = { debug: line, info: line, warn: line, error: line, child: () => log };
    const fails = (what: string) => (): never => {
      throw new Error(`${what} of 471100`);
    };
    const flow = testFlow({
      pin: {
        type: 'ask',
        prompt: [{ say: 'PIN.' }],
        saveIn: '$flow.key.pin',
        mask: true,
        max: 6,
        exits: { collected: 'keep', noInput: null },
      },
      keep: { type: 'assign', set: '$user.key.seen', to: 'yes', exits: { next: 'crash' } },
      crash: { type: 'broken', message: 'widget of 471100', exits: { next: null } },
    });
    const result = await runFlowTest({
      flow,
      widgets,
      log,
      caller: (caller) => caller.press('471100'),
      saveDelay: fails('store'),
      failSegment: (segment) => (segment.kind === 'say' && segment.text.startsWith('We are') ? fails('goodbye')() : null),
    });
    for (const what of ['widget', 'goodbye', 'store'])
      expect(lines.filter((text) => text.includes(`"error":"${what} of ***","stack":"Error: ${what}`))).toHaveLength(1);
    expect(JSON.stringify([lines, result.journal])).not.toContain('471100');
  });

  const flow = testFlow({
    pin: {
      type: 'ask',
      prompt: [{ say: 'Your card number.' }],
      saveIn: '$flow.key.card',
      mask: true,
      max: 6,
      exits: { collected: 'copy', noInput: null },
    },
    copy: { type: 'assign', set: '$flow.key.copy', expression: '"card " + flow.key.card', exits: { next: 'keep' } },
    keep: { type: 'assign', set: '$user.key.card', to: '$flow.key.card', exits: { next: 'read' } },
    read: { type: 'say', prompt: [{ say: 'You keyed in $flow.key.copy, $INPUT, $widget.pin.digits.' }], exits: { done: 'post' } },
    post: {
      type: 'hook',
      url: 'https://bank.example/cards/$flow.key.card?x=$secret.bank',
      password: '$secret.bank',
      body: '{"card":"$flow.key.card"}',
      saveIn: '$flow.key.echo',
      path: 'data.echo',
      exits: { success: null },
    },
  });
  const run = () =>
    runFlowTest({
      flow,
      widgets,
      caller: (caller) => caller.hears('card number', '987654'),
      webhooks: () => ({ json: { echo: 'seen 987654' } }),
    });

  test('reach the caller and the webhook that names them, and nothing else', async () => {
    const result = await run();
    expect(result.path).toHaveLength(5);
    expect(result.spoken.at(-1)).toBe('You keyed in card 987654, 987654, 987654.');
    expect(result.webhookCalls[0]).toMatchObject({
      url: ['https://bank.example/cards/987654?x=', { secret: 'bank' }],
      body: { text: '{"card":"987654"}' },
    });
    const journal = JSON.stringify(result.journal);
    expect(journal).not.toContain('987654');
    expect(JSON.stringify(result.summary)).not.toContain('987654');
    expect(result.users).toEqual({});
    expect(result.summary.keys).toEqual([{ key: '***', at: expect.any(Number) as number, label: 'pin' }]);
    expect(result.summary.variables).toContainEqual({ name: '$flow.key.card', value: '***', masked: true });
    expect(result.summary.variables).toContainEqual({ name: '$flow.key.echo', value: 'seen ***', masked: false });
  });

  test('stay hidden in what comes later: overwritten digits that are echoed, an error that quotes them', async () => {
    const ask = (next: string) => ({
      type: 'ask',
      prompt: [{ say: 'Your card number.' }],
      saveIn: '$flow.key.card',
      mask: true,
      max: 6,
      exits: { collected: next, noInput: null },
    });
    const hook = { type: 'hook', url: 'https://x.example', saveIn: '$flow.key.echo', path: 'data.echo', exits: { success: 'c' } };
    const error = vi.fn();
    const log: Logger = { ...silentLogger, error, child: () => log };
    const quoting = custom((_config, { vars }) => {
      throw new Error(`cannot work with ${vars.text('$flow.key.card').value}`);
    });
    const result = await runFlowTest({
      flow: testFlow({ a: ask('b'), b: ask('h'), h: hook, c: customThen(null) }),
      widgets: withWidget(quoting),
      log,
      caller: (caller) => caller.hears('card number', '717171', '828282'),
      webhooks: () => ({ json: { echo: { first: 717171, second: 'no 828282' } } }),
    });
    expect(result.path).toEqual(['a:collected', 'b:collected', 'h:success', 'c:failed']);
    expect(result.summary.faults).toMatchObject([{ message: 'c: cannot work with ***' }]);
    expect(JSON.stringify([result.journal, error.mock.calls])).not.toMatch(/717171|828282/);
  });

  test('secrets are journalled by name', async () => {
    const hook = { type: 'hook', url: 'https://x.example/?k=$secret.key', password: '$secret.bank', exits: { success: null } };
    const result = await runFlowTest({ flow: testFlow({ a: hook }), widgets, webhooks: () => ({ json: {} }) });
    const asked = result.journal.find((entry) => entry.type === 'ask' && entry.op === 'webhook.request');
    expect(asked).toMatchObject({
      request: { url: 'https://x.example/?k=$secret.key', auth: { username: 'ivr', password: '$secret.bank' } },
    });
    expect(result.summary.webhooks).toMatchObject([
      { url: 'https://x.example/?k=$secret.key', status: 200, ms: 50, error: null },
    ]);
  });
});

test('main() resolves even when the engine itself has a defect', async () => {
  const { flow } = await runFlowTest({ flow: testFlow({ a: sayBye }), widgets });
  const run = createFlowRun({
    flow: { ...flow, widgets: new Map() },
    ports: {
      call: { hangup: () => Promise.resolve({ kind: 'done' }), play: () => Promise.reject(new Error('no media')) },
    } as never,
    journal: () => undefined,
    log: silentLogger,
    limits: { maxSteps: 10 },
    contact: null,
    signal: new AbortController().signal,
  });
  expect(await run.main()).toMatchObject({ kind: 'faulted', code: 'FLOW_WIDGET_CRASHED' });
});
