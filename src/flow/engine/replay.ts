import { CALL, FACT, requestIn, USERS } from '../../model/operations.js';
import { setImmediate } from 'node:timers/promises';
import { Aborted } from '../../lib/clock.js';
import { jsonText } from '../../lib/json/json-text.js';
import { isBranch, type Json, type JsonObject } from '../../lib/json/json.js';
import { silentLogger, type Logger } from '../../lib/log/log.js';
import type { AnswerSource, Question } from './answer-source.js';
import { asText } from '../variables/escape.js';
import type { Flow } from '../document/document.js';
import { summarizeJournal, type JournalSummary } from '../journal/summary.js';
import type { JournalEntry, JournalEvent } from '../../model/journal.js';
import type { FlowPorts } from '../ports.js';
import { createFlowRun, type FlowRun, type RunOutcome } from './run.js';

/*
 * Runs a flow again from the journal of a past call: every question is answered as it was then, in the order the answers came
 * (docs/decisions/0003-journal-first.md). The same flow takes the same path; a changed one shows where it would have gone another
 * way.
 */

export interface ReplayOptions {
  /** The flow to run: the one of the call, or a draft. */
  readonly flow: Flow;
  readonly entries: readonly JournalEntry[];
  readonly log?: Logger;
}

/** Where the replay left the recorded call. */
export interface Divergence {
  /** Number of the step, counted over the whole call. */
  readonly step: number;
  /** Widget of the replay at that step. */
  readonly widget: string | null;
  readonly recorded: string;
  readonly replayed: string;
}

export interface Replayed {
  readonly outcome: RunOutcome;
  readonly summary: JournalSummary;
  /** Null when every step took the exit it took then. */
  readonly divergence: Divergence | null;
  /** Questions asked with other words than then, e.g. a reworded prompt; they still got the recorded answer. */
  readonly reworded: readonly { readonly step: number; readonly op: string }[];
  /** Masked values are not in a journal: where a flow looks inside them, the replay may differ for that reason alone. */
  readonly lossy: boolean;
}

const ANCHORS = ['onRemoteHangup', 'onFlowComplete'] as const;

/** Replays a journal against a flow. Takes as long as the code of the widgets, whatever the call took. Throws `JournalFormatError` for one of a later format. */
export async function replayJournal(options: ReplayOptions): Promise<Replayed> {
  const { entries, flow } = options;
  const then = summarizeJournal(entries);
  const journal: JournalEntry[] = [];
  const first = entries[0];
  const record = (event: JournalEvent): void => {
    journal.push({ ...event, seq: journal.length + 1, at: first?.at ?? 0, ms: 0 });
  };
  if (first?.type === 'call') record(first);
  const ended = new AbortController();
  const recorded = new RecordedAnswers(entries, () => ended.abort());
  const run = createFlowRun({
    flow,
    ports: NO_PORTS,
    journal: record,
    log: options.log ?? silentLogger,
    limits: { maxSteps: MAX_STEPS },
    contact: contactOf(entries),
    signal: ended.signal,
    initial: initialOf(entries),
    answers: recorded,
    quietPromptFailures: first?.type === 'call' && first.failedPrompts === undefined,
    textsAsNumbers: first?.type === 'call' && first.digits === undefined,
  });
  const outcome = await recorded.drive(run.main(), 'start', ended);
  for (const anchor of ANCHORS) await replayAnchor(run, anchor, recorded);
  const summary = summarizeJournal(journal);
  return {
    outcome,
    summary,
    divergence: earliest(recorded.divergence(summary), firstDifference(then, summary)),
    reworded: recorded.reworded,
    lossy: entries.some((entry) => entry.type === 'set' && entry.masked === true),
  };
}

/** A replay must not stop before the recorded call did. */
const MAX_STEPS = 10_000;

async function replayAnchor(run: FlowRun, anchor: (typeof ANCHORS)[number], recorded: RecordedAnswers): Promise<void> {
  if (!recorded.reached(anchor)) return;
  const ended = new AbortController();
  recorded.onLeave = () => ended.abort();
  await recorded.drive(run.anchor(anchor, ended.signal), anchor, ended);
}

/** What hanging up, saving and sending without waiting are answered. */
const DONE = { kind: 'done' } as const;

/** The answers of a journal, given out in the order they were recorded. */
class RecordedAnswers implements AnswerSource {
  readonly reworded: { readonly step: number; readonly op: string }[] = [];
  readonly #asks = new Map<number, JournalEntry & { type: 'ask' }>();
  readonly #answers = new Map<number, JournalEntry & { type: 'answer' }>();
  /** What collects had taken when the branch ended, by ask. */
  readonly #left = new Map<number, Json>();
  /** Numbers of the answered asks per branch, in the order of their answers. */
  readonly #order = new Map<string, number[]>();
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  readonly #facts = new Map<string, Json | undefined>();
  #departure: { readonly recorded: string; readonly replayed: string; readonly step: number } | null = null;
  #over = false;

