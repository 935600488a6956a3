import { widgetCatalogue } from '../../../src/widgets/index.js';
import { describe, expect, it } from 'vitest';
import type { JournalEntry, JournalEvent } from '../../../src/model/journal.js';
import type { Json } from '../../../src/lib/json/json.js';
import { readJournal } from '../../../src/flow/journal/state.js';
import { readChat } from '../../support/read-chat.js';
import { chatReaders, Chats, type ChatServices } from '../../../src/integrations/chats.js';
import { commitEnd } from '../../../src/runs/end.js';
import { recoverCalls } from '../../../src/runs/recovery.js';
import { systemClock } from '../../../src/lib/clock.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { readIntegration } from '../../../src/integrations/check.js';
import { createFakeStore } from '../../support/fake-store.js';
import { endServices } from '../../support/end-services.js';
import { CHECKS, PLAIN } from '../../support/integrations.js';
import { newCall } from '../../support/stores.js';

const STARTED = Date.UTC(2026, 0, 31, 12);
const WAIT_MS = 60_000;

const BEGUN: readonly JournalEvent[] = [
  {
    type: 'call',
    callId: 'c1',
    flowId: 'shop',
    flowVersion: 'v7',
    timeZone: 'UTC',
    webhook: false,
    facts: { cli: '+1555-0100', did: '4711', uuid: 'c1', state: 'ringing', 'sipheader.X-Id': 'h' },
    integration: 'orders',
  },
  { type: 'leg.created', leg: { leg: 'l', direction: 'inbound', callee: '+1555-0100', did: '4711', party: 'VISITOR' } },
  { type: 'leg.answered', leg: 'l' },
];
const END: JournalEvent = { type: 'end', termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' } };

const enter = (step: number, widgetType: string): JournalEvent => {
  return { type: 'enter', step, widget: `w${step}`, widgetType, label: null, anchor: 'start' };
};
const ask = (step: number, op: string, request: Json): JournalEvent => ({ type: 'ask', step, ask: step, op, request });
const answer = (step: number, op: string, value: Json): JournalEvent => ({ type: 'answer', step, ask: step, op, answer: value });
const exit = (step: number, name: string): JournalEvent => ({ type: 'exit', step, widget: `w${step}`, exit: name, next: null });
const set = (step: number, name: string, value: Json): JournalEvent => ({ type: 'set', step, name, value });
const collected = (step: number, digits: string, stored = digits): readonly JournalEvent[] => [
  enter(step, 'collect'),
  answer(step, 'call.collect', { kind: 'collected', digits }),
  set(step, '$flow.key.order', stored),
  exit(step, 'collected'),
];
const recorded = (step: number, tracks: 'caller' | 'both'): readonly JournalEvent[] => [
  enter(step, 'startRecording'),
  ask(step, 'call.startRecording', { name: 'message', tracks, beep: false, maxMs: 0 }),
  { type: 'recording.started', id: 'r1', name: 'message', file: 'r1.wav' },
  answer(step, 'call.startRecording', { kind: 'started', id: 'r1' }),
  exit(step, 'next'),
];
const final: JournalEvent = {
  type: 'recording',
  id: 'r1',
  name: 'message',
  file: 'r1.wav',
  durationMs: 1000,
  bytes: 9,
  format: 'wav',
};

/** Entries a second apart. */
const journal = (...events: readonly JournalEvent[]): JournalEntry[] =>
  [...BEGUN, ...events].map((event, i) => ({ ...event, seq: i + 1, at: STARTED + i * 1000, ms: i * 1000 }));

const SURROUNDINGS = {
  widgets: widgetCatalogue,
  recordingUrl: (id: string) => `https://ivr.example/${id}`,
  recordingWaitMs: WAIT_MS,
  flow: () => ({ name: 'The shop', language: 'de-AT' }),
};

function eventsOf(...events: readonly JournalEvent[]) {
  const fold = readChat(SURROUNDINGS);
  return journal(...events).flatMap((entry) => fold.add(entry));
}

const shown = (...events: readonly JournalEvent[]): readonly string[] =>
  eventsOf(...events).map(({ event, text, multimedia }) => `${event} ${text}${multimedia?.url ?? ''}`.trim());

describe('the events of a chat', () => {
  // docs/behaviour.md#integration-events
  it('what was taken at a collect or a menu, masked digits masked, and the end', () => {
    const menu = [enter(2, 'menu'), answer(2, 'call.collect', { kind: 'collected', digits: '3' }), exit(2, '3')];
    expect(shown(...collected(1, '4711'), ...menu, ...collected(3, '***'), END)).toEqual([
      'START',
      'MESSAGE 4711',
      'MESSAGE 3',
      'MESSAGE ***',
      'END',
    ]);
  });

  it('with a read-back the turn is what was accepted, not the key that accepted it', () => {
    const [begin, taken, stored, done] = collected(1, '4711') as [JournalEvent, JournalEvent, JournalEvent, JournalEvent];
    const accepted = answer(1, 'call.collect', { kind: 'collected', digits: '1' });
    expect(shown(begin, taken, accepted, stored, done)).toEqual(['START', 'MESSAGE 4711']);
  });

  it('silence, a wrong key, a variable that was filled before, and other widgets are no turns', () => {
    const silent = [enter(1, 'collect'), answer(1, 'call.collect', { kind: 'noInput' }), exit(1, 'noInput')];
    const wrong = [enter(2, 'menu'), answer(2, 'call.collect', { kind: 'collected', digits: '9' }), exit(2, 'invalid')];
    const skipped = [enter(3, 'collect'), exit(3, 'collected')];
    const other = [enter(4, 'set'), set(4, '$flow.key.order', 'x'), exit(4, 'next')];
    const ended = [
      enter(5, 'collect'),
      answer(5, 'call.collect', { kind: 'collected', digits: '' }),
      set(5, '$flow.key.k', ''),
      exit(5, 'collected'),
    ];
    expect(shown(...silent, ...wrong, ...skipped, ...other, ...ended)).toEqual(['START']);
  });

  it('a message of the caller by its link; a recording of both sides is none', () => {
    expect(shown(...recorded(1, 'caller'), final, END)).toEqual(['START', 'MESSAGE https://ivr.example/r1', 'END']);
    expect(eventsOf(...recorded(1, 'caller'), final)[1]?.multimedia?.caption).toBe('message');
    expect(shown(...recorded(1, 'both'), final, END)).toEqual(['START', 'END']);
  });

  it('a message that is not final at the end is told before it, later; one that was lost is not', () => {
    const events = eventsOf(...recorded(1, 'caller'), END);
    expect(events.map(({ event }) => event)).toEqual(['START', 'MESSAGE', 'END']);
    expect((events[1]?.dueAt ?? 0) - (events[1]?.at ?? 0)).toBe(WAIT_MS);
    expect(shown(...recorded(1, 'caller'), { type: 'recording.lost', id: 'r1' }, END)).toEqual(['START', 'END']);
  });

  it('another party’s keys and recordings are no part of it: a chat is with the caller', () => {
    const agent = { leg: 'l2', direction: 'outbound', callee: '201', did: '4711', party: 'AGENT' } as const;
    const ofAgent = (event: JournalEvent): JournalEvent => ({ ...event, leg: 'l2' }) as JournalEvent;
    const asked = [enter(1, 'menu'), ofAgent(answer(1, 'call.collect', { kind: 'collected', digits: '3' })), exit(1, '3')];
    const [begin, ask, begun, started, done] = recorded(2, 'caller') as [
      JournalEvent,
      JournalEvent,
      JournalEvent,
      JournalEvent,
      JournalEvent,
    ];
    const kept = [begin, ...[ask, begun, started].map(ofAgent), done, ofAgent(final)];
    expect(shown({ type: 'leg.created', leg: agent }, ...asked, ...kept, END)).toEqual(['START', 'END']);
  });

  it('the contact is digits only, and none when it is withheld', () => {
    expect(eventsOf().map(({ contact }) => contact)).toEqual(['15550100']);
    const fold = readChat(SURROUNDINGS);
    const [call, leg] = journal() as [JournalEntry, JournalEntry & { type: 'leg.created' }];
    fold.add(call);
    expect(fold.add({ ...leg, leg: { ...leg.leg, callee: 'anonymous' } })[0]?.contact).toBe('');
  });

  it('variables of every namespace, as they are at the turn', () => {
    const fold = readChat(SURROUNDINGS);
    const users = answer(0, 'users.load', { language: 'de' });
    for (const entry of journal(users, ...collected(1, '4711'), set(2, '$ORDER', 5))) fold.add(entry);
    const values = [
      '$call.cli',
      '$call.state',
      '$call.dtmf',
      '$INPUT',
      '$call.sipheader.X-Id',
      '$flow.key.order',
      '$user.key.language',
      '$ORDER',
    ];
    expect(values.map((name) => fold.value(name))).toEqual(['+1555-0100', 'in_progress', '4711', '4711', 'h', '4711', 'de', 5]);
    expect(['$sys.flowname', '$sys.flowid', '$sys.language', '$sys.date'].map((name) => fold.value(name))).toEqual([
      'The shop',
      'shop',
      'de-AT',
      '2026-01-31',
    ]);
    expect(fold.value('$flow.key.none')).toBeUndefined();
  });
});

describe('telling them', () => {
  const journalChatDeliveries = (told: ChatServices, entries: readonly JournalEntry[]) =>
    readJournal(entries, [chatReaders(told)]);
  const { document } = readIntegration({ ...PLAIN, body: [{ key: 'event', type: 'predefined' }] }, CHECKS);
  if (document === null) throw new Error('not an integration');
  const services = (start: boolean): ChatServices => ({
    ...SURROUNDINGS,
    integration: (id) => (id === 'orders' ? { id, document: { ...document, start } } : undefined),
  });
  const bodies = (list: readonly { readonly body: string }[]) =>
    list.map(({ body }) => (JSON.parse(body) as { event: string }).event);
  const whole = journal(...collected(1, '4711'), END);

  // docs/behaviour.md#start-event
  it('START only where it was asked for', () => {
    expect(bodies(journalChatDeliveries(services(false), whole))).toEqual(['MESSAGE', 'END']);
    expect(bodies(journalChatDeliveries(services(true), whole))).toEqual(['START', 'MESSAGE', 'END']);
  });

  it('nothing of calls that belong to no integration, or to one that was deleted', () => {
    const belonging = (integration: string) => whole.map((entry) => (entry.type === 'call' ? { ...entry, integration } : entry));
    expect(journalChatDeliveries(services(true), belonging('orders'))).toHaveLength(3);
    expect(journalChatDeliveries(services(true), belonging('deleted'))).toEqual([]);
    expect(journalChatDeliveries(services(true), whole.slice(1))).toEqual([]);
  });

  // docs/decisions/0010-the-end-is-one-transaction.md
  it('what was told while the call lived is not told again with its end, which comes last', async () => {
    const store = createFakeStore();
    await store.calls.begin(newCall('c1', { startedAt: STARTED }));
    const ending = endServices(store, [], 0, services(false));
    const chats = new Chats({ ...ending, ...services(false), store: store.deliveries, log: silentLogger });
    for (const entry of whole.slice(0, -1)) chats.append('c1', entry);
    expect(chats.integrationOf('c1')).toBe('orders');
    expect(bodies([...store.state.deliveries.values()])).toEqual(['MESSAGE']);
    for (const entry of whole.slice(-1)) chats.append('c1', entry);
    expect(chats.integrationOf('c1')).toBeNull();
    const termination = { by: 'caller', cause: 16, sip: null, reason: 'bye' } as const;
    const end = { callId: 'c1', direction: 'inbound', endedAt: STARTED + 9000, termination } as const;
    await commitEnd(ending, end, whole);
    expect(bodies([...store.state.deliveries.values()])).toEqual(['MESSAGE', 'END']);
  });

  it('a call whose journal was lost with the process has its END all the same', async () => {
    const store = createFakeStore();
    await store.calls.begin(newCall('c2', { startedAt: STARTED, did: '4711' }));
    const asked: string[] = [];
    await recoverCalls({
      calls: store.calls,
      journalOf: (id) => store.queries.journal(id),
      journal: store.journal,
      ending: endServices(store, [], 0, services(false)),
      reportOf: () => Promise.resolve(null),
      recordingsDir: '/nowhere',
      flow: () => undefined,
      integrationOf(_flow, did) {
        asked.push(did);
        return 'orders';
      },
      lastHeartbeat: { at: STARTED + 5000, process: null },
      maxCallMs: 0,
      clock: systemClock,
      log: silentLogger,
    });
    expect(asked).toEqual(['4711']);
    expect(bodies([...store.state.deliveries.values()])).toEqual(['END']);
  });
});
