import { afterEach, describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { systemClock } from '../../../src/lib/clock.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { createSignaling } from '../../../src/sip/signaling.js';
import { OFFER } from '../../support/fake-signaling.js';
import { startRig, SECRET } from '../../support/signalling.js';
import { answerText } from '../../support/sip-peer.js';

const close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of close.splice(0).reverse()) await one();
});

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

describe('a placed call that is challenged (RFC 3261 §22, RFC 2617)', () => {
  it('is sent again with credentials, and its dialog is up', async () => {
    const rig = await startRig();
    close.push(() => rig.close());
    const peer = await rig.peer();
    const created = await createSignaling({
      server: { ...rig.server.control, secret: SECRET },
      log: silentLogger,
      clock: systemClock,
    });
    if (!created.ok) throw new Error(created.error.message);
    close.push(() => created.value.close());
    const uri = `sip:200@127.0.0.1:${peer.port}`;
    const auth = { username: 'ivr', password: 'secret' };
    const placing = created.value.invite({ uri, from: '100', sdp: OFFER, ringTimeout: 5, auth }, new AbortController().signal);

    const first = await peer.request('INVITE');
    const challenge = 'WWW-Authenticate: Digest realm="trunk", nonce="abc", algorithm=MD5';
    peer.send(answerText(first, { status: 401, tag: 'callee', headers: [challenge] }));
    const second = await peer.next(
      (m) => m.method === 'INVITE' && m.header('Authorization') !== '',
      'an INVITE with credentials',
    );
    const response = md5(`${md5('ivr:trunk:secret')}:abc:${md5(`INVITE:${uri}`)}`);
    expect(second.header('Authorization')).toContain(`response="${response}"`);
    expect(parseInt(second.header('CSeq'))).toBe(parseInt(first.header('CSeq')) + 1);
    expect(second.header('Call-ID')).toBe(first.header('Call-ID'));
    peer.send(answerText(second, { status: 200, tag: 'callee', contact: uri, body: OFFER }));
    const placed = await placing;
    expect(placed).toMatchObject({ ok: true, value: { remoteSdp: OFFER } });
    await peer.request('ACK');
    if (placed.ok) placed.value.bye(16);
    await peer.request('BYE');
  });
});
