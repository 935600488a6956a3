import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/lib/log.js';
import { WorkerLink } from '../../../src/media/worker-link.js';

const SETTINGS = {
  bindAddress: '127.0.0.1',
  ipv6: false,
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
    const events = (id: string) => ({ silent: () => undefined, lost: () => lost.push(id) });
    link.attach('a', events('a'));
    link.attach('b', events('b'));
    const { answer } = link.expect('a', 'open');
    const { answer: playing } = link.expect('b', 'play');
    const never = -1 as unknown as SharedArrayBuffer; // what no caller of ours sends
    link.post({ type: 'audio', id: 1, pcmu: never, pcma: never });
    expect(await answer).toBe('LOST');
    expect(await playing).toEqual({ kind: 'closed' });
    expect(lost).toEqual(['a', 'b']);
    expect(deaths).toBe(1);
    expect(link.alive).toBe(false);
    expect(await link.expect('a', 'stats').answer).toMatchObject({ sent: 0 });
    await link.close();
  });
});
