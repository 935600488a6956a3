import { describe, expect, test } from 'vitest';
import type { CollectAnswer, CollectRequest, PlayAnswer, PlayRequest } from '../../src/flow/ports.js';
import { Collect, KeyBuffer } from '../../src/media/collect.js';
import { Play } from '../../src/media/play.js';
import type { Verb } from '../../src/media/verb.js';
import { FakeCall, promptMs } from '../support/fake-call.js';
import { VirtualClock } from '../support/virtual-clock.js';

/*
 * What a flow may rely on when it collects and plays, over the fake of the flow tests and over the verbs of the media engine: a
 * flow test must not pass on rules that a real call does not keep.
 */

/** Keys with the ms they are pressed at, counted from the start of the operation; negative ones were pressed before. */
type Keys = readonly (readonly [number, string])[];

interface Subject {
  collect(request: CollectRequest, keys: Keys): Promise<CollectAnswer>;
  /** One collect after the other on the same call; keys are counted from the start of the first. */
  collectAll(requests: readonly CollectRequest[], keys: Keys): Promise<readonly CollectAnswer[]>;
  play(request: PlayRequest, keys: Keys): Promise<{ readonly answer: PlayAnswer; readonly kept: string }>;
}

const fake: Subject = {
  async collect(request, keys) {
    const { clock, call } = start(keys);
    return clock.runUntil(call.collect(request, new AbortController().signal));
  },
  async collectAll(requests, keys) {
    const { clock, call } = start(keys);
    const answers: CollectAnswer[] = [];
    for (const request of requests) answers.push(await clock.runUntil(call.collect(request, new AbortController().signal)));
    return answers;
  },
  async play(request, keys) {
    const { clock, call } = start(keys);
    const answer = await clock.runUntil(call.play(request, new AbortController().signal));
    const rest = await clock.runUntil(call.collect({ ...collecting, prompt: [] }, new AbortController().signal));
    return { answer, kept: 'digits' in rest ? rest.digits : '' };
  },
};

function start(keys: Keys): { readonly clock: VirtualClock; readonly call: FakeCall } {
  const clock = new VirtualClock();
  const call = new FakeCall({ clock });
  for (const [at, key] of keys) {
    if (at < 0) call.press(key);
    else clock.after(at, () => call.press(key));
  }
  return { clock, call };
}

/** The engine's verbs, driven in ticks of 20 ms as its worker does. */
const engine: Subject = {
  collect(request, keys) {
    const buffer = buffered(keys);
    const verb = new Collect(request, buffer, { prompting: request.prompt.length > 0, now: 0 });
    drive(verb, promptMs(request.prompt), keys, buffer);
    return Promise.resolve(verb.end as CollectAnswer);
  },
  collectAll(requests, keys) {
    const buffer = buffered(keys);
    let now = 0;
    const answers = requests.map((request) => {
      const verb = new Collect(request, buffer, { prompting: request.prompt.length > 0, now });
      now = drive(verb, promptMs(request.prompt), keys, buffer, now);
      return verb.end as CollectAnswer;
    });
    return Promise.resolve(answers);
  },
  play(request, keys) {
    const buffer = buffered(keys);
    const verb = new Play(request);
    drive(verb, promptMs(request.segments) * request.loop, keys, buffer);
    let kept = '';
    for (let press = buffer.shift(); press !== undefined; press = buffer.shift()) kept += press.key;
    return Promise.resolve({ answer: verb.end as PlayAnswer, kept });
  },
};

function buffered(keys: Keys): KeyBuffer {
  const buffer = new KeyBuffer();
  for (const [at, key] of keys) if (at < 0) buffer.push({ key, at: 0 });
  return buffer;
}

