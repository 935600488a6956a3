import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Dialog } from '../../../../src/sip/server/dialog/dialog.js';
import type { RequestEnvelope } from '../../../../src/sip/server/message/envelope.js';
import { parseMessage } from '../../../../src/sip/server/message/message.js';
import {
  sessionHeaders,
  sessionRequest,
  SessionTimers,
  type SessionAgreement,
} from '../../../../src/sip/server/ua/session-timer.js';
import { SipTimers } from '../../../../src/sip/server/transaction/wheel.js';
import { answerText, requestText, SDP, until, type SipPeer, type WireMessage } from '../../../support/sip-peer.js';
import { startRig, type Rig } from '../../../support/signalling.js';
import type { SrfDialog } from '../../../support/srf-app.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/* Session timers (RFC 4028) in the role of the answerer. */

describe('what an INVITE asks for (RFC 4028 §9)', () => {
  const requested = (...headers: readonly string[]) => {
    const parsed = parseMessage(Buffer.from(requestText({ method: 'INVITE', port: 1, callId: 'x', headers })), { stream: false });
    if (!parsed.ok) throw new Error('the test is malformed');
    return sessionRequest({ message: parsed.value } as RequestEnvelope, 90);
  };

  it.each([
    ['no timer', [], 'none', []],
    ['a refresher: the caller', ['Supported: timer', 'Session-Expires: 90;refresher=uac'], 'far', ['90;refresher=uac', 'timer']],
    ['a refresher: us', ['Supported: timer', 'Session-Expires: 90;refresher=uas'], 'us', ['90;refresher=uas', 'timer']],
    ['us, required', ['Require: timer', 'Session-Expires: 90;refresher=uas'], 'us', ['90;refresher=uas', 'timer']],
    ['us, by one that does not understand timers', ['Session-Expires: 90;refresher=uas'], 'us', ['90;refresher=uas']],
    ['nobody, by one that does not understand timers', ['Session-Expires: 1800'], 'us', ['1800;refresher=uas']],
    ['nobody: the caller does it', ['k: timer', 'x: 1800'], 'far', ['1800;refresher=uac', 'timer']],
    ['us, in capitals', ['Supported: TIMER', 'Session-Expires: 120 ;Refresher=UAS'], 'us', ['120;refresher=uas', 'timer']],
    ['too small a timer', ['Supported: timer', 'Session-Expires: 89'], 'too small', []],
    ['too small a timer, without understanding a 422', ['Session-Expires: 89'], 'none', []],
    ['what cannot be read', ['Supported: timer', 'Session-Expires: soon'], 'none', []],
  ] as const)('%s', (_name, headers, refresher, answered) => {
    const request = requested(...headers);
    expect(typeof request === 'string' ? request : request.refresher).toBe(refresher);
    expect(sessionHeaders(request).map(({ value }) => value)).toEqual(answered);
  });
});

describe('the timers of a session', () => {
  // Only its identity counts here.
  const dialog = Object.create(Dialog.prototype) as Dialog;
  const begun = (agreed: Partial<SessionAgreement>) => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const note = (what: string) => (): void => {
      seen.push(`${what} at ${Math.round(clock.monotonic() / 100) / 10}`);
    };
    const wheel = new SipTimers(clock, 10, (error) => {
      throw error;
    });
    const timers = new SessionTimers(wheel, { expired: note('expired'), refresh: note('refresh') });
    timers.refreshed(dialog, { seconds: 90, refresher: 'far', farKnows: true, ...agreed });
    return { clock, seen, timers, wheel };
  };

  it.each([
    ['the far end never refreshes: ended a third before', { refresher: 'far' as const }, ['expired at 60']],
    ['but at most 32 s before', { refresher: 'far' as const, seconds: 300 }, ['expired at 268']],
    ['we refresh at half time, and have the whole for it', { refresher: 'us' as const }, ['refresh at 45', 'expired at 90']],
  ])('%s', async (_name, agreed, expected) => {
    const { clock, seen, wheel } = begun(agreed);
    await clock.advance(400_000);
    expect(seen).toEqual(expected);
    expect(wheel.size).toBe(0);
  });

  it('begin anew with each refresh, change hands with it, and stop without a timer', async () => {
    const { clock, seen, timers } = begun({ refresher: 'far' });
    await clock.advance(59_000);
    timers.refreshed(dialog, { seconds: 90, refresher: 'us', farKnows: true });
    await clock.advance(46_000);
    expect(seen).toEqual(['refresh at 104']);
    timers.refreshed(dialog, 'none');
    await clock.advance(400_000);
    expect(seen).toHaveLength(1);
  });

  it('try again when told so, and not after the end', async () => {
    const { clock, seen, timers } = begun({ refresher: 'us' });
    await clock.advance(45_100);
    timers.refreshIn(dialog, 2000);
    await clock.advance(3000);
    expect(seen).toEqual(['refresh at 45', 'refresh at 47.1']);
    timers.refreshIn(dialog, 2000);
    timers.stop(dialog);
    timers.refreshIn(dialog, 1);
    await clock.advance(100_000);
    expect(seen).toHaveLength(2);
  });
});

