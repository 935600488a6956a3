import { join } from 'node:path';
import { CompiledQuery } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { deliveriesIn } from '../../../../src/store/sqlite/delivery-filter.js';
import { openConnection } from '../../../../src/store/sqlite/connection.js';
import { openStore } from '../../../../src/store/sqlite/store.js';
import type { Store } from '../../../../src/store/store.js';
import type { DeliverySelection } from '../../../../src/model/delivery.js';
import { temporaryFolder } from '../../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
let store: Store;
beforeEach(async () => {
  temporary = temporaryFolder();
  const opened = await openStore({ file: join(temporary.folder, 'x.db'), log: silentLogger, clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  store = opened.value;
});
afterEach(async () => {
  await store.close();
  temporary.remove();
});

const selections: readonly [string, DeliverySelection, RegExp][] = [
  ['everything', {}, /USING INDEX deliveries_created/],
  ['a state', { state: 'dead' }, /deliveries_due \(state=\?\)/],
  ['a target', { webhook: 'crm' }, /deliveries_due \(state=\?\)/],
  ['targets of a host', { targets: ['crm', 'bi'] }, /deliveries_due \(state=\?\)/],
  ['a call', { call: 'c1', webhook: 'crm' }, /deliveries_call \(call_id=\?\)/],
  ['a time', { from: 1, to: 2 }, /deliveries_created \(created_at>\? AND created_at<\?\)/],
  ['the next attempt', { state: 'pending', dueFrom: 1, dueTo: 2 }, /deliveries_due \(state=\? AND due_at>\? AND due_at<\?\)/],
];

it.each(selections)('deliveries are found by an index: %s', async (_, selection, index) => {
  const db = openConnection(join(temporary.folder, 'x.db'), 'reader');
  const list = db.selectFrom('deliveries').select(['id', 'webhook']).where(deliveriesIn(selection));
  const { sql, parameters } = list.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(51).compile();
  // SQLite answers rows to what does not begin with `select` only by way of a query that does.
  const { rows } = await db.executeQuery<{ detail: string }>(
    CompiledQuery.raw(`explain query plan ${sql} --returning`, [...parameters]),
  );
  expect(rows.map(({ detail }) => detail).join('\n')).toMatch(index);
  await db.destroy();
});
