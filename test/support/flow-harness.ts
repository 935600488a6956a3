import type { Flow } from '../../src/flow/document/document.js';
import { checkFlow } from '../../src/flow/document/check/check.js';
import { summarizeJournal, type JournalSummary } from '../../src/flow/journal/summary.js';
import type { JournalEntry } from '../../src/model/journal.js';
import type { Termination } from '../../src/model/termination.js';
import type { CallFailure } from '../../src/model/call-verbs.js';
import type { Segment } from '../../src/model/segment.js';
import { createJournalWriter } from '../../src/flow/journal/writer.js';
import type { FlowPorts } from '../../src/flow/ports.js';
import type { WebhookCall } from '../../src/model/webhook.js';
import type { RequestRules } from '../../src/model/request-rules.js';
import { createFlowRun, type RunOutcome } from '../../src/flow/engine/run.js';
import type { WidgetCatalogue } from '../../src/flow/widget.js';
import { sleep } from '../../src/lib/clock.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { silentLogger, type Logger } from '../../src/lib/log/log.js';
import { FakeCall, type CallEvent } from './fake-call.js';
import { FakeFunctions, type FunctionScript } from './fake-functions.js';
import { FakeWebhooks, type WebhookScript } from './fake-webhooks.js';
import { VirtualClock } from './virtual-clock.js';

export interface FlowTest {
  /** A flow document, or a flow already checked. */
  readonly flow: JsonObject | Flow;
  readonly widgets: WidgetCatalogue;
  /** What the simulated caller does. Silent and patient unless told. */
  readonly caller?: (caller: SimulatedCaller) => void;
  /** The service behind the webhooks; every request fails with CONNECTION_FAILURE unless told. */
  readonly webhooks?: WebhookScript;
  /** The internal functions; every call fails unless told. */
  readonly functions?: FunctionScript;
  /** What the checker is told of requests and functions. */
  readonly requests?: RequestRules;
  /** `$call.*` values over the usual ones. */
  readonly facts?: JsonObject & { readonly cli?: string };
  /** Stored `$user.key.*` by contact. */
  readonly users?: Readonly<Record<string, JsonObject>>;
  /** Reads the store in place of `users`, to be slow or to fail. */
  readonly loadUsers?: (contact: string) => Promise<JsonObject>;
  /** How long the next save of a stored variable takes, virtual ms; none unless told. */
  readonly saveDelay?: () => number;
  /** Initial variables of the run. */
  readonly initial?: JsonObject;
  /** Results of widgets that go into the journal, fields by widget. */
  readonly results?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Prompts that cannot be played. */
  readonly failSegment?: (segment: Segment) => CallFailure | null;
  /** Virtual wall-clock ms at which the call begins. */
  readonly startAt?: number;
  readonly maxSteps?: number;
  /** Time each anchor has, virtual ms; 65 s unless told. */
  readonly anchorMs?: number;
  /** The call stops being waited for after so long, virtual ms. */
  readonly limitMs?: number;
  readonly log?: Logger;
}

export interface FlowTestResult {
  readonly journal: readonly JournalEntry[];
  readonly summary: JournalSummary;
  /** `widget:exit` of every step in order; `widget:` for one that was cut off. */
  readonly path: readonly string[];
  /** What the caller heard, in order. */
  readonly spoken: readonly string[];
  readonly events: readonly CallEvent[];
  /** Variables set by the end of the flow, by full name; masked ones are `***`. */
  readonly variables: Readonly<Record<string, Json>>;
  readonly outcome: RunOutcome;
  /** Requests as the widgets made them. */
  readonly webhookCalls: readonly WebhookCall[];
  readonly webhooks: FakeWebhooks;
  /** Stored `$user.key.*` afterwards. */
  readonly users: Readonly<Record<string, JsonObject>>;
  readonly flow: Flow;
  readonly elapsedVirtualMs: number;
}

