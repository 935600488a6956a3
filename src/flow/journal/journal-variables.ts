import { FACT, USERS } from '../../model/operations.js';
import type { Json, JsonObject } from '../../lib/json/json.js';
import { jsonField } from '../../lib/json/json-field.js';
import type { JournalEntry } from '../../model/journal.js';
import type { VariableSummary } from '../../model/report.js';
import { formatName, isValidName, type VariableName } from '../variables/names.js';

/** What the entries of a journal, given one after the other, say of its variables and of `$call.*`. */
export class JournalVariables {
  /** Insertion order is first-set order; a cleared variable keeps its place. */
  readonly #variables = new Map<string, VariableSummary | null>();
  /** Results of widgets, as far as the journal has them. */
  readonly #results = new Map<string, JsonObject>();
  #facts: Readonly<Record<string, Json>> = {};

  /** `$call.*` at the start, with later values as far as the flow read them; keys without the prefix. */
  get facts(): JsonObject {
    return this.#facts;
  }

  add(entry: JournalEntry): void {
    switch (entry.type) {
      case 'call':
        this.#facts = { ...entry.facts };
        return;
      case 'set':
        this.#variables.set(entry.name, { name: entry.name, value: entry.value, masked: entry.masked === true });
        return;
      case 'clear':
        if (this.#variables.has(entry.name)) this.#variables.set(entry.name, null);
        return;
      case 'result':
        this.#results.set(entry.widget, entry.value);
        return;
      case 'answer':
        if (entry.op === FACT.name) this.#fact(entry.answer);
        else if (entry.op === USERS.load.name) this.#loaded(entry.answer);
        return;
      default:
        return;
    }
  }

  /** Those that have a value. */
  all(): readonly VariableSummary[] {
    return [...this.#variables.values()].filter((variable) => variable !== null);
  }

  /** A variable that flows set, or a result of a widget; undefined without a value. */
  value(variable: VariableName): Json | undefined {
    const { namespace, name } = variable;
    if (namespace === 'widget') {
      const [widget = '', field = ''] = name.split('.');
      return jsonField(this.#results.get(widget), field);
    }
    return this.#variables.get(formatName(variable))?.value;
  }

  #fact(answer: Json): void {
    const name = jsonField(answer, 'name');
    if (typeof name === 'string') this.#facts = { ...this.#facts, [name]: jsonField(answer, 'value') ?? null };
  }

  /** What was stored for the contact counts as set when it was loaded. */
  #loaded(values: Json): void {
    if (typeof values !== 'object' || values === null) return;
    for (const [key, value] of Object.entries<Json>(values as JsonObject)) {
      const variable = { namespace: 'user.key', name: key } as const;
      const name = formatName(variable);
      if (isValidName(variable)) this.#variables.set(name, { name, value, masked: false });
    }
  }
}
