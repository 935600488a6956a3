import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { createSignaling } from '../../../src/sip/signaling.js';
import type { IncomingInvite, Signaling, SipDialog } from '../../../src/sip/types.js';
import { requestText, SDP, SipStream, until, type RequestParts, type SipFarEnd } from '../../support/sip-peer.js';
import { SECRET, startRig, type Rig } from '../../support/signalling.js';

/* Calls that a proxy sends here more than once, from the wire to our face on drachtio-srf: one Call-ID, several calls. */

interface World {
  readonly rig: Rig;
  readonly signaling: Signaling;
  readonly invites: readonly IncomingInvite[];
  readonly far: SipFarEnd;
  /** To tags of the dialogs that were answered. */
  readonly tags: Set<string>;
  send(parts: Partial<RequestParts>): void;
}

const worlds: World[] = [];
afterEach(async () => {
  for (const { rig, signaling, far } of worlds.splice(0)) {
    expect(rig.server.stats().faults).toBe(0);
    await signaling.close();
    if (far.transport === 'TCP') far.close();
    await rig.close();
  }
});

async function world(transport: 'UDP' | 'TCP'): Promise<World> {
  const rig = await startRig();
  const created = await createSignaling({
    server: { ...rig.server.control, secret: SECRET },
    log: silentLogger,
    clock: systemClock,
  });
  if (!created.ok) throw new Error(created.error.message);
  const invites: IncomingInvite[] = [];
  created.value.onInvite((invite) => void invites.push(invite));
  const far = transport === 'UDP' ? await rig.peer() : await SipStream.open(rig.tcp);
  const made: World = {
    rig,
    signaling: created.value,
    invites,
    far,
    tags: new Set(),
    send: (parts) =>
      far.send(requestText({ method: 'INVITE', port: far.port, transport, callId: 'one-call-id', fromTag: 'caller', ...parts })),
  };
  worlds.push(made);
  return made;
}

const tagOf = (value: string): string => /;tag=([^;]+)/.exec(value)?.[1] ?? '';
const A = { uri: 'sip:100@127.0.0.1', branch: 'z9hG4bKbranch-a' };
const B = { uri: 'sip:200@127.0.0.1', branch: 'z9hG4bKbranch-b' };

/** Answers an INVITE and acknowledges the answer from the wire; the dialog and its To tag. */
async function answered(
  w: World,
  invite: IncomingInvite,
  parts: Partial<RequestParts>,
): Promise<{ dialog: SipDialog; toTag: string }> {
  const accepting = invite.accept(SDP);
  // A repeated 200 of the dialog before may come first.
  const isNew = (tag: string): boolean => !w.tags.has(tag);
  const ok = await w.far.next((m) => m.status === 200 && m.method === 'INVITE' && isNew(tagOf(m.header('To'))), 'a new 200');
  const toTag = tagOf(ok.header('To'));
  w.tags.add(toTag);
  w.send({ ...parts, method: 'ACK', branch: `${parts.branch ?? ''}-ack`, toTag });
  const accepted = await accepting;
  if (!accepted.ok) throw new Error(accepted.error.message);
  return { dialog: accepted.value, toTag };
}

