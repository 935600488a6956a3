import { describe, expect, it } from 'vitest';
import type { CallControl } from '../../../src/call/verbs/control.js';
import { CallRig } from '../../support/call-rig.js';

/** What a flow gives up stops where it is: while audio is made, while the ACK is awaited, and in the media engine. */

const say = { kind: 'say', text: 'hello' } as const;
const playing = { segments: [say], loop: 0, level: 0, bargeIn: false, stopKeys: '' };
const announcing = { segments: [say], level: 0 };
const music = { source: say, startDelayMs: 0 };
const noting = { name: 'note', tracks: 'caller', beep: true, maxMs: 0 } as const;
const collecting = {
  prompt: [say],
  level: 0,
  bargeIn: true,
  min: 1,
  max: 4,
  endOn: '#',
  allow: '',
  firstDigitTimeoutMs: 60_000,
  interDigitTimeoutMs: 60_000,
  typeAhead: true,
  mask: false,
};

type Verb = readonly [name: string, act: (control: CallControl, signal: AbortSignal) => Promise<unknown>];
const PLAY: Verb = ['play', (c, signal) => c.play(playing, signal)];
const COLLECT: Verb = ['collect', (c, signal) => c.collect(collecting, signal)];
const ANNOUNCE: Verb = ['announce', (c, signal) => c.announce(announcing, signal)];
const MUSIC: Verb = ['startMusic', (c, signal) => c.startMusic(music, signal)];
const RECORDING: Verb = ['startRecording', (c, signal) => c.startRecording(noting, signal)];
const KEY: Verb = ['awaitKey', (c, signal) => c.awaitKey({ keys: '' }, signal)];
const ANSWER: Verb = ['answer', (c, signal) => c.answer(signal)];

/** What became of a promise so far. */
async function outcomeOf(promise: Promise<unknown>, rig: CallRig): Promise<unknown> {
  let outcome: unknown = 'still under way';
  promise.then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = (error as Error).name),
  );
  await rig.clock.advance(0);
  return outcome;
}

describe('given up while its audio is made', () => {
  it.each([PLAY, COLLECT, ANNOUNCE, MUSIC])('%s', async (_, act) => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    rig.prompts.gate = new Promise(() => undefined);
    const stop = new AbortController();
    const asked = act(call.control, stop.signal);
    await rig.clock.advance(0);
    stop.abort();
    expect(await outcomeOf(asked, rig)).toBe('Aborted');
    expect(session.heard).toEqual([]);
  });
});

describe('given up while the ACK is awaited', () => {
  it.each([PLAY, COLLECT, ANNOUNCE, MUSIC, RECORDING, KEY, ANSWER])('%s', async (_, act) => {
    const rig = new CallRig();
    const { call, session } = await rig.dial({ autoAck: false });
    const stop = new AbortController();
    const asked = act(call.control, stop.signal);
    await rig.clock.advance(0);
    stop.abort();
    expect(await outcomeOf(asked, rig)).toBe('Aborted');
    expect(session.heard).toEqual([]);
  });
});

describe('given up in the media engine', () => {
  it.each([PLAY, COLLECT, ANNOUNCE, RECORDING, KEY])('%s', async (_, act) => {
    const rig = new CallRig();
    const { call } = await rig.answered();
    const stop = new AbortController();
    const asked = act(call.control, stop.signal);
    await rig.clock.advance(100);
    expect(await outcomeOf(asked, rig)).toBe('still under way');
    stop.abort();
    expect(await outcomeOf(asked, rig)).toBe('Aborted');
  });

  it('an announcement that waits for its turn', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    rig.prompts.gate = new Promise(() => undefined);
    void call.announce(announcing);
    await rig.clock.advance(0);
    rig.prompts.gate = null;
    const stop = new AbortController();
    const second = call.control.announce(announcing, stop.signal);
    await rig.clock.advance(0);
    stop.abort();
    expect(await outcomeOf(second, rig)).toBe('Aborted');
    expect(session.heard).toEqual([]);
  });

  it('a collect that took a key leaves what it took, and the call goes on', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    const stop = new AbortController();
    const asked = call.control.collect(collecting, stop.signal);
    await rig.clock.advance(100);
    session.press('7');
    stop.abort();
    expect(await outcomeOf(asked, rig)).toMatchObject({ kind: 'left', digits: '7' });
    expect(call.termination).toBeNull();
  });
});

it.each([PLAY, COLLECT, ANNOUNCE, MUSIC, RECORDING, KEY, ANSWER])('given up before it begins: %s', async (_, act) => {
  const rig = new CallRig();
  const { call, caller } = await rig.dial();
  expect(await outcomeOf(act(call.control, AbortSignal.abort()), rig)).toBe('Aborted');
  expect(caller.statuses).toEqual([180]);
  expect(rig.prompts.loads).toEqual([]);
});
