import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Recorder } from '../../../../src/media/worker/recorder.js';
import { WAV_HEADER_BYTES } from '../../../../src/media/codec/wav.js';

/* A recording on a disk of the test's own: it writes when it is let, or fails. */

interface Write {
  readonly bytes: number;
  readonly position: number;
}

const disk = vi.hoisted(() => ({
  writes: [] as Write[],
  closed: 0,
  /** Blocks wait for this. */
  gate: Promise.resolve(),
  failure: null as Error | null,
}));

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<object>()),
  open: () =>
    Promise.resolve({
      write: async (_bytes: Uint8Array, _offset: number, bytes: number, position: number) => {
        if (position > 0) await disk.gate;
        if (position > 0 && disk.failure !== null) throw disk.failure;
        disk.writes.push({ bytes, position });
      },
      close: () => {
        disk.closed++;
        return Promise.resolve();
      },
    }),
}));

const begin = async (options: { maxMs?: number; tracks?: 'caller' | 'both' } = {}): Promise<Recorder> => {
  const made = await Recorder.start({ file: 'x.wav', tracks: 'caller', maxMs: 0, codec: 'PCMU', now: 0, ...options });
  if (!made.ok) throw new Error(made.error);
  return made.value;
};
/** Packet intervals up to `to` ms; stops by itself where the recording does. */
const pass = (recorder: Recorder, from: number, to: number): void => {
  for (let now = from; now <= to; now += 20) recorder.tick(now);
};
const blocks = (): readonly Write[] => disk.writes.filter(({ position }) => position > 0);

beforeEach(() => {
  disk.writes.length = 0;
  disk.closed = 0;
  disk.gate = Promise.resolve();
  disk.failure = null;
});

describe('a disk that does not keep up with a recording', () => {
  /** A recorder whose disk hangs, and what lets it go on. */
  async function hanging(): Promise<[Recorder, () => void]> {
    let release = (): void => undefined;
    disk.gate = new Promise((resolve) => (release = resolve));
    return [await begin(), () => release()];
  }

  it('may be behind by 64 blocks: nothing is lost', async () => {
    const [recorder, release] = await hanging();
    pass(recorder, 0, 64_200);
    expect(recorder.running).toBe(true);
    release();
    await vi.waitFor(() => expect(blocks()).toHaveLength(64));
    expect(await recorder.stop(64_200)).toEqual({ ms: 64_200, bytes: WAV_HEADER_BYTES + 513_600 });
  });

  it('ends the recording at the 65th, with a sentence; what was written until then is whole and in order', async () => {
    const [recorder, release] = await hanging();
    pass(recorder, 0, 65_180);
    expect(recorder.running).toBe(true);
    pass(recorder, 65_200, 65_220);
    expect(recorder.running).toBe(false);
    release();
    const end = await recorder.ended;
    expect(end.error).toBe('The disk does not keep up with the recording.');
    expect(end.bytes).toBe(WAV_HEADER_BYTES + end.ms * 8);
    expect(blocks().map(({ position }) => position)).toEqual(blocks().map((_, i) => WAV_HEADER_BYTES + i * 8000));
    expect(disk.closed).toBe(1);
  });

  it('is written behind by a fifth of a second', async () => {
    const recorder = await begin();
    pass(recorder, 0, 1180);
    await Promise.resolve();
    expect(blocks()).toEqual([]);
    recorder.tick(1200);
    await vi.waitFor(() => expect(blocks()).toEqual([{ bytes: 8000, position: WAV_HEADER_BYTES }]));
    await recorder.stop(1200);
  });
});

describe('a disk that fails', () => {
  it('ends the recording with its reason and with what there is', async () => {
    const recorder = await begin();
    pass(recorder, 0, 1200);
    await vi.waitFor(() => expect(blocks()).toHaveLength(1));
    disk.failure = new Error('ENOSPC: no space left on device, write');
    pass(recorder, 1220, 2200);
    await vi.waitFor(() => {
      recorder.tick(2220);
      expect(recorder.running).toBe(false);
    });
    expect(await recorder.ended).toEqual({ ms: 1000, bytes: WAV_HEADER_BYTES + 8000, error: disk.failure.message });
    expect(disk.closed).toBe(1);
  });
});

describe('the longest time of a recording', () => {
  it.each([
    [1480, true],
    [1500, false],
    [1520, false],
  ])('ends it at that time, not before (%i of 1500 ms)', async (now, running) => {
    const recorder = await begin({ maxMs: 1500 });
    pass(recorder, 0, now);
    expect(recorder.running).toBe(running);
    expect((await recorder.stop(now)).ms).toBe(Math.min(now, 1500));
  });

  it('is none at 0', async () => {
    const recorder = await begin({ maxMs: 0 });
    pass(recorder, 0, 10_000);
    expect(recorder.running).toBe(true);
    expect((await recorder.stop(10_000)).ms).toBe(10_000);
  });
});

describe('the sizes in the header', () => {
  it('are brought up to date with the first block and every eighth after it', async () => {
    const recorder = await begin();
    const headers = (): number => disk.writes.filter(({ position }) => position === 0).length;
    const counted: number[] = [];
    for (let block = 1; block <= 10; block++) {
      pass(recorder, block * 1000, block * 1000 + 200);
      await vi.waitFor(() => expect(blocks()).toHaveLength(block));
      await new Promise((resolve) => setImmediate(resolve));
      counted.push(headers());
    }
    expect(counted).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 3, 3]);
    await recorder.stop(10_200);
  });
});
