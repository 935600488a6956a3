import { describe, expect, it } from 'vitest';
import type { CallControl } from '../../../../src/call/verbs/control.js';
import type { CallEvent } from '../../../../src/model/call-events.js';
import type { Call } from '../../../../src/call/call.js';
import type { JournalEvent } from '../../../../src/model/journal.js';
import type { CallFactsPort, CallPort } from '../../../../src/flow/ports.js';
import { CallRig, never, NOTHING_HELD } from '../../../support/call-rig.js';
import { OFFER } from '../../../support/fake-signaling.js';

/* The fit of the contracts is the compiler's to check: these lines do not compile when it breaks. */
export const port = (control: CallControl): CallPort => control;
export const entry = (event: CallEvent): JournalEvent => event;
export const facts = (call: Call): CallFactsPort => ({ read: () => call.facts() });

const say = { kind: 'say', text: 'hello' } as const;
const playing = { segments: [say], loop: 1, level: 0, bargeIn: true, stopKeys: '#' };
const announcing = { segments: [say], level: 0.5 };
const collecting = {
  prompt: [say],
  level: 0.5,
  bargeIn: true,
  min: 2,
  max: 4,
  endOn: '#',
  allow: '',
  firstDigitTimeoutMs: 5000,
  interDigitTimeoutMs: 3000,
  typeAhead: true,
  mask: false,
};

describe('answering', () => {
  it.each([
    ['play', (c: CallControl) => c.play(playing, never)],
    ['collect', (c: CallControl) => c.collect(collecting, never)],
    ['startMusic', (c: CallControl) => c.startMusic({ source: 'default', startDelayMs: 0 }, never)],
    ['startRecording', (c: CallControl) => c.startRecording({ name: 'note', tracks: 'caller', beep: false, maxMs: 0 }, never)],
    ['announce', (c: CallControl) => c.announce(announcing, never)],
    ['awaitKey', (c: CallControl) => c.awaitKey({ keys: '' }, never)],
    ['answer', (c: CallControl) => c.answer(never)],
  ] as const)('%s answers an unanswered call', async (_name, act) => {
    const rig = new CallRig();
    const { call, caller } = await rig.dial();
    void act(call.control);
    await rig.clock.advance(0);
    expect(caller.statuses).toEqual([180, 200]);
    expect(call.facts()).toMatchObject({ state: 'in_progress', answer: expect.any(String) as string });
  });

  it('happens once, even when two operations race', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.dial({ autoAck: false });
    const both = Promise.all([
      call.control.answer(never),
      call.control.startMusic({ source: 'default', startDelayMs: 0 }, never),
      call.control.startRecording({ name: 'n', tracks: 'both', beep: false, maxMs: 0 }, never),
    ]);
    await rig.clock.advance(0);
    caller.ack();
    expect((await rig.clock.runUntil(both)).map((answer) => answer.kind)).toEqual(['done', 'done', 'started']);
    expect(caller.statuses).toEqual([180, 200]);
    expect(await call.control.answer(never)).toEqual({ kind: 'done' });
    expect(rig.events.filter((event) => event.type === 'leg.answered')).toHaveLength(1);
  });

  it('an aborted wait rejects, and the answer goes on', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.dial({ autoAck: false });
    const abort = new AbortController();
    const answering = call.control.answer(abort.signal);
    await rig.clock.advance(0);
    abort.abort();
    await expect(answering).rejects.toMatchObject({ name: 'Aborted' });
    caller.ack();
    await rig.clock.advance(0);
    expect(call.answeredAt).not.toBeNull();
    await expect(call.control.play(playing, abort.signal)).rejects.toMatchObject({ name: 'Aborted' });
  });

  it('after the end everything is CALL_ENDED, never a rejection', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.dial();
    caller.cancel();
    await rig.clock.advance(0);
    const { control } = call;
    const ended = { kind: 'failed', code: 'CALL_ENDED' };
    expect(await control.answer(never)).toMatchObject(ended);
    expect(await control.play(playing, never)).toMatchObject(ended);
    expect(await control.collect(collecting, never)).toMatchObject(ended);
    expect(await control.startMusic({ source: 'default', startDelayMs: 0 }, never)).toMatchObject(ended);
    expect(await control.announce(announcing, never)).toMatchObject(ended);
    expect(await call.announce(announcing)).toMatchObject(ended);
    expect(await control.awaitKey({ keys: '' }, never)).toMatchObject(ended);
    expect(await control.startRecording({ name: 'n', tracks: 'both', beep: true, maxMs: 0 }, never)).toMatchObject(ended);
    expect(await control.stopMusic(never)).toEqual({ kind: 'done' });
    expect(await control.hangup({ cause: 16 }, never)).toEqual({ kind: 'done' });
  });

  it('a late offer: our offer goes out in the 200, the ACK’s answer reaches the media', async () => {
    const rig = new CallRig();
    const { caller, session } = await rig.answered({ sdp: null, ackSdp: OFFER });
    expect(caller.last?.sdp).toContain(`m=audio ${session.port}`);
    expect(session.accepted).toBe(OFFER);
  });

  it.each([
    ['without an answer in the ACK', undefined],
    ['with an answer we cannot use', OFFER],
  ])('a late offer %s ends the call with BYE', async (_name, ackSdp) => {
    const rig = new CallRig();
    const { call, caller, session } = await rig.dial({ sdp: null, ...(ackSdp === undefined ? {} : { ackSdp }) });
    session.refuseSdp = { code: 'SDP_NO_COMMON_CODEC', message: 'no' };
    expect(await call.control.answer(never)).toMatchObject({ code: 'CALL_ENDED' });
    expect(await rig.clock.runUntil(call.ended)).toMatchObject({ by: 'network', reason: 'no-common-codec' });
    expect(caller.byes).toEqual([88]);
    expect(rig.held).toEqual(NOTHING_HELD);
  });
});

