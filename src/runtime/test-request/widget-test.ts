import type { Flow, FlowWidget } from '../../flow/document.js';
import { wayOut } from '../../flow/exits.js';
import type { JournalEvent } from '../../flow/journal.js';
import { formatName } from '../../flow/names.js';
import type { FunctionPort, WebhookAnswer, WebhookPort } from '../../flow/ports.js';
import { createFlowRun } from '../../flow/run.js';
import { parseName } from '../../flow/scanner.js';
import { sleep, type Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/ids.js';
import type { Json } from '../../lib/json.js';
import { silentLogger } from '../../lib/log.js';
import type { AnswerPath, AnswerPlaces } from '../../webhooks/answer/answer-paths.js';
import { type ExchangeLog, MAX_SHOWN, type SeenExchange } from '../../webhooks/http/exchange-log.js';
import type { WatchedSecrets } from '../../webhooks/secrets.js';
import type { WebhookConfig } from '../../widgets/webhook/config.js';
import { RecordedPort } from './recorded-port.js';
import { sampleFacts, type Samples } from './samples.js';
import { silentCall } from './silent-call.js';
import { testFlow } from './test-flow.js';

/** A row of the mapping and what became of it. */
export interface MappingResult {
  readonly saveIn: string;
  readonly path: string;
  readonly found: boolean;
  /** What the path found, before it was converted. */
  readonly value?: Json;
  /** What the variable holds now; absent when nothing was saved. */
  readonly saved?: Json;
}

/** The answer as the flow sees it. */
export type ShownAnswer = Omit<WebhookAnswer, 'mapped' | 'raw'> & {
  /** Shown row by row, beside its variables. */
  readonly mapped?: undefined;
  /** At most {@link MAX_SHOWN} characters. */
  readonly raw: string | null;
};

/** What a test request came to (V16). Nothing secret is in it. */
export interface WidgetTestResult {
  readonly flow: string;
  readonly widget: string;
  /** What went over the wire, in order: tokens, tries, fallback. */
  readonly exchanges: readonly SeenExchange[];
  /** Null when no request was made. */
  readonly answer: ShownAnswer | null;
  readonly mapping: readonly MappingResult[];
  /** Variables as the widget leaves them. */
  readonly variables: Readonly<Record<string, Json>>;
  /** The exit it takes; null when it broke off. */
  readonly exit: string | null;
  /** Where this exit leads in the flow; null: to its end. */
  readonly next: string | null;
  /** A defect that ended it, or null. */
  readonly fault: string | null;
  /** The places of the answer, to make mappings of. */
  readonly paths: readonly AnswerPath[];
  /** There are more than are listed. */
  readonly morePaths: boolean;
  /** ms, from start to exit. */
  readonly ms: number;
}

export interface WidgetTestOptions {
  readonly flow: Flow;
  readonly widget: FlowWidget;
  readonly samples: Samples;
  /** The port of calls, watched by `exchanges`. */
  readonly port: WebhookPort;
  readonly exchanges: ExchangeLog;
  readonly secrets: WatchedSecrets;
  readonly clock: Clock;
  readonly random: Random;
  /** Lists the places of an answer. */
  readonly paths: (
    answer: { readonly raw: string; readonly contentType: string },
    reading: Pick<WebhookCallReading, 'responseType' | 'pathRoot' | 'xmlPaths'>,
  ) => Promise<AnswerPlaces>;
}

type WebhookCallReading = NonNullable<RecordedPort['call']>;

/** Longest a test takes, ms: the widget's own time is at most as long, and what may come later waits no longer either. */
const LIMIT_MS = 125_000;

/** Runs a webhook widget as a call would, without a call: the engine, the widget and the port are those of calls. */
export async function testWidget(options: WidgetTestOptions): Promise<WidgetTestResult> {
  const { flow, widget, exchanges, clock } = options;
  const port = new RecordedPort(options.port, options.secrets);
  const events: JournalEvent[] = [];
  const start = clock.monotonic();
  const timeUp = new AbortController();
  const cancel = clock.after(LIMIT_MS, () => timeUp.abort());
  const run = createRun(options, { port, events, signal: timeUp.signal });
  try {
    await run.main();
  } finally {
    cancel();
  }
  const ms = clock.monotonic() - start;
  const { call, answer } = port;
  const exit = events.flatMap((event) => (event.type === 'exit' && event.widget === widget.id ? [event.exit] : []))[0] ?? null;
  const fault =
    events.flatMap((event) => (event.type === 'fault' && event.widget === widget.id ? [event.message] : []))[0] ?? null;
  const variables = changes(events, widget.id);
  const last = exchanges.seen.filter(({ purpose }) => purpose === 'request').at(-1);
  const contentType = last?.answer.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  const places =
    call !== null && answer?.raw != null
      ? await options.paths({ raw: answer.raw, contentType }, call)
      : { paths: [], more: false };
  return {
    flow: flow.id,
    widget: widget.id,
    exchanges: exchanges.seen,
    answer: answer === null ? null : shownAnswer(answer),
    mapping: mappingResults(widget, answer, variables),
    variables,
    exit,
    next: exit === null ? null : nextOf(flow, widget, exit),
    fault,
    paths: places.paths,
    morePaths: places.more,
    ms: Math.round(ms),
  };
}

function createRun(
  { flow, widget, samples, clock, random }: WidgetTestOptions,
  { port, events, signal }: { readonly port: RecordedPort; readonly events: JournalEvent[]; readonly signal: AbortSignal },
) {
  const facts = sampleFacts(samples.facts, { uuid: random.uuid(), now: clock.now() });
  return createFlowRun({
    flow: testFlow({ flow, widget, results: samples.results, settled: () => port.settled() }),
    ports: {
      call: silentCall(),
      webhook: port,
      functions: noFunctions,
      users: { load: () => Promise.resolve({}), save: () => Promise.resolve({ kind: 'done' }) },
      clock: { now: () => clock.now(), sleep: (ms, stop) => sleep(clock, ms, stop) },
      facts: { read: () => facts },
      random,
    },
    journal: (event) => {
      events.push(event);
    },
    log: silentLogger,
    limits: { maxSteps: samples.results.size + 2 },
    contact: null,
    signal,
    initial: samples.variables,
  });
}

/** Only webhook widgets are tested, and they call no functions. */
const noFunctions: FunctionPort = {
  call: () => Promise.reject(new Error('a test request calls no functions')),
  send: () => Promise.reject(new Error('a test request calls no functions')),
};

/** What the widget set, by full name: everything since it was entered. */
function changes(events: readonly JournalEvent[], widget: string): Readonly<Record<string, Json>> {
  const since = events.findIndex((event) => event.type === 'enter' && event.widget === widget);
  const values = new Map<string, Json>();
  for (const event of since < 0 ? [] : events.slice(since)) {
    if (event.type === 'set') values.set(event.name, event.value);
    if (event.type === 'clear') values.delete(event.name);
  }
  return Object.fromEntries(values);
}

function shownAnswer(answer: WebhookAnswer): ShownAnswer {
  return { ...answer, mapped: undefined, raw: answer.raw?.slice(0, MAX_SHOWN) ?? null };
}

function mappingResults(
  widget: FlowWidget,
  answer: WebhookAnswer | null,
  variables: Readonly<Record<string, Json>>,
): readonly MappingResult[] {
  const { mapping } = widget.config as WebhookConfig;
  return mapping.map(({ saveIn, path }, index) => {
    const mapped = answer?.mapped[index];
    const name = parseName(saveIn);
    const saved = name === null ? undefined : variables[formatName(name)];
    const found = mapped?.found === true ? { found: true, value: mapped.value } : { found: false };
    return { saveIn, path, ...found, ...(saved !== undefined && { saved }) };
  });
}

function nextOf(flow: Flow, widget: FlowWidget, exit: string): string | null {
  const way = wayOut(flow, widget, exit, false);
  return way.kind === 'wired' || way.kind === 'flowOnError' ? way.next : null;
}