  constructor(
    entries: readonly JournalEntry[],
    public onLeave: () => void,
  ) {
    let branch = 'start';
    for (const entry of entries) {
      if (entry.type === 'enter' && ANCHORS.some((anchor) => anchor === entry.anchor)) branch = entry.anchor;
      const order = this.#order.get(branch) ?? [];
      this.#order.set(branch, order);
      if (entry.type === 'ask') this.#asks.set(entry.ask, entry);
      else if (entry.type === 'collect.left') this.#left.set(entry.ask, entry.answer);
      else if (entry.type === 'answer') {
        this.#answers.set(entry.ask, entry);
        if (this.#asks.has(entry.ask)) order.push(entry.ask);
      }
    }
  }

  /** True when the recorded call ran this branch. */
  reached(branch: string): boolean {
    return this.#order.has(branch);
  }

  answer<A>(question: Question): Promise<A> {
    const { ask, op, request } = question;
    // Only what outlives its step asks when all is over, and its answer is always the same.
    if (this.#over) return Promise.resolve(DONE as A);
    const recorded = this.#asks.get(ask);
    if (recorded?.op !== op) {
      const left = this.#leave(question, recorded?.op);
      // Hanging up needs no record: it always works.
      return op === CALL.hangup.name ? Promise.resolve(DONE as A) : Promise.reject(left);
    }
    if (!sameJson(withoutNotes(recorded.request), withoutNotes(request))) this.reworded.push({ step: recorded.step, op });
    // The journal holds what the port answered, so the type is the one the widget expects.
    return new Promise<A>((resolve) => this.#waiting.set(ask, resolve as (answer: unknown) => void));
  }

  read(question: Question): Json | undefined {
    const { ask, op, request } = question;
    const recorded = this.#answers.get(ask);
    if (op === FACT.name) return this.#fact(asText(request), recorded, question);
    if (recorded?.op !== op) throw this.#leave(question, recorded?.op);
    return recorded.answer;
  }

  /**
   * Answers one question after the other until the branch ends. When the record has no more answers the call was over: whatever
   * is still asked is aborted.
   */
  async drive(branch: Promise<RunOutcome>, name: string, ended: AbortController): Promise<RunOutcome> {
    this.#over = false;
    for (const ask of this.#order.get(name) ?? []) {
      // Everything the last answer set going must have happened before the next: a turn of the event loop empties the promise queue.
      await setImmediate();
      const resolve = this.#waiting.get(ask);
      if (resolve === undefined) break;
      this.#waiting.delete(ask);
      resolve(this.#answers.get(ask)?.answer);
    }
    await setImmediate();
    this.#over = true;
    ended.abort();
    for (const [ask, resolve] of this.#waiting) resolve(this.#left.get(ask) ?? DONE);
    this.#waiting.clear();
    return branch;
  }

  /** Where the questions left the record, or null. */
  divergence(replayed: JournalSummary): Divergence | null {
    if (this.#departure === null) return null;
    const { step, recorded, replayed: asked } = this.#departure;
    const widget = replayed.steps.at(-1);
    return {
      step: widget?.step ?? step,
      widget: widget?.widget ?? null,
      recorded: `asked ${recorded}`,
      replayed: `asked ${asked}`,
    };
  }

  /** A fact is in the journal only when it had changed; otherwise it is what it was. */
  #fact(name: string, recorded: (JournalEntry & { type: 'answer' }) | undefined, question: Question): Json | undefined {
    if (recorded === undefined) return this.#facts.get(name);
    const answer = recorded.answer as JsonObject;
    if (recorded.op !== FACT.name || answer['name'] !== name) throw this.#leave(question, recorded.op);
    this.#facts.set(name, answer['value'] ?? undefined);
    return answer['value'];
  }

  /** The replay asks something else than the call did, or more than the journal holds: that is where the journal was cut off. */
  #leave({ ask, op }: Question, recorded: string | undefined): Aborted {
    if (recorded !== undefined) this.#departure ??= { recorded, replayed: op, step: this.#asks.get(ask)?.step ?? 0 };
    this.onLeave();
    return new Aborted('the replay left the recorded call');
  }
}

/** The first step that is another widget or took another exit. */
function firstDifference(recorded: JournalSummary, replayed: JournalSummary): Divergence | null {
  const count = Math.max(recorded.steps.length, replayed.steps.length);
  for (let index = 0; index < count; index++) {
    const [then, now] = [recorded.steps[index], replayed.steps[index]];
    if (then?.widget === now?.widget && then?.exit === now?.exit) continue;
    const shown = (step: typeof then): string => (step === undefined ? 'the end' : `${step.widget}:${step.exit ?? '(cut off)'}`);
    return { step: now?.step ?? then?.step ?? 0, widget: now?.widget ?? null, recorded: shown(then), replayed: shown(now) };
  }
  return null;
}

function earliest(a: Divergence | null, b: Divergence | null): Divergence | null {
  if (a === null || b === null) return a ?? b;
  return b.step < a.step ? b : a;
}

function contactOf(entries: readonly JournalEntry[]): string | null {
  const contacts = entries.map((entry) => requestIn(entry, USERS.load));
  return contacts.find((contact) => contact !== undefined) ?? null;
}

/** What was set before the first widget. */
function initialOf(entries: readonly JournalEntry[]): JsonObject {
  return Object.fromEntries(
    entries.flatMap((entry) => (entry.type === 'set' && entry.step === 0 ? [[entry.name, entry.value] as const] : [])),
  );
}

/** What says how a request came about; journals from before have nothing of it. */
const NOTES: ReadonlySet<string> = new Set(['notes', 'leftOut']);

function withoutNotes(request: Json): Json {
  if (!isBranch(request)) return request;
  return Object.fromEntries(Object.entries(request).filter(([name]) => !NOTES.has(name)));
}

function sameJson(a: Json, b: Json): boolean {
  return jsonText(a) === jsonText(b);
}

/** A replay asks the journal and nobody else: no port is ever called. */
const NO_PORTS = {} as FlowPorts;
