import { describe, expect, it } from 'vitest';
import { timeCondition } from '../../../../src/widgets/time-condition/time-condition.js';
import { exitsOf, FakeWidget, problemsOf } from '../../../support/fake-widget-context.js';

const weekdays = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:30' };
const config = { zone: 'Europe/Berlin', hours: [weekdays] };

/** The exit at a moment, and the widget. */
async function at(now: string, fields: object = {}, timeZone = 'UTC'): Promise<[string, FakeWidget]> {
  const widget = new FakeWidget({ now, timeZone });
  return [await widget.run(timeCondition, { ...config, ...fields }), widget];
}

describe('timeCondition: hours', () => {
  it.each([
    ['2026-11-23T07:59:59Z', 'closed'],
    ['2026-11-23T08:00:00Z', 'open'],
    ['2026-11-23T16:29:59Z', 'open'],
    ['2026-11-23T16:30:00Z', 'closed'],
    ['2026-11-22T10:00:00Z', 'closed'],
    ['2026-07-01T07:00:00Z', 'open'],
  ])('%s is %s: local time, end not included, summer time', async (now, exit) => {
    expect((await at(now))[0]).toBe(exit);
  });

  it.each([
    ['2026-11-27T20:59Z', 'closed'],
    ['2026-11-27T21:00Z', 'open'],
    ['2026-11-28T00:59Z', 'open'],
    ['2026-11-28T01:00Z', 'closed'],
    ['2026-11-28T21:00Z', 'closed'],
  ])('hours past midnight belong to the day they begin on: %s is %s', async (now, exit) => {
    expect((await at(now, { hours: [{ days: ['fri'], from: '22:00', to: '02:00' }] }))[0]).toBe(exit);
  });

  it('run to midnight with 24:00, and around the clock with 00:00 to 24:00', async () => {
    expect((await at('2026-11-23T22:59Z', { hours: [{ days: ['mon'], from: '20:00', to: '24:00' }] }))[0]).toBe('open');
    expect((await at('2026-11-23T23:00Z', { hours: [{ days: ['mon'], from: '20:00', to: '24:00' }] }))[0]).toBe('closed');
    expect((await at('2026-11-23T11:00Z', { hours: [{ days: ['mon'], from: '00:00', to: '24:00' }] }))[0]).toBe('open');
  });

  it('several rows for one day add up', async () => {
    const hours = [
      { days: ['mon'], from: '09:00', to: '12:00' },
      { days: ['mon'], from: '13:00', to: '17:00' },
    ];
    expect((await at('2026-11-23T11:30Z', { hours }))[0]).toBe('closed');
    expect((await at('2026-11-23T12:30Z', { hours }))[0]).toBe('open');
  });

  it('follow the wall clock through both clock changes', async () => {
    const hours = [{ days: ['sun'], from: '02:30', to: '03:30' }];
    // Spring: 02:30 does not exist, the clock goes from 02:00 to 03:00.
    expect((await at('2026-03-29T00:59Z', { hours }))[0]).toBe('closed');
    expect((await at('2026-03-29T01:00Z', { hours }))[0]).toBe('open');
    expect((await at('2026-03-29T01:30Z', { hours }))[0]).toBe('closed');
    // Autumn: 02:30 comes twice.
    expect((await at('2026-10-25T00:30Z', { hours }))[0]).toBe('open');
    expect((await at('2026-10-25T01:15Z', { hours }))[0]).toBe('closed');
    expect((await at('2026-10-25T01:30Z', { hours }))[0]).toBe('open');
  });

  it('without any it is closed', async () => {
    expect((await at('2026-11-23T10:00Z', { hours: [] }))[0]).toBe('closed');
  });
});

describe('timeCondition: zone', () => {
  it('is that of the flow when absent', async () => {
    expect((await at('2026-11-23T01:00Z', { zone: undefined }, 'Asia/Tokyo'))[0]).toBe('open');
  });

  it('must exist', () => {
    expect(problemsOf(timeCondition, { zone: 'Europe/Atlantis' })).toHaveLength(1);
  });
});

