import { describe, expect, it } from 'vitest';
import { drainCalls } from '../../../src/call/drain.js';
import { END_REASONS } from '../../../src/call/termination.js';
import type { Termination } from '../../../src/model/termination.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { CallRig, never, NOTHING_HELD, type RigOptions } from '../../support/call-rig.js';
import { OFFER, type DialOptions } from '../../support/fake-signaling.js';

type Dialled = Awaited<ReturnType<CallRig['dial']>> & { readonly rig: CallRig };

interface Ending {
  readonly name: string;
  readonly rig?: RigOptions;
  readonly dial?: DialOptions;
  readonly answered: boolean;
  readonly happen: (dialled: Dialled) => unknown;
  readonly expected: Termination;
  /** Last response of a call that was never answered. */
  readonly response?: { readonly status: number; readonly cause?: number | null };
  /** Causes of the BYEs the caller gets. */
  readonly byes?: readonly number[];
  readonly state: string;
}

const endings: readonly Ending[] = [
  {
    name: 'the caller hangs up',
    answered: true,
    happen: ({ caller }) => caller.bye(),
    expected: { by: 'caller', cause: 16, sip: null, reason: 'bye' },
    state: 'completed',
  },
  {
    name: 'the caller hangs up with a Q.850 cause',
    answered: true,
    happen: ({ caller }) => caller.bye(31),
    expected: { by: 'caller', cause: 31, sip: null, reason: 'bye' },
    state: 'completed',
  },
  {
    name: 'CANCEL before the answer',
    answered: false,
    happen: ({ caller }) => caller.cancel(),
    expected: { by: 'caller', cause: 16, sip: 487, reason: 'cancel' },
    response: { status: 487 },
    state: 'cancelled',
  },
  {
    name: 'CANCEL that overtakes our 200',
    dial: { autoAck: false },
    answered: false,
    happen: async ({ caller, call }) => {
      void call.control.answer(never);
      await Promise.resolve();
      caller.cancelBeforeOurAnswer();
    },
    expected: { by: 'caller', cause: 16, sip: 487, reason: 'cancel' },
    response: { status: 487 },
    state: 'cancelled',
  },
  {
    name: 'no ACK',
    dial: { autoAck: false },
    answered: false,
    happen: async ({ caller, call }) => {
      void call.control.answer(never);
      await Promise.resolve();
      caller.neverAck();
    },
    expected: { by: 'network', cause: 102, sip: null, reason: 'no-ack' },
    state: 'no_answer',
  },
  {
    name: 'no PRACK of the ringing a caller requires to be reliable',
    answered: false,
    happen: ({ caller }) => caller.neverPrack(),
    expected: { by: 'network', cause: 102, sip: 500, reason: 'no-prack' },
    response: { status: 500 },
    state: 'no_answer',
  },
  {
    name: 'no PRACK, with our 200 waiting for it',
    dial: { autoAck: false },
    answered: false,
    happen: async ({ caller, call }) => {
      void call.control.answer(never);
      await Promise.resolve();
      caller.neverPrack();
    },
    expected: { by: 'network', cause: 102, sip: 500, reason: 'no-prack' },
    response: { status: 500 },
    state: 'no_answer',
  },
  {
    name: 'the flow hangs up',
    answered: true,
    happen: ({ call }) => call.control.hangup({ cause: 31 }, never),
    expected: { by: 'flow', cause: 31, sip: null, reason: 'hangup' },
    byes: [31],
    state: 'completed',
  },
  {
    name: 'the flow refuses before the answer',
    answered: false,
    happen: ({ call }) => call.control.hangup({ cause: 17 }, never),
    expected: { by: 'flow', cause: 17, sip: 486, reason: 'hangup' },
    response: { status: 486, cause: 17 },
    state: 'busy',
  },
  {
    name: 'maximum length',
    rig: { limits: { maxCallMs: 60_000 } },
    answered: true,
    happen: ({ rig }) => rig.clock.advance(60_000),
    expected: { by: 'limit', cause: 102, sip: null, reason: 'max-duration' },
    byes: [102],
    state: 'completed',
  },
  {
    name: 'maximum length of a call nobody answers',
    rig: { limits: { maxCallMs: 60_000 } },
    answered: false,
    happen: ({ rig }) => rig.clock.advance(60_000),
    expected: { by: 'limit', cause: 102, sip: 504, reason: 'max-duration' },
    response: { status: 504 },
    state: 'no_answer',
  },
  {
    name: 'no RTP',
    rig: { limits: { mediaTimeoutMs: 20_000 } },
    answered: true,
    happen: ({ rig }) => rig.clock.advance(20_000),
    expected: { by: 'network', cause: 41, sip: null, reason: 'media-timeout' },
    byes: [41],
    state: 'completed',
  },
  {
    name: 'the media engine lost the call, as the watchdog sees it',
    rig: { limits: { mediaTimeoutMs: 20_000 } },
    answered: true,
    happen: ({ rig, session }) => {
      session.statsFail = true;
      return rig.clock.advance(20_000);
    },
    expected: { by: 'network', cause: 41, sip: null, reason: 'media-failed' },
    byes: [41],
    state: 'completed',
  },
  {
    name: 'the media engine does not answer',
    rig: { limits: { mediaTimeoutMs: 20_000 } },
    answered: true,
    happen: ({ rig, session }) => {
      session.statsHang = true;
      return rig.clock.advance(25_000);
    },
    expected: { by: 'network', cause: 41, sip: null, reason: 'media-failed' },
    byes: [41],
    state: 'completed',
  },
  {
    name: 'the media engine’s worker dies while nothing plays',
    answered: true,
    happen: ({ session }) => {
      session.lose();
    },
    expected: { by: 'network', cause: 41, sip: null, reason: 'media-failed' },
    byes: [41],
    state: 'completed',
  },
  {
    name: 'the media engine’s worker dies before the answer',
    answered: false,
    happen: ({ session }) => {
      session.lose();
    },
    expected: { by: 'network', cause: 41, sip: 503, reason: 'media-failed' },
    response: { status: 503, cause: 41 },
    state: 'failed',
  },
  {
    name: 'the media session closes under a prompt',
    answered: true,
    happen: async ({ call, session }) => {
      const playing = call.control.play(
        { segments: [{ kind: 'say', text: 'hi' }], loop: 1, level: 0, bargeIn: false, stopKeys: '' },
        never,
      );
      await Promise.resolve();
      await new Promise(setImmediate);
      await session.close();
      expect(await playing).toMatchObject({ kind: 'failed', code: 'CALL_ENDED' });
    },
    expected: { by: 'network', cause: 41, sip: null, reason: 'media-failed' },
    byes: [41],
    state: 'completed',
  },
  {
    name: 'drain',
    answered: true,
    happen: ({ rig }) => {
      const { signaling, admission, registry, clock } = rig;
      const draining = drainCalls({ signaling, admission, registry, clock, log: silentLogger, waitMs: 5000, finishMs: 5000 });
      return Promise.all([draining, clock.advance(5000)]);
    },
    expected: { by: 'drain', cause: 41, sip: null, reason: 'drain' },
    byes: [41],
    state: 'completed',
  },
  {
    name: 'drain before the answer',
    answered: false,
    happen: ({ call }) => call.end(END_REASONS.drain()),
    expected: { by: 'drain', cause: 41, sip: 503, reason: 'drain' },
    response: { status: 503, cause: 41 },
    state: 'failed',
  },
  {
    name: 'the signalling server is lost',
    answered: true,
    happen: ({ rig }) => {
      rig.signaling.lose();
    },
    expected: { by: 'network', cause: 38, sip: null, reason: 'signaling-lost' },
    state: 'completed',
  },
  {
    name: 'the signalling server is lost before the answer',
    answered: false,
    happen: ({ rig }) => {
      rig.signaling.lose();
    },
    expected: { by: 'network', cause: 38, sip: null, reason: 'signaling-lost' },
    state: 'failed',
  },
  {
    name: 'the session timer expires',
    answered: true,
    happen: ({ caller }) => {
      caller.sessionExpires();
    },
    expected: { by: 'network', cause: 102, sip: null, reason: 'session-expired' },
    state: 'completed',
  },
  {
    name: 'the far end says to our session refresh that it knows the call no longer',
    answered: true,
    happen: ({ caller }) => {
      caller.sessionExpires(41);
    },
    expected: { by: 'network', cause: 41, sip: null, reason: 'session-expired' },
    state: 'completed',
  },
  {
    name: 'an administrator hangs up',
    answered: true,
    happen: ({ call }) => call.end(END_REASONS.admin()),
    expected: { by: 'admin', cause: 16, sip: null, reason: 'admin-hangup' },
    byes: [16],
    state: 'completed',
  },
];

