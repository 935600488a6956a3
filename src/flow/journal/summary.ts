import type { Json, JsonObject } from '../../lib/json/json.js';
import { jsonField as field } from '../../lib/json/json-field.js';
import { FoldedVariables, type VariableSummary } from './summary-variables.js';
import type { OfLeg } from '../../model/call-events.js';
import type { JournalEntry, UdfColumn } from '../../model/journal.js';
import type { LegFacts } from '../../model/leg.js';
import type { Termination } from '../../model/termination.js';

/** A leg with its times, wall-clock ms; null when it did not happen (or the journal ends before). */
export interface LegSummary extends LegFacts {
  readonly startedAt: number;
  readonly ringingAt: number | null;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly cause: number | null;
  readonly sip: number | null;
  /** The far party ended it. */
  readonly remote: boolean;
}

export interface StepSummary {
  readonly step: number;
  readonly widget: string;
  readonly type: string;
  readonly label: string | null;
  readonly anchor: (JournalEntry & { type: 'enter' })['anchor'];
  /** Null when the step was cut off: the call ended, or the process. */
  readonly exit: string | null;
  readonly next: string | null;
  /** Wall-clock ms. */
  readonly at: number;
  /** Time in the widget, up to the last entry when it was cut off. */
  readonly ms: number;
}

export type { VariableSummary };

export interface KeySummary extends OfLeg {
  /** `***` for the keys of a masked collect. */
  readonly key: string;
  readonly at: number;
  /** Label of the widget, or its id. */
  readonly label: string;
}

export interface WebhookSummary {
  readonly widget: string;
  readonly method: string;
  /** Of a function that nobody waited for: the name of its service. */
  readonly url: string;
  readonly at: number;
  readonly status: number | null;
  /** From the request to the whole answer, or until it was given up; null while there is neither, and for ever when nobody waited. */
  readonly ms: number | null;
  readonly attempts: number;
  /** Error reason; `ABORTED` when the caller left first; null on success, under way, and for requests nobody waited for. */
  readonly error: string | null;
}

export type RecordingSummary = Pick<
  JournalEntry & { type: 'recording' },
  'id' | 'name' | 'file' | 'durationMs' | 'bytes' | 'format' | 'leg'
>;