describe('timeCondition: holidays', () => {
  const holidays = [{ date: '12-25', name: 'Christmas Day' }, { date: '2026-11-23' }, { date: '02-29' }];

  it.each([
    ['2026-11-23T10:00Z', 'holiday'],
    ['2027-11-23T10:00Z', 'open'],
    ['2028-12-25T10:00Z', 'holiday'],
    ['2026-12-24T23:30Z', 'holiday'],
    ['2028-02-29T10:00Z', 'holiday'],
  ])('%s is %s: once or every year, by local date', async (now, exit) => {
    expect((await at(now, { holidays }))[0]).toBe(exit);
  });

  it('come before periods, and give their name', async () => {
    const periods = [{ from: '2026-12-20', to: '2026-12-31', state: 'open' }];
    const [exit, widget] = await at('2026-12-25T10:00Z', { holidays, periods });
    expect(exit).toBe('holiday');
    expect(widget.result).toEqual({ state: 'holiday', name: 'Christmas Day', local: '2026-12-25T11:00:00+01:00' });
  });

  it.each(['2026-02-29', '13-01', '2-1', 'christmas', '20261225'])('refuses the date %s', (date) => {
    expect(problemsOf(timeCondition, { holidays: [{ date }] })).toHaveLength(1);
  });
});

describe('timeCondition: periods', () => {
  const periods = [
    { from: '2026-11-23', to: '2026-11-23', state: 'closed', name: 'inventory' },
    { from: '2026-11-20', to: '2026-11-30', hours: [{ days: ['sat', 'tue'], from: '10:00', to: '12:00' }] },
  ];

  it.each([
    ['2026-11-23T10:00Z', 'closed'],
    ['2026-11-28T09:30Z', 'open'],
    ['2026-11-24T12:00Z', 'closed'],
    ['2026-12-01T10:00Z', 'open'],
  ])('%s is %s: the first that has the day decides, with its own hours', async (now, exit) => {
    expect((await at(now, { periods }))[0]).toBe(exit);
  });

  it('can be holidays', async () => {
    expect((await at('2026-11-23T10:00Z', { periods: [{ from: '2026-11-23', to: '2026-11-24', state: 'holiday' }] }))[0]).toBe(
      'holiday',
    );
  });

  it.each([
    { from: '2026-11-23', to: '2026-11-22', state: 'closed' },
    { from: '2026-11-23', to: '2026-11-24' },
    { from: '2026-11-23', to: '2026-11-24', state: 'closed', hours: [] },
    { from: '2026-11-31', to: '2026-12-24', state: 'closed' },
  ])('refuses %j', (period) => {
    expect(problemsOf(timeCondition, { periods: [period] })).toHaveLength(1);
  });
});

describe('timeCondition: exits', () => {
  it('are open, closed, holiday; holiday leads where closed does when not wired', () => {
    expect(exitsOf(timeCondition, config)).toEqual(['open', 'closed', 'holiday']);
    expect(timeCondition.exits(timeCondition.config.parse(config), [])['holiday']?.fallback).toBe('closed');
  });

  it.each([
    { days: [], from: '09:00', to: '10:00' },
    { days: ['mon'], from: '24:00', to: '10:00' },
    { days: ['mon'], from: '9:00', to: '10:00' },
  ])('refuses the hours %j', (row) => {
    expect(problemsOf(timeCondition, { hours: [row] })).toHaveLength(1);
  });
});

