import { mkdtemp, rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { silentLogger } from '../../src/lib/log/log.js';
import type { Audio } from '../../src/media/codec/audio.js';
import { CODECS } from '../../src/media/codec/codec.js';
import { startMediaEngine } from '../../src/media/engine/engine.js';
import { makeAudio } from '../../src/media/codec/make-audio.js';
import type { CollectDigits, MediaEngine, MediaSession, MusicAudio, PlayAudio } from '../../src/media/types.js';
import { freePorts } from './free-ports.js';
import { RtpPeer, type Heard, type PeerOptions } from './rtp-peer.js';

/*
 * A media engine with real sockets, and what its tests say, hear and measure.
 */

/** Audio of `ms` ms that is one code all along, so that a packet tells what it is a piece of. */
export const plain = (level: number, ms: number): Audio => makeAudio(new Int16Array(ms * 8).fill(level));
export const codeOf = (audio: Audio): number => new Uint8Array(audio.encoded.PCMU)[0] ?? 0;
export const isOf = (audio: Audio) => (packet: Heard) => packet.payload[0] === codeOf(audio);
export const never = new AbortController().signal;

/** Where the far ends of a rig are, and another address of this machine; null: there is none. */
export interface Home {
  readonly own: string;
  readonly other: string | null;
}

export const IPV4_HOME: Home = { own: '127.0.0.1', other: '127.0.0.2' };

/** The addresses of this machine for audio over IPv6; null where it has no IPv6. */
export const IPV6_HOME: Home | null = ((): Home | null => {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const other = all.find(({ family, internal, address }) => family === 'IPv6' && !internal && !address.startsWith('fe80'));
  return all.some(({ address }) => address === '::1') ? { own: '::1', other: other?.address ?? null } : null;
})();

/** An IPv6 place beside the IPv4 one, for all far ends. */
export const IPV6_PLACE = { bindAddress: '::1', advertisedAddress: '::1', nearOnly: false, optional: false };

/** µ-law silence. */
export const SILENT = CODECS.PCMU.silence;

export const play = (audio: readonly Audio[], change: Partial<PlayAudio> = {}): PlayAudio => ({
  audio,
  loop: 1,
  gainDb: 0,
  bargeIn: false,
  stopKeys: '',
  ...change,
});
export const collect = (change: Partial<CollectDigits> = {}): CollectDigits => ({
  audio: [],
  gainDb: 0,
  bargeIn: true,
  min: 1,
  max: 1,
  endOn: '#',
  allow: '',
  firstDigitTimeoutMs: 5000,
  interDigitTimeoutMs: 5000,
  typeAhead: true,
  ...change,
});

export const once = (audio: Audio, startDelayMs = 0): MusicAudio => ({ audio: [audio], startDelayMs, pauseMs: 0 });

/** Ports for so many legs: every other one of a range (RFC 3550 §11). */
export const range = (legs: number): Promise<{ readonly from: number; readonly to: number }> => freePorts(2 * legs);

export const start = async (change: Partial<Parameters<typeof startMediaEngine>[0]> = {}): Promise<MediaEngine> => {
  const engine = await startMediaEngine({
    bindAddress: '127.0.0.1',
    advertisedAddress: '127.0.0.1',
    ports: await range(40),
    workers: 1,
    mediaTimeoutMs: 0,
    limits: { lateP99Ms: Infinity, cpuShare: Infinity, fromSessions: 0 },
    pollFrom: 0,
    log: silentLogger,
    ...change,
  });
  if (!engine.ok) throw new Error(engine.error);
  return engine.value;
};

export const opened = async (
  engine: MediaEngine,
  signalingAddress = '127.0.0.1',
  offer: string | null = null,
): Promise<MediaSession> => {
  const session = await engine.open({ signalingAddress, offer });
  if (!session.ok) throw new Error(session.error);
  return session.value;
};

const isSilent = ({ payload, payloadType }: Heard): boolean =>
  payload.every((code) => code === CODECS[payloadType === 8 ? 'PCMA' : 'PCMU'].silence);

/** Longest time without a packet, and longest run of filling silence, in ms, from the first packet of `from` on. */
export const deadAir = (heard: readonly Heard[], from: (packet: Heard) => boolean): { gap: number; silence: number } => {
  const packets = heard.slice(heard.findIndex(from));
  let [gap, silence, run] = [0, 0, 0];
  packets.forEach((packet, i) => {
    const before = packets[i - 1];
    if (before !== undefined) gap = Math.max(gap, packet.at - before.at);
    run = isSilent(packet) ? run + 20 : 0;
    silence = Math.max(silence, run);
  });
  return { gap, silence };
};

/** One engine for all tests of a file, and legs on it that close after each test. */
export class MediaRig {
  readonly #peers: RtpPeer[] = [];
  readonly #sessions: MediaSession[] = [];
  #engine: MediaEngine | null = null;
  #folder = '';

  /** To be made where tests are declared. */
  constructor(
    change: Parameters<typeof start>[0] = {},
    private readonly home = IPV4_HOME,
  ) {
    beforeAll(async () => {
      this.#folder = await mkdtemp(join(tmpdir(), 'offhook-media-'));
      this.#engine = await start({ ...(isIPv6(home.own) ? { further: [IPV6_PLACE] } : {}), ...change });
    });
    afterEach(async () => {
      await Promise.all([...this.#sessions.splice(0), ...this.#peers.splice(0)].map((one) => one.close()));
    });
    afterAll(async () => {
      await this.#engine?.close();
      await rm(this.#folder, { recursive: true });
    });
  }

  get engine(): MediaEngine {
    if (this.#engine === null) throw new Error('the engine runs in tests only');
    return this.#engine;
  }

  /** A path below a folder that is removed in the end. */
  file(...names: readonly string[]): string {
    return join(this.#folder, ...names);
  }

  async far(options: PeerOptions = {}): Promise<RtpPeer> {
    const peer = await RtpPeer.open({ address: this.home.own, ...options });
    this.#peers.push(peer);
    return peer;
  }

  /** A leg for a far end of the rig's address family. The signalling comes over IPv4 unless said otherwise. */
  async session(signalingAddress?: string): Promise<MediaSession> {
    const { own } = this.home;
    const offer = ['v=0', `c=IN ${isIPv6(own) ? 'IP6' : 'IP4'} ${own}`, 'm=audio 9 RTP/AVP 0', ''].join('\r\n');
    const session = await opened(this.engine, signalingAddress, offer);
    this.#sessions.push(session);
    return session;
  }

  /** A leg that is up, its far end talking. */
  async call(options: PeerOptions & { readonly talking?: boolean } = {}): Promise<{ peer: RtpPeer; session: MediaSession }> {
    const [peer, session] = [await this.far(options), await this.session()];
    const answer = session.answer(peer.offer());
    if (!answer.ok) throw new Error(answer.error.message);
    session.begin();
    if (options.talking !== false) peer.keepSaying(session.port);
    await peer.until((heard) => heard.length >= 8);
    return { peer, session };
  }
}
