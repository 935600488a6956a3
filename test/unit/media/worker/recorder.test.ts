import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODECS, type CodecName } from '../../../../src/media/codec/codec.js';
import { Recorder } from '../../../../src/media/worker/recorder.js';
import { WAV_HEADER_BYTES, repairWav, wavHeader } from '../../../../src/media/codec/wav.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offhook-record-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string): string => join(folder, name);
const begin = async (
  name: string,
  options: { tracks?: 'caller' | 'both'; maxMs?: number; codec?: CodecName } = {},
): Promise<Recorder> => {
  const recorder = await Recorder.start({ file: file(name), tracks: 'caller', maxMs: 0, codec: 'PCMU', now: 0, ...options });
  if (!recorder.ok) throw new Error(recorder.error);
  return recorder.value;
};
const packet = (code: number, timestamp: number, codec: CodecName = 'PCMU') => ({
  bytes: new Uint8Array(160).fill(code),
  start: 0,
  end: 160,
  timestamp: timestamp >>> 0,
  codec: CODECS[codec],
});
const samples = async (name: string): Promise<Uint8Array> => (await readFile(file(name))).subarray(WAV_HEADER_BYTES);
/** Runs of equal samples as [code, length]. */
const runs = (bytes: Uint8Array): [number, number][] => {
  const found: [number, number][] = [];
  for (const code of bytes) {
    const last = found.at(-1);
    if (last?.[0] === code) last[1]++;
    else found.push([code, 1]);
  }
  return found;
};

