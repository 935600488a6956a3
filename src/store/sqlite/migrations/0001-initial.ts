import type { Kysely } from 'kysely';

/** The first schema. Never edit a migration that was released: add the next number. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createCalls(db);
  await createDeliveries(db);
  await createRecordings(db);
}

async function createCalls(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('calls')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('flow_id', 'text', (column) => column.notNull())
    .addColumn('flow_version', 'text', (column) => column.notNull())
    .addColumn('cli', 'text', (column) => column.notNull())
    .addColumn('did', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('answered_at', 'bigint')
    // Null while the call lives; set once, together with the deliveries the end causes.
    .addColumn('ended_at', 'bigint')
    .addColumn('ended_by', 'text')
    .addColumn('cause', 'integer')
    .addColumn('sip', 'integer')
    .addColumn('reason', 'text')
    .addColumn('last_widget', 'text')
    .addColumn('variables', 'text')
    .execute();
  await db.schema.createIndex('calls_started').on('calls').columns(['started_at', 'id']).execute();
  await db.schema
    .createIndex('calls_open')
    .on('calls')
    .column('id')
    .where('ended_at' as never, 'is', null)
    .execute();

  await db.schema
    .createTable('journal')
    .addColumn('call_id', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('entry', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('journal_key', ['call_id', 'seq'])
    .execute();

  await db.schema
    .createTable('user_variables')
    .addColumn('contact', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('user_variables_key', ['contact', 'name'])
    .execute();
}

async function createDeliveries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('deliveries')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('call_id', 'text', (column) => column.notNull().references('calls.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('webhook', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('due_at', 'bigint')
    // Until when one sender has it for itself; the next sender waits for that moment.
    .addColumn('leased_until', 'bigint')
    .execute();
  await db.schema.createIndex('deliveries_due').on('deliveries').columns(['state', 'due_at']).execute();
  await db.schema.createIndex('deliveries_created').on('deliveries').columns(['created_at', 'id']).execute();
  await db.schema.createIndex('deliveries_call').on('deliveries').column('call_id').execute();

  await db.schema
    .createTable('attempts')
    .addColumn('delivery_id', 'text', (column) => column.notNull().references('deliveries.id').onDelete('cascade'))
    .addColumn('n', 'integer', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('ms', 'integer', (column) => column.notNull())
    .addColumn('status', 'integer')
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('attempts_key', ['delivery_id', 'n'])
    .execute();
}

async function createRecordings(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('recordings')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('call_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('file', 'text', (column) => column.notNull())
    .addColumn('ms', 'integer', (column) => column.notNull())
    .addColumn('bytes', 'integer', (column) => column.notNull())
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('recordings_call').on('recordings').column('call_id').execute();
  await db.schema.createIndex('recordings_at').on('recordings').column('at').execute();
}
