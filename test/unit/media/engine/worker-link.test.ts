import type { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../../src/lib/log/log.js';
import type { startWorker as StartWorker } from '../../../../src/lib/worker.js';
import { forEveryCodec } from '../../../../src/media/codec/codec.js';
import { WorkerLink } from '../../../../src/media/engine/worker-link.js';

const started: Worker[] = [];
vi.mock('../../../../src/lib/worker.js', async (original) => {
  const { startWorker } = await original<{ startWorker: typeof StartWorker }>();
  return {
    startWorker: (...start: Parameters<typeof startWorker>) => {
      const worker = startWorker(...start);
      started.push(worker);
      return worker;
    },
  };
});

beforeEach(() => {
  started.length = 0;
});

const SETTINGS = {
  bindAddress: '127.0.0.1',
  receive: 'auto',
  pollFrom: 0,
  mediaTimeoutMs: 0,
  limits: { lateP99Ms: Infinity, cpuShare: Infinity, fromSessions: 0 },
} as const;

describe('a media worker that dies', () => {
  it('takes its legs with it, one by one, and leaves nobody waiting', async () => {
    let deaths = 0;
    const lost: string[] = [];
    const link = new WorkerLink(SETTINGS, silentLogger, () => deaths++);
    await link.ready;
    const events = (id: string) => ({ silent: () => undefined, missed: () => undefined, lost: () => lost.push(id) });
    link.attach('a', events('a'));
    link.attach('b', events('b'));
    const { answer } = link.expect('a', 'open');
    const { answer: playing } = link.expect('b', 'play');
    await started[0]?.terminate();
    expect(await answer).toBe('LOST');
    expect(await playing).toEqual({ kind: 'closed' });
    expect(lost).toEqual(['a', 'b']);
    expect(deaths).toBe(1);
    expect(link.alive).toBe(false);
    expect(await link.expect('a', 'stats').answer).toMatchObject({ sent: 0 });
    await link.close();
  });
});

describe('an error outside any session of a media worker', () => {
  it('is told with a code and its stack, and costs no leg', async () => {
    const lines: { readonly code?: string; readonly error?: string }[] = [];
    const log = { ...silentLogger, error: (fields: object) => void lines.push(fields) };
    const lost: string[] = [];
    const link = new WorkerLink(SETTINGS, log, () => undefined);
    await link.ready;
    link.attach('a', { silent: () => undefined, missed: () => undefined, lost: () => lost.push('a') });
    const never = -1 as unknown as SharedArrayBuffer; // what no caller of ours sends
    link.post({ type: 'audio', id: 1, encoded: forEveryCodec(() => never) });
    await vi.waitUntil(() => lines.length > 0, { timeout: 30_000 });
    expect(lines).toEqual([
      { code: 'UNEXPECTED_ERROR', kind: 'exception', error: expect.stringMatching(/^RangeError: .*\n +at /u) as string },
    ]);
    const { answer } = link.ask('a', 'open', {
      address: '127.0.0.1',
      port: 0,
      rtcpPort: null,
      signalingAddress: '127.0.0.1',
    });
    expect(await answer).toBeNull();
    expect(lost).toEqual([]);
    await link.close();
  });
});
