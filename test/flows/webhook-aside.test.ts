import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowOf } from '../support/flow-case.js';
import { Endpoint } from '../support/site.js';
import { WireFlows } from '../support/wire-flow.js';

/* Webhooks that nobody waits for, over real HTTP. */

let service: Endpoint;
let flows: WireFlows;
/** Answers every request that is under way. */
let answerNow: (() => void)[] = [];

beforeAll(async () => {
  service = await Endpoint.start();
  service.answer = ({ url }) =>
    url === '/now'
      ? { status: 201, body: '{"id": 7}' }
      : new Promise((resolve) => answerNow.push(() => resolve({ status: 200, body: '{}' })));
  flows = new WireFlows();
});
afterAll(async () => {
  await flows.close();
  await service.close();
});

const send = (path: string) => ({
  type: 'webhook',
  url: `${service.url}${path}`,
  wait: false,
  mapping: [{ saveIn: '$flow.key.id', path: 'id' }],
  saveStatusIn: '$CODE',
  exits: { success: 'next', failed: 'bye' },
});
const pause = { type: 'delay', seconds: 0.3, exits: { next: 'bye' } };

// docs/behaviour.md#not-waiting
describe('nobody waits', () => {
  // docs/behaviour.md#late-answers
  it('the flow goes on, and has the values when the answer came', async () => {
    const call = await flows.run(flowOf({ ask: send('/now'), next: pause }));
    expect(call.path).toEqual(['ask:success', 'next:next', 'bye:end']);
    expect(call.variables).toMatchObject({ '$flow.key.id': 7, $CODE: 201 });
    expect(call.variables).not.toHaveProperty('$flow.key.response_status');
  });

  // docs/behaviour.md#requests-outlive-calls
  it('a call that ends first loses nothing but the values; the request is finished', async () => {
    const before = service.received.length;
    const call = await flows.run(flowOf({ ask: send('/slow'), next: { ...pause, seconds: 0.1 } }));
    expect(call.path.at(-1)).toBe('bye:end');
    expect(call.variables).not.toHaveProperty('$flow.key.id');
    expect(service.received).toHaveLength(before + 1);
    expect(flows.webhooks.inFlight()).toBe(1);
    for (const answer of answerNow) answer();
    answerNow = [];
    await flows.webhooks.idle();
    expect(call.variables).not.toHaveProperty('$flow.key.id');
  });
});
