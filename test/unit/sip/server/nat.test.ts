import { afterEach, describe, expect, it } from 'vitest';
import {
  answerText,
  requestText,
  SDP,
  SipStream,
  until,
  type RequestParts,
  type SipFarEnd,
  type SipPeer,
} from '../../../support/sip-peer.js';
import { startRig, type Rig } from '../../../support/signalling.js';
import type { SrfDialog } from '../../../support/srf-app.js';

/* Where our requests inside a dialog go, when the far end is behind NAT and when it is not (docs/nat.md). */

/** An address of this machine where nobody listens. */
const NOBODY = '127.0.0.77:5060';

let rig: Rig;
afterEach(async () => {
  expect(rig.server.stats().faults).toBe(0);
  await rig.close();
});

const tagOf = (value: string): string => /;tag=([^;]+)/.exec(value)?.[1] ?? '';

interface Call {
  readonly dialog: SrfDialog;
  readonly far: SipFarEnd;
  readonly toTag: string;
  send(parts: Partial<RequestParts>): void;
}

/** A call that `far` has placed; `contact` stands in its INVITE, `more` are further header lines of that. */
async function call(
  far: SipFarEnd,
  contact: string,
  options: { more?: readonly string[]; ackFrom?: SipFarEnd } = {},
): Promise<Call> {
  const dialogs: SrfDialog[] = [];
  await rig.app((srf) => srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: SDP }).then((d) => dialogs.push(d))));
  const base = { port: far.port, transport: far.transport, callId: 'nat' };
  const text = requestText({ ...base, method: 'INVITE', body: SDP, headers: options.more ?? [] });
  far.send(text.replace(/Contact: .*/, `Contact: <${contact}>`));
  const toTag = tagOf((await far.status(200, 'INVITE')).header('To'));
  const dialog = await until(() => dialogs[0]);
  const acked = new Promise<void>((resolve) => dialog.on('ack', () => resolve()));
  (options.ackFrom ?? far).send(requestText({ ...base, method: 'ACK', toTag }));
  await acked;
  return { dialog, far, toTag, send: (parts) => far.send(requestText({ ...base, method: 'INFO', toTag, seq: 2, ...parts })) };
}

/** What arrives at both within the time in which a copy would have gone to the second place. */
async function arrivesOnlyAt(here: SipFarEnd, there: SipFarEnd, method: string): Promise<void> {
  const request = await here.request(method);
  here.send(answerText(request, { status: 200, ...(method === 'INVITE' && { contact: 'sip:x@127.0.0.1:9', body: SDP }) }));
  if (method === 'INVITE') await here.request('ACK');
  expect(there.count((m) => m.status === 0)).toBe(0);
}

