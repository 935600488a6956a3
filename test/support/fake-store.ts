import type { CallStore } from '../../src/call/ports.js';
import type { CallEnd, CallRow, NewCall } from '../../src/model/call-row.js';
import type { PageKey, PageRequest } from '../../src/model/page.js';
import type { StoredRecording } from '../../src/model/recording.js';
import type { Removal, Unfinished } from '../../src/model/integration.js';
import type { Delivery, DeliverySelection, DisabledTarget, NewDelivery } from '../../src/model/delivery.js';
import type { JournalEntry, JournalSink } from '../../src/model/journal.js';
import type { UserVariablesPort } from '../../src/flow/ports.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import type { Store } from '../../src/store/store.js';
import { fakeIntegrations } from './fake-integrations.js';
import { fakeLinks, fakePauses } from './fake-links.js';
import type { DeliveryStore } from '../../src/webhooks/ports.js';

interface FakeDelivery extends Delivery {
  leasedUntil: number;
}

interface FakeCallRow extends CallRow {
  readonly variables: JsonObject | null;
  readonly udf: JsonObject | null;
  readonly awaitsRecording: boolean;
}

/** Everything a fake store holds, open to tests. */
export interface FakeState {
  readonly calls: Map<string, FakeCallRow>;
  readonly journal: Map<string, JournalEntry[]>;
  readonly users: Map<string, Map<string, Json>>;
  readonly deliveries: Map<string, FakeDelivery>;
  readonly recordings: Map<string, StoredRecording>;
  readonly disabled: Map<string, DisabledTarget>;
}

/** Queues deliveries as a store does. */
export function addTo(state: FakeState, deliveries: readonly NewDelivery[]): void {
  for (const item of deliveries) {
    if (state.deliveries.has(item.id)) continue;
    const { stream = null, shape = null, ...rest } = copy(item);
    const fresh = { state: 'pending', attempts: [], cause: null, replayedAfter: 0, leasedUntil: 0 } as const;
    state.deliveries.set(item.id, { ...rest, stream, shape, ...fresh });
  }
}

/** A call row without what only its own page shows. */
const publicRow = (row: FakeCallRow): CallRow => without(row, 'variables', 'udf', 'awaitsRecording');

const copy = <T>(value: T): T => structuredClone(value);

/** The object without some of its fields. */
function without<T extends object, K extends keyof T>(value: T, ...names: K[]): Omit<T, K> {
  const rest = { ...value };
  for (const name of names) Reflect.deleteProperty(rest, name);
  return rest;
}

