import type { Call } from '../call/call.js';
import type { CallStore } from '../call/ports.js';
import type { RouteEntry } from '../call/inbound/routing.js';
import { END_REASONS } from '../call/termination.js';
import type { Termination } from '../model/termination.js';
import { background } from '../lib/log/background.js';
import { contactOf } from '../model/contact.js';
import { commitEnd, type EndServices, type CallEndFacts, addSettledRecording } from './end.js';
import { type BrokenFlow, missingFlow } from '../site/flows/flows.js';
import type { Flow, FlowDocument } from '../flow/document/document.js';
import { createJournalWriter, type JournalWriter } from '../flow/journal/writer.js';
import type { JournalSink } from '../model/journal.js';
import type { FlowClock, FunctionPort, UserVariablesPort, WebhookPort } from '../flow/ports.js';
import { createFlowRun, type FlowRun, type Goodbye } from '../flow/engine/run.js';
import { zonedDatetime } from '../flow/variables/zoned.js';
import { type Clock, sleep } from '../lib/clock.js';
import type { Random } from '../lib/ids.js';
import type { Logger } from '../lib/log/log.js';
import type { NewDelivery } from '../model/delivery.js';
import type { OwnProcess } from './heartbeat.js';

/** What a live run needs. */
export interface LiveRunServices {
  /** The flows for new calls, by id. */
  readonly flows: () => ReadonlyMap<string, Flow>;
  /** The flow files that are not fit to run, by id. */
  readonly brokenFlows: () => ReadonlyMap<string, BrokenFlow>;
  readonly calls: CallStore<NewDelivery>;
  readonly users: UserVariablesPort;
  readonly webhook: WebhookPort;
  readonly functions: FunctionPort;
  /** Each is given every journal entry of every call. */
  readonly sinks: readonly JournalSink[];
  readonly ending: EndServices;
  /** Id of the integration a new call belongs to, or null. */
  readonly integrationOf: (flow: Pick<FlowDocument, 'integration'>, did: string) => string | null;
  /** The results of widgets that an integration sends, fields by widget. */
  readonly resultsOf: (integration: string) => ReadonlyMap<string, ReadonlySet<string>>;
  readonly clock: Clock;
  readonly flowClock: Pick<FlowClock, 'sleep'>;
  /** This process: recovery after a crash reads from it how long a call lasted. */
  readonly ownProcess: Pick<OwnProcess, 'id' | 'ms'>;
  readonly random: Random;
  readonly log: Logger;
  readonly maxSteps: number;
  /** Whether the site lets the variable of that name be the beginning of a URL; none may when absent. */
  readonly urlVariable?: (name: string) => boolean;
  /** Longest time an anchor's branch may take, ms. */
  readonly anchorMs: number;
  /** Spoken when nothing caught an error. */
  readonly goodbye: Goodbye;
  /** Called for each call that is refused before it has a row: SIP status and a short stable reason. */
  readonly onRefused: (status: number, reason: string) => void;
}

/**
 * One live run: a call from its row in the database to its committed end. Its row, ringing, the flow, the anchors, and an end that is committed together with
 * its report. Resolves when the end is durable.
 */
export async function runLiveCall(services: LiveRunServices, call: Call, route: RouteEntry): Promise<void> {
  const log = services.log.child({ call: call.id });
  const flow = services.flows().get(route.flow);
  if (flow === undefined) {
    await refuseWithoutFlow(services, call, route.flow, log);
    return;
  }
  const { language, timeZone } = flow.document;
  call.speak({ language, formatTime: (ms) => zonedDatetime(ms, timeZone) });
  if (!(await begin(services, call, flow, log))) return;

  const journal = createJournalWriter(call.id, call.clock, services.sinks);
  const integration = services.integrationOf(flow.document, call.did);
  startJournal(journal, call, flow, { integration, ownProcess: services.ownProcess });
  try {
    call.ring();
    if (flow.document.record) call.startCallRecording();
    await walk(createRun(services, call, flow, { journal, integration }), call, services);
  } finally {
    await close(services, call, journal);
  }
}

/** Refuses a call whose flow is gone or has never been fit to run: 404 for what is not there, 503 for what another box may have. */
async function refuseWithoutFlow(services: LiveRunServices, call: Call, flow: string, log: Logger): Promise<void> {
  const broken = services.brokenFlows();
  const found = broken.get(flow);
  const [code, sip, reason] =
    found === undefined ? (['ROUTE_UNKNOWN_FLOW', 404, 'unknown-flow'] as const) : (['FLOW_BROKEN', 503, 'broken-flow'] as const);
  log.error({ code, flow, ...(found && { problem: found.problem }) }, `the call is refused: ${missingFlow(flow, broken)}`);
  await call.end({ ...END_REASONS.internalError(), sip, reason });
  services.onRefused(sip, reason);
}

/** Longest a caller waits for its row, with nothing but 100 heard; then the call is refused, ms. */
const BEGIN_TIMEOUT_MS = 3000;

