import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PhoneResult } from '../../src/phone/types.js';
import { dial, flow, keysOf, reportOf } from '../support/calls.js';
import { toneAt } from '../support/dead-air.js';
import { MEASURED } from '../support/measured.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * The webhook one can wait in, as a caller hears it: tones on real RTP.
 */

const TONES = { hello: 440, music: 1000, progress: 1320, tell: 660, human: 880 };
/** Packets on their way, the window of the measurement, and 20 ms of play-out. */
const AT_ONCE_MS = 60;
/** A timer of a loaded machine. */
const ABOUT_MS = 150;
const STEP_MS = 10;

let site: Site;
let reports: Endpoint;
let service: Endpoint;
/** Answers the request that waits. */
let answerNow = (): void => undefined;

const file = (name: keyof typeof TONES) => ({ file: `${name}.wav` });
const play = (name: keyof typeof TONES, next: string | null) => ({ type: 'play', prompt: [file(name)], exits: { done: next } });

const waiting = (id: string, fields: Record<string, unknown>) =>
  flow(id, {
    hello: play('hello', 'lookup'),
    lookup: { type: 'webhook', url: service.url, timeout: 30, exits: { success: 'tell', failed: null }, ...fields },
    tell: play('tell', 'end'),
    human: play('human', 'end'),
    end: { type: 'hangup' },
  });

const escape = { escapeKey: '0', exits: { success: 'tell', failed: null, escape: 'human' } };

