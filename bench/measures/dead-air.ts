import { NUMBERS, PROMPTS_IN_A_ROW } from '../flows.js';
import { summarise } from '../statistics.js';
import { machineLine, number, Spread, type Bench, type Figure } from './measure.js';

/** Silence from one prompt to the next that no widget asked for. */
export async function deadAir({ rig, scale, note }: Bench): Promise<Figure[]> {
  const spread = new Spread();
  let longest = 0;
  for (let run = 0; run < scale.runs; run++) {
    const loaded = await rig.load({
      number: NUMBERS.widgets,
      calls: 20,
      atOnce: 20,
      startsPerSecond: 17,
      launchMs: 2000,
      window: { fromMs: 0, toMs: 4000 },
      keyAfterMs: null,
      audio: 'all',
      expect: null,
    });
    const joints = loaded.calls.flatMap((call) => call.joints);
    const expected = 20 * (PROMPTS_IN_A_ROW - 1);
    spread.add(joints);
    longest = Math.max(longest, summarise(joints).max);
    note(`dead air, run ${run + 1}: ${joints.length} of ${expected} joints heard; ${machineLine(loaded)}`);
    if (joints.length < expected) longest = NaN;
  }
  const value = `${number(spread.p50)} / ${number(spread.p99)} ms, longest ${number(longest)} ms`;
  return [
    {
      what: 'Dead air between widgets that no widget asked for, p50 / p99',
      value,
      bar: 'none above 60 ms',
      reached: longest <= 60,
    },
  ];
}
