import { describe, expect, it } from 'vitest';
import type { CallFailure } from '../../src/model/call-verbs.js';
import type { Segment } from '../../src/model/segment.js';
import { DEFAULT_GOODBYE } from '../../src/lib/goodbye.js';
import type { JsonObject } from '../../src/lib/json/json.js';
import { shownText } from '../support/fake-webhooks.js';
import { flowOf, runCase } from '../support/flow-case.js';
import type { FlowTestResult } from '../support/flow-harness.js';

/* How flows end: hangups and their causes, anchors, error chains, the step limit; and what happens around a webhook that waits. */

const say = (text: string): JsonObject[] => [{ say: text }];
const play = (text: string, next: string | null, more: JsonObject = {}): JsonObject => ({
  type: 'play',
  prompt: say(text),
  exits: { done: next },
  ...more,
});
const hook = (exits: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'webhook',
  url: 'https://api.example/x',
  exits,
  ...more,
});
const note = (id: string, next: string | null = null): JsonObject => ({
  type: 'set',
  values: [{ saveIn: '$flow.key.notes', value: `$flow.key.notes ${id}` }],
  exits: { next },
});

const failing =
  (text: string): ((segment: Segment) => CallFailure | null) =>
  (segment) =>
    segment.kind === 'say' && segment.text.includes(text) ? { kind: 'failed', code: 'SPEECH_FAILED', message: 'no voice' } : null;

const hangups = (call: FlowTestResult) => call.events.filter(({ kind }) => kind === 'hangup');

describe('the end of a call', () => {
  it.each([16, 17, 21, 1, 127])('hangup without a prompt never answers: cause %i', async (cause) => {
    const call = await runCase(flowOf({ out: { type: 'hangup', cause } }));
    expect(call.events).toEqual([{ kind: 'hangup', at: 0, by: 'flow', cause }]);
  });

  it('a prompt of hangup is played first; one that cannot be played does not keep the call', async () => {
    const flow = flowOf({ out: { type: 'hangup', prompt: say('So long'), cause: 17, disposition: 'busy $call.cli' } });
    const heard = await runCase(flow);
    expect(heard.events.map(({ kind }) => kind)).toEqual(['answered', 'prompt', 'hangup']);
    const mute = await runCase(flow, { failSegment: failing('So long') });
    expect(hangups(mute)).toMatchObject([{ by: 'flow', cause: 17 }]);
    expect(mute.variables['$flow.key.disposition']).toBe('busy 15551230001');
  });

  it('a flow that ends in null hangs up with 16; so does one that never answered', async () => {
    const spoken = await runCase(flowOf({ a: play('Hello', null) }));
    expect([spoken.outcome.kind, hangups(spoken)]).toMatchObject(['completed', [{ by: 'flow', cause: 16 }]]);
    const silent = await runCase(flowOf({ a: note('x') }, { variables: { notes: '' } }));
    expect(silent.events.map(({ kind }) => kind)).toEqual(['hangup']);
  });

  it('answer lets it ring so long, then everything goes on', async () => {
    const call = await runCase(flowOf({ a: { type: 'answer', delay: 3, exits: { next: 'b' } }, b: play('Hi', null) }));
    expect(call.events.slice(0, 2)).toMatchObject([
      { kind: 'answered', at: 3000 },
      { kind: 'prompt', at: 3000 },
    ]);
  });

  // docs/behaviour.md#any-other-format, #order-at-the-end
  it('caller hangs up: onRemoteHangup, then onFlowComplete; each can call webhooks', async () => {
    const flow = flowOf(
      {
        a: play('A long talk', 'a'),
        gone: hook(
          { success: 'goneNote', failed: 'goneNote' },
          { method: 'POST', body: { type: 'json', content: { at: '$call.state' } } },
        ),
        goneNote: note('gone'),
        done: hook({ success: null, failed: null }, { url: 'https://api.example/done?$flow.key.notes' }),
      },
      { onRemoteHangup: 'gone', onFlowComplete: 'done', variables: { notes: 'start' } },
    );
    const call = await runCase(flow, {
      caller: (caller) => caller.hears('talk', () => caller.hangUp({ after: 300 })),
      webhooks: () => ({ json: {} }),
    });
    expect(call.path).toEqual(['a:', 'gone:success', 'goneNote:next', 'done:success']);
    expect(call.webhookCalls.map(({ body, url }) => [body?.text, shownText(url)])).toEqual([
      ['{"at":"completed"}', 'https://api.example/x'],
      [undefined, 'https://api.example/done?start%20gone'],
    ]);
  });

  it('the flow hangs up itself: only onFlowComplete runs, also behind a crash of its error branch', async () => {
    const anchors = { onRemoteHangup: 'gone', onFlowComplete: 'done', variables: { notes: '' } };
    const call = await runCase(flowOf({ a: play('Hi', 'bye'), gone: note('gone'), done: note('done') }, anchors));
    expect(call.path).toEqual(['a:done', 'bye:end', 'done:next']);
    expect(call.variables['$flow.key.notes']).toBe(' done');
  });

  // docs/behaviour.md#caller-hangs-up
  it('the caller leaves while a webhook waits: no exit is taken, the request is given up', async () => {
    const call = await runCase(
      flowOf({ a: hook({ success: 'bye', failed: 'bye', timeout: 'bye' }, { holdMusic: true, timeout: 60 }) }),
      {
        caller: (caller) => caller.hangUp({ after: 5000 }),
        webhooks: () => ({ afterMs: 30_000 }),
      },
    );
    expect(call.path).toEqual(['a:']);
    expect(call.webhooks.aborted).toHaveLength(1);
    expect(call.events.map(({ kind }) => kind)).toEqual(['answered', 'musicOn', 'musicOff', 'hangup']);
  });
});

