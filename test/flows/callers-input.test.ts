import { describe, expect, it } from 'vitest';
import { replayJournal } from '../../src/flow/engine/replay.js';
import type { JsonObject } from '../../src/lib/json/json.js';
import { flowOf, runCase } from '../support/flow-case.js';
import type { FlowTest, FlowTestResult } from '../support/flow-harness.js';

/* What callers do with keys: menus, digits, type-ahead, prompts cut and not cut, wrong keys and no keys. */

const say = (text: string): JsonObject[] => [{ say: text }];
const goodbye: JsonObject = { type: 'hangup', prompt: say('Goodbye') };

type Caller = FlowTest['caller'];

const menu = (fields: JsonObject = {}): JsonObject => ({
  type: 'menu',
  prompt: say('Menu'),
  keys: { 1: 'One', '*': 'Star', '#': 'Hash' },
  timeout: 4,
  saveIn: '$flow.key.choice',
  exits: { 1: 'one', '*': 'star', '#': 'hash', noInput: 'none', invalid: 'wrong' },
  ...fields,
});
const ends = Object.fromEntries(['one', 'star', 'hash', 'none', 'wrong'].map((id) => [id, { type: 'hangup', disposition: id }]));
const runMenu = (caller: Caller, fields: JsonObject = {}): Promise<FlowTestResult> =>
  runCase(flowOf({ menu: menu(fields), ...ends }), caller ? { caller } : {});

describe('menu', () => {
  it.each<[string, string, string]>([
    ['1', 'one', 'One'],
    ['*', 'star', 'Star'],
    ['#', 'hash', 'Hash'],
  ])('key %s has its own exit', async (key, end, choice) => {
    const call = await runCase(
      flowOf({
        menu: menu(),
        ...ends,
        [end]: {
          type: 'hangup',
          disposition: '$widget.menu.key $widget.menu.choice $widget.menu.tries $call.dtmf $INPUT',
        },
      }),
      { caller: (caller) => caller.hears('Menu', key) },
    );
    expect(call.path).toEqual([`menu:${key}`, `${end}:end`]);
    expect(call.variables['$flow.key.disposition']).toBe(`${key} ${choice} 1 ${key} ${key}`);
    expect(call.variables['$flow.key.choice']).toBe(key);
  });

  it('prompts of each try: the second no-input prompt is used again, an invalid prompt follows a wrong key', async () => {
    const prompts = {
      retries: 4,
      noInputPrompts: [say('Nothing A'), say('Nothing B')],
      invalidPrompts: [say('Wrong A')],
    };
    const call = await runMenu((caller) => {
      caller.hears('Wrong A', () => undefined);
      caller.hears('Nothing B', '7');
    }, prompts);
    expect(call.spoken).toEqual(['Menu', 'Nothing A Menu', 'Nothing B Menu', 'Wrong A Menu', 'Nothing B Menu']);
    expect(call.path).toEqual(['menu:noInput', 'none:end']);
  });

  it('repeatPrompt off leaves the main prompt out of retries', async () => {
    const call = await runMenu(undefined, { retries: 1, repeatPrompt: false, noInputPrompts: [say('Hello?')] });
    expect(call.spoken).toEqual(['Menu', 'Hello?']);
  });

  it('repeatPrompt off without prompts of its own repeats the main one: never silence', async () => {
    const call = await runMenu(undefined, { retries: 1, repeatPrompt: false });
    expect(call.spoken).toEqual(['Menu', 'Menu']);
  });

  it('the last try decides the exit', async () => {
    const wrongLast = await runMenu((caller) => caller.hears('Menu', () => undefined, '9'), { retries: 1 });
    expect(wrongLast.path[0]).toBe('menu:invalid');
    const silentLast = await runMenu((caller) => caller.hears('Menu', '9'), { retries: 1 });
    expect(silentLast.path[0]).toBe('menu:noInput');
  });

  it('retries 0: one wrong key is enough', async () => {
    const call = await runMenu((caller) => caller.hears('Menu', '9'), { retries: 0 });
    expect([call.path[0], call.spoken]).toEqual(['menu:invalid', ['Menu']]);
  });

  it('barge-in cuts the prompt, without it the key is lost and the prompt plays out', async () => {
    const cut = await runMenu((caller) => caller.hears('Menu', () => caller.press('1', { after: 50 })), {
      prompt: say('Menu '.repeat(20)),
    });
    expect(cut.events.find(({ kind }) => kind === 'prompt')).toMatchObject({ cut: true, ms: 50 });
    const whole = await runMenu((caller) => caller.hears('Menu', () => caller.press('1', { after: 50 })), {
      prompt: say('Menu '.repeat(20)),
      bargeIn: false,
      retries: 0,
    });
    expect(whole.events.find(({ kind }) => kind === 'prompt')).toMatchObject({ cut: false });
    expect(whole.path[0]).toBe('menu:noInput');
  });

  it('type-ahead runs through two menus and the digits of a collect', async () => {
    const flow = flowOf({
      a: { type: 'menu', prompt: say('First'), keys: { 1: 'x' }, exits: { 1: 'b', noInput: 'bye', invalid: 'bye' } },
      b: { type: 'menu', prompt: say('Second'), keys: { 2: 'x' }, exits: { 2: 'c', noInput: 'bye', invalid: 'bye' } },
      c: {
        type: 'collect',
        prompt: say('Third'),
        saveIn: '$flow.key.pin',
        digits: { min: 3, max: 3 },
        exits: { collected: 'bye', noInput: 'bye', missed: 'bye' },
      },
    });
    const call = await runCase(flow, { caller: (caller) => caller.press('12345', { after: 100, gap: 20 }) });
    expect(call.path).toEqual(['a:1', 'b:2', 'c:collected', 'bye:end']);
    expect(call.variables['$flow.key.pin']).toBe('345');
    expect(call.elapsedVirtualMs).toBeLessThan(1000);
  });

  it('a wrong key typed ahead costs one try only: what was typed behind it is not taken by the retry', async () => {
    const flow = flowOf({
      wait: { type: 'delay', seconds: 2, exits: { next: 'menu' } },
      menu: menu({ retries: 1 }),
      ...ends,
    });
    const call = await runCase(flow, { caller: (caller) => caller.press('91', { after: 50, gap: 10 }) });
    expect(call.path).toEqual(['wait:next', 'menu:noInput', 'none:end']);
    expect(call.spoken).toEqual(['Menu']);
  });
});

