import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Aborted } from '../../src/lib/clock.js';
import { silentLogger } from '../../src/lib/log.js';
import type { Audio } from '../../src/media/audio.js';
import { startMediaEngine } from '../../src/media/engine.js';
import { makeAudio } from '../../src/media/make-audio.js';
import { rtpPacket } from '../../src/media/rtp/packet.js';
import type { CollectDigits, MediaEngine, MediaSession, PlayAudio } from '../../src/media/types.js';
import { RtpPeer, type Heard } from './rtp-peer.js';

/** Audio of `ms` ms that is one code all along, so that a packet tells what it is a piece of. */
const plain = (level: number, ms: number): Audio => makeAudio(new Int16Array(ms * 8).fill(level));
const codeOf = (audio: Audio): number => new Uint8Array(audio.pcmu)[0] ?? 0;
const isOf = (audio: Audio) => (packet: Heard) => packet.payload[0] === codeOf(audio);
export const never = new AbortController().signal;
const SILENT = 0xff;

const play = (audio: readonly Audio[], change: Partial<PlayAudio> = {}): PlayAudio => ({
  audio,
  loop: 1,
  gainDb: 0,
  bargeIn: false,
  stopKeys: '',
  ...change,
});
export const collect = (change: Partial<CollectDigits> = {}): CollectDigits => ({
  prompt: [],
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

/** A range of ports of this test process's own, far from the system's ephemeral ones. */
let nextRange = 20_000 + (process.pid % 200) * 50;
export const range = (ports: number): { from: number; to: number } => {
  nextRange += 2 * ports;
  return { from: nextRange - 2 * ports, to: nextRange - 1 };
};

export const start = async (change: Partial<Parameters<typeof startMediaEngine>[0]> = {}): Promise<MediaEngine> => {
  const engine = await startMediaEngine({
    bindAddress: '127.0.0.1',
    advertisedAddress: '127.0.0.1',
    ports: range(40),
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

export const opened = async (engine: MediaEngine, signalingAddress = '127.0.0.1'): Promise<MediaSession> => {
  const session = await engine.open({ signalingAddress });
  if (!session.ok) throw new Error(session.error);
  return session.value;
};

/** Longest time without a packet, and longest run of filling silence, in ms, from the first packet of `from` on. */
const deadAir = (heard: readonly Heard[], from: (packet: Heard) => boolean): { gap: number; silence: number } => {
  const packets = heard.slice(heard.findIndex(from));
  let [gap, silence, run] = [0, 0, 0];
  packets.forEach((packet, i) => {
    const before = packets[i - 1];
    if (before !== undefined) gap = Math.max(gap, packet.at - before.at);
    run = packet.payload[0] === SILENT ? run + 20 : 0;
    silence = Math.max(silence, run);
  });
  return { gap, silence };
};

/** What the engine promises, whichever way it receives. */
export const mediaEngineSuite = (receive: 'auto' | 'events'): void => {
  let engine: MediaEngine;
  let folder: string;
  const peers: RtpPeer[] = [];
  const sessions: MediaSession[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offhook-media-'));
    engine = await start({ receive, mediaTimeoutMs: 300 });
  });
  afterEach(async () => {
    await Promise.all([...sessions.splice(0).map((one) => one.close()), ...peers.splice(0).map((one) => one.close())]);
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  const far = async (options = {}): Promise<RtpPeer> => {
    const peer = await RtpPeer.open(options);
    peers.push(peer);
    return peer;
  };
  /** A leg that is up, its far end talking. */
  const call = async (
    options: { talking?: boolean; payloadType?: number } = {},
  ): Promise<{ peer: RtpPeer; session: MediaSession }> => {
    const [peer, session] = [await far(options), await opened(engine)];
    sessions.push(session);
    const answer = session.answer(peer.offer());
    if (!answer.ok) throw new Error(answer.error.message);
    session.begin();
    if (options.talking !== false) peer.keepSaying(session.port);
    await peer.until((heard) => heard.length >= 8);
    return { peer, session };
  };

  it('says how it receives', () => expect(engine.stats().receive).toBe(receive === 'auto' ? 'polled' : 'events'));

  it('sends a packet every 20 ms from the answer on, to a caller that says nothing too', async () => {
    const { peer } = await call({ talking: false });
    const { heard } = peer;
    expect(heard[0]?.marker).toBe(true);
    heard.forEach(({ sequence, timestamp, payload }, i) => {
      expect([...new Set(payload)]).toEqual([SILENT]);
      expect(payload.length).toBe(160);
      expect((sequence - (heard[0]?.sequence ?? 0)) & 0xffff).toBe(i);
      expect((timestamp - (heard[0]?.timestamp ?? 0)) >>> 0).toBe(i * 160);
    });
    expect((heard.at(-1)?.at ?? 0) - (heard[0]?.at ?? 0)).toBeGreaterThan(100);
  });

  it('plays audio whole, in the law of the call, marker on its first packet', async () => {
    const { peer, session } = await call({ payloadType: 8 });
    const audio = plain(5000, 200);
    expect(session.law).toBe('PCMA');
    expect(await session.play(play([audio]), never)).toEqual({ kind: 'done', ms: 200 });
    const code = new Uint8Array(audio.pcma)[0];
    const played = peer.heard.filter(({ payload }) => payload[0] === code);
    expect(played).toHaveLength(10);
    expect(played.map(({ marker }) => marker)).toEqual([true, ...Array<boolean>(9).fill(false)]);
    expect(new Set(peer.heard.map(({ payloadType }) => payloadType))).toEqual(new Set([8]));
  });

  it('plays a list of audio in order, as often as asked, louder when asked', async () => {
    const { peer, session } = await call();
    const [one, two] = [plain(1000, 40), plain(-1000, 20)];
    expect(await session.play(play([one, two], { loop: 2 }), never)).toEqual({ kind: 'done', ms: 120 });
    const codes = peer.heard.map(({ payload }) => payload[0]).filter((code) => code !== SILENT);
    const [a, b] = [codeOf(one), codeOf(two)];
    expect(codes).toEqual([a, a, b, a, a, b]);
    await session.play(play([one], { gainDb: 6 }), never);
    expect(peer.heard.some(isOf(plain(2000, 20)))).toBe(true);
  });

  it('leaves no dead air between one prompt and the next, and keeps sequence and timestamp whole', { retry: 2 }, async () => {
    const { peer, session } = await call();
    const [one, two] = [plain(3000, 200), plain(9000, 200)];
    for (let round = 0; round < 3; round++) {
      await session.play(play([one]), never);
      await session.play(play([two]), never);
    }
    const { heard } = peer;
    const { gap, silence } = deadAir(heard, isOf(one));
    expect(gap).toBeLessThan(60);
    expect(silence).toBeLessThanOrEqual(20);
    heard.slice(1).forEach((packet, i) => {
      expect((packet.sequence - (heard[i]?.sequence ?? 0)) & 0xffff).toBe(1);
      expect((packet.timestamp - (heard[i]?.timestamp ?? 0)) >>> 0).toBe(160);
    });
  });

  it('is cut by any key with barge-in, and the key stays for the next collect', async () => {
    const { peer, session } = await call();
    const audio = plain(3000, 10_000);
    const playing = session.play(play([audio], { bargeIn: true }), never);
    await peer.until((heard) => heard.filter(isOf(audio)).length > 3);
    peer.press(session.port, '7');
    expect(await playing).toMatchObject({ kind: 'interrupted', key: '7', consumed: false });
    const cut = peer.heard.length;
    await peer.until((heard) => heard.length > cut + 3);
    expect(peer.heard.slice(cut + 1).some(isOf(audio))).toBe(false);
    expect(await session.collect(collect(), never)).toMatchObject({ kind: 'collected', digits: '7', endedBy: 'max' });
  });

  it('is cut by a stop key, which is consumed; other keys are dropped without barge-in', async () => {
    const { peer, session } = await call();
    const audio = plain(3000, 10_000);
    const playing = session.play(play([audio], { stopKeys: '#' }), never);
    await peer.until((heard) => heard.some(isOf(audio)));
    peer.press(session.port, '1');
    peer.press(session.port, '#');
    expect(await playing).toMatchObject({ kind: 'interrupted', key: '#', consumed: true });
    expect(await session.collect(collect({ firstDigitTimeoutMs: 60 }), never)).toEqual({ kind: 'noInput' });
  });

  it('collects up to max and cuts the prompt on the first packet of the last key', async () => {
    const { peer, session } = await call();
    const prompt = plain(3000, 10_000);
    const collecting = session.collect(collect({ prompt: [prompt], max: 3 }), never);
    await peer.until((heard) => heard.some(isOf(prompt)));
    const before = Date.now();
    for (const key of ['1', '2']) peer.press(session.port, key);
    peer.touch(session.port, '3');
    const end = await collecting;
    expect(end).toMatchObject({ kind: 'collected', digits: '123', endedBy: 'max' });
    if (end.kind !== 'collected') throw new Error(end.kind);
    expect(end.keys.map(({ key }) => key)).toEqual(['1', '2', '3']);
    expect(end.keys.every(({ at }) => at >= before - 5 && at <= Date.now() + 5)).toBe(true);
  });

  it('takes keys typed ahead, or forgets them', async () => {
    const { peer, session } = await call();
    for (const key of ['1', '2', '3']) session.injectDigit(key);
    peer.press(session.port, '4');
    await expect.poll(async () => (await session.stats()).digits).toBe(4);
    const prompt = plain(3000, 10_000);
    expect(await session.collect(collect({ prompt: [prompt], max: 2 }), never)).toMatchObject({ digits: '12' });
    expect(await session.collect(collect({ max: 1 }), never)).toMatchObject({ digits: '3' });
    expect(await session.collect(collect({ typeAhead: false, firstDigitTimeoutMs: 60 }), never)).toEqual({ kind: 'noInput' });
    expect(peer.heard.some(isOf(prompt))).toBe(false);
  });

  it('drops the terminator that follows a full collect', async () => {
    const { session } = await call();
    const full = session.collect(collect({ max: 2, endOn: '#' }), never);
    for (const key of ['1', '2', '#', '7']) session.injectDigit(key);
    expect(await full).toMatchObject({ kind: 'collected', digits: '12', endedBy: 'max' });
    expect(await session.collect(collect({ max: 1, endOn: '' }), never)).toMatchObject({ digits: '7' });
  });

  it('loops music until a prompt takes the stream, after its start delay', async () => {
    const { peer, session } = await call();
    const [music, prompt] = [plain(2000, 60), plain(9000, 100)];
    session.startMusic(music, 0);
    await peer.until((heard) => heard.filter(isOf(music)).length > 8);
    expect(deadAir(peer.heard, isOf(music)).silence).toBe(0);
    await session.play(play([prompt]), never);
    const after = peer.heard.slice(peer.heard.findIndex(isOf(prompt)));
    expect(after.some(isOf(music))).toBe(false);
    const count = peer.heard.length;
    session.startMusic(music, 100);
    await peer.until((heard) => heard.slice(count).some(isOf(music)));
    expect(peer.heard.slice(count).findIndex(isOf(music))).toBeGreaterThanOrEqual(4);
    session.stopMusic();
    await peer.until((heard) => heard.at(-1)?.payload[0] === SILENT);
  });

  it('sends nothing before the call is answered, and at once from then on', async () => {
    const [peer, session] = [await far(), await opened(engine)];
    sessions.push(session);
    session.answer(peer.offer());
    peer.say(session.port);
    await expect.poll(async () => (await session.stats()).received).toBe(1);
    expect((await session.stats()).sent).toBe(0);
    session.begin();
    session.begin();
    await peer.until((heard) => heard.length >= 3);
  });

  it('neither hears nor answers strangers, before and after the caller came', async () => {
    const [caller, stranger] = [await far(), await far({ address: '127.0.0.2' })];
    const session = await opened(engine);
    sessions.push(session);
    session.answer(caller.offer());
    session.begin();
    const collecting = session.collect(collect(), never);
    for (let i = 0; i < 10; i++) stranger.say(session.port);
    stranger.press(session.port, '9');
    await expect.poll(async () => (await session.stats()).strangers).toBe(16);
    caller.keepSaying(session.port);
    await caller.until((heard) => heard.length > 15);
    for (let i = 0; i < 10; i++) stranger.say(session.port);
    stranger.press(session.port, '8');
    caller.press(session.port, '1');
    expect(await collecting).toMatchObject({ digits: '1' });
    expect(stranger.heard).toHaveLength(0);
    expect(await session.stats()).toMatchObject({ digits: 1, lost: 0 });
  });

  it('follows a caller behind NAT from the signalling address, after packets in sequence only', async () => {
    const [negotiated, natted] = [await far({ address: '127.0.0.3' }), await far({ address: '127.0.0.1' })];
    const session = await opened(engine, '127.0.0.1');
    sessions.push(session);
    session.answer(negotiated.offer());
    session.begin();
    natted.say(session.port);
    natted.lose(3);
    for (let i = 0; i < 3; i++) natted.say(session.port);
    await negotiated.until((heard) => heard.length > 5);
    expect(natted.heard).toHaveLength(0);
    natted.keepSaying(session.port);
    await natted.until((heard) => heard.length > 5);
  });

  it('goes where a re-INVITE says, and keeps playing', async () => {
    const { peer, session } = await call();
    const next = await far();
    const audio = plain(3000, 10_000);
    const playing = session.play(play([audio], { stopKeys: '*' }), never);
    await peer.until((heard) => heard.some(isOf(audio)));
    expect(session.answer(next.offer()).ok).toBe(true);
    next.keepSaying(session.port);
    await next.until((heard) => heard.filter(isOf(audio)).length > 10);
    next.press(session.port, '*');
    expect(await playing).toMatchObject({ key: '*' });
  });

  it('sends nothing on hold, lets time run on, and resumes with the marker', async () => {
    const { peer, session } = await call();
    const hold = session.answer(peer.offer('a=sendonly'));
    expect(hold.ok && hold.value).toContain('a=recvonly');
    const { sent } = await session.stats();
    expect(await session.play(play([plain(3000, 200)]), never)).toEqual({ kind: 'done', ms: 200 });
    expect((await session.stats()).sent).toBe(sent);
    const count = peer.heard.length;
    const before = peer.heard.at(-1);
    session.answer(peer.offer());
    await peer.until((heard) => heard.length > count + 2);
    const resumed = peer.heard[count];
    expect(resumed?.marker).toBe(true);
    expect(((resumed?.sequence ?? 0) - (before?.sequence ?? 0)) & 0xffff).toBe(1);
    expect(((resumed?.timestamp ?? 0) - (before?.timestamp ?? 0)) >>> 0).toBeGreaterThanOrEqual(1600);
  });

  it('survives RTCP, garbage and empty datagrams', async () => {
    const { peer, session } = await call();
    for (const bytes of [[], [0x80], [0x81, 200, 0, 6, ...Array<number>(24).fill(1)], Array<number>(1900).fill(0x80)]) {
      peer.sendRaw(session.port, Uint8Array.from(bytes));
    }
    const header = { payloadType: 101, marker: true, sequence: 1, timestamp: 1, ssrc: 1 };
    peer.sendRaw(session.port, rtpPacket(header, Uint8Array.of(1)));
    const { received } = await session.stats();
    await expect.poll(async () => (await session.stats()).received).toBeGreaterThan(received + 5);
    peer.press(session.port, '5');
    expect(await session.collect(collect(), never)).toMatchObject({ digits: '5' });
  });

  it('reports a silence of the far end once, and again after it spoke', async () => {
    const { peer, session } = await call();
    let silences = 0;
    session.onSilent(() => silences++);
    peer.silence();
    await expect.poll(() => silences).toBe(1);
    expect((await session.stats()).silentMs).toBeGreaterThanOrEqual(300);
    peer.keepSaying(session.port);
    await expect.poll(async () => (await session.stats()).silentMs).toBeLessThan(100);
    peer.silence();
    await expect.poll(() => silences).toBe(2);
  });

  it('rejects with Aborted when its signal fires, and falls silent', async () => {
    const { peer, session } = await call();
    const audio = plain(3000, 10_000);
    const stop = new AbortController();
    const playing = session.play(play([audio]), stop.signal);
    await peer.until((heard) => heard.some(isOf(audio)));
    stop.abort();
    await expect(playing).rejects.toBeInstanceOf(Aborted);
    await expect(session.collect(collect(), stop.signal)).rejects.toBeInstanceOf(Aborted);
    await peer.until((heard) => heard.at(-1)?.payload[0] === SILENT);
  });

  it('resolves what is pending when closed, once, and says closed from then on', async () => {
    const { session } = await call();
    const playing = session.play(play([plain(3000, 10_000)]), never);
    await Promise.all([session.close(), session.close()]);
    expect(await playing).toEqual({ kind: 'closed' });
    expect(await session.collect(collect(), never)).toEqual({ kind: 'closed' });
    expect((await session.startRecording({ file: join(folder, 'x.wav'), tracks: 'caller', maxMs: 0 })).ok).toBe(false);
    expect(await session.stats()).toMatchObject({ sent: 0 });
    session.startMusic(plain(1, 20), 0);
    session.injectDigit('1');
  });

  it('records both sides apart, each at its level, lost packets as silence', async () => {
    const { peer, session } = await call({ talking: false });
    const [audio, voice] = [plain(8000, 10_000), 0xa0];
    const file = join(folder, `both-${receive}.wav`);
    peer.keepSaying(session.port, voice);
    await peer.until((heard) => heard.length > 20);
    void session.play(play([audio]), never);
    await peer.until((heard) => heard.some(isOf(audio)));
    const recording = await session.startRecording({ file, tracks: 'both', maxMs: 1000 });
    if (!recording.ok) throw new Error(recording.error);
    const count = peer.heard.length;
    await peer.until((heard) => heard.length > count + 15);
    peer.lose(10);
    peer.silence();
    await peer.until((heard) => heard.length > count + 25);
    peer.keepSaying(session.port, voice);
    const end = await recording.value.ended;
    expect(end).toEqual({ ms: 1000, bytes: 58 + 16_000 });
    const wav = await readFile(file);
    expect(wav.length).toBe(end.bytes);
    expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(54)]).toEqual([7, 2, 16_000]);
    const samples = [...wav.subarray(58)];
    const share = (channel: number, code: number): number =>
      samples.filter((sample, i) => i % 2 === channel && sample === code).length / 8000;
    expect(share(1, codeOf(audio))).toBeGreaterThan(0.9);
    expect(share(0, voice)).toBeGreaterThan(0.6);
    expect(share(0, SILENT)).toBeGreaterThan(0.1);
    expect(share(0, voice) + share(0, SILENT)).toBe(1);
  });

  it('records the caller until stopped, in the law of the call, whole when closed', async () => {
    const { peer, session } = await call({ payloadType: 8, talking: false });
    peer.keepSaying(session.port, 0x2a);
    const file = join(folder, `caller-${receive}.wav`);
    const first = await session.startRecording({ file, tracks: 'caller', maxMs: 0 });
    const second = await session.startRecording({ file: `${file}.2`, tracks: 'caller', maxMs: 0 });
    if (!first.ok || !second.ok) throw new Error('not started');
    const count = peer.heard.length;
    await peer.until((heard) => heard.length > count + 20);
    const end = await first.value.stop();
    expect(await first.value.stop()).toEqual(end);
    expect(end.ms).toBeGreaterThan(350);
    expect((await readFile(file)).readUInt16LE(20)).toBe(6);
    await session.close();
    const closed = await second.value.ended;
    expect((await stat(`${file}.2`)).size).toBe(closed.bytes);
  });

  it('says why a recording cannot begin', async () => {
    const { session } = await call();
    const recording = await session.startRecording({ file: join(folder, 'missing', 'x.wav'), tracks: 'caller', maxMs: 0 });
    expect(recording.ok ? '' : recording.error).toContain('ENOENT');
  });
};
