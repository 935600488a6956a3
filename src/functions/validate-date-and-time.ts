import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { compareDates, shiftDate, writeDate, zonedNow, type DateContext, type Moment } from '../lib/dates.js';
import { ok, type Result } from '../lib/result.js';
import { ignoredInput, textInput, wholeInput, wordInput } from './contract/fields.js';
import { defineFunction, failure, type FunctionContext } from './contract/function.js';
import { INPUT_DATE_FORMS, readInputDate } from './contract/input-date.js';

const STATUSES = {
  VALID: 'the date can be taken',
  INVALID_DATE: 'it is no date, or none of the calendar',
  IN_PAST: 'it lies before today, or before now when it has a time of day',
  TOO_FAR: 'it lies more than `validMAxDays` days ahead',
  DAY_OFF: 'it falls on a day of `workingDaysOff`',
  OUTSIDE_HOURS: 'its time of day is before `appointmentStartTime`, or not before `appointmentEndTime`',
} as const;
type Status = keyof typeof STATUSES;

/** How many days are looked through for the next one that can be taken. */
const SEARCHED_DAYS = 400;
const DAY_NAMES = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** `Sat, Sunday, 7` as numbers of ISO 8601, Monday is 1. */
const daysOff = textInput(200).transform((text, context): ReadonlySet<number> => {
  const words = text.split(/[\s,;]+/u).filter((word) => word !== '');
  const days = words.map((word) => {
    if (/^[1-7]$/u.test(word)) return Number(word);
    const short = word.toLowerCase();
    return short.length < 2 ? 0 : DAY_NAMES.findIndex((day) => day.startsWith(short)) + 1;
  });
  if (!days.includes(0)) return new Set(days);
  context.addIssue({ code: 'custom', message: 'must be weekdays with commas between them, e.g. Saturday,Sunday' });
  return z.NEVER;
});

/** `09:00`, `0900`, `9:00`. */
const timeOfDay = textInput(8).transform((text, context): Temporal.PlainTime => {
  const found = /^(\d{1,2}):?(\d{2})(?::00)?$/u.exec(text);
  const [hour, minute] = [Number(found?.[1]), Number(found?.[2])];
  if (found !== null && hour < 24 && minute < 60) return Temporal.PlainTime.from({ hour, minute });
  context.addIssue({ code: 'custom', message: 'must be a time of day such as 09:00' });
  return z.NEVER;
});

const inputs = z.object({
  inputDate: textInput(64).describe(`The date: ${INPUT_DATE_FORMS}.`),
  dateFormat: textInput(40)
    .optional()
    .describe('How `inputDate` is written when it is written in another way, e.g. `MM/dd/yyyy`.'),
  type: wordInput(['Appointment', 'callback'] as const)
    .default('callback')
    .describe('`Appointment` looks at days off and hours; `callback` at the calendar only.'),
  validMAxDays: wholeInput(0, 3650).optional().describe('How many days ahead the date may lie at most; 0 is today only.'),
  incrementDays: wholeInput(-3650, 3650).default(0).describe('Days added to the date before it is judged.'),
  workingDaysOff: daysOff
    .optional()
    .describe('Weekdays on which nothing can be taken, e.g. `Saturday,Sunday`. Required for `Appointment`.'),
  appointmentStartTime: timeOfDay.optional().describe('First minute of the day that can be taken. Required for `Appointment`.'),
  appointmentEndTime: timeOfDay.optional().describe('End of the day, not included. Required for `Appointment`.'),
  flowId: ignoredInput.describe('Taken for compatibility; not used.'),
  accountID: ignoredInput.describe('Taken for compatibility; not used.'),
});

type Inputs = z.output<typeof inputs>;

