import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openOrFail, temporaryFolder } from '../../support/stores.js';

const child = fileURLToPath(new URL('../../support/store-child.ts', import.meta.url));
let temporary: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  temporary = temporaryFolder();
});
afterEach(() => temporary.remove());

// docs/decisions/0010-the-end-is-one-transaction.md
it('after a SIGKILL everything that was promised is there, and the open calls are known', async () => {
  const file = join(temporary.folder, 'offhook.db');
  const running = spawn(process.execPath, ['--import', 'tsx', child, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(running.stdout, 'data');
  running.kill('SIGKILL');
  await once(running, 'exit');

  const store = await openOrFail(file);
  const open = await store.calls.openCalls();
  expect(open.map((call) => call.id)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19].map((i) => `call-${i}`));
  expect(open.slice(1, 9).map((call) => call.lastWidget)).toEqual(Array.from({ length: 8 }, () => 'w10'));
  for (let i = 0; i < 20; i += 2) {
    expect((await store.queries.call(`call-${i}`))?.call.endedAt).toBe(5000);
    expect(await store.queries.journal(`call-${i}`)).toHaveLength(10);
  }
  expect(await store.queries.deliveryCounts()).toEqual({ pending: 10, dead: 0 });

  // The journal of the call that was being written is a prefix without holes.
  const written = await store.queries.journal('call-1');
  expect(written.length).toBeGreaterThanOrEqual(10);
  expect(written.map((entry) => entry.seq)).toEqual(written.map((_, i) => i + 1));

  // Leases of the dead process do not hold up its deliveries.
  expect(await store.deliveries.claimDue(10_000, 100, 1000)).toHaveLength(10);
  await store.close();
});
