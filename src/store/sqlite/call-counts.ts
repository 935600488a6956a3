import { sql } from 'kysely';
import type { CallCounts, CallPeriod } from '../../model/call-counts.js';
import type { Database } from './writer.js';

/** How many calls began in a period, how many of them were answered, and who ended them. */
export async function callCounts(reader: Database, { from, to, contact, flow }: CallPeriod): Promise<CallCounts> {
  let query = reader
    .selectFrom('calls')
    .select(['ended_by', sql<number>`count(*)`.as('calls'), sql<number>`count(answered_at)`.as('answered')])
    .select(sql<number | null>`sum(ended_at - answered_at)`.as('talk_ms'))
    .where('started_at', '>=', from)
    .where('started_at', '<', to)
    .groupBy('ended_by');
  if (contact !== undefined) query = query.where('cli', '=', contact);
  if (flow !== undefined) query = query.where('flow_id', '=', flow);
  const rows = await query.execute();
  const sum = (of: (row: (typeof rows)[number]) => number | null): number => rows.reduce((all, row) => all + (of(row) ?? 0), 0);
  return {
    calls: sum((row) => row.calls),
    answered: sum((row) => row.answered),
    live: sum((row) => (row.ended_by === null ? row.calls : 0)),
    talkMs: sum((row) => row.talk_ms),
    endedBy: Object.fromEntries(rows.flatMap(({ ended_by, calls }) => (ended_by === null ? [] : [[ended_by, calls]]))),
  };
}
