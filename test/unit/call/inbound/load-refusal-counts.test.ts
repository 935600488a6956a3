import { describe, expect, it } from 'vitest';
import { Admission } from '../../../../src/call/inbound/admission.js';
import { LoadRefusalCounts } from '../../../../src/call/inbound/load-refusal-counts.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

function rig() {
  const clock = new VirtualClock();
  const admission = new Admission({ maxCalls: 2, maxCallsPerSecond: 9, maxCallsPerSource: 3 }, clock);
  const told: object[] = [];
  const media = {
    stats: () => ({ sessions: 7, portsFree: 0, workers: [{ sessions: 7, lateP99Ms: 22.04, cpuShare: 0.831 }] }),
  };
  const log = { add: (key: object, detail?: object) => told.push({ ...key, ...detail }) };
  return { clock, admission, told, refusals: new LoadRefusalCounts({ admission, media, clock, log }) };
}

describe('refusals because of load', () => {
  it.each([
    ['too-many-calls', '1 calls of 2 (limits.calls)'],
    ['too-many-calls-per-second', 'more than 9 new calls a second (limits.callsPerSecond)'],
    ['too-many-calls-of-source', 'more than 3 calls of one address (limits.callsPerSource)'],
    ['too-many-unacknowledged', 'more than 1 unacknowledged calls of one address (limits.unacknowledgedPerSource)'],
    ['NO_PORTS', '0 RTP ports free at 7 calls (media.ports)'],
    ['OVERLOADED', 'media threads at their limit: thread 0: 22.0 ms late of 15, 83 % busy of 75, 7 calls'],
  ])('%s tells value and limit', (reason, text) => {
    const { admission, refusals, told } = rig();
    admission.enter('192.0.2.1');
    refusals.note(reason);
    expect(refusals.recent()).toEqual([{ reason, text, count: 1 }]);
    expect(told).toEqual([{ reason, why: text }]);
  });

  it.each(['unknown-number', 'draining', 'SDP_NO_AUDIO'])('%s is none', (reason) => {
    const { refusals, told } = rig();
    refusals.note(reason);
    expect(refusals.recent()).toEqual([]);
    expect(told).toEqual([]);
  });

  it.each([
    { ms: 59_999, left: 3 },
    { ms: 60_000, left: 1 },
    { ms: 60_001, left: 1 },
    { ms: 89_999, left: 1 },
    { ms: 90_000, left: 0 },
  ])('are counted for a minute: after $ms ms $left are told', async ({ ms, left }) => {
    const { clock, refusals } = rig();
    refusals.note('NO_PORTS');
    refusals.note('NO_PORTS');
    await clock.advance(30_000);
    refusals.note('NO_PORTS');
    await clock.advance(ms - 30_000);
    expect(refusals.recent().reduce((sum, { count }) => sum + count, 0)).toBe(left);
  });
});
