import { NUMBERS } from '../flows.js';
import type { Loaded, Rig } from '../rig.js';
import { complaints, EXPECTED, intervalsOf, number, ofTried, tryStep, type Bench, type Figure } from './measure.js';

/** Calls started per second on the way up to a level. */
const RAMP = 100;
const SETTLE_MS = 2000;

/** Calls that all stand at once, audio both ways; each presses its key when the window is over, and goes on to its end. */
function steady(rig: Rig, calls: number, windowMs: number): Promise<Loaded> {
  const rampMs = (calls / RAMP) * 1000;
  const window = { fromMs: rampMs + SETTLE_MS, toMs: rampMs + SETTLE_MS + windowMs };
  return rig.load({
    number: NUMBERS.steady,
    calls,
    atOnce: calls,
    startsPerSecond: RAMP,
    launchMs: rampMs + SETTLE_MS,
    window,
    keyAfterMs: window.toMs,
    audio: 'all',
    expect: EXPECTED,
  });
}

/** Steady calls level by level, until one is too much: how many, at what cost, and what memory. */
export async function steadyCalls(bench: Bench): Promise<Figure[]> {
  const { rig, scale } = bench;
  // The first calls of a process load code and grow its heap; they are no part of what a call costs.
  await steady(rig, 50, 1000);
  const passed: { readonly level: number; readonly cost: number; readonly mb: number }[] = [];
  for (const level of scale.levels) {
    const costOf = ({ usage, meanCalls }: Loaded): number => (usage.server / meanCalls) * 100;
    const { loaded, wrong } = await tryStep(
      bench,
      `${level} steady calls`,
      async () => {
        const loaded = await steady(rig, level, scale.windowMs);
        return { loaded, wrong: complaints(loaded) };
      },
      (loaded) => `${intervalsOf(loaded)}; ${number(costOf(loaded))} % of a core per 100, ${number(loaded.usage.serverMb, 0)} MB`,
    );
    if (wrong.length > 0) break;
    passed.push({ level, cost: costOf(loaded), mb: loaded.usage.serverMb });
  }
  const [first, last] = [passed[0], passed.at(-1)];
  const best = last?.level ?? 0;
  const cost = last?.cost ?? NaN;
  const memory = first === undefined || last === undefined ? NaN : (last.mb - first.mb) / (last.level - first.level);
  return [
    {
      what: 'Steady calls, audio both ways, interval p99 < 30 ms, nothing lost',
      value: ofTried(best, scale.levels),
      bar: '800',
      reached: best >= 800,
    },
    { what: `CPU per 100 steady calls (at ${best}), % of a core`, value: number(cost), bar: '9', reached: cost <= 9 },
    {
      what: `Memory per live call (${first?.level ?? 0} → ${best} calls)`,
      value: `${number(memory, 2)} MB`,
      bar: '0.4 MB',
      reached: memory <= 0.4,
    },
  ];
}
