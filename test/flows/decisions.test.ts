import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { flowOf, runCase } from '../support/flow-case.js';

/* What flows decide and calculate: conditions, expressions, operations, counters, opening hours, values read aloud. */

const at = (moment: string): number => Date.parse(moment);

/** Whether a test is met. */
async function met(when: JsonObject, variables: JsonObject = {}, more: JsonObject = {}): Promise<boolean> {
  const branch = { type: 'condition', conditions: [{ name: 'met', when }], exits: { met: 'bye', default: 'bye' } };
  const call = await runCase(flowOf({ branch }, { variables, ...more }), { startAt: at('2026-03-28T12:00:00Z') });
  return call.path[0] === 'branch:met';
}

const V = '$flow.key.v';
const VALUES: JsonObject = {
  v: 'Berlin',
  n: 7,
  t: '007',
  list: ['a', 2, 'C'],
  object: { k: 1 },
  none: null,
  blank: '',
  day: '2026-03-28',
  csv: 'x, y ,z',
  flag: true,
  two: '2',
  why: 'y',
  fraction: '-2.5',
};

describe('condition: every operator and its opposite', () => {
  it.each<[string, string, Json | undefined, boolean]>([
    [V, 'equals', 'Berlin', true],
    [V, 'equals', 'berlin', false],
    ['$flow.key.t', 'equals', 7, false],
    ['$flow.key.t', 'equals', '$flow.key.n', false],
    ['$flow.key.none', 'equals', '', true],
    ['$flow.key.flag', 'equals', true, true],
    ['$flow.key.flag', 'equals', 'true', true],
    [V, 'notEquals', 'Bonn', true],
    ['$flow.key.n', '<', 10, true],
    ['$flow.key.n', '<', '10', true],
    ['$flow.key.t', '<=', 7, true],
    ['$flow.key.n', '>', 7, false],
    ['$flow.key.n', '>=', 7, true],
    ['$flow.key.none', '<', 10, false],
    ['$flow.key.none', '>=', 0, false],
    ['$flow.key.n', 'between', [7, 9], true],
    ['$flow.key.n', 'between', [8, 9], false],
    ['$flow.key.day', 'between', ['2026-03-01', 'today'], true],
    ['$flow.key.none', 'between', [0, 9], false],
    ['$flow.key.none', 'notBetween', [0, 9], true],
    [V, 'contains', 'erl', true],
    ['$flow.key.list', 'contains', '2', true],
    ['$flow.key.list', 'contains', 'c', false],
    [V, 'notContains', 'x', true],
    [V, 'startsWith', 'Ber', true],
    [V, 'notStartsWith', 'ber', true],
    [V, 'endsWith', 'lin', true],
    [V, 'notEndsWith', 'lin', false],
    [V, 'in', ['Bonn', 'Berlin'], true],
    ['$flow.key.two', 'in', '$flow.key.list', true],
    ['$flow.key.why', 'in', '$flow.key.csv', true],
    [V, 'notIn', ['Bonn'], true],
    [V, 'matches', '^[A-Z][a-z]+$', true],
    [V, 'matches', 'erl', true],
    [V, 'notMatches', '^erl', true],
    ['$flow.key.none', 'isEmpty', undefined, true],
    ['$flow.key.blank', 'isEmpty', undefined, true],
    ['$flow.key.n', 'isEmpty', undefined, false],
    ['$flow.key.list', 'isNotEmpty', undefined, true],
    ['$flow.key.t', 'isType', 'number', true],
    ['$flow.key.t', 'isType', 'digits', true],
    ['$flow.key.n', 'isType', 'text', false],
    ['$flow.key.list', 'isType', 'list', true],
    ['$flow.key.object', 'isType', 'object', true],
    ['$flow.key.day', 'isType', 'date', true],
    ['$flow.key.flag', 'isType', 'boolean', true],
    ['$flow.key.fraction', 'isType', 'integer', false],
    ['$flow.key.v/$flow.key.n', 'equals', 'Berlin/7', true],
    [V, 'isNotType', 'number', true],
    ['$flow.key.day', 'dateBefore', 'now', true],
    ['$flow.key.day', 'dateAfter', '2026-03-27T23:59', true],
    ['$flow.key.v', 'dateAfter', '2026-01-01', false],
    ['$flow.key.none', 'dateBefore', 'now', false],
  ])('%s %s %j', async (variable, operator, value, expected) => {
    expect(await met({ variable, operator, ...(value !== undefined && { value }) }, VALUES)).toBe(expected);
  });

  it.each(['equals', 'contains', 'startsWith', 'endsWith', 'in', 'matches'])('ignoreCase of %s', async (operator) => {
    const value = operator === 'in' ? ['BERLIN'] : 'BERLIN';
    expect(await met({ variable: V, operator, value }, VALUES)).toBe(false);
    expect(await met({ variable: V, operator, value, ignoreCase: true }, VALUES)).toBe(true);
  });

  // docs/behaviour.md#widget-condition
  it('groups nest four deep, and and or mix', async () => {
    const is = (value: Json): JsonObject => ({ variable: '$flow.key.n', operator: 'equals', value });
    const deep = { or: [is(1), { and: [is(7), { not: { or: [is(8), { expr: 'flow.key.n == 9' }] } }] }] };
    expect(await met(deep, VALUES)).toBe(true);
    expect(await met({ not: { and: [is(7), { or: [is(8), { not: is(9) }] }] } }, VALUES)).toBe(false);
  });

  it('the first of several conditions that are met decides', async () => {
    const yes = { expr: 'true' };
    const call = await runCase(
      flowOf({
        c: {
          type: 'condition',
          conditions: [
            { name: 'no', when: { not: yes } },
            { name: 'first', when: yes },
            { name: 'second', when: yes },
          ],
          exits: { no: 'bye', first: 'bye', second: 'bye', default: 'bye' },
        },
      }),
    );
    expect(call.path[0]).toBe('c:first');
  });
});

