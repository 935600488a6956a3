import type { JsonObject } from '../../lib/json/json.js';
import { jsonField as field } from '../../lib/json/json-field.js';
import { formatError } from '../../model/journal-format.js';
import type { OfLeg } from '../../model/call-events.js';
import { answerIn, CALL, keysIn } from '../../model/operations.js';
import type { JournalEntry } from '../../model/journal.js';
import type { LegFacts } from '../../model/leg.js';
import type { ReportLeg, ReportStep } from '../../model/report.js';
import type { Termination } from '../../model/termination.js';
import { JournalVariables } from './journal-variables.js';

/** A leg with its times, wall-clock ms; null when it did not happen (or the journal ends before). */
export interface LegSummary extends LegFacts, ReportLeg {
  readonly endedAt: number | null;
  readonly cause: number | null;
  /** The far party ended it. */
  readonly remote: boolean;
}

export interface StepSummary extends ReportStep {
  readonly step: number;
  readonly type: string;
  readonly label: string | null;
  readonly anchor: (JournalEntry & { type: 'enter' })['anchor'];
  readonly next: string | null;
}

export interface KeySummary extends OfLeg {
  /** `***` for the keys of a masked collect. */
  readonly key: string;
  readonly at: number;
  /** Label of the widget, or its id. */
  readonly label: string;
}

export type RecordingSummary = Pick<
  JournalEntry & { type: 'recording' },
  'id' | 'name' | 'file' | 'durationMs' | 'bytes' | 'format' | 'leg'
>;

/** Makes something of each entry of a journal; {@link JournalState} has taken the entry before. */
export interface JournalReader<T> {
  read(entry: JournalEntry): readonly T[];
}

/** A kind of reader, of which every journal has its own. */
export interface JournalReaders<T> {
  /** The reader of one journal, or null when nothing of this call is wanted. `state` has taken the first entry. */
  open(state: JournalState): JournalReader<T> | null;
  /** It has more to say when a recording becomes final after the end of the call. */
  readonly afterEnd?: true;
}

