import { describe, expect, it } from 'vitest';
import { Admission, type AdmissionLimits, type AdmissionTicket } from '../../../../src/call/inbound/admission.js';
import { CallRig, NOTHING_HELD } from '../../../support/call-rig.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const TRUNK = '192.0.2.1';
const STRANGER = '198.51.100.7';

function rig(limits: Partial<AdmissionLimits> = {}) {
  const clock = new VirtualClock();
  const admission = new Admission({ maxCalls: 40, maxCallsPerSecond: 10_000, ...limits }, clock);
  const ended: string[] = [];
  /** Enters, is answered, and is acknowledged if `acked`; null when refused. */
  const call = (source: string, { acked = true, name = source } = {}): AdmissionTicket | null => {
    const entered = admission.enter(source);
    if (!entered.ok) return null;
    entered.value.onGiveWay(() => ended.push(name));
    entered.value.now('answering');
    if (acked) entered.value.now('acknowledged');
    return entered.value;
  };
  const calls = (count: number, source: string, options = {}): (AdmissionTicket | null)[] =>
    Array.from({ length: count }, (_, i) => call(source, { name: `${source} ${i}`, ...options }));
  const reason = (source: string): string | null => {
    const entered = admission.enter(source);
    return entered.ok ? null : entered.error.reason;
  };
  return { clock, admission, ended, call, calls, reason };
}

const taken = (tickets: readonly (AdmissionTicket | null)[]): number => tickets.filter((ticket) => ticket !== null).length;

describe('shares of a source', () => {
  it.each([39, 40, 41])('a trunk that acknowledges its calls fills every place (%i)', (count) => {
    const { calls, ended } = rig();
    expect(taken(calls(count, TRUNK))).toBe(Math.min(count, 40));
    expect(ended).toEqual([]);
  });

  it('a trunk whose ACKs are all on their way at one moment fills every place too', async () => {
    const { clock, calls, call, ended } = rig();
    const waiting = calls(39, TRUNK, { acked: false });
    await clock.advance(1999);
    for (const ticket of waiting) ticket?.now('acknowledged');
    expect(call(TRUNK)).not.toBeNull();
    expect(ended).toEqual([]);
  });

  it.each([
    { waiting: 9, ended: 0 },
    { waiting: 10, ended: 1 },
    { waiting: 11, ended: 2 },
  ])('of $waiting unacknowledged calls and one more, $ended beyond a share of ten give way', async ({ waiting, ended }) => {
    const { clock, calls, call, ended: gone } = rig({ maxCalls: 40 });
    calls(waiting, STRANGER, { acked: false });
    await clock.advance(2000);
    expect(call(STRANGER, { acked: false })).not.toBeNull();
    expect(gone).toEqual(Array.from({ length: ended }, (_, i) => `${STRANGER} ${i}`));
  });

  it('an unacknowledged call has two seconds before it gives way', async () => {
    const { clock, calls, call, ended } = rig();
    calls(20, STRANGER, { acked: false });
    await clock.advance(1999);
    call(STRANGER, { acked: false });
    expect(ended).toEqual([]);
    await clock.advance(1);
    call(STRANGER, { acked: false });
    expect(ended).toHaveLength(12);
  });

  it.each([
    [{ maxCalls: 3 }, 1],
    [{ maxCalls: 8 }, 2],
    [{ maxCalls: 1000 }, 250],
    [{ maxCalls: 1000, maxUnacknowledgedPerSource: 7 }, 7],
  ] as const)('limits %j: %i may wait for their ACK', (limits, share) => {
    expect(rig(limits).admission.unacknowledgedPerSource).toBe(share);
  });

  it('a source whose calls had to give way is held to its share strictly for a minute', async () => {
    const { clock, calls, call, reason, ended } = rig();
    calls(10, STRANGER, { acked: false });
    await clock.advance(2000);
    // Each of ten takes the place of one before; an eleventh finds none that had its two seconds.
    expect(taken(calls(11, STRANGER, { acked: false }))).toBe(10);
    expect(ended).toHaveLength(10);
    expect(reason(STRANGER)).toBe('too-many-unacknowledged');
    expect(call(TRUNK)).not.toBeNull();
  });

  it('is free again a minute after the last of its calls gave way', async () => {
    const { clock, calls, call } = rig();
    const waiting = calls(10, STRANGER, { acked: false });
    await clock.advance(2000);
    expect(call(STRANGER)).not.toBeNull();
    for (const ticket of waiting) ticket?.leave();
    await clock.advance(59_999);
    // Unheard ones count too while it is strict: nine, and the one that is left.
    expect(taken(calls(20, STRANGER))).toBe(9);
    await clock.advance(1);
    expect(taken(calls(20, STRANGER))).toBe(20);
  });

  it.each([4, 5, 6])('`callsPerSource` of five: %i calls', (count) => {
    const { calls, reason } = rig({ maxCallsPerSource: 5 });
    expect(taken(calls(count, STRANGER))).toBe(Math.min(count, 5));
    expect(reason(STRANGER)).toBe(count < 5 ? null : 'too-many-calls-of-source');
    expect(reason(TRUNK)).toBeNull();
  });

  it('counts the addresses of one IPv6 network together', () => {
    const { call, reason } = rig({ maxCallsPerSource: 2 });
    call('2001:db8:1:1::1');
    call('2001:db8:1:2::2');
    expect(reason('2001:db8:1:3::3')).toBe('too-many-calls-of-source');
    expect(reason('2001:db8:2::1')).toBeNull();
  });
});