describe('a UDP dialog', () => {
  it.each(['sip:caller@' + NOBODY, 'sip:caller@host.invalid', 'sip:caller@0.0.0.0', 'sip:caller@127.0.0.77:5060;transport=tcp'])(
    'with Contact %s: BYE, re-INVITE and the others go where the INVITE came from',
    async (contact) => {
      rig = await startRig();
      const far = await rig.peer();
      const { dialog } = await call(far, contact);
      const modified = dialog.modify(SDP);
      const reinvite = await far.request('INVITE');
      expect(reinvite.startLine).toBe(`INVITE ${contact} SIP/2.0`);
      far.send(answerText(reinvite, { status: 200, contact, body: SDP }));
      await far.request('ACK');
      await modified;
      for (const method of ['INFO', 'UPDATE', 'OPTIONS']) {
        const answered = dialog.request({ method });
        far.send(answerText(await far.request(method), { status: 200 }));
        await answered;
      }
      void dialog.destroy();
      const bye = await far.request('BYE');
      expect(bye.startLine).toBe(`BYE ${contact} SIP/2.0`);
      far.send(answerText(bye, { status: 200 }));
      await until(() => rig.server.stats().dialogs === 0);
    },
  );

  it('whose Contact names another port of the same address: there, for a phone may send from any port', async () => {
    rig = await startRig();
    const [far, listens] = [await rig.peer(), await rig.peer()];
    const { dialog } = await call(far, `sip:caller@127.0.0.1:${listens.port}`);
    void dialog.destroy();
    await arrivesOnlyAt(listens, far, 'BYE');
  });

  it('whose Contact names a dead port of the same address: where the INVITE came from, once nobody answers there', async () => {
    rig = await startRig();
    const [far, dead] = [await rig.peer(), await rig.peer()];
    const { dialog } = await call(far, `sip:caller@127.0.0.1:${dead.port}`);
    const answered = dialog.request({ method: 'INFO' });
    far.send(answerText(await far.request('INFO'), { status: 200 }));
    await answered;
    expect(dead.count((m) => m.method === 'INFO')).toBeGreaterThan(0);
    // From now on the place that answered comes first, for the ACK of a 2xx too.
    const before = dead.messages.length;
    const modified = dialog.modify(SDP);
    far.send(answerText(await far.request('INVITE'), { status: 200, contact: `sip:caller@127.0.0.1:${dead.port}`, body: SDP }));
    await far.request('ACK');
    await modified;
    expect(dead.messages).toHaveLength(before);
  });

  it('both copies of one request have one branch, so that a far end takes them for one', async () => {
    rig = await startRig();
    const [far, dead] = [await rig.peer(), await rig.peer()];
    const { dialog } = await call(far, `sip:caller@127.0.0.1:${dead.port}`);
    void dialog.destroy();
    const [one, other] = [await dead.request('BYE'), await far.request('BYE')];
    expect(one.header('Via')).toBe(other.header('Via'));
    expect(one.header('CSeq')).toBe(other.header('CSeq'));
  });

  it.each(['BYE', 'INFO', 'UPDATE', 'INVITE'])(
    'whose Contact is a port where a stranger answers %s with 481: to the other place, once',
    async (method) => {
      rig = await startRig();
      const [far, stranger] = [await rig.peer(), await rig.peer()];
      const contact = `sip:caller@127.0.0.1:${stranger.port}`;
      const { dialog } = await call(far, contact);
      const done = method === 'INVITE' ? dialog.modify(SDP) : method === 'BYE' ? dialog.destroy() : dialog.request({ method });
      const astray = await stranger.request(method);
      const unknown = answerText(astray, { status: 481 });
      stranger.send(unknown);
      stranger.send(unknown);
      if (method === 'INVITE') expect((await stranger.request('ACK')).header('Via')).toBe(astray.header('Via'));
      const request = await far.request(method);
      expect(request.header('Via')).toBe(astray.header('Via'));
      far.send(answerText(request, { status: 200, ...(method === 'INVITE' && { contact, body: SDP }) }));
      if (method === 'INVITE') await far.request('ACK');
      await done;
      expect(stranger.count((m) => m.method === method)).toBe(1);
      if (method === 'BYE') await until(() => rig.server.stats().dialogs === 0);
    },
  );

  it.each(['says nothing', 'says 481 too'])(
    'that the first place does not know, and the other %s: the 481 counts',
    async (how) => {
      rig = await startRig();
      const [far, stranger] = [await rig.peer(), await rig.peer()];
      const { dialog } = await call(far, `sip:caller@127.0.0.1:${stranger.port}`);
      const answered = dialog.request({ method: 'INFO' });
      stranger.send(answerText(await stranger.request('INFO'), { status: 481 }));
      const request = await far.request('INFO');
      if (how === 'says 481 too') far.send(answerText(request, { status: 481 }));
      expect(((await answered) as { status: number }).status).toBe(481);
      await until(() => rig.server.stats().transactions === 0);
    },
  );

  it('with a route set: to the proxy that asked for it, not to the source', async () => {
    rig = await startRig();
    const [far, proxy] = [await rig.peer(), await rig.peer()];
    const { dialog } = await call(far, `sip:caller@${NOBODY}`, { more: [`Record-Route: <sip:127.0.0.1:${proxy.port};lr>`] });
    void dialog.destroy();
    await arrivesOnlyAt(proxy, far, 'BYE');
  });

  it('that came by a proxy which wants no part of it: to the Contact', async () => {
    rig = await startRig();
    const [far, phone] = [await rig.peer(), await rig.peer()];
    const { dialog } = await call(far, `sip:caller@127.0.0.1:${phone.port}`, {
      more: ['Via: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bKphone'],
    });
    void dialog.destroy();
    await arrivesOnlyAt(phone, far, 'BYE');
  });

  it.each(['ACK', 'INFO'])('whose source moves: where the last %s came from', async (method) => {
    rig = await startRig();
    const [far, moved] = [await rig.peer(), await rig.peer()];
    const { dialog, toTag } = await call(far, `sip:caller@${NOBODY}`, method === 'ACK' ? { ackFrom: moved } : {});
    if (method === 'INFO') {
      moved.send(requestText({ method, port: moved.port, callId: 'nat', toTag, seq: 2 }));
      await moved.status(200, 'INFO');
    }
    void dialog.destroy();
    await arrivesOnlyAt(moved, far, 'BYE');
  });

  it('goes to the Contact and nowhere else with the strict reading', async () => {
    rig = await startRig({ strictContact: true });
    const [far, dead] = [await rig.peer(), await rig.peer()];
    const { dialog } = await call(far, `sip:caller@127.0.0.1:${dead.port}`);
    void dialog.destroy();
    await until(() => dead.count((m) => m.method === 'BYE') >= 4, 'repeats of the BYE');
    expect(far.count((m) => m.status === 0)).toBe(0);
  });

  it('a BYE that nobody answers leaves a line in the log', async () => {
    rig = await startRig();
    const far = await rig.peer();
    const { dialog } = await call(far, `sip:caller@${NOBODY}`);
    void dialog.destroy();
    await until(() => rig.log.find(({ text }) => text.includes('did not answer our BYE')));
  });
});