/** Makes the call's row durable; without it a call is refused, because its end could be lost. */
async function begin(services: LiveRunServices, call: Call, flow: Flow, log: Logger): Promise<boolean> {
  const { id, direction, cli, did, startedAt } = call;
  const written = services.calls.begin({ id, direction, cli, did, startedAt, flowId: flow.id, flowVersion: flow.version });
  const timeUp = new AbortController();
  try {
    const tooLate = sleep(services.clock, BEGIN_TIMEOUT_MS, timeUp.signal).then(() => {
      throw new Error(`not durable after ${BEGIN_TIMEOUT_MS} ms`);
    });
    await Promise.race([written, tooLate]);
    return true;
  } catch (error) {
    log.error({ code: 'STORE_UNAVAILABLE', error: String(error) }, 'the call is refused: its row could not be written');
    const termination = await call.end({ ...END_REASONS.internalError(), sip: 503, reason: 'store-unavailable' });
    services.onRefused(503, 'store-unavailable');
    background('ending a refused call', log, () => endLate(services, call, written, termination));
    return false;
  } finally {
    timeUp.abort();
  }
}

/** A row that is written after its call was refused gets its end too. */
async function endLate(services: LiveRunServices, call: Call, written: Promise<void>, termination: Termination): Promise<void> {
  try {
    await written;
  } catch {
    return;
  }
  const endedAt = call.endedAt ?? call.clock.now();
  try {
    await commitEnd(services.ending, { callId: call.id, direction: call.direction, endedAt, termination }, []);
  } catch (error) {
    services.log.error(
      { code: 'STORE_WRITE_FAILED', call: call.id, error: String(error) },
      'a refused call could not be ended; it is ended at the next start',
    );
  }
}

function startJournal(
  journal: JournalWriter,
  call: Call,
  flow: Flow,
  { integration, ownProcess }: { readonly integration: string | null; readonly ownProcess: LiveRunServices['ownProcess'] },
): void {
  const { timeZone, webhook, udf } = flow.document;
  const { id: flowId, version: flowVersion } = flow;
  const process = { id: ownProcess.id, ms: ownProcess.ms() };
  const more = { process, ...(udf.length > 0 && { udf }), ...(integration !== null && { integration }) };
  journal.append({
    type: 'call',
    callId: call.id,
    flowId,
    flowVersion,
    timeZone,
    webhook,
    facts: call.facts(),
    digits: 'text',
    failedPrompts: 'goodbye',
    ...more,
  });
  call.events.on((event) => {
    journal.append(event);
  });
}

function createRun(
  services: LiveRunServices,
  call: Call,
  flow: Flow,
  { journal, integration }: { readonly journal: JournalWriter; readonly integration: string | null },
): FlowRun {
  const { users, webhook, functions, flowClock, random, log, maxSteps, urlVariable } = services;
  const clock: FlowClock = { now: () => call.clock.now(), sleep: (ms, signal) => flowClock.sleep(ms, signal) };
  return createFlowRun({
    flow,
    ports: { call: call.control, users, webhook, functions, clock, random, facts: { read: () => call.facts() } },
    journal: (event) => {
      journal.append(event);
    },
    log: log.child({ call: call.id, flow: flow.id }),
    limits: { maxSteps },
    contact: contactOf(call.cli),
    signal: call.signal,
    goodbye: services.goodbye,
    ...(urlVariable && { urlVariable }),
    ...(integration !== null && { results: services.resultsOf(integration) }),
  });
}

/**
 * In this order (docs/behaviour.md#order-at-the-end): the flow, the end of the call, On Remote Hangup if it was the caller who
 * left, On Flow Complete.
 */
async function walk(run: FlowRun, call: Call, services: LiveRunServices): Promise<void> {
  const outcome = await run.main();
  const termination = await call.end(outcome.kind === 'faulted' ? END_REASONS.internalError() : END_REASONS.flowComplete());
  if (termination.by === 'caller') await runAnchor(run, 'onRemoteHangup', services);
  await runAnchor(run, 'onFlowComplete', services);
}

async function runAnchor(run: FlowRun, name: 'onRemoteHangup' | 'onFlowComplete', services: LiveRunServices): Promise<void> {
  const timeUp = new AbortController();
  const cancel = services.clock.after(services.anchorMs, () => {
    timeUp.abort();
  });
  try {
    await run.anchor(name, timeUp.signal);
  } finally {
    cancel();
  }
}

/** The last entry and the committed end; reached whatever happened before. */
async function close(services: LiveRunServices, call: Call, journal: JournalWriter): Promise<void> {
  const termination = await call.end(END_REASONS.internalError());
  journal.append({ type: 'end', termination });
  const endedAt = call.endedAt ?? call.clock.now();
  const end: CallEndFacts = { callId: call.id, direction: call.direction, endedAt, termination };
  const { report, awaited } = await commitEnd(services.ending, end, journal.entries);
  if (awaited.length === 0) return;
  const left = new Set(awaited);
  let settling = Promise.resolve();
  // The journal listens before us: what it is told is in it by now. The past is told again, so nothing is missed in between.
  const stop = call.events.on((event) => {
    if ((event.type !== 'recording' && event.type !== 'recording.lost') || !left.delete(event.id)) return;
    settling = settling
      .then(() => addSettledRecording(services.ending, end, report, journal.entries))
      .catch((error: unknown) => {
        // The next start finds the call still waiting for its recording.
        services.log.error(
          { code: 'STORE_WRITE_FAILED', call: call.id, error: String(error) },
          'a late recording could not be added to its report',
        );
      });
    if (left.size === 0) queueMicrotask(() => stop());
  });
}
