import { toneWav } from '../test/support/tones.js';
import type { SiteOptions } from '../test/support/site.js';

/*
 * The site that is measured: one number for each kind of call. Prompts are tones of one frequency each, so that the caller can tell
 * from the audio alone what it hears.
 */

/** Numbers to call, by what the call is good for. */
export const NUMBERS = {
  /** Answer, 3 s prompt that a key cuts short, GET webhook, 2 s prompt, hang up. */
  standard: '100',
  /** The same with a first prompt of 40 s. */
  steady: '200',
  /** Answer, 0.1 s prompt, hang up. */
  setUp: '300',
  /** Twelve prompts of 0.3 s, with widgets that calculate between them. */
  widgets: '400',
  /** Answer, hold music until a slow webhook answers, 2 s prompt, hang up. */
  waiting: '500',
} as const;

/** How the endpoint of a {@link NUMBERS.waiting} call answers: late enough that all of them wait at one time. */
export const WAITING = { answerMs: 20_000 } as const;

/** What the frequencies mean. Each fits a 20 ms packet in whole periods, so every packet of a tone looks alike. */
export const TONES = { prompt: 400, answer: 1000, even: 600 } as const;

/** Packets the second prompt of a standard or steady call has. */
export const ANSWER_PACKETS = 100;
/** Joints between two prompts of a {@link NUMBERS.widgets} call. */
export const PROMPTS_IN_A_ROW = 12;

type Flow = Record<string, unknown> & { readonly id: string };

function standard(id: string, prompt: string, endpoint: string): Flow {
  return {
    id,
    name: id,
    start: 'ask',
    widgets: {
      ask: {
        type: 'collect',
        saveIn: '$flow.key.digit',
        prompt: [{ file: prompt }],
        digits: { min: 1, max: 1, endOn: '', firstDigitTimeout: 15 },
        retries: 0,
        exits: { collected: 'look', noInput: null, missed: null, failed: null },
      },
      look: {
        type: 'webhook',
        method: 'GET',
        url: `${endpoint}/look`,
        query: [
          { key: 'caller', value: '$call.cli', mandatory: true },
          { key: 'digit', value: '$flow.key.digit', mandatory: true },
        ],
        responseType: 'json',
        mapping: [{ saveIn: '$flow.key.prompt', path: 'prompt', mandatory: true }],
        wait: true,
        holdMusic: false,
        timeout: 15,
        exits: { success: 'tell', failed: null },
      },
      tell: { type: 'play', prompt: [{ file: '$flow.key.prompt.wav' }], exits: { done: 'bye', failed: null } },
      bye: { type: 'hangup' },
    },
  };
}

function waiting(endpoint: string): Flow {
  return {
    id: 'waiting',
    name: 'waiting',
    start: 'look',
    widgets: {
      look: {
        type: 'webhook',
        url: `${endpoint}/look`,
        query: [
          { key: 'caller', value: '$call.cli', mandatory: true },
          { key: 'afterMs', value: String(WAITING.answerMs) },
        ],
        mapping: [{ saveIn: '$flow.key.prompt', path: 'prompt', mandatory: true }],
        holdMusic: { file: 'long.wav' },
        timeout: 40,
        exits: { success: 'tell', failed: null },
      },
      tell: { type: 'play', prompt: [{ file: '$flow.key.prompt.wav' }], exits: { done: 'bye', failed: null } },
      bye: { type: 'hangup' },
    },
  };
}

const setUp: Flow = {
  id: 'set-up',
  name: 'set-up',
  start: 'tell',
  widgets: {
    tell: { type: 'play', prompt: [{ file: 'short.wav' }], exits: { done: 'bye', failed: 'bye' } },
    bye: { type: 'hangup' },
  },
};

/** Prompts by turns of two tones, each followed by a counter and a condition. */
function inARow(): Flow {
  const widgets: Record<string, unknown> = { bye: { type: 'hangup' } };
  for (let i = 0; i < PROMPTS_IN_A_ROW; i++) {
    const next = i + 1 < PROMPTS_IN_A_ROW ? `play${i + 1}` : 'bye';
    const file = i % 2 === 0 ? 'even.wav' : 'odd.wav';
    widgets[`play${i}`] = { type: 'play', prompt: [{ file }], exits: { done: `count${i}`, failed: null } };
    widgets[`count${i}`] = { type: 'counter', name: 'played', limit: 1000, exits: { below: `test${i}`, reached: null } };
    widgets[`test${i}`] = {
      type: 'condition',
      conditions: [{ name: 'more', when: { variable: '$flow.key.played', operator: '>', value: 0 } }],
      exits: { more: next, default: null },
    };
  }
  return { id: 'widgets', name: 'widgets', start: 'play0', widgets };
}

/** The site, with its webhook at `endpoint` (`http://127.0.0.1:PORT`). */
export function benchSite(endpoint: string): SiteOptions {
  const flows = [
    standard('standard', 'prompt.wav', endpoint),
    standard('steady', 'long.wav', endpoint),
    setUp,
    inARow(),
    waiting(endpoint),
  ];
  return {
    flows,
    numbers: {
      [NUMBERS.standard]: 'standard',
      [NUMBERS.steady]: 'steady',
      [NUMBERS.setUp]: 'set-up',
      [NUMBERS.widgets]: 'widgets',
      [NUMBERS.waiting]: 'waiting',
    },
    prompts: {
      'prompt.wav': toneWav(TONES.prompt, 3000),
      'long.wav': toneWav(TONES.prompt, 40_000),
      'answer.wav': toneWav(TONES.answer, 20 * ANSWER_PACKETS),
      'short.wav': toneWav(TONES.answer, 100),
      'even.wav': toneWav(TONES.even, 300),
      'odd.wav': toneWav(TONES.prompt, 300),
    },
    config: {
      sip: { listen: ['udp://127.0.0.1:0'], invitesPerSecondPerSource: 0 },
      media: { address: '127.0.0.1', ports: { from: 20_000, to: 32_000 } },
      limits: { calls: 5000, callsPerSecond: 5000 },
      log: { level: 'warn' },
    },
  };
}
