import { Migrator, type Kysely, type Migration } from 'kysely';
import { err, ok, type Result } from '../../lib/result.js';
import * as initial from './migrations/0001-initial.js';
import * as deliveries from './migrations/0002-deliveries.js';
import * as links from './migrations/0003-links.js';
import * as integrations from './migrations/0004-integrations.js';
import * as deliveryQueue from './migrations/0005-delivery-queue.js';
import type { Tables } from './tables.js';

/** Every migration by number and name, oldest first. A new one is one file and one line here. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-deliveries': deliveries,
  '0003-links': links,
  '0004-integrations': integrations,
  '0005-delivery-queue': deliveryQueue,
};

/** `too-new`: the file knows migrations that this program does not. */
export interface MigrationFailure {
  readonly kind: 'too-new' | 'failed';
  readonly cause: unknown;
}

/** Brings the schema up to date, in one transaction. Nothing to do costs two reads. `isNew`: there was none before. */
export async function migrate(db: Kysely<Tables>): Promise<Result<{ readonly isNew: boolean }, MigrationFailure>> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return ok({ isNew: results?.[0]?.migrationName === Object.keys(MIGRATIONS)[0] });
  const unknown = error instanceof Error && error.message.includes('previously executed migration');
  return err({ kind: unknown ? 'too-new' : 'failed', cause: error });
}
