import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { readDate, shiftDate, wholeUnitsBetween, writeDate, type DateContext, type Moment } from '../../../src/lib/dates.js';

const context: DateContext = { zone: 'Europe/Berlin', now: () => Date.UTC(2026, 10, 23, 12) };

/** Any second from 1971 to 2099 in the zone of the context. */
const moments = fc
  .integer({ min: 31_536_000, max: 4_070_908_800 })
  .map((second) => Temporal.Instant.fromEpochMilliseconds(second * 1000).toZonedDateTimeISO(context.zone));

function read(text: string, format?: string): Moment {
  const result = readDate(text, context, format);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe('dates', () => {
  it('what is written as ISO 8601 is read as the same moment', () => {
    fc.assert(
      fc.property(moments, (at) => {
        expect(read(writeDate({ at, dateOnly: false }, 'en-US')).at.equals(at)).toBe(true);
      }),
    );
  });

  it.each(['yyyyMMdd HHmmss', "dd.MM.yyyy 'at' H:mm:ss", "d/M/yyyy-HH'h'mm ss"])(
    'what is written as %s is read as the same clock time',
    (format) => {
      fc.assert(
        fc.property(moments, (at) => {
          const back = read(writeDate({ at, dateOnly: false }, 'en-US', format), format);
          expect(back.at.toPlainDateTime().toString()).toBe(at.toPlainDateTime().toString());
        }),
      );
    },
  );

  it('moving forward and counting the days between gives the same number, across clock changes', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: -2000, max: 2000 }), (at, days) => {
        const from: Moment = { at: at.startOfDay(), dateOnly: true };
        const to = shiftDate(from, days, 'days');
        expect(to.ok && wholeUnitsBetween(from, to.value, 'days')).toBe(days);
      }),
    );
  });

  it('never throws, whatever is read with whatever form', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(undefined, 'ddMMyyyy', 'd.M.yy'), (text, format) => {
        readDate(text, context, format);
      }),
    );
  });

  it.each([
    '2026-13-01',
    '2026-02-29',
    '2026-11-23T25:00',
    '2026-11-23T10',
    '23.11.2026',
    '20261123',
    '',
    '10:00',
    '-000001-01-01',
  ])('refuses %j', (text) => {
    expect(readDate(text, context).ok).toBe(false);
  });
});
