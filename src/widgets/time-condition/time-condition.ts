import { z } from 'zod';
import { defineWidget } from '../../flow/widget.js';
import { isTimeZone } from '../../flow/variables/zoned.js';
import { zonedNow } from '../../lib/dates.js';
import { scheduleFields, stateAt } from '../shared/schedule.js';

/** Branches on opening hours (docs/behaviour.md#widget-time-condition). */
export const timeCondition = defineWidget({
  type: 'timeCondition',
  version: 1,
  summary: 'Branches on opening hours, holidays and date ranges.',
  docs: `Looks at the clock in \`zone\` and decides: on a day of \`holidays\` it is a holiday; else the first of \`periods\` that has the day decides
by its \`state\` or its own \`hours\`; else the weekly \`hours\` do. Outside all hours it is closed.

Hours are local wall-clock time, so they follow the clock change; an hour that comes twice counts twice. Hours whose \`to\` is not after
their \`from\` run past midnight: \`{"days": ["fri"], "from": "22:00", "to": "02:00"}\` is open until two on Saturday; from \`22:00\` to \`22:00\`
are 24 hours. A night belongs to the day it began on: hours of the evening before a holiday or a closed period end when they end, and the
night of a holiday, or of the last day of a closed period, does not run into the day after. The hours of a period begin on its days.

\`$widget.<id>.state\` is \`open\`, \`closed\` or \`holiday\`, \`$widget.<id>.name\` the name of the holiday or period that decided, \`$widget.<id>.local\`
the local date and time.`,
  example: {
    type: 'timeCondition',
    zone: 'Europe/Berlin',
    hours: [
      { days: ['mon', 'tue', 'wed', 'thu'], from: '09:00', to: '17:30' },
      { days: ['fri'], from: '09:00', to: '15:00' },
    ],
    holidays: [{ date: '12-25', name: 'Christmas Day' }],
    periods: [{ from: '2026-08-01', to: '2026-08-15', name: 'company holidays', state: 'closed' }],
    exits: { open: 'menu', closed: 'closed', holiday: 'holiday' },
  },
  config: z.strictObject({
    zone: z
      .string()
      .refine(isTimeZone, 'must be a time zone of the IANA database, e.g. Europe/Vienna')
      .optional()
      .describe('IANA time zone; that of the flow when absent.'),
    ...scheduleFields,
  }),
  exits: () => ({
    open: { summary: 'It is within opening hours.' },
    closed: { summary: 'It is outside opening hours.' },
    holiday: { summary: 'It is a holiday.', fallback: 'closed' },
  }),
  results: ['state', 'name', 'local'],
  audio: false,
  waits: false,
  check({ hours, periods }) {
    if (hours.length > 0 || periods.length > 0) return [];
    const message = 'The widget has no opening hours, so it never takes the exit `open`.';
    return [{ code: 'FLOW_BRANCH_NEVER_TAKEN', path: 'hours', message, advice: 'Add the opening hours.', severity: 'warning' }];
  },
  run({ zone, ...schedule }, context) {
    const now = zonedNow({ zone: zone ?? context.flow.timeZone, now: () => context.clock.now() });
    const { state, name } = stateAt(schedule, now.toPlainDateTime());
    context.result({ state, name, local: now.toString({ timeZoneName: 'never', smallestUnit: 'second' }) });
    return Promise.resolve(state);
  },
});
