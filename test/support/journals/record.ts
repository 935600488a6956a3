import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { derive } from './derive.js';
import { SCENARIOS } from './calls/all.js';
import { JOURNALS, writeRecorded } from './file.js';
import { recordCall } from './recorder.js';
import { storeWith } from './stored.js';
import { openPages } from './pages.js';

/*
 * Records the calls that are not recorded yet: `npx tsx test/support/journals/record.ts`. What is there stays as it is, see
 * `test/journals/README.md`.
 */

for (const scenario of SCENARIOS) {
  if (existsSync(join(JOURNALS, `${scenario.name}.json`))) continue;
  const recorded = await recordCall(scenario);
  const { store, close } = await storeWith([recorded]);
  const pages = await openPages(store);
  writeRecorded({ ...recorded, derived: await derive(recorded, { store, pages }) });
  await pages.close();
  await close();
  process.stdout.write(`${scenario.name}: ${recorded.entries.length} entries\n`);
}
