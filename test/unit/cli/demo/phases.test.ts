import { describe, expect, it } from 'vitest';
import { measurePhases, phaseLine, phaseProblems } from '../../../../src/cli/demo/phases.js';
import type { JournalEntry, JournalEvent } from '../../../../src/model/journal.js';
import type { Heard } from '../../../../src/phone/heard.js';
import { toneSamples } from '../../../support/tones.js';

/* What the demo says the caller heard: parts by the journal, levels by the recording. */

const at = (ms: number, event: JournalEvent): JournalEntry => ({ ...event, ms, at: ms, seq: 1 });
const ask = (op: string): JournalEvent => ({ type: 'ask', step: 1, ask: 1, op, request: null });
const answer = (op: string): JournalEvent => ({ type: 'answer', step: 1, ask: 1, op, answer: null });

const JOURNAL = [
  at(0, ask('call.play')),
  at(1000, answer('call.play')),
  at(2500, answer('call.startMusic')),
  at(5000, ask('call.announce')),
  at(6000, answer('call.announce')),
  at(8000, answer('call.stopMusic')),
  at(8001, ask('call.play')),
  at(9000, answer('call.play')),
  at(9000, { type: 'leg.ended', leg: 'l', cause: 16, sip: null, remote: false }),
];

/** A recording with sound in these stretches, ms. */
const heardIn = (...stretches: readonly (readonly [number, number])[]): Heard => {
  const samples = new Int16Array(9000 * 8);
  for (const [from, to] of stretches) samples.set(toneSamples(440, to - from), from * 8);
  return { samples: (from = 0, to = 9000) => samples.subarray(from * 8, to * 8) } as unknown as Heard;
};

describe('the phases of a wait', () => {
  it('are told in order, with their levels', () => {
    const phases = measurePhases(JOURNAL, heardIn([0, 1000], [2500, 9000]));
    expect(phases.map(({ what, fromMs, toMs }) => [what, fromMs, toMs])).toEqual([
      ['a prompt', 0, 1000],
      ['silence', 1000, 2500],
      ['♪ hold music', 2500, 5000],
      ['a prompt', 5000, 6000],
      ['♪ hold music', 6000, 8000],
      ['a prompt', 8001, 9000],
    ]);
    expect(phaseProblems(phases)).toEqual([]);
    expect(phases.map(phaseLine)[1]).toBe('    1.00 –  2.50 s  silence        nothing to hear');
    expect(phases.map(phaseLine)[2]).toMatch(/♪ hold music {3}-15\.\d dB$/);
  });

  it('a silence with sound in it, music that nobody heard and a wait without any are problems', () => {
    expect(phaseProblems(measurePhases(JOURNAL, heardIn([0, 9000])))).toEqual([
      expect.stringMatching(/^silence at 1000 ms is heard at -15/),
    ]);
    expect(phaseProblems(measurePhases(JOURNAL, heardIn([0, 1000], [5000, 9000])))).toEqual([
      expect.stringMatching(/^♪ hold music at 2500 ms is heard at -/),
    ]);
    expect(phaseProblems(measurePhases(JOURNAL.slice(0, 2), heardIn([0, 9000])))).toContain(
      'the caller did not hear ♪ hold music',
    );
  });
});
