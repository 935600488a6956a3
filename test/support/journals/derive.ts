import { createHash } from 'node:crypto';
import type { CallEnd, CallRow } from '../../../src/model/call-row.js';
import type { Delivery } from '../../../src/model/delivery.js';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import type { Flow } from '../../../src/flow/document/document.js';
import { summarizeJournal } from '../../../src/flow/journal/summary.js';
import type { JournalEntry } from '../../../src/model/journal.js';
import { replayJournal } from '../../../src/flow/engine/replay.js';
import { systemClock } from '../../../src/lib/clock.js';
import { jsonText } from '../../../src/lib/json/json-text.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { commitEnd, type EndServices, type CallEndFacts, addSettledRecording } from '../../../src/runs/end.js';
import { recoverCalls } from '../../../src/runs/recovery.js';
import { replayCall } from '../../../src/runs/replay-call.js';
import type { Store } from '../../../src/store/store.js';
import { CALL_EVENTS } from '../../../src/model/call-events.js';
import { completed, type IntegrationDocument, integrationSchema } from '../../../src/integrations/document.js';
import type { EventOwner } from '../../../src/integrations/event.js';
import type { ConfiguredWebhook } from '../../../src/webhooks/configured/schema.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';
import { configuredWebhook } from '../configured-webhook.js';
import { CHATS, endServices } from '../end-services.js';
import { createFakeStore } from '../fake-store.js';
import { siteRules } from '../functions.js';
import type { Derived, RecordedCall } from './file.js';
import type { Pages } from './pages.js';

/*
 * Everything Offhook makes of a journal, as text. What stands here as configuration is part of the recordings: it never changes.
 */

/** The webhooks that are told of a recorded call, one set after the other. */
const SITES: Readonly<Record<string, ConfiguredWebhook>> = {
  native: configuredWebhook('native', { default: true, format: 'native', events: CALL_EVENTS }),
  phonon: configuredWebhook('phonon', { default: true, events: ['completed', 'record', 'input'], eventFormat: 'envelope' }),
  options: configuredWebhook('options', {
    default: true,
    options: {
      durationUnit: 's',
      minimalSingleLeg: true,
      wrapInBody: true,
      includeUserVariables: true,
      includeCallVariables: true,
    },
  }),
};

const FACTS = [
  ...['cli', 'did', 'uuid', 'direction', 'state', 'start', 'answer', 'end', 'duration', 'hangupcause', 'remotehangup', 'dtmf'],
  ...['recordingurl', 'sipheader.X-Trunk'],
].map((name) => `$call.${name}`);
const SYSTEM = ['datetime', 'timestamp', 'language', 'uuid', 'flowname'].map((name) => `$sys.${name}`);
const OWN = ['$flow.key.order', '$flow.key.status', '$flow.key.error_reason', '$user.key.tier', '$CODE', '$SESSION_ID'];
const RESULTS = ['$widget.ask.digits', '$widget.ask.tries', '$widget.look.status', '$widget.choose.choice'];

const PARTS = ['chatId', 'contact', 'event', 'text', 'multimedia.url', 'multimedia.caption'].map((key) => ({
  key,
  type: 'predefined',
}));
const valuesOf = (names: readonly string[]) =>
  names.map((value) => ({ key: `known.${value.slice(1)}`, value, type: 'variable' }));

/** The integrations that recorded calls belong to: one is sent everything that can be known, one the turns and little else. */
const INTEGRATIONS: ReadonlyMap<string, EventOwner & { readonly document: IntegrationDocument }> = new Map(
  [
    {
      id: 'everything',
      start: true,
      params: [{ key: 'caller', value: '$call.cli', type: 'variable' }],
      headers: [
        { key: 'X-Order', value: '$flow.key.order', type: 'variable' },
        { key: 'X-Site', value: 'vienna' },
      ],
      body: [...PARTS, ...valuesOf([...FACTS, ...SYSTEM, ...OWN, ...RESULTS])],
    },
    { id: 'turns', body: [...PARTS, ...valuesOf(['$call.state', '$call.dtmf', '$flow.key.order'])] },
  ].map(({ id, ...fields }) => {
    const document = { alias: id, url: 'https://chat.example/turns', auth: { type: 'none' }, ...fields };
    return [id, { id, document: completed(integrationSchema.parse(document)) }];
  }),
);

