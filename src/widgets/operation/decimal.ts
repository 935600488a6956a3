import { isExact, numberOfDigits, type ExactNumber } from '../../lib/number/exact-number.js';

/* Decimal arithmetic for numbers with more digits than a JavaScript number holds. */

/** `units` tenths, hundredths, … by `scale`: 12.50 is 1250 at scale 2. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/** Most digits before and behind the point that are calculated with: more than any JavaScript number has. */
const MAX_DIGITS = 350;
/** Digits behind the point of a quotient that does not end sooner. */
const QUOTIENT_DIGITS = 20;

/** Calculations with two numbers. */
export type ArithmeticName = 'add' | 'subtract' | 'multiply' | 'divide' | 'modulo';

const PARTS = /^(-?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

/** Reads a decimal number; null when it has more than {@link MAX_DIGITS} digits on either side of the point. */
export function decimalOf(text: string): Decimal | null {
  const [, minus = '', whole = '', fraction = '', exponent = '0'] = PARTS.exec(text) ?? [];
  const shift = Number(exponent);
  const scale = fraction.length - shift;
  if (whole.length + Math.max(shift, 0) > MAX_DIGITS || scale > MAX_DIGITS) return null;
  const units = BigInt(`${minus}${whole}${fraction}`) * 10n ** BigInt(Math.max(-scale, 0));
  return { units, scale: Math.max(scale, 0) };
}

/** The number, without zeros at the end of its fraction; null when it has too many digits. */
export function numberOf({ units, scale }: Decimal): number | ExactNumber | null {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  if (whole.length > MAX_DIGITS) return null;
  const number = numberOfDigits(`${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);
  return isExact(number) && number.isHeld ? number.toNumber() : number;
}

/** The sum of two numbers with all their digits; null when it has too many. */
export function exactSum(left: number | ExactNumber, right: number | ExactNumber): number | ExactNumber | null {
  const [a, b] = [decimalOf(String(left)), decimalOf(String(right))];
  const sum = a === null || b === null ? null : calculated('add', a, b);
  return sum === null ? null : numberOf(sum);
}

/** Both at the larger scale. */
function aligned(left: Decimal, right: Decimal): readonly [bigint, bigint, number] {
  const scale = Math.max(left.scale, right.scale);
  const units = ({ units: own, scale: at }: Decimal): bigint => own * 10n ** BigInt(scale - at);
  return [units(left), units(right), scale];
}

/** What two numbers come to; null where there is no result: nothing is divided by 0. */
export function calculated(name: ArithmeticName, left: Decimal, right: Decimal): Decimal | null {
  const [a, b, scale] = aligned(left, right);
  switch (name) {
    case 'add':
      return { units: a + b, scale };
    case 'subtract':
      return { units: a - b, scale };
    case 'multiply':
      return { units: left.units * right.units, scale: left.scale + right.scale };
    case 'divide':
      return b === 0n ? null : quotient(a, b);
    case 'modulo':
      return b === 0n ? null : { units: ((a % b) + b) % b, scale };
  }
}

/** One digit more than is kept, for rounding. */
function quotient(a: bigint, b: bigint): Decimal {
  const scale = QUOTIENT_DIGITS + 1;
  return rounded({ units: (a * 10n ** BigInt(scale)) / b, scale }, QUOTIENT_DIGITS, 'nearest');
}

/** Rounded to so many digits behind the point; `nearest` rounds halves away from zero. */
export function rounded(value: Decimal, decimals: number, mode: 'nearest' | 'up' | 'down'): Decimal {
  if (value.scale <= decimals) return value;
  const step = 10n ** BigInt(value.scale - decimals);
  const rest = ((value.units % step) + step) % step;
  const below = (value.units - rest) / step;
  const half = rest * 2n;
  const up = mode === 'up' ? rest > 0n : mode === 'nearest' && (half > step || (half === step && value.units > 0n));
  return { units: up ? below + 1n : below, scale: decimals };
}
