import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallEnd, CallRow } from '../../../src/model/call-row.js';
import type { NewDelivery } from '../../../src/model/delivery.js';
import type { JournalEntry, JournalEvent } from '../../../src/model/journal.js';
import { type Clock, systemClock } from '../../../src/lib/clock.js';
import { CODECS } from '../../../src/media/codec/codec.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { wavHeader } from '../../../src/media/codec/wav.js';
import { startProcessClock, lastHeartbeat, startHeartbeat } from '../../../src/runs/heartbeat.js';
import { commitEnd } from '../../../src/runs/end.js';
import { recoverCalls, type RecoveryServices } from '../../../src/runs/recovery.js';
import { configuredWebhook } from '../../support/configured-webhook.js';
import { endServices } from '../../support/end-services.js';
import { createFakeStore } from '../../support/fake-store.js';
import { type Logged, recordingLogger } from '../../support/signalling.js';

import { VirtualClock } from '../../support/virtual-clock.js';

const STARTED = Date.UTC(2026, 10, 23, 9);
const WEBHOOK = configuredWebhook('report', { default: true, format: 'native' });
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
async function recovered(
  entries: readonly JournalEntry[],
  lastSeen: number | null = null,
  services: Partial<RecoveryServices> = {},
) {
  const ends: { end: CallEnd; deliveries: readonly NewDelivery[] }[] = [];
  const appended: JournalEntry[] = [];
  const calls = {
    begin: () => Promise.resolve(),
    end: (end: CallEnd, deliveries: readonly NewDelivery[]) => Promise.resolve(void ends.push({ end, deliveries })),
    openCalls: () => Promise.resolve([ROW]),
    recorded: () => Promise.resolve(),
    awaitingRecordings: () => Promise.resolve([]),
  };
  const { deliveries } = createFakeStore();
  await recoverCalls({
    calls,
    journalOf: () => Promise.resolve(entries),
    journal: { append: (_call, entry) => void appended.push(entry) },
    ending: endServices({ calls, deliveries }, [WEBHOOK]),
    reportOf: () => Promise.resolve(null),
    recordingsDir: '/nowhere',
    flow: () => undefined,
    integrationOf: () => null,
    lastHeartbeat: lastSeen === null ? null : { at: lastSeen, process: null },
    maxCallMs: 0,
    clock: systemClock,
    log: silentLogger,
    ...services,
  });
  const [only, ...more] = ends;
  if (only === undefined || more.length > 0) throw new Error(`${ends.length} ends`);
  const reports = only.deliveries.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  return { end: only.end, reports, appended };
}

