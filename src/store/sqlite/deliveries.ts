import { sql, type Selectable } from 'kysely';
import type { DeliveryStore } from '../../webhooks/ports.js';
import type {
  Delivery,
  DeliveryAttempt,
  DeliverySelection,
  DeliveryShape,
  DisabledTarget,
  NewDelivery,
  Revision,
  Settlement,
} from '../../model/delivery.js';
import { deliveriesIn } from './delivery-filter.js';
import { column, columns, noAnswers, rowsOf } from './rows.js';
import type { AttemptsTable, DeliveriesTable } from './tables.js';
import type { Database, WriteKind, Writer } from './writer.js';

/** Queues deliveries inside the transaction of their cause. */
export async function insertDeliveries(db: Database, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  await sql`
    insert into deliveries (id, call_id, kind, webhook, body, created_at, due_at, stream, shape, state)
    select ${columns('id', 'callId', 'kind', 'webhook', 'body', 'createdAt', 'dueAt', 'stream', 'shape')}, 'pending'
    from ${rowsOf(deliveries.map(toRow))}
    where true on conflict do nothing`.execute(db);
}

function toRow({ stream = null, shape = null, ...delivery }: NewDelivery) {
  return { ...delivery, stream, shape: shape === null ? null : JSON.stringify(shape) };
}

/** Queues deliveries of a call that lives, or is over already. */
export const addDeliveries: WriteKind<readonly NewDelivery[]> = {
  name: 'delivery.add',
  // The journal entries they tell of share their transaction.
  lingerMs: 25,
  size: (deliveries) => deliveries.reduce((sum, { body }) => sum + body.length + 300, 0),
  async write(db, batches) {
    await insertDeliveries(db, batches.flat());
    return noAnswers(batches);
  },
};

/** Turns of integrations: what a caller has said is kept at once, with the journal entries that say so, whatever comes next. */
export const addTurns: WriteKind<readonly NewDelivery[]> = { ...addDeliveries, name: 'delivery.turn', lingerMs: 0 };

function add(writer: Writer, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return Promise.resolve();
  return writer.submit(deliveries.some(({ kind }) => kind === 'turn') ? addTurns : addDeliveries, deliveries);
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
    stream: row.stream,
    shape: row.shape === null ? null : (JSON.parse(row.shape) as DeliveryShape),
    attempts,
    cause: row.cause,
    replayedAfter: row.replayed_after,
  };
}

interface Settled {
  readonly id: string;
  readonly settlement: Settlement;
}

/** An attempt, the state after it, and the end of the lease. */
export const settleDeliveries: WriteKind<Settled> = {
  name: 'delivery.settle',
  lingerMs: 10,
  size: ({ settlement: { attempt, cause } }) => 200 + (attempt?.error?.length ?? 0) + (cause?.length ?? 0),
  async write(db, settlements) {
    const rows = settlements.map(({ id, settlement: { state, dueAt, cause } }) => ({ id, state, dueAt, cause }));
    const attempts = settlements.flatMap(({ id, settlement: { attempt } }) => (attempt === null ? [] : [{ id, ...attempt }]));
    await sql`
      insert into attempts (delivery_id, n, at, ms, status, error)
      select ${columns('id', 'n', 'at', 'ms', 'status', 'error')} from ${rowsOf(attempts)}
      where true on conflict do nothing`.execute(db);
    await sql`
      update deliveries set state = ${column('state')}, due_at = ${column('dueAt')}, cause = ${column('cause')}, leased_until = null
      from ${rowsOf(rows)} where deliveries.id = ${column('id')}`.execute(db);
    return noAnswers(settlements);
  },
};

interface Claim {
  readonly now: number;
  readonly limit: number;
  readonly leaseMs: number;
  /** Names of targets whose deliveries stay where they are. */
  readonly except: readonly string[];
}

/** True of a delivery that waits for no older one of its stream. */
const firstOfStream = sql<boolean>`(deliveries.stream is null or not exists (
  select 1 from deliveries as older where older.stream = deliveries.stream and older.state = 'pending'
    and (older.created_at, older.rowid) < (deliveries.created_at, deliveries.rowid)))`;

/** Those of the given deliveries whose predecessor in their stream is dead. */
async function behindDead(db: Database, rows: readonly Selectable<DeliveriesTable>[]): Promise<ReadonlySet<string>> {
  const ids = rows.filter(({ stream }) => stream !== null).map(({ id }) => id);
  if (ids.length === 0) return new Set();
  const found = await db
    .selectFrom('deliveries')
    .select('id')
    .where('id', 'in', ids)
    .where(
      sql<boolean>`'dead' = (select older.state from deliveries as older where older.stream = deliveries.stream
        and (older.created_at, older.rowid) < (deliveries.created_at, deliveries.rowid)
        order by older.created_at desc, older.rowid desc limit 1)`,
    )
    .execute();
  return new Set(found.map(({ id }) => id));
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
        .where(firstOfStream)
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
  const left = await behindDead(db, rows);
  return rows
    .map((row) => ({ ...toDelivery(row, attempts.get(row.id) ?? []), ...(left.has(row.id) && { behindDead: true as const }) }))
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
  readonly selection: DeliverySelection & { readonly id?: string | undefined };
  readonly now: number;
}

/** Makes deliveries due again; the attempts made so far stay, and the schedule begins anew. Answers how many. */
export const replayDeliveries: WriteKind<Replay, number> = {
  name: 'delivery.replay',
  lingerMs: 0,
  size: () => 200,
  async write(db, replays) {
    const answers: number[] = [];
    for (const { selection, now } of replays) answers.push(await replay(db, selection, now));
    return answers;
  },
};

