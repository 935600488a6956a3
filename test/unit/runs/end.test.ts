import { describe, expect, it } from 'vitest';
import type { JournalEntry, JournalEvent } from '../../../src/model/journal.js';
import type { Json } from '../../../src/lib/json/json.js';
import { commitEnd, type CallEndFacts, addSettledRecording } from '../../../src/runs/end.js';
import type { ConfiguredWebhook } from '../../../src/webhooks/configured/schema.js';
import { configuredWebhook } from '../../support/configured-webhook.js';
import { endServices } from '../../support/end-services.js';
import { createFakeStore } from '../../support/fake-store.js';
import { newCall, settled } from '../../support/stores.js';

const STARTED = Date.UTC(2026, 10, 23, 12);

const WEBHOOK = configuredWebhook('report', {
  default: true,
  options: { ...configuredWebhook('x').options, includeCallVariables: true },
});

const EVENTS: readonly JournalEvent[] = [
  {
    type: 'call',
    callId: 'call-1',
    flowId: 'shop',
    flowVersion: 'abc',
    timeZone: 'Asia/Kolkata',
    webhook: true,
    facts: { cli: '1555', did: '100', state: 'ringing', duration: 0, 'sipheader.X-Tenant': 'acme' },
  },
  { type: 'leg.created', leg: { leg: 'leg-1', direction: 'inbound', callee: '1555', did: '100', party: 'VISITOR' } },
  { type: 'leg.answered', leg: 'leg-1' },
];

const END: CallEndFacts = {
  callId: 'call-1',
  direction: 'inbound',
  endedAt: STARTED + 9500,
  termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' },
};

/** Entries a second apart. */
function journal(...more: readonly JournalEvent[]): JournalEntry[] {
  return [...EVENTS, ...more].map((event, i) => ({ ...event, seq: i + 1, at: STARTED + i * 1000, ms: i * 1000 }));
}

const begun = (id: string): JournalEvent => ({ type: 'recording.started', id, name: 'message', file: `${id}.wav` });
const finished = (id: string): JournalEvent => {
  return { type: 'recording', id, name: 'message', file: `${id}.wav`, durationMs: 4000, bytes: 64_044, format: 'wav' };
};

/** A store in which the call lives, and what ends it. */
async function living(webhook: ConfiguredWebhook = WEBHOOK) {
  const store = createFakeStore();
  await store.calls.begin(newCall('call-1', { startedAt: STARTED }));
  const services = endServices(store, [webhook], STARTED + 30_000);
  const bodies = () =>
    [...store.state.deliveries.values()].map(({ id, kind, dueAt, body }) => ({
      id,
      kind,
      dueAt,
      ...(JSON.parse(body) as object),
    }));
  return { store, services, bodies };
}

// docs/behaviour.md#report-variables
it('$call.* in the report are those of the end, not those of the first ring', async () => {
  const { services, bodies } = await living();
  await commitEnd(services, END, journal());
  const [{ keys }] = bodies() as unknown as [{ keys: { name: string; value: unknown }[] }];
  expect(Object.fromEntries(keys.map(({ name, value }) => [name, value]))).toEqual({
    '$call.cli': '1555',
    '$call.did': '100',
    '$call.uuid': 'call-1',
    '$call.direction': 'inbound',
    '$call.state': 'completed',
    '$call.start': '2026-11-23T17:30:00.000+05:30',
    '$call.answer': '2026-11-23T17:30:02.000+05:30',
    '$call.end': '2026-11-23T17:30:09.500+05:30',
    '$call.duration': 7,
    '$call.hangupcause': '16',
    '$call.remotehangup': true,
    '$call.sipheader.X-Tenant': 'acme',
  });
});

// docs/behaviour.md#one-report, #report-switch
it('a flow with the switch on is reported once, to the default webhook; one without is not', async () => {
  const { services, bodies } = await living();
  await commitEnd(services, END, journal());
  await commitEnd(services, END, journal());
  expect(bodies()).toMatchObject([{ id: 'delivery-1', kind: 'report', dueAt: STARTED + 30_000 }]);
  const other = await living();
  const silent = journal().map((entry) => (entry.type === 'call' ? { ...entry, webhook: false } : entry));
  await commitEnd(other.services, END, silent);
  expect(other.bodies()).toEqual([]);
});

