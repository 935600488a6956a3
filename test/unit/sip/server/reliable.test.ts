import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWire, requestText, SDP, TcpPeer, until, type SipPeer, type WireMessage } from '../../../support/sip-peer.js';
import { startRig, type Rig } from '../../../support/signalling.js';
import type { SrfRequest, SrfResponse } from '../../../support/srf-app.js';

/* Reliable provisional responses (RFC 3262) in the role of the answerer, through unmodified drachtio-srf. */

let rig: Rig;
let peer: SipPeer;
beforeEach(async () => {
  rig = await startRig();
  peer = await rig.peer();
});
afterEach(async () => {
  expect(rig.server.stats().faults).toBe(0);
  await rig.close();
});

const REQUIRED = ['Require: 100rel'];
const tagOf = (to: string): string => /;tag=([^;]+)/.exec(to)?.[1] ?? '';
type Parts = Partial<Parameters<typeof requestText>[0]>;

const invite = (callId: string, parts: Parts = {}): void =>
  peer.send(requestText({ method: 'INVITE', port: peer.port, callId, headers: REQUIRED, body: SDP, ...parts }));

/** A request in the early dialog of a provisional response. */
const inside = (method: string, to: WireMessage, seq: number, parts: Parts = {}): string =>
  requestText({ method, port: peer.port, callId: to.header('Call-ID'), toTag: tagOf(to.header('To')), seq, ...parts });

const prack = (of: WireMessage, seq: number, parts: Parts & { readonly rack?: string } = {}): string =>
  inside('PRACK', of, seq, { headers: [`RAck: ${parts.rack ?? `${of.header('RSeq')} 1 INVITE`}`], ...parts });

/** Rings and answers in one breath; what becomes of the answer. */
async function answersAtOnce(): Promise<{ readonly outcomes: string[] }> {
  const outcomes: string[] = [];
  await rig.app((srf) => {
    srf.invite((req: SrfRequest, res: SrfResponse) => {
      res.send(180);
      srf.createUAS(req, res, { localSdp: SDP }).then(
        () => outcomes.push('up'),
        (error: unknown) => outcomes.push(String(error)),
      );
    });
  });
  return { outcomes };
}

/** Statuses of the INVITE's answers so far, repeats left out. */
const inviteStatuses = (): number[] => [
  ...new Set(peer.messages.filter((m) => m.method === 'INVITE' && m.status > 100).map(({ status }) => status)),
];