/** Validates the date of an appointment or a callback (docs/behaviour.md#date-validation). */
export const validateDateAndTime = defineFunction({
  name: 'ValidateDateAndTime',
  summary: 'Says whether a date can be taken for an appointment or a callback, and which one can if not.',
  docs: `The date is read in the flow's time zone (UTC over HTTP). A date that cannot be taken is an answer, not a failure: branch on
\`$flow.key.dateStatus\`. It is the first of these that fits:

${Object.entries(STATUSES)
  .map(([name, meaning]) => `- \`${name}\`: ${meaning}`)
  .join('\n')}`,
  inputs,
  outputs: {
    '$flow.key.outputDate':
      '`inputDate` plus `incrementDays`, as ISO 8601: a date when it was given without a time of day, else with time and offset; empty when it is no date',
    '$flow.key.dateValid': 'true when it can be taken',
    '$flow.key.dateStatus': `one of ${Object.keys(STATUSES)
      .map((name) => `\`${name}\``)
      .join(', ')}`,
    '$flow.key.nextValidDate': 'the first day from `outputDate` on that can be taken (`YYYY-MM-DD`), empty when there is none',
  },
  example: [
    { name: '$flow.key.inputDate', value: '24122026' },
    { name: '$flow.key.type', value: 'Appointment' },
    { name: '$flow.key.validMAxDays', value: 60 },
    { name: '$flow.key.workingDaysOff', value: 'Saturday,Sunday' },
    { name: '$flow.key.appointmentStartTime', value: '09:00' },
    { name: '$flow.key.appointmentEndTime', value: '17:00' },
  ],
  run(given, context) {
    const missing = given.type === 'Appointment' ? missingForAppointment(given) : [];
    if (missing.length > 0) {
      return failure('FUNCTION_BAD_INPUT', `${missing.join(', ')} must be given for an appointment`);
    }
    const dates: DateContext = { zone: context.timeZone, now: () => context.now() };
    const date = dateOf(given, dates);
    if (!date.ok) return ok(outputs('INVALID_DATE', null, null));
    const now = zonedNow(dates);
    const status = statusOf(given, date.value, now);
    return ok(outputs(status, date.value, status === 'VALID' ? date.value : nextValid(given, date.value, now), context));
  },
});

function missingForAppointment(given: Inputs): string[] {
  return (['workingDaysOff', 'appointmentStartTime', 'appointmentEndTime'] as const).filter((name) => given[name] === undefined);
}

function dateOf({ inputDate, dateFormat, incrementDays }: Inputs, dates: DateContext): Result<Moment, string> {
  const read = readInputDate(inputDate, dates, dateFormat);
  return read.ok && incrementDays !== 0 ? shiftDate(read.value, incrementDays, 'days') : read;
}

function statusOf(given: Inputs, date: Moment, now: Temporal.ZonedDateTime): Status {
  const today: Moment = { at: now.startOfDay(), dateOnly: true };
  if (compareDates(date, date.dateOnly ? today : { at: now, dateOnly: false }) < 0) return 'IN_PAST';
  const ahead = now.toPlainDate().until(date.at.toPlainDate(), { largestUnit: 'days' }).days;
  if (given.validMAxDays !== undefined && ahead > given.validMAxDays) return 'TOO_FAR';
  if (given.type === 'callback') return 'VALID';
  if (given.workingDaysOff?.has(date.at.dayOfWeek) === true) return 'DAY_OFF';
  return date.dateOnly || isWithinHours(given, date.at.toPlainTime()) ? 'VALID' : 'OUTSIDE_HOURS';
}

function isWithinHours({ appointmentStartTime: from, appointmentEndTime: to }: Inputs, time: Temporal.PlainTime): boolean {
  const isBefore = (a: Temporal.PlainTime, b: Temporal.PlainTime): boolean => Temporal.PlainTime.compare(a, b) < 0;
  return (from === undefined || !isBefore(time, from)) && (to === undefined || isBefore(time, to));
}

/** The first day from the date (or from today) on that can be taken; days only, because another time of that day may do. */
function nextValid(given: Inputs, date: Moment, now: Temporal.ZonedDateTime): Moment | null {
  const first = Temporal.ZonedDateTime.compare(date.at, now) < 0 ? now : date.at;
  for (let days = 0; days <= SEARCHED_DAYS; days++) {
    const day: Result<Moment, string> = shiftDate({ at: first.startOfDay(), dateOnly: true }, days, 'days');
    if (!day.ok) return null;
    const status = statusOf(given, day.value, now);
    if (status === 'VALID') return day.value;
    if (status === 'TOO_FAR') return null;
  }
  return null;
}

function outputs(status: Status, date: Moment | null, next: Moment | null, context?: Pick<FunctionContext, 'language'>) {
  return {
    '$flow.key.outputDate': date === null ? '' : writeDate(date, context?.language ?? 'en'),
    '$flow.key.dateValid': status === 'VALID',
    '$flow.key.dateStatus': status,
    '$flow.key.nextValidDate': next === null ? '' : next.at.toPlainDate().toString(),
  };
}
