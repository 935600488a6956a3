import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../src/flow/document/check/check.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { replayJournal } from '../../src/flow/engine/replay.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { flowOf, problemsOf, runCase } from '../support/flow-case.js';
import { shownText } from '../support/fake-webhooks.js';
import type { FlowTest, FlowTestResult } from '../support/flow-harness.js';

/*
 * The webhook one can wait in: silence, music, prompts, keys, and the answer that ends them; and the webhook nobody waits for. Every
 * call is replayed from its journal, which must give the same walk.
 */

const say = (text: string): JsonObject[] => [{ say: text }];
const play = (text: string, next: string | null = null): JsonObject => ({
  type: 'play',
  prompt: say(text),
  exits: { done: next },
});
const EXITS = { success: 'tell', failed: 'sorry' };

/** A call whose first widget is a webhook with these fields. */
const flow = (fields: JsonObject, widgets: Readonly<Record<string, JsonObject>> = {}): JsonObject =>
  flowOf({
    ask: {
      type: 'webhook',
      url: 'https://api.example/x',
      mapping: [{ saveIn: '$flow.key.status', path: 'status' }],
      timeout: 60,
      exits: EXITS,
      ...fields,
    },
    tell: play('It is $flow.key.status', 'bye'),
    sorry: play('Sorry', 'bye'),
    human: play('A human', 'bye'),
    ...widgets,
  });

const after = (afterMs: number, status: Json = 'ready'): NonNullable<FlowTest['webhooks']> => {
  return () => ({ afterMs, json: { status } });
};

/** Runs a call and replays it: same exits, same variables. */
async function run(raw: JsonObject, world: Omit<FlowTest, 'flow' | 'widgets'> = {}): Promise<FlowTestResult> {
  const call = await runCase(raw, world);
  const replayed = await replayJournal({ flow: call.flow, entries: call.journal });
  expect(replayed.divergence).toBeNull();
  expect(replayed.reworded).toEqual([]);
  expect(replayed.summary.steps.map(({ widget, exit }) => `${widget}:${exit ?? ''}`)).toEqual(call.path);
  expect(replayed.summary.variables).toEqual(call.summary.variables);
  expect(replayed.outcome.kind).toBe(call.outcome.kind);
  return call;
}

/** What was heard, with its times in seconds. */
const heard = (call: FlowTestResult): readonly string[] =>
  call.events.flatMap((event) => {
    const at = event.at / 1000;
    switch (event.kind) {
      case 'musicOn':
        return [`${at} ♪ ${event.source}`];
      case 'musicOff':
        return [`${at} ♪ off`];
      case 'announcement':
        return [`${at} “${event.text}”${event.cut ? ' cut' : ''}`];
      case 'prompt':
        return [`${at} ${event.text}`];
      default:
        return [];
    }
  });

