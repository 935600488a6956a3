import { z } from 'zod';
import { compareDates, wholeUnitsBetween, type DateContext } from '../lib/dates.js';
import { ok } from '../lib/result.js';
import { textInput } from './contract/fields.js';
import { defineFunction, failure } from './contract/function.js';
import { INPUT_DATE_FORMS, readInputDate } from './contract/input-date.js';

/** Compares two dates. */
export const dateCompare = defineFunction({
  name: 'dateCompare',
  summary: 'Compares two dates.',
  docs: `Both are read in the flow's time zone (UTC over HTTP) as ${INPUT_DATE_FORMS}. A text that is no date fails with
\`FUNCTION_BAD_INPUT\`.`,
  inputs: z.object({
    date1: textInput(64).describe('First date.'),
    date2: textInput(64).describe('Second date.'),
    dateFormat: textInput(40)
      .optional()
      .describe('How both are written when they are written in another way, e.g. `MM/dd/yyyy`.'),
  }),
  outputs: {
    '$flow.key.dateCompareResult': '`BEFORE`, `SAME` or `AFTER`: where `date1` lies as seen from `date2`',
    '$flow.key.dateDifferenceDays': 'whole days from `date1` to `date2`; negative when `date2` is the earlier',
  },
  example: [
    { name: '$flow.key.date1', value: '2026-11-23' },
    { name: '$flow.key.date2', value: '24122026' },
  ],
  run({ date1, date2, dateFormat }, { timeZone, now }) {
    const dates: DateContext = { zone: timeZone, now };
    const [a, b] = [readInputDate(date1, dates, dateFormat), readInputDate(date2, dates, dateFormat)];
    if (!a.ok) return failure('FUNCTION_BAD_INPUT', `date1: ${a.error}`);
    if (!b.ok) return failure('FUNCTION_BAD_INPUT', `date2: ${b.error}`);
    const order = compareDates(a.value, b.value);
    return ok({
      '$flow.key.dateCompareResult': order < 0 ? 'BEFORE' : order > 0 ? 'AFTER' : 'SAME',
      '$flow.key.dateDifferenceDays': wholeUnitsBetween(a.value, b.value, 'days'),
    });
  },
});