beforeAll(async () => {
  [reports, service] = await Promise.all([Endpoint.start(), Endpoint.start()]);
  service.answer = () =>
    new Promise((resolve) => {
      answerNow = () => resolve({ status: 200, body: '{}' });
    });
  const progress = [{ at: 2, prompt: [file('progress')] }];
  site = await Site.start({
    report: reports.url,
    prompts: Object.fromEntries(
      Object.entries(TONES).map(([name, hertz]) => [`${name}.wav`, toneWav(hertz, name === 'music' ? 8000 : 600)]),
    ),
    flows: [
      waiting('wait', { holdMusicDelay: 1, holdMusic: file('music'), progress, ...escape }),
      waiting('blip', { holdMusicDelay: 0.5, holdMusic: file('music'), minMusic: 1.5 }),
      waiting('broken', { holdMusic: { file: 'none.wav' }, progress: [{ at: 0.3, prompt: [{ file: 'none.wav' }] }] }),
      waiting('prompts', { holdPrompt: [file('progress')], holdMusic: { prompt: [file('music')] }, finishPrompts: true }),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

/** A tone for as long as it lasted, ms since the INVITE. */
interface Run {
  readonly tone: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The tones heard, one after the other. */
function runsOf({ heard }: PhoneResult): readonly Run[] {
  const runs: { tone: string; fromMs: number; toMs: number }[] = [];
  for (let at = 0; at + 40 <= heard.endMs(); at += STEP_MS) {
    const hertz = toneAt(heard, Object.values(TONES), at);
    if (hertz === null) continue;
    const tone = Object.entries(TONES).find(([, value]) => value === hertz)?.[0] ?? '';
    const last = runs.at(-1);
    if (last?.tone === tone && at - last.toMs < 100) last.toMs = at + 40;
    else runs.push({ tone, fromMs: at, toMs: at + 40 });
  }
  return runs;
}

interface WaitedCall {
  readonly runs: readonly Run[];
  readonly result: PhoneResult;
  readonly cli: string;
  /** When the request was there and when it was answered, ms since the INVITE. */
  readonly requestAt: number;
  readonly answerAt: number;
}

/** Calls, and answers the webhook so long after its request; null: never. `key` is pressed so long after the request. */
async function wait(
  id: string,
  answerMs: number | null,
  key?: { readonly key: string; readonly ms: number },
): Promise<WaitedCall> {
  const before = service.received.length;
  const { phone, cli } = await dial(site, id);
  const zero = performance.now() - phone.now();
  const request = await eventually('the request', () => service.received[before]);
  const requestAt = request.at - zero;
  const until = (ms: number): Promise<boolean> => phone.waitFor((call) => call.now() >= requestAt + ms);
  if (key !== undefined) {
    await until(key.ms);
    await phone.press(key.key);
  }
  let answerAt = NaN;
  if (answerMs !== null) {
    await until(answerMs);
    answerAt = phone.now();
    answerNow();
  }
  const result = await phone.result;
  answerNow();
  return { runs: runsOf(result), result, cli, requestAt, answerAt };
}

const tonesOf = ({ runs }: WaitedCall): readonly string[] => runs.map(({ tone }) => tone);

/** Between two times, for what this process itself was away. */
const slack = ({ result }: WaitedCall, fromMs: number, toMs: number): number =>
  result.heard.stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(toMs, stall.toMs) - Math.max(fromMs, stall.fromMs)), 0);

function run(call: WaitedCall, index: number): Run {
  const found = call.runs[index];
  if (found === undefined) throw new Error(`only ${tonesOf(call).join(', ')} was heard`);
  return found;
}

// docs/behaviour.md#waiting, #hold-music
describe('waiting on the line', () => {
  it('silence, music, a prompt over it, music again, and the answer at once', MEASURED, async () => {
    const call = await wait('wait', 4000);
    expect(tonesOf(call)).toEqual(['hello', 'music', 'progress', 'music', 'tell']);
    const [music, progress, again, tell] = [run(call, 1), run(call, 2), run(call, 3), run(call, 4)];
    // The silence that is allowed, kept and not much longer.
    expect(music.fromMs - call.requestAt).toBeGreaterThan(1000 - AT_ONCE_MS);
    expect(music.fromMs - call.requestAt).toBeLessThan(1000 + ABOUT_MS + slack(call, call.requestAt, music.fromMs));
    // The prompt at its time, and music behind it without a hole.
    expect(Math.abs(progress.fromMs - call.requestAt - 2000)).toBeLessThan(
      ABOUT_MS + slack(call, call.requestAt, progress.fromMs),
    );
    expect(again.fromMs - progress.toMs).toBeLessThan(AT_ONCE_MS);
    // Music ends with the answer, and the result begins.
    expect(again.toMs - call.answerAt).toBeLessThan(AT_ONCE_MS + slack(call, call.answerAt, again.toMs));
    expect(tell.fromMs - call.answerAt).toBeLessThan(2 * AT_ONCE_MS + slack(call, call.answerAt, tell.fromMs));
  });

  it('an answer inside the silence is heard without any music', MEASURED, async () => {
    const call = await wait('wait', 600);
    expect(tonesOf(call)).toEqual(['hello', 'tell']);
  });

  it('music that has begun sounds its least time: no blip', MEASURED, async () => {
    const call = await wait('blip', 700);
    expect(tonesOf(call)).toEqual(['hello', 'music', 'tell']);
    const music = run(call, 1);
    expect(music.toMs - music.fromMs).toBeGreaterThan(1500 - AT_ONCE_MS);
    expect(music.toMs - music.fromMs).toBeLessThan(1500 + ABOUT_MS + slack(call, music.fromMs, music.toMs));
  });

  it('the escape key leaves the wait at once; the request is given up', MEASURED, async () => {
    const call = await wait('wait', null, { key: '0', ms: 1600 });
    expect(tonesOf(call)).toEqual(['hello', 'music', 'human']);
    const pressed = call.result.digitsSent[0]?.atMs ?? NaN;
    expect(run(call, 1).toMs - pressed).toBeLessThan(AT_ONCE_MS + slack(call, pressed, run(call, 1).toMs));
    const { report } = await reportOf(reports, call.cli);
    expect(keysOf(report)).toMatchObject({ '$flow.key.error_reason': 'ABORTED', '$flow.key.response_status': 'FAILED' });
    expect(report.callDetails[0]?.dtmfPressesd).toMatchObject([{ key: '0', label: 'lookup' }]);
  });

  it('another key leaves nothing', MEASURED, async () => {
    const call = await wait('wait', 1800, { key: '5', ms: 1300 });
    expect(tonesOf(call)).toEqual(['hello', 'music', 'tell']);
  });

  it('a prompt first, then music; broken music and prompts cost nothing', MEASURED, async () => {
    const prompts = await wait('prompts', 1500);
    expect(tonesOf(prompts)).toEqual(['hello', 'progress', 'music', 'tell']);
    const broken = await wait('broken', 1000);
    // The platform’s music has tones of its own.
    expect(tonesOf(broken)).not.toContain('music');
    expect(tonesOf(broken)).not.toContain('progress');
    const tell = run(broken, broken.runs.length - 1);
    expect(tell.tone).toBe('tell');
    expect(tell.fromMs - broken.answerAt).toBeLessThan(2 * AT_ONCE_MS + slack(broken, broken.answerAt, tell.fromMs));
    // The platform's own music took the place of the broken one.
    expect(broken.result.heard.rms(broken.requestAt + 500, broken.answerAt)).toBeGreaterThan(0.01);
  });
});
