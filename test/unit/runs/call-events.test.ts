import { describe, expect, it } from 'vitest';
import type { JournalEntry, JournalEvent } from '../../../src/model/journal.js';
import type { JsonObject } from '../../../src/lib/json/json.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { CallEventSink } from '../../../src/runs/call-events.js';
import { commitEnd } from '../../../src/runs/end.js';
import { CALL_EVENTS } from '../../../src/model/call-events.js';
import type { ConfiguredWebhook } from '../../../src/webhooks/configured/schema.js';
import { configuredWebhook } from '../../support/configured-webhook.js';
import { endServices } from '../../support/end-services.js';
import { createFakeStore } from '../../support/fake-store.js';
import { newCall } from '../../support/stores.js';

const STARTED = Date.UTC(2026, 10, 23, 9);
const ALL = configuredWebhook('all', { events: CALL_EVENTS });

const BEGUN: readonly JournalEvent[] = [
  { type: 'call', callId: 'c1', flowId: 'shop', flowVersion: 'abc', timeZone: 'Europe/Vienna', webhook: false, facts: {} },
  { type: 'leg.created', leg: { leg: 'leg-1', direction: 'inbound', callee: '1555', did: '100', party: 'VISITOR' } },
  { type: 'leg.ringing', leg: 'leg-1' },
];
const ANSWERED: JournalEvent = { type: 'leg.answered', leg: 'leg-1' };
const left = (cause: number, sip: number | null = null, remote = false): JournalEvent => {
  return { type: 'leg.ended', leg: 'leg-1', cause, sip, remote };
};
const END: JournalEvent = { type: 'end', termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' } };
const answer = (op: string, value: JsonObject): JournalEvent => ({ type: 'answer', step: 1, ask: 1, op, answer: value });

/** Entries a second apart. */
function journal(...events: readonly JournalEvent[]): JournalEntry[] {
  return events.map((event, i) => ({ ...event, seq: i + 1, at: STARTED + i * 1000, ms: i * 1000 }));
}

interface Told {
  readonly id: string;
  readonly webhook: string;
  readonly stream: string | null;
  readonly event: Record<string, unknown>;
}

/** Lives through a journal as a process does, and ends; `crashAfter`: the process told no more than so many entries. */
async function live(events: readonly JournalEvent[], webhooks: readonly ConfiguredWebhook[] = [ALL], crashAfter = Infinity) {
  const store = createFakeStore();
  await store.calls.begin(newCall('c1'));
  const services = endServices(store, webhooks);
  const sink = new CallEventSink({ ...services, store: store.deliveries, log: silentLogger });
  const entries = journal(...events);
  for (const entry of entries.slice(0, crashAfter)) sink.append('c1', entry);
  const termination = { by: 'caller', cause: 16, sip: null, reason: 'bye' } as const;
  await commitEnd(services, { callId: 'c1', direction: 'inbound', endedAt: STARTED + 60_000, termination }, entries);
  const told = [...store.state.deliveries.values()].map(({ id, webhook, stream, body }): Told => {
    return { id, webhook, stream: stream ?? null, event: JSON.parse(body) as Record<string, unknown> };
  });
  return { store, sink, told, statuses: told.map(({ event }) => event['status']) };
}

describe('call events', () => {
  it('tell an answered call in order, each with its parties, ids and time', async () => {
    const { told, statuses } = await live([...BEGUN, ANSWERED, left(16, null, true), END]);
    expect(statuses).toEqual(['started', 'ringing', 'answered', 'completed']);
    const common = { from: '1555', to: '100', uuid: 'leg-1', conversation_uuid: 'c1', direction: 'inbound' };
    expect(told[0]?.event).toEqual({ ...common, status: 'started', timestamp: '2026-11-23T10:00:01.000+01:00' });
    expect(told[2]?.event).toMatchObject({ ...common, start_time: null, network: null, rate: null });
    expect(told[3]?.event).toEqual({
      ...common,
      status: 'completed',
      timestamp: '2026-11-23T10:00:04.000+01:00',
      start_time: '2026-11-23T10:00:03.000+01:00',
      end_time: '2026-11-23T10:00:04.000+01:00',
      duration: '1',
      network: null,
      rate: null,
      price: null,
    });
    expect(new Set(told.map(({ stream }) => stream))).toEqual(new Set(['events:all:c1']));
  });

  it.each([
    ['cancelled', left(16, 487, true)],
    ['busy', left(17, 486)],
    ['rejected', left(21, 603)],
    ['unanswered', left(19, 480)],
    ['unanswered', left(16, 480)],
    ['timeout', left(102, 408)],
    ['failed', left(41, 503)],
  ])('end a call that was never answered as %s', async (status, ended) => {
    expect((await live([...BEGUN, ended, END])).statuses).toEqual(['started', 'ringing', status]);
  });

  it('end every call, also one whose leg has no end in the journal', async () => {
    expect((await live([...BEGUN, ANSWERED, END])).statuses.at(-1)).toBe('completed');
    expect((await live([...BEGUN, END])).statuses.at(-1)).toBe('cancelled');
  });

  it('show input: digits, whether the time ran out, masked digits masked', async () => {
    const keys = [{ key: '1', at: STARTED }];
    const { told } = await live([
      ...BEGUN,
      ANSWERED,
      answer('call.collect', { kind: 'collected', digits: '12', endedBy: 'terminator', keys }),
      answer('call.collect', { kind: 'collected', digits: '***', endedBy: 'timeout', keys }),
      answer('call.collect', { kind: 'noInput' }),
      answer('call.collect', { kind: 'tooShort', digits: '3', endedBy: 'terminator', keys }),
      answer('call.collect', { kind: 'tooShort', digits: '4', endedBy: 'timeout', keys }),
      answer('call.collect', { kind: 'failed', code: 'CALL_ENDED', message: 'gone' }),
      answer('call.play', { kind: 'done', key: '5', consumed: true }),
      answer('call.play', { kind: 'done', key: '5', consumed: false }),
      answer('call.awaitKey', { kind: 'pressed', key: '*', at: STARTED }),
      answer('webhook.request', { digits: '99' }),
      left(16),
      { type: 'collect.left', step: 1, ask: 99, answer: { kind: 'left', digits: '78', keys } },
      END,
    ]);
    const inputs = told.map(({ event }) => event).filter(({ status }) => status === 'input');
    expect(inputs.map(({ dtmf }) => dtmf)).toEqual([
      { digits: '12', timed_out: false },
      { digits: '***', timed_out: true },
      { digits: '', timed_out: true },
      { digits: '3', timed_out: false },
      { digits: '4', timed_out: true },
      { digits: '5', timed_out: false },
      { digits: '*', timed_out: false },
      { digits: '78', timed_out: false },
    ]);
  });

  it('show a recording with its address, also one that is final after the end', async () => {
    const { sink, store, statuses, told } = await live([
      ...BEGUN,
      ANSWERED,
      { type: 'recording.started', id: 'r1', name: 'a', file: 'r1.wav' },
      { type: 'recording.started', id: 'r2', name: 'b', file: 'r2.wav' },
      { type: 'recording', id: 'r1', name: 'a', file: 'r1.wav', durationMs: 2500, bytes: 20_058, format: 'wav' },
      left(16),
      END,
    ]);
    expect(statuses).toEqual(['started', 'ringing', 'answered', 'record', 'completed']);
    expect(told[3]?.event).toMatchObject({
      recording_url: 'https://ivr.example/r1',
      recording_uuid: 'r1',
      size: 20_058,
      start_time: '2026-11-23T10:00:04.000+01:00',
      end_time: '2026-11-23T10:00:06.500+01:00',
    });
    const late = { type: 'recording', id: 'r2', name: 'b', file: 'r2.wav', durationMs: 1, bytes: 60, format: 'wav' } as const;
    sink.append('c1', { ...late, seq: 99, at: STARTED + 90_000, ms: 90_000 });
    sink.append('c1', { ...late, seq: 100, at: STARTED + 91_000, ms: 91_000 });
    const last = [...store.state.deliveries.values()].slice(5).map(({ body }) => JSON.parse(body) as object);
    expect(last).toMatchObject([{ status: 'record', recording_uuid: 'r2' }]);
  });

  it('are each delivered under one id, however often they are told: before a crash and after it', async () => {
    const events = [...BEGUN, ANSWERED, left(41), END];
    const whole = await live(events);
    for (const crashAfter of [0, 2, 4, 5]) {
      const crashed = await live(events, [ALL], crashAfter);
      expect(crashed.told).toEqual(whole.told);
    }
    expect(new Set(whole.told.map(({ id }) => id)).size).toBe(4);
    expect(whole.told[0]?.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u);
  });

  it('keep their order when the wall clock goes back', async () => {
    const store = createFakeStore();
    await store.calls.begin(newCall('c1'));
    const services = endServices(store, [ALL]);
    const sink = new CallEventSink({ ...services, store: store.deliveries, log: silentLogger });
    for (const entry of journal(...BEGUN)) sink.append('c1', { ...entry, at: STARTED - entry.seq * 60_000 });
    const made = [...store.state.deliveries.values()].map(({ createdAt }) => createdAt);
    expect(made).toEqual([...made].sort((a, b) => a - b));
  });

  it('go to those who subscribed, as they subscribed', async () => {
    const some = configuredWebhook('some', { events: ['completed'], eventFormat: 'envelope' });
    const { told } = await live([...BEGUN, ANSWERED, left(16), END], [some, configuredWebhook('none'), ALL]);
    expect(told.map(({ webhook }) => webhook).sort()).toEqual(['all', 'all', 'all', 'all', 'some']);
    expect(told.find(({ webhook }) => webhook === 'some')?.event).toMatchObject({
      type: 'call.completed',
      timestamp: '2026-11-23T10:00:04.000+01:00',
      data: { status: 'completed', conversation_uuid: 'c1' },
    });
  });

  it('are not made when nobody subscribed', async () => {
    expect((await live([...BEGUN, ANSWERED, left(16), END], [configuredWebhook('none')])).told).toEqual([]);
  });

  it('that cannot be queued while the call lives are queued with its end', async () => {
    const store = createFakeStore();
    await store.calls.begin(newCall('c1'));
    const services = endServices(store, [ALL]);
    const broken = { add: () => Promise.reject(new Error('full')) };
    const sink = new CallEventSink({ ...services, store: broken, log: silentLogger });
    const entries = journal(...BEGUN, left(17, 486), END);
    for (const entry of entries) sink.append('c1', entry);
    const termination = { by: 'flow', cause: 17, sip: 486, reason: 'hangup' } as const;
    await commitEnd(services, { callId: 'c1', direction: 'inbound', endedAt: STARTED + 9000, termination }, entries);
    expect(store.state.deliveries.size).toBe(3);
  });
});
