import { z } from 'zod';
import { significantDigits } from '../../lib/number/decimal.js';
import type { ExactNumber } from '../../lib/number/exact-number.js';
import { ok } from '../../lib/result.js';
import { type ArithmeticName, calculated, decimalOf, numberOf, rounded, type Decimal } from './decimal.js';
import {
  defineOperation,
  failure,
  hasVariables,
  numberOperand,
  type Inputs,
  type Operand,
  type OperationResult,
} from './operator.js';

/*
 * Operations on numbers. They are calculated in decimal, so that no digit is lost and 0.1 + 0.2 is 0.3. Only a quotient of short numbers
 * is that of JavaScript, cleaned of binary rounding: it need not end.
 */

/** Decimal digits a double holds for certain. */
const EXACT_DIGITS = 15;

const left = numberOperand.describe('First number.');
const right = numberOperand.describe('Second number.');

function finite(value: number): OperationResult {
  if (!Number.isFinite(value)) return failure('NUMBER_OUT_OF_RANGE', 'The calculation has no finite result.');
  return ok(Number.isSafeInteger(value) ? value : Number(value.toPrecision(EXACT_DIGITS)));
}

/** True when the values stand in the flow, so that they are known before it runs. */
function written(...operands: readonly Operand[]): boolean {
  return !operands.some(hasVariables);
}

type Exact = number | ExactNumber;

function needsDecimal(number: Exact): boolean {
  return significantDigits(String(number)) > EXACT_DIGITS || Math.abs(Number(number)) > Number.MAX_SAFE_INTEGER;
}

/** False for a quotient of numbers that JavaScript holds, and in a replay that calculates as then. */
function isDecimal(name: ArithmeticName, numbers: readonly Exact[], { inexact }: Inputs): boolean {
  return !inexact && (name !== 'divide' || numbers.some(needsDecimal));
}

/** What a calculation in decimal comes to. */
function inDecimal(
  [first = 0, second = 0]: readonly Exact[],
  calculate: (a: Decimal, b: Decimal) => Decimal | null,
): OperationResult {
  const [a, b] = [decimalOf(String(first)), decimalOf(String(second))];
  if (a === null || b === null) return failure('NUMBER_OUT_OF_RANGE', 'The number has too many digits to calculate with.');
  const result = calculate(a, b);
  const number = result === null ? null : numberOf(result);
  return number === null ? failure('NUMBER_OUT_OF_RANGE', 'The calculation has no finite result.') : ok(number);
}

function arithmetic(name: ArithmeticName, summary: string, calculate: (a: number, b: number) => number) {
  return defineOperation({
    name,
    summary,
    fields: { left, right },
    never: (fields) =>
      written(fields.right) && !Number.isFinite(calculate(1, Number(fields.right))) ? 'nothing can be divided by 0' : null,
    apply(fields, inputs) {
      const numbers = inputs.exacts(fields.left, fields.right);
      if (!numbers.ok) return numbers;
      if (isDecimal(name, numbers.value, inputs)) {
        return inDecimal(numbers.value, (left, right) => calculated(name, left, right));
      }
      const [a = 0, b = 0] = numbers.value.map(Number);
      return finite(calculate(a, b));
    },
  });
}

/** `value` rounded by `round` at so many decimals, in decimal and not in binary: 1.005 at 2 is 1.01. */
function atDecimals(value: number, decimals: number, round: (value: number) => number): number {
  const shifted = Number(`${value}e${decimals}`);
  // Written with an exponent (above 1e21 or below 1e-6) the number cannot be shifted that way; no decimals matter there.
  if (Number.isNaN(shifted)) return Math.abs(value) < 1 ? 0 : value;
  return Number(`${round(shifted)}e-${decimals}`);
}

const ROUNDING = {
  nearest: (value: number) => Math.sign(value) * Math.round(Math.abs(value)),
  up: Math.ceil,
  down: Math.floor,
} as const;

export const numberOperations = [
  arithmetic('add', '`left` + `right`.', (a, b) => a + b),
  arithmetic('subtract', '`left` − `right`.', (a, b) => a - b),
  arithmetic('multiply', '`left` × `right`.', (a, b) => a * b),
  arithmetic('divide', '`left` ÷ `right`; fails when `right` is 0.', (a, b) => a / b),
  arithmetic('modulo', 'Rest of `left` ÷ `right`, with the sign of `right`.', (a, b) => ((a % b) + b) % b),
  defineOperation({
    name: 'round',
    summary: 'A number rounded to some decimals.',
    fields: {
      value: numberOperand,
      decimals: z.number().int().min(0).max(10).default(0).describe('Digits behind the point that stay.'),
      mode: z.enum(['nearest', 'up', 'down']).default('nearest').describe('`nearest` rounds halves away from zero.'),
    },
    apply({ value, decimals, mode }, inputs) {
      const number = inputs.exact(value);
      if (!number.ok) return number;
      if (!inputs.inexact) return inDecimal([number.value], (exact) => rounded(exact, decimals, mode));
      return finite(atDecimals(Number(number.value), decimals, ROUNDING[mode]));
    },
  }),
  defineOperation({
    name: 'random',
    summary: 'A random whole number between two, both included.',
    fields: { min: numberOperand.default(1).describe('Lowest.'), max: numberOperand.describe('Highest.') },
    never: ({ min, max }) =>
      written(min, max) && Math.ceil(Number(min)) > Math.floor(Number(max))
        ? `there is no whole number from ${min} to ${max}`
        : null,
    apply({ min, max }, inputs) {
      const numbers = inputs.numbers(min, max);
      if (!numbers.ok) return numbers;
      const [low, high] = [Math.ceil(numbers.value[0] ?? 0), Math.floor(numbers.value[1] ?? 0)];
      if (high < low) return failure('NUMBER_OUT_OF_RANGE', `There is no whole number from ${low} to ${high}.`);
      return finite(low + Math.floor(inputs.random() * (high - low + 1)));
    },
  }),
] as const;
