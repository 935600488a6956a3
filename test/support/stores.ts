import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe } from 'vitest';
import type { CallEnd, NewCall } from '../../src/model/call-row.js';
import type { DeliveryAttempt, DeliveryState, NewDelivery, Settlement } from '../../src/model/delivery.js';
import type { JournalEntry, JournalEvent } from '../../src/model/journal.js';
import { systemClock } from '../../src/lib/clock.js';
import type { JsonObject } from '../../src/lib/json/json.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { openStore } from '../../src/store/sqlite/store.js';
import type { Store } from '../../src/store/store.js';
import { createFakeStore } from './fake-store.js';

/** A fresh folder, and the function that removes it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Opens a real store or fails the test. */
export async function openOrFail(file: string): Promise<Store> {
  const opened = await openStore({ file, log: silentLogger, clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

/** Runs a suite over every store there is. `current()` is a fresh one in each test. */
export function describeStores(name: string, suite: (current: () => Store) => void): void {
  describe.each(['in memory', 'SQLite'])(`${name}, %s`, (kind) => {
    let store: Store;
    let remove: (() => void) | null = null;
    beforeEach(async () => {
      if (kind === 'in memory') {
        store = createFakeStore();
        return;
      }
      const temporary = temporaryFolder();
      remove = () => temporary.remove();
      store = await openOrFail(join(temporary.folder, 'offhook.db'));
    });
    afterEach(async () => {
      await store.close();
      remove?.();
    });
    suite(() => store);
  });
}

export function newCall(id: string, more: Partial<NewCall> = {}): NewCall {
  const base = {
    direction: 'inbound',
    flowId: 'demo',
    flowVersion: 'abc123',
    cli: '+4930123',
    did: '100',
    startedAt: 1000,
  } as const;
  return { id, ...base, ...more };
}

export function callEnd(id: string, more: Partial<CallEnd> = {}): CallEnd {
  const termination = { by: 'caller', cause: 16, sip: null, reason: 'bye' } as const;
  return { id, answeredAt: 1100, endedAt: 5000, termination, lastWidget: 'ask', variables: null, ...more };
}

export function newDelivery(id: string, callId: string, more: Partial<NewDelivery> = {}): NewDelivery {
  return { id, callId, kind: 'report', webhook: 'main', body: '{"a":"ä€\\u0000"}', createdAt: 5000, dueAt: 5000, ...more };
}

/** What became of an attempt. */
export function settled(attempt: DeliveryAttempt | null, state: DeliveryState, dueAt: number | null): Settlement {
  return { attempt, state, dueAt, cause: state === 'dead' ? (attempt?.error ?? 'endpoint gone') : null };
}

export function entry(seq: number, event: JournalEvent): JournalEntry {
  return { ...event, seq, at: 1_700_000_000_000 + seq, ms: seq * 0.5 };
}

/** The first entry of a call's journal. */
export function began(callId: string, facts: JsonObject): JournalEvent {
  return { type: 'call', callId, flowId: 'demo', flowVersion: 'v', timeZone: 'UTC', webhook: true, facts };
}

export function entered(seq: number, widget: string): JournalEntry {
  return entry(seq, { type: 'enter', step: seq, widget, widgetType: 'play', label: null, anchor: 'start' });
}
