import type { RowNote, SecretText, WebhookRow } from '../../model/webhook.js';
import type { Resolved, TemplateMode, WidgetContext } from '../../flow/widget.js';
import { fitHeader, type Ends, type Fitted } from '../../lib/header-value.js';
import type { Json } from '../../lib/json/json.js';
import { type EmptyRow, parameterOf, type WebhookConfigRow } from './rows.js';

/**
 * Puts variables into the fields of a webhook, one after the other, and gathers what went wrong: a variable without a value in a place
 * that needs one makes the request impossible (docs/behaviour.md#missing-values). Escaping follows the place a value goes to.
 */
export class Gathering {
  /** Tokens that had no value where one is needed. */
  readonly missing: string[] = [];
  /** A masked value went in. */
  masked = false;
  /** Why no request may be made to a URL that was gathered. */
  refused: string | null = null;

  /** Rows that are left out or sent in another form. */
  readonly notes: RowNote[] = [];

  constructor(private readonly vars: WidgetContext['vars']) {}

  /** A text in which secrets are legal. */
  secret(template: string, mode: TemplateMode): SecretText {
    return this.#need(this.vars.secretText(template, mode));
  }

  /** A text in which they are not. */
  text(template: string, mode: TemplateMode): string {
    return this.#need(this.vars.text(template, mode));
  }

  /** A text without secrets that becomes the value of a header. */
  header(template: string, at: Pick<RowNote, 'place' | 'key'>): string {
    const { text, done } = fitHeader(this.text(template, 'text'));
    if (done.length > 0) this.notes.push({ ...at, note: done.join(', ') });
    return text;
  }

  /** The typed value of a text that is exactly one variable, else its text. */
  typed(template: string): Json {
    return this.#need(this.vars.typed(template));
  }

  /**
   * Rows of a query or of headers. One without a value is left out, or missed when it is mandatory.
   *
   * @param empty what a row that was left empty holds: nothing, or the variable of its key
   */
  rows(rows: readonly WebhookConfigRow[], place: 'query' | 'headers', empty: EmptyRow = 'text'): WebhookRow[] {
    return rows.flatMap((row) => {
      const template = parameterOf(row, empty) ?? row.value;
      if (place === 'headers') return this.#headerRow(row, template);
      const value = this.#rowValue(row, this.vars.secretText(template), place);
      return value === undefined ? [] : [{ key: row.key, value }];
    });
  }

  #headerRow(row: WebhookConfigRow, template: string): WebhookRow[] {
    const at = { place: 'headers', key: row.key } as const;
    const value = this.#rowValue(row, this.vars.secretText(template, headerMode(row.key)), 'headers');
    if (value === undefined) return [];
    if (headerMode(row.key) === 'cookie' && !isSame(value, this.vars.secretText(template).value))
      this.notes.push({ ...at, note: '“;” inside a cookie written as %3B' });
    return [{ key: row.key, value: this.fitted(value, fitHeader, at) }];
  }

  /**
   * A text made to fit its place. Secrets in it are the site's and stay as they are.
   *
   * @param at where what was done to it is noted
   */
  fitted(text: SecretText, fit: (part: string, ends: Ends) => Fitted, at: Pick<RowNote, 'place' | 'key'>): SecretText {
    const done = new Set<string>();
    const parts = text.map((part, index) => {
      if (typeof part !== 'string') return part;
      const fitted = fit(part, { start: index === 0, end: index === text.length - 1 });
      for (const what of fitted.done) done.add(what);
      return fitted.text;
    });
    if (done.size > 0) this.notes.push({ ...at, note: [...done].join(', ') });
    return parts;
  }

  /** Fields of a form, as text. */
  fields(rows: readonly WebhookConfigRow[]): { readonly key: string; readonly value: string }[] {
    return rows.flatMap((row) => {
      const value = this.#rowValue(row, this.vars.text(row.value), 'body');
      return value === undefined ? [] : [{ key: row.key, value }];
    });
  }

  /** Fields of a JSON object: a row of type variable keeps the variable's own type. Every row has its place, with a value or without. */
  members(rows: readonly WebhookConfigRow[]): { readonly key: string; readonly value: Json | undefined }[] {
    return rows.map((row) => {
      const resolved = row.type === 'variable' ? this.vars.typed(row.value) : this.vars.text(row.value);
      return { key: row.key, value: this.#rowValue<Json>(row, resolved, 'body') };
    });
  }

  /** The value of a row, or undefined when an optional row is without. */
  #rowValue<T>({ key, mandatory }: WebhookConfigRow, resolved: Resolved<T>, place: RowNote['place']): T | undefined {
    if (resolved.missing.length === 0 || mandatory) return this.#need(resolved);
    this.notes.push({ place, key, note: `left out: no value for ${resolved.missing.join(', ')}` });
    return undefined;
  }

  #need<T>(resolved: Resolved<T>): T {
    this.missing.push(...resolved.missing);
    this.masked ||= resolved.masked;
    this.refused ??= resolved.refused ?? null;
    return resolved.value;
  }
}

/** How variables go into the header of this name: one of several cookies is one cookie. */
export function headerMode(name: string): TemplateMode {
  return name.toLowerCase() === 'cookie' ? 'cookie' : 'text';
}

function isSame(left: SecretText, right: SecretText): boolean {
  return left.every((part, index) => typeof part !== 'string' || part === right[index]);
}