describe('a caller that requires 100rel', () => {
  it('gets the 200 of a flow that answers at once behind the PRACK of the 180', async () => {
    const { outcomes } = await answersAtOnce();
    invite('r-1');
    const ringing = await peer.status(180);
    // Repeated until acknowledged; the 200 waits all the while.
    await peer.status(180);
    expect(inviteStatuses()).toEqual([180]);
    peer.send(prack(ringing, 2));
    await peer.status(200, 'PRACK');
    const ok = await peer.status(200, 'INVITE');
    expect(ok.body).toBe(SDP);
    peer.send(inside('ACK', ok, 1));
    await until(() => outcomes.includes('up'), 'the call');
    const before = peer.count((m) => m.status === 180);
    peer.send(inside('BYE', ok, 3));
    await peer.status(200, 'BYE');
    expect(peer.count((m) => m.status === 180)).toBe(before);
    await until(() => rig.server.stats().dialogs === 0 && rig.server.stats().transactions === 0, 'nothing left');
  });

  it('is called back by TCP in the same way', async () => {
    const { outcomes } = await answersAtOnce();
    const tcp = await TcpPeer.open(rig.tcp);
    const stream = (text: string): void =>
      tcp.send(text.replace('SIP/2.0/UDP', 'SIP/2.0/TCP').replace(/(Contact: <[^>]*)>/, '$1;transport=tcp>'));
    const found = (status: number, method: string): Promise<WireMessage> =>
      until(
        () =>
          tcp.received
            .split(/(?=SIP\/2\.0 \d{3})/)
            .map(readWire)
            .find((m) => m.status === status && m.method === method),
        `a ${status}`,
      );
    stream(requestText({ method: 'INVITE', port: tcp.localPort, callId: 'r-tcp', headers: REQUIRED, body: SDP }));
    const ringing = await found(180, 'INVITE');
    expect(tcp.received).not.toContain('SIP/2.0 200');
    stream(prack(ringing, 2, { port: tcp.localPort }));
    await found(200, 'PRACK');
    const ok = await found(200, 'INVITE');
    stream(inside('ACK', ok, 1, { port: tcp.localPort }));
    await until(() => outcomes.includes('up'), 'the call');
    tcp.close();
  });

  it('that never acknowledges gets 500 after 64·T1, and the answer was never sent', async () => {
    const { outcomes } = await answersAtOnce();
    const began = performance.now();
    invite('r-2');
    const refused = await peer.status(500, 'INVITE');
    expect(performance.now() - began).toBeGreaterThan(64 * 20 - 20);
    expect(refused.startLine).toContain('Provisional response not acknowledged');
    // T1, doubled each time, without a cap: at 0, 20, 60, 140, 300, 620, 1260 ms, or later on a busy machine.
    const times = peer.count((m) => m.status === 180);
    expect(times).toBeGreaterThan(3);
    expect(times).toBeLessThanOrEqual(7);
    expect(inviteStatuses()).toEqual([180, 500]);
    await until(() => outcomes.length > 0, 'the end of the call');
    expect(outcomes[0]).toContain('Provisional response not acknowledged');
    expect(rig.server.stats().dialogs).toBe(0);
  });

  it('keeps the call when a PRACK names something else: 481, and the others count', async () => {
    await answersAtOnce();
    invite('r-3');
    const ringing = await peer.status(180);
    const rseq = Number(ringing.header('RSeq'));
    const wrong = [`${rseq + 1} 1 INVITE`, `${rseq} 2 INVITE`, `${rseq} 1 UPDATE`, `${rseq}`, 'x'];
    for (const [index, rack] of wrong.entries()) {
      peer.send(prack(ringing, 2 + index, { rack }));
      await peer.status(481, 'PRACK');
    }
    expect(inviteStatuses()).toEqual([180]);
    peer.send(prack(ringing, 9));
    await peer.status(200, 'PRACK');
    const ok = await peer.status(200, 'INVITE');
    // A second PRACK of the same response matches nothing any more.
    peer.send(prack(ringing, 10));
    await peer.status(481, 'PRACK');
    peer.send(inside('ACK', ok, 1));
  });

  it('may repeat its PRACK, and gets the same answer', async () => {
    await answersAtOnce();
    invite('r-4');
    const text = prack(await peer.status(180), 2);
    peer.send(text);
    await peer.status(200, 'PRACK');
    peer.send(text);
    await peer.status(200, 'PRACK');
    expect(peer.count((m) => m.status === 481)).toBe(0);
  });

  it('hears several provisional responses in order, each with the next RSeq', async () => {
    await rig.app((srf) => {
      srf.invite((req, res) => {
        res.send(180);
        res.send(183, { body: SDP });
        res.send(181);
        void srf.createUAS(req, res, { localSdp: SDP });
      });
    });
    invite('r-5');
    const first = await peer.status(180);
    expect(inviteStatuses()).toEqual([180]);
    peer.send(prack(first, 2));
    const second = await peer.status(183);
    expect(Number(second.header('RSeq'))).toBe(Number(first.header('RSeq')) + 1);
    expect(inviteStatuses()).toEqual([180, 183]);
    peer.send(prack(second, 3));
    const third = await peer.status(181);
    expect(Number(third.header('RSeq'))).toBe(Number(first.header('RSeq')) + 2);
    peer.send(prack(third, 4));
    await peer.status(200, 'INVITE');
  });

  it('may be refused without waiting, and its PRACK is taken all the same', async () => {
    await rig.app((srf) => {
      srf.invite((_req, res) => {
        res.send(180);
        res.send(183);
        res.send(486);
      });
    });
    invite('r-6');
    const ringing = await peer.status(180);
    await peer.status(486, 'INVITE');
    const repeats = peer.count((m) => m.status === 180);
    peer.send(prack(ringing, 2));
    await peer.status(200, 'PRACK');
    peer.send(prack(ringing, 3));
    await peer.status(481, 'PRACK');
    expect(peer.count((m) => m.status === 180)).toBe(repeats);
    expect(peer.count((m) => m.status === 183)).toBe(0);
  });

  it('may cancel while its PRACK is awaited', async () => {
    const { outcomes } = await answersAtOnce();
    invite('r-7', { branch: 'z9hG4bKr7' });
    await peer.status(180);
    peer.send(requestText({ method: 'CANCEL', port: peer.port, callId: 'r-7', branch: 'z9hG4bKr7' }));
    await peer.status(200, 'CANCEL');
    await peer.status(487, 'INVITE');
    await until(() => outcomes.length > 0, 'the end of the call');
    expect(outcomes[0]).not.toContain('up');
    expect(inviteStatuses()).toEqual([180, 487]);
  });

  it('may hang up while its PRACK is awaited', async () => {
    const { outcomes } = await answersAtOnce();
    invite('r-8');
    peer.send(inside('BYE', await peer.status(180), 2));
    await peer.status(200, 'BYE');
    await peer.status(487, 'INVITE');
    await until(() => outcomes.length > 0, 'the end of the call');
    expect(rig.server.stats().dialogs).toBe(0);
  });

  it('gets no provisional response when it made no offer, for that would have to hold ours (RFC 3262 §5)', async () => {
    await answersAtOnce();
    invite('r-9', { body: '' });
    const ok = await peer.status(200, 'INVITE');
    expect(ok.body).toBe(SDP);
    expect(inviteStatuses()).toEqual([200]);
    peer.send(inside('ACK', ok, 1, { body: SDP }));
  });

  it('has an offer in its PRACK answered in the PRACK’s 200, before the 200 of the INVITE', async () => {
    const offers: string[] = [];
    await rig.app((srf) => {
      srf.invite((req, res) => {
        res.send(183, { body: SDP });
        void srf.createUAS(req, res, { localSdp: SDP });
      });
      srf.prack((req, res) => {
        offers.push(req.body);
        setTimeout(
          () => res.send(200, { body: SDP.replace('4000', '4008'), headers: { 'Content-Type': 'application/sdp' } }),
          50,
        );
      });
    });
    invite('r-10');
    const offer = SDP.replace('4000', '4444');
    peer.send(prack(await peer.status(183), 2, { body: offer }));
    expect((await peer.status(200, 'PRACK')).body).toContain('4008');
    await peer.status(200, 'INVITE');
    expect(offers).toEqual([offer]);
  });

  it('is told of an extension nobody knows, beside 100rel', async () => {
    await answersAtOnce();
    invite('r-11', { headers: ['Require: 100rel, x-odd'] });
    expect((await peer.status(420)).header('Unsupported')).toBe('x-odd');
  });
});

describe('a caller that only supports 100rel', () => {
  it('gets a plain 180, and the 200 at once', async () => {
    await answersAtOnce();
    invite('s-1', { headers: ['Supported: 100rel'] });
    const ringing = await peer.status(180);
    expect([ringing.header('RSeq'), ringing.header('Require')]).toEqual(['', '']);
    await peer.status(200, 'INVITE');
  });

  it('gets the 200 behind the PRACK when the application asked for a reliable response', async () => {
    await rig.app((srf) => {
      srf.invite((req, res) => {
        res.send(183, { headers: { Require: '100rel' }, body: SDP });
        void srf.createUAS(req, res, { localSdp: SDP });
      });
      srf.prack((_req, res) => {
        setTimeout(() => res.send(200), 50);
      });
    });
    invite('s-2', { headers: ['k: 100rel'] });
    const progress = await peer.status(183);
    expect(inviteStatuses()).toEqual([183]);
    peer.send(prack(progress, 2));
    await peer.status(200, 'PRACK');
    await peer.status(200, 'INVITE');
  });
});
