import type { CallEnd, CallRow, CallStore, NewCall } from '../../src/call/ports.js';
import type { JournalEntry, JournalSink } from '../../src/flow/journal.js';
import type { UserVariablesPort } from '../../src/flow/ports.js';
import type { Json, JsonObject } from '../../src/lib/json.js';
import type { PageKey, PageRequest, StoredRecording } from '../../src/store/queries.js';
import type { Store } from '../../src/store/store.js';
import type { Delivery, DeliveryStore, NewDelivery } from '../../src/webhooks/ports.js';

interface FakeDelivery extends Delivery {
  leasedUntil: number;
}

/** Everything a fake store holds, open to tests. */
export interface FakeState {
  readonly calls: Map<string, CallRow & { readonly variables: JsonObject | null }>;
  readonly journal: Map<string, JournalEntry[]>;
  readonly users: Map<string, Map<string, Json>>;
  readonly deliveries: Map<string, FakeDelivery>;
  readonly recordings: Map<string, StoredRecording>;
}

const copy = <T>(value: T): T => structuredClone(value);

/** The object without some of its fields. */
function without<T extends object, K extends keyof T>(value: T, ...names: K[]): Omit<T, K> {
  const rest = { ...value };
  for (const name of names) Reflect.deleteProperty(rest, name);
  return rest;
}

function fakeCalls(state: FakeState): CallStore<NewDelivery> {
  const open = { answeredAt: null, endedAt: null, termination: null, lastWidget: null, variables: null };
  return {
    begin(call: NewCall) {
      if (!state.calls.has(call.id)) state.calls.set(call.id, { ...copy(call), ...open });
      return Promise.resolve();
    },
    end(end: CallEnd, deliveries) {
      const row = state.calls.get(end.id);
      if (row === undefined) return Promise.reject(new Error(`call ${end.id} ended but never began`));
      if (row.endedAt !== null) return Promise.resolve();
      state.calls.set(end.id, { ...row, ...copy(end) });
      for (const item of deliveries) {
        if (state.deliveries.has(item.id)) continue;
        state.deliveries.set(item.id, { ...copy(item), state: 'pending', attempts: [], leasedUntil: 0 });
      }
      return Promise.resolve();
    },
    openCalls() {
      const rows = [...state.calls.values()].filter((row) => row.endedAt === null);
      rows.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
      return Promise.resolve(
        rows.map((row) => {
          const entered = (state.journal.get(row.id) ?? []).filter((entry) => entry.type === 'enter').at(-1);
          return { ...without(row, 'variables'), lastWidget: entered?.widget ?? null };
        }),
      );
    },
  };
}

function fakeJournal(state: FakeState): JournalSink {
  return {
    append(callId, entry) {
      const entries = state.journal.get(callId) ?? [];
      state.journal.set(callId, entries);
      if (entries.some(({ seq }) => seq === entry.seq)) return;
      entries.push(copy(entry));
      entries.sort((a, b) => a.seq - b.seq);
      if (entry.type !== 'recording') return;
      const { id, name, file, durationMs: ms, bytes, format, at } = entry;
      if (!state.recordings.has(id)) state.recordings.set(id, { id, callId, name, file, ms, bytes, format, at });
    },
  };
}

function fakeUsers(state: FakeState): UserVariablesPort {
  return {
    load: (contact) => Promise.resolve(Object.fromEntries(copy([...(state.users.get(contact) ?? [])]))),
    save(contact, name, value) {
      const values = state.users.get(contact) ?? new Map<string, Json>();
      state.users.set(contact, values.set(name, copy(value)));
      return Promise.resolve({ kind: 'done' });
    },
  };
}

const publicDelivery = (delivery: FakeDelivery): Delivery => copy(without(delivery, 'leasedUntil'));

function fakeDeliveries(state: FakeState): DeliveryStore {
  return {
    claimDue(now, limit, leaseMs, except = []) {
      const due = [...state.deliveries.values()]
        .filter((item) => item.state === 'pending' && (item.dueAt ?? Infinity) <= now && item.leasedUntil <= now)
        .filter((item) => !except.includes(item.webhook))
        .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0) || (a.id < b.id ? -1 : 1))
        .slice(0, limit);
      for (const item of due) item.leasedUntil = now + leaseMs;
      return Promise.resolve(due.map(publicDelivery));
    },
    settle(id, attempt, next, dueAt) {
      const item = state.deliveries.get(id);
      if (item === undefined) return Promise.reject(new Error(`no delivery ${id}`));
      const attempts = item.attempts.some(({ n }) => n === attempt.n) ? item.attempts : [...item.attempts, copy(attempt)];
      state.deliveries.set(id, { ...item, attempts, state: next, dueAt, leasedUntil: 0 });
      return Promise.resolve();
    },
    nextDue() {
      const due = [...state.deliveries.values()]
        .filter((item) => item.state === 'pending')
        .map((item) => Math.max(item.dueAt ?? 0, item.leasedUntil));
      return Promise.resolve(due.length === 0 ? null : Math.min(...due));
    },
    catchUp({ now, longestWaitMs, leaseMs }) {
      for (const [id, item] of state.deliveries) {
        if (item.state !== 'pending') continue;
        const due = item.dueAt ?? now;
        const tooLate = due > now + longestWaitMs || (due > now && due === item.createdAt);
        const leasedUntil = Math.min(item.leasedUntil, now + leaseMs);
        state.deliveries.set(id, { ...item, dueAt: tooLate ? now : due, leasedUntil });
      }
      return Promise.resolve();
    },
    replay(id, now) {
      const item = state.deliveries.get(id);
      if (item !== undefined) state.deliveries.set(id, { ...item, state: 'pending', dueAt: now });
      return Promise.resolve(item !== undefined);
    },
  };
}