/** Runs a verb from `start` to its end; the time it ended at. */
function drive(verb: Verb<unknown>, lengthMs: number, keys: Keys, buffer: KeyBuffer, start = 0): number {
  const open = keys.filter(([at]) => at >= start);
  const over = (): boolean => verb.end !== null;
  let playing = verb.promptWanted;
  let now = start;
  for (; !over() && now < start + 120_000; now += 20) {
    if (playing && now >= start + lengthMs) {
      playing = false;
      verb.promptEnded(now, lengthMs);
    }
    for (let next = open[0]; next !== undefined && next[0] <= now && !over(); next = open[0]) {
      open.shift();
      if (buffer.swallows(next[1], now)) continue;
      if (verb.key(next[1], now, now) === 'kept') buffer.push({ key: next[1], at: 0 });
      playing &&= verb.promptWanted;
    }
    verb.tick(now);
  }
  return now;
}

/** 3 s of prompt. */
const prompt = [{ kind: 'say', text: 'x'.repeat(50) }] as const;

const collecting: CollectRequest = {
  prompt,
  level: 0,
  bargeIn: true,
  min: 2,
  max: 4,
  endOn: '#',
  allow: '',
  firstDigitTimeoutMs: 5000,
  interDigitTimeoutMs: 2000,
  typeAhead: true,
  mask: false,
};

const playing: PlayRequest = { segments: prompt, loop: 1, level: 0, bargeIn: false, stopKeys: '' };

const tooShort = (digits: string) => ({ kind: 'tooShort', digits });
const collected = (digits: string, endedBy: string) => ({ kind: 'collected', digits, endedBy });
const nothing = { kind: 'noInput' };

