import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestText, SDP, until, type SipPeer } from '../support/sip-peer.js';
import { startRig, type Rig } from '../support/signalling.js';
import { TORTURE } from './torture.js';
import { TORTURE_IPV6 } from './torture-ipv6.js';

/* Hostile and odd messages over real sockets: the right answer, or silence, and never a fault. */

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await rig.app((srf) => {
    srf.invite((_req, res) => res.send(200, { body: SDP }));
    srf.register((_req, res) => res.send(200));
  });
});
afterAll(() => rig.close());

/** Sends a question behind the message and waits for its answer: by then the message has had its own. */
async function settled(peer: SipPeer): Promise<void> {
  const callId = `probe-${Math.random()}`;
  peer.send(requestText({ method: 'OPTIONS', port: peer.port, callId }));
  await peer.next((m) => m.header('Call-ID') === callId);
}

describe.each([
  ['RFC 4475', TORTURE],
  ['RFC 5118', TORTURE_IPV6],
] as const)('%s', (_rfc, messages) => {
  it.each(messages)('$name', async ({ message, answer }) => {
    const peer = await rig.peer();
    peer.send(message);
    if (answer !== null) await until(() => peer.messages.some(({ status }) => status >= 200), 'an answer');
    await settled(peer);
    const statuses = [
      ...new Set(peer.messages.filter((m) => m.status >= 200 && !m.header('Call-ID').startsWith('probe')).map((m) => m.status)),
    ];
    if (answer === null) expect(statuses).toEqual([]);
    else if (typeof answer === 'number') expect(statuses).toEqual([answer]);
    else expect(answer).toContain(statuses[0]);
    expect(rig.server.stats().faults).toBe(0);
  });
});

describe('what has killed signalling servers before', () => {
  const odd = (parts: Partial<Parameters<typeof requestText>[0]>, port: number): string =>
    requestText({ method: 'OPTIONS', port, callId: `odd-${Math.random()}`, ...parts });

  it.each([
    ['REGISTER with Contact: None', (port: number) => odd({ method: 'REGISTER' }, port).replace(/Contact: .*/, 'Contact: None')],
    ['REGISTER with Contact: *', (port: number) => odd({ method: 'REGISTER' }, port).replace(/Contact: .*/, 'Contact: *')],
    ['a tel: Request-URI', (port: number) => odd({ uri: 'tel:+4312345' }, port)],
    ['a Request-URI of 1,000 characters', (port: number) => odd({ uri: `sip:${'a'.repeat(980)}@b` }, port)],
    ['a comma in the user part', (port: number) => odd({ uri: 'sip:a,b@c' }, port)],
    ['an ACK of nothing', (port: number) => odd({ method: 'ACK' }, port)],
    ['an INFO before anything', (port: number) => odd({ method: 'INFO' }, port)],
    ['a PRACK of nothing', (port: number) => odd({ method: 'PRACK', headers: ['RAck: 1 1 INVITE'] }, port)],
    ['a CANCEL of nothing', (port: number) => odd({ method: 'CANCEL' }, port)],
    [
      'a body of binary',
      (port: number) =>
        Buffer.concat([
          Buffer.from(odd({ headers: ['l: 4'] }, port).replace('Content-Length: 0', 'c: x/y')),
          Buffer.from([0, 255, 13, 10]),
        ]),
    ],
    [
      'a Contact with 200 values',
      (port: number) => odd({}, port).replace(/Contact: .*/, `Contact: ${'<sip:a@b>,'.repeat(200)}<sip:a@b>`),
    ],
    [
      'a From of sip:sip:sip:',
      (port: number) => odd({}, port).replace(/From: .*/, `From: "${'sip:'.repeat(1500)}" <sip:${'a'.repeat(900)}@b>;tag=1`),
    ],
    ['single NULs and line ends', () => Buffer.from('\0')],
  ])('%s', async (_name, text) => {
    const peer = await rig.peer();
    peer.send(text(peer.port));
    await settled(peer);
    expect(rig.server.stats().faults).toBe(0);
  });
});

it('2,000 mutated messages end nothing', async () => {
  const peer = await rig.peer();
  const seeds = [
    ...TORTURE.map(({ message }) => message),
    Buffer.from(requestText({ method: 'INVITE', port: peer.port, callId: 'seed', body: SDP })),
  ];
  const mutation = fc.record({
    seed: fc.nat(seeds.length - 1),
    edits: fc.array(fc.record({ at: fc.nat(2_000), cut: fc.nat(20), insert: fc.uint8Array({ maxLength: 8 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
  });
  const mutants = fc.sample(mutation, { numRuns: 2_000, seed: 42 });
  for (const [index, { seed, edits }] of mutants.entries()) {
    let bytes = seeds[seed] ?? Buffer.alloc(0);
    for (const { at, cut, insert } of edits) {
      const where = at % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, where), Buffer.from(insert), bytes.subarray(where + cut)]);
    }
    peer.send(bytes);
    if (index % 100 === 99) await settled(peer);
  }
  expect(rig.server.stats().faults).toBe(0);
  expect(rig.log.filter(({ level }) => level === 'error')).toEqual([]);
});