const ask = (fields: JsonObject = {}): JsonObject => ({
  type: 'collect',
  prompt: say('Number'),
  saveIn: '$flow.key.number',
  exits: { collected: 'got', noInput: 'none', missed: 'missed' },
  ...fields,
});
const answers = {
  got: { type: 'hangup', disposition: '$widget.ask.digits $widget.ask.endedBy $widget.ask.tries' },
  none: { type: 'hangup' },
  missed: { type: 'hangup' },
};
const runAsk = (caller: Caller, fields: JsonObject = {}, variables: JsonObject = {}): Promise<FlowTestResult> =>
  runCase(flowOf({ ask: ask(fields), ...answers }, { variables }), caller ? { caller } : {});

describe('collect', () => {
  it.each<[string, JsonObject, string, string, string]>([
    ['the terminator', {}, '0012#9', '0012', '0012 terminator 1'],
    ['the most digits', { digits: { max: 3 } }, '12345', '123', '123 max 1'],
    ['the pause after the last key', { digits: { interDigitTimeout: 2 } }, '42', '42', '42 timeout 1'],
    ['a terminator of its own', { digits: { endOn: '*' } }, '1#2*', '1#2', '1#2 terminator 1'],
    ['no terminator at all', { digits: { endOn: '', max: 4 } }, '1#*2', '1#*2', '1#*2 max 1'],
    ['keys that do not count', { digits: { allow: '123', max: 3 } }, '9182637', '123', '123 max 1'],
    ['64 digits', { digits: { max: 64 } }, '7'.repeat(64), '7'.repeat(64), `${'7'.repeat(64)} max 1`],
  ])('ends at %s', async (_what, fields, keys, digits, disposition) => {
    const call = await runAsk((caller) => caller.hears('Number', keys), fields);
    expect(call.path[0]).toBe('ask:collected');
    expect(call.variables['$flow.key.number']).toBe(digits);
    expect(call.variables['$flow.key.disposition']).toBe(disposition);
  });

  it('too few digits are missed after the retries; a lone terminator counts only with min 0', async () => {
    const few = await runAsk((caller) => caller.hears('Number', '12#', '1#', '#'), { digits: { min: 3 } });
    expect([few.path[0], few.spoken]).toEqual(['ask:missed', ['Number', 'Number', 'Number']]);
    expect(few.variables).not.toHaveProperty('$flow.key.number');
    const lone = await runAsk((caller) => caller.hears('Number', '#'), { digits: { min: 0 } });
    expect([lone.path[0], lone.variables['$flow.key.number']]).toEqual(['ask:collected', '']);
  });

  it('first-digit and inter-digit time-outs run from the end of the prompt', async () => {
    const call = await runAsk(undefined, { retries: 0, digits: { firstDigitTimeout: 7 } });
    expect([call.path[0], call.elapsedVirtualMs]).toEqual(['ask:noInput', 6 * 60 + 7000]);
  });

  it('validation by pattern is of the whole input; by Luhn of the check digit', async () => {
    const fields = { validate: { pattern: '[1-9]\\d{3}', luhn: true }, invalidPrompts: [say('Bad')] };
    const call = await runAsk(
      (caller) => {
        caller.hears(/^Number/, '12345#');
        caller.hears('Bad', '0018#', '1234#', '1230#');
      },
      { ...fields, retries: 3 },
    );
    expect(call.spoken).toEqual(['Number', 'Bad Number', 'Bad Number', 'Bad Number']);
    expect(call.variables['$flow.key.number']).toBe('1230');
  });

  it('skipIfFilled asks nobody when the variable has a value, even 0 and a stored one', async () => {
    const filled = await runAsk(undefined, { skipIfFilled: true }, { number: 0 });
    expect([filled.path[0], filled.spoken]).toEqual(['ask:collected', []]);
    const stored = await runCase(flowOf({ ask: ask({ saveIn: '$user.key.member', skipIfFilled: true }), ...answers }), {
      facts: { cli: '4930' },
      users: { 4930: { member: '77' } },
    });
    expect(stored.path[0]).toBe('ask:collected');
    const empty = await runAsk((caller) => caller.hears('Number', '5#'), { skipIfFilled: true }, { number: '' });
    expect(empty.variables['$flow.key.number']).toBe('5');
  });

  it('read-back: rejecting asks again, silence repeats it, another key is ignored', async () => {
    const confirm = {
      before: say('Heard'),
      after: say('Right?'),
      accept: '3',
      reject: '4',
    };
    const call = await runAsk(
      (caller) => {
        caller.hears(/^Number/, '12#', '34#');
        caller.hears('Heard 1 2', () => undefined, '4');
        caller.hears('Heard 3 4', '13');
      },
      { confirm },
    );
    expect(call.spoken).toEqual(['Number', 'Heard 1 2 Right?', 'Heard 1 2 Right?', 'Number', 'Heard 3 4 Right?']);
    expect([call.path[0], call.variables['$flow.key.number']]).toEqual(['ask:collected', '34']);
  });

  it('rejected to the last try is missed and stores nothing', async () => {
    const call = await runAsk(
      (caller) => {
        caller.hears(/^Number/, '12#', '12#');
        caller.hears('You entered', '2', '2');
      },
      { confirm: {}, retries: 1 },
    );
    expect(call.path[0]).toBe('ask:missed');
    expect(call.variables).not.toHaveProperty('$flow.key.number');
  });

  it('masked digits: the read-back speaks them, journal and variables do not know them', async () => {
    const call = await runCase(
      flowOf({
        ask: ask({ mask: true, confirm: {}, exits: { collected: 'pay', noInput: 'none', missed: 'missed' } }),
        pay: {
          type: 'webhook',
          method: 'POST',
          url: 'https://pay.example/$flow.key.number',
          body: { type: 'json', content: { card: '$flow.key.number' } },
          exits: { success: 'copy', failed: 'none' },
        },
        copy: { type: 'set', values: [{ saveIn: '$flow.key.copy', value: 'x$flow.key.number' }], exits: { next: 'got' } },
        ...answers,
      }),
      {
        caller: (caller) => {
          caller.hears('Number', '987654#');
          caller.hears('You entered', '1');
        },
        webhooks: () => ({ json: { echo: 'card 987654' } }),
      },
    );
    expect(call.spoken[1]).toContain('9 8 7 6 5 4');
    expect(call.webhookCalls[0]?.body?.text).toBe('{"card":"987654"}');
    expect(call.path).toEqual(['ask:collected', 'pay:success', 'copy:next', 'got:end']);
    expect(JSON.stringify(call.journal)).not.toContain('987654');
    expect(call.variables).toMatchObject({ '$flow.key.number': '***', '$flow.key.copy': '***' });
  });

  it('a stop key of a prompt is used up, any other key is the first of the collect behind it', async () => {
    const flow = flowOf({
      intro: {
        type: 'play',
        prompt: say('A very long introduction'),
        bargeIn: true,
        stopKeys: '#',
        exits: { done: 'ask', interrupted: 'ask' },
      },
      ask: ask({ digits: { max: 2 } }),
      ...answers,
    });
    const stopped = await runCase(flow, {
      caller: (caller) => {
        caller.hears('introduction', '#');
        caller.hears('Number', '45');
      },
    });
    expect([stopped.path[0], stopped.variables['$flow.key.number']]).toEqual(['intro:interrupted', '45']);
    const barged = await runCase(flow, { caller: (caller) => caller.hears('introduction', '67') });
    expect([barged.path[0], barged.variables['$flow.key.number']]).toEqual(['intro:interrupted', '67']);
  });

  it('listens without a prompt for the key that ends a message', async () => {
    const call = await runCase(
      flowOf({
        beep: { type: 'startRecording', name: 'msg', tracks: 'caller', beep: true, maxSeconds: 60, exits: { next: 'ask' } },
        ask: {
          type: 'collect',
          saveIn: '$flow.key.end',
          digits: { min: 0, max: 1, endOn: '#', firstDigitTimeout: 300 },
          retries: 0,
          exits: { collected: 'stop', noInput: 'stop', missed: 'stop' },
        },
        stop: { type: 'stopRecording', name: 'msg', exits: { next: 'bye', failed: 'bye' } },
        bye: goodbye,
      }),
      { caller: (caller) => caller.press('#', { after: 12_000 }) },
    );
    expect(call.path).toEqual(['beep:next', 'ask:collected', 'stop:next', 'bye:end']);
    expect(call.events.find(({ kind }) => kind === 'recordOff')).toMatchObject({ name: 'msg', ms: 12_000 });
  });
});

