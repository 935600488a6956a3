import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import { sleep } from '../../../src/lib/clock.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { runLiveCall, type LiveRunServices } from '../../../src/runs/live-run.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';
import { CallRig } from '../../support/call-rig.js';
import { endServices } from '../../support/end-services.js';
import { FakeFunctions } from '../../support/fake-functions.js';
import { createFakeStore } from '../../support/fake-store.js';
import { FakeWebhooks } from '../../support/fake-webhooks.js';

const FLOW = {
  id: 'test',
  name: 'Test',
  start: 'hello',
  widgets: { hello: { type: 'delay', seconds: 60, exits: { next: null } } },
};

/** A call whose row is durable after so long, ms. */
async function dialled(durableAfterMs: number) {
  const { flow, problems } = checkFlow(FLOW, { widgets: widgetCatalogue });
  if (flow === null) throw new Error(JSON.stringify(problems));
  const store = createFakeStore();
  const refused: (readonly [number, string])[] = [];
  const services: LiveRunServices[] = [];
  const rig: CallRig = new CallRig({
    onCall: async (call, route) => {
      for (const one of services) await runLiveCall(one, call, route);
    },
  });
  const { clock } = rig;
  const calls: typeof store.calls = {
    ...store.calls,
    begin: async (call) => {
      if (durableAfterMs > 0) await sleep(clock, durableAfterMs);
      await store.calls.begin(call);
    },
  };
  services.push({
    flows: () => new Map([['test', flow]]),
    brokenFlows: () => new Map(),
    calls,
    users: store.users,
    webhook: new FakeWebhooks(clock, () => ({})),
    functions: new FakeFunctions(),
    sinks: [store.journal],
    ending: { ...endServices({ ...store, calls }, []), clock },
    integrationOf: () => null,
    resultsOf: () => new Map(),
    clock,
    flowClock: { sleep: (ms, signal) => sleep(clock, ms, signal) },
    ownProcess: { id: 'life', ms: () => clock.monotonic() },
    random: { next: () => 0.5, uuid: () => 'uuid' },
    log: silentLogger,
    maxSteps: 100,
    anchorMs: 1000,
    goodbye: { text: 'bye', language: 'en-US' },
    onRefused: (status, reason) => refused.push([status, reason]),
  });
  const { caller } = await rig.dial();
  return { rig, store, refused, caller };
}

describe('a call whose row is durable', () => {
  it.each([2999, 3000])('after %i ms goes on', async (ms) => {
    const { rig, refused, caller } = await dialled(ms);
    await rig.clock.advance(3500);
    expect(refused).toEqual([]);
    expect(caller.statuses.filter((status) => status >= 400)).toEqual([]);
    expect(rig.calls.map(({ termination }) => termination)).toEqual([null]);
  });

  it('after 3001 ms is refused, and its row gets its end when it is written after all', async () => {
    const { rig, store, refused, caller } = await dialled(3001);
    await rig.clock.advance(3500);
    expect(refused).toEqual([[503, 'store-unavailable']]);
    expect(caller.statuses.at(-1)).toBe(503);
    await expect.poll(() => store.calls.openCalls()).toEqual([]);
  });

  it('at once leaves no timer of that wait behind', async () => {
    const { rig, caller } = await dialled(0);
    await rig.clock.advance(100);
    caller.cancel();
    await rig.clock.advance(0);
    expect(rig.clock.pending).toBe(0);
  });
});