it('a call that was to be reported when nothing takes reports any more is told in the log', async () => {
  const { services, bodies } = await living();
  const errors: object[] = [];
  await commitEnd(
    { ...services, reportsTo: () => undefined, log: { error: (fields) => void errors.push(fields) } },
    END,
    journal(),
  );
  expect(bodies()).toEqual([]);
  expect(errors).toEqual([{ code: 'WEBHOOK_DEFAULT_NEEDED', call: 'call-1' }]);
});

describe('a recording that is not final when the call ends', () => {
  it('holds the report; with the recording it goes at once, under the same id', async () => {
    const { store, services, bodies } = await living();
    const { report, awaited } = await commitEnd(services, END, journal(begun('r1')));
    expect(awaited).toEqual(['r1']);
    expect(bodies()).toMatchObject([{ dueAt: STARTED + 90_000, recordingUrls: [] }]);
    expect(await store.calls.awaitingRecordings()).toHaveLength(1);
    await addSettledRecording(services, END, report, journal(begun('r1'), finished('r1')));
    expect(bodies()).toMatchObject([
      { id: 'delivery-1', dueAt: STARTED + 30_000, recordingUrls: [{ recordedFilePublicPath: 'https://ivr.example/r1' }] },
    ]);
    expect(await store.calls.awaitingRecordings()).toEqual([]);
  });

  it('that comes after the deadline follows in an amendment with an id of its own that names the first', async () => {
    const { store, services, bodies } = await living();
    const { report } = await commitEnd(services, END, journal(begun('r1')));
    await store.deliveries.settle('delivery-1', settled({ n: 1, at: 1, ms: 1, status: 200, error: null }, 'delivered', null));
    await addSettledRecording(services, END, report, journal(begun('r1'), finished('r1')));
    expect(bodies()).toMatchObject([
      { id: 'delivery-1', kind: 'report', recordingUrls: [] },
      { kind: 'amendment', amendment: true, amends: 'delivery-1', 'phonon-uuid': 'call-1', recordingUrls: [{}] },
    ]);
    expect(bodies()[1]?.id).not.toBe('delivery-1');
  });

  it('is amended once, though a crash before the end of it has it done again', async () => {
    const { store, services, bodies } = await living();
    const { report } = await commitEnd(services, END, journal(begun('r1')));
    await store.deliveries.settle('delivery-1', settled({ n: 1, at: 1, ms: 1, status: 200, error: null }, 'delivered', null));
    const late = journal(begun('r1'), finished('r1'));
    // The amendment is queued, and the process dies before the store knows that nothing is awaited any more.
    const dying = { ...services, calls: { ...services.calls, recorded: () => Promise.reject(new Error('killed')) } };
    await expect(addSettledRecording(dying, END, report, late)).rejects.toThrow('killed');
    expect(await store.calls.awaitingRecordings()).toHaveLength(1);
    await addSettledRecording(services, END, report, late);
    expect(bodies().map(({ kind }) => kind)).toEqual(['report', 'amendment']);
    expect(await store.calls.awaitingRecordings()).toEqual([]);
  });

  it('is amended again for each further one', async () => {
    const { store, services, bodies } = await living();
    const two = [begun('r1'), begun('r2')];
    const { report } = await commitEnd(services, END, journal(...two));
    await store.deliveries.settle('delivery-1', settled({ n: 1, at: 1, ms: 1, status: 200, error: null }, 'delivered', null));
    await addSettledRecording(services, END, report, journal(...two, finished('r2')));
    await addSettledRecording(services, END, report, journal(...two, finished('r2'), finished('r1')));
    expect(bodies()).toMatchObject([{ recordingUrls: [] }, { recordingUrls: [{}] }, { recordingUrls: [{}, {}] }]);
  });

  it('is told to subscribers with it, though the store took nothing when it happened', async () => {
    const { store, services } = await living({ ...WEBHOOK, events: ['record'] });
    const { report } = await commitEnd(services, END, journal(begun('r1')));
    await addSettledRecording(services, END, report, journal(begun('r1'), finished('r1')));
    expect([...store.state.deliveries.values()].map(({ kind }) => kind)).toEqual(['report', 'event']);
  });

  it('that comes to nothing lets the report go without it', async () => {
    const { services, bodies } = await living();
    const { report } = await commitEnd(services, END, journal(begun('r1')));
    await addSettledRecording(services, END, report, journal(begun('r1'), { type: 'recording.lost', id: 'r1' }));
    expect(bodies()).toMatchObject([{ dueAt: STARTED + 30_000, recordingUrls: [] }]);
  });

  it('is waited for with the others: the last one sends the report, the deadline sends what there is', async () => {
    const { store, services, bodies } = await living();
    const two = [begun('r1'), begun('r2')];
    const { report } = await commitEnd(services, END, journal(...two));
    await addSettledRecording(services, END, report, journal(...two, finished('r1')));
    expect(bodies()).toMatchObject([{ dueAt: STARTED + 90_000, recordingUrls: [{}] }]);
    expect(await store.calls.awaitingRecordings()).toHaveLength(1);
    await addSettledRecording(services, END, report, journal(...two, finished('r1'), finished('r2')));
    expect(bodies()).toMatchObject([{ dueAt: STARTED + 30_000, recordingUrls: [{}, {}] }]);
  });

  it('of a flow without a report is remembered too, for the next start', async () => {
    const { store, services, bodies } = await living({ ...WEBHOOK, default: false });
    const { report } = await commitEnd(services, END, journal(begun('r1')));
    expect(report).toBeNull();
    expect(await store.calls.awaitingRecordings()).toHaveLength(1);
    await addSettledRecording(services, END, report, journal(begun('r1'), finished('r1')));
    expect(await store.calls.awaitingRecordings()).toEqual([]);
    expect(bodies()).toEqual([]);
  });
});

