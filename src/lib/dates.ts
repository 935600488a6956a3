import { Temporal } from 'temporal-polyfill';
import { err, ok, type Result } from './result.js';

/* Dates as flows and their functions write and read them. A date without an offset is local to the flow's time zone. */

/** A date and time in the flow's zone. */
export interface Moment {
  readonly at: Temporal.ZonedDateTime;
  /** It was written without a time of day: it means the start of that day and is written back as a date. */
  readonly dateOnly: boolean;
}

/** Where and when dates are read. */
export interface DateContext {
  /** IANA zone. */
  readonly zone: string;
  /** Wall-clock ms; read for `now` and `today` only, because each reading is journalled. */
  now(): number;
}

/** Units of durations. */
export const DATE_UNITS = ['seconds', 'minutes', 'hours', 'days', 'weeks', 'months', 'years'] as const;
export type DateUnit = (typeof DATE_UNITS)[number];

const MONTH_LONG = { month: 'long' } as const;
const MONTH_SHORT = { month: 'short' } as const;
const DAY_LONG = { weekday: 'long' } as const;
const DAY_SHORT = { weekday: 'short' } as const;

/** `pattern`: how the token is read; tokens without one are for writing only. */
interface Token {
  readonly pattern?: string;
  write(at: Temporal.ZonedDateTime, language: string): string;
}

const padded = (value: number, length = 2): string => String(value).padStart(length, '0');

const TOKENS: Readonly<Record<string, Token>> = {
  yyyy: { pattern: '(?<year>\\d{4})', write: (at) => padded(at.year, 4) },
  yy: { pattern: '(?<shortYear>\\d{2})', write: (at) => padded(at.year % 100) },
  MMMM: { write: (at, language) => at.toLocaleString(language, MONTH_LONG) },
  MMM: { write: (at, language) => at.toLocaleString(language, MONTH_SHORT) },
  MM: { pattern: '(?<month>\\d{2})', write: (at) => padded(at.month) },
  M: { pattern: '(?<month>\\d{1,2})', write: (at) => String(at.month) },
  dd: { pattern: '(?<day>\\d{2})', write: (at) => padded(at.day) },
  d: { pattern: '(?<day>\\d{1,2})', write: (at) => String(at.day) },
  EEEE: { write: (at, language) => at.toLocaleString(language, DAY_LONG) },
  EEE: { write: (at, language) => at.toLocaleString(language, DAY_SHORT) },
  HH: { pattern: '(?<hour>\\d{2})', write: (at) => padded(at.hour) },
  H: { pattern: '(?<hour>\\d{1,2})', write: (at) => String(at.hour) },
  hh: { write: (at) => padded(at.hour % 12 || 12) },
  h: { write: (at) => String(at.hour % 12 || 12) },
  mm: { pattern: '(?<minute>\\d{2})', write: (at) => padded(at.minute) },
  ss: { pattern: '(?<second>\\d{2})', write: (at) => padded(at.second) },
  a: { write: (at) => (at.hour < 12 ? 'AM' : 'PM') },
};

/** A token, a text in single quotes (`''` is one quote), or any other character, which stands for itself. */
const FORMAT_PART = /yyyy|yy|MMMM|MMM|MM|M|dd|d|EEEE|EEE|HH|H|hh|h|mm|ss|a|'(?:[^']|'')*'|[^A-Za-z']/gy;

function formatParts(format: string): readonly string[] | null {
  const parts = format.match(FORMAT_PART) ?? [];
  return parts.join('') === format ? parts : null;
}

function literal(part: string): string {
  return part.startsWith("'") ? part.slice(1, -1).replaceAll("''", "'") || "'" : part;
}

/** What is wrong with a date format, or null. `reading`: it must tell at least year, month and day in figures. */
export function formatProblem(format: string, reading = false): string | null {
  const parts = formatParts(format);
  if (!parts) return 'uses a letter that is no token; put text in single quotes';
  if (!reading) return null;
  const unreadable = parts.find((part) => TOKENS[part] && !TOKENS[part].pattern);
  if (unreadable) return `uses "${unreadable}", which can be written but not read`;
  const fields = parts.flatMap((part) => /<(\w+)>/.exec(TOKENS[part]?.pattern ?? '')?.[1] ?? []);
  if (new Set(fields).size !== fields.length) return 'names the same part twice';
  const complete = fields.some((field) => /year/i.test(field)) && fields.includes('month') && fields.includes('day');
  return complete ? null : 'must have a year, a month and a day';
}