/** The far end of a flow test: reacts to prompts by pressing keys and hanging up. All times are virtual ms. */
export interface SimulatedCaller {
  /**
   * When a prompt holding `text` begins to play, does the reactions: the first time it is heard the first of them, the second time
   * the second, and nothing once they are used up. A string presses these keys half a second later.
   */
  hears(
    text: string | RegExp,
    ...reactions: readonly (string | ((prompt: { readonly text: string; readonly ms: number }) => void))[]
  ): void;
  /** Presses keys, the first after `after` (500), then one every `gap` (100). */
  press(keys: string, timing?: { readonly after?: number; readonly gap?: number }): void;
  hangUp(timing?: { readonly after?: number }): void;
}

const ANCHOR_MS = 65_000;

/** Runs a flow from the first ring to the end of its anchors (docs/behaviour.md#order-at-the-end), on virtual time. */
export async function runFlowTest(test: FlowTest): Promise<FlowTestResult> {
  const flow = loadFlow(test);
  const clock = new VirtualClock(test.startAt);
  const begun = clock.now();
  const reactions: Reaction[] = [];
  const call = new FakeCall({
    clock,
    onPrompt: (text, ms) => {
      for (const reaction of reactions) reaction.hear(text, ms);
    },
    ...(test.failSegment && { failSegment: test.failSegment }),
  });
  test.caller?.(simulatedCaller(clock, call, reactions));
  const webhooks = new FakeWebhooks(clock, test.webhooks ?? (() => ({ fail: 'CONNECTION_FAILURE' })));
  const users = new Map(Object.entries(test.users ?? {}));
  const cli = test.facts?.cli ?? '15551230001';
  const facts = (): JsonObject => currentFacts(clock, call, begun, { cli, ...test.facts });
  const journal: JournalEntry[] = [];
  const writer = createJournalWriter('test-call', clock, [{ append: (_call, entry) => void journal.push(entry) }]);
  const { timeZone, webhook } = flow.document;
  writer.append({
    type: 'call',
    callId: 'test-call',
    flowId: flow.id,
    flowVersion: flow.version,
    timeZone,
    webhook,
    facts: facts(),
    digits: 'text',
    failedPrompts: 'goodbye',
  });
  const run = createFlowRun({
    flow,
    ports: ports({
      clock,
      call,
      webhooks,
      functions: new FakeFunctions(test.functions),
      users,
      facts,
      ...(test.loadUsers && { load: test.loadUsers }),
      ...(test.saveDelay && { saveDelay: test.saveDelay }),
    }),
    journal: (event) => writer.append(event),
    log: test.log ?? silentLogger,
    limits: { maxSteps: test.maxSteps ?? 1000 },
    contact: cli,
    signal: call.signal,
    ...(test.initial && { initial: test.initial }),
    ...(test.results && { results: test.results }),
  });
  const outcome = await clock.runUntil(run.main(), test.limitMs);
  const anchor = async (name: 'onRemoteHangup' | 'onFlowComplete'): Promise<void> => {
    const timeUp = new AbortController();
    const cancel = clock.after(test.anchorMs ?? ANCHOR_MS, () => timeUp.abort());
    await clock.runUntil(run.anchor(name, timeUp.signal), test.limitMs);
    cancel();
  };
  if (call.end?.by === 'caller') await anchor('onRemoteHangup');
  await anchor('onFlowComplete');
  writer.append({ type: 'end', termination: terminationOf(call) });
  const summary = summarizeJournal(journal);
  return {
    journal,
    summary,
    path: summary.steps.map(({ widget, exit }) => `${widget}:${exit ?? ''}`),
    spoken: call.events.flatMap((event) => (event.kind === 'prompt' ? [event.text] : [])),
    events: call.events,
    variables: Object.fromEntries([...run.variables()].map(([name, { value }]) => [name, value])),
    outcome,
    webhookCalls: webhooks.calls,
    webhooks,
    users: Object.fromEntries(users),
    flow,
    elapsedVirtualMs: clock.monotonic(),
  };
}

