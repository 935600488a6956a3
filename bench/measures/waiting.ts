import { NUMBERS, WAITING } from '../flows.js';
import type { Loaded } from '../rig.js';
import { complaints, EXPECTED, intervalsOf, number, tryStep, type Bench, type Figure, type Step } from './measure.js';

const CALLS = 500;
const RAMP = 100;
const SETTLE_MS = 2000;

/**
 * Callers who all wait at once on one slow endpoint and hear hold music, beside as many who hear the same tone as a prompt: the
 * intervals of what arrives must be the same. The endpoint answers every one of them after the window.
 */
export async function waitingCallers(bench: Bench): Promise<Figure[]> {
  const rampMs = (CALLS / RAMP) * 1000;
  const fromMs = rampMs + SETTLE_MS;
  const window = { fromMs, toMs: Math.min(fromMs + bench.scale.windowMs, WAITING.answerMs - 1000) };
  const run = (number: string, keyAfterMs: number | null) => async (): Promise<Step> => {
    const loaded = await bench.rig.load({
      number,
      calls: CALLS,
      atOnce: CALLS,
      startsPerSecond: RAMP,
      launchMs: fromMs,
      window,
      keyAfterMs,
      audio: 'all',
      expect: EXPECTED,
    });
    return { loaded, wrong: complaints(loaded) };
  };
  const figures = (loaded: Loaded): string => `${intervalsOf(loaded)}, ${number(loaded.usage.server, 0)} % of a core`;
  const plain = await tryStep(bench, `${CALLS} callers hear a prompt`, run(NUMBERS.steady, window.toMs), figures);
  const waiting = await tryStep(bench, `${CALLS} callers wait on one slow endpoint`, run(NUMBERS.waiting, null), figures);
  const spread = ({ loaded: { intervals, calls } }: Step): string => {
    const good = calls.filter(({ failure }) => failure === null).length;
    return `${number(intervals.p50)} / ${number(intervals.p99)} / ${number(intervals.max)} ms, ${good} of ${calls.length} calls good`;
  };
  return [
    {
      what: `Packet interval of ${CALLS} callers on hold at one slow endpoint, p50 / p99 / longest`,
      value: spread(waiting),
      bar: 'p99 30 ms, none lost',
      reached: waiting.wrong.length === 0,
    },
    { what: `The same of ${CALLS} callers who hear a prompt`, value: spread(plain), bar: '–', reached: null },
  ];
}