describe('prompts', () => {
  it('play loads in the flow’s language, applies the level in steps of 6 dB and says how long it played', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.dial();
    call.speak({ language: 'de-AT', formatTime: String });
    const done = call.control.play({ ...playing, segments: [say, say], level: -1 }, never);
    expect(await rig.clock.runUntil(done)).toEqual({ kind: 'done', ms: 2000 });
    expect(rig.prompts.loads[0]).toMatchObject({ language: 'de-AT' });
    expect(session.heard[0]).toMatchObject({ what: 'play', gainDb: -6 });
  });

  it.each(['SPEECH_FAILED', 'PROMPT_NOT_FOUND', 'PROMPT_FETCH_FAILED'] as const)(
    '%s is a failed answer of every operation with a prompt, and the call is not answered for it',
    async (code) => {
      const rig = new CallRig();
      rig.prompts.failWith = code;
      const { call, caller } = await rig.dial();
      expect(await call.control.play(playing, never)).toMatchObject({ kind: 'failed', code });
      expect(await call.control.collect(collecting, never)).toMatchObject({ kind: 'failed', code });
      const music = { source: { kind: 'file', file: 'x.wav' }, startDelayMs: 0 } as const;
      expect(await call.control.startMusic(music, never)).toMatchObject({ kind: 'failed', code });
      expect(await call.control.announce(announcing, never)).toMatchObject({ kind: 'failed', code });
      expect(caller.statuses).toEqual([180]);
      expect(call.termination).toBeNull();
    },
  );

  it('a caller who hangs up while text is rendered aborts the wait', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.answered();
    rig.prompts.gate = new Promise(() => undefined);
    const waiting = call.control.play(playing, call.signal);
    caller.bye();
    await expect(rig.clock.runUntil(waiting)).rejects.toMatchObject({ name: 'Aborted' });
  });

  it('a stop key is consumed', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    const done = call.control.play(playing, never);
    await rig.clock.advance(400);
    session.press('#');
    expect(await done).toEqual({ kind: 'interrupted', key: '#', consumed: true, ms: 400 });
  });
});