describe('error chains', () => {
  const prompt = { failSegment: failing('broken') };

  it('an error exit that is not wired goes to the widget’s onError first', async () => {
    const sound = await runCase(
      flowOf(
        { a: play('broken', 'b', { onError: 'own' }), b: play('never', null), own: play('Own', null), all: play('All', null) },
        { onError: 'all' },
      ),
      prompt,
    );
    expect(sound.path).toEqual(['a:failed', 'own:done']);
  });

  it('then to the flow’s onError; $widget.<id>.error says why', async () => {
    const call = await runCase(
      flowOf({ a: play('broken', null), all: { type: 'hangup', disposition: '$widget.a.error' } }, { onError: 'all' }),
      prompt,
    );
    expect(call.path).toEqual(['a:failed', 'all:end']);
    expect(call.variables['$flow.key.disposition']).toBe('SPEECH_FAILED');
  });

  it('then to a spoken goodbye and cause 41', async () => {
    const call = await runCase(
      flowOf({ a: play('broken', null), end: note('end') }, { onFlowComplete: 'end', variables: { notes: '' } }),
      prompt,
    );
    expect(call.spoken).toEqual([DEFAULT_GOODBYE.text]);
    expect(hangups(call)).toMatchObject([{ by: 'flow', cause: 41 }]);
    expect(call.path).toEqual(['a:failed', 'end:next']);
    expect(call.summary.faults).toMatchObject([
      { code: 'SPEECH_FAILED', widget: 'a' },
      { code: 'FLOW_NO_ERROR_EXIT', widget: 'a' },
    ]);
  });

  it('an error inside onError does not go round in circles', async () => {
    const call = await runCase(flowOf({ a: play('broken', null), all: play('broken too', null) }, { onError: 'all' }), prompt);
    expect(call.path).toEqual(['a:failed', 'all:failed']);
    expect(call.spoken).toEqual([DEFAULT_GOODBYE.text]);
  });

  it.each<[string, JsonObject, string]>([
    ['webhook', hook({ success: null }, { timeout: 1 }), 'TIMEOUT'],
    [
      'operation',
      { type: 'operation', operation: 'add', saveIn: '$flow.key.x', left: '$flow.key.notes', right: 1, exits: { next: null } },
      'VALUE_NOT_A_NUMBER',
    ],
    [
      'set',
      { type: 'set', values: [{ saveIn: '$flow.key.x', expr: 'flow.key.notes * 2' }], exits: { next: null } },
      'EXPRESSION_FAILED',
    ],
    ['stopRecording', { type: 'stopRecording', name: 'none', exits: { next: null } }, 'RECORDING_NOT_FOUND'],
  ])('after an error of %s, $widget.<id>.error has its code', async (_type, widget, code) => {
    const flow = flowOf(
      { a: widget, all: { type: 'hangup', disposition: '$widget.a.error' } },
      { onError: 'all', variables: { notes: 'n' } },
    );
    const call = await runCase(flow, { webhooks: () => ({ afterMs: 5000 }) });
    expect(call.path.at(-1)).toBe('all:end');
    expect(call.variables['$flow.key.disposition']).toBe(code);
  });

  it('a value that grows without bound ends in the error branch, with the code where every widget leaves it', async () => {
    const flow = flowOf(
      {
        grow: {
          type: 'set',
          values: [{ saveIn: '$flow.key.notes', value: '$flow.key.notes$flow.key.notes$flow.key.notes$flow.key.notes' }],
          exits: { next: 'tick' },
        },
        tick: { type: 'delay', seconds: 0.1, exits: { next: 'grow' } },
        all: { type: 'hangup', disposition: '$widget.grow.error' },
      },
      { onError: 'all', variables: { notes: '0123456789' } },
    );
    const call = await runCase(flow);
    expect(call.path.at(-1)).toBe('all:end');
    expect(call.variables['$flow.key.disposition']).toBe('FLOW_VALUE_TOO_LARGE');
  });

  it('the step limit of the flow says goodbye and still completes the flow', async () => {
    const flow = flowOf(
      { a: { type: 'delay', seconds: 1, exits: { next: 'a' } }, end: note('end') },
      { maxSteps: 5, onFlowComplete: 'end', variables: { notes: '' } },
    );
    const call = await runCase(flow);
    expect(call.path).toEqual([...Array<string>(5).fill('a:next'), 'end:next']);
    expect(call.summary.faults).toMatchObject([{ code: 'FLOW_STEP_LIMIT' }]);
    expect(call.spoken).toEqual([DEFAULT_GOODBYE.text]);
    expect(hangups(call)).toMatchObject([{ cause: 41 }]);
  });
});

