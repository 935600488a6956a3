import { describe, expect, it } from 'vitest';
import { zoned, zonedDatetime } from '../../../../src/flow/variables/zoned.js';

// docs/behaviour.md#report-timestamps
describe('moments in a time zone', () => {
  it.each(['UTC', 'Asia/Kolkata', 'America/St_Johns', 'Europe/Berlin'])('%s: both ways of formatting agree', (zone) => {
    for (const ms of [0, 1, 951_782_400_000.4, 1_772_356_500_999, 1_795_422_251_526]) {
      expect(zonedDatetime(ms, zone)).toBe(zoned(ms, zone).datetime);
    }
  });

  it('ISO-8601 with offset and three fraction digits', () => {
    expect(zonedDatetime(1_772_356_500_000, 'Asia/Kolkata')).toBe('2026-03-01T14:45:00.000+05:30');
    expect(zonedDatetime(1_772_356_500_000, 'UTC')).toBe('2026-03-01T09:15:00.000+00:00');
  });
});