describe.each(['UDP', 'TCP'] as const)('over %s', (transport) => {
  it('the same call comes again after its refusal and ACK: a call of its own', async () => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    (await until(() => w.invites[0])).reject(404);
    const toTag = tagOf((await w.far.status(404)).header('To'));
    w.send({ ...A, method: 'ACK', toTag });
    w.send({ ...A, branch: 'z9hG4bKagain', body: SDP });
    await answered(w, await until(() => w.invites[1]), A);
  });

  it('the same call comes again before the ACK of its refusal', async () => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    (await until(() => w.invites[0])).reject(486);
    const toTag = tagOf((await w.far.status(486)).header('To'));
    w.send({ ...A, branch: 'z9hG4bKagain', body: SDP });
    const second = await until(() => w.invites[1]);
    w.send({ ...A, method: 'ACK', toTag });
    await answered(w, second, A);
  });

  it.each([
    ['another number of ours', B],
    ['the same number', { ...A, branch: 'z9hG4bKagain' }],
  ])('a call that a proxy cancels and sends to %s at once is answered (serial forking)', async (_name, next) => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    const first = await until(() => w.invites[0]);
    first.ring();
    await w.far.status(180);
    w.send({ ...A, method: 'CANCEL' });
    w.send({ ...next, body: SDP });
    await w.far.status(487);
    expect(first.cancelled.aborted).toBe(true);
    await answered(w, await until(() => w.invites[1]), next);
  });

  it('two forks of one call to two numbers ring and are answered, and each dialog ends by its own BYE', async () => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    w.send({ ...B, body: SDP });
    const [first, second] = await until(() => (w.invites.length === 2 ? w.invites : null));
    if (first === undefined || second === undefined) throw new Error('two INVITEs came');
    const a = await answered(w, first, A);
    const b = await answered(w, second, B);
    expect(a.toTag).not.toBe(b.toTag);
    // Theirs ends the first; ours ends the second.
    w.send({ ...A, method: 'BYE', branch: 'z9hG4bKbye', seq: 2, toTag: a.toTag });
    await w.far.status(200, 'BYE');
    expect(await a.dialog.ended).toMatchObject({ by: 'remote' });
    w.send({ ...B, method: 'OPTIONS', branch: 'z9hG4bKalive', seq: 2, toTag: b.toTag });
    await w.far.status(200, 'OPTIONS');
    b.dialog.bye(16);
    const bye = await w.far.request('BYE');
    expect([tagOf(bye.header('From')), tagOf(bye.header('To'))]).toEqual([b.toTag, 'caller']);
    await until(() => w.rig.server.stats().dialogs === 0);
  });

  it('CANCEL of one of two forks leaves the other ringing', async () => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    w.send({ ...B, body: SDP });
    const [first, second] = await until(() => (w.invites.length === 2 ? w.invites : null));
    w.send({ ...A, method: 'CANCEL' });
    await w.far.status(487);
    await until(() => first?.cancelled.aborted === true);
    expect(second?.cancelled.aborted).toBe(false);
    if (second !== undefined) await answered(w, second, B);
  });

  it('the far end cancels the later of two forks and the earlier is answered', async () => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    w.send({ ...B, body: SDP });
    const [first, second] = await until(() => (w.invites.length === 2 ? w.invites : null));
    w.send({ ...B, method: 'CANCEL' });
    await w.far.status(487);
    await until(() => second?.cancelled.aborted === true);
    if (first !== undefined) await answered(w, first, A);
  });

  it('two calls with one Call-ID and different From tags are two calls, the second while the first rings', async () => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    (await until(() => w.invites[0])).ring();
    await w.far.status(180);
    const other = { ...A, branch: 'z9hG4bKother', fromTag: 'somebody-else' };
    w.send({ ...other, body: SDP });
    const second = await answered(w, await until(() => w.invites[1]), other);
    const first = await until(() => w.invites[0]);
    expect(first.cancelled.aborted).toBe(false);
    w.send({ ...other, method: 'BYE', branch: 'z9hG4bKbye', seq: 2, toTag: second.toTag });
    expect(await second.dialog.ended).toMatchObject({ by: 'remote' });
    await answered(w, first, A);
  });

  it('a request in one dialog is not taken for one of the fork that still rings', async () => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    const { toTag } = await answered(w, await until(() => w.invites[0]), A);
    w.send({ ...B, body: SDP });
    await until(() => w.invites[1]);
    w.send({ ...A, method: 'UPDATE', branch: 'z9hG4bKupdate', seq: 2, toTag });
    await w.far.status(200, 'UPDATE');
  });

  it('the same call by another way while it rings, and after the answer, is a loop', async () => {
    const w = await world(transport);
    w.send({ ...A, body: SDP });
    const invite = await until(() => w.invites[0]);
    w.send({ ...A, branch: 'z9hG4bKloop', body: SDP });
    await w.far.status(482);
    await answered(w, invite, A);
    w.send({ ...A, branch: 'z9hG4bKlater', body: SDP });
    await w.far.status(482);
    expect(w.invites).toHaveLength(1);
  });
});