/** Checks the flow of a test; throws with every problem when it has errors. */
function loadFlow(test: FlowTest): Flow {
  if ('document' in test.flow && test.flow['widgets'] instanceof Map) return test.flow as Flow;
  const { flow, problems } = checkFlow(test.flow, {
    widgets: test.widgets,
    hasDefaultWebhook: true,
    ...(test.requests && { requests: test.requests }),
  });
  if (flow === null)
    throw new Error(
      `the flow has problems:\n${problems.map(({ code, path, message }) => `${code} ${path} ${message}`).join('\n')}`,
    );
  return flow;
}

/** One `hears` of the caller. */
class Reaction {
  #heard = 0;

  constructor(
    private readonly text: string | RegExp,
    private readonly reactions: readonly ((prompt: { readonly text: string; readonly ms: number }) => void)[],
  ) {}

  hear(text: string, ms: number): void {
    const matches = typeof this.text === 'string' ? text.includes(this.text) : this.text.test(text);
    if (matches) this.reactions[this.#heard++]?.({ text, ms });
  }
}

function simulatedCaller(clock: VirtualClock, call: FakeCall, reactions: Reaction[]): SimulatedCaller {
  const caller: SimulatedCaller = {
    hears(text, ...steps) {
      reactions.push(
        new Reaction(
          text,
          steps.map((step) => (typeof step === 'string' ? () => caller.press(step) : step)),
        ),
      );
    },
    press(keys, { after = 500, gap = 100 } = {}) {
      Array.from(keys).forEach((key, index) => clock.after(after + index * gap, () => call.press(key)));
    },
    hangUp({ after = 0 } = {}) {
      clock.after(after, () => call.hangUpByCaller());
    },
  };
  return caller;
}

interface World {
  readonly clock: VirtualClock;
  readonly call: FakeCall;
  readonly webhooks: FakeWebhooks;
  readonly functions: FakeFunctions;
  readonly users: Map<string, JsonObject>;
  readonly facts: () => JsonObject;
  readonly load?: (contact: string) => Promise<JsonObject>;
  readonly saveDelay?: () => number;
}

function ports({ clock, call, webhooks, functions, users, facts, load, saveDelay }: World): FlowPorts {
  let random = 0;
  return {
    call,
    webhook: webhooks,
    functions,
    clock: { now: () => clock.now(), sleep: (ms, signal) => sleep(clock, ms, signal) },
    facts: { read: facts },
    users: {
      load: load ?? ((contact) => Promise.resolve(users.get(contact) ?? {})),
      async save(contact, name, value) {
        const ms = saveDelay?.() ?? 0;
        if (ms > 0) await sleep(clock, ms);
        users.set(contact, { ...users.get(contact), [name]: value });
        return { kind: 'done' };
      },
    },
    // A fixed walk through [0, 1): the same in every test.
    random: {
      next: () => (random = (random + 0.618_033_988_75) % 1),
      uuid: () => `00000000-0000-4000-8000-${String(Math.floor(++random)).padStart(12, '0')}`,
    },
  };
}

function currentFacts(clock: VirtualClock, call: FakeCall, begun: number, given: JsonObject): JsonObject {
  const answered = call.events.find(({ kind }) => kind === 'answered');
  return {
    did: '15559870000',
    uuid: '11111111-2222-4333-8444-555555555555',
    direction: 'inbound',
    start: new Date(begun).toISOString(),
    state: call.end !== null ? 'completed' : call.answered ? 'in_progress' : 'ringing',
    duration: answered === undefined ? 0 : Math.floor((clock.monotonic() - answered.at) / 1000),
    ...given,
  };
}

function terminationOf(call: FakeCall): Termination {
  const end = call.end;
  return { by: end?.by ?? 'flow', cause: end?.cause ?? 16, sip: null, reason: 'bye' };
}