/** Long after every recorded call. */
const NOW = Date.UTC(2026, 0, 6);

/** The flow of a recorded call, as it is checked now. */
export function flowOf({ name, flow: document }: Pick<RecordedCall, 'name' | 'flow'>): Flow {
  const { flow, problems } = checkFlow(document, {
    widgets: widgetCatalogue,
    hasDefaultWebhook: true,
    requests: siteRules('crm'),
  });
  if (flow === null) throw new Error(`the flow of ${name} is not fit to run: ${JSON.stringify(problems)}`);
  return flow;
}

/** All that follows from what the store has of a call. */
export async function derive(
  recorded: Pick<RecordedCall, 'name' | 'flow' | 'call'>,
  { store, pages }: { readonly store: Store; readonly pages: Pages },
): Promise<Derived> {
  const flow = flowOf(recorded);
  const id = String(recorded.call['id']);
  const [stored, entries] = await Promise.all([store.queries.call(id), store.queries.journal(id)]);
  if (stored === null) throw new Error(`${recorded.name}: the store does not know the call`);
  const row = stored.call;
  return {
    summary: Object.entries<unknown>({ ...summarizeJournal(entries) }).map(([field, value]) => jsonText({ [field]: value })),
    summaryOfEveryBeginning: [jsonText({ sha256: beginnings(entries) })],
    replay: await replayed(flow, entries),
    api: [...shownPage(await pages.call(id)), jsonText({ live: digest(await pages.live(id, entries)) })],
    ...(await sent(flow, row, entries)),
  };
}

