import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlRecorder, transcript } from '../support/control-recorder.js';
import { answerText, requestText, SDP, until, type SipPeer } from '../support/sip-peer.js';
import { SECRET, startRig, type Rig } from '../support/signalling.js';
import { Srf, type SrfApp, type SrfDialog, type SrfRequest } from '../support/srf-app.js';

/*
 * Golden transcripts of the control wire between unmodified drachtio-srf and the server. A new drachtio-srf that says something else,
 * or a server that answers otherwise, fails here first; read the difference before accepting it (`vitest -u`).
 */

let rig: Rig;
let peer: SipPeer;
let recorder: ControlRecorder;
let srf: SrfApp;
beforeEach(async () => {
  rig = await startRig();
  peer = await rig.peer();
  recorder = await ControlRecorder.open(rig.server.control.port);
  srf = new Srf();
  srf.on('error', () => undefined);
});
afterEach(async () => {
  srf.disconnect();
  recorder.close();
  await rig.close();
});

async function connected(): Promise<void> {
  srf.connect({ host: '127.0.0.1', port: recorder.port, secret: SECRET });
  await new Promise((resolve) => srf.on('connect', resolve));
  await until(
    () =>
      recorder.frames.filter(({ from }) => from === 'server').length ===
      recorder.frames.filter(({ from }) => from === 'application').length,
  );
}

/** Waits until the wire is quiet as expected, then compares. */
async function matches(name: string, frames: number): Promise<void> {
  await until(() => recorder.frames.length >= frames, `${frames} frames (there are ${recorder.frames.length})`).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}\n${transcript(recorder.frames, {})}`);
    },
  );
  await expect(transcript(recorder.frames, { sip: rig.udp, tcp: rig.tcp, peer: peer.port })).toMatchFileSnapshot(
    `control/${name}.txt`,
  );
}

const tagOf = (value: string): string => /;tag=([^;]+)/.exec(value)?.[1] ?? '';

async function answered(callId: string): Promise<{ dialog: SrfDialog; toTag: string }> {
  const dialogs: SrfDialog[] = [];
  srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: SDP }).then((dialog) => dialogs.push(dialog)));
  await connected();
  peer.send(requestText({ method: 'INVITE', port: peer.port, callId, body: SDP }));
  const toTag = tagOf((await peer.status(200)).header('To'));
  const dialog = await until(() => dialogs[0]);
  const acked = new Promise<void>((resolve) => dialog.on('ack', resolve));
  peer.send(requestText({ method: 'ACK', port: peer.port, callId, toTag }));
  await acked;
  return { dialog, toTag };
}

describe('the control wire', () => {
  it('an inbound call, ended by the caller', async () => {
    const { toTag } = await answered('inbound');
    peer.send(requestText({ method: 'BYE', port: peer.port, callId: 'inbound', toTag, seq: 2 }));
    await peer.status(200, 'BYE');
    await matches('inbound-call', 11);
  });

  it('an inbound call with INFO and re-INVITE, ended by the application', async () => {
    const { dialog, toTag } = await answered('talk');
    peer.send(requestText({ method: 'INFO', port: peer.port, callId: 'talk', toTag, seq: 2, body: 'Signal=1\r\n' }));
    await peer.status(200, 'INFO');
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'talk', toTag, seq: 3, body: SDP }));
    await peer.status(200, 'INVITE');
    await until(() => recorder.frames.length === 14);
    peer.send(requestText({ method: 'ACK', port: peer.port, callId: 'talk', toTag, seq: 3 }));
    await until(() => recorder.frames.length === 15);
    void dialog.destroy();
    peer.send(answerText(await peer.request('BYE'), { status: 200, reason: 'OK' }));
    await matches('info-reinvite-and-hangup', 18);
  });

  it('an inbound call, cancelled while it rings', async () => {
    srf.invite((_req, res) => res.send(180, () => undefined));
    await connected();
    const branch = 'z9hG4bKtestcancel';
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'cancelled', branch, body: SDP }));
    await peer.status(180);
    await until(() => recorder.frames.length === 7);
    peer.send(requestText({ method: 'CANCEL', port: peer.port, callId: 'cancelled', branch }));
    await peer.status(487);
    await matches('cancelled-by-caller', 8);
  });

  it('an inbound call whose ACK never comes', async () => {
    srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: SDP }));
    await connected();
    peer.send(requestText({ method: 'INVITE', port: peer.port, callId: 'no-ack', body: SDP }));
    await peer.request('BYE');
    await matches('ack-timeout', 8);
  });

  it('an outbound call, ended by the callee', async () => {
    await connected();
    const creating = srf.createUAC(`sip:callee@127.0.0.1:${peer.port}`, { localSdp: SDP, callingNumber: '100' });
    const invite = await peer.request('INVITE');
    peer.send(answerText(invite, { status: 100 }));
    peer.send(answerText(invite, { status: 180, reason: 'Ringing', tag: 'callee' }));
    await until(() => recorder.frames.length === 5);
    peer.send(
      answerText(invite, { status: 200, reason: 'OK', tag: 'callee', contact: `sip:callee@127.0.0.1:${peer.port}`, body: SDP }),
    );
    await creating;
    await peer.request('ACK');
    await until(() => recorder.frames.length === 8);
    const tags = { fromTag: 'callee', toTag: tagOf(invite.header('From')) };
    peer.send(requestText({ method: 'BYE', port: peer.port, callId: invite.header('Call-ID'), ...tags }));
    await peer.status(200, 'BYE');
    await matches('outbound-call', 11);
  });

  it('an outbound call, refused: the ACK that drachtio-srf sends as well does no harm', async () => {
    await connected();
    const creating = srf.createUAC(`sip:callee@127.0.0.1:${peer.port}`, { localSdp: SDP });
    peer.send(answerText(await peer.request('INVITE'), { status: 486, reason: 'Busy Here', tag: 'busy' }));
    await expect(creating).rejects.toMatchObject({ status: 486 });
    await matches('outbound-refused', 7);
  });

  it('an outbound call, cancelled while it rings', async () => {
    await connected();
    let request: SrfRequest | undefined;
    const creating = srf.createUAC(
      `sip:callee@127.0.0.1:${peer.port}`,
      { localSdp: SDP },
      { cbRequest: (_error, req) => (request = req) },
    );
    const refused = expect(creating).rejects.toMatchObject({ status: 487 });
    const invite = await peer.request('INVITE');
    peer.send(answerText(invite, { status: 180, reason: 'Ringing', tag: 'callee' }));
    await until(() => recorder.frames.length === 5);
    request?.cancel();
    const cancel = await peer.request('CANCEL');
    await until(() => recorder.frames.length === 7);
    peer.send(answerText(cancel, { status: 200, reason: 'OK' }));
    peer.send(answerText(invite, { status: 487, reason: 'Request Terminated', tag: 'callee' }));
    await refused;
    await matches('cancelled-by-us', 10);
  });

  it('a BYE in a dialog that is gone', async () => {
    const { dialog } = await answered('gone');
    void dialog.destroy();
    peer.send(answerText(await peer.request('BYE'), { status: 481, reason: 'Gone' }));
    await until(() => recorder.frames.length === 11);
    await expect(dialog.destroy()).rejects.toMatchObject({ code: 'ENODIALOG' });
    await matches('no-such-dialog', 13);
  });
});
