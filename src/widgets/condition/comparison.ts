import { z } from 'zod';
import { asText } from '../../flow/variables/escape.js';
import { matchPattern } from '../../flow/expression/pattern.js';
import type { Variables } from '../../flow/widget.js';
import { compareDecimals } from '../../lib/number/decimal.js';
import { isJsonNumber } from '../../lib/number/exact-number.js';
import { isBranch, isNumber, type Json } from '../../lib/json/json.js';
import { compareDates, readDate, type DateContext, type Moment } from '../../lib/dates.js';
import { patternField } from '../shared/fields.js';
import { asList, isEmpty, isList, numericOf } from '../shared/values.js';

/* One comparison of a condition: a variable, an operator and a value. */

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
const as = z
  .enum(['text', 'number'])
  .optional()
  .describe('`number`: what is written as a number is compared by its value, so that `007` equals 7. text.');

const OPERATORS = 'How they are compared.';

const equality = z.strictObject({
  variable,
  operator: z.enum(['equals', 'notEquals', 'contains', 'notContains']).describe(OPERATORS),
  value: operand,
  as,
  ignoreCase,
});

const edges = z.strictObject({
  variable,
  operator: z.enum(['startsWith', 'notStartsWith', 'endsWith', 'notEndsWith']).describe(OPERATORS),
  value: operand,
  ignoreCase,
});

