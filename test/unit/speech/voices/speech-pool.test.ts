import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { SpeechPool } from '../../../../src/speech/voices/speech-pool.js';

let pool: SpeechPool;
const open = (jobLimitMs = 30_000): SpeechPool =>
  (pool = new SpeechPool({ workers: 1, data: { espeakCommand: '/missing' }, log: silentLogger, jobLimitMs }));
afterEach(() => pool.close());

const pcm = { samples: new Int16Array(800), sampleRate: 8000 };

describe('SpeechPool', () => {
  it('live jobs go before background ones, also one that became live while it waited', async () => {
    open();
    const order: string[] = [];
    const run = (name: string, urgency: { background: boolean }): Promise<unknown> =>
      pool.run({ kind: 'encode', pcm }, urgency).then(() => order.push(name));
    const promoted = { background: true };
    const all = [
      run('under way', { background: true }),
      run('background', { background: true }),
      run('promoted', promoted),
      run('live', { background: false }),
    ];
    promoted.background = false;
    await Promise.all(all);
    expect(order).toEqual(['under way', 'promoted', 'live', 'background']);
  });

  it('a short text goes before the next piece of a long one', async () => {
    open();
    const order: string[] = [];
    const run = (name: string, characters: number): Promise<unknown> =>
      pool.run({ kind: 'encode', pcm }, { background: false }, characters).then(() => order.push(name));
    await Promise.all([
      run('under way', 300),
      run('third piece', 900),
      run('second piece', 600),
      run('short', 20),
      run('file', 0),
    ]);
    expect(order).toEqual(['under way', 'file', 'short', 'second piece', 'third piece']);
  });

  it('a job that takes too long ends alone; the next one has a new worker', async () => {
    // Long enough for a new worker to begin on a busy machine.
    open(4000);
    const endless = { text: 'seventy seven '.repeat(4000), language: 'en', voice: null };
    const [lost, next] = await Promise.all([
      pool.run({ kind: 'render', provider: 'flite', request: endless }),
      pool.run({ kind: 'encode', pcm }),
    ]);
    expect(lost).toBeNull();
    expect(next?.audio.ms).toBe(100);
  });

  it('close resolves what is under way and what waits', async () => {
    open();
    const jobs = [pool.run({ kind: 'encode', pcm }), pool.run({ kind: 'encode', pcm })];
    await pool.close();
    expect(await Promise.all(jobs)).toEqual([null, null]);
    expect(await pool.run({ kind: 'encode', pcm })).toBeNull();
  });
});
