import type { Kysely } from 'kysely';

/** Integrations, and the flows that name them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('integrations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    // As it was given, secrets by name.
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    // SHA-256, hex.
    .addColumn('token_hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('integration_flows')
    .addColumn('integration', 'text', (column) => column.notNull())
    .addColumn('flow', 'text', (column) => column.notNull())
    // When the flow was first seen to name it.
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('integration_flows_key', ['integration', 'flow'])
    .execute();
}
