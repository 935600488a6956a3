import { describe, expect, it } from 'vitest';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { exampleFlow } from '../support/example-flow.js';
import { runFlowTest, type FlowTest, type FlowTestResult } from '../support/flow-harness.js';

const run = (caller?: FlowTest['caller'], more: Partial<FlowTest> = {}): Promise<FlowTestResult> =>
  runFlowTest({ flow: exampleFlow('voicemail'), widgets: widgetCatalogue, ...more, ...(caller && { caller }) });

const GREETING = 'Please leave a message';
const recordings = (call: FlowTestResult): unknown[] => call.events.filter(({ kind }) => kind === 'recordOff');

describe('voicemail: a message', () => {
  it('is recorded from the beep to hash', async () => {
    const call = await run((caller) => {
      caller.hears(GREETING, ({ ms }) => caller.press('#', { after: ms + 8000 }));
    });
    expect(call.path).toEqual([
      'greet:done',
      'record:next',
      'keep:next',
      'listen:collected',
      'stop:next',
      'length:default',
      'thanks:end',
    ]);
    expect(recordings(call)).toMatchObject([{ name: 'message', ms: 8000 }]);
    expect(call.variables).toMatchObject({ '$flow.key.message': 'rec-1', '$flow.key.disposition': 'message' });
    expect(call.spoken.at(-1)).toContain('Your message is saved');
  });

  it('asks for the caller’s track with a beep and a limit', async () => {
    const call = await run();
    const ask = call.journal.find((entry) => entry.type === 'ask' && entry.op.includes('startRecording'));
    expect(ask).toMatchObject({ request: { name: 'message', tracks: 'caller', beep: true, maxMs: 120_000 } });
  });

  it('ends by itself at its maximum length', async () => {
    const call = await run();
    expect(call.path.slice(3)).toEqual(['listen:noInput', 'full:done', 'thanks:end']);
    expect(recordings(call)).toMatchObject([{ ms: 120_000 }]);
  });

  it('goes on when other keys are pressed', async () => {
    const call = await run((caller) => {
      caller.hears(GREETING, ({ ms }) => {
        caller.press('123', { after: ms + 2000 });
        caller.press('#', { after: ms + 5000 });
      });
    });
    expect(recordings(call)).toMatchObject([{ ms: 5000 }]);
  });

  it('can begin before the greeting is over', async () => {
    const call = await run((caller) => {
      caller.hears(GREETING, () => {
        caller.press('1', { after: 500 });
        caller.press('#', { after: 6500 });
      });
    });
    expect(call.path[0]).toBe('greet:interrupted');
    expect(recordings(call)).toMatchObject([{ ms: 6000 }]);
  });
});

describe('voicemail: wrong input and no input', () => {
  it('asks again for a message that is too short, once', async () => {
    const call = await run((caller) => {
      caller.hears(GREETING, ({ ms }) => caller.press('#', { after: ms + 500 }));
      caller.hears('did not hear a message', ({ ms }) => caller.press('#', { after: ms + 700 }));
    });
    expect(call.path.slice(3)).toEqual([
      'listen:collected',
      'stop:next',
      'length:tooShort',
      'count:below',
      'again:done',
      'record:next',
      'keep:next',
      'listen:collected',
      'stop:next',
      'length:tooShort',
      'count:reached',
      'empty:end',
    ]);
    expect(call.variables['$flow.key.disposition']).toBe('no message');
  });
});

describe('voicemail: the caller hangs up', () => {
  it('during the message, which counts', async () => {
    const call = await run((caller) => {
      caller.hears(GREETING, ({ ms }) => caller.hangUp({ after: ms + 9000 }));
    });
    expect(call.path.at(-1)).toBe('listen:');
    expect(recordings(call)).toMatchObject([{ name: 'message', ms: 9000 }]);
    expect(call.variables['$flow.key.message']).toBe('rec-1');
    expect(call.summary.termination).toMatchObject({ by: 'caller' });
  });

  it('during the greeting: there is no message', async () => {
    const call = await run((caller) => caller.hears(GREETING, () => caller.hangUp({ after: 100 })));
    expect(call.path).toEqual(['greet:']);
    expect(call.variables['$flow.key.message']).toBe('');
    expect(recordings(call)).toEqual([]);
  });
});

describe('voicemail: speech fails', () => {
  it('apologises as far as it can and ends the call', async () => {
    const failure = { kind: 'failed', code: 'SPEECH_FAILED', message: 'no voice' } as const;
    const call = await run(undefined, { failSegment: () => failure });
    expect(call.path).toEqual(['greet:failed', 'sorry:end']);
    expect(call.summary.termination).toMatchObject({ by: 'flow' });
  });
});
