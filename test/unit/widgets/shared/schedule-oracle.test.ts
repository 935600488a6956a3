import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { type Schedule, stateAt } from '../../../../src/widgets/shared/schedule.js';

/* Opening hours against a slow second opinion: every minute of some weeks is painted, day by day, in the order the rules are written. */

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** State of every minute from midnight of `from` on, painted. */
function painted({ hours, holidays, periods }: Schedule, from: string, days: number): string[] {
  const minutes = Array.from({ length: days * 1440 }, () => 'closed');
  const first = Temporal.PlainDate.from(from);
  const nights: [number, number][] = [];
  for (let index = -1; index < days; index += 1) {
    const date = first.add({ days: index });
    const text = date.toString();
    const begin = index * 1440;
    const period = periods.find((one) => text >= one.from && text <= one.to);
    const own = holidays.some((one) => text.endsWith(one.date)) ? 'holiday' : period?.state;
    if (own !== undefined) {
      if (index >= 0) minutes.fill(own, begin, begin + 1440);
      continue;
    }
    for (const row of period?.hours ?? hours) {
      if (!row.days.includes(DAYS[date.dayOfWeek - 1] ?? 'mon')) continue;
      const [open, close] = [minutesOf(row.from), minutesOf(row.to)];
      if (close <= open) nights.push([begin + 1440, begin + 1440 + close]);
      minutes.fill('open', Math.max(begin + open, 0), Math.max(begin + (close <= open ? 1440 : close), 0));
    }
  }
  for (const [start, end] of nights) minutes.fill('open', start, end);
  return minutes;
}

const week = [...DAYS];
const bare = { hours: [], holidays: [], periods: [] };

describe('opening hours, minute by minute', () => {
  it.each<[string, string, Partial<Schedule>]>([
    [
      'a night into a holiday, and one after it',
      '2026-12-22',
      { hours: [{ days: week, from: '22:00', to: '02:00' }], holidays: [{ date: '12-25' }] },
    ],
    ['a leap day off', '2028-02-27', { hours: [{ days: week, from: '18:00', to: '03:30' }], holidays: [{ date: '02-29' }] }],
    ['no leap day', '2027-02-26', { hours: [{ days: week, from: '18:00', to: '03:30' }], holidays: [{ date: '02-29' }] }],
    [
      'the end of a year',
      '2026-12-29',
      { hours: [{ days: ['thu'], from: '18:00', to: '04:00' }], holidays: [{ date: '2027-01-01' }] },
    ],
    [
      '24:00 and 00:00',
      '2026-11-23',
      {
        hours: [
          { days: ['mon', 'wed'], from: '12:00', to: '24:00' },
          { days: ['tue'], from: '12:00', to: '00:00' },
        ],
      },
    ],
    [
      'from and to alike',
      '2026-11-23',
      {
        hours: [
          { days: ['fri'], from: '22:00', to: '22:00' },
          { days: ['sun'], from: '00:00', to: '00:00' },
        ],
      },
    ],
    [
      'rows that overlap',
      '2026-11-23',
      {
        hours: [
          { days: week, from: '08:00', to: '12:00' },
          { days: ['wed'], from: '10:00', to: '09:00' },
        ],
      },
    ],
    [
      'a night into a period of its own hours',
      '2026-11-23',
      {
        hours: [{ days: week, from: '20:00', to: '05:00' }],
        periods: [{ from: '2026-11-25', to: '2026-11-26', hours: [{ days: week, from: '23:00', to: '01:00' }] }],
      },
    ],
    [
      'periods that overlap, open and closed',
      '2026-11-23',
      {
        hours: [{ days: week, from: '20:00', to: '05:00' }],
        periods: [
          { from: '2026-11-25', to: '2026-11-25', state: 'open' },
          { from: '2026-11-24', to: '2026-11-26', state: 'closed' },
          { from: '2026-11-26', to: '2026-11-28', state: 'holiday' },
        ],
        holidays: [{ date: '2026-11-27' }],
      },
    ],
  ])('%s', (_, from, part) => {
    const schedule: Schedule = { ...bare, ...part };
    const start = Temporal.PlainDate.from(from).toPlainDateTime();
    const expected = painted(schedule, from, 7);
    const wrong = expected.flatMap((state, minute) => {
      const at = start.add({ minutes: minute, seconds: 59 });
      const said = stateAt(schedule, at).state;
      return said === state ? [] : [`${at.toString()} is ${said}, not ${state}`];
    });
    expect(wrong).toEqual([]);
  });
});