describe('timeCondition: a night belongs to the day it began on', () => {
  const night = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '18:00', to: '04:00' }];
  const eve = { periods: [{ from: '2026-12-31', to: '2026-12-31', name: 'New Year', hours: [{ ...night[0] }] }], hours: [] };
  const closed = { periods: [{ from: '2026-12-24', to: '2026-12-26', state: 'closed', name: 'shut' }], hours: night };
  const open = { periods: [{ from: '2026-12-24', to: '2026-12-26', state: 'open', name: 'sale' }], hours: night };
  const holiday = { holidays: [{ date: '12-25', name: 'Christmas Day' }], hours: night };
  const shorter = { periods: [{ from: '2026-12-24', to: '2026-12-25', hours: [{ ...night[0], to: '22:00' }] }], hours: night };
  const longer = { periods: [{ from: '2026-12-24', to: '2026-12-25', hours: [{ ...night[0], to: '06:00' }] }], hours: night };

  it.each<[string, string, object, string, string | null]>([
    ['the night of the only day of a period', '2027-01-01T03:00', eve, 'open', 'New Year'],
    ['its last minute', '2027-01-01T03:59', eve, 'open', 'New Year'],
    ['its end', '2027-01-01T04:00', eve, 'closed', null],
    ['the evening it begins', '2026-12-31T18:00', eve, 'open', 'New Year'],
    ['the morning of its first day', '2026-12-31T03:00', eve, 'closed', 'New Year'],
    ['the weekly night into a closed period', '2026-12-24T03:59', closed, 'open', null],
    ['the closed period after it', '2026-12-24T04:00', closed, 'closed', 'shut'],
    ['the evening of the last closed day', '2026-12-26T23:00', closed, 'closed', 'shut'],
    ['the morning after the last closed day', '2026-12-27T03:00', closed, 'closed', null],
    ['the evening after it', '2026-12-27T18:00', closed, 'open', null],
    ['the last day of an open period', '2026-12-26T23:59', open, 'open', 'sale'],
    ['the morning after an open period', '2026-12-27T00:00', open, 'closed', null],
    ['the night of the eve of a holiday', '2026-12-25T03:59', holiday, 'open', null],
    ['the holiday after it', '2026-12-25T04:00', holiday, 'holiday', 'Christmas Day'],
    ['the night of a holiday', '2026-12-25T23:00', holiday, 'holiday', 'Christmas Day'],
    ['the morning after a holiday', '2026-12-26T03:00', holiday, 'closed', null],
    ['the weekly night into a period with shorter nights', '2026-12-24T03:00', shorter, 'open', null],
    ['a shorter night', '2026-12-25T03:00', shorter, 'closed', null],
    ['the morning after shorter nights', '2026-12-26T03:00', shorter, 'closed', null],
    ['a longer night after the period', '2026-12-26T05:59', longer, 'open', null],
    ['its end', '2026-12-26T06:00', longer, 'closed', null],
    ['24 hours from 22:00', '2026-11-24T21:59', { hours: [{ days: ['mon'], from: '22:00', to: '22:00' }] }, 'open', null],
    ['the end of 24 hours', '2026-11-24T22:00', { hours: [{ days: ['mon'], from: '22:00', to: '22:00' }] }, 'closed', null],
    ['midnight to midnight', '2026-11-24T00:00', { hours: [{ days: ['mon'], from: '00:00', to: '00:00' }] }, 'closed', null],
    [
      'around the clock, the day after',
      '2026-11-24T00:00',
      { hours: [{ days: ['mon'], from: '00:00', to: '24:00' }] },
      'closed',
      null,
    ],
    ['the yearly edge of the year', '2027-01-01T00:00', { hours: night, holidays: [{ date: '01-01' }] }, 'open', null],
  ])('%s: %s', async (_, local, fields, state, name) => {
    const [exit, widget] = await at(`${local}:00Z`, { zone: 'UTC', ...fields });
    expect([exit, widget.result['name']]).toEqual([state, name]);
  });

  it('follows the wall clock through the nights of both clock changes', async () => {
    const hours = [{ days: ['sat'], from: '18:00', to: '03:00' }];
    expect((await at('2026-03-29T00:59Z', { hours }))[0]).toBe('open');
    expect((await at('2026-03-29T01:00Z', { hours }))[0]).toBe('closed');
    expect((await at('2026-10-25T00:59Z', { hours }))[0]).toBe('open');
    expect((await at('2026-10-25T01:59Z', { hours }))[0]).toBe('open');
    expect((await at('2026-10-25T02:00Z', { hours }))[0]).toBe('closed');
  });
});
