import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/lib/log/log.js';
import { openStore } from '../../../src/store/sqlite/store.js';
import { entered, newCall, newDelivery, temporaryFolder } from '../../support/stores.js';
import { VirtualClock } from '../../support/virtual-clock.js';

// docs/behaviour.md#integration-events
it('a turn is on the disk at once, and with it the entries that record it; other deliveries wait for company', async () => {
  const temporary = temporaryFolder();
  const clock = new VirtualClock();
  const opened = await openStore({ file: join(temporary.folder, 'offhook.db'), log: silentLogger, clock });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const begun = store.calls.begin(newCall('c1'));
  await clock.advance(100);
  await begun;

  store.journal.append('c1', entered(1, 'ask'));
  const event = store.deliveries.add([newDelivery('event', 'c1', { kind: 'event' })]);
  await clock.advance(0);
  expect(clock.pending).toBe(1);
  const turn = store.deliveries.add([newDelivery('turn', 'c1', { kind: 'turn' })]);
  await clock.advance(0);
  await Promise.all([event, turn]);
  expect(await store.queries.journal('c1')).toEqual([entered(1, 'ask')]);

  await store.close();
  temporary.remove();
});
