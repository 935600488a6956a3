import { describe, expect, it } from 'vitest';
import { CODECS, forEveryCodec } from '../../../../src/media/codec/codec.js';
import { musicPlayout } from '../../../../src/media/worker/music.js';
import { Playout, type EncodedAudio } from '../../../../src/media/worker/playout.js';
import { OutputQueue, type OutputEnd } from '../../../../src/media/worker/output-queue.js';

/*
 * What is heard when several things want to be. What keys do is told in the contract of the call port, which runs over this too.
 */

const rules = {
  bargeIn: true,
  min: 1,
  max: 4,
  endOn: '#',
  allow: '',
  firstDigitTimeoutMs: 100,
  interDigitTimeoutMs: 100,
  typeAhead: true,
};
const plays = { bargeIn: false, stopKeys: '' };

/** Frames of one code. */
function piece(code: number, frames: number): EncodedAudio {
  const bytes = new Uint8Array(frames * 160).fill(code);
  return forEveryCodec(() => bytes);
}
const once = (code: number, frames: number): Playout => new Playout({ audio: [piece(code, frames)], loop: 1, gainDb: 0 });
const SILENT = 0xff;

class Rig {
  now = 0;
  readonly ends: (readonly [number, OutputEnd])[] = [];
  readonly output = new OutputQueue({ now: () => this.now, onEnd: (request, end) => this.ends.push([request, end]) });
  readonly #frame = new Uint8Array(160);

  /** The codes of the next frames: what the caller hears. */
  hear(frames: number): readonly number[] {
    return Array.from({ length: frames }, () => {
      this.now += 20;
      this.output.tick(this.now);
      for (let playout = this.output.current(); playout !== null; playout = this.output.current()) {
        if (playout.fill(this.#frame, 0, CODECS.PCMU)) return this.#frame[0] ?? 0;
        this.output.gaveOut(this.now);
      }
      return SILENT;
    });
  }
}

describe('an output queue', () => {
  it('is silence when nobody wants anything', () => expect(new Rig().hear(2)).toEqual([SILENT, SILENT]));

  it('has music go on behind an announcement from where it was', () => {
    const { output, hear } = bound();
    output.music(musicPlayout([piece(1, 2), piece(2, 2)], { startDelayMs: 0, pauseMs: 0 }));
    expect(hear(1)).toEqual([1]);
    output.announce(7, once(9, 2));
    expect(hear(5)).toEqual([9, 9, 1, 2, 2]);
  });

  it('lets the delay of music pass while an announcement is heard', () => {
    const { output, hear } = bound();
    output.music(musicPlayout([piece(1, 4)], { startDelayMs: 80, pauseMs: 0 }));
    expect(hear(1)).toEqual([SILENT]);
    output.announce(7, once(9, 2));
    expect(hear(5)).toEqual([9, 9, SILENT, 1, 1]);
  });

  it.each<[string, (output: OutputQueue) => void, readonly number[]]>([
    ['stopped', (output) => output.stopMusic(), [9, SILENT, SILENT, SILENT]],
    ['followed by a prompt', (output) => output.play(2, plays, once(3, 2)), [9, 3, 3, SILENT]],
    ['followed by a collect', (output) => output.collect(2, rules, null), [9, SILENT, SILENT, SILENT]],
    [
      'followed by other music',
      (output) => output.music(musicPlayout([piece(4, 1)], { startDelayMs: 0, pauseMs: 0 })),
      [9, 4, 4, 4],
    ],
  ])('ends music that is %s during an announcement, which is heard out', (_what, change, expected) => {
    const { output, hear } = bound();
    output.music(musicPlayout([piece(1, 4)], { startDelayMs: 0, pauseMs: 0 }));
    output.announce(7, once(9, 2));
    expect(hear(1)).toEqual([9]);
    change(output);
    expect(hear(4)).toEqual(expected);
  });

  it('answers a prompt, a collect and what waited before once each, whatever took the stream over', () => {
    const { output, hear, ends } = bound();
    output.play(1, plays, once(1, 10));
    hear(2);
    output.collect(2, rules, once(2, 10));
    hear(1);
    output.music(musicPlayout([piece(3, 1)], { startDelayMs: 0, pauseMs: 0 }));
    hear(20);
    expect(ends).toEqual([
      [1, { kind: 'done', ms: 40 }],
      [2, { kind: 'noInput' }],
    ]);
  });

  it('tells nobody about what was cancelled', () => {
    const { output, hear, ends } = bound();
    output.play(1, plays, once(1, 2));
    for (const request of [2, 3]) output.announce(request, once(9, 2));
    output.awaitKey(4, '');
    for (const request of [1, 3, 4]) output.cancel(request);
    expect(hear(3)).toEqual([9, 9, SILENT]);
    output.key('1');
    output.cancel(99);
    expect(ends).toEqual([[2, { kind: 'done', ms: 40 }]]);
  });

  it('answers everything as closed, once, when its leg is no more', () => {
    const { output, hear, ends } = bound();
    for (const request of [1, 2]) output.announce(request, once(9, 5));
    hear(1);
    output.collect(3, rules, null);
    for (const request of [4, 5]) output.awaitKey(request, '1');
    output.close();
    output.close();
    expect(ends.map(([request]) => request).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(ends.every(([, { kind }]) => kind === 'closed')).toBe(true);
    expect(hear(1)).toEqual([SILENT]);
  });
});

function bound() {
  const rig = new Rig();
  return { output: rig.output, ends: rig.ends, hear: (frames: number) => rig.hear(frames) };
}
