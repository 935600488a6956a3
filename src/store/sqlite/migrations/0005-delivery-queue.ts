import type { Kysely } from 'kysely';

/**
 * The queue of deliveries as the outbox reads it: in the order it takes them, with everything it decides by, so that a backlog of ten
 * thousand costs no look into ten thousand bodies.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('deliveries_due').execute();
  await db.schema
    .createIndex('deliveries_due')
    .on('deliveries')
    .columns(['state', 'due_at', 'id', 'webhook', 'leased_until', 'stream', 'created_at'])
    .execute();
}