describe('expressions', () => {
  it.each<[string, Json]>([
    ['flow.key.n + 1', 8],
    ['flow.key.n * 1.5', 10.5],
    ['flow.key.v + "!"', 'Berlin!'],
    ['flow.key.v.startsWith("Ber") ? "yes" : "no"', 'yes'],
    ['size(flow.key.list)', 3],
    ['flow.key.list[2]', 'C'],
    ['flow.key.object.k == 1', true],
    ['has(flow.key.none)', false],
    ['flow.key.none == null', true],
    ['flow.key.list.exists(x, x == "C")', true],
    ['call.cli.matches("^1555")', true],
    ['param.ORDER', 'o-1'],
    ['user.key.vip', true],
    ['sys.weekday', 6],
    ['widget.before.count', 1],
    ['flow.key["odd name"]', 'odd'],
    ['"n" in flow.key', true],
  ])('%s', async (expr, expected) => {
    const call = await runCase(
      flowOf(
        {
          before: { type: 'counter', name: 'c', limit: 5, exits: { below: 'set', reached: 'set' } },
          set: { type: 'set', values: [{ saveIn: '$flow.key.out', expr }], exits: { next: 'bye', failed: 'bye' } },
        },
        { variables: { ...VALUES, ORDER: 'o-1', 'odd name': 'odd' } },
      ),
      { startAt: at('2026-03-28T12:00:00Z'), facts: { cli: '1555' }, users: { 1555: { vip: true } } },
    );
    expect(call.path[1]).toBe('set:next');
    expect(call.variables['$flow.key.out']).toEqual(expected);
  });

  it('one that fails leaves by failed, keeps the old value and says why', async () => {
    const call = await runCase(
      flowOf(
        {
          set: {
            type: 'set',
            values: [
              { saveIn: '$flow.key.done', value: 'kept' },
              { saveIn: '$flow.key.v', expr: 'flow.key.v * 2' },
            ],
            exits: { next: 'bye', failed: 'tell' },
          },
          tell: { type: 'hangup', disposition: '$widget.set.error $widget.set.saveIn' },
        },
        { variables: VALUES },
      ),
    );
    expect(call.variables).toMatchObject({
      '$flow.key.done': 'kept',
      '$flow.key.v': 'Berlin',
      '$flow.key.disposition': 'EXPRESSION_FAILED $flow.key.v',
    });
  });
});

