import { describe, expect, it } from 'vitest';
import { CallRig, never, NOTHING_HELD } from '../../../support/call-rig.js';

const announcing = { segments: [{ kind: 'say', text: 'hello' }], level: 0.5 } as const;

describe('announcements', () => {
  const named = (text: string) => ({ segments: [{ kind: 'say', text }], level: 0 }) as const;

  it('are heard at their level, in the order they were asked for, however long each is rendered', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    let rendered: () => void = () => undefined;
    rig.prompts.gate = new Promise((resolve) => {
      rendered = resolve;
    });
    const first = call.announce({ ...named('first'), level: 0.5 });
    await rig.clock.advance(0);
    rig.prompts.gate = null;
    const second = call.control.announce({ ...named('second'), level: -1 }, never);
    await rig.clock.advance(500);
    expect(session.heard).toEqual([]);
    rendered();
    expect(await rig.clock.runUntil(Promise.all([first, second]))).toEqual(Array(2).fill({ kind: 'done', ms: 1000 }));
    expect(session.heard).toMatchObject([
      { what: 'announce', at: 500, gainDb: 3 },
      { what: 'announce', at: 1500, gainDb: -6 },
    ]);
  });

  it('that cannot be rendered fail with their code and hold nobody up', async () => {
    const rig = new CallRig();
    const { call } = await rig.answered();
    rig.prompts.failWith = 'SPEECH_FAILED';
    const broken = call.announce(named('broken'));
    await rig.clock.advance(0);
    rig.prompts.failWith = null;
    expect(await broken).toMatchObject({ kind: 'failed', code: 'SPEECH_FAILED' });
    expect(await rig.clock.runUntil(call.announce(named('whole')))).toEqual({ kind: 'done', ms: 1000 });
  });

  it('that are aborted while they are rendered hold nobody up', async () => {
    const rig = new CallRig();
    const { call } = await rig.answered();
    rig.prompts.gate = new Promise(() => undefined);
    const stop = new AbortController();
    const stuck = call.control.announce(named('stuck'), stop.signal);
    await rig.clock.advance(0);
    rig.prompts.gate = null;
    const next = call.announce(named('next'));
    stop.abort();
    await expect(stuck).rejects.toMatchObject({ name: 'Aborted' });
    expect(await rig.clock.runUntil(next)).toEqual({ kind: 'done', ms: 1000 });
  });

  it('from outside the flow do not answer a call', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.dial();
    expect(await call.announce(announcing)).toMatchObject({ kind: 'failed', code: 'CALL_NOT_ANSWERED' });
    expect(caller.statuses).toEqual([180]);
  });

  it('from outside are fifty at most, and taken again once one was heard', async () => {
    const rig = new CallRig();
    const { call } = await rig.answered();
    const waiting = Array.from({ length: 50 }, () => call.announce(announcing));
    expect(await call.announce(announcing)).toMatchObject({ kind: 'failed', code: 'ANNOUNCEMENTS_FULL' });
    await rig.clock.runUntil(waiting[0] ?? Promise.reject(new Error('none')));
    const last = call.announce(announcing);
    expect(await rig.clock.runUntil(last)).toEqual({ kind: 'done', ms: 1000 });
    expect(rig.clock.monotonic()).toBe(51_000);
  });

  it('from outside are answered when the caller hangs up meanwhile, and nothing stays behind', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.answered();
    const said = [call.announce(announcing), call.announce(announcing)];
    await rig.clock.advance(300);
    caller.bye();
    const ends = await rig.clock.runUntil(Promise.all(said));
    expect(ends).toMatchObject(Array(2).fill({ kind: 'failed', code: 'CALL_ENDED' }));
    await rig.clock.runUntil(call.ended);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('an engine that loses the session is a failed answer, and the call ends', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    const [said, waiting] = [call.announce(announcing), call.control.awaitKey({ keys: '' }, never)];
    await rig.clock.advance(300);
    session.lose();
    expect(await rig.clock.runUntil(said)).toMatchObject({ kind: 'failed', code: 'CALL_ENDED' });
    expect(await rig.clock.runUntil(waiting)).toMatchObject({ kind: 'failed', code: 'CALL_ENDED' });
    expect(await rig.clock.runUntil(call.ended)).toMatchObject({ reason: 'media-failed' });
  });
});

describe('a key awaited', () => {
  it('is told with its time, and no music stops', async () => {
    const rig = new CallRig();
    const { call, session } = await rig.answered();
    await call.control.startMusic({ source: 'default', startDelayMs: 0 }, never);
    const waiting = call.control.awaitKey({ keys: '0' }, never);
    await rig.clock.advance(100);
    session.press('50');
    expect(await waiting).toEqual({ kind: 'pressed', key: '0', at: rig.clock.now() });
    expect([session.buffer, session.music !== null]).toEqual(['5', true]);
  });
});
