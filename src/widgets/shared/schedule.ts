import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

/* Opening hours: weekly hours, holidays and special periods, at a local date and time. */

/** Days of the week in the order of ISO 8601, Monday first. */
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 09:00');
const endOfHours = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time such as 17:30, or 24:00');

/** A date that exists in the calendar. */
const date = z.string().refine((text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isDate(text), 'must be a date such as 2026-12-25');
/** The same, or a day of every year; 29 February counts as one. */
const dayOfYear = z
  .string()
  .refine(
    (text) => (/^\d{2}-\d{2}$/.test(text) ? isDate(`2000-${text}`) : /^\d{4}-\d{2}-\d{2}$/.test(text) && isDate(text)),
    'must be a date such as 2026-12-25, or 12-25 for every year',
  );

function isDate(text: string): boolean {
  try {
    Temporal.PlainDate.from(text, { overflow: 'reject' });
    return true;
  } catch {
    return false;
  }
}

const hoursSchema = z
  .array(
    z.strictObject({
      days: z.array(z.enum(DAYS)).min(1).max(7).describe('Days these hours begin on.'),
      from: timeOfDay.describe('First minute, local time.'),
      to: endOfHours.describe('End, not included; `24:00` = midnight. Not after `from`: the next day.'),
    }),
  )
  .max(50);

/** Fields that make a schedule. */
export const scheduleFields = {
  hours: hoursSchema.default([]).describe('Weekly opening hours; several rows for one day are allowed.'),
  holidays: z
    .array(
      z.strictObject({
        date: dayOfYear.describe('`2026-12-25`, or `12-25` for every year.'),
        name: z.string().min(1).max(100).optional().describe('Name, for prompts and reports.'),
      }),
    )
    .max(400)
    .default([])
    .describe('Whole days off.'),
  periods: z
    .array(
      z
        .strictObject({
          from: date.describe('First day.'),
          to: date.describe('Last day, included.'),
          name: z.string().min(1).max(100).optional().describe('Name, for prompts and reports.'),
          state: z.enum(['open', 'closed', 'holiday']).optional().describe('What the whole period is.'),
          hours: hoursSchema.optional().describe('Weekly hours of the period, instead of `state`.'),
        })
        .refine(({ state, hours }) => (state === undefined) !== (hours === undefined), 'must have either "state" or "hours"')
        .refine(({ from, to }) => from <= to, { path: ['to'], message: 'must not be before "from"' }),
    )
    .max(100)
    .default([])
    .describe('Date ranges with rules of their own; the first that fits decides.'),
} as const;

export type Schedule = z.infer<z.ZodObject<typeof scheduleFields>>;
type Hours = z.infer<typeof hoursSchema>;

/** What a schedule says about a moment; `name` is that of the holiday or period that decided. */
export interface ScheduleState {
  readonly state: 'open' | 'closed' | 'holiday';
  readonly name: string | null;
}

/**
 * A night belongs to the day it began on: hours that run past midnight stay open until their end, whatever the next day is; a holiday or
 * a closed period has no night that runs into the day after. Else the day itself decides: holidays first, then periods, then weekly hours.
 */
export function stateAt(schedule: Schedule, local: Temporal.PlainDateTime): ScheduleState {
  const time = local.toPlainTime().toString({ smallestUnit: 'minute' });
  const date = local.toPlainDate();
  const before = dayAt(schedule, date.subtract({ days: 1 }));
  if (before.rows.some(({ from, to }) => to <= from && time < to)) return { state: 'open', name: before.name };
  const { state, name, rows } = dayAt(schedule, date);
  if (state !== null) return { state, name };
  const isOpen = rows.some(({ from, to }) => from <= time && (to <= from || time < to));
  return { state: isOpen ? 'open' : 'closed', name };
}

/** What one day is: a state of its own, or hours that begin on it. */
interface Day {
  readonly state: ScheduleState['state'] | null;
  readonly name: string | null;
  readonly rows: Hours;
}

function dayAt({ holidays, periods, hours }: Schedule, date: Temporal.PlainDate): Day {
  const day = date.toString();
  const holiday = holidays.find((one) => one.date === day || one.date === day.slice(5));
  if (holiday) return { state: 'holiday', name: holiday.name ?? null, rows: [] };
  const period = periods.find(({ from, to }) => from <= day && day <= to);
  const name = period?.name ?? null;
  if (period?.state) return { state: period.state, name, rows: [] };
  const weekday = DAYS[date.dayOfWeek - 1];
  return { state: null, name, rows: (period?.hours ?? hours).filter(({ days }) => days.some((other) => other === weekday)) };
}
