import { describe, expect, it } from 'vitest';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { exampleFlow } from '../support/example-flow.js';
import { shownText, type ScriptedAnswer, type WebhookScript } from '../support/fake-webhooks.js';
import { runFlowTest, type FlowTest, type FlowTestResult } from '../support/flow-harness.js';

const APPOINTMENT = { id: 'a-77', date: '2026-12-01', time: '14:30', with: 'Doctor Weber' };

/** A calendar with one appointment; `decision` is what it answers to the decision. */
const calendar =
  (decision: ScriptedAnswer = { status: 204 }): WebhookScript =>
  ({ method }) =>
    method === 'GET' ? { json: APPOINTMENT } : decision;

const run = (caller: FlowTest['caller'], webhooks: WebhookScript = calendar()): Promise<FlowTestResult> =>
  runFlowTest({
    flow: exampleFlow('appointment'),
    widgets: widgetCatalogue,
    webhooks,
    facts: { cli: '4915112345' },
    ...(caller && { caller }),
  });

/** The decision as it was posted. */
const posted = (call: FlowTestResult): unknown => JSON.parse(call.webhookCalls.at(-1)?.body?.text ?? 'null');

describe('appointment: confirm and cancel', () => {
  it('finds the appointment by caller id and reads date and time back', async () => {
    const call = await run((caller) => caller.hears('To confirm', '1'));
    expect(shownText(call.webhookCalls[0]?.url ?? [])).toBe('https://shop.example/appointments/next');
    expect(call.webhookCalls[0]?.query).toMatchObject([{ key: 'phone', value: ['4915112345'] }]);
    const readBack = call.spoken.find((text) => text.includes('You have an appointment'));
    expect(readBack).toMatch(/Doctor Weber on .*December.* at /);
    expect(readBack).not.toContain('14:30:00');
  });

  it('posts a confirmation', async () => {
    const call = await run((caller) => caller.hears('To confirm', '1'));
    expect(call.path).toEqual([
      'greet:done',
      'fetch:success',
      'readBack:done',
      'decide:1',
      'confirm:next',
      'save:success',
      'saved:next',
      'which:confirmed',
      'thanks:end',
    ]);
    expect(shownText(call.webhookCalls[1]?.url ?? [])).toBe('https://shop.example/appointments/a-77/decision');
    expect(posted(call)).toEqual({
      decision: 'confirmed',
      phone: '4915112345',
      call: '11111111-2222-4333-8444-555555555555',
    });
    expect(call.variables).toMatchObject({ '$flow.key.decision': 'confirmed', '$flow.key.saved': true });
  });

  it('cancels only after asking once more', async () => {
    const call = await run((caller) => {
      caller.hears('To confirm', '2');
      caller.hears('for good', '1');
    });
    expect(call.path.slice(3)).toEqual([
      'decide:2',
      'sure:1',
      'cancel:next',
      'save:success',
      'saved:next',
      'which:default',
      'cancelled:end',
    ]);
    expect(posted(call)).toMatchObject({ decision: 'cancelled' });
  });

  it('goes back when the caller keeps it after all, and repeats it on 3', async () => {
    const call = await run((caller) => {
      caller.hears('To confirm', '3', '2', '1');
      caller.hears('for good', '2');
    });
    expect(call.path.slice(2, 8)).toEqual(['readBack:done', 'decide:3', 'readBack:done', 'decide:2', 'sure:2', 'decide:1']);
    expect(posted(call)).toMatchObject({ decision: 'confirmed' });
  });
});

describe('appointment: wrong input and no input', () => {
  it('leaves the appointment as it is after three wrong keys', async () => {
    const call = await run((caller) => caller.hears('To confirm', '8', '9', '8'));
    expect(call.path.slice(3)).toEqual(['decide:invalid', 'undecided:end']);
    expect(call.spoken.filter((text) => text.includes('not one of the choices'))).toHaveLength(2);
  });

  it('leaves the appointment as it is when the caller says nothing', async () => {
    const call = await run(undefined);
    expect(call.path.slice(3)).toEqual(['decide:noInput', 'undecided:end']);
    expect(call.webhookCalls).toHaveLength(1);
  });
});

describe('appointment: the webhook fails', () => {
  it('tells a caller without an appointment', async () => {
    const call = await run(undefined, () => ({ status: 404 }));
    expect(call.path.slice(1)).toEqual(['fetch:404', 'none:end']);
  });

  it.each<[string, ScriptedAnswer]>([
    ['no connection', { fail: 'CONNECTION_FAILURE' }],
    ['no answer in time', { afterMs: 16_000 }],
    ['an appointment without a date', { json: { id: 'a-77', time: '14:30' } }],
  ])('says so on %s', async (_what, answer) => {
    const call = await run(undefined, () => answer);
    expect(call.path.slice(1)).toEqual([expect.stringMatching(/^fetch:(failed|timeout)$/), 'sorry:end']);
    expect(call.variables['$flow.key.disposition']).toBe('calendar unreachable');
  });

  it('says that the decision was not saved', async () => {
    const call = await run((caller) => caller.hears('To confirm', '1'), calendar({ status: 503 }));
    expect(call.path.slice(-2)).toEqual(['save:failed', 'notSaved:end']);
    expect(call.variables['$flow.key.saved']).toBe(false);
  });
});

describe('appointment: the caller hangs up', () => {
  it('undecided: reports that, in the branch after the hangup', async () => {
    const call = await run((caller) => caller.hears('To confirm', () => caller.hangUp({ after: 500 })));
    expect(call.path.slice(3)).toEqual(['decide:', 'decided:open', 'saveUndecided:success']);
    expect(posted(call)).toMatchObject({ decision: 'undecided' });
  });

  it('while the decision is being saved: saves the decision again', async () => {
    const call = await run(
      (caller) => {
        caller.hears('To confirm', () => {
          caller.press('1', { after: 100 });
          caller.hangUp({ after: 1000 });
        });
      },
      calendar({ afterMs: 5000, status: 204 }),
    );
    expect(call.path.slice(-3)).toEqual(['save:', 'decided:open', 'saveUndecided:success']);
    expect(posted(call)).toMatchObject({ decision: 'confirmed' });
  });

  it('before the appointment was found: reports nothing', async () => {
    const call = await run((caller) => caller.hears('appointment line', () => caller.hangUp({ after: 100 })));
    expect(call.path).toEqual(['greet:', 'decided:default']);
    expect(call.webhookCalls).toEqual([]);
  });
});
