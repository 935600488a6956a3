import { Temporal } from 'temporal-polyfill';

/** A moment in a time zone, in the pieces a flow shows. */
export interface ZonedParts {
  /** ISO-8601 with offset and 3 fraction digits, e.g. `2026-03-01T09:05:00.000+05:30`. */
  readonly datetime: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** `HH:mm:ss` */
  readonly time: string;
  /** 1 = Monday … 7 = Sunday. */
  readonly weekday: number;
}

/** Takes apart a wall-clock time in ms. The zone has been checked when the flow was loaded; an unknown one throws. */
export function zoned(ms: number, timeZone: string): ZonedParts {
  const moment = momentIn(ms, timeZone);
  return {
    datetime: datetimeOf(moment),
    date: moment.toPlainDate().toString(),
    time: moment.toPlainTime().toString({ smallestUnit: 'second' }),
    weekday: moment.dayOfWeek,
  };
}

/** Only the `datetime` of {@link zoned}: what every call wants several times, so the default zone takes the short way. */
export function zonedDatetime(ms: number, timeZone: string): string {
  if (timeZone === 'UTC') return new Date(Math.round(ms)).toISOString().replace('Z', '+00:00');
  return datetimeOf(momentIn(ms, timeZone));
}

function momentIn(ms: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.round(ms)).toZonedDateTimeISO(timeZone);
}

function datetimeOf(moment: Temporal.ZonedDateTime): string {
  return moment.toString({ fractionalSecondDigits: 3, timeZoneName: 'never' });
}

/** True for a time zone of the IANA database (or `UTC`). */
export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
