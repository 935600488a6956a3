import type { Json, JsonObject } from '../../lib/json/json.js';
import { MASK } from '../../lib/mask.js';
import type { Result } from '../../lib/result.js';
import { isLong } from '../../lib/json/long-value.js';
import { asText } from '../variables/escape.js';
import { evaluateExpression } from '../expression/expression.js';
import { FlowFault } from '../fault.js';
import { formatName, isValidName, isWritable, PARAM_ALIASES, SYSTEM_VALUES, type VariableName } from '../variables/names.js';
import { type Namespace } from '../namespace.js';
import type { SecretText } from '../../model/webhook.js';
import type { Segment } from '../../model/segment.js';
import type { Prompt } from '../prompt.js';
import { resolvePrompt } from '../prompt/segments.js';
import { parseName } from '../variables/scanner.js';
import { MAX_VARIABLES, VariableStore, type Stored } from '../variables/store.js';
import { systemValue, type FlowIdentity, type SystemInputs } from '../variables/system.js';
import { renderSecretText, renderText, renderTyped, type Lookup } from '../variables/template.js';
import type { Resolved, TemplateMode, Variables } from '../widget.js';

/** What the variables of a run need from it. */
export interface VariableSources extends SystemInputs {
  readonly flow: FlowIdentity;
  /** A `$call.*` value now, named without its namespace; undefined when not known. */
  fact(name: string): Json | undefined;
  /** Told about every change, for the journal. */
  changed(change: VariableChange): void;
  /** Told about every result of a widget. */
  result?(widget: string, value: JsonObject, masked: boolean): void;
  /** Whether the flow may read that field of a widget's result. Absent: it may read all. */
  reads?(widget: string, field: string): boolean;
  /** Whether a variable may be the beginning of a URL with that value; none may when absent. */
  beginsUrl?(variable: VariableName, value: Json): boolean;
}

export type VariableChange =
  | { readonly kind: 'set'; readonly variable: VariableName; readonly value: Json; readonly masked: boolean }
  | { readonly kind: 'clear'; readonly variable: VariableName };

const systemNames: ReadonlySet<string> = new Set(SYSTEM_VALUES);

/**
 * The variables of one run (docs/behaviour.md#namespaces). Reads of `$call.*` and `$sys.*` are recorded inputs; everything else
 * lies in here.
 */
export class RunVariables implements Variables {
  readonly #store = new VariableStore();
  readonly #results = new Map<string, { readonly value: ReadonlyMap<string, Json>; readonly masked: boolean }>();
  /** The last digits keyed in, known here before anybody else knows them. */
  #dtmf: Stored | null = null;

  /** Masked values stay masked when their variable is overwritten: an answer that quotes one may come later. */
  readonly #masked = new Set<string>();

