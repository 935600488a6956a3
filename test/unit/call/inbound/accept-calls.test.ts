import { describe, expect, it } from 'vitest';
import { drainCalls } from '../../../../src/call/drain.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { CallRig, never, NOTHING_HELD } from '../../../support/call-rig.js';

describe('admission', () => {
  it('refuses a number called that holds control characters, without them in what is told', async () => {
    const rig = new CallRig({ routes: [{ kind: 'default', flow: 'test' }] });
    const caller = rig.signaling.dial({ number: 'a\u0000b' });
    await rig.clock.advance(0);
    expect(caller.statuses).toEqual([400]);
    expect(JSON.stringify([rig.refused, rig.told])).not.toContain('\\u0000');
    const other = rig.signaling.dial({ number: '100\r\n' });
    await rig.clock.advance(0);
    expect(other.statuses).toEqual([400]);
  });

  it('refuses a call at once, before it holds anything, while the store is known to be down', async () => {
    const rig = new CallRig();
    rig.storeDown = 'the database has not accepted writes for 4 s: SQLITE_BUSY';
    const caller = rig.signaling.dial();
    await rig.clock.advance(0);
    expect(caller.last).toMatchObject({ status: 503, retryAfter: 5 });
    expect(rig.refused).toMatchObject([{ status: 503, reason: 'store-unavailable' }]);
    expect(rig.admission.active).toBe(0);
    rig.storeDown = null;
    await rig.answered();
  });

  it('refuses the call that is one too many with 503 and Retry-After, and takes the next when one is over', async () => {
    const rig = new CallRig({ admission: { maxCalls: 2 } });
    const { caller } = await rig.answered();
    await rig.answered();
    const third = rig.signaling.dial();
    expect(third.last).toMatchObject({ status: 503, retryAfter: 5 });
    expect(rig.refused).toEqual([{ status: 503, reason: 'too-many-calls', cli: '+4930123', did: '100' }]);
    expect(rig.told).toEqual([{ source: '127.0.0.1', status: 503, reason: 'too-many-calls', did: '100', detail: undefined }]);
    caller.bye();
    await rig.clock.advance(0);
    await rig.dial();
    expect(rig.calls).toHaveLength(3);
  });

  it('refuses calls beyond the rate and earns new ones with time', async () => {
    const rig = new CallRig({ admission: { maxCallsPerSecond: 2 } });
    await rig.dial();
    await rig.dial();
    expect(rig.signaling.dial().last).toMatchObject({ status: 503, retryAfter: 1 });
    await rig.clock.advance(500);
    await rig.dial();
    expect(rig.signaling.dial().last).toMatchObject({ status: 503 });
    expect(rig.calls).toHaveLength(3);
  });

  it.each(['NO_PORTS', 'OVERLOADED', 'SOCKET', 'CLOSED'] as const)(
    'engine says %s: 503 with Retry-After, nothing held',
    async (code) => {
      const rig = new CallRig();
      rig.media.refuse = code;
      const caller = rig.signaling.dial();
      await rig.clock.advance(0);
      expect(caller.last).toMatchObject({ status: 503, retryAfter: 5 });
      expect(rig.refused[0]).toMatchObject({ reason: code });
      expect(rig.held).toEqual(NOTHING_HELD);
    },
  );

  it('drain refuses new calls, lets running ones finish, and waits for what their flows still do', async () => {
    let finishReport: () => void = () => undefined;
    const rig = new CallRig({
      onCall: async (call) => {
        await call.ended;
        await new Promise<void>((resolve) => {
          finishReport = resolve;
        });
      },
    });
    const { caller } = await rig.answered();
    const { signaling, admission, registry, clock } = rig;
    let drained: boolean | null = null;
    void drainCalls({ signaling, admission, registry, clock, log: silentLogger, waitMs: 60_000, finishMs: 1000 }).then((done) => {
      drained = done;
    });
    expect(rig.signaling.dial().last).toMatchObject({ status: 503 });
    expect(admission.enter('192.0.2.1')).toMatchObject({ ok: false, error: { reason: 'draining', retryAfter: 30 } });
    await clock.advance(30_000);
    caller.bye();
    await clock.advance(0);
    expect(drained).toBeNull();
    finishReport();
    await clock.advance(0);
    expect(drained).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('drain says so when the last steps do not finish in time', async () => {
    const rig = new CallRig({ onCall: () => new Promise(() => undefined) });
    await rig.answered();
    const { signaling, admission, registry, clock } = rig;
    const draining = drainCalls({ signaling, admission, registry, clock, log: silentLogger, waitMs: 1000, finishMs: 1000 });
    expect(await clock.runUntil(draining)).toBe(false);
    expect(rig.calls[0]!.termination).toMatchObject({ by: 'drain' });
  });
});

describe('before a call rings', () => {
  it('an unknown number gets 404', () => {
    const rig = new CallRig();
    expect(rig.signaling.dial({ number: '999' }).statuses).toEqual([404]);
    expect(rig.refused[0]).toMatchObject({ reason: 'unknown-number', did: '999' });
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it.each([
    ['SDP_INVALID', 400, 399],
    ['SDP_NO_AUDIO', 488, 304],
    ['SDP_NO_COMMON_CODEC', 488, 305],
  ] as const)('%s gets %i with warning %i and never rings', async (code, status, warning) => {
    const rig = new CallRig();
    rig.media.prepare = (session) => {
      session.refuseSdp = { code, message: 'Not this.' };
    };
    const caller = rig.signaling.dial();
    await rig.clock.advance(0);
    expect(caller.statuses).toEqual([status]);
    expect(caller.last).toMatchObject({ warning: { code: warning, text: 'Not this.' } });
    expect(rig.calls).toHaveLength(0);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('nothing is sent before the handler says so', async () => {
    const rig = new CallRig({
      onCall: async (call) => {
        await new Promise<void>((resolve) => rig.clock.after(100, resolve));
        call.ring();
        call.ring();
        await call.ended;
      },
    });
    const { caller } = await rig.dial();
    expect(caller.statuses).toEqual([]);
    await rig.clock.advance(100);
    expect(caller.statuses).toEqual([180]);
    expect(rig.events.map((event) => event.type)).toEqual(['leg.created', 'leg.ringing']);
  });

  it('takes the number from To when the Request-URI has none, and normalises it', async () => {
    const rig = new CallRig({ routes: [{ kind: 'exact', number: '+49 30 1', flow: 'berlin' }] });
    const { call } = await rig.dial({ number: '', to: '+49 (30) 1' });
    expect(call.did).toBe('49301');
    expect(call.facts()).toMatchObject({ cli: '+4930123', did: '49301' });
  });
});

describe('the handler of a call', () => {
  it('gets call and route', async () => {
    const seen: string[] = [];
    const rig = new CallRig({
      routes: [{ kind: 'default', flow: 'default' }],
      onCall: (call, route) => {
        seen.push(call.did, route.flow);
        return Promise.resolve();
      },
    });
    await rig.dial();
    expect(seen).toEqual(['100', 'default']);
  });

  it('that returns with the caller on the line ends the call', async () => {
    const rig = new CallRig({
      onCall: async (call) => {
        await call.control.answer(never);
      },
    });
    const { call, caller } = await rig.dial();
    expect(await rig.clock.runUntil(call.ended)).toEqual({ by: 'flow', cause: 16, sip: null, reason: 'flow-complete' });
    expect(caller.byes).toEqual([16]);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('that throws ends the call with 500 and disturbs nobody else', async () => {
    const rig = new CallRig({ onCall: () => Promise.reject(new Error('bug')) });
    const { call, caller } = await rig.dial();
    expect(await rig.clock.runUntil(call.ended)).toMatchObject({ by: 'flow', sip: 500, reason: 'internal-error' });
    expect(caller.statuses).toEqual([500]);
    await rig.dial();
    expect(rig.calls).toHaveLength(2);
    expect(rig.held).toEqual(NOTHING_HELD);
  });

  it('an engine that throws costs its call a 500 and leaks nothing', async () => {
    const rig = new CallRig();
    rig.media.prepare = (session) => {
      session.answer = () => {
        throw new Error('bug');
      };
    };
    const caller = rig.signaling.dial();
    await rig.clock.advance(0);
    expect(caller.statuses).toEqual([500]);
    expect(rig.held).toEqual(NOTHING_HELD);
    await rig.registry.idle();
  });

  it('a listener hears what happened before it came, and one that throws harms nobody', async () => {
    const rig = new CallRig();
    const { call } = await rig.answered();
    call.events.on(() => {
      throw new Error('bug');
    });
    const late: string[] = [];
    const stop = call.events.on((event) => late.push(event.type));
    expect(late).toEqual(['leg.created', 'leg.ringing', 'leg.answered']);
    stop();
    void call.end({ by: 'admin', cause: 16, reason: 'x' });
    expect(late).toHaveLength(3);
  });
});
