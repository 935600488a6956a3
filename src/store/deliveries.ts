import { sql, type Selectable } from 'kysely';
import type { Delivery, DeliveryAttempt, DeliveryState, DeliveryStore, NewDelivery } from '../webhooks/ports.js';
import { column, columns, noAnswers, rowsOf } from './rows.js';
import type { AttemptsTable, DeliveriesTable } from './tables.js';
import type { Database, WriteKind, Writer } from './writer.js';

/** Queues deliveries inside the transaction of their cause. */
export async function insertDeliveries(db: Database, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  await sql`
    insert into deliveries (id, call_id, kind, webhook, body, created_at, due_at, state)
    select ${columns('id', 'callId', 'kind', 'webhook', 'body', 'createdAt', 'dueAt')}, 'pending'
    from ${rowsOf(deliveries.map((delivery) => ({ ...delivery })))}
    where true on conflict do nothing`.execute(db);
}

/** The attempts of the given deliveries, in order, by delivery. */
export async function readAttempts(db: Database, ids: readonly string[]): Promise<Map<string, DeliveryAttempt[]>> {
  const found = new Map<string, DeliveryAttempt[]>();
  if (ids.length === 0) return found;
  const rows: Selectable<AttemptsTable>[] = await db
    .selectFrom('attempts')
    .selectAll()
    .where('delivery_id', 'in', ids)
    .orderBy('n')
    .execute();
  for (const { delivery_id, ...attempt } of rows) found.set(delivery_id, [...(found.get(delivery_id) ?? []), attempt]);
  return found;
}

/** A row and its attempts as webhooks sees them. */
export function toDelivery(row: Selectable<DeliveriesTable>, attempts: readonly DeliveryAttempt[]): Delivery {
  return {
    id: row.id,
    callId: row.call_id,
    kind: row.kind,
    webhook: row.webhook,
    body: row.body,
    state: row.state,
    createdAt: row.created_at,
    dueAt: row.due_at,
    attempts,
  };
}

interface Settlement {
  readonly id: string;
  readonly attempt: DeliveryAttempt;
  readonly state: DeliveryState;
  readonly dueAt: number | null;
}

/** An attempt, the state after it, and the end of the lease. */
export const settleDeliveries: WriteKind<Settlement> = {
  name: 'delivery.settle',
  lingerMs: 10,
  size: ({ attempt }) => 200 + (attempt.error?.length ?? 0),
  async write(db, settlements) {
    const rows = settlements.map(({ id, state, dueAt, attempt }) => ({ id, state, dueAt, ...attempt }));
    await sql`
      insert into attempts (delivery_id, n, at, ms, status, error)
      select ${columns('id', 'n', 'at', 'ms', 'status', 'error')} from ${rowsOf(rows)}
      where true on conflict do nothing`.execute(db);
    await sql`
      update deliveries set state = ${column('state')}, due_at = ${column('dueAt')}, leased_until = null
      from ${rowsOf(rows)} where deliveries.id = ${column('id')}`.execute(db);
    return noAnswers(settlements);
  },
};

interface Claim {
  readonly now: number;
  readonly limit: number;
  readonly leaseMs: number;
  /** Names of webhooks whose deliveries stay where they are. */
  readonly except: readonly string[];
}

async function claim(db: Database, { now, limit, leaseMs, except }: Claim): Promise<readonly Delivery[]> {
  const rows = await db
    .updateTable('deliveries')
    .set({ leased_until: now + leaseMs })
    .where('id', 'in', (due) =>
      due
        .selectFrom('deliveries')
        .select('id')
        .where('state', '=', 'pending')
        .where('due_at', '<=', now)
        .where((is) => is.or([is('leased_until', 'is', null), is('leased_until', '<=', now)]))
        .where('webhook', 'not in', except)
        .orderBy('due_at')
        .orderBy('id')
        .limit(limit),
    )
    .returningAll()
    .execute();
  const attempts = await readAttempts(
    db,
    rows.map((row) => row.id),
  );
  return rows
    .map((row) => toDelivery(row, attempts.get(row.id) ?? []))
    .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0) || (a.id < b.id ? -1 : 1));
}

/** Leases due deliveries to a sender. */
export const claimDeliveries: WriteKind<Claim, readonly Delivery[]> = {
  name: 'delivery.claim',
  lingerMs: 0,
  size: () => 100,
  async write(db, claims) {
    const answers: (readonly Delivery[])[] = [];
    for (const item of claims) answers.push(await claim(db, item));
    return answers;
  },
};

interface Replay {
  readonly id: string;
  readonly now: number;
}

/** Makes deliveries due again; the attempts made so far stay. */
export const replayDeliveries: WriteKind<Replay, boolean> = {
  name: 'delivery.replay',
  lingerMs: 0,
  size: () => 100,
  async write(db, replays) {
    const answers: boolean[] = [];
    for (const { id, now } of replays) {
      const [result] = await db.updateTable('deliveries').set({ state: 'pending', due_at: now }).where('id', '=', id).execute();
      answers.push((result?.numUpdatedRows ?? 0n) > 0n);
    }
    return answers;
  },
};

type ClockReading = Parameters<DeliveryStore['catchUp']>[0];

/** Undoes what a wall clock that was ahead has written: a due time of next year would be a report lost. */
export const catchUpDeliveries: WriteKind<ClockReading> = {
  name: 'delivery.catch-up',
  lingerMs: 0,
  size: () => 100,
  async write(db, readings) {
    for (const { now, longestWaitMs, leaseMs } of readings) {
      const pending = db.updateTable('deliveries').where('state', '=', 'pending');
      await pending
        .set({ due_at: now })
        .where('due_at', '>', now)
        .where((is) => is.or([is('due_at', '>', now + longestWaitMs), is('due_at', '=', is.ref('created_at'))]))
        .execute();
      await pending
        .set({ leased_until: now + leaseMs })
        .where('leased_until', '>', now + leaseMs)
        .execute();
    }
    return noAnswers(readings);
  },
};

/** A process that died held leases that nobody will settle: they end when the only process of this file starts. */
export async function releaseLeases(db: Database): Promise<void> {
  await db.updateTable('deliveries').set({ leased_until: null }).where('leased_until', 'is not', null).execute();
}

/** The outbox. */
export function deliveryStore(writer: Writer, reader: Database): DeliveryStore {
  return {
    claimDue: (now, limit, leaseMs, except = []) => writer.submit(claimDeliveries, { now, limit, leaseMs, except }),
    settle: (id, attempt, state, dueAt) => writer.submit(settleDeliveries, { id, attempt, state, dueAt }),
    async nextDue() {
      const due = sql<number | null>`min(max(due_at, coalesce(leased_until, 0)))`;
      const row = await reader.selectFrom('deliveries').select(due.as('due')).where('state', '=', 'pending').executeTakeFirst();
      return row?.due ?? null;
    },
    catchUp: (clock) => writer.submit(catchUpDeliveries, clock),
    replay: (id, now) => writer.submit(replayDeliveries, { id, now }),
  };
}
