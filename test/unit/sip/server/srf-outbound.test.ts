import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerText, requestText, SDP, until, type SipPeer, type WireMessage } from '../../../support/sip-peer.js';
import { startRig, type Rig } from '../../../support/signalling.js';
import type { SrfApp, SrfDialog, SrfRequest } from '../../../support/srf-app.js';

/* Calls to the network through unmodified drachtio-srf, over real sockets. */

let rig: Rig;
let peer: SipPeer;
let srf: SrfApp;
beforeEach(async () => {
  rig = await startRig();
  peer = await rig.peer();
  srf = await rig.app();
});
afterEach(async () => {
  expect(rig.server.stats().faults).toBe(0);
  await rig.close();
});

const uri = (): string => `sip:callee@127.0.0.1:${peer.port}`;
const tagOf = (value: string): string => /;tag=([^;]+)/.exec(value)?.[1] ?? '';
const accept = (invite: WireMessage, tag = 'callee1'): string =>
  answerText(invite, { status: 200, reason: 'OK', tag, contact: `sip:callee-${tag}@127.0.0.1:${peer.port}`, body: SDP });

async function established(): Promise<{ dialog: SrfDialog; invite: WireMessage }> {
  const creating = srf.createUAC(uri(), { localSdp: SDP });
  const invite = await peer.request('INVITE');
  peer.send(accept(invite));
  const dialog = await creating;
  await peer.request('ACK');
  return { dialog, invite };
}

