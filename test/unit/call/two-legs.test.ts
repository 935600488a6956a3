import { describe, expect, it } from 'vitest';
import { PlacedInvite } from '../../../src/call/leg/placed-invite.js';
import type { Leg } from '../../../src/call/leg/leg.js';
import { silentLogger, type Logger } from '../../../src/lib/log/log.js';
import type { MediaSession } from '../../../src/media/types.js';
import type { CallEvent } from '../../../src/model/call-events.js';
import { CallRig, never, NOTHING_HELD, type RigOptions } from '../../support/call-rig.js';
import { OFFER } from '../../support/fake-signaling.js';
import type { FakeSession } from '../../support/fake-media.js';

const CALLER = 'uuid-2';
const AGENT = 'uuid-3';

const collecting = {
  prompt: [],
  level: 0,
  bargeIn: true,
  min: 1,
  max: 3,
  endOn: '#',
  allow: '',
  firstDigitTimeoutMs: 5000,
  interDigitTimeoutMs: 3000,
  typeAhead: true,
  mask: false,
};
const recording = { name: 'note', tracks: 'caller', beep: false, maxMs: 0 } as const;

/** Media for one more leg. */
async function openMedia(rig: CallRig): Promise<{ readonly session: MediaSession; readonly fake: FakeSession }> {
  const opened = await rig.media.open();
  if (!opened.ok) throw new Error(opened.error);
  return { session: opened.value, fake: rig.media.last };
}

/** A call that is up, and an agent who is being dialled. */
async function dialling(options: RigOptions = {}) {
  const rig = new CallRig(options);
  const { call, caller, session } = await rig.answered();
  const media = await openMedia(rig);
  const setup = new PlacedInvite(rig.signaling, { uri: 'sip:201@192.0.2.9', from: 'sip:100@example.org', ringTimeout: 30 });
  const leg = call.addLeg({
    facts: { direction: 'outbound', callee: '201', did: '100', party: 'AGENT' },
    setup,
    session: media.session,
    localSdp: media.session.offer(),
  });
  if (leg === null) throw new Error('the call is over');
  const connected = leg.answer();
  await rig.clock.advance(0);
  const agent = rig.signaling.callees.at(-1);
  if (agent === undefined) throw new Error('nobody was called');
  return { rig, call, caller, session, agent, leg, connected, media: media.fake };
}

/** A call with two legs that are up. */
async function connected(options: RigOptions = {}) {
  const two = await dialling(options);
  two.agent.answer(OFFER);
  expect(await two.connected).toBe(true);
  return two;
}

type Two = Awaited<ReturnType<typeof dialling>>;

/** The events of one leg, without what names it. */
function ofLeg(events: readonly CallEvent[], id: string): readonly object[] {
  return events.flatMap((event) => {
    const leg = 'leg' in event ? event.leg : undefined;
    const name = typeof leg === 'object' ? leg.leg : (leg ?? CALLER);
    return name === id ? [event] : [];
  });
}