describe('digits', () => {
  async function keyed(mask: boolean, keys: string) {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    const done = call.control.collect({ ...collecting, mask }, never);
    await rig.clock.advance(0);
    session.press(keys);
    return { answer: await rig.clock.runUntil(done), call };
  }

  it('collect gives digits, what ended them and the keys, and $call.dtmf remembers them', async () => {
    const { answer, call } = await keyed(false, '123#');
    expect(answer).toMatchObject({ kind: 'collected', digits: '123', endedBy: 'terminator' });
    expect(call.facts()).toMatchObject({ dtmf: '123' });
  });

  it('too few digits and none are told apart', async () => {
    expect((await keyed(false, '1#')).answer).toEqual({
      kind: 'tooShort',
      digits: '1',
      endedBy: 'terminator',
      keys: [expect.anything(), expect.anything()],
    });
    expect((await keyed(false, '')).answer).toEqual({ kind: 'noInput' });
  });

  it.each([
    ['become $call.dtmf', false, { dtmf: '12' }],
    ['stay out of $call.dtmf when masked', true, {}],
  ])('keys of a caller who hangs up before the input ends %s', async (_what, mask, facts) => {
    const rig = new CallRig();
    const { call, caller, session } = await rig.answered();
    const done = call.control.collect({ ...collecting, mask }, call.signal);
    await rig.clock.advance(0);
    session.press('12');
    caller.bye();
    expect(await rig.clock.runUntil(done)).toMatchObject({ kind: 'left', digits: '12' });
    const { dtmf } = call.facts();
    expect(dtmf === undefined ? {} : { dtmf }).toEqual(facts);
  });

  it('masked digits do not become $call.dtmf', async () => {
    const { answer, call } = await keyed(true, '1234');
    expect(answer).toMatchObject({ digits: '1234', endedBy: 'max' });
    expect(call.facts()).not.toHaveProperty('dtmf');
  });

  it('INFO keys count, whatever was agreed on', async () => {
    const rig = new CallRig();
    const { caller, session } = await rig.answered();
    expect(caller.info('application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n')).toBe(200);
    expect(caller.info('application/dtmf', '#')).toBe(200);
    expect(caller.info('application/media_control+xml', '<x/>')).toBe(415);
    expect(caller.info('application/dtmf-relay', 'Signal=hook')).toBe(400);
    expect(session.injected).toEqual(['5', '#']);
  });
});

describe('music', () => {
  it('starts after its delay from the platform’s source or a file, and stops', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    await call.control.startMusic({ source: 'default', startDelayMs: 200 }, never);
    expect(session.music).toEqual({ audio: [rig.prompts.holdMusic], startDelayMs: 200, pauseMs: 0 });
    await call.control.stopMusic(never);
    expect(session.music).toBeNull();
    await call.control.startMusic({ source: { kind: 'file', file: 'own.wav' }, startDelayMs: 0 }, never);
    expect(session.music?.audio).not.toContain(rig.prompts.holdMusic);
  });
});

describe('music that is slow to load', () => {
  async function slow() {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    let loaded: () => void = () => undefined;
    rig.prompts.gate = new Promise((resolve) => {
      loaded = resolve;
    });
    const starting = call.control.startMusic({ source: say, startDelayMs: 0 }, never);
    await rig.clock.advance(0);
    rig.prompts.gate = null;
    return { call, session, loaded, starting };
  }

  it('and stopped meanwhile never begins', async () => {
    const { call, session, loaded, starting } = await slow();
    await call.control.stopMusic(never);
    loaded();
    expect(await starting).toEqual({ kind: 'done' });
    expect(session.music).toBeNull();
  });

  it('does not take the place of music asked for since', async () => {
    const { call, session, loaded, starting } = await slow();
    await call.control.startMusic({ source: 'default', startDelayMs: 7 }, never);
    loaded();
    await starting;
    expect(session.music).toMatchObject({ startDelayMs: 7 });
  });
});

