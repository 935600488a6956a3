import { NUMBERS } from '../flows.js';
import type { Loaded } from '../rig.js';
import { summarise } from '../statistics.js';
import { ms, msPerCall, number, ofTried, tryStep, type Bench, type Figure } from './measure.js';

/** Calls that are answered, hear a tenth of a second and are hung up on; the caller sends no audio. */
export async function setUpRate(bench: Bench): Promise<Figure[]> {
  const { rig, scale } = bench;
  const warmMs = 2000;
  const setUps = (rate: number): Promise<Loaded> =>
    rig.load({
      number: NUMBERS.setUp,
      calls: 100_000,
      atOnce: rate * 5,
      startsPerSecond: rate,
      launchMs: warmMs + scale.windowMs,
      window: { fromMs: warmMs, toMs: warmMs + scale.windowMs },
      keyAfterMs: null,
      audio: 'none',
      expect: null,
    });
  await setUps(100);
  let best = 0;
  for (const rate of scale.setUpRates) {
    const { wrong } = await tryStep(
      bench,
      `${rate} set-ups/s`,
      async () => {
        const loaded = await setUps(rate);
        const failed = loaded.calls.filter(({ failure }) => failure !== null);
        const ended = loaded.endedInWindow / loaded.usage.seconds;
        const wrong = [
          ...(failed.length > 0 ? [`${failed.length} failed (${failed[0]?.failure ?? ''})`] : []),
          ...(loaded.repeated > 0 ? [`${loaded.repeated} messages repeated`] : []),
          ...(ended < 0.95 * rate ? [`only ${number(ended)}/s ended`] : []),
        ];
        return { loaded, wrong };
      },
      (loaded) => {
        const counted = loaded.calls.filter((call) => call.counted);
        const { p50, p99 } = summarise(counted.map(({ answered, invited }) => answered - invited));
        return `INVITE → 200 p50 ${ms(p50)}, p99 ${ms(p99)}; ${number(msPerCall(loaded), 2)} ms CPU per call`;
      },
    );
    if (wrong.length > 0) break;
    best = rate;
  }
  return [
    {
      what: 'Calls set up per second without a failed or repeated message',
      value: ofTried(best, scale.setUpRates),
      bar: '400',
      reached: best >= 400,
    },
  ];
}