// docs/behaviour.md#waiting, #hold-music
describe('silence and music', () => {
  it('60 s of music, up to the deadline and no further', async () => {
    const call = await run(flow({ holdMusic: true }), { webhooks: after(90_000) });
    expect(heard(call)).toEqual(['0 ♪ default', '60 ♪ off', '60 Sorry']);
    expect(call.variables['$flow.key.error_reason']).toBe('TIMEOUT');
  });

  it('a timeout has an exit of its own', async () => {
    const exits = { ...EXITS, timeout: 'human' };
    const call = await run(flow({ holdMusic: true, timeout: 5, exits }), { webhooks: after(90_000) });
    expect(call.path).toEqual(['ask:timeout', 'human:done', 'bye:end']);
  });

  it('a silence allowance: an answer inside it is heard without any music', async () => {
    const fields = { holdMusic: true, holdMusicDelay: 2 };
    expect(heard(await run(flow(fields), { webhooks: after(1900) }))).toEqual(['1.9 It is ready']);
    expect(heard(await run(flow(fields), { webhooks: after(7000) }))).toEqual(['2 ♪ default', '7 ♪ off', '7 It is ready']);
  });

  it('own music, and a prompt that is repeated without a pause as music', async () => {
    const own = await run(flow({ holdMusic: { file: '$call.direction.wav' } }), { webhooks: after(3000) });
    expect(heard(own)[0]).toBe('0 ♪ [inbound.wav]');
    const prompt = { prompt: [{ say: 'Please hold.' }, { file: 'jingle.wav' }] };
    const repeated = await run(flow({ holdMusic: prompt }), { webhooks: after(3000) });
    expect(heard(repeated).slice(0, 2)).toEqual(['0 ♪ Please hold. [jingle.wav]', '3 ♪ off']);
  });

  it('a prompt repeated every so many seconds, silence between', async () => {
    const call = await run(flow({ holdMusic: { prompt: say('Hold.'), every: 5 }, holdMusicDelay: 1 }), {
      webhooks: after(12_000),
    });
    expect(heard(call)).toEqual(['1 “Hold.”', '6 “Hold.”', '11 “Hold.”', '12 It is ready']);
  });

  it('a short prompt first, then the silence, then music', async () => {
    const fields = { holdPrompt: say('One moment.'), holdMusic: true, holdMusicDelay: 1 };
    const call = await run(flow(fields), { webhooks: after(9000) });
    expect(heard(call)).toEqual(['0 “One moment.”', '1.66 ♪ default', '9 ♪ off', '9 It is ready']);
  });

  it.each([
    ['answer before the music: none', 900, ['0.9 It is ready']],
    ['answer just after it began: it sounds its time', 1100, ['1 ♪ default', '3 ♪ off', '3 It is ready']],
    ['answer later: it stops at once', 4000, ['1 ♪ default', '4 ♪ off', '4 It is ready']],
  ])('minimum play, so that music never blips: %s', async (_what, ms, expected) => {
    const call = await run(flow({ holdMusic: true, holdMusicDelay: 1, minMusic: 2 }), { webhooks: after(ms) });
    expect(heard(call)).toEqual(expected);
  });

  it('minimum play ends with the deadline, and a hang-up is not held up', async () => {
    const fields = { holdMusic: true, holdMusicDelay: 1, minMusic: 10, timeout: 3 };
    expect(heard(await run(flow(fields), { webhooks: after(2000) }))).toEqual(['1 ♪ default', '3 ♪ off', '3 It is ready']);
    const gone = await run(flow(fields), { webhooks: after(2000), caller: (caller) => caller.hangUp({ after: 2500 }) });
    expect([gone.path, gone.elapsedVirtualMs]).toEqual([['ask:'], 2500]);
  });

  it('nothing to hear, nothing to wait for: no operation but the request', async () => {
    const call = await run(flow({}), { webhooks: after(500) });
    const asked = call.journal.flatMap((entry) => (entry.type === 'ask' && entry.step === 1 ? [entry.op] : []));
    expect(asked).toEqual(['webhook.request']);
  });
});