describe('hold music', () => {
  const music = (call: FlowTestResult) => call.events.filter(({ kind }) => kind.startsWith('music'));
  const slow = { webhooks: () => ({ afterMs: 8000, json: {} }) };
  const exits = { success: 'bye', failed: 'bye' };

  it.each<[string, JsonObject, string, number]>([
    ['the platform’s', { holdMusic: true }, 'default', 0],
    ['a file', { holdMusic: { file: 'own.wav' } }, '[own.wav]', 0],
    ['a URL with a variable', { holdMusic: { url: 'https://m.example/$flow.key.notes.mp3' } }, '[https://m.example/jazz.mp3]', 0],
    ['after a delay', { holdMusic: true, holdMusicDelay: 2.5 }, 'default', 2500],
  ])('%s', async (_what, fields, source, at) => {
    const call = await runCase(flowOf({ a: hook(exits, { timeout: 20, ...fields }) }, { variables: { notes: 'jazz' } }), slow);
    expect(music(call)).toMatchObject([
      { kind: 'musicOn', source, at },
      { kind: 'musicOff', at: 8000 },
    ]);
  });

  it('an answer before the delay is over is never heard as music', async () => {
    const call = await runCase(flowOf({ a: hook(exits, { holdMusic: true, holdMusicDelay: 1 }) }), {
      webhooks: () => ({ json: {} }),
    });
    expect(music(call)).toEqual([]);
  });

  it('music that cannot be played gives way to the platform’s: never a silent wait', async () => {
    const call = await runCase(flowOf({ a: hook(exits, { timeout: 20, holdMusic: { file: 'gone.wav' } }) }), {
      ...slow,
      failSegment: (segment) => (segment.kind === 'file' ? { kind: 'failed', code: 'PROMPT_NOT_FOUND', message: 'gone' } : null),
    });
    expect(call.path[0]).toBe('a:success');
    expect(music(call)).toMatchObject([{ kind: 'musicOn', source: 'default' }, { kind: 'musicOff' }]);
  });

  it('delay plays its own, or the platform’s when that fails', async () => {
    const flow = flowOf({ a: { type: 'delay', seconds: 4, music: { file: 'gone.wav' }, exits: { next: 'bye' } } });
    expect(music(await runCase(flow))).toMatchObject([{ source: '[gone.wav]', at: 0 }, { at: 4000 }]);
    const failed = await runCase(flow, { failSegment: () => ({ kind: 'failed', code: 'PROMPT_NOT_FOUND', message: 'gone' }) });
    expect(music(failed)).toMatchObject([{ source: 'default', at: 0 }, { at: 4000 }]);
  });
});