/** What every one of `kinds` makes of a journal, one kind after the other. The journal is gone through once. */
export function readJournal<T>(entries: readonly JournalEntry[], kinds: readonly JournalReaders<T>[]): readonly T[] {
  const state = new JournalState();
  let readers: readonly { readonly made: T[]; readonly reader: JournalReader<T> | null }[] | null = null;
  for (const entry of entries) {
    state.add(entry);
    readers ??= kinds.map((kind) => ({ made: [], reader: kind.open(state) }));
    // Most calls have neither subscriber nor integration: their journal is not gone through once more.
    if (readers.every(({ reader }) => reader === null)) return [];
    for (const { made, reader } of readers) if (reader !== null) made.push(...reader.read(entry));
  }
  return readers?.flatMap(({ made }) => made) ?? [];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface OpenStep {
  /** Monotonic ms. */
  readonly from: number;
  readonly summary: Mutable<StepSummary>;
}

/**
 * Where a call is, by its journal: call, legs, steps, keys, recordings, variables and end, brought up to date entry by entry. It is the only
 * place that understands the sequence of entries. The report, the events of a call and the turns of a chat are made by readers of it
 * ({@link JournalReader}), which look at the state after each entry and keep nothing that it knows.
 *
 * @example
 * const state = new JournalState();
 * for (const entry of entries) state.add(entry);
 */
export class JournalState {
  #call: (JournalEntry & { type: 'call' }) | null = null;
  #first: JournalEntry | null = null;
  /** Time of the last entry; not the entry, which may hold a whole answer. */
  #last: Pick<JournalEntry, 'at' | 'ms'> | null = null;
  #at = 0;
  readonly #variables = new JournalVariables();
  readonly #legs = new Map<string, Mutable<LegSummary>>();
  readonly #steps = new Map<number, OpenStep>();
  #open: OpenStep | null = null;
  readonly #keys: KeySummary[] = [];
  #digits: string | null = null;
  readonly #recordings: RecordingSummary[] = [];
  /** When each recording was begun. */
  readonly #begun = new Map<string, number>();
  readonly #awaited = new Set<string>();
  #termination: Termination | null = null;

  /** Takes the next entry. Throws `JournalFormatError` for a journal of a later format. */
  add(entry: JournalEntry): void {
    this.#first ??= entry;
    this.#last = { at: entry.at, ms: entry.ms };
    this.#at = Math.max(this.#at, entry.at);
    this.#variables.add(entry);
    switch (entry.type) {
      case 'call':
        this.#begin(entry);
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
      case 'answer':
        this.#answer(entry);
        return;
      case 'collect.left':
        this.#pressed(entry, keysIn(CALL.collect.name, entry.answer));
        return;
      case 'exit':
        this.#exit(entry);
        return;
      case 'recording.started':
      case 'recording.lost':
      case 'recording':
        this.#recording(entry);
        return;
      case 'end':
        this.#termination = entry.termination;
        return;
      default:
        return;
    }
  }

  /** The first entry; null in a journal that lost it. */
  get call(): (JournalEntry & { type: 'call' }) | null {
    return this.#call;
  }

  /** Wall-clock ms of the first entry; null in an empty journal. */
  get startedAt(): number | null {
    return this.#first?.at ?? null;
  }

  /** The same of the last. */
  get lastAt(): number | null {
    return this.#last?.at ?? null;
  }

  /** The latest wall-clock ms of any entry. The clock may go back; this does not. */
  get at(): number {
    return this.#at;
  }

  /** `$call.*` at the start, with later values as far as the flow read them; names without the prefix. */
  get facts(): JsonObject {
    return this.#variables.facts;
  }

  /** The variables that flows set, and results of widgets. */
  get variables(): Pick<JournalVariables, 'all' | 'value'> {
    return this.#variables;
  }

  /** In order of creation: the caller's first. */
  get legs(): readonly LegSummary[] {
    return [...this.#legs.values()];
  }

  /** The leg the call began with. */
  get caller(): LegSummary | null {
    const [caller] = this.#legs.values();
    return caller ?? null;
  }

  /** The leg of an entry: the caller's when it names none, or one that nobody knows. */
  legOf(entry: JournalEntry): LegSummary | null {
    const named = 'leg' in entry && typeof entry.leg === 'string' ? this.#legs.get(entry.leg) : undefined;
    return named ?? this.caller;
  }

  /** The step that is open lasted until the last entry. */
  get steps(): readonly StepSummary[] {
    return [...this.#steps.values()].map(({ from, summary }) =>
      summary === this.#open?.summary ? { ...summary, ms: (this.#last?.ms ?? from) - from } : summary,
    );
  }

  step(step: number): StepSummary | undefined {
    return this.#steps.get(step)?.summary;
  }

  /** Id of the widget entered last. */
  get lastWidget(): string | null {
    return [...this.#steps.values()].at(-1)?.summary.widget ?? null;
  }

  get keys(): readonly KeySummary[] {
    return this.#keys;
  }

  /** What was collected last of the caller, as the journal shows it. */
  get digits(): string | null {
    return this.#digits;
  }

  /** Those that are final. */
  get recordings(): readonly RecordingSummary[] {
    return this.#recordings;
  }

  /** Ids of recordings that were begun and neither finished nor lost. */
  get awaitedRecordings(): ReadonlySet<string> {
    return this.#awaited;
  }

  /** When a recording was begun, wall-clock ms. */
  recordingBegun(id: string): number | undefined {
    return this.#begun.get(id);
  }

  /** Null while the call lives, or when the process died with it. */
  get termination(): Termination | null {
    return this.#termination;
  }

  #begin(entry: JournalEntry & { type: 'call' }): void {
    const later = formatError(entry);
    if (later !== null) throw later;
    this.#call = entry;
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

  #enter(entry: JournalEntry & { type: 'enter' }): void {
    this.#close(entry);
    const { step, widget, widgetType: type, label, anchor, at } = entry;
    this.#open = { from: entry.ms, summary: { step, widget, type, label, anchor, exit: null, next: null, at, ms: 0 } };
    this.#steps.set(step, this.#open);
  }

  #exit(entry: JournalEntry & { type: 'exit' }): void {
    const step = this.#steps.get(entry.step)?.summary;
    if (step === undefined) return;
    step.exit = entry.exit;
    step.next = entry.next;
    this.#close(entry);
  }

  /** The step that is open lasted until this entry. */
  #close(entry: JournalEntry): void {
    if (this.#open !== null) this.#open.summary.ms = entry.ms - this.#open.from;
    this.#open = null;
  }

  #recording(entry: JournalEntry & { type: 'recording.started' | 'recording.lost' | 'recording' }): void {
    if (entry.type === 'recording.started') {
      this.#begun.set(entry.id, entry.at);
      this.#awaited.add(entry.id);
    } else this.#awaited.delete(entry.id);
    if (entry.type !== 'recording') return;
    const { id, name, file, durationMs, bytes, format, leg } = entry;
    this.#recordings.push({ id, name, file, durationMs, bytes, format, ...(leg !== undefined && { leg }) });
  }

  #answer(entry: JournalEntry & { type: 'answer' }): void {
    const digits = field(answerIn(entry, CALL.collect), 'digits');
    if (typeof digits === 'string' && entry.leg === undefined) this.#digits = digits;
    this.#pressed(entry, keysIn(entry.op, entry.answer));
  }

  #pressed(entry: JournalEntry & { type: 'answer' | 'collect.left' }, keys: ReturnType<typeof keysIn>): void {
    const step = this.step(entry.step);
    const label = step?.label ?? step?.widget ?? '';
    const ofLeg = entry.leg === undefined ? {} : { leg: entry.leg };
    for (const { key, at } of keys) this.#keys.push({ key, at: at ?? entry.at, label, ...ofLeg });
  }
}