function newestFirst<T>(
  rows: T[],
  key: (row: T) => PageKey,
  { limit, after }: PageRequest,
): { items: T[]; next: PageKey | null } {
  const compare = (a: PageKey, b: PageKey): number => b.at - a.at || (a.id < b.id ? 1 : -1);
  const sorted = rows.sort((a, b) => compare(key(a), key(b)));
  const rest = after === null ? sorted : sorted.filter((row) => key(row).id !== after.id && compare(after, key(row)) < 0);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items: copy(items), next: rest.length > limit && last !== undefined ? key(last) : null };
}

function fakeQueries(state: FakeState): Store['queries'] {
  const same = <T>(wanted: T | undefined, value: T): boolean => wanted === undefined || wanted === value;
  return {
    calls(filter, page) {
      const rows = [...state.calls.values()].filter(
        (row) =>
          same(filter.live, row.endedAt === null) &&
          row.startedAt >= (filter.from ?? -Infinity) &&
          row.startedAt < (filter.to ?? Infinity) &&
          same(filter.cli, row.cli) &&
          same(filter.did, row.did) &&
          same(filter.flow, row.flowId) &&
          (filter.cause === undefined || row.termination?.cause === filter.cause),
      );
      const found = newestFirst(rows, (row) => ({ at: row.startedAt, id: row.id }), page);
      return Promise.resolve({ ...found, items: found.items.map((row) => without(row, 'variables')) });
    },
    call(id) {
      const row = state.calls.get(id);
      if (row === undefined) return Promise.resolve(null);
      const { variables, ...call } = copy(row);
      return Promise.resolve({ call, variables });
    },
    journal: (callId) => Promise.resolve(copy(state.journal.get(callId) ?? [])),
    recordings: (callId) => Promise.resolve([...state.recordings.values()].filter((item) => item.callId === callId)),
    recording: (id) => Promise.resolve(state.recordings.get(id) ?? null),
    deliveries(filter, page) {
      const rows = [...state.deliveries.values()].filter((row) => same(filter.state, row.state) && same(filter.call, row.callId));
      const found = newestFirst(rows, (row) => ({ at: row.createdAt, id: row.id }), page);
      const items = found.items.map((row) => ({
        ...without(row, 'body', 'leasedUntil', 'attempts'),
        attempts: row.attempts.length,
      }));
      return Promise.resolve({ ...found, items });
    },
    delivery(id) {
      const item = state.deliveries.get(id);
      return Promise.resolve(item === undefined ? null : publicDelivery(item));
    },
    deliveryCounts() {
      const of = (wanted: string): number => [...state.deliveries.values()].filter((item) => item.state === wanted).length;
      return Promise.resolve({ pending: of('pending'), dead: of('dead') });
    },
  };
}

function fakeRetention(state: FakeState): Store['retention'] {
  return {
    calls(before) {
      const pending = new Set(
        [...state.deliveries.values()].filter((item) => item.state === 'pending').map((item) => item.callId),
      );
      const old = [...state.calls.values()].filter((row) => row.endedAt !== null && row.endedAt < before && !pending.has(row.id));
      for (const { id } of old) {
        state.calls.delete(id);
        state.journal.delete(id);
        for (const item of [...state.deliveries.values()]) if (item.callId === id) state.deliveries.delete(item.id);
      }
      return Promise.resolve(old.length);
    },
    recordings(before) {
      const old = [...state.recordings.values()].filter((item) => item.at < before);
      for (const { id } of old) state.recordings.delete(id);
      return Promise.resolve(old);
    },
  };
}

/** A store in memory, held to the same contract suites as the real one. `state` lets a test look inside. */
export function createFakeStore(): Store & { readonly state: FakeState } {
  const state: FakeState = {
    calls: new Map(),
    journal: new Map(),
    users: new Map(),
    deliveries: new Map(),
    recordings: new Map(),
  };
  return {
    state,
    calls: fakeCalls(state),
    journal: fakeJournal(state),
    users: fakeUsers(state),
    deliveries: fakeDeliveries(state),
    queries: fakeQueries(state),
    retention: fakeRetention(state),
    health: () => ({ ok: true, reason: null, backlog: 0, backlogBytes: 0, dropped: 0 }),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
