import type { JsonObject } from '../../../../src/lib/json/json.js';
import type { Scenario } from '../recorder.js';
import { of, say, play } from './builders.js';

/* Calls with the widgets that decide, calculate and wait. */

export const LOGIC: readonly Scenario[] = [
  of(
    'condition',
    'A comparison, a group, an expression that holds, one that cannot be evaluated, and none that is met.',
    {
      a: {
        type: 'condition',
        conditions: [
          { name: 'no', when: { variable: '$flow.key.order', operator: 'equals', value: '7' } },
          {
            name: 'yes',
            when: {
              and: [
                { variable: '$flow.key.order', operator: 'between', value: [1, 10] },
                { not: { variable: '$user.key.tier', operator: 'isEmpty' } },
              ],
            },
          },
        ],
        exits: { no: 'bye', yes: 'b', default: 'bye' },
      },
      b: {
        type: 'condition',
        conditions: [
          { name: 'odd', when: { expr: 'flow.key.none > 3' } },
          { name: 'gold', when: { expr: 'user.key.tier == "gold" && call.cli.startsWith("+49")' } },
        ],
        exits: { odd: 'bye', gold: 'c', default: 'bye' },
      },
      c: {
        type: 'condition',
        conditions: [{ name: 'late', when: { variable: '$flow.key.date', operator: 'dateBefore', value: 'today' } }],
        exits: { late: 'bye', default: 'bye' },
      },
    },
    { more: { variables: { order: '8', none: null, date: '2026-02-01' } }, users: { tier: 'gold' } },
  ),
  of('time-condition', 'Open, closed, and a holiday.', {
    a: {
      type: 'timeCondition',
      hours: [{ days: ['mon'], from: '09:00', to: '17:00' }],
      exits: { open: 'b', closed: 'bye' },
    },
    b: {
      type: 'timeCondition',
      zone: 'Asia/Tokyo',
      hours: [{ days: ['mon'], from: '09:00', to: '17:00' }],
      exits: { open: 'bye', closed: 'c' },
    },
    c: {
      type: 'timeCondition',
      hours: [{ days: ['mon'], from: '09:00', to: '17:00' }],
      holidays: [{ date: '01-05', name: 'A day off' }],
      exits: { open: 'bye', closed: 'bye', holiday: 'tell' },
    },
    tell: play('Closed for $widget.c.name at $widget.c.local', 'bye'),
  }),
  of(
    'set',
    'Values of every type, an expression, a value forgotten, a variable of the contact, and a row that fails.',
    {
      a: {
        type: 'set',
        values: [
          { saveIn: '$flow.key.text', value: 'from $call.cli at $sys.datetime' },
          { saveIn: '$flow.key.number', value: '7.50', type: 'number' },
          { saveIn: '$flow.key.list', value: 'a,b', type: 'list' },
          { saveIn: '$flow.key.object', value: { a: [1, '$flow.key.number', null] } },
          { saveIn: '$flow.key.sum', expr: 'flow.key.number * 2.0' },
          { saveIn: '$flow.key.text', value: null },
          { saveIn: '$flow.key.{odd name}', value: true },
          { saveIn: '$user.key.seen', value: '$sys.timestamp' },
          { saveIn: '$user.key.old', value: null },
          { saveIn: '$NAME', value: '$sys.uuid' },
          { saveIn: '$flow.syskey.mark', value: 'x' },
        ],
        exits: { next: 'b', failed: 'bye' },
      },
      b: {
        type: 'set',
        values: [
          { saveIn: '$flow.key.before', value: 1 },
          { saveIn: '$flow.key.number', value: '$flow.key.word', type: 'number' },
          { saveIn: '$flow.key.after', value: 1 },
        ],
        exits: { next: 'bye', failed: 'tell' },
      },
      tell: play('Failed: $widget.b.error', 'bye'),
    },
    { more: { variables: { NAME: null, word: 'none' } }, users: { old: 1 } },
  ),
  of(
    'operation',
    'Text, numbers, dates, JSON, chance, and one without a result.',
    Object.fromEntries(
      (
        [
          { operation: 'assign', value: '$flow.key.order' },
          { operation: 'jsonGet', value: '{"a":[{"b":12.50}]}', path: 'a[0].b' },
          { operation: 'base64Encode', value: 'ä' },
          { operation: 'hash', value: 'ä' },
          { operation: 'concat', values: ['a', 1, '$call.cli'], separator: '-' },
          { operation: 'extract', value: 'Offhook', start: -4 },
          { operation: 'round', value: '2.345', decimals: 2, mode: 'up' },
          { operation: 'random', min: 1, max: 6 },
          { operation: 'dateAdd', value: 'now', amount: 3, unit: 'days', format: 'EEEE d MMMM' },
          { operation: 'dateDuration', from: '2026-01-01', to: 'today', unit: 'days' },
        ] as const
      )
        .map((fields, index): [string, JsonObject] => [
          `o${index}`,
          { type: 'operation', saveIn: `$flow.key.r${index}`, exits: { next: `o${index + 1}`, failed: 'bye' }, ...fields },
        ])
        .concat([
          [
            'o10',
            {
              type: 'operation',
              operation: 'jsonGet',
              saveIn: '$flow.key.none',
              value: '{}',
              path: 'a',
              exits: { next: 'bye' },
              onError: 'bye',
            },
          ],
        ]),
    ),
    { more: { variables: { order: ['a', 1] } } },
  ),
  of('counters', 'A counter to its limit, set back, and once more.', {
    count: { type: 'counter', name: 'tries', limit: 2, exits: { below: 'count', reached: 'back' } },
    back: { type: 'resetCounter', name: 'tries', exits: { next: 'last' } },
    last: { type: 'counter', name: 'tries', start: 5, step: -1, limit: 4, exits: { below: 'bye', reached: 'bye' } },
  }),
  of(
    'delay',
    'Silence, the music of the house, and music of one’s own that cannot be played.',
    {
      a: { type: 'delay', seconds: 1.5, exits: { next: 'b' } },
      b: { type: 'delay', seconds: 5, music: true, exits: { next: 'c' } },
      c: { type: 'delay', seconds: 5, music: { file: 'jazz.wav' }, exits: { next: 'bye' } },
    },
    {
      async script({ rig, wait }) {
        await wait(3000);
        rig.prompts.failWith = 'PROMPT_NOT_FOUND';
      },
    },
  ),
  of('hangup', 'A last prompt, a word for how the call went, a cause.', {
    out: { type: 'hangup', prompt: say('Goodbye.'), cause: 31, disposition: 'served $call.cli' },
  }),
];