/**
 * Reads a date: `now`, `today`, ISO 8601 (`2026-11-23`, `2026-11-23T09:30`, with or without offset), or figures in the given
 * format (`ddMMyyyy`). A local time that the clock change skips moves forward by the change.
 */
export function readDate(text: string, context: DateContext, format?: string): Result<Moment, string> {
  const trimmed = text.trim();
  if (trimmed === 'now') return ok({ at: zonedNow(context), dateOnly: false });
  if (trimmed === 'today') return ok({ at: zonedNow(context).startOfDay(), dateOnly: true });
  try {
    return ok(format === undefined ? readIso(trimmed, context.zone) : readFormatted(trimmed, context.zone, format));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return err(`"${trimmed.slice(0, 40)}" is not a date${format === undefined ? ' in ISO 8601 form' : ` of the form ${format}`}`);
  }
}

/** The present moment in the context's zone. */
export function zonedNow(context: DateContext): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.trunc(context.now())).toZonedDateTimeISO(context.zone);
}

function readIso(text: string, zone: string): Moment {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return { at: startOf(text, zone), dateOnly: true };
  if (/(?:Z|[+-]\d{2}:?\d{2})$/i.test(text)) {
    return { at: Temporal.Instant.from(text).toZonedDateTimeISO(zone), dateOnly: false };
  }
  // Temporal also takes bare figures as a basic-format date; only the extended form is meant here.
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text)) throw new RangeError('not ISO 8601');
  return { at: Temporal.PlainDateTime.from(text, { overflow: 'reject' }).toZonedDateTime(zone), dateOnly: false };
}

function startOf(date: string, zone: string): Temporal.ZonedDateTime {
  return Temporal.PlainDate.from(date, { overflow: 'reject' }).toZonedDateTime(zone);
}

function readFormatted(text: string, zone: string, format: string): Moment {
  const parts = formatParts(format) ?? [];
  const pattern = parts.map((part) => TOKENS[part]?.pattern ?? literal(part).replace(/[^A-Za-z0-9]/g, '\\$&')).join('');
  const found = new RegExp(`^${pattern}$`).exec(text)?.groups;
  if (!found) throw new RangeError('other form');
  const year = found.year === undefined ? 2000 + Number(found.shortYear) : Number(found.year);
  const local = Temporal.PlainDateTime.from(
    {
      year,
      month: Number(found.month),
      day: Number(found.day),
      hour: Number(found.hour ?? 0),
      minute: Number(found.minute ?? 0),
      second: Number(found.second ?? 0),
    },
    { overflow: 'reject' },
  );
  return { at: local.toZonedDateTime(zone), dateOnly: found.hour === undefined };
}

/** Writes a date: as ISO 8601 (with offset and three digits of ms unless it is a date only), or in the given format. */
export function writeDate({ at, dateOnly }: Moment, language: string, format?: string): string {
  if (format === undefined) {
    return dateOnly ? at.toPlainDate().toString() : at.toString({ timeZoneName: 'never', fractionalSecondDigits: 3 });
  }
  return (formatParts(format) ?? []).map((part) => TOKENS[part]?.write(at, language) ?? literal(part)).join('');
}

/** The same clock time so many units later (earlier when negative): a day is a calendar day across a clock change. */
export function shiftDate({ at, dateOnly }: Moment, amount: number, unit: DateUnit): Result<Moment, string> {
  if (!Number.isInteger(amount)) return err('dates move by whole units only');
  try {
    const keepsDate = dateOnly && unit !== 'hours' && unit !== 'minutes' && unit !== 'seconds';
    return ok({ at: at.add({ [unit]: amount }), dateOnly: keepsDate });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return err('the date would lie outside the calendar');
  }
}

/** How many whole units lie between two dates; negative when `to` is the earlier. */
export function wholeUnitsBetween(from: Moment, to: Moment, unit: DateUnit): number {
  return from.at.until(to.at, { largestUnit: unit })[unit];
}

/** Below zero when `a` is earlier than `b`, 0 at the same instant. */
export function compareDates(a: Moment, b: Moment): number {
  return Temporal.ZonedDateTime.compare(a.at, b.at);
}
