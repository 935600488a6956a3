import { describe, expect, it } from 'vitest';
import { summarizeJournal } from '../../../../src/flow/journal/summary.js';
import type { JournalEntry, JournalEvent } from '../../../../src/model/journal.js';
import { createJournalWriter } from '../../../../src/flow/journal/writer.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const CALL = { type: 'call', callId: 'c', flowId: 'f', flowVersion: '1', timeZone: 'UTC', webhook: true, facts: {} } as const;
const RAW = '$flow.key.response_raw';
const request = { method: 'GET', url: 'https://api.example/' };

/** One webhook as a widget runs it: what it left before is cleared, asked, answered, written. */
function webhook(ask: number, raw: string): readonly JournalEvent[] {
  const answer = { status: 200, reason: null, attempts: 1, raw, mapped: [{ found: true, value: raw }] };
  return [
    { type: 'clear', step: ask, name: RAW },
    { type: 'ask', step: ask, ask, op: 'webhook.request', request },
    { type: 'answer', step: ask, ask, op: 'webhook.request', answer },
    { type: 'set', step: ask, name: RAW, value: raw },
    { type: 'set', step: ask, name: '$flow.key.list', value: [raw] },
  ];
}

/** What the writer keeps, and what it hands on. */
function written(events: readonly JournalEvent[]) {
  const sunk: JournalEntry[] = [];
  const writer = createJournalWriter('c', new VirtualClock(), [{ append: (_call, entry) => sunk.push(entry) }]);
  for (const event of events) writer.append(event);
  return { kept: writer.entries, sunk };
}

const long = (mark: string): string => mark.repeat(20_000);
const chars = (value: unknown): number => JSON.stringify(value).length;

describe('what a live call remembers of its journal', () => {
  it('is no longer after twenty large answers than after two', () => {
    const answers = (count: number) => written([CALL, ...Array.from({ length: count }, (_, i) => webhook(i, long('a'))).flat()]);
    expect(chars(answers(20).kept)).toBeLessThan(chars(answers(2).kept) + 20_000);
    expect(chars(answers(20).sunk)).toBeGreaterThan(20 * 80_000);
  });

  it('adds up to the same as all of it', () => {
    const end = { type: 'end', termination: { by: 'flow', cause: 16, sip: null, reason: 'bye' } } as const;
    const { kept, sunk } = written([CALL, ...webhook(1, long('a')), ...webhook(2, long('b')), ...webhook(3, 'short'), end]);
    expect(summarizeJournal(kept)).toEqual(summarizeJournal(sunk));
    expect(kept.map(({ seq }) => seq)).toEqual(sunk.map(({ seq }) => seq));
  });

  it('has the last value of every variable, however long', () => {
    const { kept } = written([CALL, ...webhook(1, long('a')), ...webhook(2, long('b'))]);
    const values = summarizeJournal(kept).variables.map(({ value }) => value);
    expect(values).toEqual([long('b'), [long('b')]]);
  });

  it('has every value of a call that tells an integration of its moments', () => {
    const { kept, sunk } = written([{ ...CALL, integration: 'i' }, ...webhook(1, long('a')), ...webhook(2, long('b'))]);
    const sets = (entries: readonly JournalEntry[]) => entries.filter(({ type }) => type === 'set');
    expect(sets(kept)).toEqual(sets(sunk));
  });

  it('has none of the long values that a function gave, and all keys of the caller', () => {
    const keys = Array.from({ length: 1000 }, (_, at) => ({ key: '1', at }));
    const given = {
      status: 200,
      reason: null,
      attempts: 1,
      raw: null,
      url: '',
      keys: [{ name: '$flow.key.a', value: long('a') }],
    };
    const { kept, sunk } = written([
      CALL,
      { type: 'ask', step: 1, ask: 1, op: 'function.call', request: { function: 'f', service: 's' } },
      { type: 'answer', step: 1, ask: 1, op: 'function.call', answer: given },
      { type: 'ask', step: 2, ask: 2, op: 'call.collect', request: null },
      { type: 'answer', step: 2, ask: 2, op: 'call.collect', answer: { kind: 'done', digits: '1', keys } },
    ]);
    expect(chars(kept[2])).toBeLessThan(300);
    expect(summarizeJournal(kept)).toEqual(summarizeJournal(sunk));
    expect(summarizeJournal(kept).keys).toHaveLength(1000);
  });

  it('leaves out nothing that is short', () => {
    const { kept, sunk } = written([CALL, ...webhook(1, 'a'), ...webhook(2, 'b')]);
    expect(kept).toEqual(sunk);
  });
});