describe('a house that is full', () => {
  it('takes a new call in place of the oldest unacknowledged one of the source that has most', async () => {
    const { clock, calls, call, ended, reason, admission } = rig({ maxUnacknowledgedPerSource: 100 });
    calls(5, '198.51.100.1', { acked: false });
    calls(35, '198.51.100.2', { acked: false });
    expect(reason(TRUNK)).toBe('too-many-calls');
    await clock.advance(2000);
    expect(call(TRUNK)).not.toBeNull();
    expect(ended).toEqual(['198.51.100.2 0']);
    expect(admission).toMatchObject({ active: 40, gaveWay: 1 });
  });

  it('takes one in place of a call of which nothing was ever heard, and never of one that was', () => {
    const { calls, call, ended, reason } = rig();
    const tickets = calls(40, STRANGER);
    expect(reason(TRUNK)).toBe('too-many-calls');
    tickets[3]?.now('silent');
    tickets[4]?.now('silent');
    tickets[3]?.now('heard');
    expect(call(TRUNK)).not.toBeNull();
    expect(ended).toEqual([`${STRANGER} 4`]);
    expect(reason(TRUNK)).toBe('too-many-calls');
  });

  it('ends nobody for a call that its rate refuses anyway', async () => {
    const { clock, calls, reason, ended } = rig({ maxCallsPerSecond: 40 });
    calls(40, STRANGER, { acked: false });
    await clock.advance(0);
    for (let i = 0; i < 3; i++) reason(TRUNK);
    expect(ended).toEqual([]);
  });

  it('gives back each place once, also that of a call that gave way', async () => {
    const { clock, calls, admission } = rig();
    const tickets = calls(12, STRANGER, { acked: false });
    await clock.advance(2000);
    calls(1, STRANGER);
    for (const ticket of tickets) {
      ticket?.leave();
      ticket?.leave();
    }
    expect(admission.active).toBe(1);
  });
});

describe('a call that gives way', () => {
  it('ends like one whose ACK never came, says why, and leaves nothing behind', async () => {
    const rig = new CallRig({ admission: { maxCalls: 1 } });
    const { caller, call } = await rig.dial({ autoAck: false });
    void call.control.answer(new AbortController().signal);
    await rig.clock.advance(2000);
    const next = await rig.dial();
    expect(await call.ended).toMatchObject({ by: 'network', reason: 'no-ack', sip: null });
    expect(rig.events).toContainEqual({ type: 'note', text: expect.stringContaining('CALL_GAVE_WAY') as string });
    // RFC 3261 §15: the BYE goes when the ACK comes after all.
    expect(caller.byes).toEqual([]);
    caller.ack();
    await rig.clock.advance(0);
    expect(caller.byes).toEqual([102]);
    next.caller.cancel();
    await rig.clock.advance(0);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('ends like a silent one when it was acknowledged and never heard for ten seconds', async () => {
    const rig = new CallRig({ admission: { maxCalls: 2 }, limits: { mediaTimeoutMs: 30_000 } });
    const { call } = await rig.answered();
    const heard = await rig.answered();
    heard.session.packet();
    await rig.clock.advance(9_999);
    expect(rig.signaling.dial().last).toMatchObject({ status: 503 });
    await rig.clock.advance(1);
    await rig.dial();
    expect(call.termination).toMatchObject({ by: 'network', reason: 'media-timeout' });
    expect(heard.call.termination).toBeNull();
  });
});