describe('keys of a caller who hangs up before the input ends', () => {
  const left = (fields: JsonObject): Promise<FlowTestResult> =>
    runCase(
      flowOf(
        {
          ask: {
            type: 'collect',
            prompt: say('Number'),
            saveIn: '$flow.key.n',
            digits: { min: 4, max: 8 },
            exits: { collected: 'bye', noInput: 'bye', missed: 'bye' },
            ...fields,
          },
          note: { type: 'set', values: [{ saveIn: '$flow.key.typed', value: '$call.dtmf' }], exits: { next: null } },
        },
        { onRemoteHangup: 'note' },
      ),
      {
        caller: (caller) =>
          caller.hears('Number', () => {
            caller.press('12');
            caller.hangUp({ after: 2000 });
          }),
      },
    );

  it('are in the report and in $call.dtmf, and no exit is taken', async () => {
    const call = await left({});
    expect(call.path).toEqual(['ask:', 'note:next']);
    expect(call.summary.keys).toMatchObject([
      { key: '1', label: 'ask' },
      { key: '2', label: 'ask' },
    ]);
    expect(call.variables['$flow.key.typed']).toBe('12');
  });

  it('are masked where the collect masks', async () => {
    const call = await left({ mask: true });
    expect(call.summary.keys).toMatchObject([{ key: '***' }]);
    expect(call.variables['$flow.key.typed']).toBe('***');
    expect(JSON.stringify(call.journal)).not.toContain('"12"');
  });

  it('are there again when the call is replayed', async () => {
    const call = await left({});
    const { divergence, summary } = await replayJournal({ flow: call.flow, entries: call.journal });
    expect(divergence).toBeNull();
    expect(summary.keys.map(({ key }) => key)).toEqual(['1', '2']);
    expect(summary.variables).toEqual(call.summary.variables);
  });
});
