import { z } from 'zod';
import { asText } from '../../flow/escape.js';
import { matchPattern } from '../../flow/pattern.js';
import type { Variables } from '../../flow/widget.js';
import type { Json } from '../../lib/json.js';
import { compareDates, readDate, type DateContext, type Moment } from '../../lib/dates.js';
import { patternField } from '../fields.js';
import { asList, asNumber, isEmpty, isList } from '../values.js';

/* One comparison of a condition: a variable, an operator and a value (A11). */

/** Types a value can be asked for. */
const VALUE_TYPES = ['text', 'number', 'integer', 'digits', 'boolean', 'date', 'list', 'object'] as const;
type ValueType = (typeof VALUE_TYPES)[number];

const variable = z
  .string()
  .min(1)
  .max(1000)
  .describe('What is tested: a variable such as `$flow.key.status`, or a text with variables in it.');
const operand = z
  .union([z.string().max(1000), z.number(), z.boolean()], 'must be text, a number, true or false')
  .describe('What it is compared with; variables allowed.');
const ignoreCase = z.boolean().default(false).describe('Capital and small letters are the same.');

const textComparison = z.strictObject({
  variable,
  operator: z
    .enum(['equals', 'notEquals', 'contains', 'notContains', 'startsWith', 'notStartsWith', 'endsWith', 'notEndsWith'])
    .describe('How they are compared.'),
  value: operand,
  ignoreCase,
});

/** Operators by the shape of their value. A name that begins with `not` is the opposite of the other. */
export const comparisonSchema = z
  .discriminatedUnion(
    'operator',
    [
      textComparison,
      z.strictObject({ variable, operator: z.enum(['<', '<=', '>', '>=']), value: operand }),
      z.strictObject({
        variable,
        operator: z.enum(['in', 'notIn']),
        value: z
          .union([z.array(operand).min(1).max(1000), z.string().min(1).max(1000)], 'must be a list, or a variable that holds one')
          .describe('The list, or a variable that holds one (a list, or text with commas).'),
        ignoreCase,
      }),
      z.strictObject({
        variable,
        operator: z.enum(['matches', 'notMatches']),
        value: patternField.describe('Regular expression, found anywhere unless `^` and `$` tie it to the ends; no variables.'),
        ignoreCase,
      }),
      z.strictObject({ variable, operator: z.enum(['isEmpty', 'isNotEmpty']) }),
      z.strictObject({
        variable,
        operator: z.enum(['isType', 'isNotType']),
        value: z.enum(VALUE_TYPES).describe('`number` and `integer` also hold for text written as one; `digits` is 0-9 only.'),
      }),
      z.strictObject({
        variable,
        operator: z.enum(['between', 'notBetween']),
        value: z
          .tuple([operand, operand], 'must be a list of two: lowest and highest')
          .describe('Lowest and highest, both included.'),
      }),
      z.strictObject({
        variable,
        operator: z.enum(['dateBefore', 'dateAfter']),
        value: z.string().min(1).max(100).describe('ISO 8601 date or date and time, `now`, `today`; variables allowed.'),
      }),
    ],
    { error: 'must be one of the operators of the condition widget' },
  )
  .meta({ id: 'comparison', description: 'Compares a variable with a value.' });

export type Comparison = z.infer<typeof comparisonSchema>;

/** What a comparison needs of a run. */
export interface ComparisonContext {
  readonly vars: Variables;
  readonly dates: DateContext;
}

/** True when the comparison holds. A value that is not there is empty text; ordering never holds for an empty value. */
export function compare(comparison: Comparison, context: ComparisonContext): boolean {
  const left = context.vars.typed(comparison.variable).value;
  switch (comparison.operator) {
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isOrdered(left, comparison.operator, resolve(comparison.value, context));
    case 'in':
    case 'notIn':
      return isIn(comparison.value, left, comparison.ignoreCase, context) === (comparison.operator === 'in');
    case 'matches':
    case 'notMatches':
      return matches(comparison.value, left, comparison.ignoreCase) === (comparison.operator === 'matches');
    case 'isEmpty':
    case 'isNotEmpty':
      return isEmpty(left) === (comparison.operator === 'isEmpty');
    case 'isType':
    case 'isNotType':
      return isType(left, comparison.value, context.dates) === (comparison.operator === 'isType');
    case 'between':
    case 'notBetween':
      return isBetween(left, comparison.value, context) === (comparison.operator === 'between');
    case 'dateBefore':
    case 'dateAfter':
      return isOnSide(left, comparison.operator, resolve(comparison.value, context), context.dates);
    default:
      return compareText(comparison, left, context);
  }
}

type Operand = string | number | boolean;