describe('a call whose caller names us as refresher', () => {
  let rig: Rig;
  let peer: SipPeer;
  let dialogs: SrfDialog[];
  let toTag: string;
  const CALL = 'st-1';
  const REFRESH_BY_US = ['Session-Expires: 1;refresher=uas'];

  beforeEach(async () => {
    rig = await startRig({ timers: { minSession: 1000 } });
    peer = await rig.peer();
    dialogs = [];
    await rig.app((srf) => {
      srf.invite((req, res) => {
        void srf.createUAS(req, res, { localSdp: SDP }).then((dialog) => {
          dialog.on('modify', (_req, answer) => answer.send(200, { body: SDP, headers: { 'Content-Type': 'application/sdp' } }));
          dialogs.push(dialog);
        });
      });
    });
  });
  afterEach(async () => {
    expect(rig.server.stats().faults).toBe(0);
    await rig.close();
  });

  async function up(headers: readonly string[]): Promise<WireMessage> {
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: CALL, headers, body: SDP }));
    const ok = await peer.status(200, 'INVITE');
    toTag = /;tag=([^;]+)/.exec(ok.header('To'))?.[1] ?? '';
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: CALL, toTag }));
    return ok;
  }
  const inside = (method: string, seq: number, headers: readonly string[] = [], body = ''): void =>
    peer.send(requestText({ method, port: peer.port, callId: CALL, toTag, seq, headers, body }));
  const accept = (request: WireMessage, headers: readonly string[] = [], body = ''): void =>
    peer.send(answerText(request, { status: 200, contact: `sip:caller@127.0.0.1:${peer.port}`, headers, body }));
  const refuse = (request: WireMessage, status: number, headers: readonly string[] = []): void =>
    peer.send(answerText(request, { status, headers }));
  const destroyed = (): Promise<string> =>
    until(() => dialogs[0]).then((dialog) => new Promise((resolve) => dialog.on('destroy', (_req, reason) => resolve(reason))));

  it.each([
    ['requires timers', ['Require: timer', ...REFRESH_BY_US], 'timer'],
    ['supports them', ['Supported: timer', ...REFRESH_BY_US], 'timer'],
    ['does not say that it knows them', REFRESH_BY_US, ''],
  ])('and %s: is refreshed by re-INVITE at half time, for as long as it is answered', async (_name, headers, required) => {
    const ok = await up(headers);
    expect([ok.header('Session-Expires'), ok.header('Require')]).toEqual(['1;refresher=uas', required]);
    const seqs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const refresh = await peer.request('INVITE');
      expect([refresh.header('Session-Expires'), refresh.header('Supported')]).toEqual(['1;refresher=uac', 'timer']);
      // The very SDP of our answer: same version, nothing changes.
      expect(refresh.body).toBe(SDP);
      expect(refresh.header('To')).toContain('tag=from1');
      seqs.push(Number.parseInt(refresh.header('CSeq'), 10));
      accept(refresh, ['Session-Expires: 1;refresher=uac', 'Require: timer'], SDP);
      const ack = await peer.request('ACK');
      expect(ack.header('CSeq')).toBe(refresh.header('CSeq').replace('INVITE', 'ACK'));
    }
    expect(seqs[2]).toBe((seqs[0] ?? 0) + 2);
    inside('BYE', 2);
    await peer.status(200, 'BYE');
    const invites = peer.count((m) => m.status === 0 && m.method === 'INVITE');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(peer.count((m) => m.status === 0 && m.method === 'INVITE')).toBe(invites);
  });

  it('is refreshed by UPDATE without SDP when it allows that', async () => {
    await up(['Allow: INVITE, ACK, BYE, CANCEL, UPDATE', ...REFRESH_BY_US]);
    for (let round = 0; round < 2; round++) {
      const refresh = await peer.request('UPDATE');
      expect([refresh.body, refresh.header('Session-Expires')]).toEqual(['', '1;refresher=uac']);
      accept(refresh, ['Session-Expires: 1;refresher=uac']);
    }
    expect(peer.count((m) => m.status === 0 && m.method === 'INVITE')).toBe(0);
  });

  it('is refreshed by re-INVITE when its UPDATE is not to be had after all', async () => {
    await up(['Allow: INVITE, UPDATE', ...REFRESH_BY_US]);
    refuse(await peer.request('UPDATE'), 405);
    accept(await peer.request('INVITE'), [], SDP);
    await peer.request('ACK');
    // It said nothing of timers: it is refreshed on.
    await peer.request('INVITE');
  });

  it.each([
    ['does not answer the refresh', null, 'SIP;cause=408;text="Session refresh not answered"', 'Session refresh not answered'],
    ['does not know the call any more (481)', 481, 'SIP;cause=481;text="Session refresh refused"', 'Session refresh refused'],
    ['says that it had no time (408)', 408, 'SIP;cause=408;text="Session refresh not answered"', 'Session refresh not answered'],
  ])('and %s: is ended, and the application told why', async (_name, status, reason, told) => {
    await up(['Session-Expires: 3;refresher=uas']);
    const gone = destroyed();
    const refresh = await peer.request('INVITE');
    if (status !== null) refuse(refresh, status);
    const bye = await peer.request('BYE');
    expect(bye.header('Reason')).toBe(reason);
    expect(await gone).toBe(told);
    expect(rig.server.stats().dialogs).toBe(0);
  });

  it('refuses the refresh for another reason: the session goes on until it expires, and we try again', async () => {
    await up(['Session-Expires: 2;refresher=uas']);
    refuse(await peer.request('INVITE'), 488);
    accept(await peer.request('INVITE'), [], SDP);
    refuse(await peer.request('INVITE'), 500);
    const gone = destroyed();
    for (;;) {
      const next = await peer.next((m) => m.status === 0 && m.method !== 'ACK', 'a request');
      if (next.method === 'BYE') break;
      refuse(next, 500);
    }
    expect(await gone).toBe('Session timer expired');
  });

  it('wants a longer interval (422): gets it', async () => {
    await up(REFRESH_BY_US);
    refuse(await peer.request('INVITE'), 422, ['Min-SE: 2']);
    const again = await peer.next((m) => m.status === 0 && m.method === 'INVITE' && m.header('Min-SE') !== '', 'the refresh');
    expect([again.header('Session-Expires'), again.header('Min-SE')]).toEqual(['2;refresher=uac', '2']);
    accept(again, ['Session-Expires: 2;refresher=uac'], SDP);
  });

  it('re-INVITEs while our refresh is under way: 491, and ours again after its 491 (RFC 3261 §14.1)', async () => {
    await up(['Session-Expires: 3;refresher=uas']);
    const refresh = await peer.request('INVITE');
    inside('INVITE', 2, [], SDP);
    await peer.status(491, 'INVITE');
    inside('ACK', 2);
    inside('UPDATE', 3, [], SDP);
    await peer.status(491, 'UPDATE');
    refuse(refresh, 491);
    const again = await peer.next(
      (m) => m.status === 0 && m.method === 'INVITE' && m.header('CSeq') !== refresh.header('CSeq'),
      'the refresh',
    );
    accept(again, [], SDP);
  });

  it('takes the role over by a refresh of its own, and hands it back', async () => {
    await up(['Supported: timer', 'Session-Expires: 2;refresher=uas']);
    inside('INVITE', 2, ['Supported: timer', 'Session-Expires: 2;refresher=uac'], SDP);
    const theirs = await peer.status(200, 'INVITE');
    expect(theirs.header('Session-Expires')).toBe('2;refresher=uac');
    inside('ACK', 2);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(peer.count((m) => m.status === 0 && m.method === 'INVITE')).toBe(0);
    inside('INVITE', 3, ['Supported: timer', 'Session-Expires: 2;refresher=uas'], SDP);
    expect((await peer.next((m) => m.status === 200 && m.header('CSeq') === '3 INVITE')).header('Session-Expires')).toBe(
      '2;refresher=uas',
    );
    inside('ACK', 3);
    await peer.request('INVITE');
  });

  it('takes the role over in its answer to our refresh, and is ended when it does not keep to it', async () => {
    await up(['Supported: timer', ...REFRESH_BY_US]);
    const gone = destroyed();
    accept(await peer.request('INVITE'), ['Session-Expires: 2;refresher=uas', 'Require: timer'], SDP);
    await peer.request('ACK');
    expect((await peer.request('BYE')).header('Reason')).toContain('Session timer expired');
    expect(await gone).toBe('Session timer expired');
  });

  it('that promised to refresh and does not is ended before the interval is over', async () => {
    await up(['Supported: timer', 'Session-Expires: 1;refresher=uac']);
    expect((await peer.request('BYE')).header('Reason')).toBe('SIP;cause=200;text="Session timer expired"');
  });

  it('repeats its 200 to our refresh: gets the same ACK again', async () => {
    await up(['Session-Expires: 3;refresher=uas']);
    const refresh = await peer.request('INVITE');
    accept(refresh, [], SDP);
    const ack = await peer.request('ACK');
    accept(refresh, [], SDP);
    expect((await peer.request('ACK')).text).toBe(ack.text);
  });
});
