import { NUMBERS } from '../flows.js';
import type { Loaded, Rig } from '../rig.js';
import { complaints, EXPECTED, intervalsOf, msPerCall, number, ofTried, tryStep, type Bench, type Figure } from './measure.js';

/** Standard calls at a fixed rate, whatever becomes of those before. */
function standardCalls(rig: Rig, rate: number, windowMs: number): Promise<Loaded> {
  const warmMs = 4000;
  return rig.load({
    number: NUMBERS.standard,
    calls: 100_000,
    atOnce: Math.ceil(rate * 10),
    startsPerSecond: rate,
    launchMs: warmMs + windowMs,
    window: { fromMs: warmMs, toMs: warmMs + windowMs },
    keyAfterMs: 1000,
    audio: 'all',
    expect: EXPECTED,
  });
}

/** Whole standard calls per second, step by step, and what one costs. */
export async function standardRate(bench: Bench): Promise<Figure[]> {
  const { rig, scale } = bench;
  // A process that has just started is busier compiling itself than serving calls: a thousand calls first.
  await standardCalls(rig, 50, 16_000);
  let best = 0;
  let cost = NaN;
  for (const rate of scale.standardRates) {
    const { loaded, wrong } = await tryStep(
      bench,
      `${rate} standard calls/s`,
      async () => {
        const loaded = await standardCalls(rig, rate, scale.windowMs);
        return { loaded, wrong: complaints(loaded) };
      },
      (loaded) => `${intervalsOf(loaded)}; ${number(msPerCall(loaded))} ms CPU per call`,
    );
    if (wrong.length > 0) break;
    best = rate;
    cost = msPerCall(loaded);
  }
  return [
    { what: `CPU per standard call (at ${best}/s)`, value: `${number(cost)} ms`, bar: '8 ms', reached: cost <= 8 },
    {
      what: 'Whole standard calls started per second, interval p99 < 30 ms',
      value: ofTried(best, scale.standardRates),
      bar: '100',
      reached: best >= 100,
    },
  ];
}