describe('set', () => {
  it.each<[string, JsonObject, Json | undefined]>([
    ['text with variables', { value: 'a $flow.key.n $ORDER $$5 $flow.key.{odd name}.' }, 'a 7 o-1 $5 odd.'],
    ['a lone variable keeps its type', { value: '$flow.key.list' }, ['a', 2, 'C']],
    ['null forgets', { value: null }, undefined],
    ['an object with variables in it', { value: { a: '$flow.key.n', b: ['x$flow.key.n'] } }, { a: 7, b: ['x7'] }],
    ['text', { value: '$flow.key.object', type: 'text' }, '{"k":1}'],
    ['number', { value: '$flow.key.t', type: 'number' }, 7],
    ['boolean', { value: 'YES', type: 'boolean' }, true],
    ['list', { value: '$flow.key.csv', type: 'list' }, ['x', 'y', 'z']],
    ['json', { value: '{"a":[1]}', type: 'json' }, { a: [1] }],
  ])('%s', async (_what, row, expected) => {
    const call = await runCase(
      flowOf(
        { set: { type: 'set', values: [{ saveIn: '$flow.key.v', ...row }], exits: { next: 'bye' } } },
        { variables: { ...VALUES, ORDER: 'o-1', 'odd name': 'odd' } },
      ),
    );
    expect(call.variables['$flow.key.v']).toEqual(expected);
  });

  it('every namespace that can be written, and every one that can be read', async () => {
    const call = await runCase(
      flowOf(
        {
          write: {
            type: 'set',
            values: [
              { saveIn: '$flow.key.a', value: 1 },
              { saveIn: '$flow.syskey.flowID', value: 'abcdefgh' },
              { saveIn: '$user.key.lang', value: 'de' },
              { saveIn: '$user.syskey.contactNumber', value: '$call.cli' },
              { saveIn: '$GREETING', value: 'Hi' },
              { saveIn: '$flow.key.{my name!}', value: 'odd' },
            ],
            exits: { next: 'read' },
          },
          read: {
            type: 'set',
            values: [
              {
                saveIn: '$flow.key.all',
                value:
                  '$flow.key.a|$flow.syskey.flowID|$user.key.lang|$user.syskey.contactNumber|$GREETING|$flow.key.{my name!}|$call.did|$call.direction|$call.sipheader.X-Tenant|$sys.date|$sys.time|$sys.timezone|$sys.language|$sys.flowid|$sys.flowname|$CALLER_PHONE_NUMBER|$AGENT_PHONE_NUMBER|$SESSION_ID|$AGENT_ID',
              },
            ],
            exits: { next: 'bye' },
          },
        },
        { timeZone: 'Asia/Kolkata', language: 'de-DE', variables: { GREETING: null } },
      ),
      { startAt: at('2026-03-28T20:00:00Z'), facts: { cli: '4930', 'sipheader.X-Tenant': 'acme' } },
    );
    expect(call.variables['$flow.key.all']).toBe(
      '1|abcdefgh|de|4930|Hi|odd|15559870000|inbound|acme|2026-03-29|01:30:00|Asia/Kolkata|de-DE|case|Case|4930|15559870000|11111111-2222-4333-8444-555555555555|case',
    );
    expect(call.users).toEqual({ 4930: { lang: 'de' } });
  });

  // docs/behaviour.md#stored-variables
  it('$user.key.* of one call are there in the next, of that contact only', async () => {
    const flow = flowOf({
      seen: {
        type: 'condition',
        conditions: [{ name: 'again', when: { variable: '$user.key.visits', operator: '>=', value: 1 } }],
        exits: { again: 'count', default: 'count' },
      },
      count: {
        type: 'set',
        values: [{ saveIn: '$user.key.visits', expr: 'has(user.key.visits) ? user.key.visits + 1 : 1' }],
        exits: { next: 'bye' },
      },
    });
    const first = await runCase(flow, { facts: { cli: '111' } });
    expect([first.path[0], first.users]).toEqual(['seen:default', { 111: { visits: 1 } }]);
    const second = await runCase(flow, { facts: { cli: '111' }, users: first.users });
    expect([second.path[0], second.users]).toEqual(['seen:again', { 111: { visits: 2 } }]);
    const other = await runCase(flow, { facts: { cli: '222' }, users: second.users });
    expect(other.path[0]).toBe('seen:default');
  });
});