/** Operators by the shape of their value. A name that begins with `not` is the opposite of the other. */
export const comparisonSchema = z
  .discriminatedUnion(
    'operator',
    [
      equality,
      edges,
      z.strictObject({ variable, operator: z.enum(['<', '<=', '>', '>=']), value: operand }),
      z.strictObject({
        variable,
        operator: z.enum(['in', 'notIn']),
        value: z
          .union([z.array(operand).min(1).max(1000), z.string().min(1).max(1000)], 'must be a list, or a variable that holds one')
          .describe('The list, or a variable that holds one (a list, or text with commas).'),
        as,
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
  /** Texts that are written as numbers are numbers everywhere, held as JavaScript holds them: the rule of calls that began before. */
  readonly textsAsNumbers: boolean;
}

/** True when the comparison holds. A value that is not there is empty text; ordering never holds for an empty value. */
export function compare(comparison: Comparison, context: ComparisonContext): boolean {
  const left = context.vars.typed(comparison.variable).value;
  switch (comparison.operator) {
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isOrdered(left, comparison.operator, resolve(comparison.value, context), context);
    case 'in':
    case 'notIn':
      return isIn(comparison, left, context) === (comparison.operator === 'in');
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

/** How two values are found equal. */
interface Equality {
  readonly as?: 'text' | 'number' | undefined;
  readonly ignoreCase: boolean;
  readonly context: ComparisonContext;
}

/**
 * Two numbers are equal by their value, a number and a text when the text writes that number as JSON does (`7`, `12.5`, not `007`), two
 * texts when they are the same. By `as: number` texts that are written as numbers count as numbers too.
 */
function isEqual(left: Json, right: Json, how: Equality): boolean {
  const [a, b] = [numberIn(left, right, how), numberIn(right, left, how)];
  if (a !== null && b !== null) return compareNumbers(a, b, how.context) === 0;
  return fold(asText(left), how.ignoreCase) === fold(asText(right), how.ignoreCase);
}

/** The number a value stands for when it is compared with `other`; null when it is no number there. */
function numberIn(value: Json, other: Json, { as: wanted, context: { textsAsNumbers } }: Equality) {
  if (typeof value !== 'string' || wanted === 'number' || (textsAsNumbers && wanted === undefined)) return numericOf(value);
  return isNumber(other) && isJsonNumber(value) ? numericOf(value) : null;
}

type Numeric = NonNullable<ReturnType<typeof numericOf>>;

/** Below zero when `a` is less. */
function compareNumbers(a: Numeric, b: Numeric, { textsAsNumbers }: ComparisonContext): number {
  return textsAsNumbers ? Number(a) - Number(b) : compareDecimals(String(a), String(b));
}

function fold(text: string, ignoring: boolean): string {
  return ignoring ? text.toLowerCase() : text;
}

type TextComparison = z.infer<typeof equality> | z.infer<typeof edges>;

const OPPOSITES = {
  notEquals: 'equals',
  notContains: 'contains',
  notStartsWith: 'startsWith',
  notEndsWith: 'endsWith',
} as const satisfies Partial<Record<TextComparison['operator'], TextComparison['operator']>>;

function compareText({ operator, ...comparison }: TextComparison, left: Json, context: ComparisonContext): boolean {
  const right = resolve(comparison.value, context);
  const how = { as: undefined, ...comparison, context };
  const test = (name: (typeof OPPOSITES)[keyof typeof OPPOSITES]): boolean => isRelated(left, name, right, how);
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

function isRelated(left: Json, operator: (typeof OPPOSITES)[keyof typeof OPPOSITES], right: Json, how: Equality): boolean {
  if (operator === 'equals') return isEqual(left, right, how);
  if (operator === 'contains' && isList(left)) return left.some((item) => isEqual(item, right, how));
  const [text, part] = [fold(asText(left), how.ignoreCase), fold(asText(right), how.ignoreCase)];
  if (operator === 'contains') return text.includes(part);
  return operator === 'startsWith' ? text.startsWith(part) : text.endsWith(part);
}

/** Below zero when `left` comes first; null when either is empty. Numeric by all digits when both are, else by character code. */
function order(left: Json, right: Json, context: ComparisonContext): number | null {
  if (isEmpty(left) || isEmpty(right)) return null;
  const [a, b] = [numericOf(left), numericOf(right)];
  if (a !== null && b !== null) return compareNumbers(a, b, context);
  const [textA, textB] = [asText(left), asText(right)];
  return textA === textB ? 0 : textA < textB ? -1 : 1;
}

function isOrdered(left: Json, operator: '<' | '<=' | '>' | '>=', right: Json, context: ComparisonContext): boolean {
  const result = order(left, right, context);
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

function isIn(
  { value, ...how }: Omit<Equality, 'context'> & { readonly value: string | readonly Operand[] },
  left: Json,
  context: ComparisonContext,
): boolean {
  const list = typeof value === 'string' ? asList(resolve(value, context)) : value.map((item) => resolve(item, context));
  return list.some((item) => isEqual(left, item, { ...how, context }));
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
      return numericOf(value) !== null;
    case 'integer':
      return isWhole(value);
    case 'digits':
      return /^\d+$/.test(asText(value));
    case 'boolean':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'date':
      return moment(value, dates) !== null;
    case 'list':
      return isList(value);
    case 'object':
      return isBranch(value) && !isList(value);
  }
}

/** A whole number, however large; `7.00` is one. */
function isWhole(value: Json): boolean {
  const number = numericOf(value);
  if (typeof number === 'number') return Number.isInteger(number);
  return number !== null && /^-?\d+(?:\.0+)?$/.test(String(number));
}

function moment(value: Json, dates: DateContext): Moment | null {
  if (typeof value !== 'string') return null;
  const read = readDate(value, dates);
  return read.ok ? read.value : null;
}

/** As numbers when all three are numeric, as dates when all three are dates, else as text. */
function isBetween(left: Json, [low, high]: readonly [Operand, Operand], context: ComparisonContext): boolean {
  const [from, to] = [resolve(low, context), resolve(high, context)];
  if ([left, from, to].every((value) => numericOf(value) === null)) {
    const [at, first, last] = [left, from, to].map((value) => moment(value, context.dates));
    if (at && first && last) return compareDates(first, at) <= 0 && compareDates(at, last) <= 0;
  }
  return isOrdered(left, '>=', from, context) && isOrdered(left, '<=', to, context);
}

function isOnSide(left: Json, operator: 'dateBefore' | 'dateAfter', right: Json, dates: DateContext): boolean {
  const [a, b] = [moment(left, dates), moment(right, dates)];
  if (!a || !b) return false;
  return operator === 'dateBefore' ? compareDates(a, b) < 0 : compareDates(a, b) > 0;
}
