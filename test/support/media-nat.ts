import { isIPv6 } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaSession } from '../../src/media/types.js';
import { codeOf, collect, IPV4_HOME, isOf, MediaRig, never, once, plain } from './media-rig.js';
import type { PeerOptions, RtpPeer } from './rtp-peer.js';

/** Whose packets the engine takes when NAT is between, whichever way it receives and over either address family. */
export const mediaNatSuite = (receive: 'auto' | 'events', home = IPV4_HOME): void => {
  const rig = new MediaRig({ receive, mediaTimeoutMs: 300 }, home);
  const { own, other } = home;
  /** An address from which nobody else of the test sends. */
  const elsewhere = { address: other ?? own };
  const MUSIC = plain(2000, 60);
  let stops: (() => void)[] = [];

  afterEach(() => {
    for (const stop of stops) stop();
    stops = [];
  });

  /** A leg whose caller hears music. */
  async function withMusic(): Promise<{ peer: RtpPeer; session: MediaSession }> {
    const call = await rig.call();
    call.session.startMusic(once(MUSIC));
    await call.peer.until((heard) => heard.some(isOf(MUSIC)));
    return call;
  }

  const received = async (session: MediaSession): Promise<number> => (await session.stats()).received;
  const unexpected = async (session: MediaSession): Promise<number> => (await session.stats()).unexpected;

  /** Waits until the caller has been quiet for longer than a stream must be before it may go on elsewhere. */
  async function quiet(session: MediaSession, ms = 700): Promise<void> {
    await expect.poll(async () => (await session.stats()).silentMs).toBeGreaterThan(ms);
  }

  /** Says what `say` says every 20 ms, until the test is over. */
  function keep(say: () => void): void {
    const timer = setInterval(say, 20);
    stops.push(() => clearInterval(timer));
  }

  /** A peer at the caller's own address. */
  const neighbour = (options: PeerOptions = {}): Promise<RtpPeer> => rig.far(options);

  describe('a caller whose packets are there before the media thread knows that our answer left', () => {
    it.runIf(other)('is followed from an address nobody negotiated, though they came between', async () => {
      const [negotiated, natted] = [await rig.far(elsewhere), await rig.far()];
      const session = await rig.session(own);
      session.answer(negotiated.offer());
      session.listen();
      natted.keepSaying(session.port);
      session.begin();
      await natted.until((heard) => heard.length > 5);
      expect(await received(session)).toBeGreaterThan(0);
    });

    it.runIf(other)(
      'is unexpected when the same stream was there before the answer left; another stream of that source is not',
      async () => {
        const [negotiated, other] = [await rig.far(elsewhere), await rig.far()];
        const session = await rig.session(own);
        session.answer(negotiated.offer());
        other.keepSaying(session.port);
        await expect.poll(() => unexpected(session)).toBeGreaterThan(2);
        session.begin();
        const before = await unexpected(session);
        await expect.poll(() => unexpected(session)).toBeGreaterThan(before + 20);
        expect(other.heard).toHaveLength(0);
        other.silence();
        other.restart(0x0ff4005);
        other.keepSaying(session.port);
        await other.until((heard) => heard.length > 5);
      },
    );

    it.runIf(other)('is heard though another source of its address sends as well', async () => {
      const [negotiated, one, other] = [await rig.far(elsewhere), await rig.far(), await rig.far({ ssrc: 9 })];
      const session = await rig.session(own);
      session.answer(negotiated.offer());
      session.begin();
      keep(() => {
        one.say(session.port);
        other.say(session.port);
      });
      await expect.poll(() => one.heard.length + other.heard.length).toBeGreaterThan(5);
    });
  });

  describe('a stream that goes on from another port of its address', () => {
    it('is followed: its keys are taken and the music goes there', async () => {
      const { peer, session } = await withMusic();
      const moved = await neighbour();
      const from = performance.now();
      peer.silence();
      moved.goOn(peer);
      moved.keepSaying(session.port);
      await moved.until((heard) => heard.filter(isOf(MUSIC)).length > 5);
      expect((moved.heard[0]?.at ?? Infinity) - from).toBeLessThan(2000);
      const count = await peer.arrived();
      const collecting = session.collect(collect(), never);
      moved.press(session.port, '7');
      expect(await collecting).toMatchObject({ digits: '7' });
      expect(peer.heard.length).toBe(count);
    });

    it('is followed after seconds in which its packets got lost, and back to the port it had', async () => {
      const { peer, session } = await withMusic();
      const moved = await neighbour();
      peer.silence();
      moved.goOn(peer);
      moved.lose(100);
      await quiet(session, 2000);
      moved.keepSaying(session.port);
      await moved.until((heard) => heard.length > 5);
      moved.silence();
      peer.goOn(moved);
      const count = await peer.arrived();
      peer.keepSaying(session.port);
      await peer.until((heard) => heard.length > count + 5);
    });

    it('is followed by its keys alone', async () => {
      const { peer, session } = await withMusic();
      const moved = await neighbour();
      peer.silence();
      moved.goOn(peer);
      await quiet(session);
      const collecting = session.collect(collect(), never);
      moved.press(session.port, '3');
      expect(await collecting).toMatchObject({ digits: '3' });
    });

    it.runIf(other)('is followed when its first port was no more than followed, as behind NAT', async () => {
      const [negotiated, natted, moved] = [await rig.far(elsewhere), await rig.far(), await rig.far()];
      const session = await rig.session(own);
      session.answer(negotiated.offer());
      session.begin();
      natted.keepSaying(session.port);
      await natted.until((heard) => heard.length > 5);
      natted.silence();
      moved.goOn(natted);
      moved.keepSaying(session.port);
      await moved.until((heard) => heard.length > 5);
    });
  });

  describe('an unexpected source that wants a caller’s stream', () => {
    /** What is tried while the caller is quiet; it is not heard, not answered, and the caller is when it speaks again. */
    async function inVain(
      intrude: (intruder: RtpPeer, caller: RtpPeer, port: number) => void,
      options: PeerOptions = {},
    ): Promise<void> {
      const { peer, session } = await withMusic();
      const intruder = await neighbour(options);
      peer.silence();
      await quiet(session);
      const before = await session.stats();
      let tries = 0;
      keep(() => {
        intrude(intruder, peer, session.port);
        tries++;
      });
      // Packets of another IPv6 address than the last that was believed do not even come to us.
      if (isIPv6(own) && options === elsewhere) await expect.poll(() => tries).toBeGreaterThan(40);
      else await expect.poll(() => unexpected(session)).toBeGreaterThan(before.unexpected + 40);
      intruder.press(session.port, '9');
      expect(intruder.heard).toHaveLength(0);
      expect(await session.stats()).toMatchObject({ received: before.received, digits: 0 });
      const count = await peer.arrived();
      peer.keepSaying(session.port);
      await expect.poll(() => received(session)).toBeGreaterThan(before.received + 5);
      await peer.until((heard) => heard.slice(count).filter(isOf(MUSIC)).length > 5);
      expect(intruder.heard).toHaveLength(0);
    }

    it.runIf(other)('has no luck from another address, whatever it knows of the stream', () =>
      inVain((intruder, caller, port) => intruder.sayAs(caller, port), elsewhere),
    );

    it('has no luck at the same address with an SSRC of its own', () =>
      inVain((intruder, _caller, port) => intruder.say(port), { ssrc: 0x5712a9e2 }));

    it('has no luck with the right SSRC and a sequence that is too far ahead', () =>
      inVain((intruder, caller, port) => {
        intruder.goOn(caller);
        intruder.lose(5000);
        intruder.say(port);
      }));

    it('has no luck with packets that were there before', () =>
      inVain((intruder, caller, port) => {
        intruder.goOn(caller);
        intruder.lose(-30);
        for (let i = 0; i < 20; i++) intruder.say(port);
      }));

    it('has no luck with a flood of guesses', () => {
      let guess = 0;
      return inVain((intruder, caller, port) => {
        for (let i = 0; i < 20; i++) {
          intruder.goOn(caller);
          intruder.lose((guess = (guess * 1_103_515_245 + 12_345) & 0xffff));
          intruder.say(port);
        }
      });
    });

    it('has no luck with the very next packets while the old source still sends', async () => {
      const { peer, session } = await withMusic();
      const intruder = await neighbour();
      const before = await peer.arrived();
      keep(() => {
        peer.say(session.port);
        intruder.sayAs(peer, session.port);
      });
      await peer.until((heard) => heard.length > before + 60);
      expect(intruder.heard).toHaveLength(0);
      expect(codeOf(MUSIC)).toBe(peer.heard.at(-1)?.payload[0]);
    });
  });

  describe('RTCP and packets without sound', () => {
    /** Whether a caller that sends no speech is alive after several media time-outs, by what it sends instead. */
    async function alive(send: (peer: RtpPeer, session: MediaSession) => void, options: PeerOptions = {}): Promise<boolean> {
      const { peer, session } = await rig.call(options);
      peer.silence();
      let silences = 0;
      session.onSilent(() => silences++);
      keep(() => send(peer, session));
      const { sent } = await session.stats();
      await expect.poll(async () => (await session.stats()).sent).toBeGreaterThan(sent + 60);
      return silences === 0;
    }

    it('are signs of life: RTCP on the RTP port', async () =>
      expect(await alive((peer, { port }) => peer.report(port))).toBe(true));

    it('are signs of life: comfort noise', async () =>
      expect(await alive((peer, { port }) => peer.comfortNoise(port))).toBe(true));

    it('are signs of life: RTCP from another port to the port above', async () => {
      const rtcp = await rig.far();
      expect(await alive((_peer, { port }) => rtcp.report(port + 1))).toBe(true);
    });

    it.each(other === null ? [own] : [own, other])('are none of an unexpected source at %s', async (address) => {
      const stranger = await rig.far({ address, ssrc: 77 });
      const both = (port: number): void => {
        stranger.report(port);
        stranger.report(port + 1);
      };
      expect(await alive((_peer, { port }) => both(port))).toBe(false);
    });

    it.each([
      ['another version', [0x40, 201, 0, 1, 0, 0xff, 0x40, 4]],
      ['a length beyond its end', [0x80, 201, 0, 2, 0, 0xff, 0x40, 4]],
      ['a length short of its end', [0x80, 201, 0, 1, 0, 0xff, 0x40, 4, 0, 0]],
      ['no report first', [0x81, 203, 0, 1, 0, 0xff, 0x40, 4]],
      ['a report of nobody', [0x80, 201, 0, 0, 0x80, 201, 0, 0]],
    ])('are none when malformed: %s', async (_, bytes) => {
      const raw = Uint8Array.from(bytes);
      expect(await alive((peer, { port }) => [port, port + 1].forEach((to) => peer.sendRaw(to, raw)))).toBe(false);
    });

    it.runIf(other)('keep a caller alive that never sent RTP: from where its offer says, or behind NAT', async () => {
      for (const [signalling, offered, from] of [
        [own, elsewhere.address, elsewhere.address],
        [own, elsewhere.address, own],
      ] as const) {
        const [caller, rtcp] = [await rig.far({ address: offered }), await rig.far({ address: from })];
        const session = await rig.session(signalling);
        session.answer(caller.offer(`a=rtcp:${rtcp.local.port}`));
        session.begin();
        let silences = 0;
        session.onSilent(() => silences++);
        keep(() => rtcp.report(session.port + 1, 5));
        await expect.poll(async () => (await session.stats()).sent).toBeGreaterThan(60);
        expect(silences).toBe(0);
        const { received: none, silentMs } = await session.stats();
        expect(none).toBe(0);
        expect(silentMs).toBeGreaterThanOrEqual(1);
      }
    });

    it('do not keep a caller alive that never sent anything: another port of the address it negotiated', async () => {
      const [caller, stranger] = [await rig.far(), await rig.far()];
      const session = await rig.session(own);
      session.answer(caller.offer());
      session.begin();
      let silences = 0;
      session.onSilent(() => silences++);
      keep(() => stranger.report(session.port + 1));
      await expect.poll(() => silences).toBe(1);
    });
  });
};
