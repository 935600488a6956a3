import { describe, expect, test } from 'vitest';
import { Aborted } from '../../src/lib/clock.js';
import type { CallPort } from '../../src/flow/ports.js';
import type { CollectAnswer, CollectLeft, CollectRequest, PlayAnswer, PlayRequest } from '../../src/model/call-verbs.js';
import { FakeCall } from '../support/fake-call.js';
import { OutputQueueCall } from '../support/output-queue-call.js';
import { VirtualClock } from '../support/virtual-clock.js';

/*
 * What a flow may rely on when it speaks and takes keys, over the fake of the flow tests and over the output of the media engine:
 * a flow test must not pass on rules that a real call does not keep.
 */

/** Keys with the ms they are pressed at, counted from the start of the operation; negative ones were pressed before. */
type Keys = readonly (readonly [number, string])[];

type Ear = Pick<CallPort, 'play' | 'collect' | 'announce' | 'awaitKey' | 'startMusic'> & { press(key: string): void };

/** Nothing here takes longer, ms. */
const LIMIT_MS = 120_000;
const never = new AbortController().signal;

/** A call on its own clock, with keys to be pressed. */
class Subject {
  readonly clock = new VirtualClock();
  readonly call: Ear;

  constructor(create: (clock: VirtualClock) => Ear, keys: Keys = []) {
    this.call = create(this.clock);
    for (const [at, key] of keys) {
      if (at < 0) this.call.press(key);
      else this.clock.after(at, () => this.call.press(key));
    }
  }

  get now(): number {
    return this.clock.monotonic();
  }

  run<T>(answer: Promise<T>): Promise<T> {
    return this.clock.runUntil(answer, LIMIT_MS);
  }

  collect(request: Partial<CollectRequest> = {}): Promise<CollectAnswer | CollectLeft> {
    return this.run(this.call.collect({ ...collecting, ...request }, never));
  }

  async play(request: Partial<PlayRequest>): Promise<{ readonly answer: PlayAnswer; readonly kept: string }> {
    const answer = await this.run(this.call.play({ ...playing, ...request }, never));
    const rest = await this.collect({ prompt: [] });
    return { answer, kept: 'digits' in rest ? rest.digits : '' };
  }

  /** Asks for an announcement of so many ms; tells when it ended. */
  async announce(ms: number, signal = never): Promise<PlayAnswer & { readonly at: number }> {
    const segments = [{ kind: 'say', text: 'x'.repeat(ms / 60) }] as const;
    const answer = await this.call.announce({ segments, level: 0 }, signal);
    return { ...answer, at: this.now };
  }
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

describe.each<[string, (clock: VirtualClock) => Ear]>([
  ['the fake of flow tests', (clock) => new FakeCall({ clock })],
  ['the media engine’s output', (clock) => new OutputQueueCall(clock)],
])('%s', (_name, create) => {
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
    expect(await new Subject(create, keys).collect(request)).toMatchObject(expected);
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
    const subject = new Subject(create, keys);
    expect([await subject.collect(), await subject.collect(menu)]).toMatchObject(expected);
  });

  test('keys that count are reported, the terminator included', async () => {
    const keys: Keys = [
      [-1, '1'],
      [1000, '2'],
      [1100, '#'],
    ];
    const answer = await new Subject(create, keys).collect();
    expect('keys' in answer && answer.keys.map(({ key }) => key)).toEqual(['1', '2', '#']);
  });

  test.each<[string, Keys, object | null]>([
    [
      'the keys it had taken, when there are any',
      [
        [500, '1'],
        [700, '2'],
      ],
      { kind: 'left', digits: '12' },
    ],
    ['nothing when there are none', [], null],
  ])('a collect that is given up answers %s', async (_what, keys, expected) => {
    const subject = new Subject(create, keys);
    const over = new AbortController();
    const answer = subject.call.collect(collecting, over.signal).catch((error: unknown) => error);
    await subject.clock.advance(1000);
    over.abort();
    if (expected === null) expect(await answer).toBeInstanceOf(Aborted);
    else expect(await answer).toMatchObject(expected);
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
    const played = await new Subject(create, keys).play(request);
    expect(played.answer).toMatchObject(expected);
    expect(played.kept).toBe(kept);
  });

  const soon = { prompt: [], min: 1, max: 1, firstDigitTimeoutMs: 1000 } as const;

  test('announcements follow one another in the order they were asked for, over music', async () => {
    const subject = new Subject(create);
    await subject.call.startMusic({ source: 'default', startDelayMs: 0 }, never);
    const said = await subject.run(Promise.all([subject.announce(600), subject.announce(300)]));
    expect(said).toEqual([
      { kind: 'done', ms: 600, at: 600 },
      { kind: 'done', ms: 300, at: 900 },
    ]);
  });

  test('an announcement waits for the end of a prompt, of a collect too', async () => {
    const subject = new Subject(create);
    const played = subject.call.play(playing, never);
    expect(await subject.run(subject.announce(600))).toMatchObject({ kind: 'done', at: 3600 });
    expect(await played).toEqual({ kind: 'done', ms: 3000 });
    const collected = subject.call.collect(collecting, never);
    expect(await subject.run(subject.announce(600))).toMatchObject({ kind: 'done', ms: 600, at: 7200 });
    expect(await subject.run(collected)).toEqual(nothing);
    expect(subject.now).toBe(7200 + collecting.firstDigitTimeoutMs);
  });

  test('a prompt asked for while an announcement sounds begins after it, before those that wait', async () => {
    const subject = new Subject(create);
    const said = [subject.announce(600), subject.announce(300)];
    await subject.clock.advance(200);
    const played = subject.call.play(playing, never).then((answer) => ({ ...answer, at: subject.now }));
    expect(await subject.run(Promise.all([...said, played]))).toEqual([
      { kind: 'done', ms: 600, at: 600 },
      { kind: 'done', ms: 300, at: 3900 },
      { kind: 'done', ms: 3000, at: 3600 },
    ]);
  });

