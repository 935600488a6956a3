import { describe, expect, it } from 'vitest';
import { mediaEngineSuite } from '../support/media-engine.js';
import { mediaNatSuite } from '../support/media-nat.js';
import { IPV4_HOME, IPV6_HOME, IPV6_PLACE, MediaRig, opened, range, start } from '../support/media-rig.js';
import { RtpPeer } from '../support/rtp-peer.js';

/* Audio over IPv6 beside IPv4, signalled over IPv4 where a test says nothing else; where this machine has IPv6. */

describe.runIf(IPV6_HOME)('the media engine over IPv6, packets polled', () => {
  mediaEngineSuite('auto', IPV6_HOME ?? IPV4_HOME);
});

describe.runIf(IPV6_HOME)('whose packets are taken over IPv6, packets as events', () => {
  mediaNatSuite('events', IPV6_HOME ?? IPV4_HOME);
});

describe.runIf(IPV6_HOME)('one engine with both address families', () => {
  const rig = new MediaRig({ further: [IPV6_PLACE] });

  it('names the addresses it takes audio at', () => {
    expect(rig.engine.stats().addresses).toEqual(['127.0.0.1', '::1']);
  });

  it.each([
    ['127.0.0.1', 'IN IP4 127.0.0.1'],
    ['::1', 'IN IP6 ::1'],
  ])('answers %s with %s, in o= and c=', async (address, own) => {
    const [peer, signalling] = [await rig.far({ address }), address === '::1' ? '127.0.0.1' : '::1'];
    const session = await opened(rig.engine, signalling, peer.offer());
    const answer = session.answer(peer.offer());
    expect(answer.ok ? answer.value.match(/IN IP.*/g) : answer.error).toEqual([own, own]);
    session.begin();
    peer.keepSaying(session.port);
    await peer.until((heard) => heard.length > 10);
    await expect.poll(async () => (await session.stats()).received).toBeGreaterThan(10);
    await session.close();
  });

  it('does not hear an unexpected source of the other family', async () => {
    const [peer, stranger] = [await rig.far({ address: '::1' }), await rig.far()];
    const session = await opened(rig.engine, '127.0.0.1', peer.offer());
    session.answer(peer.offer());
    session.begin();
    for (let i = 0; i < 20; i++) stranger.say(session.port);
    stranger.press(session.port, '1');
    await peer.until((heard) => heard.length > 10);
    expect(await session.stats()).toMatchObject({ received: 0, digits: 0 });
    expect(stranger.heard).toHaveLength(0);
    await session.close();
  });

  it('refuses a later offer of the other family by its name, and the call goes on', async () => {
    const [peer, other] = [await rig.far({ address: '::1' }), await rig.far()];
    const session = await opened(rig.engine, '127.0.0.1', peer.offer());
    session.answer(peer.offer());
    session.begin();
    expect(session.answer(other.offer())).toMatchObject({ ok: false, error: { code: 'SDP_NO_AUDIO', warning: 300 } });
    const count = await peer.arrived();
    await peer.until((heard) => heard.length > count + 10);
    expect(other.heard).toHaveLength(0);
    await session.close();
  });

  it('offers IPv4, but IPv6 where the signalling came over it', async () => {
    for (const [signalling, own] of [
      ['127.0.0.1', 'c=IN IP4 127.0.0.1'],
      ['::ffff:127.0.0.1', 'c=IN IP4 127.0.0.1'],
      ['::1', 'c=IN IP6 ::1'],
    ] as const) {
      const session = await opened(rig.engine, signalling);
      expect(session.offer()).toContain(own);
      await session.close();
    }
  });

  it('shares its ports between both', async () => {
    const engine = await start({ further: [IPV6_PLACE], ports: await range(2) });
    const peers = [await RtpPeer.open({ address: '::1' }), await RtpPeer.open()];
    const sessions = await Promise.all(peers.map((peer) => opened(engine, '127.0.0.1', peer.offer())));
    expect(new Set(sessions.map(({ port }) => port)).size).toBe(2);
    expect(await engine.open({ signalingAddress: '::1' })).toEqual({ ok: false, error: 'NO_PORTS' });
    await Promise.all(peers.map((peer) => peer.close()));
    await engine.close();
  });
});

describe('an IPv6 address that cannot be bound', () => {
  const ABSENT = { bindAddress: '2001:db8::77', advertisedAddress: '2001:db8::77', nearOnly: false };

  it('keeps the engine from starting when it was set', async () => {
    await expect(start({ further: [{ ...ABSENT, optional: false }] })).rejects.toThrow(
      'cannot be bound to 2001:db8::77: EADDRNOTAVAIL',
    );
  });

  it('is done without when it was found: an offer of IPv6 is refused with a warning that names it', async () => {
    const engine = await start({ further: [{ ...ABSENT, optional: true }] });
    expect(engine.stats().addresses).toEqual(['127.0.0.1']);
    const offer = ['v=0', 'c=IN IP6 2001:db8::9', 'm=audio 4000 RTP/AVP 0', ''].join('\r\n');
    const session = await opened(engine, '127.0.0.1', offer);
    expect(session.answer(offer)).toMatchObject({ ok: false, error: { code: 'SDP_NO_AUDIO', warning: 300 } });
    await engine.close();
  });
});