async function replay(db: Database, { id, ...selection }: Replay['selection'], now: number): Promise<number> {
  const made = sql<number>`(select count(*) from attempts where delivery_id = deliveries.id)`;
  let update = db.updateTable('deliveries').set({ state: 'pending', due_at: now, cause: null, replayed_after: made });
  update = id === undefined ? update.where(deliveriesIn(selection)) : update.where('id', '=', id);
  if (id === undefined && selection.state === undefined) update = update.where('state', '!=', 'pending');
  const [result] = await update.execute();
  return Number(result?.numUpdatedRows ?? 0n);
}

/** A better body for a delivery that nobody has been sent yet, or what is queued instead. */
export const reviseDeliveries: WriteKind<Revision, 'revised' | 'amended'> = {
  name: 'delivery.revise',
  lingerMs: 0,
  size: ({ body, otherwise }) => body.length + otherwise.body.length + 300,
  async write(db, revisions) {
    const answers: ('revised' | 'amended')[] = [];
    for (const { id, body, dueAt, otherwise } of revisions) {
      const [result] = await db
        .updateTable('deliveries')
        .set(dueAt === null ? { body } : { body, due_at: dueAt })
        .where('id', '=', id)
        .where('state', '=', 'pending')
        // A process that claimed it may have sent it, and died before it recorded that.
        .where('leased_until', 'is', null)
        .where(sql<boolean>`not exists (select 1 from attempts where delivery_id = deliveries.id)`)
        .execute();
      const revised = (result?.numUpdatedRows ?? 0n) > 0n;
      if (!revised) await insertDeliveries(db, [otherwise]);
      answers.push(revised ? 'revised' : 'amended');
    }
    return answers;
  },
};

interface Disabling {
  readonly target: DisabledTarget;
  readonly cause: string;
}

/** Targets that are gone, with everything that was pending for them. */
export const disableTargets: WriteKind<Disabling> = {
  name: 'target.disable',
  lingerMs: 0,
  size: () => 500,
  async write(db, disablings) {
    for (const { target, cause } of disablings) {
      await db.replaceInto('disabled_targets').values(target).execute();
      await db
        .updateTable('deliveries')
        .set({ state: 'dead', due_at: null, leased_until: null, cause })
        .where('webhook', '=', target.webhook)
        .where('state', '=', 'pending')
        .execute();
    }
    return noAnswers(disablings);
  },
};

/** Targets that may be sent to again. */
export const enableTargets: WriteKind<string, boolean> = {
  name: 'target.enable',
  lingerMs: 0,
  size: () => 100,
  async write(db, names) {
    const answers: boolean[] = [];
    for (const name of names) {
      const [result] = await db.deleteFrom('disabled_targets').where('webhook', '=', name).execute();
      answers.push((result?.numDeletedRows ?? 0n) > 0n);
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

type ClockChange = Parameters<DeliveryStore['shift']>[0];

/** Moves what waits with the wall clock. */
export const shiftDeliveries: WriteKind<ClockChange> = {
  name: 'delivery.shift',
  lingerMs: 0,
  size: () => 100,
  async write(db, changes) {
    for (const { byMs, now, queuedMs } of changes) {
      const pending = db.updateTable('deliveries').where('state', '=', 'pending');
      await pending
        .set({ due_at: sql`due_at + ${byMs}` })
        .where('due_at', '>', byMs > 0 ? now - byMs : now)
        .where((is) => is.not(is.between('due_at', now - queuedMs, now)))
        .execute();
      await pending
        .set({ leased_until: sql`leased_until + ${byMs}` })
        .where('leased_until', '>', 0)
        .execute();
    }
    return noAnswers(changes);
  },
};

/**
 * A process that died held leases that nobody will settle: they end when the only process of this file starts. That there was one stays
 * known: what was taken may have been sent.
 */
export async function releaseLeases(db: Database): Promise<void> {
  await db.updateTable('deliveries').set({ leased_until: 0 }).where('leased_until', '>', 0).execute();
}

/** Every write of this file that comes after the end of calls, in order. */
export const DELIVERY_KINDS = [
  settleDeliveries,
  replayDeliveries,
  reviseDeliveries,
  disableTargets,
  enableTargets,
  catchUpDeliveries,
  shiftDeliveries,
  claimDeliveries,
] as const;

/** The outbox. */
export function deliveryStore(writer: Writer, reader: Database): DeliveryStore {
  return {
    add: (deliveries) => add(writer, deliveries),
    claimDue: (now, limit, leaseMs, except = []) => writer.submit(claimDeliveries, { now, limit, leaseMs, except }),
    settle: (id, settlement) => writer.submit(settleDeliveries, { id, settlement }),
    async nextDue(except = []) {
      const due = sql<number | null>`min(max(due_at, coalesce(leased_until, 0)))`;
      const row = await reader
        .selectFrom('deliveries')
        .select(due.as('due'))
        .where('state', '=', 'pending')
        .where('webhook', 'not in', except)
        .where(firstOfStream)
        .executeTakeFirst();
      return row?.due ?? null;
    },
    catchUp: (clock) => writer.submit(catchUpDeliveries, clock),
    shift: (set) => writer.submit(shiftDeliveries, set),
    replay: async (id, now) => (await writer.submit(replayDeliveries, { selection: { id }, now })) > 0,
    replayAll: (selection, now) => writer.submit(replayDeliveries, { selection, now }),
    revise: (revision) => writer.submit(reviseDeliveries, revision),
    disable: (target, cause) => writer.submit(disableTargets, { target, cause }),
    enable: (webhook) => writer.submit(enableTargets, webhook),
    disabled: () => reader.selectFrom('disabled_targets').selectAll().orderBy('webhook').execute(),
  };
}