  test.each<[string, Partial<CollectRequest>, Keys, object, object]>([
    [
      'is cut by the key a collect with barge-in takes, and the time for the first digit begins after it',
      soon,
      [[2000, '5']],
      { kind: 'interrupted', key: '5', consumed: false, ms: 2000 },
      collected('5', 'max'),
    ],
    ['leaves the time for the first digit whole', soon, [[3900, '5']], { kind: 'done', ms: 3000 }, collected('5', 'max')],
    ['and nothing pressed after it is nothing', soon, [[4100, '5']], { kind: 'done', ms: 3000 }, nothing],
    ['goes on over a key that does not count', { ...soon, allow: '1' }, [[2000, '5']], { kind: 'done', ms: 3000 }, nothing],
    [
      'goes on over a key that a collect without barge-in takes',
      { ...soon, bargeIn: false },
      [[2000, '5']],
      { kind: 'done', ms: 3000 },
      collected('5', 'max'),
    ],
  ])('an announcement while keys are awaited %s', async (_what, request, keys, announced, answer) => {
    const subject = new Subject(create, keys);
    const collect = subject.call.collect({ ...collecting, ...request }, never);
    expect(await subject.run(subject.announce(3000))).toMatchObject(announced);
    expect(await subject.run(collect)).toMatchObject(answer);
  });

  test('nothing is announced between the digits of a collect', async () => {
    const subject = new Subject(create, [
      [100, '1'],
      [1500, '2'],
    ]);
    const collect = subject.call.collect({ ...collecting, prompt: [] }, never);
    await subject.clock.advance(200);
    const said = subject.announce(600);
    expect(await subject.run(collect)).toMatchObject(collected('12', 'timeout'));
    expect(await subject.run(said)).toMatchObject({ kind: 'done', ms: 600, at: 4100 });
  });

  test('a key that cuts a prompt which waits for an announcement cuts both', async () => {
    const subject = new Subject(create, [[500, '5']]);
    const said = subject.announce(3000);
    await subject.clock.advance(100);
    const played = subject.call.play({ ...playing, bargeIn: true }, never);
    expect(await subject.run(played)).toEqual({ kind: 'interrupted', key: '5', consumed: false, ms: 0 });
    expect(await subject.run(said)).toMatchObject({ kind: 'interrupted', key: '5', ms: 500 });
    expect(await subject.collect(soon)).toMatchObject(collected('5', 'max'));
  });

  test('an announcement that is aborted falls silent, one that waits is never heard', async () => {
    const subject = new Subject(create);
    const stop = new AbortController();
    const said = [subject.announce(3000, stop.signal), subject.announce(3000, stop.signal), subject.announce(600)];
    await subject.clock.advance(400);
    stop.abort();
    const ends = await subject.run(Promise.allSettled(said));
    expect(ends).toMatchObject([
      { status: 'rejected', reason: { name: 'Aborted' } },
      { status: 'rejected', reason: { name: 'Aborted' } },
      { status: 'fulfilled', value: { kind: 'done', ms: 600 } },
    ]);
  });

  test.each<[string, string, Keys, string, string]>([
    ['any', '', [[500, '5']], '5', ''],
    [
      'one of those named; others stay for the next collect',
      '0*',
      [
        [300, '7'],
        [500, '*'],
      ],
      '*',
      '7',
    ],
    [
      'none that was pressed before, which stays for the next collect',
      '',
      [
        [-1, '0'],
        [500, '5'],
      ],
      '5',
      '0',
    ],
    [
      'the next only',
      '',
      [
        [500, '5'],
        [600, '6'],
      ],
      '5',
      '6',
    ],
  ])('awaits a key over music: %s', async (_what, keys, presses, key, kept) => {
    const subject = new Subject(create, presses);
    await subject.call.startMusic({ source: 'default', startDelayMs: 0 }, never);
    expect(await subject.run(subject.call.awaitKey({ keys }, never))).toMatchObject({ kind: 'pressed', key });
    await subject.clock.advance(200);
    const rest = await subject.collect({ ...soon, max: 4 });
    expect('digits' in rest ? rest.digits : '').toBe(kept);
  });

  test('an awaited key cuts an announcement, other keys do not', async () => {
    const subject = new Subject(create, [
      [500, '1'],
      [1000, '0'],
    ]);
    const said = subject.announce(3000);
    expect(await subject.run(subject.call.awaitKey({ keys: '0' }, never))).toMatchObject({ kind: 'pressed', key: '0' });
    expect(await subject.run(said)).toMatchObject({ kind: 'interrupted', key: '0', consumed: false, ms: 1000 });
    expect(await subject.collect(soon)).toMatchObject(collected('1', 'max'));
  });

  test('a collect has its keys before whoever awaits one', async () => {
    const subject = new Subject(create, [
      [500, '1'],
      [1500, '2'],
    ]);
    const waiting = subject.run(subject.call.awaitKey({ keys: '' }, never));
    expect(await subject.collect(soon)).toMatchObject(collected('1', 'max'));
    expect(await waiting).toMatchObject({ kind: 'pressed', key: '2' });
  });

  test('a wait for a key that is aborted takes none', async () => {
    const subject = new Subject(create, [[500, '1']]);
    const stop = new AbortController();
    subject.clock.after(300, () => stop.abort());
    await expect(subject.run(subject.call.awaitKey({ keys: '' }, stop.signal))).rejects.toMatchObject({ name: 'Aborted' });
    expect(await subject.collect(soon)).toMatchObject(collected('1', 'max'));
  });
});
