import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerText, requestText, SDP, until, type SipPeer } from '../../../support/sip-peer.js';
import { startRig, type Rig } from '../../../support/signalling.js';
import type { SrfApp, SrfDialog, SrfRequest } from '../../../support/srf-app.js';

/* Calls from the network through unmodified drachtio-srf, over real sockets. */

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

const tagOf = (to: string): string => /;tag=([^;]+)/.exec(to)?.[1] ?? '';

/** An application that answers; `dialogs` are its calls. */
async function answering(dialogs: SrfDialog[] = []): Promise<SrfApp> {
  return await rig.app((srf) => {
    srf.invite((req, res) => {
      void srf.createUAS(req, res, { localSdp: SDP }).then((dialog) => dialogs.push(dialog));
    });
  });
}

async function call(callId: string): Promise<{ toTag: string }> {
  peer.send(requestText({ method: 'INVITE', port: peer.port, callId, body: SDP }));
  const ok = await peer.status(200, 'INVITE');
  const toTag = tagOf(ok.header('To'));
  peer.send(requestText({ method: 'ACK', port: peer.port, callId, toTag }));
  return { toTag };
}

describe('an inbound call', () => {
  it('is answered, acknowledged and ended by the caller', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-1', body: SDP }));
    expect((await peer.status(100)).header('To')).not.toContain('tag=');
    const ok = await peer.status(200, 'INVITE');
    expect(ok.header('Contact')).toBe(`<sip:127.0.0.1:${rig.udp}>`);
    expect(ok.header('Via')).toContain(`;received=127.0.0.1;rport=${peer.port}`);
    expect(ok.header('Allow')).toContain('UPDATE');
    expect(ok.body).toBe(SDP);
    const dialog = await until(() => dialogs[0], 'the dialog');
    const acked = new Promise<void>((resolve) => dialog.on('ack', resolve));
    const ended = new Promise<string>((resolve) => dialog.on('destroy', (_req, reason) => resolve(reason)));
    const toTag = tagOf(ok.header('To'));
    expect(dialog.sip).toMatchObject({ callId: 'in-1', localTag: toTag, remoteTag: 'from1' });
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'in-1', toTag }));
    await acked;
    peer.send(requestText({ method: 'BYE', port: peer.port, callId: 'in-1', toTag, seq: 2 }));
    expect(await ended).toBe('normal release');
    await peer.status(200, 'BYE');
    await until(() => rig.server.stats().transactions === 0 && rig.server.stats().dialogs === 0, 'nothing left');
  });

  it('is ended by the application', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    const { toTag } = await call('in-2');
    const dialog = await until(() => dialogs[0]);
    const destroyed = dialog.destroy({ headers: { Reason: 'Q.850;cause=16' } });
    const bye = await peer.request('BYE');
    expect(bye.startLine).toBe(`BYE sip:caller@127.0.0.1:${peer.port} SIP/2.0`);
    expect([bye.header('From'), bye.header('To')]).toEqual([
      `<sip:ivr@127.0.0.1>;tag=${toTag}`,
      `"Caller" <sip:caller@127.0.0.1:${peer.port}>;tag=from1`,
    ]);
    expect(bye.header('Reason')).toBe('Q.850;cause=16');
    peer.send(answerText(bye, { status: 200 }));
    await destroyed;
    await expect(dialog.destroy()).rejects.toMatchObject({ code: 'ENODIALOG' });
  });

  it('may be ended by the application before the ACK, but the BYE waits for it (RFC 3261 §15)', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-3', body: SDP }));
    const toTag = tagOf((await peer.status(200)).header('To'));
    const dialog = await until(() => dialogs[0]);
    void dialog.destroy();
    await peer.status(200, 'INVITE');
    expect(peer.count((m) => m.method === 'BYE')).toBe(0);
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'in-3', toTag }));
    peer.send(answerText(await peer.request('BYE'), { status: 200 }));
  });

  it('is refused by the application, and the ACK absorbed', async () => {
    await rig.app((srf) => srf.invite((_req, res) => res.send(486, { headers: { 'Retry-After': '9', Contact: '<sip:x@y>' } })));
    const branch = 'z9hG4bKrefused';
    const invite = requestText({ method: 'INVITE', port: peer.port, callId: 'in-4', branch, body: SDP });
    peer.send(invite);
    const busy = await peer.status(486);
    expect(busy.header('Retry-After')).toBe('9');
    peer.send(invite);
    await peer.status(486);
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'in-4', branch, toTag: tagOf(busy.header('To')) }));
    await until(() => rig.server.stats().transactions === 0, 'the transaction to end');
  });

  it('rings, and is cancelled by the caller', async () => {
    let cancelled = false;
    await rig.app((srf) =>
      srf.invite((req, res) => {
        req.on('cancel', () => (cancelled = true));
        res.send(180);
      }),
    );
    const branch = 'z9hG4bKcancelme';
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-5', branch, body: SDP }));
    const ringing = await peer.status(180);
    expect(tagOf(ringing.header('To'))).not.toBe('');
    peer.send(requestText({ method: 'CANCEL', port: peer.port, callId: 'in-5', branch }));
    expect((await peer.status(200, 'CANCEL')).header('To')).toBe(ringing.header('To'));
    await peer.status(487, 'INVITE');
    await until(() => cancelled, 'the cancel event');
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'in-5', branch, toTag: tagOf(ringing.header('To')) }));
  });

  it('CANCEL after the answer changes nothing, CANCEL of nothing is 481', async () => {
    await answering();
    const branch = 'z9hG4bKtoolate';
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-6', branch, body: SDP }));
    await peer.status(200, 'INVITE');
    peer.send(requestText({ method: 'CANCEL', port: peer.port, callId: 'in-6', branch }));
    await peer.status(200, 'CANCEL');
    expect(peer.count((m) => m.status === 487)).toBe(0);
    peer.send(requestText({ method: 'CANCEL', port: peer.port, callId: 'in-none' }));
    await peer.status(481, 'CANCEL');
  });

  it('repeats the 200 until the ACK, and gives up with BYE and a word to the application', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-7', body: SDP }));
    const dialog = await until(() => dialogs[0]);
    const reason = new Promise((resolve) => dialog.on('destroy', (_req, why) => resolve(why)));
    const bye = await peer.request('BYE');
    expect(bye.header('Reason')).toBe('SIP;cause=200;text="ACK timeout"');
    expect(await reason).toBe('ACK timeout');
    expect(peer.count((m) => m.status === 200 && m.method === 'INVITE')).toBeGreaterThan(5);
    expect(rig.server.stats().dialogs).toBe(0);
    // The caller's own BYE may cross the server's.
    const toTag = tagOf(bye.header('From'));
    peer.send(requestText({ method: 'BYE', port: peer.port, callId: 'in-7', toTag, seq: 2 }));
    await peer.status(200, 'BYE');
  });

  it('takes an INFO, a re-INVITE and an UPDATE from the caller', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    const { toTag } = await call('in-8');
    const dialog = await until(() => dialogs[0]);
    const info = new Promise<string>((resolve) => {
      dialog.on('info', (req, res) => {
        res.send(200);
        resolve(req.body);
      });
    });
    const inDialog = { port: peer.port, callId: 'in-8', toTag };
    peer.send(requestText({ ...inDialog, method: 'INFO', seq: 2, body: 'Signal=5\r\n' }));
    expect(await info).toBe('Signal=5\r\n');
    await peer.status(200, 'INFO');
    const contact = `<sip:moved@127.0.0.1:${peer.port}>`;
    peer.send(requestText({ ...inDialog, method: 'INVITE', seq: 3, body: SDP }).replace(/Contact: .*/, `Contact: ${contact}`));
    expect((await peer.status(200, 'INVITE')).body).toBe(SDP);
    peer.send(requestText({ ...inDialog, method: 'ACK', seq: 3 }));
    peer.send(requestText({ ...inDialog, method: 'UPDATE', seq: 4 }).replace(/Contact: .*/, `Contact: ${contact}`));
    await peer.status(200, 'UPDATE');
    void dialog.destroy();
    expect((await peer.request('BYE')).startLine).toBe(`BYE sip:moved@127.0.0.1:${peer.port} SIP/2.0`);
  });

  it('whose caller names a host that does not exist is spoken to where it was heard', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    const invite = requestText({ method: 'INVITE', port: peer.port, callId: 'in-dns', body: SDP });
    peer.send(invite.replace(/Contact: .*/, 'Contact: <sip:caller@host.invalid>'));
    const toTag = tagOf((await peer.status(200)).header('To'));
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'in-dns', toTag }));
    void (await until(() => dialogs[0])).destroy();
    expect((await peer.request('BYE')).startLine).toBe('BYE sip:caller@host.invalid SIP/2.0');
  });

  it('answers a request older than the last with 500 and one of no dialog with 481 (RFC 3261 §12.2.2)', async () => {
    await answering();
    const { toTag } = await call('in-9');
    peer.send(requestText({ method: 'INFO', port: peer.port, callId: 'in-9', toTag, seq: 5 }));
    await peer.status(200, 'INFO');
    peer.send(requestText({ method: 'INFO', port: peer.port, callId: 'in-9', toTag, seq: 4 }));
    await peer.status(500, 'INFO');
    peer.send(requestText({ method: 'BYE', port: peer.port, callId: 'in-9', toTag: 'another', seq: 9 }));
    await peer.status(481, 'BYE');
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-9', toTag: 'another', seq: 9, body: SDP }));
    await peer.status(481, 'INVITE');
  });

  it('answers 200 to a BYE that crosses ours, and 481 to whatever else comes then and after (RFC 5407 §3.2)', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    const { toTag } = await call('in-x');
    void (await until(() => dialogs[0])).destroy();
    const bye = await peer.request('BYE');
    const theirs = { port: peer.port, callId: 'in-x', toTag };
    peer.send(requestText({ ...theirs, method: 'INVITE', seq: 2, body: SDP }));
    await peer.status(481, 'INVITE');
    peer.send(requestText({ ...theirs, method: 'BYE', seq: 3, fromTag: 'another' }));
    await peer.status(481, 'BYE');
    peer.send(requestText({ ...theirs, method: 'BYE', seq: 3 }));
    await peer.status(200, 'BYE');
    peer.send(answerText(bye, { status: 200 }));
    await until(() => rig.server.stats().transactions === 0, 'nothing left');
    peer.send(requestText({ ...theirs, method: 'BYE', seq: 4 }));
    await peer.status(481, 'BYE');
  });

  it('is modified by the application with a re-INVITE', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    await call('in-10');
    const dialog = await until(() => dialogs[0]);
    const modified = dialog.modify(SDP.replace('4000', '4002'));
    const invite = await peer.request('INVITE');
    expect(invite.body).toContain('4002');
    expect(invite.header('Contact')).toBe(`<sip:127.0.0.1:${rig.udp}>`);
    peer.send(answerText(invite, { status: 200, contact: `sip:caller@127.0.0.1:${peer.port}`, body: SDP }));
    expect(await modified).toBe(SDP);
    const ack = await peer.request('ACK');
    expect(ack.header('CSeq')).toBe(invite.header('CSeq').replace('INVITE', 'ACK'));
    // The ACK was lost: the repeated 200 gets the same one again (RFC 3261 §13.2.2.4).
    peer.send(answerText(invite, { status: 200, contact: `sip:caller@127.0.0.1:${peer.port}`, body: SDP }));
    expect((await peer.request('ACK')).text).toBe(ack.text);
  });

  it('meets a re-INVITE of the caller with 491 while its own is under way (RFC 3261 §14.2)', async () => {
    const dialogs: SrfDialog[] = [];
    await answering(dialogs);
    const { toTag } = await call('in-11');
    const dialog = await until(() => dialogs[0]);
    void dialog.modify(SDP).catch(() => undefined);
    const ours = await peer.request('INVITE');
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-11', toTag, seq: 2, body: SDP }));
    await peer.status(491, 'INVITE');
    peer.send(answerText(ours, { status: 491 }));
    await peer.request('ACK');
  });

  it('BYE while it still rings ends it: 200 to the BYE, 487 to the INVITE, cancel to the application', async () => {
    let cancelled = false;
    await rig.app((srf) =>
      srf.invite((req, res) => {
        req.on('cancel', () => (cancelled = true));
        res.send(183, { body: SDP });
      }),
    );
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-12', body: SDP }));
    const toTag = tagOf((await peer.status(183)).header('To'));
    peer.send(requestText({ method: 'BYE', port: peer.port, callId: 'in-12', toTag, seq: 2 }));
    await Promise.all([
      until(() => peer.count((m) => m.status === 487) > 0),
      until(() => peer.count((m) => m.method === 'BYE' && m.status === 200) > 0),
    ]);
    await until(() => cancelled);
  });

  it('sends a reliable 183 until its PRACK (RFC 3262)', async () => {
    let pracked = false;
    await rig.app((srf) => {
      srf.invite((_req, res) => {
        res.send(183, { headers: { Require: '100rel' }, body: SDP });
      });
      srf.prack((_req, res) => {
        pracked = true;
        res.send(200);
      });
    });
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-13', headers: ['Supported: 100rel'], body: SDP }));
    const first = await peer.status(183);
    const again = await peer.status(183);
    expect(again.text).toBe(first.text);
    expect(first.header('Require')).toBe('100rel');
    const toTag = tagOf(first.header('To'));
    const wrong = [`RAck: ${Number(first.header('RSeq')) + 1} 1 INVITE`];
    peer.send(requestText({ method: 'PRACK', port: peer.port, callId: 'in-13', toTag, seq: 2, headers: wrong }));
    await peer.status(481, 'PRACK');
    const right = [`RAck: ${first.header('RSeq')} 1 INVITE`];
    peer.send(requestText({ method: 'PRACK', port: peer.port, callId: 'in-13', toTag, seq: 3, headers: right }));
    await peer.status(200, 'PRACK');
    expect(pracked).toBe(true);
  });

  it('answers the PRACK itself when only the caller required it', async () => {
    await rig.app((srf) =>
      srf.invite((_req, res) => {
        res.send(180);
      }),
    );
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-14', headers: ['Require: 100rel'], body: SDP }));
    const ringing = await peer.status(180);
    const headers = [`RAck: ${ringing.header('RSeq')} 1 INVITE`];
    peer.send(
      requestText({ method: 'PRACK', port: peer.port, callId: 'in-14', toTag: tagOf(ringing.header('To')), seq: 2, headers }),
    );
    await peer.status(200, 'PRACK');
  });

  it('agrees to a session timer, whoever refreshes, and answers one that is too small with 422 (RFC 4028)', async () => {
    await answering();
    const timer = (seconds: number): string[] => ['Supported: timer', `x: ${seconds}`];
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-15', headers: timer(60), body: SDP }));
    expect((await peer.status(422)).header('Min-SE')).toBe('90');
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'in-16', headers: timer(1800), body: SDP }));
    const ok = await peer.status(200);
    expect([ok.header('Session-Expires'), ok.header('Require')]).toEqual(['1800;refresher=uac', 'timer']);
    peer.send(
      requestText({
        method: 'INVITE',
        port: peer.port,
        callId: 'in-17',
        headers: ['Supported: timer', 'x: 1800;refresher=uas'],
        body: SDP,
      }),
    );
    expect((await peer.next((m) => m.status === 200 && m.header('Call-ID') === 'in-17')).header('Session-Expires')).toBe(
      '1800;refresher=uas',
    );
  });

  it('hands the application what its parser can read, however it was written', async () => {
    const seen: SrfRequest[] = [];
    await rig.app((srf) =>
      srf.invite((req, res) => {
        seen.push(req);
        res.send(603);
      }),
    );
    const text = requestText({
      method: 'INVITE',
      port: peer.port,
      callId: 'in-18',
      headers: ['x: 1800;refresher=uac', 'k: timer', '%63all-id: evil', '__proto__: evil', 'constructor: evil'],
      body: SDP,
    })
      .replace(/From: .*/, 'f: J Rosenberg    <sip:j@example.com> ;\r\n  newparam = 1 ; tag = odd')
      .replace(/To: .*/, 'T : sip:ivr@127.0.0.1')
      .replace('CSeq: 1', 'CSEQ : 0001\r\n ')
      .replace('Contact:', 'm  :');
    peer.send(text);
    await peer.status(603);
    const req = seen[0] as SrfRequest;
    expect(req.getParsedHeader('from')).toMatchObject({
      name: '"J Rosenberg"',
      uri: 'sip:j@example.com',
      params: { tag: 'odd' },
    });
    expect(req.getParsedHeader('cseq')).toEqual({ seq: 1, method: 'INVITE' });
    expect(req.getParsedHeader('contact')).toMatchObject([{ uri: `sip:caller@127.0.0.1:${peer.port}` }]);
    expect(req.get('session-expires')).toBe('1800;refresher=uac');
    expect(req.get('call-id')).toBe('in-18');
    expect([req.callingNumber, req.calledNumber]).toEqual(['j', 'ivr']);
    expect(JSON.stringify(req.headers)).not.toContain('evil');
  });
});