describe('a second leg of a call', () => {
  it('is created, rings, is answered and ended by events that name it', async () => {
    const { rig, agent, leg, connected: answered, media } = await dialling();
    expect(agent.request).toMatchObject({ uri: 'sip:201@192.0.2.9', sdp: media.offer() });
    expect(media).toMatchObject({ listening: 1, begun: 0 });
    agent.ring();
    agent.ring();
    agent.answer(OFFER);
    expect(await answered).toBe(true);
    expect(leg.state).toBe('answered');
    expect(media).toMatchObject({ accepted: OFFER, begun: 1 });
    agent.bye(31);
    await rig.clock.advance(0);
    expect(ofLeg(rig.events, AGENT)).toEqual([
      { type: 'leg.created', leg: { leg: AGENT, direction: 'outbound', callee: '201', did: '100', party: 'AGENT' } },
      { type: 'leg.ringing', leg: AGENT },
      { type: 'leg.answered', leg: AGENT },
      { type: 'leg.ended', leg: AGENT, cause: 31, sip: null, remote: true },
    ]);
  });

  it('has keys of its own: a collect on one leg leaves the other alone', async () => {
    const { rig, call, session, media, leg } = await connected();
    const signal = new AbortController();
    const atCaller = call.control.collect(collecting, signal.signal);
    const atAgent = leg.control.collect(collecting, never);
    await rig.clock.advance(0);
    media.press('42');
    session.press('7');
    media.press('#');
    expect(await atAgent).toMatchObject({ kind: 'collected', digits: '42', keys: [{ key: '4' }, { key: '2' }, { key: '#' }] });
    expect(call.facts()).not.toHaveProperty('dtmf');
    signal.abort();
    expect(await atCaller).toMatchObject({ kind: 'left', digits: '7', keys: [{ key: '7' }] });
    expect(call.facts()).toMatchObject({ dtmf: '7' });
  });

  it('keeps the keys nobody took for its own next collect', async () => {
    const { rig, call, session, media, leg } = await connected();
    media.press('55');
    expect([session.buffer, media.buffer]).toEqual(['', '55']);
    const atCaller = call.control.collect(collecting, never);
    await rig.clock.advance(5000);
    expect(await atCaller).toEqual({ kind: 'noInput' });
    const atAgent = leg.control.collect({ ...collecting, max: 2 }, never);
    await rig.clock.advance(0);
    expect(await atAgent).toMatchObject({ digits: '55' });
  });

  it('takes keys by INFO on its own dialog', async () => {
    const { caller, agent, session, media } = await connected();
    caller.info('application/dtmf-relay', 'Signal=5');
    agent.info('application/dtmf-relay', 'Signal=9');
    expect([session.injected, media.injected]).toEqual([['5'], ['9']]);
  });

  it('has recordings of its own, which name it', async () => {
    const { rig, call, session, media, leg } = await connected();
    await call.control.startRecording(recording, never);
    await leg.control.startRecording(recording, never);
    expect([session.recorded.length, media.recorded.length]).toEqual([1, 1]);
    await rig.clock.advance(2000);
    expect(await leg.control.stopRecording({ name: 'note' }, never)).toMatchObject({ kind: 'stopped', recording: { ms: 2000 } });
    const [begun, finished] = rig.events.filter(({ type }) => type.startsWith('recording')).slice(1);
    expect(begun).toMatchObject({ type: 'recording.started', leg: AGENT });
    expect(finished).toMatchObject({ type: 'recording', leg: AGENT, durationMs: 2000 });
    expect(call.facts()).not.toHaveProperty('recordingurl');
    await call.control.stopRecording({ name: null }, never);
    expect(rig.events.at(-1)).not.toHaveProperty('leg');
    expect(call.facts()).toHaveProperty('recordingurl');
  });

  it('has a watchdog of its own: one that falls silent ends, and the call goes on', async () => {
    const { rig, call, session, media } = await connected({ limits: { mediaTimeoutMs: 20_000 } });
    for (let i = 0; i < 5; i++) {
      session.packet();
      await rig.clock.advance(5000);
    }
    expect(ofLeg(rig.events, AGENT).at(-1)).toEqual({ type: 'leg.ended', leg: AGENT, cause: 41, sip: null, remote: false });
    expect(media.closes).toBe(1);
    expect([call.termination, session.closes]).toEqual([null, 0]);
  });

  it('whose media is lost ends alone', async () => {
    const { rig, call, media, leg } = await connected();
    const atAgent = leg.control.play({ segments: [], loop: 0, level: 0, bargeIn: false, stopKeys: '' }, never);
    await rig.clock.advance(0);
    media.lose();
    await rig.clock.advance(0);
    expect(await atAgent).toMatchObject({ kind: 'failed', code: 'CALL_ENDED' });
    expect([leg.over, call.termination]).toEqual([true, null]);
  });
});

interface End {
  readonly name: string;
  readonly answered: boolean;
  readonly happen: (two: Two) => unknown;
  readonly expected: object;
}

