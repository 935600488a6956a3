import { NUMBERS } from '../flows.js';
import { median } from '../statistics.js';
import { ms, number, type Bench, type Figure } from './measure.js';

/** From the start of the process to the answer of a call that was waiting for it. */
export async function startUp({ rig, scale, note }: Bench): Promise<Figure[]> {
  const times: number[] = [];
  for (let run = 0; run < Math.max(3, scale.runs); run++) {
    await rig.site.stop();
    const began = performance.now();
    await rig.site.start();
    const screen = performance.now() - began;
    const { calls } = await rig.load({
      number: NUMBERS.setUp,
      calls: 1,
      atOnce: 1,
      startsPerSecond: 1000,
      launchMs: 100,
      window: { fromMs: 0, toMs: 1 },
      keyAfterMs: null,
      audio: 'none',
      expect: null,
    });
    const [call] = calls;
    if (call?.failure !== null) throw new Error(`the first call failed: ${call?.failure ?? 'none was placed'}`);
    times.push(screen + call.answered - call.invited);
    note(
      `start ${run + 1}: start screen after ${ms(screen)}, first call answered after another ${ms(call.answered - call.invited)}`,
    );
  }
  const seconds = median(times) / 1000;
  return [{ what: 'Start to first answered call', value: `${number(seconds, 2)} s`, bar: '2 s', reached: seconds <= 2 }];
}
