import { describe, expect, it } from 'vitest';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { exampleFlow } from '../support/example-flow.js';
import { runFlowTest, type FlowTest, type FlowTestResult } from '../support/flow-harness.js';

const run = (caller?: FlowTest['caller']): Promise<FlowTestResult> =>
  runFlowTest({ flow: exampleFlow('echo-digits'), widgets: widgetCatalogue, ...(caller && { caller }) });

describe('echo-digits', () => {
  it('says digits back, again and again', async () => {
    const call = await run((caller) => caller.hears('Key in some digits', '407#', '9#'));
    expect(call.path).toEqual(['ask:collected', 'echo:done', 'ask:collected', 'echo:done', 'ask:noInput', 'bye:end']);
    expect(call.spoken.filter((text) => text.startsWith('You pressed'))).toHaveLength(2);
  });

  it('takes the first key of the next digits over the echo', async () => {
    const call = await run((caller) => {
      caller.hears('Key in some digits', '407#');
      caller.hears('You pressed', '12#');
    });
    expect(call.path.slice(1, 3)).toEqual(['echo:interrupted', 'ask:collected']);
    expect(call.variables['$flow.key.digits']).toBe('12');
  });

  it('asks again after hash alone, then ends', async () => {
    const call = await run((caller) => caller.hears('Key in some digits', '#', '#'));
    expect(call.path).toEqual(['ask:missed', 'bye:end']);
  });

  it('ends when nothing is keyed in', async () => {
    expect((await run()).path).toEqual(['ask:noInput', 'bye:end']);
  });

  it('ends when the caller hangs up', async () => {
    const call = await run((caller) => caller.hears('Key in some digits', () => caller.hangUp({ after: 10 })));
    expect(call.path).toEqual(['ask:']);
  });
});
