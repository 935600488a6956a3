import type { Flow, FlowWidget } from '../../flow/document/document.js';
import { wayOut } from '../../flow/document/exits.js';
import type { JournalEvent } from '../../model/journal.js';
import type { FunctionPort, WebhookPort } from '../../flow/ports.js';
import { createFlowRun } from '../../flow/engine/run.js';
import { sleep, type Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/ids.js';
import type { Json } from '../../lib/json/json.js';
import { silentLogger } from '../../lib/log/log.js';
import { sampleCallVariables } from '../../model/call-variables.js';
import type { Samples } from './samples.js';
import { silentCall } from './silent-call.js';
import { testFlow } from './test-flow.js';

/** What a widget did that ran alone. */
export interface WidgetRun {
  readonly flow: string;
  readonly widget: string;
  /** Variables as the widget leaves them: those it set, by full name. */
  readonly variables: Readonly<Record<string, Json>>;
  /** The exit it takes; null when it broke off. */
  readonly exit: string | null;
  /** Where this exit leads in the flow; null: to its end. */
  readonly next: string | null;
  /** A defect that ended it, or null. */
  readonly fault: string | null;
  /** ms, from start to exit. */
  readonly ms: number;
}

export interface WidgetRunOptions {
  readonly flow: Flow;
  readonly widget: FlowWidget;
  readonly samples: Samples;
  /** As calls have it: whether the variable of that name may be the beginning of a URL. */
  readonly urlVariable?: (name: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the widget reaches the world by. */
export interface WidgetWorld {
  readonly webhook: WebhookPort;
  readonly functions: FunctionPort;
  /** Resolves when nothing that was sent without waiting is under way. */
  readonly settled: () => Promise<void>;
}

/** Longest a test takes, ms: the widget's own time is at most as long, and what may come later waits no longer either. */
const LIMIT_MS = 125_000;

/** Runs one widget as a call would, without a call: the engine, the widget and the ports are those of calls. */
export async function runWidget(options: WidgetRunOptions, world: WidgetWorld): Promise<WidgetRun> {
  const { flow, widget, clock } = options;
  const events: JournalEvent[] = [];
  const start = clock.monotonic();
  const timeUp = new AbortController();
  const cancel = clock.after(LIMIT_MS, () => timeUp.abort());
  try {
    await createRun(options, world, events, timeUp.signal).main();
  } finally {
    cancel();
  }
  const exit = events.flatMap((event) => (event.type === 'exit' && event.widget === widget.id ? [event.exit] : []))[0] ?? null;
  const fault =
    events.flatMap((event) => (event.type === 'fault' && event.widget === widget.id ? [event.message] : []))[0] ?? null;
  return {
    flow: flow.id,
    widget: widget.id,
    variables: changes(events, widget.id),
    exit,
    next: exit === null ? null : nextOf(flow, widget, exit),
    fault,
    ms: Math.round(clock.monotonic() - start),
  };
}

function createRun(
  { flow, widget, samples, clock, random, urlVariable }: WidgetRunOptions,
  { webhook, functions, settled }: WidgetWorld,
  events: JournalEvent[],
  signal: AbortSignal,
) {
  const facts = sampleCallVariables(samples.facts, { uuid: random.uuid(), now: clock.now() });
  return createFlowRun({
    flow: testFlow({ flow, widget, results: samples.results, settled }),
    ports: {
      call: silentCall(),
      webhook,
      functions,
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
    ...(urlVariable && { urlVariable }),
  });
}

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

function nextOf(flow: Flow, widget: FlowWidget, exit: string): string | null {
  const way = wayOut(flow, widget, exit, false);
  return way.kind === 'wired' || way.kind === 'flowOnError' ? way.next : null;
}