describe('every ending yields exactly one Termination and frees port, place and registry entry', () => {
  it.each(endings)('$name', async ({ rig: options, dial, answered, happen, expected, response, byes, state }) => {
    const rig = new CallRig(options);
    const dialled = answered ? await rig.answered(dial) : await rig.dial(dial);
    const { call, caller } = dialled;
    let settled = 0;
    void call.ended.then(() => settled++);
    call.startCallRecording();
    await rig.clock.advance(0);
    await happen({ ...dialled, rig });
    expect(await rig.clock.runUntil(call.ended)).toEqual(expected);
    await rig.clock.advance(0);

    expect(call.termination).toEqual(expected);
    expect(call.signal.aborted).toBe(true);
    expect(rig.held).toEqual(NOTHING_HELD);
    expect(caller.byes).toEqual(byes ?? []);
    if (response !== undefined) expect(caller.last).toMatchObject(response);
    expect(call.facts()).toMatchObject({
      state,
      hangupcause: String(expected.cause),
      remotehangup: expected.by === 'caller',
    });
    const ended = rig.events.filter((event) => event.type === 'leg.ended');
    expect(ended).toEqual([
      {
        type: 'leg.ended',
        leg: expect.any(String) as string,
        cause: expected.cause,
        sip: expected.sip,
        remote: expected.by === 'caller',
      },
    ]);
    expect(rig.events.filter((event) => event.type === 'recording')).toHaveLength(answered ? 1 : 0);

    // Whatever comes later changes nothing.
    caller.bye();
    caller.cancel();
    void call.end(END_REASONS.admin());
    await rig.clock.advance(1000);
    expect(await call.ended).toEqual(expected);
    expect(settled).toBe(1);
    expect(rig.events.filter((event) => event.type === 'leg.ended')).toHaveLength(1);
    expect(rig.held).toEqual(NOTHING_HELD);
  });
});