describe('a repeated prompt', () => {
  it('is music of several pieces with a pause', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    await call.control.startMusic({ source: [say, say], startDelayMs: 100, pauseMs: 4000 }, never);
    expect(session.music).toMatchObject({ audio: [{ ms: 1000 }, { ms: 1000 }], startDelayMs: 100, pauseMs: 4000 });
  });

  it('of nothing is the platform’s own music, never silence', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    await call.control.startMusic({ source: [], startDelayMs: 0 }, never);
    expect(session.music?.audio).toEqual([rig.prompts.holdMusic]);
  });
});

describe('recording', () => {
  const note = { name: 'note', tracks: 'caller', beep: false, maxMs: 0 } as const;

  it('starts after the beep and gives the finished file once', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    const started = await rig.clock.runUntil(call.control.startRecording({ ...note, beep: true }, never));
    expect(started).toEqual({ kind: 'started', id: 'uuid-3' });
    expect(session.heard[0]).toMatchObject({ what: 'play', ms: 260 });
    await rig.clock.advance(2000);
    const recording = { id: 'uuid-3', name: 'note', ms: 2000, bytes: 32_044, format: 'wav' };
    expect(await call.control.stopRecording({ name: 'note' }, never)).toEqual({ kind: 'stopped', recording });
    expect(rig.events.slice(-2)).toEqual([
      { type: 'recording.started', id: 'uuid-3', name: 'note', file: 'uuid-3.wav' },
      { type: 'recording', id: 'uuid-3', name: 'note', file: 'uuid-3.wav', durationMs: 2000, bytes: 32_044, format: 'wav' },
    ]);
    expect(session.recorded[0]).toMatchObject({ file: '/recordings/uuid-3.wav', tracks: 'caller' });
    expect(call.facts()).toMatchObject({ recordingurl: 'https://x/uuid-3' });
  });

  it('one that stopped by itself can still be asked for', async () => {
    const rig = new CallRig();
    const { call } = await rig.answered();
    await call.control.startRecording({ ...note, maxMs: 1000 }, never);
    await rig.clock.advance(5000);
    expect(await call.control.stopRecording({ name: null }, never)).toMatchObject({ kind: 'stopped', recording: { ms: 1000 } });
  });

  it('without a name the newest that still runs is meant', async () => {
    const rig = new CallRig();
    const { call } = await rig.answered();
    await call.control.startRecording({ ...note, name: 'all' }, never);
    await call.control.startRecording({ ...note, name: 'message' }, never);
    const stopped = [];
    for (let i = 0; i < 3; i++) stopped.push(await call.control.stopRecording({ name: null }, never));
    expect(stopped).toMatchObject([
      { recording: { name: 'message' } },
      { recording: { name: 'all' } },
      { recording: { name: 'message' } },
    ]);
  });

  it('failures have a code', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    expect(await call.control.stopRecording({ name: null }, never)).toMatchObject({ code: 'RECORDING_NOT_FOUND' });
    session.recordingError = 'disk full';
    expect(await call.control.startRecording(note, never)).toMatchObject({ code: 'RECORDING_FAILED', message: 'disk full' });
  });

  it('the whole call is recorded from the answer on and is not the flow’s to stop', async () => {
    const rig = new CallRig();
    const { call, session, caller } = await rig.dial();
    call.startCallRecording();
    call.startCallRecording();
    await rig.clock.advance(1000);
    expect(session.recorded).toHaveLength(0);
    await call.control.answer(never);
    await rig.clock.advance(3000);
    expect(session.recorded).toMatchObject([{ tracks: 'both', maxMs: 0 }]);
    expect(await call.control.stopRecording({ name: null }, never)).toMatchObject({ code: 'RECORDING_NOT_FOUND' });
    caller.bye();
    await rig.clock.runUntil(call.ended);
    expect(rig.events.at(-1)).toMatchObject({ type: 'recording', name: 'call', durationMs: 3000 });
  });

  it('one that a full disk cut short is a failed answer, a note, and still listed', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    await call.control.startRecording(note, never);
    await rig.clock.advance(1000);
    session.recordingEndError = 'disk full';
    expect(await call.control.stopRecording({ name: null }, never)).toMatchObject({
      code: 'RECORDING_FAILED',
      message: 'disk full',
    });
    expect(rig.events.slice(-2)).toMatchObject([
      { type: 'recording', durationMs: 1000 },
      { type: 'note', text: 'RECORDING_FAILED: disk full' },
    ]);
    expect(rig.events.at(-2)).not.toHaveProperty('error');
  });

  it('a whole-call recording that cannot be made is noted and costs no call', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    session.recordingError = 'disk full';
    call.startCallRecording();
    await rig.clock.advance(0);
    expect(rig.events.at(-1)).toEqual({ type: 'note', text: 'RECORDING_FAILED: disk full' });
    expect(call.termination).toBeNull();
  });

  it('one that the engine confirms only while the call ends is final before `ended`', async () => {
    const rig = new CallRig();
    const { call, session, caller } = await rig.answered();
    let confirm: () => void = () => undefined;
    session.recordingGate = new Promise((resolve) => {
      confirm = resolve;
    });
    void call.control.startRecording(note, never);
    await rig.clock.advance(0);
    caller.bye();
    await rig.clock.advance(0);
    expect(rig.registry.size).toBe(1);
    confirm();
    await rig.clock.runUntil(call.ended);
    expect(rig.events.filter((event) => event.type === 'recording')).toHaveLength(1);
    expect(rig.held).toEqual(NOTHING_HELD);
  });
});

