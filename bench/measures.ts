import { ANSWER_PACKETS, NUMBERS, PROMPTS_IN_A_ROW, TONES } from './flows.js';
import { residentMb } from './machine.js';
import type { Loaded, Rig } from './rig.js';
import { median, summarise } from './statistics.js';

/*
 * The measurements. Each gives one or more figures; a figure has what it was, its bar, and how the machine was meanwhile.
 */

/** How much of everything. */
export interface Scale {
  readonly levels: readonly number[];
  readonly standardRates: readonly number[];
  readonly setUpRates: readonly number[];
  /** Runs of what is reported as a median. */
  readonly runs: number;
  /** Length of a window, ms. */
  readonly windowMs: number;
}

export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly bar: string;
  /** Whether the bar is reached; null where there is none. */
  readonly reached: boolean | null;
}

export interface Bench {
  readonly rig: Rig;
  readonly scale: Scale;
  /** Prints a line while measuring. */
  readonly note: (line: string) => void;
}

const EXPECTED = { hertz: TONES.answer, packets: ANSWER_PACKETS };
/** An interval beyond this is one a caller may hear, ms. */
const LONGEST_INTERVAL_MS = 30;
/** Calls started per second on the way up to a level. */
const RAMP = 100;
const SETTLE_MS = 2000;

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const number = (value: number, digits = 1): string => (Number.isNaN(value) ? '–' : value.toFixed(digits));

/** Why a load is no success; empty when it is one. */
function complaints({ calls, lost, intervals, repeated }: Loaded, strict: { readonly messages: boolean }): string[] {
  const failures = calls.filter(({ failure }) => failure !== null);
  return [
    ...(failures.length > 0 ? [`${failures.length} of ${calls.length} calls failed (${failures[0]?.failure ?? ''})`] : []),
    ...(lost > 0 ? [`${lost} packets lost`] : []),
    ...(intervals.p99 >= LONGEST_INTERVAL_MS ? [`interval p99 ${ms(intervals.p99)}`] : []),
    ...(strict.messages && repeated > 0 ? [`${repeated} messages repeated`] : []),
  ];
}

function machineLine({ usage, ownDelay }: Loaded): string {
  const { server, caller, others, stolen } = usage;
  const percent = (value: number): string => `${value.toFixed(0)} %`;
  return `server ${percent(server)}, caller ${percent(caller)}, others ${percent(others)}, stolen ${percent(stolen)}; caller late p99 ${ms(ownDelay.p99)}`;
}

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
export async function steadyCalls({ rig, scale, note }: Bench): Promise<Figure[]> {
  // The first calls of a process load code and grow its heap; they are no part of what a call costs.
  await steady(rig, 50, 1000);
  const idleMb = residentMb(rig.pids.server);
  let best = 0;
  const costs: number[] = [];
  let memory = NaN;
  for (const level of scale.levels) {
    const loaded = await steady(rig, level, scale.windowMs);
    const wrong = complaints(loaded, { messages: false });
    const cost = (loaded.usage.server / loaded.meanCalls) * 100;
    const { intervals } = loaded;
    note(
      `${level} steady calls: ${wrong.length === 0 ? 'passed' : wrong.join(', ')}; interval p50 ${ms(intervals.p50)}, p99 ${ms(intervals.p99)}, max ${ms(intervals.max)}; ` +
        `${number(cost)} % of a core per 100; ${machineLine(loaded)}`,
    );
    if (wrong.length > 0) break;
    best = level;
    costs.push(cost);
    memory = (loaded.usage.serverMb - idleMb) / level;
  }
  const tried = scale.levels.at(-1) ?? 0;
  const cost = costs.at(-1) ?? NaN;
  return [
    {
      what: 'Steady calls, audio both ways, interval p99 < 30 ms, nothing lost',
      value: `${best}${best === tried ? ' (no more were tried)' : ''}`,
      bar: '800',
      reached: best >= 800,
    },
    { what: 'CPU per 100 steady calls, % of a core', value: number(cost), bar: '9', reached: cost <= 9 },
    { what: 'Memory per live call', value: `${number(memory, 2)} MB`, bar: '0.4 MB', reached: memory <= 0.4 },
  ];
}

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

export async function standardRate({ rig, scale, note }: Bench): Promise<Figure[]> {
  let best = 0;
  let cost = NaN;
  for (const rate of scale.standardRates) {
    const loaded = await standardCalls(rig, rate, scale.windowMs);
    const wrong = complaints(loaded, { messages: false });
    const perCall = (1000 * loaded.usage.serverSeconds) / loaded.endedInWindow;
    note(
      `${rate} standard calls/s: ${wrong.length === 0 ? 'passed' : wrong.join(', ')}; interval p99 ${ms(loaded.intervals.p99)}, ${number(perCall)} ms CPU per call; ${machineLine(loaded)}`,
    );
    if (wrong.length > 0) break;
    best = rate;
    cost = perCall;
  }
  return [
    { what: 'CPU per standard call', value: `${number(cost)} ms (at ${best}/s)`, bar: '8 ms', reached: cost <= 8 },
    {
      what: 'Whole standard calls started per second, interval p99 < 30 ms',
      value: `${best}${best === scale.standardRates.at(-1) ? ' (no more were tried)' : ''}`,
      bar: '100',
      reached: best >= 100,
    },
  ];
}

