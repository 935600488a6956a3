import { z } from 'zod';
import { asText } from '../../flow/variables/escape.js';
import { variablesIn } from '../../flow/variables/scanner.js';
import type { WidgetContext } from '../../flow/widget.js';
import type { Code } from '../../lib/codes.js';
import type { Json } from '../../lib/json/json.js';
import { jsonText } from '../../lib/json/json-text.js';
import { err, ok, type Result } from '../../lib/result.js';
import { readDate, type DateContext, type Moment } from '../../lib/dates.js';
import { variableField } from '../shared/fields.js';
import type { ExactNumber } from '../../lib/number/exact-number.js';
import { asNumber, numericOf } from '../shared/values.js';

/** Longest text an operation takes, characters. */
const MAX_INPUT_CHARS = 65_536;

/** Why an operation has no result. */
export interface OperationFailure {
  readonly code: Code;
  readonly message: string;
}

export type OperationResult = Result<Json, OperationFailure>;

/** One operation: its documentation, its fields, and what it makes of them. */
export interface ValueOperation {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodObject;
  /** Why the operation always fails with these fields; null when only the run can tell. */
  never(fields: unknown): string | null;
  /** `fields` are as parsed by `schema`. */
  apply(fields: unknown, inputs: Inputs): OperationResult;
}

/** A value an operation works on. */
export const operand = z
  .union([z.string().max(10_000), z.number(), z.boolean()], 'must be text, a number, true or false')
  .describe('Text, number or variable.');
export type Operand = z.infer<typeof operand>;

/** The same where a number is needed: a number, text written as one, or text with variables. */
export const numberOperand = operand.refine(
  (source) => asNumber(typeof source === 'boolean' ? null : source) !== null || hasVariables(source),
  'must be a number, or a variable that holds one',
);

/** True when only the run can tell the value. */
export function hasVariables(source: Operand): boolean {
  return typeof source === 'string' && variablesIn(source).length > 0;
}

/** Declares an operation; its fields are typed by their schemas. */
export function defineOperation<S extends z.ZodRawShape>(operation: {
  readonly name: string;
  readonly summary: string;
  readonly fields: S;
  never?(fields: z.infer<z.ZodObject<S>>): string | null;
  apply(fields: z.infer<z.ZodObject<S>>, inputs: Inputs): OperationResult;
}): ValueOperation {
  const { name, summary, fields } = operation;
  type Fields = z.infer<z.ZodObject<S>>;
  const frame = { operation: z.literal(name).describe(summary), saveIn: variableField };
  const schema = z.strictObject({ ...frame, ...fields });
  return {
    name,
    summary,
    schema,
    never: (parsed) => operation.never?.(parsed as Fields) ?? null,
    apply: (parsed, inputs) => operation.apply(parsed as Fields, inputs),
  };
}

/** A described failure. */
export function failure(code: Code, message: string): { readonly ok: false; readonly error: OperationFailure } {
  return err({ code, message });
}

/** Reads the values of an operation, and remembers whether a masked one was among them. */
export class Inputs {
  /** A masked value went in: the result is masked too. */
  masked = false;

  constructor(private readonly context: Pick<WidgetContext, 'vars' | 'clock' | 'random' | 'flow'>) {}

  /** The value with its own type. */
  value(source: Operand): Json {
    if (typeof source !== 'string') return source;
    const resolved = this.context.vars.typed(source);
    this.masked ||= resolved.masked;
    return resolved.value;
  }

  /** The value as text. */
  text(source: Operand): Result<string, OperationFailure> {
    const text = asText(this.value(source));
    if (text.length <= MAX_INPUT_CHARS) return ok(text);
    return failure('VALUE_TOO_LONG', `The text has ${text.length} characters; ${MAX_INPUT_CHARS} are allowed.`);
  }

  /** Several values as text, or the first failure. */
  texts(...sources: readonly Operand[]): Result<readonly string[], OperationFailure> {
    return all(sources.map((source) => this.text(source)));
  }

  /** Several values as numbers, or the first that is none. */
  numbers(...sources: readonly Operand[]): Result<readonly number[], OperationFailure> {
    return all(sources.map((source) => this.number(source)));
  }

  number(source: Operand): Result<number, OperationFailure> {
    const exact = this.exact(source);
    if (!exact.ok) return exact;
    const number = asNumber(exact.value);
    return number === null ? failure('NUMBER_OUT_OF_RANGE', 'The number is too large to calculate with.') : ok(number);
  }

  /** The value as a number with all its digits. */
  exact(source: Operand): Result<number | ExactNumber, OperationFailure> {
    const value = this.value(source);
    const number = numericOf(value);
    return number === null ? failure('VALUE_NOT_A_NUMBER', `${this.quoted(value)} is not a number.`) : ok(number);
  }

  /** Several of them, or the first value that is no number. */
  exacts(...sources: readonly Operand[]): Result<readonly (number | ExactNumber)[], OperationFailure> {
    return all(sources.map((source) => this.exact(source)));
  }

  /** True when numbers are held as JavaScript holds them, whatever digits they lose: in replays of calls of before. */
  get inexact(): boolean {
    return this.context.flow.textsAsNumbers === true;
  }

  /** The value as a date: ISO 8601, or of the given form. */
  date(source: Operand, format?: string): Result<Moment, OperationFailure> {
    const read = readDate(asText(this.value(source)), this.dates, format);
    return read.ok ? read : failure('VALUE_NOT_A_DATE', this.masked ? 'The value is not a date.' : `${read.error}.`);
  }

  get dates(): DateContext {
    const { clock, flow } = this.context;
    return { zone: flow.timeZone, now: () => clock.now() };
  }

  get language(): string {
    return this.context.flow.language;
  }

  /** A float in [0, 1). */
  random(): number {
    return this.context.random.next();
  }

  /** A value in a message: never a masked one. */
  private quoted(value: Json): string {
    return this.masked ? 'The value' : jsonText(value).slice(0, 60);
  }
}

function all<T>(results: readonly Result<T, OperationFailure>[]): Result<readonly T[], OperationFailure> {
  const values: T[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return ok(values);
}
