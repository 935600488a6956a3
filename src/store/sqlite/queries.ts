import { sql, type SelectQueryBuilder, type Selectable } from 'kysely';
import type { CallFilter, StoredCall } from '../../model/call-row.js';
import type { Delivery, DeliverySelection } from '../../model/delivery.js';
import type { PageRequest } from '../../model/page.js';
import type { StoredRecording } from '../../model/recording.js';
import type { JsonObject } from '../../lib/json/json.js';
import { parseExact } from '../../lib/json/json-text.js';
import { toPage } from '../page.js';
import type { StoreQueries } from '../store.js';
import { callCounts } from './call-counts.js';
import { toCallRow } from './calls.js';
import { readAttempts, toDelivery } from './deliveries.js';
import { deliveriesIn } from './delivery-filter.js';
import { readJournal } from './journal.js';
import type { DeliveriesTable, RecordingsTable, Tables } from './tables.js';
import type { Database } from './writer.js';

/** A row of the table as its readers see it. */
export function toRecording({ call_id, ...rest }: Selectable<RecordingsTable>): StoredRecording {
  return { ...rest, callId: call_id };
}

function callList(reader: Database, filter: CallFilter, page: PageRequest) {
  let query = reader
    .selectFrom('calls')
    .select(['id', 'direction', 'flow_id', 'flow_version', 'cli', 'did', 'started_at', 'answered_at', 'ended_at'])
    .select(['ended_by', 'cause', 'sip', 'reason', 'last_widget'])
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (filter.live !== undefined) query = query.where('ended_at', filter.live ? 'is' : 'is not', null);
  if (filter.from !== undefined) query = query.where('started_at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('started_at', '<', filter.to);
  if (filter.cli !== undefined) query = query.where('cli', '=', filter.cli);
  if (filter.did !== undefined) query = query.where('did', '=', filter.did);
  if (filter.flow !== undefined) query = query.where('flow_id', '=', filter.flow);
  if (filter.cause !== undefined) query = query.where('cause', '=', filter.cause);
  return page.after === null ? query : query.where(sql<boolean>`(started_at, id) < (${page.after.at}, ${page.after.id})`);
}

function deliveryList(reader: Database, filter: DeliverySelection, page: PageRequest) {
  const attempts = sql<number>`(select count(*) from attempts where delivery_id = deliveries.id)`;
  type Listed = Omit<DeliveriesTable, 'body' | 'leased_until' | 'shape' | 'replayed_after'> & { attempts: number };
  const query: SelectQueryBuilder<Tables, 'deliveries', Listed> = reader
    .selectFrom('deliveries')
    .select(['id', 'call_id', 'kind', 'webhook', 'state', 'created_at', 'due_at', 'stream', 'cause', attempts.as('attempts')])
    .where(deliveriesIn(filter))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  return page.after === null ? query : query.where(sql<boolean>`(created_at, id) < (${page.after.at}, ${page.after.id})`);
}

async function oneCall(reader: Database, id: string): Promise<StoredCall | null> {
  const row = await reader.selectFrom('calls').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  const parsed = (text: string | null): JsonObject | null => (text === null ? null : (parseExact(text) as JsonObject));
  return { call: toCallRow(row), variables: parsed(row.variables), udf: parsed(row.udf) };
}

async function oneDelivery(reader: Database, id: string): Promise<Delivery | null> {
  const row = await reader.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  return toDelivery(row, (await readAttempts(reader, [id])).get(id) ?? []);
}

/** The questions, answered over `reader`: over a connection of its own they never hold up a call. */
export function storeQueries(reader: Database): StoreQueries {
  return {
    async calls(filter, page) {
      const rows = await callList(reader, filter, page).execute();
      return toPage(rows, page.limit, (row) => ({ at: row.started_at, id: row.id }), toCallRow);
    },
    call: (id) => oneCall(reader, id),
    journal: (callId) => readJournal(reader, callId),
    async recordings(callId) {
      const rows = await reader.selectFrom('recordings').selectAll().where('call_id', '=', callId).orderBy('at').execute();
      return rows.map(toRecording);
    },
    async recording(id) {
      const row = await reader.selectFrom('recordings').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecording(row);
    },
    async deliveries(filter, page) {
      const rows = await deliveryList(reader, filter, page).execute();
      return toPage(
        rows,
        page.limit,
        (row) => ({ at: row.created_at, id: row.id }),
        ({ call_id, created_at, due_at, ...rest }) => ({ ...rest, callId: call_id, createdAt: created_at, dueAt: due_at }),
      );
    },
    delivery: (id) => oneDelivery(reader, id),
    callCounts: (period) => callCounts(reader, period),
    async deliveryCounts() {
      const count = sql<number>`count(*)`;
      const rows = await reader
        .selectFrom('deliveries')
        .select(['state', count.as('count')])
        .where('state', '!=', 'delivered')
        .groupBy('state')
        .execute();
      const of = (state: string): number => rows.find((row) => row.state === state)?.count ?? 0;
      return { pending: of('pending'), dead: of('dead') };
    },
  };
}