function fakeCalls(state: FakeState): CallStore<NewDelivery> {
  const open = { answeredAt: null, endedAt: null, termination: null, lastWidget: null, variables: null, udf: null };
  return {
    begin(call: NewCall) {
      if (!state.calls.has(call.id)) state.calls.set(call.id, { ...copy(call), ...open, awaitsRecording: false });
      return Promise.resolve();
    },
    end(end: CallEnd, deliveries) {
      const row = state.calls.get(end.id);
      if (row === undefined) return Promise.reject(new Error(`call ${end.id} ended but never began`));
      if (row.endedAt !== null) return Promise.resolve();
      const { udf = null, awaitsRecording = false, ...rest } = copy(end);
      state.calls.set(end.id, { ...row, ...rest, udf, awaitsRecording });
      addTo(state, deliveries);
      return Promise.resolve();
    },
    recorded(id) {
      const row = state.calls.get(id);
      if (row !== undefined) state.calls.set(id, { ...row, awaitsRecording: false });
      return Promise.resolve();
    },
    awaitingRecordings: () =>
      Promise.resolve([...state.calls.values()].filter((row) => row.awaitsRecording).map((row) => copy(publicRow(row)))),
    openCalls() {
      const rows = [...state.calls.values()].filter((row) => row.endedAt === null);
      rows.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
      return Promise.resolve(
        rows.map((row) => {
          const entered = (state.journal.get(row.id) ?? []).filter((entry) => entry.type === 'enter').at(-1);
          return { ...publicRow(row), lastWidget: entered?.widget ?? null };
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

/** Whether it waits for no older one of its stream; a map keeps the order of insertion. */
function isFirstOfStream(state: FakeState, item: FakeDelivery): boolean {
  if (item.stream == null) return true;
  for (const other of state.deliveries.values()) {
    if (other.stream !== item.stream || other.state !== 'pending' || other.id === item.id) continue;
    if (other.createdAt < item.createdAt) return false;
    if (other.createdAt === item.createdAt && isBefore(state, other.id, item.id)) return false;
  }
  return true;
}

function isBehindDead(state: FakeState, item: FakeDelivery): boolean {
  if (item.stream == null) return false;
  const stream = [...state.deliveries.values()].filter(({ stream }) => stream === item.stream);
  const inOrder = stream.sort((a, b) => a.createdAt - b.createdAt);
  return inOrder[inOrder.indexOf(item) - 1]?.state === 'dead';
}

function isBefore(state: FakeState, first: string, second: string): boolean {
  for (const id of state.deliveries.keys()) {
    if (id === first) return true;
    if (id === second) return false;
  }
  return false;
}

function fakeDeliveries(state: FakeState): DeliveryStore {
  const change = (item: FakeDelivery, more: Partial<FakeDelivery>): void => {
    state.deliveries.set(item.id, { ...item, ...more });
  };
  const replayed = (item: FakeDelivery, now: number): void => {
    change(item, { state: 'pending', dueAt: now, cause: null, replayedAfter: item.attempts.length });
  };
  return {
    add(deliveries) {
      addTo(state, deliveries);
      return Promise.resolve();
    },
    claimDue(now, limit, leaseMs, except = []) {
      const due = [...state.deliveries.values()]
        .filter((item) => item.state === 'pending' && (item.dueAt ?? Infinity) <= now && item.leasedUntil <= now)
        .filter((item) => !except.includes(item.webhook) && isFirstOfStream(state, item))
        .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0) || (a.id < b.id ? -1 : 1))
        .slice(0, limit);
      for (const item of due) item.leasedUntil = now + leaseMs;
      return Promise.resolve(
        due.map((item) => ({ ...publicDelivery(item), ...(isBehindDead(state, item) && { behindDead: true as const }) })),
      );
    },
    settle(id, { attempt, ...rest }) {
      const item = state.deliveries.get(id);
      if (item === undefined) return Promise.reject(new Error(`no delivery ${id}`));
      const known = attempt === null || item.attempts.some(({ n }) => n === attempt.n);
      change(item, { attempts: known ? item.attempts : [...item.attempts, copy(attempt)], ...rest, leasedUntil: 0 });
      return Promise.resolve();
    },
    nextDue(except = []) {
      let least: number | null = null;
      for (const item of state.deliveries.values()) {
        if (item.state !== 'pending' || except.includes(item.webhook) || !isFirstOfStream(state, item)) continue;
        const due = Math.max(item.dueAt ?? 0, item.leasedUntil);
        if (least === null || due < least) least = due;
      }
      return Promise.resolve(least);
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
    shift({ byMs, now, queuedMs }) {
      for (const [id, item] of state.deliveries) {
        if (item.state !== 'pending') continue;
        const due = item.dueAt ?? now;
        const waits = due > (byMs > 0 ? now - byMs : now) && !(due >= now - queuedMs && due <= now);
        const leasedUntil = item.leasedUntil > 0 ? item.leasedUntil + byMs : item.leasedUntil;
        state.deliveries.set(id, { ...item, dueAt: waits ? due + byMs : due, leasedUntil });
      }
      return Promise.resolve();
    },
    replay(id, now) {
      const item = state.deliveries.get(id);
      if (item !== undefined) replayed(item, now);
      return Promise.resolve(item !== undefined);
    },
    replayAll(selection, now) {
      const found = [...state.deliveries.values()].filter(
        (item) => isSelected(item, selection) && (selection.state !== undefined || item.state !== 'pending'),
      );
      for (const item of found) replayed(item, now);
      return Promise.resolve(found.length);
    },
    revise({ id, body, dueAt, otherwise }) {
      const item = state.deliveries.get(id);
      if (item?.state === 'pending' && item.attempts.length === 0 && item.leasedUntil === 0) {
        change(item, { body, dueAt: dueAt ?? item.dueAt });
        return Promise.resolve('revised');
      }
      addTo(state, [otherwise]);
      return Promise.resolve('amended');
    },
    disable(target, cause) {
      state.disabled.set(target.webhook, target);
      for (const item of state.deliveries.values()) {
        if (item.webhook !== target.webhook || item.state !== 'pending') continue;
        change(item, { state: 'dead', dueAt: null, leasedUntil: 0, cause });
      }
      return Promise.resolve();
    },
    enable: (webhook) => Promise.resolve(state.disabled.delete(webhook)),
    disabled: () => Promise.resolve([...state.disabled.values()].sort((a, b) => (a.webhook < b.webhook ? -1 : 1))),
  };
}

/** What an integration has not told yet; what waits is given up with it. */
function unfinished(state: FakeState, { id, target, giveUp }: Removal): Unfinished {
  const live = [...state.calls.values()].filter((row) => {
    const [first] = state.journal.get(row.id) ?? [];
    return row.endedAt === null && first?.type === 'call' && first.integration === id;
  });
  const waiting = [...state.deliveries.values()].filter((item) => item.webhook === target && item.state === 'pending');
  if (giveUp !== null) {
    for (const item of waiting) {
      state.deliveries.set(item.id, { ...item, state: 'dead', dueAt: null, leasedUntil: 0, cause: giveUp });
    }
  }
  return { live: live.length, waiting: waiting.length };
}

function isSelected(item: Delivery, wanted: DeliverySelection): boolean {
  const within = (value: number | null, from: number | undefined, to: number | undefined): boolean =>
    (from === undefined || (value ?? NaN) >= from) && (to === undefined || (value ?? NaN) < to);
  return (
    item.state === (wanted.state ?? item.state) &&
    item.webhook === (wanted.webhook ?? item.webhook) &&
    (wanted.targets ?? [item.webhook]).includes(item.webhook) &&
    item.kind === (wanted.kind ?? item.kind) &&
    item.callId === (wanted.call ?? item.callId) &&
    within(item.createdAt, wanted.from, wanted.to) &&
    within(item.dueAt, wanted.dueFrom, wanted.dueTo)
  );
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
      return Promise.resolve({ ...found, items: found.items.map(publicRow) });
    },
    call(id) {
      const row = state.calls.get(id);
      if (row === undefined) return Promise.resolve(null);
      const { variables, udf } = copy(row);
      return Promise.resolve({ call: publicRow(copy(row)), variables, udf });
    },
    journal: (callId) => Promise.resolve(copy(state.journal.get(callId) ?? [])),
    recordings: (callId) => Promise.resolve([...state.recordings.values()].filter((item) => item.callId === callId)),
    recording: (id) => Promise.resolve(state.recordings.get(id) ?? null),
    deliveries(filter, page) {
      const rows = [...state.deliveries.values()].filter((row) => isSelected(row, filter));
      const found = newestFirst(rows, (row) => ({ at: row.createdAt, id: row.id }), page);
      const items = found.items.map((row) => ({
        ...without(row, 'body', 'leasedUntil', 'attempts', 'shape', 'replayedAfter'),
        attempts: row.attempts.length,
      }));
      return Promise.resolve({ ...found, items });
    },
    delivery(id) {
      const item = state.deliveries.get(id);
      return Promise.resolve(item === undefined ? null : publicDelivery(item));
    },
    callCounts({ from, to, contact, flow }) {
      const rows = [...state.calls.values()].filter(
        (row) => row.startedAt >= from && row.startedAt < to && same(contact, row.cli) && same(flow, row.flowId),
      );
      const endedBy: Record<string, number> = {};
      for (const { termination } of rows) if (termination) endedBy[termination.by] = (endedBy[termination.by] ?? 0) + 1;
      const talk = (row: CallRow): number => (row.endedAt === null || row.answeredAt === null ? 0 : row.endedAt - row.answeredAt);
      return Promise.resolve({
        calls: rows.length,
        answered: rows.filter((row) => row.answeredAt !== null).length,
        live: rows.filter((row) => row.endedAt === null).length,
        talkMs: rows.reduce((sum, row) => sum + talk(row), 0),
        endedBy,
      });
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
    disabled: new Map(),
  };
  return {
    state,
    calls: fakeCalls(state),
    journal: fakeJournal(state),
    users: fakeUsers(state),
    deliveries: fakeDeliveries(state),
    links: fakeLinks(),
    pauses: fakePauses(),
    integrations: fakeIntegrations((removal) => unfinished(state, removal)),
    queries: fakeQueries(state),
    retention: fakeRetention(state),
    isNew: true,
    health: () => ({ ok: true, reason: null, backlog: 0, backlogBytes: 0, dropped: 0 }),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
