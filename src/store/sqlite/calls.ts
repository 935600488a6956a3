import { sql, type Selectable } from 'kysely';
import type { Termination } from '../../model/termination.js';
import type { CallStore } from '../../call/ports.js';
import type { CallEnd, CallRow, NewCall } from '../../model/call-row.js';
import type { NewDelivery } from '../../model/delivery.js';
import type { JsonObject } from '../../lib/json/json.js';
import { jsonText } from '../../lib/json/json-text.js';
import { insertDeliveries } from './deliveries.js';
import { column, columns, noAnswers, rowsOf } from './rows.js';
import type { CallsTable } from './tables.js';
import type { Database, WriteKind, Writer } from './writer.js';

/** A row of the table as call sees it. */
export function toCallRow(row: Omit<Selectable<CallsTable>, 'variables' | 'udf' | 'awaits_recording'>): CallRow {
  return {
    id: row.id,
    direction: row.direction,
    flowId: row.flow_id,
    flowVersion: row.flow_version,
    cli: row.cli,
    did: row.did,
    startedAt: row.started_at,
    answeredAt: row.answered_at,
    endedAt: row.ended_at,
    termination: row.ended_at === null ? null : terminationOf(row),
    lastWidget: row.last_widget,
  };
}

/** The end as {@link endCalls} wrote it. */
function terminationOf({
  ended_by,
  cause,
  sip,
  reason,
}: Pick<Selectable<CallsTable>, 'ended_by' | 'cause' | 'sip' | 'reason'>): Termination {
  return { by: (ended_by ?? '') as Termination['by'], cause: cause ?? 0, sip, reason: reason ?? '' };
}

/** Rows that call asks for again and again are small; this is their rough cost in memory. */
const ROW_BYTES = 500;

/** The row of the first INVITE. A second one of the same id changes nothing. */
export const beginCalls: WriteKind<NewCall> = {
  name: 'call.begin',
  lingerMs: 2,
  size: () => ROW_BYTES,
  async write(db, calls) {
    const rows = calls.map((call) => ({ ...call }));
    await sql`
      insert into calls (id, direction, flow_id, flow_version, cli, did, started_at)
      select ${columns('id', 'direction', 'flowId', 'flowVersion', 'cli', 'did', 'startedAt')} from ${rowsOf(rows)}
      where true on conflict do nothing`.execute(db);
    return noAnswers(calls);
  },
};

interface End {
  readonly end: Omit<CallEnd, 'variables' | 'udf'>;
  /** JSON text. */
  readonly variables: string | null;
  readonly udf: string | null;
  readonly deliveries: readonly NewDelivery[];
}

/**
 * The end of a call and what must be delivered because of it, together (docs/decisions/0010-the-end-is-one-transaction.md). Only
 * the first end of a call counts.
 */
export const endCalls: WriteKind<End> = {
  name: 'call.end',
  lingerMs: 10,
  size: ({ variables, udf, deliveries }) =>
    deliveries.reduce((sum, { body }) => sum + body.length, ROW_BYTES + (variables ?? '').length + (udf ?? '').length),
  async write(db, ends) {
    const first = new Map<string, End>();
    for (const end of ends) if (!first.has(end.end.id)) first.set(end.end.id, end);
    const rows = [...first.values()].map(({ end, variables, udf }) => ({
      id: end.id,
      answeredAt: end.answeredAt,
      endedAt: end.endedAt,
      by: end.termination.by,
      cause: end.termination.cause,
      sip: end.termination.sip,
      reason: end.termination.reason,
      lastWidget: end.lastWidget,
      variables,
      udf,
      awaits: end.awaitsRecording === true ? 1 : 0,
    }));
    const ended = await sql<{ id: string }>`
      update calls set answered_at = ${column('answeredAt')}, ended_at = ${column('endedAt')}, ended_by = ${column('by')},
        cause = ${column('cause')}, sip = ${column('sip')}, reason = ${column('reason')},
        last_widget = ${column('lastWidget')}, variables = ${column('variables')}, udf = ${column('udf')},
        awaits_recording = ${column('awaits')}
      from ${rowsOf(rows)} where calls.id = ${column('id')} and calls.ended_at is null returning calls.id`.execute(db);
    if (ended.rows.length < first.size) await requireBegun(db, [...first.keys()]);
    await insertDeliveries(
      db,
      ended.rows.flatMap(({ id }) => first.get(id)?.deliveries ?? []),
    );
    return noAnswers(ends);
  },
};

function textOf(values: JsonObject | null): string | null {
  return values === null ? null : jsonText(values);
}

/** Calls whose recordings are all final. */
export const recordedCalls: WriteKind<string> = {
  name: 'call.recorded',
  lingerMs: 0,
  size: () => 100,
  async write(db, ids) {
    await db.updateTable('calls').set({ awaits_recording: 0 }).where('id', 'in', ids).execute();
    return noAnswers(ids);
  },
};

/** A call that ends without ever having begun is a bug of ours, and its report would be lost in silence. */
async function requireBegun(db: Database, ids: readonly string[]): Promise<void> {
  const known = await db.selectFrom('calls').select('id').where('id', 'in', ids).execute();
  const missing = ids.find((id) => !known.some((row) => row.id === id));
  if (missing !== undefined) throw new Error(`call ${missing} ended but never began`);
}

/** The widget of the newest `enter` entry of each call that has one. */
const lastEntered = sql<string | null>`(
  select entry ->> 'widget' from journal where journal.call_id = calls.id and type = 'enter' order by seq desc limit 1)`;

/** The store as a call sees it. `begin` rejects with `StoreUnavailable` while the queue is full. */
export function callStore(writer: Writer, reader: Database): CallStore<NewDelivery> {
  return {
    begin: (call) => writer.admit(beginCalls, call),
    end: ({ variables, udf = null, ...end }, deliveries) =>
      writer.submit(endCalls, { end, variables: textOf(variables), udf: textOf(udf), deliveries }),
    recorded: (id) => writer.submit(recordedCalls, id),
    async awaitingRecordings() {
      const rows = await reader.selectFrom('calls').selectAll().where('awaits_recording', '=', 1).orderBy('id').execute();
      return rows.map(toCallRow);
    },
    async openCalls() {
      const rows = await reader
        .selectFrom('calls')
        .selectAll()
        .select(lastEntered.as('last_widget'))
        .where('ended_at', 'is', null)
        .orderBy('started_at')
        .orderBy('id')
        .execute();
      return rows.map(toCallRow);
    },
  };
}
