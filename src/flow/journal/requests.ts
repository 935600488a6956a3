import type { Json } from '../../lib/json/json.js';
import { jsonField as field } from '../../lib/json/json-field.js';
import { operationNamed } from '../../model/operations.js';
import type { JournalEntry } from '../../model/journal.js';
import type { JournalReader, JournalState } from './state.js';

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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A request that began at `from`, monotonic ms. */
interface Asked {
  readonly from: number;
  readonly summary: Mutable<WebhookSummary>;
}

/** The requests of a call: those of webhooks, and those of functions that a service answers. */
export class RequestReader implements JournalReader<never> {
  readonly #asked = new Map<number, Asked>();
  /** Requests whose answer a widget waits for. */
  readonly #underWay = new Set<Asked>();

  constructor(private readonly state: JournalState) {}

  /** In the order in which they were asked. */
  get requests(): readonly WebhookSummary[] {
    return [...this.#asked.values()].map(({ summary }) => summary);
  }

  read(entry: JournalEntry): readonly never[] {
    if (entry.type === 'ask') this.#ask(entry);
    else if (entry.type === 'answer') this.#answer(entry);
    else if (entry.type === 'enter' || entry.type === 'end') this.#giveUp(entry);
    else if (entry.type === 'exit' && this.state.step(entry.step) !== undefined) this.#giveUp(entry);
    return [];
  }

  #ask(entry: JournalEntry & { type: 'ask' }): void {
    const { http } = operationNamed(entry.op);
    if (http === undefined) return;
    const service = text(field(entry.request, 'service'));
    // A function of a service is a request like any other; one of our own makes none.
    if (http.ofService && service === '') return;
    const summary: WebhookSummary = {
      widget: this.state.step(entry.step)?.widget ?? '',
      method: http.ofService ? 'POST' : text(field(entry.request, 'method')),
      url: http.ofService ? service : text(field(entry.request, 'url')),
      at: entry.at,
      status: null,
      ms: null,
      attempts: 1,
      error: null,
    };
    const asked = { from: entry.ms, summary };
    this.#asked.set(entry.ask, asked);
    if (http.waited) this.#underWay.add(asked);
  }

  #answer(entry: JournalEntry & { type: 'answer' }): void {
    const { op, answer } = entry;
    const { http, bulk } = operationNamed(op);
    const asked = this.#asked.get(entry.ask);
    // What is sent without waiting is answered that it is on its way, which says nothing of it.
    if (http === undefined || bulk === undefined || asked === undefined) return;
    this.#underWay.delete(asked);
    const webhook = asked.summary;
    const [status, attempts, reason] = ['status', 'attempts', 'reason'].map((name) => field(answer, name));
    webhook.status = typeof status === 'number' ? status : null;
    webhook.attempts = typeof attempts === 'number' ? attempts : 1;
    webhook.error = typeof reason === 'string' ? reason : null;
    webhook.ms = entry.ms - asked.from;
    if (http.ofService) webhook.url = text(field(answer, 'url')) || webhook.url;
  }

  /** A widget that is left waits no longer: by the escape key, or because the call is over (docs/behaviour.md#caller-hangs-up). */
  #giveUp(entry: JournalEntry): void {
    for (const { from, summary } of this.#underWay) {
      summary.error = 'ABORTED';
      summary.ms = entry.ms - from;
    }
    this.#underWay.clear();
  }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