describe('a recording', () => {
  it('lays packets in the order of their timestamps, over the wrap, however they come', async () => {
    const recorder = await begin('order.wav');
    const start = 0xffffff60;
    for (const [i, at] of [
      [0, 20],
      [2, 61],
      [1, 62],
      [3, 80],
    ] as const)
      recorder.caller(packet(i + 1, start + i * 160), at);
    const end = await recorder.stop(80);
    expect(end).toEqual({ ms: 80, bytes: WAV_HEADER_BYTES + 640 });
    expect(runs(await samples('order.wav'))).toEqual([1, 2, 3, 4].map((code) => [code, 160]));
  });

  it('has an even number of bytes, as a RIFF chunk must, however long it was', async () => {
    for (const ms of [10.125, 10.3, 11.4]) {
      const { bytes } = await (await begin('even.wav')).stop(ms);
      const whole = await readFile(file('even.wav'));
      expect(bytes % 2).toBe(0);
      expect([bytes, whole.readUInt32LE(4) + 8, whole.readUInt32LE(54) + WAV_HEADER_BYTES]).toEqual(Array(3).fill(whole.length));
    }
  });

  it('keeps time: what is missing is silence, as long as it was', async () => {
    const recorder = await begin('gaps.wav');
    recorder.caller(packet(1, 0), 20);
    recorder.caller(packet(2, 160 * 10), 220);
    for (let now = 0; now <= 3000; now += 20) recorder.tick(now);
    await recorder.stop(3000);
    expect(runs(await samples('gaps.wav'))).toEqual([
      [1, 160],
      [0xff, 1440],
      [2, 160],
      [0xff, 24_000 - 1760],
    ]);
  });

  it('follows real time when timestamps begin anew', async () => {
    const recorder = await begin('restart.wav');
    recorder.caller(packet(1, 1000), 20);
    recorder.caller(packet(2, 900_000), 60);
    await recorder.stop(60);
    expect(runs(await samples('restart.wav'))).toEqual([
      [1, 160],
      [0xff, 160],
      [2, 160],
    ]);
  });

  it('is in one codec though the call changed it', async () => {
    const recorder = await begin('codec.wav', { codec: 'PCMA' });
    recorder.caller(packet(0xff, 0, 'PCMU'), 20);
    await recorder.stop(20);
    expect(runs(await samples('codec.wav'))).toEqual([[0xd5, 160]]);
  });

  it('has the caller left and us right', async () => {
    const recorder = await begin('both.wav', { tracks: 'both' });
    recorder.caller(packet(1, 0), 20);
    recorder.ours(packet(2, 777), 20);
    await recorder.stop(20);
    const bytes = await samples('both.wav');
    expect([...bytes.subarray(0, 6)]).toEqual([1, 2, 1, 2, 1, 2]);
    expect(bytes.length).toBe(320);
  });

  it('can be read though it is never ended', async () => {
    const recorder = await begin('torn.wav');
    for (let now = 0; now <= 1500; now += 20) recorder.tick(now);
    await expect.poll(async () => (await readFile(file('torn.wav'))).readUInt32LE(54)).toBe(8000);
    await recorder.stop(1500);
  });

  it('stops by itself at its longest time', async () => {
    const recorder = await begin('max.wav', { maxMs: 1500 });
    for (let now = 0; now <= 2000; now += 20) recorder.tick(now);
    expect(await recorder.ended).toEqual({ ms: 1500, bytes: WAV_HEADER_BYTES + 12_000 });
  });

  it('loses nothing when its thread was held up for seconds', async () => {
    const recorder = await begin('late.wav');
    recorder.caller(packet(1, 0), 20);
    recorder.tick(10_000);
    recorder.caller(packet(2, 8000 * 10), 10_020);
    await recorder.stop(10_020);
    const found = runs(await samples('late.wav'));
    expect(found.map(([code]) => code)).toEqual([1, 0xff, 2]);
    expect(found.reduce((sum, [, length]) => sum + length, 0)).toBe(80_160);
  });

  /** Packets of 20 ms, each of a code of its own, from the first to the last, laid at once. */
  const burst = (recorder: Recorder, [first, last]: readonly [number, number], now: number): void => {
    for (let i = first; i <= last; i++) recorder.caller(packet((i % 250) + 1, i * 160), now);
  };
  /** What the packets of {@link burst} look like in the file. */
  const whole = (first: number, last: number): [number, number][] =>
    Array.from({ length: last - first + 1 }, (_, i) => [((first + i) % 250) + 1, 160]);
  /** Runs the clock of a recorder, packets of the caller coming when they are spoken. */
  const speak = (recorder: Recorder, [first, last]: readonly [number, number]): void => {
    for (let i = first; i <= last; i++) {
      recorder.caller(packet((i % 250) + 1, i * 160), (i + 1) * 20);
      recorder.tick((i + 1) * 20);
    }
  };
  const pass = (recorder: Recorder, from: number, to: number): void => {
    for (let now = from; now <= to; now += 20) recorder.tick(now);
  };

  it.each(['caller', 'both'] as const)('keeps sound that comes a second late, and its time (%s)', async (tracks) => {
    const recorder = await begin('stall.wav', { tracks });
    speak(recorder, [0, 49]);
    pass(recorder, 1020, 2000);
    burst(recorder, [50, 99], 2000);
    speak(recorder, [100, 149]);
    const end = await recorder.stop(3000);
    expect(end).toEqual({ ms: 3000, bytes: WAV_HEADER_BYTES + 24_000 * (tracks === 'both' ? 2 : 1) });
    const bytes = await samples('stall.wav');
    const left = tracks === 'both' ? bytes.filter((_, i) => i % 2 === 0) : bytes;
    expect(runs(left)).toEqual(whole(0, 149));
  });

  it.each([
    [1980, 0],
    [2000, 0],
    [2020, 20],
    [3000, 1000],
  ])('keeps sound up to two seconds late, and counts what comes later (first %i ms late)', async (late, lateMs) => {
    const recorder = await begin('limit.wav');
    speak(recorder, [0, 9]);
    const now = 220 + late;
    pass(recorder, 220, now);
    const last = now / 20 - 1;
    burst(recorder, [10, last], now);
    const end = await recorder.stop(now);
    expect(end.lateMs ?? 0).toBe(lateMs);
    const missing: [number, number][] = lateMs === 0 ? [] : [[0xff, lateMs * 8]];
    expect(runs(await samples('limit.wav'))).toEqual([...whole(0, 9), ...missing, ...whole(10 + lateMs / 20, last)]);
  });

  it('keeps late sound that comes between sound on time, and whatever order it comes in', async () => {
    const recorder = await begin('mixed.wav');
    speak(recorder, [0, 9]);
    pass(recorder, 220, 1000);
    for (let i = 0; i < 40; i++) {
      const now = 1000 + i * 20;
      recorder.caller(packet(((50 + i) % 250) + 1, (50 + i) * 160), now + 20);
      recorder.caller(packet(((49 - i) % 250) + 1, (49 - i) * 160), now + 20);
      recorder.tick(now + 20);
    }
    await recorder.stop(1800);
    expect(runs(await samples('mixed.wav'))).toEqual(whole(0, 89));
  });

  it('keeps the time of a stream whose first packets come late', async () => {
    const recorder = await begin('first.wav');
    pass(recorder, 20, 1000);
    burst(recorder, [0, 49], 1000);
    speak(recorder, [50, 99]);
    await recorder.stop(2000);
    const found = runs(await samples('first.wav'));
    const sound = found.filter(([code]) => code !== 0xff);
    const silence = found.find(([code]) => code === 0xff) ?? [0xff, 0];
    expect(silence[1]).toBeLessThanOrEqual(800);
    // What is not in its place to the packet is nearer than a tenth of a second, and the first is there.
    expect(sound[0]).toEqual([1, 160]);
    expect(sound.length).toBeGreaterThan(94);
  });

  it('leaves out what was said before it began', async () => {
    const recorder = await begin('before.wav');
    burst(recorder, [0, 49], 500);
    await recorder.stop(500);
    const codes = runs(await samples('before.wav')).filter(([code]) => code !== 0xff);
    expect(codes.length).toBeLessThanOrEqual(25);
    expect(codes.length).toBeGreaterThanOrEqual(19);
  });

  it('follows a sender whose clock stood still in a pause, and loses no more than a packet', async () => {
    for (const pause of [1000, 5000]) {
      const recorder = await begin('paused.wav');
      speak(recorder, [0, 9]);
      pass(recorder, 220, 200 + pause);
      for (let i = 10; i < 30; i++) recorder.caller(packet(i + 1, i * 160), 200 + pause + (i - 9) * 20);
      const end = await recorder.stop(600 + pause);
      const codes = runs(await samples('paused.wav')).map(([code]) => code);
      expect(end.lateMs).toBeUndefined();
      expect(codes.slice(-19)).toEqual(Array.from({ length: 19 }, (_, i) => i + 12));
      expect(codes.at(-20)).toBe(0xff);
    }
  });

  it('begins a timeline with each stream, after the sound of the one before', async () => {
    const recorder = await begin('streams.wav');
    speak(recorder, [0, 4]);
    for (let i = 0; i < 5; i++) recorder.caller({ ...packet(100 + i, 77_000 + i * 160), ssrc: 9 }, 120 + i * 20);
    await recorder.stop(200);
    expect(runs(await samples('streams.wav'))).toEqual([...whole(0, 4), ...[100, 101, 102, 103, 104].map((code) => [code, 160])]);
  });

  it('places another stream by when it comes, though its timestamps nearly go on', async () => {
    const recorder = await begin('near.wav');
    speak(recorder, [0, 4]);
    for (let i = 0; i < 5; i++) recorder.caller({ ...packet(100 + i, 5 * 160 + 700 + i * 160), ssrc: 9 }, 120 + i * 20);
    await recorder.stop(200);
    expect(runs(await samples('near.wav'))).toEqual([...whole(0, 4), ...[100, 101, 102, 103, 104].map((code) => [code, 160])]);
  });

  it('keeps late sound with which it ends', async () => {
    const recorder = await begin('late-end.wav');
    speak(recorder, [0, 49]);
    pass(recorder, 1020, 3000);
    burst(recorder, [50, 149], 3000);
    await recorder.stop(3000);
    expect(runs(await samples('late-end.wav'))).toEqual(whole(0, 149));
  });

  it('ends with what it has when the disk fails', async () => {
    const recorder = await Recorder.start({ file: '/dev/full', tracks: 'caller', maxMs: 0, codec: 'PCMU', now: 0 });
    expect(recorder.ok ? '' : recorder.error).toContain('ENOSPC');
  });
});

