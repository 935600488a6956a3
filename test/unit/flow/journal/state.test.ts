import { describe, expect, it } from 'vitest';
import { summarizeJournal } from '../../../../src/flow/journal/summary.js';
import { type JournalReaders, JournalState, readJournal } from '../../../../src/flow/journal/state.js';
import type { JournalEntry, JournalEvent } from '../../../../src/model/journal.js';
import { formatError, JOURNAL_FORMAT, JournalFormatError } from '../../../../src/model/journal-format.js';

const CALL: JournalEvent = {
  type: 'call',
  callId: 'c1',
  flowId: 'shop',
  flowVersion: 'v1',
  timeZone: 'UTC',
  webhook: true,
  facts: { cli: '1' },
};
const LEG: JournalEvent = {
  type: 'leg.created',
  leg: { leg: 'l', direction: 'inbound', callee: '1', did: '2', party: 'VISITOR' },
};

function journal(...events: readonly JournalEvent[]): JournalEntry[] {
  return events.map((event, i) => ({ ...event, seq: i + 1, at: 1000 - i, ms: i }));
}

describe('the state of a journal', () => {
  it('is there after each entry; its clock never goes back', () => {
    const state = new JournalState();
    const seen = journal(CALL, LEG, { type: 'leg.answered', leg: 'l' }).map((entry) => {
      state.add(entry);
      return [state.at, state.caller?.answeredAt ?? null];
    });
    expect(seen).toEqual([
      [1000, null],
      [1000, null],
      [1000, 998],
    ]);
  });

  it('a recording is awaited until it is final or lost', () => {
    const state = new JournalState();
    const awaited = journal(
      { type: 'recording.started', id: 'r', name: 'n', file: 'r.wav' },
      { type: 'recording.lost', id: 'r' },
    ).map((entry) => {
      state.add(entry);
      return [...state.awaitedRecordings];
    });
    expect(awaited).toEqual([['r'], []]);
    expect(state.recordingBegun('r')).toBe(1000);
  });
});

describe('readers of a journal', () => {
  const named = (name: string, wanted = true): JournalReaders<string> => ({
    open: (state) => (wanted ? { read: ({ seq }) => [`${name}${seq}:${state.legs.length}`] } : null),
  });

  it('each reads every entry beside the state after it; what they make stands one reader after the other', () => {
    expect(readJournal(journal(CALL, LEG), [named('a'), named('no', false), named('b')])).toEqual([
      'a1:0',
      'a2:1',
      'b1:0',
      'b2:1',
    ]);
  });

  it('an empty journal is read by nobody', () => {
    expect(readJournal([], [named('a')])).toEqual([]);
  });
});

describe('the format of a journal', () => {
  it('absent is 1, which is known', () => {
    expect(JOURNAL_FORMAT).toBe(1);
    expect(formatError(CALL)).toBeNull();
    expect(formatError(undefined)).toBeNull();
  });

  it('a later one is refused, by its number', () => {
    const later = journal({ ...CALL, format: 2 });
    expect(() => summarizeJournal(later)).toThrow(JournalFormatError);
    expect(() => summarizeJournal(later)).toThrow('Its format is 2; this Offhook knows up to 1.');
  });
});