describe('an outbound call', () => {
  it('rings, is answered, acknowledged and ended by us', async () => {
    const provisional: number[] = [];
    const creating = srf.createUAC(
      uri(),
      { localSdp: SDP, callingNumber: '100', headers: { 'X-Id': '7' } },
      { cbProvisional: (res) => provisional.push(res.status) },
    );
    const invite = await peer.request('INVITE');
    expect(invite.startLine).toBe(`INVITE ${uri()} SIP/2.0`);
    expect(invite.header('From')).toMatch(new RegExp(`^<sip:100@127\\.0\\.0\\.1:${rig.udp}>;tag=\\w+$`));
    expect(invite.header('Contact')).toBe(`<sip:100@127.0.0.1:${rig.udp}>`);
    expect(invite.header('Via')).toMatch(new RegExp(`^SIP/2\\.0/UDP 127\\.0\\.0\\.1:${rig.udp};branch=z9hG4bK\\w+;rport$`));
    expect([invite.header('X-Id'), invite.header('Content-Type'), invite.body]).toEqual(['7', 'application/sdp', SDP]);
    peer.send(answerText(invite, { status: 100 }));
    peer.send(answerText(invite, { status: 180, tag: 'callee1' }));
    await until(() => provisional.length > 0);
    peer.send(accept(invite));
    const dialog = await creating;
    const ack = await peer.request('ACK');
    expect(ack.startLine).toBe(`ACK sip:callee-callee1@127.0.0.1:${peer.port} SIP/2.0`);
    expect(provisional).toEqual([180]);
    const destroyed = dialog.destroy();
    const bye = await peer.request('BYE');
    expect(bye.header('To')).toBe(`<${uri()}>;tag=callee1`);
    peer.send(answerText(bye, { status: 200 }));
    await destroyed;
    expect(rig.server.stats().dialogs).toBe(0);
  });

  it('is ended by the callee', async () => {
    const { dialog, invite } = await established();
    const ended = new Promise((resolve) => dialog.on('destroy', resolve));
    peer.send(
      requestText({
        method: 'BYE',
        port: peer.port,
        callId: invite.header('Call-ID'),
        fromTag: 'callee1',
        toTag: tagOf(invite.header('From')),
      }),
    );
    await ended;
    await peer.status(200, 'BYE');
  });

  it('is refused, and the refusal acknowledged', async () => {
    const creating = srf.createUAC(uri(), { localSdp: SDP });
    const invite = await peer.request('INVITE');
    peer.send(answerText(invite, { status: 486, tag: 'busy' }));
    await expect(creating).rejects.toMatchObject({ status: 486 });
    const ack = await peer.request('ACK');
    expect([ack.header('Via'), tagOf(ack.header('To'))]).toEqual([invite.header('Via'), 'busy']);
    peer.send(answerText(invite, { status: 486, tag: 'busy' }));
    await peer.request('ACK');
  });

  it('is repeated while nothing comes, then fails with 408', async () => {
    const creating = srf.createUAC(uri(), { localSdp: SDP });
    await expect(creating).rejects.toMatchObject({ status: 408 });
    expect(peer.count((m) => m.method === 'INVITE')).toBe(7);
  });

  it('authenticates with drachtio-srf’s digest, in the same call', async () => {
    const creating = srf.createUAC(uri(), { localSdp: SDP, auth: { username: 'u', password: 'p' } });
    const first = await peer.request('INVITE');
    peer.send(answerText(first, { status: 401, tag: 'x', headers: ['WWW-Authenticate: Digest realm="r", nonce="n"'] }));
    const second = await peer.next((m) => m.method === 'INVITE' && m.status === 0 && m.header('Authorization') !== '');
    expect(second.header('Call-ID')).toBe(first.header('Call-ID'));
    expect(tagOf(second.header('From'))).toBe(tagOf(first.header('From')));
    expect(Number.parseInt(second.header('CSeq'))).toBe(Number.parseInt(first.header('CSeq')) + 1);
    peer.send(accept(second));
    await creating;
    expect(
      (await peer.next((m) => m.method === 'ACK' && m.startLine.includes('callee-callee1'))).header('Authorization'),
    ).toContain('Digest');
  });

  it('that rings for ever is cancelled, and fails with 408 (timer C)', async () => {
    await rig.close();
    rig = await startRig({ timers: { ringing: 80 } });
    peer = await rig.peer();
    srf = await rig.app();
    const creating = srf.createUAC(uri(), { localSdp: SDP });
    const failed = expect(creating).rejects.toMatchObject({ status: 408 });
    const invite = await peer.request('INVITE');
    peer.send(answerText(invite, { status: 180, tag: 'callee1' }));
    peer.send(answerText(await peer.request('CANCEL'), { status: 200 }));
    await failed;
    // Somebody picked up just then.
    peer.send(accept(invite));
    await peer.request('ACK');
    peer.send(answerText(await peer.request('BYE'), { status: 200 }));
    await until(() => rig.server.stats().dialogs === 0);
  });

  it('CANCEL waits for a provisional answer (RFC 3261 §9.1)', async () => {
    let request: SrfRequest | undefined;
    const creating = srf.createUAC(uri(), { localSdp: SDP }, { cbRequest: (_err, req) => (request = req) });
    const refused = expect(creating).rejects.toMatchObject({ status: 487 });
    const invite = await peer.request('INVITE');
    (await until(() => request)).cancel();
    await peer.request('INVITE');
    expect(peer.count((m) => m.method === 'CANCEL')).toBe(0);
    peer.send(answerText(invite, { status: 100 }));
    const cancel = await peer.request('CANCEL');
    expect(cancel.header('Via')).toBe(invite.header('Via'));
    peer.send(answerText(cancel, { status: 200 }));
    peer.send(answerText(invite, { status: 487, tag: 'c' }));
    await refused;
  });

  it('a 200 that crosses the CANCEL is acknowledged and ended (RFC 3261 §9.1)', async () => {
    let request: SrfRequest | undefined;
    const creating = srf.createUAC(uri(), { localSdp: SDP }, { cbRequest: (_err, req) => (request = req) });
    const refused = expect(creating).rejects.toMatchObject({ status: 487 });
    const invite = await peer.request('INVITE');
    peer.send(answerText(invite, { status: 180, tag: 'callee1' }));
    (await until(() => request)).cancel();
    await peer.request('CANCEL');
    peer.send(accept(invite));
    await peer.request('ACK');
    peer.send(answerText(await peer.request('BYE'), { status: 200 }));
    await refused;
    expect(rig.server.stats().dialogs).toBe(0);
  });

  it('ends with 487 when nothing comes after the CANCEL', async () => {
    let request: SrfRequest | undefined;
    const creating = srf.createUAC(uri(), { localSdp: SDP }, { cbRequest: (_err, req) => (request = req) });
    const refused = expect(creating).rejects.toMatchObject({ status: 487 });
    peer.send(answerText(await peer.request('INVITE'), { status: 180, tag: 'a' }));
    (await until(() => request)).cancel();
    await refused;
    await until(() => rig.server.stats().transactions === 0);
  });

  it('the 200 of another branch of a fork is acknowledged and ended (RFC 3261 §13.2.2.4)', async () => {
    const { dialog, invite } = await established();
    peer.send(accept(invite, 'callee2'));
    const ack = await peer.request('ACK');
    expect([ack.startLine, tagOf(ack.header('To'))]).toEqual([
      `ACK sip:callee-callee2@127.0.0.1:${peer.port} SIP/2.0`,
      'callee2',
    ]);
    const bye = await peer.request('BYE');
    expect(tagOf(bye.header('To'))).toBe('callee2');
    peer.send(answerText(bye, { status: 200 }));
    expect(dialog.connected).toBe(true);
    void dialog.destroy();
    expect(tagOf((await peer.request('BYE')).header('To'))).toBe('callee1');
  });

  it('treats any 2xx as the answer, with or without Contact', async () => {
    const creating = srf.createUAC(uri(), { localSdp: SDP });
    const invite = await peer.request('INVITE');
    peer.send(answerText(invite, { status: 202, tag: 'odd', body: SDP }));
    const dialog = await creating;
    expect(dialog.remote.sdp).toBe(SDP);
    expect((await peer.request('ACK')).startLine).toBe(`ACK ${uri()} SIP/2.0`);
  });

  it('sends later requests along the recorded route (RFC 3261 §12.1.2, §12.2.1.1)', async () => {
    const creating = srf.createUAC(uri(), { localSdp: SDP });
    const invite = await peer.request('INVITE');
    const proxy = await rig.peer();
    const routes = [`Record-Route: <sip:far@192.0.2.1;lr>, <sip:near@127.0.0.1:${proxy.port};lr>`];
    peer.send(answerText(invite, { status: 200, tag: 't', contact: 'sip:callee@192.0.2.9:5070', headers: routes, body: SDP }));
    await creating;
    const ack = await proxy.request('ACK');
    expect(ack.startLine).toBe('ACK sip:callee@192.0.2.9:5070 SIP/2.0');
    expect(ack.headers('Route')).toEqual([`<sip:near@127.0.0.1:${proxy.port};lr>`, '<sip:far@192.0.2.1;lr>']);
  });

  it('goes to the outbound proxy that the application names', async () => {
    const proxy = await rig.peer();
    const creating = srf.createUAC('sip:someone@example.invalid', { localSdp: SDP, proxy: `sip:127.0.0.1:${proxy.port}` });
    const invite = await proxy.request('INVITE');
    expect(invite.startLine).toBe('INVITE sip:someone@example.invalid SIP/2.0');
    proxy.send(answerText(invite, { status: 404, tag: 'n' }));
    await expect(creating).rejects.toMatchObject({ status: 404 });
  });

  it('fails at once with a sentence when there is no way to it', async () => {
    await expect(srf.createUAC('sip:a@host.invalid', { localSdp: SDP })).rejects.toThrow('unknown host host.invalid');
    await expect(srf.createUAC('sip:a@[2001:db8::1]', { localSdp: SDP })).rejects.toThrow('no listening');
    await expect(srf.createUAC('sips:a@127.0.0.1', { localSdp: SDP })).rejects.toThrow('no TLS');
  });

  it('fails with 503 when a TCP connection is refused (RFC 3261 §8.1.3.1)', async () => {
    await expect(srf.createUAC('sip:a@127.0.0.1:1;transport=tcp', { localSdp: SDP })).rejects.toMatchObject({ status: 503 });
  });

  it('acknowledges a reliable provisional answer through the application (RFC 3262)', async () => {
    const creating = srf.createUAC(uri(), { localSdp: SDP, headers: { Supported: '100rel' } });
    const invite = await peer.request('INVITE');
    peer.send(
      answerText(invite, {
        status: 183,
        tag: 'callee1',
        contact: `sip:early@127.0.0.1:${peer.port}`,
        headers: ['Require: 100rel', 'RSeq: 77'],
        body: SDP,
      }),
    );
    const prack = await peer.request('PRACK');
    expect(prack.header('RAck')).toBe(`77 ${invite.header('CSeq')}`);
    expect(prack.startLine).toBe(`PRACK sip:early@127.0.0.1:${peer.port} SIP/2.0`);
    peer.send(answerText(prack, { status: 200 }));
    peer.send(accept(invite));
    await creating;
  });

  it('takes a re-INVITE from the callee and sends one itself', async () => {
    const { dialog, invite } = await established();
    const callId = invite.header('Call-ID');
    const tags = { fromTag: 'callee1', toTag: tagOf(invite.header('From')) };
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId, ...tags, body: SDP }));
    await peer.status(200, 'INVITE');
    peer.send(requestText({ method: 'ACK', port: peer.port, callId, ...tags }));
    const modified = dialog.modify(SDP);
    const ours = await peer.request('INVITE');
    expect(Number.parseInt(ours.header('CSeq'))).toBe(Number.parseInt(invite.header('CSeq')) + 1);
    peer.send(answerText(ours, { status: 200, contact: uri(), body: SDP }));
    await modified;
    await peer.request('ACK');
  });

  it('refuses headers that hold a line end', async () => {
    const body = `${SDP}x`;
    await expect(srf.createUAC(uri(), { localSdp: body, headers: { 'X-A': 'a\r\n\r\nevil' } })).rejects.toThrow(
      'a header value holds a line end',
    );
    await expect(srf.createUAC(uri(), { localSdp: SDP, headers: { 'X-A': 'a\nX-B: b' } })).rejects.toThrow('Bare CR or LF');
    await expect(srf.createUAC(uri(), { localSdp: SDP, headers: { 'X-A': 'a\0b' } })).rejects.toThrow('NUL');
  });

  it('sends requests outside calls and gives their answers', async () => {
    const answered = new Promise<number>((resolve, reject) => {
      srf.request(uri(), { method: 'OPTIONS', headers: { Subject: 'grüß' } }, (error, req) => {
        if (error !== null || req === undefined) reject(new Error('no request'));
        else req.on('response', (res) => resolve(res.status));
      });
    });
    const options = await peer.request('OPTIONS');
    expect(options.header('Subject')).toBe('grüß');
    peer.send(answerText(options, { status: 200, tag: 'o' }));
    expect(await answered).toBe(200);
  });
});