describe('progress prompts', () => {
  it('are said at their times over the music, once or every so often', async () => {
    const progress = [
      { at: 5, prompt: say('Five') },
      { at: 8, every: 10, prompt: say('Still') },
    ];
    const call = await run(flow({ holdMusic: true, progress }), { webhooks: after(30_000) });
    expect(heard(call)).toEqual([
      '0 ♪ default',
      '5 “Five”',
      '8 “Still”',
      '18 “Still”',
      '28 “Still”',
      '30 ♪ off',
      '30 It is ready',
    ]);
  });

  it('two at one time follow one another; the answer cuts the one being said', async () => {
    const progress = [
      { at: 2, prompt: say('The first of them') },
      { at: 2, prompt: say('The second of them') },
    ];
    const call = await run(flow({ progress }), { webhooks: after(3500) });
    expect(heard(call)).toEqual(['2 “The first of them”', '3.02 “The second of them” cut', '3.5 It is ready']);
  });

  it('finishPrompts lets the one being said end, begins no other, and keeps the deadline', async () => {
    const progress = [
      { at: 2, prompt: say('The first of them') },
      { at: 2, prompt: say('The second of them') },
    ];
    const fields = { progress, finishPrompts: true, holdMusic: true };
    const call = await run(flow(fields), { webhooks: after(2500) });
    expect(heard(call)).toEqual(['0 ♪ default', '2 “The first of them”', '3.02 ♪ off', '3.02 It is ready']);
    const long = await run(flow({ ...fields, timeout: 3 }), { webhooks: after(2500) });
    expect(heard(long)).toEqual(['0 ♪ default', '2 “The first of them” cut', '3 ♪ off', '3 It is ready']);
  });

  it('hold variables, which may have none: nothing is said then', async () => {
    const progress = [{ at: 1, every: 3, prompt: say('$flow.key.status') }];
    const call = await run(flow({ progress }), { webhooks: after(8000) });
    expect(heard(call)).toEqual(['8 It is ready']);
  });

  it.each([
    ['a progress prompt', { progress: [{ at: 1, every: 3, prompt: say('Broken') }] }],
    ['the first prompt', { holdPrompt: say('Broken') }],
    ['the music', { holdMusic: { file: 'Broken.wav' } }],
    ['a repeated prompt as music', { holdMusic: { prompt: say('Broken') } }],
    ['a prompt said every 5 s', { holdMusic: { prompt: say('Broken'), every: 5 } }],
  ])('%s that cannot be played neither delays nor changes the answer', async (_what, fields) => {
    const call = await run(flow({ holdMusic: true, ...fields }), {
      webhooks: after(4000),
      failSegment: (segment) =>
        JSON.stringify(segment).includes('Broken') ? { kind: 'failed', code: 'SPEECH_FAILED', message: 'no voice' } : null,
    });
    expect(heard(call)).toEqual(['0 ♪ default', '4 ♪ off', '4 It is ready']);
    expect(new Set(call.summary.faults.map(({ code, widget }) => `${widget} ${code}`))).toEqual(new Set(['ask SPEECH_FAILED']));
    expect(call.events.at(-1)).toMatchObject({ kind: 'hangup', cause: 16 });
  });
});

