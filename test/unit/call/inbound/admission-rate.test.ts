import { expect, it } from 'vitest';
import { Admission } from '../../../../src/call/inbound/admission.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** How many of twenty calls at one moment are let in. */
function letIn(admission: Admission): number {
  return Array.from({ length: 20 }, () => admission.enter('192.0.2.1')).filter(({ ok }) => ok).length;
}

it.each([
  [0, 0],
  [199, 0],
  [200, 1],
  [400, 2],
  [1000, 5],
  [1200, 5],
  [3_600_000, 5],
])('of five calls a second, used up, %i ms earn %i: never more than those of one second', async (ms, earned) => {
  const clock = new VirtualClock();
  const admission = new Admission({ maxCalls: 1000, maxCallsPerSecond: 5, maxUnacknowledgedPerSource: 1000 }, clock);
  expect(letIn(admission)).toBe(5);
  await clock.advance(ms);
  expect(letIn(admission)).toBe(earned);
});
