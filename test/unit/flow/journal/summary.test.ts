import { describe, expect, test } from 'vitest';
import { summarizeJournal } from '../../../../src/flow/journal/summary.js';
import type { JournalEntry, JournalEvent } from '../../../../src/model/journal.js';
import { runFlowTest } from '../../../support/flow-harness.js';
import { testFlow, testWidgets as widgets } from '../../../support/flow-test-widgets.js';

/** Entries 100 ms apart, from 1,000,000 on. */
function journal(...events: readonly JournalEvent[]): readonly JournalEntry[] {
  return events.map((event, index) => ({ ...event, seq: index + 1, at: 1_000_000 + index * 100, ms: index * 100 }));
}

const call = {
  type: 'call',
  callId: 'c',
  flowId: 'f',
  flowVersion: 'v',
  timeZone: 'UTC',
  webhook: true,
  facts: { cli: '1', state: 'ringing' },
} as const;
const leg = { leg: 'a', direction: 'inbound', callee: '1', did: '2', party: 'VISITOR' } as const;
const enter = { type: 'enter', step: 1, widget: 'w', widgetType: 'ask', label: 'Order', anchor: 'start' } as const;

describe('summarizeJournal', () => {
  test('a call with its leg', () => {
    const summary = summarizeJournal(
      journal(
        call,
        { type: 'leg.created', leg },
        { type: 'leg.ringing', leg: 'a' },
        { type: 'leg.answered', leg: 'a' },
        { type: 'leg.ended', leg: 'a', cause: 16, sip: null, remote: true },
        { type: 'recording', id: 'r', name: 'msg', file: 'r.wav', durationMs: 5000, bytes: 80_044, format: 'wav' },
        { type: 'end', termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' } },
      ),
    );
    expect(summary).toMatchObject({ callId: 'c', flowId: 'f', flowVersion: 'v', startedAt: 1_000_000, lastAt: 1_000_600 });
    expect(summary.legs).toEqual([
      {
        ...leg,
        startedAt: 1_000_100,
        ringingAt: 1_000_200,
        answeredAt: 1_000_300,
        endedAt: 1_000_400,
        cause: 16,
        sip: null,
        remote: true,
      },
    ]);
    expect(summary.recordings).toEqual([{ id: 'r', name: 'msg', file: 'r.wav', durationMs: 5000, bytes: 80_044, format: 'wav' }]);
    expect(summary.termination).toEqual({ by: 'caller', cause: 16, sip: null, reason: 'bye' });
  });

  // docs/behaviour.md#report-variables
  test('variables that have a value at the end, typed, in the order of first setting', () => {
    const set = (name: string, value: unknown) => ({ type: 'set', step: 1, name, value }) as JournalEvent;
    const summary = summarizeJournal(
      journal(
        set('a', 1),
        set('b', 'x'),
        set('c', true),
        { type: 'clear', step: 1, name: 'a' },
        set('b', null),
        set('a', { k: 1 }),
        {
          type: 'clear',
          step: 1,
          name: 'c',
        },
      ),
    );
    expect(summary.variables).toEqual([
      { name: 'a', value: { k: 1 }, masked: false },
      { name: 'b', value: null, masked: false },
    ]);
  });

  test('keys pressed, with the label of the widget', () => {
    const answer = {
      kind: 'collected',
      digits: '4#',
      endedBy: 'terminator',
      keys: [
        { key: '4', at: 5 },
        { key: '#', at: 6 },
      ],
    };
    const summary = summarizeJournal(
      journal(
        enter,
        { type: 'answer', step: 1, ask: 1, op: 'call.collect', answer },
        { type: 'answer', step: 1, ask: 2, op: 'call.play', answer: { kind: 'interrupted', key: '*', consumed: true, ms: 3 } },
        { type: 'answer', step: 1, ask: 3, op: 'call.play', answer: { kind: 'interrupted', key: '1', consumed: false, ms: 3 } },
      ),
    );
    expect(summary.keys).toEqual([
      { key: '4', at: 5, label: 'Order' },
      { key: '#', at: 6, label: 'Order' },
      { key: '*', at: 1_000_200, label: 'Order' },
    ]);
  });

  test('a step that was cut off has no exit and lasts to the end', () => {
    const summary = summarizeJournal(
      journal(
        enter,
        { type: 'exit', step: 1, widget: 'w', exit: 'done', next: 'x' },
        { ...enter, step: 2, widget: 'x' },
        { type: 'note', text: '' },
      ),
    );
    expect(summary.steps).toMatchObject([
      { widget: 'w', exit: 'done', next: 'x', ms: 100 },
      { widget: 'x', exit: null, ms: 100 },
    ]);
    expect(summary.lastWidget).toBe('x');
  });

  // docs/behaviour.md#caller-hangs-up
  test('a request is ABORTED when its widget is left or the call ends, not while it is under way', () => {
    const ask = {
      type: 'ask',
      step: 1,
      ask: 1,
      op: 'webhook.request',
      request: { method: 'GET', url: 'https://shop.example' },
    } as const;
    const termination = { by: 'caller', cause: 16, sip: null, reason: 'bye' } as const;
    const underWay = { status: null, ms: null, attempts: 1, error: null };
    expect(summarizeJournal(journal(enter, ask, { type: 'note', text: '' })).webhooks).toMatchObject([underWay]);
    const givenUp = { status: null, ms: 200, attempts: 1, error: 'ABORTED' };
    expect(
      summarizeJournal(journal(enter, ask, { type: 'note', text: '' }, { type: 'end', termination })).webhooks,
    ).toMatchObject([givenUp]);
    const aside = { ...ask, op: 'webhook.requestAside' } as const;
    expect(summarizeJournal(journal(enter, aside, { type: 'end', termination })).webhooks).toMatchObject([underWay]);
  });

  test('an empty journal', () => {
    expect(summarizeJournal([])).toMatchObject({
      callId: null,
      startedAt: null,
      lastWidget: null,
      termination: null,
      steps: [],
      variables: [],
    });
  });

  test('whatever entry a crash comes after, the rest is there: variables, last widget, no end', async () => {
    const flow = testFlow({
      ask: { type: 'ask', prompt: [{ say: 'Number.' }], saveIn: '$flow.key.n', exits: { collected: 'hook', noInput: null } },
      hook: { type: 'hook', url: 'https://x.example', saveIn: '$flow.key.s', exits: { success: 'bye' } },
      bye: { type: 'hangup' },
    });
    const whole = await runFlowTest({
      flow,
      widgets,
      caller: (caller) => caller.hears('Number', '42#'),
      webhooks: () => ({ json: { status: 'ok' } }),
    });
    let steps = 0;
    for (let length = 0; length <= whole.journal.length; length++) {
      const cut = summarizeJournal(whole.journal.slice(0, length));
      expect(cut.steps.length).toBeGreaterThanOrEqual(steps);
      steps = cut.steps.length;
      expect(cut.lastWidget).toBe(cut.steps.at(-1)?.widget ?? null);
      expect(whole.summary.variables.slice(0, cut.variables.length)).toEqual(cut.variables);
      expect(cut.termination === null).toBe(length < whole.journal.length);
    }
    expect(whole.summary.persist).toBe(true);
    expect(whole.summary.webhooks).toMatchObject([
      { widget: 'hook', method: 'GET', status: 200, ms: 50, attempts: 1, error: null },
    ]);
  });
});