/** What stands in the recordings as text: what differs from call to call. */
const SHOWN: Readonly<Record<string, RegExp>> = {
  native: /^\{(?!"kind":"event")|"status":"(?!started|ringing|answered)/,
  phonon: /^\{"kind":"(?:report|amendment)"/,
};

function toldEverything([first]: readonly JournalEntry[]): boolean {
  return first?.type === 'call' && first.integration === 'everything';
}

/** What is sent when the call ends, to one site after the other, with a digest of all of it. */
async function sent(flow: Flow, row: CallRow, entries: readonly JournalEntry[]): Promise<Derived> {
  const sites = Object.entries(SITES).map(async ([name, webhook]) => {
    const lines = await (row.endedAt === null ? recoverAgain : endAgain)(flow, row, entries, webhook);
    const shown = lines.filter((line) => SHOWN[name]?.test(line) === true || (name === 'native' && toldEverything(entries)));
    return [name, [...shown, jsonText({ all: digest(lines.join('\n')) })]] as const;
  });
  return Object.fromEntries(await Promise.all(sites));
}

/** What a live call, or a crash, would make of the journal so far, after each of its entries. */
function beginnings(entries: readonly JournalEntry[]): string {
  const hash = createHash('sha256');
  for (let length = 1; length <= entries.length; length++) {
    const { steps, variables, keys, webhooks, legs, facts, lastWidget, awaitedRecordings } = summarizeJournal(
      entries.slice(0, length),
    );
    hash.update(jsonText([steps, variables, keys, webhooks, legs, facts, lastWidget, awaitedRecordings]));
  }
  return hash.digest('hex');
}

async function replayed(flow: Flow, entries: readonly JournalEntry[]): Promise<readonly string[]> {
  if (entries.length === 0) return [];
  const { steps, ...rest } = await replayCall(flow, entries);
  const { summary } = await replayJournal({ flow, entries });
  const shown = steps.map(({ then, now }) => (jsonText(then) === jsonText(now) ? now : { then, now }));
  return [
    jsonText(rest),
    jsonText({ steps: shown }),
    jsonText({ variables: summary.variables }),
    jsonText({ keys: summary.keys }),
  ];
}

/** What only the page of a call has, and a digest of all of it: the rest is the summary and the journal once more. */
function shownPage(page: string): readonly string[] {
  const { call, variables, udf, recordings } = JSON.parse(page) as Record<string, unknown>;
  return [jsonText({ call, variables, udf, recordings }), jsonText({ page: digest(page) })];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

interface Ending {
  readonly services: EndServices;
  readonly calls: Store['calls'];
  readonly store: ReturnType<typeof createFakeStore>;
  readonly ends: readonly CallEnd[];
}

/** What ending a call needs, on a store of its own in which the call has begun. */
async function endingOf(flow: Flow, row: CallRow, webhook: ConfiguredWebhook): Promise<Ending> {
  const store = createFakeStore();
  await store.calls.begin(row);
  const ends: CallEnd[] = [];
  const calls: Store['calls'] = {
    ...store.calls,
    end(end, deliveries) {
      ends.push(end);
      return store.calls.end(end, deliveries);
    },
  };
  const services = endServices({ calls, deliveries: store.deliveries }, [webhook], NOW, {
    ...CHATS,
    flow: () => ({ name: flow.name, language: flow.document.language }),
    integration: (id: string) => INTEGRATIONS.get(id),
  });
  return { services, calls, store, ends };
}

/** The end of the call, and everything that is sent because of it. */
async function endAgain(
  flow: Flow,
  row: CallRow,
  entries: readonly JournalEntry[],
  webhook: ConfiguredWebhook,
): Promise<readonly string[]> {
  const { services, store, ends } = await endingOf(flow, row, webhook);
  const { id: callId, direction, endedAt, termination } = row;
  if (endedAt === null || termination === null) throw new Error('the call is not over');
  const end: CallEndFacts = { callId, direction, endedAt, termination: termination };
  const last = entries.findIndex(({ type }) => type === 'end');
  const { report } = await commitEnd(services, end, last === -1 ? entries : entries.slice(0, last + 1));
  const late =
    last === -1 ? [] : entries.slice(last + 1).flatMap((entry, index) => (isRecording(entry) ? [last + 2 + index] : []));
  for (const length of late) {
    // One site has its report taken meanwhile, and gets an amendment.
    if (webhook.name === 'phonon') await store.deliveries.claimDue(Infinity, 100, 60_000);
    await addSettledRecording(services, end, report, entries.slice(0, length));
  }
  return [...ends.map((one) => jsonText(one)), ...told([...store.state.deliveries.values()])];
}

function isRecording({ type }: JournalEntry): boolean {
  return type === 'recording' || type === 'recording.lost';
}

/** What a start after a crash makes of a call without an end. */
async function recoverAgain(
  flow: Flow,
  row: CallRow,
  entries: readonly JournalEntry[],
  webhook: ConfiguredWebhook,
): Promise<readonly string[]> {
  const { services, calls, store, ends } = await endingOf(flow, row, webhook);
  const added: JournalEntry[] = [];
  await recoverCalls({
    calls,
    journalOf: () => Promise.resolve(entries),
    journal: { append: (_call, entry) => void added.push(entry) },
    ending: services,
    reportOf: () => Promise.resolve(null),
    recordingsDir: '/nowhere',
    flow: () => flow,
    integrationOf: () => 'everything',
    lastHeartbeat: { at: (entries.at(-1)?.at ?? row.startedAt) + 30_000, process: null },
    maxCallMs: 3_600_000,
    clock: systemClock,
    log: silentLogger,
  });
  const known = [...ends.map((end) => jsonText(end)), ...added.map((entry) => jsonText(entry))];
  return [...known, ...told([...store.state.deliveries.values()])];
}

/** Deliveries with their bodies as they would be sent. What is due at once says nothing of it. */
function told(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ id, kind, webhook, stream, createdAt, dueAt, shape, body }) => {
    const head = {
      kind,
      webhook,
      id,
      createdAt,
      ...(dueAt !== NOW && { dueAt }),
      ...(stream && { stream }),
      ...(shape && { shape }),
    };
    return `${jsonText(head).slice(0, -1)},"body":${body}}`;
  });
}