describe('recordings', () => {
  it('two at once: each ends by its own rule, the newest is meant when none is named', async () => {
    const flow = flowOf({
      all: { type: 'startRecording', name: 'all', tracks: 'both', exits: { next: 'msg' } },
      msg: { type: 'startRecording', name: 'msg', tracks: 'caller', beep: true, maxSeconds: 60, exits: { next: 'talk' } },
      talk: { type: 'delay', seconds: 10, exits: { next: 'stop' } },
      stop: { type: 'stopRecording', exits: { next: 'more', failed: 'bye' } },
      more: { type: 'delay', seconds: 5, exits: { next: 'bye' } },
    });
    const call = await runCase(flow);
    expect(call.events.filter(({ kind }) => kind === 'recordOff')).toMatchObject([
      { name: 'msg', ms: 10_000 },
      { name: 'all', ms: 15_000 },
    ]);
  });

  it('maxSeconds ends one by itself; stopping it then tells what it became', async () => {
    const flow = flowOf({
      rec: { type: 'startRecording', maxSeconds: 3, exits: { next: 'wait' } },
      wait: { type: 'delay', seconds: 5, exits: { next: 'stop' } },
      stop: { type: 'stopRecording', name: 'recording', exits: { next: 'why', failed: 'bye' } },
      why: { type: 'hangup', disposition: '$widget.stop.seconds' },
    });
    const call = await runCase(flow);
    expect(call.events.find(({ kind }) => kind === 'recordOff')).toMatchObject({ ms: 3000 });
    expect(call.variables['$flow.key.disposition']).toBe('3');
  });
});

describe('persist and play', () => {
  // docs/behaviour.md#persist
  it('persist is noted once, however many webhooks ask for it', async () => {
    const flow = flowOf({
      a: hook({ success: 'b', failed: 'b' }, { persist: true }),
      b: hook({ success: 'bye', failed: 'bye' }, { persist: true }),
    });
    const call = await runCase(flow, { webhooks: () => ({ json: {} }) });
    expect(call.journal.filter(({ type }) => type === 'persist')).toHaveLength(1);
  });

  it('play: loops, joins segments of every kind, and leaves out text without anything to say', async () => {
    const prompt = [
      { say: 'Hi' },
      { file: 'a-$flow.key.notes.wav' },
      { url: 'https://x.example/$flow.key.notes' },
      { say: '$flow.key.none' },
    ];
    const flow = flowOf(
      { a: { type: 'play', prompt, loop: 3, level: -1, exits: { done: 'bye' } } },
      { variables: { notes: 'b c', none: null } },
    );
    const call = await runCase(flow);
    expect(call.spoken).toEqual(['Hi [a-b c.wav] [https://x.example/b%20c]']);
    expect(call.events.find(({ kind }) => kind === 'prompt')).toMatchObject({ ms: 3 * (120 + 4000) });
  });

  it('play with loop 0 ends by a key or with the call', async () => {
    const flow = flowOf({ a: play('Forever', 'bye', { loop: 0, stopKeys: '*' }) });
    const keyed = await runCase(flow, { caller: (caller) => caller.press('1*', { after: 9000 }) });
    expect([keyed.path[0], keyed.elapsedVirtualMs]).toEqual(['a:interrupted', 9100]);
    const gone = await runCase(flow, { caller: (caller) => caller.hangUp({ after: 60_000 }) });
    expect(gone.path).toEqual(['a:']);
  });

  it('play with loop 0 of a prompt with nothing in it goes on: never an endless silence', async () => {
    const flow = flowOf(
      { a: { type: 'play', prompt: [{ say: '$flow.key.none' }], loop: 0, exits: { done: 'bye' } } },
      { variables: { none: null } },
    );
    const call = await runCase(flow, { limitMs: 60_000 });
    expect(call.path).toEqual(['a:done', 'bye:end']);
  });
});
