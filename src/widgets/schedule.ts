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

/** Holidays come first, then periods, then weekly hours. Hours that run past midnight belong to the day they began on. */
export function stateAt(schedule: Schedule, local: Temporal.PlainDateTime): ScheduleState {
  const today = local.toPlainDate().toString();
  const holiday = schedule.holidays.find(({ date: day }) => day === today || day === today.slice(5));
  if (holiday) return { state: 'holiday', name: holiday.name ?? null };
  const period = schedule.periods.find(({ from, to }) => from <= today && today <= to);
  const name = period?.name ?? null;
  if (period?.state) return { state: period.state, name };
  return { state: isWithin(period?.hours ?? schedule.hours, local) ? 'open' : 'closed', name };
}

function isWithin(hours: Hours, local: Temporal.PlainDateTime): boolean {
  const time = local.toPlainTime().toString({ smallestUnit: 'minute' });
  const today = DAYS[local.dayOfWeek - 1];
  const yesterday = DAYS[(local.dayOfWeek + 5) % 7];
  return hours.some(({ days, from, to }) => {
    const onDay = (day: string | undefined): boolean => days.some((other) => other === day);
    if (from < to) return onDay(today) && from <= time && time < to;
    return (onDay(today) && from <= time) || (onDay(yesterday) && time < to);
  });
}