function resolve(value: Operand, { vars }: ComparisonContext): Json {
  return typeof value === 'string' ? vars.typed(value).value : value;
}

/** As numbers when both are numeric, else as text. */
function isEqual(left: Json, right: Json, ignoring: boolean): boolean {
  const [a, b] = [asNumber(left), asNumber(right)];
  if (a !== null && b !== null) return a === b;
  return fold(asText(left), ignoring) === fold(asText(right), ignoring);
}

function fold(text: string, ignoring: boolean): string {
  return ignoring ? text.toLowerCase() : text;
}

type TextComparison = z.infer<typeof textComparison>;

const OPPOSITES = {
  notEquals: 'equals',
  notContains: 'contains',
  notStartsWith: 'startsWith',
  notEndsWith: 'endsWith',
} as const satisfies Partial<Record<TextComparison['operator'], TextComparison['operator']>>;

function compareText({ operator, ...comparison }: TextComparison, left: Json, context: ComparisonContext): boolean {
  const right = resolve(comparison.value, context);
  const test = (name: (typeof OPPOSITES)[keyof typeof OPPOSITES]): boolean => isRelated(left, name, right, comparison.ignoreCase);
  switch (operator) {
    case 'equals':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return test(operator);
    default:
      return !test(OPPOSITES[operator]);
  }
}

function isRelated(left: Json, operator: (typeof OPPOSITES)[keyof typeof OPPOSITES], right: Json, ignoring: boolean): boolean {
  if (operator === 'equals') return isEqual(left, right, ignoring);
  if (operator === 'contains' && isList(left)) return left.some((item) => isEqual(item, right, ignoring));
  const [text, part] = [fold(asText(left), ignoring), fold(asText(right), ignoring)];
  if (operator === 'contains') return text.includes(part);
  return operator === 'startsWith' ? text.startsWith(part) : text.endsWith(part);
}

/** Below zero when `left` comes first; null when either is empty. Numeric when both are, else by character code. */
function order(left: Json, right: Json): number | null {
  if (isEmpty(left) || isEmpty(right)) return null;
  const [a, b] = [asNumber(left), asNumber(right)];
  if (a !== null && b !== null) return a - b;
  const [textA, textB] = [asText(left), asText(right)];
  return textA === textB ? 0 : textA < textB ? -1 : 1;
}

function isOrdered(left: Json, operator: '<' | '<=' | '>' | '>=', right: Json): boolean {
  const result = order(left, right);
  if (result === null) return false;
  switch (operator) {
    case '<':
      return result < 0;
    case '<=':
      return result <= 0;
    case '>':
      return result > 0;
    case '>=':
      return result >= 0;
  }
}

function isIn(value: string | readonly Operand[], left: Json, ignoring: boolean, context: ComparisonContext): boolean {
  const list = typeof value === 'string' ? asList(resolve(value, context)) : value.map((item) => resolve(item, context));
  return list.some((item) => isEqual(left, item, ignoring));
}

function matches(source: string, left: Json, ignoring: boolean): boolean {
  const matched = matchPattern(ignoring ? `(?i)${source}` : source, asText(left));
  return matched.ok && matched.value;
}

function isType(value: Json, type: ValueType, dates: DateContext): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return asNumber(value) !== null;
    case 'integer':
      return Number.isInteger(asNumber(value));
    case 'digits':
      return /^\d+$/.test(asText(value));
    case 'boolean':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'date':
      return moment(value, dates) !== null;
    case 'list':
      return isList(value);
    case 'object':
      return typeof value === 'object' && value !== null && !isList(value);
  }
}

function moment(value: Json, dates: DateContext): Moment | null {
  if (typeof value !== 'string') return null;
  const read = readDate(value, dates);
  return read.ok ? read.value : null;
}

/** As numbers when all three are numeric, as dates when all three are dates, else as text. */
function isBetween(left: Json, [low, high]: readonly [Operand, Operand], context: ComparisonContext): boolean {
  const [from, to] = [resolve(low, context), resolve(high, context)];
  if ([left, from, to].every((value) => asNumber(value) === null)) {
    const [at, first, last] = [left, from, to].map((value) => moment(value, context.dates));
    if (at && first && last) return compareDates(first, at) <= 0 && compareDates(at, last) <= 0;
  }
  return isOrdered(left, '>=', from) && isOrdered(left, '<=', to);
}

function isOnSide(left: Json, operator: 'dateBefore' | 'dateAfter', right: Json, dates: DateContext): boolean {
  const [a, b] = [moment(left, dates), moment(right, dates)];
  if (!a || !b) return false;
  return operator === 'dateBefore' ? compareDates(a, b) < 0 : compareDates(a, b) > 0;
}
