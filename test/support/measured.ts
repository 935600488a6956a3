import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Heard } from '../../src/phone/heard.js';
import { deadAir } from './dead-air.js';

/*
 * Measurements in real time, on machines that others use too and that are slower or faster than the one a test was written on.
 */

/** How often a measurement is taken at most. */
const TAKES = 3;

/** For a test that is one measurement from beginning to end: when it fails it is taken again, and a fault that is built in shows every time. */
export const MEASURED = { retry: TAKES - 1 };

/**
 * Takes a measurement: what it complains about is measured again, for a fault that is built in shows every time. Everything else that
 * `take` expects fails at once. That there was a second take is said.
 */
export async function measured(what: string, take: () => Promise<readonly string[]>): Promise<void> {
  for (let n = 1; ; n += 1) {
    const complaints = await take();
    if (complaints.length === 0) return;
    const said = `${what}, take ${n} of ${TAKES}: ${complaints.join('; ')}`;
    if (n === TAKES) throw new Error(said);
    console.warn(said);
  }
}

/** Measures until those who listen during `take` hear no dead air and miss no packet. */
export function unbroken(take: () => Promise<readonly Heard[]>): Promise<void> {
  return measured('what callers heard', async () => {
    const heard = await take();
    return heard.flatMap((each) => {
      const { lost } = each.counts();
      return [...deadAir(each), ...(lost === 0 ? [] : [`${lost} packets lost`])];
    });
  });
}

/** What something gave, the longest time that this process itself was away meanwhile, and how long it took without that, ms. */
export async function timed<T>(
  run: () => Promise<T>,
): Promise<{ readonly value: T; readonly awayMs: number; readonly ms: number }> {
  const away = monitorEventLoopDelay({ resolution: 5 });
  away.enable();
  const from = performance.now();
  const value = await run();
  const ms = performance.now() - from;
  away.disable();
  const awayMs = away.max / 1e6;
  return { value, awayMs, ms: Math.max(0, ms - awayMs) };
}
