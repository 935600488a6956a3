import { Temporal } from 'temporal-polyfill';

/**
 * ISO-8601 with the zone's offset at that moment and exactly 3 fraction digits (docs/behaviour.md#report-timestamps). An unknown
 * zone counts as UTC.
 */
export function timestamp(ms: number, timeZone: string): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.trunc(ms));
  const format = { smallestUnit: 'millisecond', timeZoneName: 'never' } as const;
  try {
    return instant.toZonedDateTimeISO(timeZone).toString(format);
  } catch {
    // The flow checker refuses unknown zones; should one slip through, the report is worth more than its offset.
    return instant.toZonedDateTimeISO('UTC').toString(format);
  }
}
