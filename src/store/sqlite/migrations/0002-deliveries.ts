import type { Kysely } from 'kysely';

/** Streams, shapes and causes of deliveries, targets that are gone, report columns, reports that wait for a recording. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Deliveries of one stream go out one after the other.
  await db.schema.alterTable('deliveries').addColumn('stream', 'text').execute();
  // How the request looks, when it is not a POST of JSON.
  await db.schema.alterTable('deliveries').addColumn('shape', 'text').execute();
  // Why it is dead.
  await db.schema.alterTable('deliveries').addColumn('cause', 'text').execute();
  // Attempts made before the last replay.
  await db.schema
    .alterTable('deliveries')
    .addColumn('replayed_after', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('deliveries_stream')
    .on('deliveries')
    .columns(['stream', 'created_at'])
    .where('stream' as never, 'is not', null)
    .execute();

  await db.schema
    .createTable('disabled_targets')
    .addColumn('webhook', 'text', (column) => column.primaryKey())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();

  // Report columns (UDF) of calls that are over.
  await db.schema.alterTable('calls').addColumn('udf', 'text').execute();
  // 1 while a recording of an ended call is not final: its report must be revised or amended.
  await db.schema
    .alterTable('calls')
    .addColumn('awaits_recording', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('calls_awaiting')
    .on('calls')
    .column('id')
    .where('awaits_recording' as never, '=', 1)
    .execute();
}