describe('re-INVITE', () => {
  it('goes through the session, with 488 or 400 and a warning when it cannot be served', async () => {
    const rig = new CallRig();
    const { caller, session } = await rig.answered();
    expect(caller.reinvite(OFFER)).toMatchObject({ status: 200, sdp: expect.stringContaining('a=sendrecv') as string });
    expect(session.answers).toBe(2);
    session.refuseSdp = { code: 'SDP_NO_COMMON_CODEC', message: 'no' };
    expect(caller.reinvite(OFFER)).toMatchObject({ status: 488, warning: { code: 305, text: 'no' } });
    session.refuseSdp = { code: 'SDP_INVALID', message: 'no' };
    expect(caller.reinvite('x')).toMatchObject({ status: 400, warning: { code: 399, text: 'no' } });
  });

  it('without SDP gets our offer, and its answer reaches the media', async () => {
    const rig = new CallRig();
    const { caller, session } = await rig.answered();
    expect(caller.reinvite(null, OFFER).status).toBe(200);
    expect(session.accepted).toBe(OFFER);
  });
});

describe('$call.*', () => {
  it('changes with the call', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.dial({ headers: { 'X-Order': '7', Subject: 'no' } });
    call.speak({ language: 'en-US', formatTime: (ms) => new Date(ms).toISOString().replace('Z', '+00:00') });
    expect(call.facts()).toEqual({
      cli: '+4930123',
      did: '100',
      uuid: 'uuid-1',
      direction: 'inbound',
      state: 'ringing',
      start: '2026-01-05T09:00:00.000+00:00',
      duration: 0,
      'sipheader.X-Order': '7',
    });
    await rig.clock.advance(1000);
    await call.control.answer(never);
    await rig.clock.advance(2500);
    expect(call.facts()).toMatchObject({ answer: '2026-01-05T09:00:01.000+00:00', duration: 2, state: 'in_progress' });
    caller.bye(16);
    await rig.clock.runUntil(call.ended);
    await rig.clock.advance(10_000);
    expect(call.facts()).toMatchObject({
      state: 'completed',
      end: '2026-01-05T09:00:03.500+00:00',
      duration: 2,
      hangupcause: '16',
      remotehangup: true,
    });
  });
});