describe('a call that a crash interrupted', () => {
  it('stays open when its journal is of a later format, and the log has the code', async () => {
    const [begun, ...rest] = BEGUN;
    const lines: Logged[] = [];
    const appended: JournalEntry[] = [];
    const services = {
      log: recordingLogger(lines),
      journal: { append: (_call: string, entry: JournalEntry) => void appended.push(entry) },
    };
    const later = journal({ ...begun, format: 2 } as JournalEvent, ...rest);
    await expect(recovered(later, STARTED + 60_000, services)).rejects.toThrow('0 ends');
    expect(appended).toEqual([]);
    expect(lines).toMatchObject([{ level: 'error', fields: { code: 'JOURNAL_FORMAT_UNKNOWN', call: 'call-1' } }]);
  });

  it('ends when its process was last seen alive', async () => {
    const { end, reports } = await recovered(journal(...BEGUN), STARTED + 60_000);
    expect(end).toMatchObject({ endedAt: STARTED + 60_000, lastWidget: 'ask', termination: { by: 'crash', cause: 41 } });
    expect(reports).toMatchObject([{ talkMs: 58_000, reason: 'interrupted', lastWidget: 'ask' }]);
  });

  it.each([null, STARTED])('ends no earlier than its journal (%s)', async (lastSeen) => {
    const { end } = await recovered(journal(...BEGUN), lastSeen);
    expect(end.endedAt).toBe(STARTED + 3000);
  });

  it('ends when its process was last seen alive, even if its journal knows no leg', async () => {
    const { end } = await recovered(journal(...BEGUN.slice(0, 1)), STARTED + 60_000);
    expect(end.endedAt).toBe(STARTED + 60_000);
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

  it('did not end with another leg of it: the caller was still there', async () => {
    const agent = { ...LEG, leg: 'leg-2', direction: 'outbound', callee: '201', party: 'AGENT' } as const;
    const other: readonly JournalEvent[] = [
      { type: 'leg.created', leg: agent },
      { type: 'leg.ended', leg: 'leg-2', cause: 17, sip: 486, remote: true },
    ];
    const { end, reports, appended } = await recovered(journal(...BEGUN, ...other), STARTED + 60_000);
    expect(end).toMatchObject({ endedAt: STARTED + 60_000, termination: { by: 'crash', cause: 41 } });
    expect(appended.map(({ type }) => type)).toEqual(['leg.ended', 'end']);
    expect(reports).toMatchObject([{ legs: [{ hangup: { cause: 41 } }, { party: 'AGENT', hangup: { cause: 17, sip: 486 } }] }]);
  });

  it('ended when its caller hung up, and ends a leg that its process left', async () => {
    const agent = { ...LEG, leg: 'leg-2', direction: 'outbound', callee: '201', party: 'AGENT' } as const;
    const after: readonly JournalEvent[] = [
      { type: 'leg.created', leg: agent },
      { type: 'leg.ended', leg: 'leg-1', cause: 16, sip: null, remote: true },
    ];
    const { end, reports } = await recovered(journal(...BEGUN, ...after), STARTED + 60_000);
    expect(end).toMatchObject({ endedAt: STARTED + 5000, termination: { by: 'caller', cause: 16 } });
    expect(reports).toMatchObject([{ legs: [{ remoteHangup: true }, { remoteHangup: false, hangup: { cause: 16 } }] }]);
  });

  it.each([3, -3])('lasted as long as its process says, whatever its wall clock was set to meanwhile (%d h)', async (hours) => {
    const [first, ...rest] = journal(...BEGUN);
    const entries = [{ ...first, process: { id: 'p', ms: 500_000 } } as JournalEntry, ...rest];
    // It counts from its beginning, 20 minutes before: its own clock was never set.
    const process = { id: 'p', since: STARTED + hours * 3_600_000 };
    const lastHeartbeat = { at: process.since + 500_000 + 60_000, process };
    const { end } = await recovered(entries, null, { lastHeartbeat });
    expect(end.endedAt).toBe(STARTED + 60_000);
    const other = { at: process.since, process: { ...process, id: 'another process' } };
    const bounded = await recovered(entries, null, { lastHeartbeat: other, maxCallMs: 3_600_000 });
    expect(bounded.end.endedAt).toBe(STARTED + (hours > 0 ? 3_600_000 : 3000));
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

  it('is unknown where nobody lived', () => expect(lastHeartbeat(dir)).toBeNull());

  it('is left every second, until stopped', async () => {
    const clock = new VirtualClock();
    const stop = startHeartbeat(dir, startProcessClock(clock), silentLogger);
    const seen = async (at: number): Promise<void> => {
      await expect.poll(() => lastHeartbeat(dir)?.at).toBe(at);
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
    expect(lastHeartbeat(dir)?.at).toBe(1000);
  });
});

describe('a call that had ended and waited for its recording', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'offhook-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const RECORDED: readonly JournalEvent[] = [
    ...BEGUN,
    { type: 'recording.started', id: 'r1', name: 'message', file: 'r1.wav' },
    { type: 'leg.ended', leg: 'leg-1', cause: 16, sip: null, remote: true },
    { type: 'end', termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' } },
  ];

  /** Waits for nothing. */
  const impatient: Pick<Clock, 'after'> = {
    after(_ms, fire) {
      fire();
      return () => undefined;
    },
  };

  /** Ends the call as its process did, then starts again. */
  async function restarted(hasFile: boolean, clock: Pick<Clock, 'after'> = systemClock) {
    if (hasFile)
      writeFileSync(
        join(folder, 'r1.wav'),
        Buffer.concat([wavHeader({ codec: CODECS.PCMU, channels: 1, dataBytes: 0 }), Buffer.alloc(8000)]),
      );
    const store = createFakeStore();
    await store.calls.begin(ROW);
    const webhook = { ...WEBHOOK, events: ['record'] as const };
    const ending = endServices(store, [webhook], STARTED + 90_000);
    const entries = journal(...RECORDED);
    for (const entry of entries) store.journal.append(ROW.id, entry);
    const termination = { by: 'caller', cause: 16, sip: null, reason: 'bye' } as const;
    await commitEnd(ending, { callId: ROW.id, direction: 'inbound', endedAt: STARTED + 7000, termination }, entries);
    const start = () =>
      recoverCalls({
        calls: store.calls,
        journalOf: (id) => store.queries.journal(id),
        journal: store.journal,
        ending,
        reportOf: async (call) =>
          (await store.queries.deliveries({ call, kind: 'report' }, { limit: 1, after: null })).items[0] ?? null,
        recordingsDir: folder,
        flow: () => undefined,
        integrationOf: () => null,
        lastHeartbeat: null,
        maxCallMs: 0,
        clock,
        log: silentLogger,
      });
    return { store, start };
  }

  it('gets the torn file repaired, its report sent with it, and its event', async () => {
    const { store, start } = await restarted(true);
    expect(await start()).toBe(0);
    expect(await start()).toBe(0);
    const found = [...store.state.deliveries.values()];
    expect(found.map(({ kind, dueAt }) => [kind, dueAt])).toEqual([
      ['report', STARTED + 90_000],
      ['event', STARTED + 90_000],
    ]);
    expect(JSON.parse(found[0]?.body ?? '')).toMatchObject({ recordings: [{ name: 'message', ms: 1000 }] });
    expect(JSON.parse(found[1]?.body ?? '')).toMatchObject({ status: 'record', recording_uuid: 'r1' });
    expect(await store.queries.recording('r1')).toMatchObject({ callId: ROW.id, ms: 1000 });
  });

  it('is repaired behind the start when the disk takes its time, and its report sent with it then', async () => {
    const { store, start } = await restarted(true, impatient);
    expect(await start()).toBe(0);
    const report = () => [...store.state.deliveries.values()].find(({ kind }) => kind === 'report');
    await expect.poll(() => JSON.parse(report()?.body ?? '{}') as object).toMatchObject({ recordings: [{ ms: 1000 }] });
    expect(report()?.dueAt).toBe(STARTED + 90_000);
    await expect.poll(() => store.calls.awaitingRecordings()).toEqual([]);
  });

  it('is told as it is when there is no file left', async () => {
    const { store, start } = await restarted(false);
    await start();
    expect([...store.state.deliveries.values()].map(({ kind, dueAt }) => [kind, dueAt])).toEqual([['report', STARTED + 90_000]]);
    expect(await store.calls.awaitingRecordings()).toEqual([]);
  });
});