// docs/behaviour.md#persist
it('report columns hold the last value in their type, null when never set, and stay with the call', async () => {
  const { store, services, bodies } = await living({ ...WEBHOOK, format: 'native' });
  const udf = [
    { name: 'order', variable: '$flow.key.order', type: 'string' },
    { name: 'total', variable: '$flow.key.total', type: 'number' },
    { name: 'bad', variable: '$flow.key.order', type: 'boolean' },
    { name: 'vip', variable: '$user.key.vip', type: 'boolean' },
    { name: 'cart', variable: '$CART', type: 'json' },
    { name: 'never', variable: '$flow.key.never', type: 'string' },
    { name: 'pin', variable: '$flow.key.pin', type: 'number' },
  ] as const;
  const set = (name: string, value: Json, more = {}): JournalEvent => ({ type: 'set', step: 1, name, value, ...more });
  const entries = journal(
    set('$flow.key.order', 'old'),
    set('$flow.key.order', 4711),
    set('$flow.key.total', ' 12.50 '),
    set('$user.key.vip', 'TRUE'),
    set('$CART', { items: [1] }),
    set('$flow.key.pin', '***', { masked: true }),
  ).map((entry) => (entry.type === 'call' ? { ...entry, udf } : entry));
  await commitEnd(services, END, entries);
  const wanted = { order: '4711', total: 12.5, bad: null, vip: true, cart: { items: [1] }, never: null, pin: '***' };
  expect(bodies()).toMatchObject([{ udf: wanted }]);
  expect(await store.queries.call('call-1')).toMatchObject({ udf: wanted, variables: null });
});

it('ends with a megabyte of variables are built and committed by turns; a small one does not stand behind them', async () => {
  const store = createFakeStore();
  const text = 'x'.repeat(1_048_000);
  const [large, small] = [Array.from({ length: 20 }, (_, i) => `large-${i}`), 'small'];
  for (const id of [...large, small]) await store.calls.begin(newCall(id, { startedAt: STARTED }));
  const [underWay, mostUnderWay] = [new Map<string, () => void>(), { chars: 0 }];
  const services = {
    ...endServices(store, [WEBHOOK]),
    calls: {
      ...store.calls,
      end: async (...[end, deliveries]: Parameters<typeof store.calls.end>) => {
        const written = new Promise<void>((resolve) => underWay.set(end.id, resolve));
        mostUnderWay.chars = Math.max(mostUnderWay.chars, underWay.size * text.length);
        if (end.id !== small) await written;
        underWay.delete(end.id);
        await store.calls.end(end, deliveries);
      },
    },
  };
  const ending = large.map((id) =>
    commitEnd(services, { ...END, callId: id }, journal({ type: 'set', step: 1, name: '$flow.key.cart', value: text })),
  );
  await commitEnd(services, { ...END, callId: small }, journal());
  while (underWay.size > 0) {
    for (const written of [...underWay.values()]) written();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(ending);
  expect(store.state.deliveries.size).toBe(21);
  expect(mostUnderWay.chars).toBeLessThan(3.5 * 1_048_576);
});