export interface FaultSummary {
  readonly step: number;
  readonly widget: string;
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

/** What a journal says of its call: the one source of report, timeline and recovery. */
export interface JournalSummary {
  readonly callId: string | null;
  readonly flowId: string | null;
  readonly flowVersion: string | null;
  /** Of the flow; null in a journal that lost its first entry. */
  readonly timeZone: string | null;
  /** The flow wants its report posted (docs/behaviour.md#report-switch). */
  readonly webhook: boolean;
  /** `$call.*` at the start, with later values as far as the flow read them. */
  readonly facts: JsonObject;
  /** Wall-clock ms of the first and last entry; null in an empty journal. */
  readonly startedAt: number | null;
  readonly lastAt: number | null;
  /** In order of creation: the caller's first. */
  readonly legs: readonly LegSummary[];
  readonly steps: readonly StepSummary[];
  readonly variables: readonly VariableSummary[];
  readonly keys: readonly KeySummary[];
  readonly webhooks: readonly WebhookSummary[];
  readonly recordings: readonly RecordingSummary[];
  /** Ids of recordings that were begun and neither finished nor lost. */
  readonly awaitedRecordings: readonly string[];
  /** Report columns of the flow. */
  readonly udf: readonly UdfColumn[];
  /** The variables stay queryable after the call (docs/behaviour.md#persist). */
  readonly persist: boolean;
  readonly faults: readonly FaultSummary[];
  /** Id of the widget entered last. */
  readonly lastWidget: string | null;
  /** Null while the call lives, or when the process died with it. */
  readonly termination: Termination | null;
}

/** Adds up a journal, whole or cut off anywhere. */
export function foldJournal(entries: readonly JournalEntry[]): JournalSummary {
  const fold = new Fold();
  for (const entry of entries) fold.add(entry);
  return fold.summary();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Something that began at `from`, monotonic ms. */
interface Timed<T> {
  readonly from: number;
  readonly summary: Mutable<T>;
}

/** `send` is never answered, `requestAside` when the call is still up. */
const WEBHOOK_OPS: ReadonlySet<string> = new Set(['webhook.request', 'webhook.send', 'webhook.requestAside']);

/** The same of functions. */
const FUNCTION_OPS: ReadonlySet<string> = new Set(['function.call', 'function.send']);

class Fold {
  #call: (JournalEntry & { type: 'call' }) | null = null;
  #first: JournalEntry | null = null;
  #last: JournalEntry | null = null;
  readonly #known = new FoldedVariables();
  readonly #legs = new Map<string, Mutable<LegSummary>>();
  readonly #steps = new Map<number, Timed<StepSummary>>();
  readonly #keys: KeySummary[] = [];
  readonly #webhooks = new Map<number, Timed<WebhookSummary>>();
  /** Requests whose answer a widget waits for. */
  readonly #underWay = new Set<Timed<WebhookSummary>>();
  readonly #recordings: RecordingSummary[] = [];
  readonly #awaited = new Set<string>();
  readonly #faults: FaultSummary[] = [];
  #persist = false;
  #open: Timed<StepSummary> | null = null;
  #termination: Termination | null = null;

  add(entry: JournalEntry): void {
    this.#first ??= entry;
    this.#last = entry;
    this.#known.add(entry);
    switch (entry.type) {
      case 'call':
        this.#call = entry;
        return;
      case 'leg.created':
      case 'leg.ringing':
      case 'leg.answered':
      case 'leg.ended':
        this.#leg(entry);
        return;
      case 'enter':
        this.#enter(entry);
        return;
      case 'ask':
        this.#ask(entry);
        return;
      case 'answer':
        this.#answer(entry);
        return;
      case 'collect.left':
        this.#pressed(entry, field(entry.answer, 'keys'));
        return;
      case 'exit':
        this.#exit(entry);
        return;
      case 'fault':
        this.#faults.push({ step: entry.step, widget: entry.widget, code: entry.code, message: entry.message, at: entry.at });
        return;
      case 'persist':
        this.#persist = true;
        return;
      case 'recording.started':
      case 'recording.lost':
      case 'recording':
        this.#recording(entry);
        return;
      case 'end':
        this.#giveUp(entry);
        this.#termination = entry.termination;
        return;
      // Variables are folded above; a note is for the timeline.
      default:
        return;
    }
  }

  summary(): JournalSummary {
    this.#close(this.#last);
    return {
      callId: this.#call?.callId ?? null,
      flowId: this.#call?.flowId ?? null,
      flowVersion: this.#call?.flowVersion ?? null,
      timeZone: this.#call?.timeZone ?? null,
      webhook: this.#call?.webhook ?? false,
      facts: this.#known.facts,
      startedAt: this.#first?.at ?? null,
      lastAt: this.#last?.at ?? null,
      legs: [...this.#legs.values()],
      steps: [...this.#steps.values()].map(({ summary }) => summary),
      variables: this.#known.all(),
      keys: this.#keys,
      webhooks: [...this.#webhooks.values()].map(({ summary }) => summary),
      recordings: this.#recordings,
      awaitedRecordings: [...this.#awaited],
      udf: this.#call?.udf ?? [],
      persist: this.#persist,
      faults: this.#faults,
      lastWidget: [...this.#steps.values()].at(-1)?.summary.widget ?? null,
      termination: this.#termination,
    };
  }

  #leg(entry: JournalEntry & { type: 'leg.created' | 'leg.ringing' | 'leg.answered' | 'leg.ended' }): void {
    if (entry.type === 'leg.created') {
      const times = { startedAt: entry.at, ringingAt: null, answeredAt: null, endedAt: null };
      this.#legs.set(entry.leg.leg, { ...entry.leg, ...times, cause: null, sip: null, remote: false });
      return;
    }
    const leg = this.#legs.get(entry.leg);
    if (leg === undefined) return;
    if (entry.type === 'leg.ringing') leg.ringingAt ??= entry.at;
    else if (entry.type === 'leg.answered') leg.answeredAt ??= entry.at;
    else {
      leg.endedAt = entry.at;
      leg.cause = entry.cause;
      leg.sip = entry.sip;
      leg.remote = entry.remote;
    }
  }

  #recording(entry: JournalEntry & { type: 'recording.started' | 'recording.lost' | 'recording' }): void {
    if (entry.type === 'recording.started') this.#awaited.add(entry.id);
    else this.#awaited.delete(entry.id);
    if (entry.type !== 'recording') return;
    const { id, name, file, durationMs, bytes, format, leg } = entry;
    this.#recordings.push({ id, name, file, durationMs, bytes, format, ...(leg !== undefined && { leg }) });
  }

  #enter(entry: JournalEntry & { type: 'enter' }): void {
    this.#giveUp(entry);
    this.#close(entry);
    const { step, widget, widgetType: type, label, anchor, at } = entry;
    this.#open = { from: entry.ms, summary: { step, widget, type, label, anchor, exit: null, next: null, at, ms: 0 } };
    this.#steps.set(step, this.#open);
  }

  #exit(entry: JournalEntry & { type: 'exit' }): void {
    const step = this.#steps.get(entry.step)?.summary;
    if (step === undefined) return;
    this.#giveUp(entry);
    step.exit = entry.exit;
    step.next = entry.next;
    this.#close(entry);
  }

  /** The step that is open lasted until this entry. */
  #close(entry: JournalEntry | null): void {
    if (this.#open !== null && entry !== null) this.#open.summary.ms = entry.ms - this.#open.from;
    this.#open = null;
  }

  #ask(entry: JournalEntry & { type: 'ask' }): void {
    const service = text(field(entry.request, 'service'));
    // A function of a service is a request like any other; one of our own makes none.
    const isFunction = FUNCTION_OPS.has(entry.op) && service !== '';
    if (!WEBHOOK_OPS.has(entry.op) && !isFunction) return;
    const waited = entry.op === 'webhook.request' || entry.op === 'function.call';
    const summary: WebhookSummary = {
      widget: this.#steps.get(entry.step)?.summary.widget ?? '',
      method: isFunction ? 'POST' : text(field(entry.request, 'method')),
      url: isFunction ? service : text(field(entry.request, 'url')),
      at: entry.at,
      status: null,
      ms: null,
      attempts: 1,
      error: null,
    };
    const asked = { from: entry.ms, summary };
    this.#webhooks.set(entry.ask, asked);
    if (waited) this.#underWay.add(asked);
  }

  /**
   * A widget that is left waits no longer: by the escape key, or because the call is over (docs/behaviour.md#caller-hangs-up).
   */
  #giveUp(entry: JournalEntry): void {
    for (const { from, summary } of this.#underWay) {
      summary.error = 'ABORTED';
      summary.ms = entry.ms - from;
    }
    this.#underWay.clear();
  }

  #answer(entry: JournalEntry & { type: 'answer' }): void {
    const { op, answer } = entry;
    if (op === 'call.collect') this.#pressed(entry, field(answer, 'keys'));
    else if (op === 'call.play' && field(answer, 'consumed') === true) {
      this.#pressed(entry, [{ key: field(answer, 'key') ?? '', at: entry.at }]);
    } else if (op === 'call.awaitKey' && field(answer, 'kind') === 'pressed') this.#pressed(entry, [answer]);
    else if (op === 'webhook.request' || op === 'webhook.requestAside' || op === 'function.call') this.#answered(entry);
  }

  #answered(entry: JournalEntry & { type: 'answer' }): void {
    const asked = this.#webhooks.get(entry.ask);
    if (asked === undefined) return;
    this.#underWay.delete(asked);
    const webhook = asked.summary;
    const [status, attempts, reason] = ['status', 'attempts', 'reason'].map((name) => field(entry.answer, name));
    webhook.status = typeof status === 'number' ? status : null;
    webhook.attempts = typeof attempts === 'number' ? attempts : 1;
    webhook.error = typeof reason === 'string' ? reason : null;
    webhook.ms = entry.ms - asked.from;
    if (entry.op === 'function.call') webhook.url = text(field(entry.answer, 'url')) || webhook.url;
  }

  #pressed(entry: JournalEntry & { type: 'answer' | 'collect.left' }, keys: Json | undefined): void {
    const step = this.#steps.get(entry.step)?.summary;
    const label = step?.label ?? step?.widget ?? '';
    for (const press of Array.isArray(keys) ? (keys as readonly Json[]) : []) {
      const at = field(press, 'at');
      const key = { key: text(field(press, 'key')), at: typeof at === 'number' ? at : entry.at, label };
      this.#keys.push({ ...key, ...(entry.leg !== undefined && { leg: entry.leg }) });
    }
  }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
