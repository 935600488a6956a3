import { describe, expect, it } from 'vitest';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { exampleFlow } from '../support/example-flow.js';
import { runFlowTest, type FlowTest, type FlowTestResult } from '../support/flow-harness.js';

const run = (when: string, caller?: FlowTest['caller']): Promise<FlowTestResult> =>
  runFlowTest({
    flow: exampleFlow('office-hours'),
    widgets: widgetCatalogue,
    startAt: Date.parse(when),
    ...(caller && { caller }),
  });

const MONDAY_MORNING = '2026-11-23T09:30:00Z';

describe('office-hours: the clock', () => {
  it.each([
    ['2026-11-23T08:00:00Z', 'open', 'winter time: nine o’clock'],
    ['2026-11-23T07:59:59Z', 'closed', 'a second earlier'],
    ['2026-06-01T07:00:00Z', 'open', 'summer time: nine o’clock'],
    ['2026-11-27T14:30:00Z', 'closed', 'Friday afternoon'],
    ['2026-11-22T11:00:00Z', 'closed', 'Sunday'],
    ['2026-12-25T10:00:00Z', 'holiday', 'Christmas Day'],
    ['2026-12-28T10:00:00Z', 'closed', 'the end of the year'],
    ['2026-08-03T07:30:00Z', 'closed', 'half past nine in the summer weeks'],
    ['2026-08-03T08:30:00Z', 'open', 'half past ten in the summer weeks'],
  ])('%s is %s: %s', async (when, state) => {
    expect((await run(when)).path[0]).toBe(`clock:${state}`);
  });

  it('says that it is closed, and ends', async () => {
    const call = await run('2026-11-22T11:00:00Z');
    expect(call.path).toEqual(['clock:closed', 'closed:done', 'bye:end']);
    expect(call.spoken.join(' ')).toContain('We are closed at the moment.');
    expect(call.variables['$flow.key.disposition']).toBe('closed');
  });

  it('names the holiday', async () => {
    const call = await run('2026-12-25T10:00:00Z');
    expect(call.spoken.join(' ')).toContain('closed for Christmas Day');
  });
});

describe('office-hours: the menu', () => {
  it.each([
    ['1', 'hours', 'from nine to half past five'],
    ['2', 'address', 'Harbour Street'],
    ['3', 'repairs', 'charger'],
  ])('%s leads to %s and back', async (key, widget, text) => {
    const call = await run(MONDAY_MORNING, (caller) => {
      caller.hears('opening hours press 1', key);
    });
    expect(call.path.slice(0, 5)).toEqual(['clock:open', 'welcome:done', `choose:${key}`, `${widget}:done`, 'choose:noInput']);
    expect(call.spoken.join(' ')).toContain(text);
    expect(call.variables['$flow.key.choice']).toBe(key);
  });

  it('is said again on star', async () => {
    const call = await run(MONDAY_MORNING, (caller) => {
      caller.hears('opening hours press 1', '*', '2');
    });
    expect(call.path.slice(2, 5)).toEqual(['choose:*', 'choose:2', 'address:done']);
  });

  it('explains a wrong key, and ends after three', async () => {
    const call = await run(MONDAY_MORNING, (caller) => {
      caller.hears('opening hours press 1', '7', '8', '9');
    });
    expect(call.path.slice(2)).toEqual(['choose:invalid', 'bye:end']);
    expect(call.spoken.filter((text) => text.includes('There is nothing behind that key.'))).toHaveLength(2);
  });

  it('ends after three times of silence', async () => {
    const call = await run(MONDAY_MORNING);
    expect(call.path.slice(2)).toEqual(['choose:noInput', 'bye:end']);
    expect(call.spoken.filter((text) => text.includes('Please press a key'))).toHaveLength(2);
  });
});

describe('office-hours: the caller hangs up', () => {
  it('in the middle of the menu', async () => {
    const call = await run(MONDAY_MORNING, (caller) => {
      caller.hears('opening hours press 1', () => caller.hangUp({ after: 1000 }));
    });
    expect(call.path.at(-1)).toBe('choose:');
    expect(call.summary.termination).toMatchObject({ by: 'caller' });
  });
});

describe('office-hours: speech fails', () => {
  it('ends the call with what it was', async () => {
    const call = await runFlowTest({
      flow: exampleFlow('office-hours'),
      widgets: widgetCatalogue,
      startAt: Date.parse(MONDAY_MORNING),
      failSegment: () => ({ kind: 'failed', code: 'SPEECH_FAILED', message: 'no voice' }),
    });
    expect(call.path).toEqual(['clock:open', 'welcome:failed', 'sorry:end']);
    expect(call.variables['$flow.key.disposition']).toBe('error');
  });
});