/** Calls that are answered, hear a tenth of a second and are hung up on; the caller sends no audio. */
export async function setUpRate({ rig, scale, note }: Bench): Promise<Figure[]> {
  let best = 0;
  for (const rate of scale.setUpRates) {
    const warmMs = 1000;
    const loaded = await rig.load({
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
    const failed = loaded.calls.filter(({ failure }) => failure !== null).length;
    const setUp = summarise(loaded.calls.filter(({ counted }) => counted).map(({ answered, invited }) => answered - invited));
    const rateSeen = loaded.endedInWindow / loaded.usage.seconds;
    const clean = failed === 0 && loaded.repeated === 0 && rateSeen > 0.95 * rate;
    note(
      `${rate} set-ups/s: ${clean ? 'passed' : `${failed} failed, ${loaded.repeated} messages repeated`}; ${number(rateSeen)}/s ended, INVITE → 200 p50 ${ms(setUp.p50)}, p99 ${ms(setUp.p99)}, ` +
        `${number((1000 * loaded.usage.serverSeconds) / loaded.endedInWindow, 2)} ms CPU per call; ${machineLine(loaded)}`,
    );
    if (!clean) break;
    best = rate;
  }
  return [
    {
      what: 'Set-up rate without a failed or repeated message',
      value: `${best}/s${best === scale.setUpRates.at(-1) ? ' (no more were tried)' : ''}`,
      bar: '400/s',
      reached: best >= 400,
    },
  ];
}

/** p50 / p99 of several runs: the medians of each. */
class Spread {
  readonly #p50: number[] = [];
  readonly #p99: number[] = [];

  add(values: readonly number[]): void {
    const { p50, p99 } = summarise(values);
    this.#p50.push(p50);
    this.#p99.push(p99);
  }

  get p50(): number {
    return median(this.#p50);
  }

  get p99(): number {
    return median(this.#p99);
  }

  toString(): string {
    return `${number(this.p50)} / ${number(this.p99)} ms`;
  }
}

/** Latencies while 100 calls stand; every other caller sends no audio of its own. */
export async function latencies({ rig, scale, note }: Bench): Promise<Figure[]> {
  const spreads = {
    keyEndToRequest: new Spread(),
    keyToRequest: new Spread(),
    answerToPrompt: new Spread(),
    ackToFirst: new Spread(),
    ackToFirstSilent: new Spread(),
    inviteToAnswer: new Spread(),
  };
  for (let run = 0; run < scale.runs; run++) {
    const warmMs = 8000;
    const launchMs = warmMs + scale.windowMs * 2;
    const loaded = await rig.load({
      number: NUMBERS.steady,
      calls: 100_000,
      atOnce: 100,
      startsPerSecond: 15,
      launchMs,
      window: { fromMs: warmMs, toMs: launchMs },
      keyAfterMs: 4500,
      audio: 'every other',
      expect: EXPECTED,
    });
    const good = loaded.calls.filter(({ failure, counted }) => failure === null && counted);
    const looks = good.flatMap((call) => {
      const look = loaded.looked.get(call.caller);
      return look === undefined ? [] : [{ call, look }];
    });
    spreads.keyEndToRequest.add(looks.map(({ call, look }) => look.at - call.keyEnded));
    spreads.keyToRequest.add(looks.map(({ call, look }) => look.at - call.keyBegan));
    spreads.answerToPrompt.add(looks.map(({ call, look }) => call.firstExpected - look.answeredAt));
    const first = (silent: boolean) =>
      good.filter((call) => call.silent === silent).map((call) => call.firstPacket - call.acknowledged);
    spreads.ackToFirst.add(first(false));
    spreads.ackToFirstSilent.add(first(true));
    spreads.inviteToAnswer.add(good.map(({ answered, invited }) => answered - invited));
    note(
      `latencies, run ${run + 1}: ${good.length} calls, ${number(loaded.meanCalls, 0)} at once, ${loaded.calls.length - loaded.calls.filter(({ failure }) => failure === null).length} failed; ${machineLine(loaded)}`,
    );
  }
  const row = (what: string, spread: Spread, bar: readonly [number, number] | null): Figure => ({
    what,
    value: String(spread),
    bar: bar === null ? '–' : `${bar[0]} / ${bar[1]} ms`,
    reached: bar === null ? null : spread.p50 <= bar[0] && spread.p99 <= bar[1],
  });
  return [
    row('End of digit → webhook request, p50 / p99 at 100 calls', spreads.keyEndToRequest, [10, 20]),
    row('First packet of digit → webhook request', spreads.keyToRequest, null),
    row('Webhook answer → first packet of the next prompt', spreads.answerToPrompt, [5, 10]),
    row('ACK → first packet', spreads.ackToFirst, [20, 20]),
    row('ACK → first packet, silent caller', spreads.ackToFirstSilent, [20, 20]),
    row('INVITE → 200', spreads.inviteToAnswer, null),
  ];
}

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