describe.each([
  ['the fake of flow tests', fake],
  ['the media engine’s verbs', engine],
])('%s', (_name, subject) => {
  test.each<[string, Partial<CollectRequest>, Keys, object]>([
    ['nothing', {}, [], nothing],
    [
      'up to max',
      {},
      [
        [4000, '1'],
        [4100, '2'],
        [4200, '3'],
        [4300, '4'],
        [4400, '5'],
      ],
      collected('1234', 'max'),
    ],
    [
      'up to a terminator',
      {},
      [
        [4000, '1'],
        [4100, '2'],
        [4200, '#'],
      ],
      collected('12', 'terminator'),
    ],
    [
      'up to the inter-digit time-out',
      {},
      [
        [4000, '1'],
        [5000, '2'],
        [7100, '3'],
      ],
      collected('12', 'timeout'),
    ],
    ['a late first key is none', {}, [[8100, '1']], nothing],
    [
      'the first-digit time-out counts from the end of the prompt',
      {},
      [
        [7900, '1'],
        [8000, '2'],
        [8100, '#'],
      ],
      collected('12', 'terminator'),
    ],
    [
      'too few digits at the terminator',
      {},
      [
        [4000, '1'],
        [4100, '#'],
      ],
      tooShort('1'),
    ],
    ['too few digits at the time-out', {}, [[4000, '1']], tooShort('1')],
    ['a terminator alone', {}, [[4000, '#']], tooShort('')],
    ['a terminator alone where none is needed', { min: 0 }, [[4000, '#']], collected('', 'terminator')],
    [
      'a key in the prompt cuts it: the inter-digit time-out runs at once',
      {},
      [
        [500, '1'],
        [600, '2'],
      ],
      collected('12', 'timeout'),
    ],
    [
      'without barge-in keys in the prompt are dropped',
      { bargeIn: false },
      [
        [500, '1'],
        [4000, '2'],
        [4100, '3'],
        [4200, '#'],
      ],
      collected('23', 'terminator'),
    ],
    [
      'keys that do not count are ignored',
      { allow: '123' },
      [
        [500, '9'],
        [4000, '1'],
        [4100, '*'],
        [4200, '2'],
        [4300, '#'],
      ],
      collected('12', 'terminator'),
    ],
    [
      'typed ahead: enough',
      {},
      [
        [-1, '1'],
        [-1, '2'],
        [-1, '#'],
      ],
      collected('12', 'terminator'),
    ],
    [
      'typed ahead: more to come',
      {},
      [
        [-1, '1'],
        [1000, '2'],
        [1100, '#'],
      ],
      collected('12', 'terminator'),
    ],
    [
      'typed ahead, without barge-in: waits for the end of the prompt',
      { bargeIn: false },
      [
        [-1, '1'],
        [500, '9'],
        [4000, '2'],
        [4100, '#'],
      ],
      collected('12', 'terminator'),
    ],
    [
      'typed ahead, but not wanted',
      { typeAhead: false },
      [
        [-1, '1'],
        [-1, '2'],
        [4000, '3'],
        [4100, '4'],
        [4200, '#'],
      ],
      collected('34', 'terminator'),
    ],
    [
      'without a prompt',
      { prompt: [] },
      [
        [4900, '1'],
        [5000, '2'],
        [5100, '#'],
      ],
      collected('12', 'terminator'),
    ],
    ['without a prompt, too late', { prompt: [] }, [[5100, '1']], nothing],
  ])('collects %s', async (_what, request, keys, expected) => {
    expect(await subject.collect({ ...collecting, ...request }, keys)).toMatchObject(expected);
  });

  const four: Keys = [
    [4000, '1'],
    [4100, '2'],
    [4200, '3'],
    [4300, '4'],
  ];
  const menu: CollectRequest = { ...collecting, min: 1, max: 1, endOn: '' };
  const full = collected('1234', 'max');
  test.each<[string, Keys, readonly object[]]>([
    ['is dropped', [...four, [5000, '#'], [7000, '7']], [full, collected('7', 'max')]],
    ['is dropped once', [...four, [5000, '#'], [5500, '#']], [full, collected('#', 'max')]],
    ['counts when it comes late', [...four, [6500, '#']], [full, collected('#', 'max')]],
    ['counts after another key', [...four, [4900, '9'], [5000, '#']], [full, collected('9', 'max')]],
    [
      'is dropped when typed ahead too',
      [...four, [5000, '#'], [7000, '7']].map(([, key]) => [-1, String(key)] as const),
      [full, collected('7', 'max')],
    ],
  ])('a terminator after max digits %s', async (_what, keys, expected) => {
    expect(await subject.collectAll([collecting, menu], keys)).toMatchObject(expected);
  });

  test('keys that count are reported, the terminator included', async () => {
    const answer = await subject.collect(collecting, [
      [-1, '1'],
      [1000, '2'],
      [1100, '#'],
    ]);
    expect('keys' in answer && answer.keys.map(({ key }) => key)).toEqual(['1', '2', '#']);
  });

  test.each<[string, Partial<PlayRequest>, Keys, object, string]>([
    ['to its end', {}, [], { kind: 'done', ms: 3000 }, ''],
    ['as often as told', { loop: 3 }, [], { kind: 'done', ms: 9000 }, ''],
    ['to its end when keys do not matter; they are dropped', {}, [[500, '1']], { kind: 'done', ms: 3000 }, ''],
    [
      'until any key with barge-in, which stays for the next collect',
      { bargeIn: true },
      [[500, '1']],
      { kind: 'interrupted', key: '1', consumed: false, ms: 500 },
      '1',
    ],
    [
      'until a stop key, which is consumed',
      { stopKeys: '#*' },
      [
        [500, '1'],
        [1000, '#'],
      ],
      { kind: 'interrupted', key: '#', consumed: true, ms: 1000 },
      '',
    ],
    [
      'a stop key with barge-in is consumed too',
      { bargeIn: true, stopKeys: '#' },
      [[500, '#']],
      { kind: 'interrupted', key: '#', consumed: true },
      '',
    ],
    ['on over keys pressed before, which stay', { bargeIn: true }, [[-1, '7']], { kind: 'done', ms: 3000 }, '7'],
  ])('plays %s', async (_what, request, keys, expected, kept) => {
    const played = await subject.play({ ...playing, ...request }, keys);
    expect(played.answer).toMatchObject(expected);
    expect(played.kept).toBe(kept);
  });
});
