import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Law } from '../../../src/media/audio.js';
import { Recorder } from '../../../src/media/record.js';
import { WAV_HEADER_BYTES, repairWav, wavHeader } from '../../../src/media/wav.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offhook-record-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string): string => join(folder, name);
const begin = async (
  name: string,
  options: { tracks?: 'caller' | 'both'; maxMs?: number; law?: Law } = {},
): Promise<Recorder> => {
  const recorder = await Recorder.start({ file: file(name), tracks: 'caller', maxMs: 0, law: 'PCMU', now: 0, ...options });
  if (!recorder.ok) throw new Error(recorder.error);
  return recorder.value;
};
const packet = (code: number, timestamp: number, law: Law = 'PCMU') => ({
  bytes: new Uint8Array(160).fill(code),
  start: 0,
  end: 160,
  timestamp: timestamp >>> 0,
  law,
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

  it('is in one law though the call changed it', async () => {
    const recorder = await begin('law.wav', { law: 'PCMA' });
    recorder.caller(packet(0xff, 0, 'PCMU'), 20);
    await recorder.stop(20);
    expect(runs(await samples('law.wav'))).toEqual([[0xd5, 160]]);
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

  it('ends with what it has when the disk fails', async () => {
    const recorder = await Recorder.start({ file: '/dev/full', tracks: 'caller', maxMs: 0, law: 'PCMU', now: 0 });
    expect(recorder.ok ? '' : recorder.error).toContain('ENOSPC');
  });
});

describe('repairWav', () => {
  const torn = async (name: string, dataBytes: number, real: number): Promise<void> => {
    await writeFile(file(name), Buffer.concat([wavHeader({ law: 'PCMU', channels: 2, dataBytes }), new Uint8Array(real)]));
  };

  it('states the sizes a torn file really has', async () => {
    await torn('torn.wav', 0, 16_001);
    expect(await repairWav(file('torn.wav'))).toEqual({ ok: true, value: { ms: 1000, bytes: WAV_HEADER_BYTES + 16_000 } });
    const header = (await readFile(file('torn.wav'))).subarray(0, WAV_HEADER_BYTES);
    expect(Uint8Array.from(header)).toEqual(Uint8Array.from(wavHeader({ law: 'PCMU', channels: 2, dataBytes: 16_000 })));
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