describe('endings that race', () => {
  it('CANCEL against accept: our 200 went first, so the CANCEL does nothing and the call is up', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.dial({ autoAck: false });
    const answering = call.control.answer(never);
    await rig.clock.advance(0);
    caller.cancel();
    caller.ack();
    expect(await answering).toEqual({ kind: 'done' });
    expect(call.termination).toBeNull();
    caller.bye();
    expect(await rig.clock.runUntil(call.ended)).toMatchObject({ reason: 'bye' });
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('CANCEL that is there before the media port: the call has its row and its ending', async () => {
    const rig = new CallRig();
    let openPort: () => void = () => undefined;
    rig.media.gate = new Promise((resolve) => {
      openPort = resolve;
    });
    const caller = rig.signaling.dial();
    caller.cancel();
    openPort();
    await rig.clock.advance(0);
    expect(rig.calls).toHaveLength(1);
    expect(await rig.clock.runUntil(rig.calls[0]!.ended)).toMatchObject({ by: 'caller', reason: 'cancel', sip: 487 });
    expect(caller.statuses).toEqual([487]);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it.each([
    { first: 'the BYE', reason: 'bye' },
    { first: 'the hangup', reason: 'hangup' },
  ])('hangup against the caller’s BYE: $first comes first and counts, once', async ({ reason }) => {
    const rig = new CallRig();
    const { call, caller } = await rig.answered();
    if (reason === 'bye') {
      caller.bye();
      await rig.clock.advance(0);
    }
    expect(await call.control.hangup({ cause: 16 }, never)).toEqual({ kind: 'done' });
    caller.bye();
    expect(await rig.clock.runUntil(call.ended)).toMatchObject({ reason });
    expect(rig.events.filter((event) => event.type === 'leg.ended')).toHaveLength(1);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('a hangup while the 200 waits for its ACK: BYE goes out after the ACK, not before (RFC 3261 §15)', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.dial({ autoAck: false });
    const answering = call.control.answer(never);
    await rig.clock.advance(0);
    await call.control.hangup({ cause: 21 }, never);
    expect(await rig.clock.runUntil(call.ended)).toEqual({ by: 'flow', cause: 21, sip: null, reason: 'hangup' });
    expect(caller.byes).toEqual([]);
    caller.ack();
    expect(await answering).toMatchObject({ kind: 'failed', code: 'CALL_ENDED' });
    expect(caller.byes).toEqual([21]);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('the end aborts what the flow waits for', async () => {
    const rig = new CallRig();
    const { call, caller } = await rig.answered();
    const playing = call.control.play(
      { segments: [{ kind: 'say', text: 'x' }], loop: 0, level: 0, bargeIn: false, stopKeys: '' },
      call.signal,
    );
    await rig.clock.advance(100);
    caller.bye();
    await expect(playing).rejects.toMatchObject({ name: 'Aborted' });
  });

  it('media that does not close in time holds the end up for 5 s, not for ever', async () => {
    const rig = new CallRig();
    const { call, caller, session } = await rig.answered();
    session.closeHangs = true;
    caller.bye();
    await rig.clock.advance(4900);
    expect(rig.registry.size).toBe(1);
    await rig.clock.advance(200);
    expect(await call.ended).toMatchObject({ reason: 'bye' });
    expect(rig.registry.size).toBe(0);
  });
});

describe('silence', () => {
  it('does not end a call that is heard', async () => {
    const rig = new CallRig({ limits: { mediaTimeoutMs: 20_000 } });
    const { call, session } = await rig.answered();
    for (let i = 0; i < 10; i++) {
      await rig.clock.advance(15_000);
      session.packet();
    }
    expect(call.termination).toBeNull();
    await rig.clock.advance(19_000);
    expect(call.termination).toBeNull();
    await rig.clock.advance(1000);
    expect(call.termination).toMatchObject({ reason: 'media-timeout' });
  });

  it('the engine’s own report of a silence ends nothing before the time-out', async () => {
    const rig = new CallRig({ limits: { mediaTimeoutMs: 20_000 } });
    const { call, session } = await rig.answered();
    await rig.clock.advance(5000);
    session.reportSilence();
    await rig.clock.advance(1000);
    expect(call.termination).toBeNull();
  });

  it('does not count while the caller has us on hold, and counts from the end of the hold', async () => {
    const rig = new CallRig({ limits: { mediaTimeoutMs: 20_000 } });
    const { call, caller } = await rig.answered();
    await rig.clock.advance(10_000);
    expect(caller.reinvite(OFFER.replace('sendrecv', 'sendonly'))).toMatchObject({ status: 200 });
    await rig.clock.advance(300_000);
    expect(call.termination).toBeNull();
    caller.reinvite(OFFER);
    await rig.clock.advance(10_000);
    expect(call.termination).toBeNull();
    await rig.clock.advance(20_000);
    expect(call.termination).toMatchObject({ reason: 'media-timeout' });
  });

  it.each([
    ['sendonly', OFFER.replace('sendrecv', 'sendonly')],
    ['inactive', OFFER.replace('sendrecv', 'inactive')],
    ['0.0.0.0', OFFER.replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0')],
  ])('does not count in a call that begins on hold (%s), and counts from its end', async (_how, sdp) => {
    const rig = new CallRig({ limits: { mediaTimeoutMs: 20_000 } });
    const { call, caller } = await rig.answered({ sdp });
    await rig.clock.advance(300_000);
    expect(call.termination).toBeNull();
    caller.reinvite(OFFER);
    await rig.clock.advance(19_999);
    expect(call.termination).toBeNull();
    await rig.clock.advance(1);
    expect(call.termination).toMatchObject({ reason: 'media-timeout' });
  });

  it('does not count while the caller has switched the audio off (port 0)', async () => {
    const rig = new CallRig({ limits: { mediaTimeoutMs: 20_000 } });
    const { call, caller } = await rig.answered();
    caller.reinvite(OFFER.replace('m=audio 40000', 'm=audio 0'));
    await rig.clock.advance(300_000);
    expect(call.termination).toBeNull();
  });

  it('counts on when the caller’s wish for fax is refused', async () => {
    const rig = new CallRig({ limits: { mediaTimeoutMs: 20_000 } });
    const { call, caller, session } = await rig.answered();
    session.refuseSdp = { code: 'SDP_NO_AUDIO', message: 'Fax.', warning: 304 };
    const fax = OFFER.replace('m=audio 40000', 'm=audio 0') + 'm=image 4010 udptl t38\r\n';
    expect(caller.reinvite(fax)).toMatchObject({ status: 488, warning: { code: 304, text: 'Fax.' } });
    expect(rig.events).toContainEqual({ type: 'note', text: 'SDP_NO_AUDIO: Fax.' });
    await rig.clock.advance(20_000);
    expect(call.termination).toMatchObject({ reason: 'media-timeout' });
  });
});