describe('operation', () => {
  const run = async (fields: JsonObject, more: JsonObject = {}): Promise<Json | undefined> => {
    const call = await runCase(
      flowOf(
        {
          op: { type: 'operation', saveIn: '$flow.key.out', ...fields, exits: { next: 'bye', failed: 'why' } },
          why: { type: 'set', values: [{ saveIn: '$flow.key.out', value: '!$widget.op.error' }], exits: { next: 'bye' } },
        },
        { variables: { ...VALUES, json: '{"a":[{"b c":5}]}', emoji: 'a😀b' }, timeZone: 'Europe/Berlin', ...more },
      ),
      { startAt: at('2026-03-28T12:00:00Z') },
    );
    return call.variables['$flow.key.out'];
  };

  it.each<[JsonObject, Json]>([
    [{ operation: 'assign', value: '$flow.key.list' }, ['a', 2, 'C']],
    [{ operation: 'assign', value: 5 }, 5],
    [{ operation: 'jsonGet', value: '$flow.key.json', path: "a[0]['b c']" }, 5],
    [{ operation: 'jsonGet', value: '$flow.key.object', path: 'gone' }, '!VALUE_NOT_FOUND'],
    [{ operation: 'jsonGet', value: '$flow.key.v', path: 'a' }, '!VALUE_NOT_JSON'],
    [{ operation: 'base64Encode', value: 'ä' }, 'w6Q='],
    [{ operation: 'base64Decode', value: 'w6Q=' }, 'ä'],
    [{ operation: 'base64Decode', value: '$flow.key.day' }, '!VALUE_NOT_BASE64'],
    [{ operation: 'hash', value: 'abc' }, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [{ operation: 'length', value: '$flow.key.emoji' }, 3],
    [{ operation: 'concat', values: ['$flow.key.v', 7, true], separator: '-' }, 'Berlin-7-true'],
    [{ operation: 'lower', value: 'ÄB' }, 'äb'],
    [{ operation: 'upper', value: 'straße' }, 'STRASSE'],
    [{ operation: 'extract', value: '$flow.key.emoji', start: 1, length: 1 }, '😀'],
    [{ operation: 'extract', value: '$flow.key.v', start: -3 }, 'lin'],
    [{ operation: 'replace', value: 'a.b.c', find: '.', with: '$$' }, 'a$b$c'],
    [{ operation: 'split', value: '$flow.key.csv', separator: ',' }, ['x', ' y ', 'z']],
    [{ operation: 'split', value: '$flow.key.csv', separator: ',', index: -1 }, 'z'],
    [{ operation: 'split', value: '$flow.key.csv', separator: ',', index: 5 }, '!VALUE_NOT_FOUND'],
    [{ operation: 'trim', value: ' a ', side: 'start' }, 'a '],
    [{ operation: 'pad', value: '$flow.key.n', length: 3 }, '007'],
    [{ operation: 'pad', value: 'ab', length: 4, with: '.', side: 'end' }, 'ab..'],
    [{ operation: 'add', left: 0.1, right: '0.2' }, 0.3],
    [{ operation: 'subtract', left: '$flow.key.t', right: 8 }, -1],
    [{ operation: 'multiply', left: 3, right: '$flow.key.n' }, 21],
    [{ operation: 'divide', left: 1, right: '$flow.key.n' }, 0.142857142857143],
    [{ operation: 'modulo', left: -1, right: 3 }, 2],
    [{ operation: 'add', left: '$flow.key.v', right: 1 }, '!VALUE_NOT_A_NUMBER'],
    [{ operation: 'round', value: 1.005, decimals: 2 }, 1.01],
    [{ operation: 'round', value: -1.2, mode: 'up' }, -1],
    [{ operation: 'dateDuration', from: '$flow.key.day', to: '2026-04-01', unit: 'days' }, 4],
    [{ operation: 'dateDuration', from: '2026-04-01', to: '$flow.key.day', unit: 'weeks' }, 0],
    [{ operation: 'dateAdd', value: '$flow.key.day', amount: 1, unit: 'months' }, '2026-04-28'],
    [{ operation: 'dateAdd', value: '2026-01-31', amount: 1, unit: 'months' }, '2026-02-28'],
    [{ operation: 'dateSubtract', value: 'today', amount: 1, unit: 'weeks' }, '2026-03-21'],
    [{ operation: 'dateFormat', value: '31122026', inputFormat: 'ddMMyyyy' }, '2026-12-31'],
    [{ operation: 'dateFormat', value: '$flow.key.v' }, '!VALUE_NOT_A_DATE'],
  ])('%j', async (fields, expected) => {
    expect(await run(fields)).toEqual(expected);
  });

  it('DST: a day later keeps the clock time, 24 hours later does not', async () => {
    const noon = { value: '2026-03-28T12:00', format: 'dd. HH:mm' };
    expect(await run({ operation: 'dateAdd', ...noon, amount: 1, unit: 'days' })).toBe('29. 12:00');
    expect(await run({ operation: 'dateAdd', ...noon, amount: 24, unit: 'hours' })).toBe('29. 13:00');
    expect(await run({ operation: 'dateDuration', from: '2026-03-29', to: '2026-03-30', unit: 'hours' })).toBe(23);
    expect(await run({ operation: 'dateFormat', value: '2026-03-29T02:30' })).toBe('2026-03-29T03:30:00.000+02:00');
  });

  it('writes month and day names in the flow’s language', async () => {
    const fields = { operation: 'dateFormat', value: '2026-03-28', format: "EEEE, d. MMMM 'um' h a" };
    expect(await run(fields, { language: 'de-DE' })).toBe('Samstag, 28. März um 12 AM');
    expect(await run(fields, { language: 'fr-FR' })).toBe('samedi, 28. mars um 12 AM');
  });
});

describe('counters and loops', () => {
  it('walks a list item by item, counts down and starts again after a reset', async () => {
    const call = await runCase(
      flowOf(
        {
          next: { type: 'counter', name: 'i', start: -1, limit: 3, exits: { below: 'item', reached: 'down' } },
          item: {
            type: 'set',
            values: [{ saveIn: '$flow.key.item', expr: 'flow.key.list[int(flow.key.i)]' }],
            exits: { next: 'say' },
          },
          say: { type: 'play', prompt: [{ say: 'Item $flow.key.item' }], exits: { done: 'next' } },
          down: { type: 'counter', name: 'left', start: 3, step: -2, limit: 0, exits: { below: 'tick', reached: 'reset' } },
          tick: { type: 'delay', seconds: 0.1, exits: { next: 'down' } },
          reset: { type: 'resetCounter', name: 'left', exits: { next: 'again' } },
          again: { type: 'counter', name: 'left', start: 3, step: -2, limit: 0, exits: { below: 'bye', reached: 'bye' } },
        },
        { variables: VALUES },
      ),
    );
    expect(call.spoken).toEqual(['Item a', 'Item 2', 'Item C']);
    expect(call.path.slice(-6)).toEqual(['down:below', 'tick:next', 'down:reached', 'reset:next', 'again:below', 'bye:end']);
    expect(call.variables['$flow.key.left']).toBe(1);
  });

  it('a circle that a counter ends needs no waiting widget in it', async () => {
    const call = await runCase(
      flowOf(
        {
          next: { type: 'counter', name: 'i', limit: 4, exits: { below: 'sum', reached: 'bye' } },
          sum: {
            type: 'operation',
            operation: 'add',
            saveIn: '$flow.key.sum',
            left: '$flow.key.sum',
            right: '$flow.key.i',
            exits: { next: 'next' },
          },
        },
        { variables: { sum: 0 } },
      ),
    );
    expect(call.variables['$flow.key.sum']).toBe(6);
  });
});

describe('timeCondition', () => {
  const hours = [
    { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' },
    { days: ['fri', 'sat'], from: '22:00', to: '02:30' },
    { days: ['sun'], from: '00:00', to: '24:00' },
  ];
  const schedule = {
    hours,
    holidays: [{ date: '12-25', name: 'Christmas' }, { date: '2026-05-01' }],
    periods: [
      { from: '2026-08-01', to: '2026-08-15', name: 'summer', hours: [{ days: ['mon'], from: '10:00', to: '12:00' }] },
      { from: '2026-08-10', to: '2026-08-20', name: 'late', state: 'closed' },
    ],
  };

  it.each<[string, string, string]>([
    ['Monday, one minute before', '2026-03-23T07:59:59Z', 'closed'],
    ['Monday, on the minute', '2026-03-23T08:00:00Z', 'open'],
    ['Monday, at the end', '2026-03-23T16:00:00Z', 'closed'],
    ['Friday before midnight', '2026-03-27T22:59:00Z', 'open'],
    ['Saturday after midnight, the evening before', '2026-03-28T00:59:59Z', 'open'],
    ['Saturday after its end', '2026-03-28T01:30:00Z', 'closed'],
    ['the night of the change to summer time: 01:59 CET', '2026-03-29T00:59:00Z', 'open'],
    ['… and a minute later it is 03:00 CEST, Sunday', '2026-03-29T01:00:00Z', 'open'],
    ['Sunday to the last minute', '2026-03-29T21:59:00Z', 'open'],
    ['Monday midnight', '2026-03-29T22:00:00Z', 'closed'],
    ['the second 02:15 of the change to winter time (Sunday)', '2026-10-25T01:15:00Z', 'open'],
    ['Monday 09:00 after the change is an hour later in UTC', '2026-10-26T07:30:00Z', 'closed'],
    ['a holiday of every year', '2030-12-25T10:00:00Z', 'holiday'],
    ['a holiday of one year, local midnight decides', '2026-04-30T22:00:00Z', 'holiday'],
    ['the last second before it', '2026-04-30T21:59:59Z', 'closed'],
    ['a period with hours of its own', '2026-08-03T08:30:00Z', 'open'],
    ['outside them', '2026-08-04T08:30:00Z', 'closed'],
    ['two periods: the first decides', '2026-08-10T08:30:00Z', 'open'],
    ['the second one alone', '2026-08-17T08:30:00Z', 'closed'],
  ])('%s', async (_what, moment, state) => {
    const flow = flowOf({
      hours: { type: 'timeCondition', zone: 'Europe/Berlin', ...schedule, exits: { open: 'bye', closed: 'bye', holiday: 'bye' } },
    });
    expect((await runCase(flow, { startAt: at(moment) })).path[0]).toBe(`hours:${state}`);
  });

  it('holiday goes to closed when it is not wired; the flow’s zone counts when it has none of its own', async () => {
    const flow = flowOf(
      {
        hours: { type: 'timeCondition', holidays: [{ date: '01-01', name: 'New Year' }], exits: { open: 'bye', closed: 'tell' } },
        tell: { type: 'hangup', disposition: '$widget.hours.state $widget.hours.name $widget.hours.local' },
      },
      { timeZone: 'Pacific/Auckland' },
    );
    const call = await runCase(flow, { startAt: at('2026-12-31T12:00:00Z') });
    expect(call.path).toEqual(['hours:holiday', 'tell:end']);
    expect(call.variables['$flow.key.disposition']).toBe('holiday New Year 2027-01-01T01:00:00+13:00');
  });
});

describe('say-as in several languages', () => {
  it.each<[string, JsonObject, string]>([
    ['en-US', { say: '$flow.key.t', as: 'digits' }, '0 0 7'],
    ['en-US', { say: '+49 (30) 12#', as: 'digits' }, 'plus 4 9 3 0 1 2 pound'],
    ['en-US', { say: '-1234.5', as: 'number' }, 'minus one thousand two hundred thirty-four point five'],
    ['en-GB', { say: '$flow.key.day', as: 'date' }, 'March twenty-eighth, twenty twenty-six'],
    ['en-US', { say: '14:05', as: 'time' }, 'two oh five P M'],
    ['en-US', { say: '1.5', as: 'currency', currency: 'EUR' }, 'one euro and fifty cents'],
    ['en-US', { say: '$flow.key.v', as: 'number' }, 'Berlin'],
    ['de-DE', { say: '$flow.key.t', as: 'digits' }, '0 0 7'],
    ['de-DE', { say: '1234.5', as: 'number' }, '1234,5'],
    ['de-DE', { say: '$flow.key.day', as: 'date' }, '28. März 2026'],
    ['de-DE', { say: '14:05', as: 'time' }, '14:05'],
    ['de-DE', { say: '1.5', as: 'currency', currency: 'EUR' }, '1,50 Euro'],
    ['fr-FR', { say: '$flow.key.day', as: 'date' }, '28 mars 2026'],
    ['es-ES', { say: '2', as: 'currency', currency: 'USD' }, '2 dólares estadounidenses'],
    ['hi-IN', { say: '12', as: 'number' }, '12'],
  ])('%s %j', async (language, segment, expected) => {
    const flow = flowOf({ say: { type: 'play', prompt: [segment], exits: { done: 'bye' } } }, { language, variables: VALUES });
    expect((await runCase(flow)).spoken).toEqual([expected]);
  });

  it('a segment’s own language wins over the flow’s', async () => {
    const prompt = [{ say: '$flow.key.day', as: 'date', language: 'it-IT' }];
    const flow = flowOf({ say: { type: 'play', prompt, exits: { done: 'bye' } } }, { variables: VALUES });
    expect((await runCase(flow)).spoken).toEqual(['28 marzo 2026']);
  });
});
