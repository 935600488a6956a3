import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallEnd, CallRow } from '../../../src/call/ports.js';
import type { JournalEntry, JournalEvent } from '../../../src/flow/journal.js';
import { silentLogger } from '../../../src/lib/log.js';
import { lastSignOfLife, startHeartbeat } from '../../../src/runtime/heartbeat.js';
import { recoverCalls } from '../../../src/runtime/recovery.js';
import type { ConfiguredWebhook, NewDelivery } from '../../../src/webhooks/ports.js';

import { VirtualClock } from '../../support/virtual-clock.js';

const STARTED = Date.UTC(2026, 10, 23, 9);
const WEBHOOK: ConfiguredWebhook = {
  name: 'report',
  url: 'https://reports.example/',
  method: 'POST',
  auth: { type: 'none' },
  default: true,
  format: 'native',
  options: {
    durationUnit: 'ms',
    minimalSingleLeg: false,
    wrapInBody: false,
    includeUserVariables: false,
    includeCallVariables: false,
  },
};
const ROW: CallRow = {
  id: 'call-1',
  direction: 'inbound',
  flowId: 'shop',
  flowVersion: 'abc',
  cli: '15550001',
  did: '100',
  startedAt: STARTED,
  answeredAt: null,
  endedAt: null,
  termination: null,
  lastWidget: null,
};
const LEG = { leg: 'leg-1', direction: 'inbound', callee: '15550001', did: '100', party: 'VISITOR' } as const;

/** Entries a second apart. */
function journal(...events: readonly JournalEvent[]): JournalEntry[] {
  return events.map((event, i) => ({ ...event, seq: i + 1, at: STARTED + i * 1000, ms: i * 1000 }));
}

const BEGUN: readonly JournalEvent[] = [
  { type: 'call', callId: 'call-1', flowId: 'shop', flowVersion: 'abc', timeZone: 'UTC', webhook: true, facts: {} },
  { type: 'leg.created', leg: LEG },
  { type: 'leg.answered', leg: 'leg-1' },
  { type: 'enter', step: 1, widget: 'ask', widgetType: 'collect', label: null, anchor: 'start' },
];

/** Recovers one call; its end and its reports. */
async function recovered(entries: readonly JournalEntry[], lastSeen: number | null = null) {
  const ends: { end: CallEnd; deliveries: readonly NewDelivery[] }[] = [];
  const appended: JournalEntry[] = [];
  const calls = {
    begin: () => Promise.resolve(),
    end: (end: CallEnd, deliveries: readonly NewDelivery[]) => Promise.resolve(void ends.push({ end, deliveries })),
    openCalls: () => Promise.resolve([ROW]),
  };
  await recoverCalls({
    calls,
    journalOf: () => Promise.resolve(entries),
    journal: { append: (_call, entry) => void appended.push(entry) },
    ending: {
      calls,
      webhooks: () => [WEBHOOK],
      wake: () => undefined,
      recordingUrl: (id) => id,
      random: { uuid: () => 'delivery-1' },
      host: 'here',
    },
    recordingsDir: '/nowhere',
    flow: () => undefined,
    lastSignOfLife: lastSeen,
    log: silentLogger,
  });
  const [only, ...more] = ends;
  if (only === undefined || more.length > 0) throw new Error(`${ends.length} ends`);
  const reports = only.deliveries.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  return { end: only.end, reports, appended };
}

describe('a call that a crash interrupted', () => {
  it('ends when its process was last seen alive', async () => {
    const { end, reports } = await recovered(journal(...BEGUN), STARTED + 60_000);
    expect(end).toMatchObject({ endedAt: STARTED + 60_000, lastWidget: 'ask', termination: { by: 'crash', cause: 41 } });
    expect(reports).toMatchObject([{ talkMs: 58_000, reason: 'interrupted', lastWidget: 'ask' }]);
  });

  it.each([null, STARTED])('ends no earlier than its journal (%s)', async (lastSeen) => {
    const { end } = await recovered(journal(...BEGUN), lastSeen);
    expect(end.endedAt).toBe(STARTED + 3000);
  });

  it('ended when its caller hung up, and by its caller, if the flow was still at work after it', async () => {
    const after: readonly JournalEvent[] = [
      { type: 'leg.ended', leg: 'leg-1', cause: 16, sip: null, remote: true },
      { type: 'enter', step: 2, widget: 'tell', widgetType: 'webhook', label: null, anchor: 'onRemoteHangup' },
    ];
    const { end, reports } = await recovered(journal(...BEGUN, ...after), STARTED + 60_000);
    expect(end).toMatchObject({ endedAt: STARTED + 4000, termination: { by: 'caller', cause: 16, reason: 'interrupted' } });
    expect(reports).toMatchObject([{ talkMs: 2000, lastWidget: 'tell', legs: [{ remoteHangup: true }] }]);
  });

  it('is reported even if all of its journal was lost', async () => {
    const { end, reports, appended } = await recovered([]);
    expect(end).toMatchObject({ endedAt: STARTED, lastWidget: null, termination: { reason: 'interrupted' } });
    expect(appended.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'call'],
      [2, 'leg.created'],
      [3, 'leg.ended'],
      [4, 'end'],
    ]);
    expect(reports).toMatchObject([{ callId: 'call-1', flowId: 'shop', legs: [{ number: '15550001', did: '100' }] }]);
  });
});

describe('a sign of life', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'offhook-alive-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('is unknown where nobody lived', () => expect(lastSignOfLife(dir)).toBeNull());

  it('is left every second, until stopped', async () => {
    const clock = new VirtualClock();
    const stop = startHeartbeat(dir, clock, silentLogger);
    const seen = async (at: number): Promise<void> => {
      await expect.poll(() => lastSignOfLife(dir)).toBe(at);
      // The next beat is set once this one is written.
      await expect.poll(() => clock.pending).toBe(1);
    };
    const start = clock.now();
    await seen(start);
    await clock.advance(1000);
    await seen(start + 1000);
    stop();
    expect(clock.pending).toBe(0);
    utimesSync(join(dir, 'alive'), 1, 1);
    expect(lastSignOfLife(dir)).toBe(1000);
  });
});