  readonly #lookup: Lookup = (variable) => this.#find(variable) ?? { value: undefined, masked: false };
  readonly #urlLookup: Lookup = (variable) => {
    const found = this.#lookup(variable);
    const beginsUrl = found.value !== undefined && this.sources.beginsUrl?.(variable, found.value) === true;
    return { ...found, beginsUrl };
  };

  constructor(private readonly sources: VariableSources) {}

  text(template: string, mode: TemplateMode = 'text'): Resolved<string> {
    return renderText(template, mode, mode === 'url' ? this.#urlLookup : this.#lookup);
  }

  secretText(template: string, mode: TemplateMode = 'text'): Resolved<SecretText> {
    return renderSecretText(template, mode, mode === 'url' ? this.#urlLookup : this.#lookup);
  }

  typed(template: string): Resolved<Json> {
    return renderTyped(template, this.#lookup);
  }

  get(name: string): Json | undefined {
    const variable = parseName(name);
    return variable === null ? undefined : this.#find(variable)?.value;
  }

  all(namespace: Namespace): readonly { readonly name: string; readonly value: Json; readonly masked: boolean }[] {
    return this.#all(namespace).map(([name, stored]) => ({ name: formatName({ namespace, name }), ...stored }));
  }

  set(name: string, value: Json, options: { readonly masked?: boolean } = {}): void {
    const variable = writable(name);
    const masked = options.masked ?? false;
    this.#store.set(formatName(variable), value, masked);
    if (masked) this.#mask(value);
    this.sources.changed({ kind: 'set', variable, value, masked });
  }

  clear(name: string): void {
    const variable = writable(name);
    if (this.#store.clear(formatName(variable))) this.sources.changed({ kind: 'clear', variable });
  }

  evaluate(expression: string): Result<Resolved<Json>, string> {
    return evaluateExpression(expression, { lookup: this.#lookup, all: (namespace) => this.#all(namespace) });
  }

  segments(prompt: Prompt): Resolved<readonly Segment[]> {
    return resolvePrompt(prompt, this.#urlLookup, this.sources.flow);
  }

  /**
   * Keeps a widget's result as `$widget.<id>.*` (docs/behaviour.md#results-by-widget); what is long, such as the answer of a
   * webhook, only for a flow that reads it there.
   */
  setResult(widget: string, value: JsonObject, masked: boolean): void {
    const kept = Object.entries<Json>(value).filter(
      ([field, given]) => !isLong(given) || this.sources.reads?.(widget, field) !== false,
    );
    this.#results.set(widget, { value: new Map(kept), masked });
    this.sources.result?.(widget, value, masked);
  }

  /** Notes digits the caller keyed in: `$call.dtmf`, `$INPUT`. */
  setDigits(digits: string, masked: boolean): void {
    this.#dtmf = { value: digits, masked };
    if (masked) this.#mask(digits);
  }

  /** Puts in values that were stored for the contact, without journalling or storing them again. */
  loadUser(values: JsonObject): void {
    for (const [name, value] of Object.entries(values)) {
      const variable: VariableName = { namespace: 'user.key', name };
      if (isValidName(variable)) this.#store.set(formatName(variable), value, false);
    }
  }

  /** Every masked value so far, as text, so that the journal can keep them out wherever they turn up. */
  maskedTexts(): readonly string[] {
    return [...this.#masked];
  }

  /** All values set so far by full name, masked ones as `***`. */
  snapshot(): ReadonlyMap<string, Stored> {
    return new Map(
      [...this.#store.entries()].map(([name, { value, masked }]) => [name, { value: masked ? MASK : value, masked }]),
    );
  }

  #mask(value: Json): void {
    if (this.#masked.size < MAX_VARIABLES) this.#masked.add(asText(value));
  }

  #find(variable: VariableName): Stored | undefined {
    switch (variable.namespace) {
      case 'call':
        return this.#fact(variable.name);
      case 'sys':
        return systemNames.has(variable.name)
          ? {
              value: systemValue(variable.name as (typeof SYSTEM_VALUES)[number], this.sources.flow, this.sources),
              masked: false,
            }
          : undefined;
      case 'widget':
        return this.#result(variable.name);
      case 'secret':
        // Secrets are read inside `webhooks` only (docs/decisions/0014-secrets-by-name.md).
        return undefined;
      case 'param': {
        const alias = PARAM_ALIASES.get(variable.name);
        return alias === undefined ? this.#store.get(formatName(variable)) : this.#find(alias);
      }
      default:
        return this.#store.get(formatName(variable));
    }
  }

  #fact(name: string): Stored | undefined {
    if (name === 'dtmf' && this.#dtmf !== null) return this.#dtmf;
    const value = this.sources.fact(name);
    return value === undefined ? undefined : { value, masked: false };
  }

  #result(name: string): Stored | undefined {
    const dot = name.indexOf('.');
    const result = this.#results.get(name.slice(0, dot));
    const value = result?.value.get(name.slice(dot + 1));
    return result === undefined || value === undefined ? undefined : { value, masked: result.masked };
  }

  #all(namespace: Namespace): readonly (readonly [string, Stored])[] {
    return [...this.#store.entries()].flatMap(([full, stored]) => {
      const variable = parseName(full);
      return variable?.namespace === namespace ? [[variable.name, stored] as const] : [];
    });
  }
}

/** The variable of that name, or a fault when it cannot be written. The checker has refused such flows already. */
function writable(name: string): VariableName {
  const variable = parseName(name);
  if (variable === null || !isWritable(variable) || !isValidName(variable)) {
    throw new FlowFault('FLOW_READ_ONLY', `${name} is not a variable that a flow can write.`);
  }
  return variable;
}
