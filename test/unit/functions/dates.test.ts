import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/lib/json/json.js';
import { FunctionBench } from '../../support/functions.js';

/* It is noon of Monday, 23 November 2026. */

const appointment = {
  type: 'Appointment',
  workingDaysOff: 'Sat, sunday',
  appointmentStartTime: '0900',
  appointmentEndTime: '17:00',
};

async function judge(keys: JsonObject, timeZone = 'UTC') {
  const outputs = await new FunctionBench().outputs('ValidateDateAndTime', keys, { timeZone });
  const of = (name: string) => outputs[`$flow.key.${name}`];
  return { status: of('dateStatus'), valid: of('dateValid'), date: of('outputDate'), next: of('nextValidDate') };
}

// docs/behaviour.md#date-validation
describe('ValidateDateAndTime', () => {
  it.each([
    ['24122026', '2026-12-24'],
    ['241226', '2026-12-24'],
    ['2026-12-24', '2026-12-24'],
    ['241220261430', '2026-12-24T14:30:00.000+00:00'],
    ['2026-12-24T14:30', '2026-12-24T14:30:00.000+00:00'],
    ['2026-12-24T14:30:00+02:00', '2026-12-24T12:30:00.000+00:00'],
    ['today', '2026-11-23'],
  ])('reads %s', async (inputDate, date) => {
    expect(await judge({ inputDate })).toMatchObject({ status: 'VALID', valid: true, date, next: date.slice(0, 10) });
  });

  it('reads a number, and a format of its own', async () => {
    expect(await judge({ inputDate: 24122026 })).toMatchObject({ status: 'VALID' });
    expect(await judge({ inputDate: '12/24/2026', dateFormat: 'MM/dd/yyyy' })).toMatchObject({ date: '2026-12-24' });
  });

  it.each(['31022026', '00002026', '99', 'tomorrow', '2026-02-30', '12345678901234567890'])(
    '%s is no date, which is an answer and no failure',
    async (inputDate) => {
      expect(await judge({ inputDate })).toEqual({ status: 'INVALID_DATE', valid: false, date: '', next: '' });
    },
  );

  it('a date before today has passed; today has not; a time of today before now has', async () => {
    expect(await judge({ inputDate: '22112026' })).toMatchObject({ status: 'IN_PAST', next: '2026-11-23' });
    expect(await judge({ inputDate: '23112026' })).toMatchObject({ status: 'VALID' });
    expect(await judge({ inputDate: '231120261159' })).toMatchObject({ status: 'IN_PAST' });
    expect(await judge({ inputDate: '231120261201' })).toMatchObject({ status: 'VALID' });
  });

  it('today is that of the flow’s time zone', async () => {
    expect(await judge({ inputDate: 'today' }, 'Pacific/Auckland')).toMatchObject({ date: '2026-11-24' });
  });

  it('validMAxDays limits how far ahead, the last day included', async () => {
    expect(await judge({ inputDate: '03122026', validMAxDays: '10' })).toMatchObject({ status: 'VALID' });
    expect(await judge({ inputDate: '04122026', validMAxDays: 10 })).toMatchObject({ status: 'TOO_FAR', next: '' });
    expect(await judge({ inputDate: '24112026', validMaxDays: 0 })).toMatchObject({ status: 'TOO_FAR' });
  });

  it('incrementDays moves the date first', async () => {
    expect(await judge({ inputDate: '23112026', incrementDays: '3' })).toMatchObject({ status: 'VALID', date: '2026-11-26' });
  });

  it('an appointment falls on no day off, and the next day that works is named', async () => {
    expect(await judge({ ...appointment, inputDate: '28112026' })).toMatchObject({ status: 'DAY_OFF', next: '2026-11-30' });
    expect(await judge({ ...appointment, inputDate: '28112026', type: 'callback' })).toMatchObject({ status: 'VALID' });
  });

  it('an appointment lies within the hours, the end not included', async () => {
    expect(await judge({ ...appointment, inputDate: '241120260859' })).toMatchObject({ status: 'OUTSIDE_HOURS' });
    expect(await judge({ ...appointment, inputDate: '241120260900' })).toMatchObject({ status: 'VALID' });
    expect(await judge({ ...appointment, inputDate: '241120261659' })).toMatchObject({ status: 'VALID' });
    expect(await judge({ ...appointment, inputDate: '241120261700' })).toMatchObject({
      status: 'OUTSIDE_HOURS',
      next: '2026-11-24',
    });
  });

  it('when every day is off there is no next one', async () => {
    expect(await judge({ ...appointment, workingDaysOff: '1,2,3,4,5,6,7', inputDate: 'today' })).toMatchObject({
      status: 'DAY_OFF',
      next: '',
    });
  });

  it('an appointment needs days off and hours; the failure names what is missing', async () => {
    const answer = await new FunctionBench().call('ValidateDateAndTime', { inputDate: 'today', type: 'appointment' });
    expect(answer).toMatchObject({ status: 422, reason: 'CLIENT_ERROR', code: 'FUNCTION_BAD_INPUT', keys: [] });
    expect(answer.detail).toContain('workingDaysOff, appointmentStartTime, appointmentEndTime');
  });

  it.each([
    [{ inputDate: '' }, 'inputDate is missing'],
    [{ inputDate: 'today', type: 'visit' }, 'type must be one of Appointment, callback'],
    [{ inputDate: 'today', workingDaysOff: 'Sundae!' }, 'workingDaysOff must be weekdays'],
    [{ inputDate: 'today', appointmentStartTime: '25:00' }, 'appointmentStartTime must be a time of day'],
    [{ inputDate: 'today', validMAxDays: 'many' }, 'validMAxDays must be a whole number'],
    [{ inputDate: { a: 1 } }, 'inputDate must be a text'],
  ])('refuses %j in a sentence', async (keys, sentence) => {
    const answer = await new FunctionBench().call('ValidateDateAndTime', keys);
    expect(answer).toMatchObject({ code: 'FUNCTION_BAD_INPUT', keys: [] });
    expect(answer.detail).toContain(sentence);
  });

  it('takes flowId and accountID and makes nothing of them', async () => {
    expect(await judge({ inputDate: 'today', flowId: 'abc', accountID: 7 })).toMatchObject({ status: 'VALID' });
  });
});

// docs/behaviour.md#functions-there-are
describe('dateCompare', () => {
  it.each([
    ['23112026', '24122026', 'BEFORE', 31],
    ['24122026', '2026-11-23', 'AFTER', -31],
    ['2026-11-23T10:00', '2026-11-23T10:00:00Z', 'SAME', 0],
  ])('compares %s, %s → %s', async (date1, date2, result, days) => {
    expect(await new FunctionBench().outputs('dateCompare', { date1, date2 })).toEqual({
      '$flow.key.dateCompareResult': result,
      '$flow.key.dateDifferenceDays': days,
    });
  });

  it('a text that is no date is a failure', async () => {
    const answer = await new FunctionBench().call('dateCompare', { date1: 'x', date2: 'today' });
    expect(answer).toMatchObject({ code: 'FUNCTION_BAD_INPUT' });
  });
});