describe('a TCP dialog', () => {
  it.each([`sip:caller@${NOBODY};transport=tcp`, `sip:caller@${NOBODY}`, 'sip:caller@host.invalid;transport=tcp'])(
    'with Contact %s: on the stream of the caller',
    async (contact) => {
      rig = await startRig();
      const far = await SipStream.open(rig.tcp);
      const { dialog } = await call(far, contact);
      void dialog.destroy();
      const bye = await far.request('BYE');
      expect(bye.startLine).toBe(`BYE ${contact} SIP/2.0`);
      far.send(answerText(bye, { status: 200 }));
      await until(() => rig.server.stats().dialogs === 0);
      expect(far.count((m) => m.method === 'BYE')).toBe(1);
      far.close();
    },
  );

  it('whose stream is gone: to the Contact', async () => {
    rig = await startRig();
    const [far, listens]: [SipFarEnd, SipPeer] = [await SipStream.open(rig.tcp), await rig.peer()];
    const { dialog } = await call(far, `sip:caller@127.0.0.1:${listens.port};transport=udp`);
    far.close();
    await until(() => rig.server.stats().connections === 0);
    void dialog.destroy();
    const bye = await listens.request('BYE');
    listens.send(answerText(bye, { status: 200 }));
    await until(() => rig.server.stats().dialogs === 0);
  });

  it('on another stream that an in-dialog request came by', async () => {
    rig = await startRig();
    const far = await SipStream.open(rig.tcp);
    const again = await SipStream.open(rig.tcp);
    const { dialog, toTag } = await call(far, `sip:caller@${NOBODY};transport=tcp`);
    far.close();
    again.send(requestText({ method: 'INFO', port: again.port, transport: 'TCP', callId: 'nat', toTag, seq: 2 }));
    await again.status(200, 'INFO');
    void dialog.destroy();
    again.send(answerText(await again.request('BYE'), { status: 200 }));
    again.close();
  });
});