const ends: readonly End[] = [
  {
    name: 'its far end hangs up',
    answered: true,
    happen: ({ agent }) => agent.bye(),
    expected: { cause: 16, sip: null, remote: true },
  },
  {
    name: 'a verb hangs it up',
    answered: true,
    happen: ({ leg }) => leg.control.hangup({ cause: 17 }, never),
    expected: { cause: 17, sip: null, remote: false },
  },
  {
    name: 'its far end is busy',
    answered: false,
    happen: ({ agent }) => agent.refuse(486),
    expected: { cause: 17, sip: 486, remote: false },
  },
  {
    name: 'it is given up while it rings',
    answered: false,
    happen: ({ leg }) => leg.control.hangup({ cause: 16 }, never),
    expected: { cause: 16, sip: 487, remote: false },
  },
  {
    name: 'the answer has no audio we can use',
    answered: false,
    happen: ({ agent, media }) => {
      media.refuseSdp = { code: 'SDP_NO_COMMON_CODEC', message: 'no' };
      agent.answer(OFFER);
    },
    expected: { cause: 88, sip: null, remote: false },
  },
];

describe.each(ends)('a second leg ends when $name', ({ answered, happen, expected }) => {
  it('and the call goes on with the caller', async () => {
    const two = answered ? await connected() : await dialling();
    const { rig, call, caller, session, media } = two;
    await happen(two);
    await rig.clock.advance(0);
    expect(ofLeg(rig.events, AGENT).at(-1)).toEqual({ type: 'leg.ended', leg: AGENT, ...expected });
    expect(rig.events.filter((event) => event.type === 'leg.ended')).toHaveLength(1);
    expect([call.termination, call.signal.aborted, caller.byes, session.closes]).toEqual([null, false, [], 0]);
    expect([call.legs.map((leg: Leg) => leg.id), media.closes]).toEqual([[CALLER], 1]);
    caller.bye();
    expect(await call.ended).toMatchObject({ by: 'caller', reason: 'bye' });
    expect(rig.held).toEqual(NOTHING_HELD);
  });
});

describe('the end of the caller’s leg', () => {
  it('ends every leg, each with its own BYE, recordings and media', async () => {
    const { rig, call, caller, agent, session, media, leg } = await connected();
    await leg.control.startRecording(recording, never);
    caller.bye();
    expect(await call.ended).toEqual({ by: 'caller', cause: 16, sip: null, reason: 'bye' });
    expect(agent.byes).toEqual([16]);
    expect(rig.events.filter(({ type }) => type === 'leg.ended')).toEqual([
      { type: 'leg.ended', leg: CALLER, cause: 16, sip: null, remote: true },
      { type: 'leg.ended', leg: AGENT, cause: 16, sip: null, remote: false },
    ]);
    expect(rig.events.at(-1)).toMatchObject({ type: 'recording', leg: AGENT });
    expect([session.closes, media.closes]).toEqual([1, 1]);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('cancels a party that still rings', async () => {
    const { rig, call, caller, agent, connected: answered } = await dialling();
    agent.ring();
    caller.bye();
    await call.ended;
    expect(agent.cancelled).toBe(true);
    expect(await answered).toBe(false);
    expect(ofLeg(rig.events, AGENT).at(-1)).toEqual({ type: 'leg.ended', leg: AGENT, cause: 16, sip: 487, remote: false });
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('finds a leg that has ended ended: nothing ends it twice', async () => {
    const errors: unknown[] = [];
    const log: Logger = { ...silentLogger, error: (...told) => errors.push(told), child: () => log };
    const { rig, call, caller, agent, leg } = await connected({ log });
    await leg.control.hangup({ cause: 16 }, never);
    await leg.control.hangup({ cause: 17 }, never);
    caller.bye();
    await call.ended;
    expect([agent.byes, errors]).toEqual([[16], []]);
    expect(ofLeg(rig.events, AGENT).filter((event) => 'cause' in event)).toHaveLength(1);
  });

  it('comes once, however many legs there are, and no leg joins after it', async () => {
    const { rig, call, caller, agent } = await connected();
    agent.bye();
    caller.bye();
    await call.ended;
    expect(rig.events.filter(({ type }) => type === 'leg.ended')).toHaveLength(2);
    const { session } = await openMedia(rig);
    const setup = new PlacedInvite(rig.signaling, { uri: 'sip:202@192.0.2.9', from: 'sip:100@example.org', ringTimeout: 30 });
    const facts = { direction: 'outbound', callee: '202', did: '100', party: 'AGENT' } as const;
    expect(call.addLeg({ facts, setup, session, localSdp: session.offer() })).toBeNull();
    await session.close();
    expect(rig.held).toEqual(NOTHING_HELD);
  });
});