describe('the escape key', () => {
  const exits = { ...EXITS, escape: 'human' };

  it('leaves the wait at once: the request is given up, the variables say so', async () => {
    const call = await run(flow({ holdMusic: true, escapeKey: '0', exits, saveStatusIn: '$CODE' }), {
      webhooks: after(30_000),
      caller: (caller) => caller.press('0', { after: 7000 }),
    });
    expect(call.path).toEqual(['ask:escape', 'human:done', 'bye:end']);
    expect(heard(call)).toEqual(['0 ♪ default', '7 ♪ off', '7 A human']);
    expect(call.webhooks.aborted).toHaveLength(1);
    expect(call.variables).toMatchObject({
      '$flow.key.response_status': 'FAILED',
      '$flow.key.response_status_code': null,
      '$flow.key.response_duration': 7,
      '$flow.key.response_error': true,
      '$flow.key.error_reason': 'ABORTED',
    });
    expect(call.variables).not.toHaveProperty('$CODE');
    expect(call.summary.webhooks).toMatchObject([{ status: null, error: 'ABORTED', ms: 7000 }]);
    expect(call.summary.keys).toMatchObject([{ key: '0', label: 'ask' }]);
  });

  it('says of the requests made that nobody counted them', async () => {
    const human: JsonObject = {
      type: 'set',
      values: [{ saveIn: '$flow.key.unknown', expr: 'widget.ask.attempts == null' }],
      exits: { next: 'bye', failed: 'bye' },
    };
    const call = await run(flow({ escapeKey: '0', retries: 2, exits }, { human }), {
      webhooks: after(30_000),
      caller: (caller) => caller.press('0', { after: 7000 }),
    });
    expect(call.variables['$flow.key.unknown']).toBe(true);
  });

  it('other keys stay typed ahead for the next widget', async () => {
    const tell: JsonObject = {
      type: 'collect',
      prompt: say('Say on'),
      saveIn: '$flow.key.n',
      digits: { max: 2 },
      exits: { collected: 'bye', noInput: 'bye', missed: 'bye' },
    };
    const call = await run(flow({ holdMusic: true, escapeKey: '0', exits }, { tell }), {
      webhooks: after(5000),
      caller: (caller) => caller.press('12', { after: 1000 }),
    });
    expect(call.path).toEqual(['ask:success', 'tell:collected', 'bye:end']);
    expect(call.variables['$flow.key.n']).toBe('12');
  });

  it('pressed in the middle of a prompt, which it cuts', async () => {
    const call = await run(flow({ progress: [{ at: 1, prompt: say('A very long prompt') }], escapeKey: '*', exits }), {
      webhooks: after(5000),
      caller: (caller) => caller.press('*', { after: 1500 }),
    });
    expect(heard(call)).toEqual(['1 “A very long prompt” cut', '1.5 A human']);
  });

  it('is an exit only where there is a key, and must be wired then', () => {
    expect(problemsOf(flow({ escapeKey: '0', exits })).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(problemsOf(flow({ escapeKey: '0' })).some(({ severity }) => severity === 'error')).toBe(true);
    expect(problemsOf(flow({ exits })).some(({ severity }) => severity === 'error')).toBe(true);
    expect(problemsOf(flow({ escapeKey: 'A', exits })).some(({ severity }) => severity === 'error')).toBe(true);
  });
});

// docs/behaviour.md#caller-hangs-up
describe('a caller who hangs up in the wait', () => {
  const everything = {
    holdPrompt: say('One moment.'),
    holdMusic: true,
    holdMusicDelay: 1,
    minMusic: 3,
    finishPrompts: true,
    escapeKey: '0',
    progress: [{ at: 3, every: 4, prompt: say('Still working') }],
    exits: { ...EXITS, escape: 'human' },
  };

  it.each([1, 300, 660, 1500, 1660, 2999, 3000, 3400, 5000, 7500, 8000, 8500])('after %i ms: no exit, aborted', async (ms) => {
    const call = await run(flow(everything), { webhooks: after(9000), caller: (caller) => caller.hangUp({ after: ms }) });
    expect(call.path).toEqual(['ask:']);
    expect(call.outcome.kind).toBe('aborted');
    expect(call.summary.webhooks).toMatchObject([{ error: 'ABORTED', ms, attempts: 1 }]);
    expect(call.webhooks.aborted).toHaveLength(1);
    expect(call.elapsedVirtualMs).toBe(ms);
  });

  it.each([1, 1700, 3200, 3340, 8980, 9000, 9010])('a key after %i ms: the replay takes the same exit', async (ms) => {
    const call = await run(flow(everything), { webhooks: after(9000), caller: (caller) => caller.press('0', { after: ms }) });
    expect(call.path[0]).toMatch(/^ask:(escape|success)$/);
  });

  it('a journal cut off anywhere, as by a crash, replays up to where it ends', async () => {
    const call = await run(flow(everything), { webhooks: after(9000) });
    for (let length = 1; length < call.journal.length; length++) {
      const entries = call.journal.slice(0, length);
      const replayed = await replayJournal({ flow: call.flow, entries });
      const exits = entries.flatMap((entry) => (entry.type === 'exit' ? [`${entry.widget}:${entry.exit}`] : []));
      const again = replayed.summary.steps.map(({ widget, exit }) => `${widget}:${exit ?? ''}`);
      expect(again.slice(0, exits.length)).toEqual(exits);
    }
  });
});

describe('answer later', () => {
  it('the caller stays on hold for minutes, and hears progress', async () => {
    const progress = [{ at: 45, every: 60, prompt: say('Still') }];
    const call = await run(flow({ holdMusic: true, timeout: 10, answerLater: 5, progress }), { webhooks: after(200_000) });
    expect(call.webhookCalls).toMatchObject([{ timeoutMs: 10_000, answerLaterMs: 300_000 }]);
    expect(heard(call)).toEqual(['0 ♪ default', '45 “Still”', '105 “Still”', '165 “Still”', '200 ♪ off', '200 It is ready']);
  });

  it('nobody answers at all: timeout', async () => {
    const call = await run(flow({ holdMusic: true, timeout: 10, answerLater: 0.5 }), { webhooks: after(200_000) });
    expect(heard(call)).toEqual(['0 ♪ default', '40 ♪ off', '40 Sorry']);
  });

  it('is not asked for unless configured, and has a cap', async () => {
    expect((await run(flow({}), { webhooks: after(100) })).webhookCalls[0]).not.toHaveProperty('answerLaterMs');
    expect(problemsOf(flow({ answerLater: 31 })).some(({ severity }) => severity === 'error')).toBe(true);
  });
});

// docs/behaviour.md#not-waiting
describe('nobody waits', () => {
  const aside = (fields: JsonObject = {}): JsonObject =>
    flow(
      { wait: false, saveStatusIn: '$CODE', exits: { success: 'tell', failed: 'sorry' }, ...fields },
      {
        tell: play('Meanwhile something long is said', 'then'),
        then: play('It is $flow.key.status $CODE', 'bye'),
      },
    );

  // docs/behaviour.md#late-answers
  it('goes on at once; the answer that comes while the call is up is applied', async () => {
    const call = await run(aside(), { webhooks: after(1000) });
    expect(call.path).toEqual(['ask:success', 'tell:done', 'then:done', 'bye:end']);
    expect(call.spoken).toEqual(['Meanwhile something long is said', 'It is ready 200']);
    expect(call.summary.webhooks).toMatchObject([{ status: 200, attempts: 1, error: null, ms: 1000 }]);
  });

  it('the status of an answer that failed is kept too; a row without value keeps the variable', async () => {
    const call = await run(aside(), { webhooks: () => ({ afterMs: 1000, status: 500, json: {} }) });
    expect(call.path[0]).toBe('ask:success');
    expect(call.spoken[1]).toBe('It is  500');
  });

  // docs/behaviour.md#requests-outlive-calls
  it('an answer after the end of the call is not applied, nor journalled; its request went on', async () => {
    const call = await run(aside(), { webhooks: after(20_000) });
    expect(call.variables).not.toHaveProperty('$flow.key.status');
    expect(call.journal.at(-1)?.type).toBe('end');
    expect(call.webhooks.aborted).toEqual([]);
    expect(call.summary.webhooks).toMatchObject([{ status: null, error: null }]);
  });

  it('a hang-up does not end the request', async () => {
    const call = await run(aside(), { webhooks: after(2000), caller: (caller) => caller.hangUp({ after: 500 }) });
    expect(call.webhookCalls).toHaveLength(1);
    expect(call.webhooks.aborted).toEqual([]);
    expect(call.variables).not.toHaveProperty('$flow.key.status');
  });

  it('the result variables stay empty, whenever the answer comes', async () => {
    const call = await run(aside(), { webhooks: after(1000) });
    expect(Object.keys(call.variables).filter((name) => /response_|error_reason/.test(name))).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['applyLate off', { applyLate: false, mapping: [{ saveIn: '$flow.key.status', path: 'status' }] }],
    ['nothing to apply', {}],
  ])('%s: sent and forgotten', async (_what, fields) => {
    const ask = {
      type: 'webhook',
      url: 'https://api.example/x',
      wait: false,
      exits: { success: 'tell', failed: 'bye' },
      ...fields,
    };
    const widgets = { ask, tell: play('Something long is said', 'then'), then: play('It is $flow.key.status', 'bye') };
    const call = await run(flowOf(widgets, { variables: { status: 'unknown' } }), { webhooks: after(1000) });
    expect(call.webhooks.sent).toHaveLength(1);
    expect(call.webhookCalls).toEqual([]);
    expect(call.spoken[1]).toBe('It is unknown');
  });

  it('an answer that comes in the middle of a wait for another one', async () => {
    const raw = flow(
      { wait: false, exits: { success: 'second', failed: 'sorry' } },
      {
        second: {
          type: 'webhook',
          url: 'https://api.example/second',
          holdMusic: true,
          progress: [{ at: 2, prompt: say('First says $flow.key.status') }],
          exits: { success: 'tell', failed: 'sorry' },
        },
      },
    );
    const call = await run(raw, {
      webhooks: ({ url }) => ({ afterMs: shownText(url).includes('second') ? 5000 : 1000, json: { status: 'x' } }),
    });
    expect(heard(call)).toEqual(['0 ♪ default', '2 “First says x”', '5 ♪ off', '5 It is x']);
  });

  it('a value too large to keep is pinned to the widget, and the flow goes on', async () => {
    const call = await run(aside(), { webhooks: after(1000, 'x'.repeat(1_100_000)) });
    expect(call.summary.faults).toMatchObject([{ widget: 'ask', step: 1, code: 'FLOW_VALUE_TOO_LARGE' }]);
    expect(call.path.at(-1)).toBe('bye:end');
  });
});

describe('answers that come at the same moment', () => {
  // A request, a key and prompts that all end in one turn of the event loop: the journal alone decides who was first.
  it.each([1000, 2000, 3000])('the replay agrees with the call: %i ms', async (ms) => {
    const fields = {
      holdMusic: true,
      holdMusicDelay: 1,
      minMusic: 1,
      escapeKey: '0',
      progress: [1, 2, 3].map((at) => ({ at, prompt: say('x') })),
      exits: { ...EXITS, escape: 'human' },
    };
    await run(flow(fields), { webhooks: after(ms), caller: (caller) => caller.press('0', { after: ms }) });
  });
});

describe('what the checker says of the wait', () => {
  const warned = (fields: JsonObject): readonly string[] =>
    checkFlow(flow(fields), { widgets: widgetCatalogue })
      .problems.filter(({ path }) => path.startsWith('$.widgets.ask'))
      .map(({ severity, path }) => `${severity} ${path.slice('$.widgets.ask.'.length)}`);

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'fields of a wait that is none',
      { wait: false, holdMusic: true, holdPrompt: say('x'), answerLater: 1 },
      ['warning holdPrompt', 'warning holdMusic', 'warning answerLater'],
    ],
    ['a prompt after the end', { timeout: 10, progress: [{ at: 10, prompt: say('x') }] }, ['warning progress[0].at']],
    ['a prompt in the time of answerLater', { timeout: 10, answerLater: 1, progress: [{ at: 69, prompt: say('x') }] }, []],
    ['minutes of silence', { answerLater: 1, holdPrompt: say('x') }, ['warning answerLater']],
    ['no silence with music', { answerLater: 1, holdMusic: true }, []],
    ['times of music that is none', { minMusic: 1, holdMusicDelay: 1 }, ['warning minMusic', 'warning holdMusicDelay']],
    ['everything in its place', { holdMusic: true, holdMusicDelay: 1, minMusic: 2, progress: [{ at: 5, prompt: say('x') }] }, []],
  ])('%s', (_what, fields, expected) => {
    expect(warned(fields)).toEqual(expected);
  });

  it('prompts of the wait are refused in anchors, where nobody hears them', () => {
    const silent = { holdMusic: false, exits: { success: null, failed: null } };
    const anchored = (fields: JsonObject) =>
      problemsOf({ ...flow({ ...silent, ...fields }), onFlowComplete: 'ask', start: 'bye' });
    expect(anchored({}).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(anchored({ holdPrompt: say('x') }).some(({ severity }) => severity === 'error')).toBe(true);
  });
});
