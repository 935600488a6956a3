import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../src/flow/document/check/check.js';
import { replayJournal } from '../../src/flow/engine/replay.js';
import type { FunctionAnswer, FunctionCall } from '../../src/model/function.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { functionCatalogue } from '../../src/functions/catalogue.js';
import { runFunction } from '../../src/functions/contract/run.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { flowOf, problemsOf, runCase } from '../support/flow-case.js';
import type { FlowTest } from '../support/flow-harness.js';
import { fakeServices, MONDAY_NOON, siteRules } from '../support/functions.js';
import { VirtualClock } from '../support/virtual-clock.js';

/* Flows with internal functions: what a function is given, what the flow makes of its answer. */

/** Runs our own functions for a flow test, and keeps what they were given. */
function ourFunctions() {
  const clock = new VirtualClock(MONDAY_NOON);
  const services = fakeServices(clock);
  const calls: FunctionCall[] = [];
  const script = (call: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer> => {
    calls.push(call);
    return runFunction(call, { catalogue: functionCatalogue, services, clock, log: silentLogger }, signal);
  };
  return { script, calls, services };
}

/** A function that answers these keys. */
const answering = (keys: Readonly<Record<string, Json>>) => (): FunctionAnswer => ({
  status: 200,
  statusType: 'SUCCESSFUL',
  duration: 0.02,
  raw: '{}',
  reason: null,
  detail: null,
  attempts: 1,
  url: 'https://crm.example/functions',
  code: null,
  keys: Object.entries(keys).map(([name, value]) => ({ name, value })),
});

const run = (flow: JsonObject, world: Partial<FlowTest> = {}) =>
  runCase(flow, { requests: siteRules('crm'), startAt: MONDAY_NOON, ...world });

const exits = { success: 'bye', failed: 'bye' };

describe('an input without a value', () => {
  const given = flowOf(
    {
      ask: {
        type: 'function',
        function: 'Lookup',
        service: 'crm',
        keys: ['$flow.key.none', { name: '$flow.key.size', value: '7' }],
        exits,
      },
      bye: { type: 'hangup' },
    },
    { variables: { none: null } },
  );

  it('is left out, and the journal says which; a journal without that is replayed too', async () => {
    const result = await run(given, { functions: answering({}) });
    const asked = result.journal.find((entry) => entry.type === 'ask' && entry.op.startsWith('function'));
    expect(asked).toMatchObject({ request: { keys: [{ name: '$flow.key.size', value: '7' }], leftOut: ['$flow.key.none'] } });
    const before = JSON.parse(JSON.stringify(result.journal), (name, value: unknown) =>
      name === 'leftOut' ? undefined : value,
    ) as typeof result.journal;
    expect(JSON.stringify(before)).not.toContain('leftOut');
    for (const journal of [result.journal, before]) {
      expect((await replayJournal({ flow: result.flow, entries: journal })).divergence).toBeNull();
    }
  });
});

describe('a function in a flow', () => {
  const appointment = flowOf({
    ask: {
      type: 'collect',
      prompt: [{ say: 'Which day?' }],
      saveIn: '$flow.key.inputDate',
      digits: { min: 8, max: 8 },
      exits: { collected: 'judge', noInput: 'bye', missed: 'bye' },
    },
    judge: {
      type: 'function',
      function: 'ValidateDateAndTime',
      groups: ['flow'],
      keys: [{ name: 'validMAxDays', value: 60 }],
      exits: { success: 'branch', failed: 'bye' },
    },
    branch: {
      type: 'condition',
      conditions: [{ name: 'good', when: { variable: '$flow.key.dateStatus', operator: 'equals', value: 'VALID' } }],
      exits: { good: 'tell', default: 'sorry' },
    },
    tell: { type: 'play', prompt: [{ say: 'Booked for $flow.key.outputDate.' }], exits: { done: 'bye' } },
    sorry: { type: 'play', prompt: [{ say: 'Not then: $flow.key.dateStatus.' }], exits: { done: 'bye' } },
  });

  // docs/behaviour.md#function-inputs, #function-results, #date-validation
  it('the variables of the flow go in, the documented outputs come back without any mapping', async () => {
    const { script, calls } = ourFunctions();
    const result = await run(appointment, { functions: script, caller: (caller) => caller.hears('Which day', '24122026') });
    expect(result.path).toEqual(['ask:collected', 'judge:success', 'branch:good', 'tell:done', 'bye:end']);
    expect(result.spoken.at(-1)).toBe('Booked for 2026-12-24.');
    expect(calls[0]?.keys).toContainEqual({ name: '$flow.key.inputDate', value: '24122026' });
    expect(result.variables).toMatchObject({
      '$flow.key.response_status': 'SUCCESS',
      '$flow.key.response_status_code': 200,
      '$flow.key.response_error': false,
    });
  });

  // docs/decisions/0003-journal-first.md
  it('a call with a function replays to the same path and variables', async () => {
    const { script } = ourFunctions();
    const recorded = await run(appointment, { functions: script, caller: (caller) => caller.hears('Which day', '22112026') });
    expect(recorded.spoken.at(-1)).toBe('Not then: IN_PAST.');
    const replayed = await replayJournal({ flow: recorded.flow, entries: recorded.journal });
    expect([replayed.divergence, replayed.reworded]).toEqual([null, []]);
    expect(replayed.summary.variables).toEqual(recorded.summary.variables);
  });

  it('groups pass what has a value, single keys win, masked digits go only where they are named', async () => {
    const { script, calls } = ourFunctions();
    const flow = flowOf(
      {
        pin: {
          type: 'collect',
          prompt: [{ say: 'PIN.' }],
          saveIn: '$flow.key.pin',
          digits: { min: 4, max: 4 },
          mask: true,
          exits: { collected: 'set', noInput: 'bye', missed: 'bye' },
        },
        set: {
          type: 'set',
          values: [{ saveIn: '$flow.syskey.apiVersion', value: '1.0' }],
          exits: { next: 'groups', failed: 'bye' },
        },
        groups: {
          type: 'function',
          function: 'getFlowVariables',
          groups: ['call', 'flow', 'user'],
          keys: [{ name: 'callId', value: 'c-$flow.key.n' }, '$flow.key.unset'],
          exits: { success: 'named', failed: 'named' },
        },
        named: { type: 'function', function: 'anything', service: 'crm', keys: ['$flow.key.pin'], exits },
      },
      { variables: { n: 7, callId: 'of the group', unset: null } },
    );
    const result = await run(flow, {
      functions: script,
      users: { '15551230001': { tier: 'gold' } },
      caller: (caller) => caller.hears('PIN', '4711'),
    });
    const [groups, named] = calls;
    const given = Object.fromEntries((groups?.keys ?? []).map(({ name, value }) => [name, value]));
    expect(given).toMatchObject({
      '$call.cli': '15551230001',
      '$flow.key.n': 7,
      '$flow.key.callId': 'c-7',
      '$flow.syskey.apiVersion': '1.0',
    });
    expect(Object.keys(given)).not.toContain('$flow.key.pin');
    expect(Object.keys(given)).not.toContain('$call.dtmf');
    expect(Object.keys(given)).not.toContain('$flow.key.unset');
    expect(named).toMatchObject({ service: 'crm', keys: [{ name: '$flow.key.pin', value: '4711' }], masked: true });
    expect(JSON.stringify(result.journal)).not.toContain('4711');
  });

  // docs/behaviour.md#missing-values
  it('a mandatory input without a value: the function is not called', async () => {
    const { script, calls } = ourFunctions();
    const flow = flowOf(
      {
        judge: {
          type: 'function',
          function: 'ValidateDateAndTime',
          keys: [{ name: 'inputDate', value: '$flow.key.date', mandatory: true }],
          exits,
        },
      },
      { variables: { date: null } },
    );
    const result = await run(flow, { functions: script });
    expect(result.path).toEqual(['judge:failed', 'bye:end']);
    expect(calls).toEqual([]);
    expect(result.variables['$flow.key.error_reason']).toBe('INVALID_FLOW_VAR');
  });

  it('an input that would lead an address elsewhere keeps the function from being called', async () => {
    const { script, calls } = ourFunctions();
    const link = (value: string): JsonObject =>
      flowOf(
        {
          link: {
            type: 'function',
            function: 'linkcreation',
            keys: [{ name: 'longUrl', value: 'https://shop.example/p/$flow.key.order' }],
            exits,
          },
        },
        { variables: { order: value } },
      );
    const refused = await run(link('..'), { functions: script });
    expect(refused.path).toEqual(['link:failed', 'bye:end']);
    expect(refused.variables['$flow.key.error_reason']).toBe('INVALID_REQUEST');
    expect(calls).toEqual([]);
    expect((await run(link('4711'), { functions: script })).path).toEqual(['link:success', 'bye:end']);
    expect(calls).toHaveLength(1);
  });

  it('a failure sets no output, and says why by code and sentence', async () => {
    const { script } = ourFunctions();
    const flow = flowOf({
      judge: {
        type: 'function',
        function: 'dateCompare',
        keys: [
          { name: 'date1', value: 'never' },
          { name: 'date2', value: 'today' },
        ],
        exits: { success: 'bye', failed: 'tell' },
      },
      tell: { type: 'play', prompt: [{ say: '$widget.judge.code: $widget.judge.error_detail' }], exits: { done: 'bye' } },
    });
    const result = await run(flow, { functions: script });
    expect(result.path[0]).toBe('judge:failed');
    expect(result.spoken[0]).toMatch(/^FUNCTION_BAD_INPUT: dateCompare: date1: "never" is not a date/);
    expect(result.variables).toMatchObject({ '$flow.key.response_status_code': 422, '$flow.key.error_reason': 'CLIENT_ERROR' });
    expect(result.variables['$flow.key.dateCompareResult']).toBeUndefined();
  });

  // docs/behaviour.md#user-preferences
  it('$user.key.* that a function sets is stored for the caller', async () => {
    const flow = flowOf({ f: { type: 'function', function: 'x', service: 'crm', exits } });
    const result = await run(flow, { functions: answering({ '$user.key.tier': 'gold', '$flow.key.a': [1] }) });
    expect(result.users['15551230001']).toEqual({ tier: 'gold' });
    expect(result.variables['$flow.key.a']).toEqual([1]);
  });

  // docs/behaviour.md#hold-music
  it('the caller hears music while a function works, and it stops with the answer', async () => {
    const flow = flowOf({ f: { type: 'function', function: 'x', service: 'crm', holdMusic: true, exits } });
    const result = await run(flow, { functions: answering({}) });
    expect(result.path).toEqual(['f:success', 'bye:end']);
    expect(result.journal.filter((entry) => entry.type === 'ask').map(({ op }) => op)).toEqual(
      expect.arrayContaining(['function.call', 'call.stopMusic']),
    );
  });

  // docs/behaviour.md#waiting
  it('with wait: false the flow goes on at once and nothing is set', async () => {
    const flow = flowOf({ f: { type: 'function', function: 'x', service: 'crm', wait: false, exits } });
    const result = await run(flow, { functions: () => Promise.reject(new Error('nobody waits')) });
    expect(result.path).toEqual(['f:success', 'bye:end']);
    const asked = result.journal.find((entry) => entry.type === 'ask');
    expect(asked).toMatchObject({ op: 'function.send', request: { function: 'x', service: 'crm' } });
  });

  // docs/behaviour.md#persist
  it('persist keeps the variables', async () => {
    const flow = flowOf({ f: { type: 'function', function: 'x', service: 'crm', persist: true, exits } });
    expect((await run(flow, { functions: answering({}) })).summary.persist).toBe(true);
  });

  it('the report shows functions of services among the requests, and none of ours', async () => {
    const { script } = ourFunctions();
    const flow = flowOf({
      theirs: { type: 'function', function: 'x', service: 'crm', exits: { success: 'aside', failed: 'aside' } },
      aside: { type: 'function', function: 'x', service: 'crm', wait: false, exits: { success: 'ours', failed: 'ours' } },
      ours: { type: 'function', function: 'fetchUserPreferences', exits },
    });
    const { summary } = await run(flow, {
      functions: (call, signal) => (call.service === null ? script(call, signal) : answering({})()),
    });
    expect(summary.webhooks).toMatchObject([
      { widget: 'theirs', method: 'POST', url: 'https://crm.example/functions', status: 200, attempts: 1, error: null },
      { widget: 'aside', method: 'POST', url: 'crm', status: null, error: null },
    ]);
    expect(summary.webhooks).toHaveLength(2);
  });

  it('no answer in time leaves by timeout, or by failed when that is not wired', async () => {
    const late = (): FunctionAnswer => ({
      ...answering({})(),
      status: null,
      statusType: null,
      reason: 'TIMEOUT',
      detail: 'late',
    });
    const flow = (more: JsonObject) =>
      flowOf({ f: { type: 'function', function: 'x', service: 'crm', exits: { ...exits, ...more } } });
    expect((await run(flow({ timeout: 'bye' }), { functions: late })).path[0]).toBe('f:timeout');
    const result = await run(flow({}), { functions: late });
    expect(result.path).toEqual(['f:timeout', 'bye:end']);
  });

  // docs/behaviour.md#caller-hangs-up
  it.each([1, 400])('the caller hangs up while it works (%i ms)', async (after) => {
    const flow = flowOf({ f: { type: 'function', function: 'x', service: 'crm', holdMusic: true, exits } });
    const result = await run(flow, {
      functions: (_call, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
      caller: (caller) => caller.hangUp({ after }),
    });
    expect(result.path).toEqual(['f:']);
    expect(result.outcome.kind).toBe('aborted');
  });
});

describe('the checker knows functions', () => {
  const check = (widget: JsonObject, more: JsonObject = {}) =>
    problemsOf(flowOf({ f: { type: 'function', exits, ...widget } }, more), { requests: siteRules('crm') }).map(
      ({ severity, path, message }) => `${severity} ${path} ${message}`,
    );

  // docs/behaviour.md#function-services
  it('an unknown function or service is refused with a hint', () => {
    expect(check({ function: 'findLanguage', groups: ['flow'] })).toEqual([
      "error $.widgets.f.function There is no function 'findLanguage'. Did you mean 'FindLanguage'?",
    ]);
    expect(check({ function: 'score', service: 'crn' })).toEqual([
      "error $.widgets.f.service There is no webhook 'crn' with functions. Did you mean 'crm'?",
    ]);
    expect(check({ function: 'score', service: 'crm' })).toEqual([]);
  });

  it('a required input that nothing passes is refused; a group may bring it', () => {
    expect(check({ function: 'ValidateDateAndTime' })).toEqual(['error $.widgets.f.keys The function needs inputDate.']);
    expect(check({ function: 'ValidateDateAndTime', groups: ['flow'] })).toEqual([]);
    expect(check({ function: 'ValidateDateAndTime', keys: [{ name: 'INPUTDATE', value: 'today' }] })).toEqual([]);
  });

  it('warns of an input the function does not have', () => {
    const keys = [
      { name: 'inputDate', value: 'today' },
      { name: 'validMaxDay', value: 3 },
    ];
    expect(check({ function: 'ValidateDateAndTime', keys })).toEqual([
      "warning $.widgets.f.keys[1] The function has no input 'validMaxDay'. Did you mean 'validMAxDays'?",
    ]);
  });

  // docs/behaviour.md#create-outbound
  it('warns of a function that cannot work yet', () => {
    const keys = ['flowID', 'contactNumbers'].map((name) => ({ name, value: 'x' }));
    expect(check({ function: 'createOutbound', keys })).toEqual([
      'warning $.widgets.f.function createOutbound always takes the exit `failed`: calls cannot be placed yet.',
    ]);
  });

  it('outputs of our functions are declared by using them, those of a service by `outputs`', () => {
    const say = (name: string, widget: JsonObject) =>
      checkFlow(
        flowOf({
          f: { type: 'function', exits: { success: 'say', failed: 'bye' }, ...widget },
          say: { type: 'play', prompt: [{ say: name }], exits: { done: 'bye' } },
        }),
        { widgets: widgetCatalogue, requests: siteRules('crm') },
      ).problems.map(({ code }) => code);
    expect(say('$flow.key.language', { function: 'FindLanguage', groups: ['flow'] })).toEqual([]);
    expect(say('$flow.key.score', { function: 'score', service: 'crm' })).toEqual(['FLOW_UNDECLARED_VARIABLE']);
    expect(say('$flow.key.score', { function: 'score', service: 'crm', outputs: ['$flow.key.score'] })).toEqual([]);
  });

  it('what cannot be passed is refused: secrets, results of widgets, undeclared variables', () => {
    expect(check({ function: 'score', service: 'crm', keys: ['$secret.shop'] })).not.toEqual([]);
    expect(check({ function: 'score', service: 'crm', keys: [{ name: 'a', value: '$secret.shop' }] })).not.toEqual([]);
    expect(check({ function: 'score', service: 'crm', keys: ['$widget.f.error'] })).not.toEqual([]);
    expect(check({ function: 'score', service: 'crm', keys: ['$flow.key.nobody'] })).not.toEqual([]);
    expect(check({ function: 'score', service: 'crm', keys: [{ name: '$call.cli.x y', value: 'a' }] })).not.toEqual([]);
    expect(check({ function: 'score', service: 'crm', outputs: ['$user.key.x'] })).not.toEqual([]);
  });
});