describe('repairWav', () => {
  const torn = async (name: string, dataBytes: number, real: number): Promise<void> => {
    await writeFile(file(name), Buffer.concat([wavHeader({ codec: CODECS.PCMU, channels: 2, dataBytes }), new Uint8Array(real)]));
  };

  it('states the sizes a torn file really has', async () => {
    await torn('torn.wav', 0, 16_001);
    expect(await repairWav(file('torn.wav'))).toEqual({ ok: true, value: { ms: 1000, bytes: WAV_HEADER_BYTES + 16_000 } });
    const header = (await readFile(file('torn.wav'))).subarray(0, WAV_HEADER_BYTES);
    expect(Uint8Array.from(header)).toEqual(Uint8Array.from(wavHeader({ codec: CODECS.PCMU, channels: 2, dataBytes: 16_000 })));
  });

  it('leaves a whole file as it is', async () => {
    await torn('whole.wav', 400, 400);
    const before = await readFile(file('whole.wav'));
    expect((await repairWav(file('whole.wav'))).ok).toBe(true);
    expect(await readFile(file('whole.wav'))).toEqual(before);
  });

  it('says why it cannot, and touches nothing', async () => {
    await writeFile(file('other.txt'), 'no recording');
    expect(await repairWav(file('other.txt'))).toMatchObject({ ok: false });
    expect(await readFile(file('other.txt'), 'utf8')).toBe('no recording');
    await torn('short.wav', 0, 0);
    await truncate(file('short.wav'), 10);
    expect((await repairWav(file('short.wav'))).ok).toBe(false);
    expect((await repairWav(file('missing.wav'))).ok).toBe(false);
  });
});
