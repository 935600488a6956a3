import { Temporal } from 'temporal-polyfill';
import { cardinal, ordinal } from './english-numbers.js';
import type { SAY_AS } from '../prompt.js';

export interface SayOptions {
  /** BCP 47 tag. */
  readonly language: string;
  /** IANA zone for moments with an offset. */
  readonly timeZone: string;
  /** ISO 4217 code for amounts. */
  readonly currency?: string;
}

/**
 * A value as the words a caller should hear: `1234` as "1 2 3 4", "one thousand …", a date with its month's name, and so on.
 * English is spelled out, because speech engines differ in how they read figures; other languages get what their locale writes.
 * A value that is not of the kind is read as it is.
 */
export function sayAs(kind: (typeof SAY_AS)[number], value: string, options: SayOptions): string {
  const text = value.trim();
  const english = /^en\b/i.test(options.language);
  switch (kind) {
    case 'digits':
      return sayDigits(text, english);
    case 'number':
      return sayNumber(text, options.language, english) ?? text;
    case 'date':
      return sayDate(text, options, english) ?? text;
    case 'time':
      return sayTime(text, options, english) ?? text;
    case 'currency':
      return sayCurrency(text, options, english) ?? text;
  }
}

const ENGLISH_KEYS: Readonly<Record<string, string>> = { '*': 'star', '#': 'pound', '+': 'plus' };

/** One by one, with pauses; separators are dropped. */
function sayDigits(text: string, english: boolean): string {
  return Array.from(text.replace(/[\s().-]/g, ''), (char) => (english ? (ENGLISH_KEYS[char] ?? char) : char)).join(' ');
}

const NUMBER = /^([+-]?)(\d{1,15})(?:\.(\d{1,15}))?$/;

/** Every decimal that is there, and no marks between thousands: some engines read them as points. */
function asWritten(fraction: string): Intl.NumberFormatOptions {
  return { useGrouping: false, minimumFractionDigits: fraction.length, maximumFractionDigits: 15 };
}

function sayNumber(text: string, language: string, english: boolean): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction] = match;
  // A text, not its number: that holds 16 digits.
  if (!english) return new Intl.NumberFormat(locale(language), asWritten(fraction ?? '')).format(text as `${number}`);
  const words = [cardinal(Number(whole))];
  if (sign === '-') words.unshift('minus');
  if (fraction !== undefined) words.push('point', ...Array.from(fraction, (digit) => cardinal(Number(digit))));
  return words.join(' ');
}

/** The calendar day of `2026-03-01`, `2026-03-01T09:05`, or of a moment with an offset in the given zone. */
function parseDate(text: string, timeZone: string): Temporal.PlainDate | null {
  try {
    if (hasOffset(text)) return Temporal.Instant.from(text).toZonedDateTimeISO(timeZone).toPlainDate();
    return Temporal.PlainDate.from(text);
  } catch {
    return null;
  }
}

function parseTime(text: string, timeZone: string): Temporal.PlainTime | null {
  try {
    if (hasOffset(text)) return Temporal.Instant.from(text).toZonedDateTimeISO(timeZone).toPlainTime();
    return Temporal.PlainTime.from(text);
  } catch {
    return null;
  }
}

function hasOffset(text: string): boolean {
  return /T.*(?:Z|[+-]\d{2}:?\d{2})$/i.test(text);
}

function sayDate(text: string, options: SayOptions, english: boolean): string | null {
  const date = parseDate(text, options.timeZone);
  if (date === null) return null;
  const long = { year: 'numeric', month: 'long', day: 'numeric' } as const;
  if (!english) return date.toLocaleString(locale(options.language), long);
  const month = date.toLocaleString('en-US', { month: 'long' });
  return `${month} ${ordinal(date.day)}, ${sayYear(date.year)}`;
}

/** "nineteen ninety-nine", "two thousand five", "twenty twenty-six". */
function sayYear(year: number): string {
  const century = Math.floor(year / 100);
  const rest = year % 100;
  if (year < 1000 || year > 9999 || (century % 10 === 0 && rest < 10)) return cardinal(year);
  if (rest === 0) return `${cardinal(century)} hundred`;
  return `${cardinal(century)} ${rest < 10 ? 'oh ' : ''}${cardinal(rest)}`;
}

function sayTime(text: string, options: SayOptions, english: boolean): string | null {
  const time = parseTime(text, options.timeZone);
  if (time === null) return null;
  if (!english) return time.toLocaleString(locale(options.language), { hour: 'numeric', minute: '2-digit' });
  const hour = cardinal(time.hour % 12 === 0 ? 12 : time.hour % 12);
  const half = time.hour < 12 ? 'A M' : 'P M';
  if (time.minute === 0) return `${hour} ${half}`;
  return `${hour} ${time.minute < 10 ? 'oh ' : ''}${cardinal(time.minute)} ${half}`;
}

/** English names of the hundredth part, singular and plural. */
const MINOR_UNITS: Readonly<Record<string, readonly [string, string]>> = {
  USD: ['cent', 'cents'],
  EUR: ['cent', 'cents'],
  AUD: ['cent', 'cents'],
  CAD: ['cent', 'cents'],
  GBP: ['penny', 'pence'],
  INR: ['paisa', 'paise'],
};

function sayCurrency(text: string, options: SayOptions, english: boolean): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const { currency } = options;
  if (currency === undefined) return sayNumber(text, options.language, english);
  const parts = currencyParts(Number(text), currency, options.language);
  if (!english) return parts.map(({ value }) => value).join('');
  const [, sign, whole = '', fraction = ''] = match;
  const minor = MINOR_UNITS[currency.toUpperCase()];
  const hundredths = Number(fraction.padEnd(2, '0'));
  if (fraction.length > 2 || (minor === undefined && hundredths !== 0))
    return `${sayNumber(text, options.language, true) ?? text} ${unitOf(parts)}`;
  const minus = sign === '-' ? 'minus ' : '';
  const major = `${cardinal(Number(whole))} ${unitOf(currencyParts(Number(whole), currency, options.language))}`;
  const cents = minor === undefined ? '' : `${cardinal(hundredths)} ${hundredths === 1 ? minor[0] : minor[1]}`;
  if (hundredths === 0) return `${minus}${major}`;
  return Number(whole) === 0 ? `${minus}${cents}` : `${minus}${major} and ${cents}`;
}

/** An amount as the locale writes it with the name of the currency; with the code itself when it is no currency. */
function currencyParts(amount: number, currency: string, language: string): readonly Intl.NumberFormatPart[] {
  const minimumFractionDigits = Number.isInteger(amount) ? 0 : 2;
  try {
    const style = { style: 'currency', currency, currencyDisplay: 'name', minimumFractionDigits } as const;
    return new Intl.NumberFormat(locale(language), style).formatToParts(amount);
  } catch {
    const number = new Intl.NumberFormat(locale(language), { minimumFractionDigits }).formatToParts(amount);
    return [...number, { type: 'literal', value: ' ' }, { type: 'currency', value: currency }];
  }
}

/** "euros" for 2, "euro" for 1. */
function unitOf(parts: readonly Intl.NumberFormatPart[]): string {
  return parts.find(({ type }) => type === 'currency')?.value ?? '';
}

/** The tag when the runtime knows it as one, else English. */
function locale(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? 'en-US';
  } catch {
    return 'en-US';
  }
}
