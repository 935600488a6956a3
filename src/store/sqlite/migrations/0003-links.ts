import type { Kysely } from 'kysely';

/** What internal functions keep: short links, and numbers that take no calls for the time being. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('links')
    .addColumn('code', 'text', (column) => column.primaryKey())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    // Null: it works for ever.
    .addColumn('expires_at', 'bigint')
    .addColumn('visits', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('visited_at', 'bigint')
    .execute();
  await db.schema.createIndex('links_created').on('links').columns(['created_at', 'code']).execute();
  await db.schema.createIndex('links_expire').on('links').column('expires_at').execute();

  await db.schema
    .createTable('pauses')
    .addColumn('cli', 'text', (column) => column.primaryKey())
    .addColumn('reason', 'text')
    .addColumn('since', 'bigint', (column) => column.notNull())
    .execute();
}
