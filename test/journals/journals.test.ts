import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { END_REASONS } from '../../src/call/termination.js';
import type { JournalEntry } from '../../src/model/journal.js';
import type { Termination } from '../../src/model/termination.js';
import { CALL_EVENTS } from '../../src/model/call-events.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { derive, flowOf } from '../support/journals/derive.js';
import { readRecorded, recordedNames, type RecordedCall } from '../support/journals/file.js';
import { openPages, type Pages } from '../support/journals/pages.js';
import { storeWith } from '../support/journals/stored.js';

/*
 * Calls that were recorded by earlier versions, see README.md beside this file: whatever is made of their journals stays the same, byte
 * for byte.
 */

const recorded: readonly RecordedCall[] = recordedNames().map(readRecorded);

let database: Awaited<ReturnType<typeof storeWith>>;
let pages: Pages;
beforeAll(async () => {
  database = await storeWith(recorded);
  pages = await openPages(database.store);
});
afterAll(async () => {
  await pages.close();
  await database.close();
});

describe('what is made of a recorded journal', () => {
  it.each(recorded)('$name: $about', async (call) => {
    const derived = await derive(call, { store: database.store, pages });
    const { summary, ...rest } = call.derived;
    expect(derived).toMatchObject(rest);
    // A summary may say more than it did.
    expect(derived['summary']).toEqual(expect.arrayContaining([...(summary ?? [])]));
  });

  it.each(recorded)('$name: its flow has the version it had', (call) => {
    expect(flowOf(call).version).toBe(call.call['flow_version']);
  });
});

/** Every entry of every recorded journal. */
const entries = recorded.flatMap((call) => call.entries.map((text) => JSON.parse(text) as JournalEntry));

/** A list that the compiler keeps complete. */
const all = <T extends string>(names: Readonly<Record<T, true>>): readonly string[] => Object.keys(names);

describe('there is a recorded journal for', () => {
  it('every widget, and every exit that a widget always has', () => {
    const taken = new Set<string>();
    for (const { entries: texts } of recorded) {
      const types = new Map<string, string>();
      for (const entry of texts.map((text) => JSON.parse(text) as JournalEntry)) {
        if (entry.type === 'enter') types.set(entry.widget, entry.widgetType);
        if (entry.type === 'exit') taken.add(`${types.get(entry.widget) ?? ''}:${entry.exit}`);
      }
    }
    const types = new Set([...taken].map((exit) => exit.split(':')[0]));
    expect([...widgetCatalogue.keys()].filter((type) => !types.has(type))).toEqual([]);
    const wanted = [...widgetCatalogue.values()].flatMap((definition) => {
      const { type, example, config } = definition;
      const exits = Object.keys(definition.exits(config.parse(withoutFrame(example)), []));
      return exits.map((exit) => `${type}:${exit}`);
    });
    expect(wanted.filter((exit) => !taken.has(exit) && !NEVER_TAKEN.has(exit))).toEqual([]);
  });

  it('every way in which a call ends', () => {
    const ways = Object.values(END_REASONS).map((ending) => (ending as (given: number) => { reason: string })(16).reason);
    const found = new Set(recorded.map(({ call }) => call['reason']));
    expect(ways.filter((reason) => !found.has(reason))).toEqual([]);
  });

  it('everyone and everything that ends one', () => {
    const enders = all<Termination['by']>({
      caller: true,
      flow: true,
      network: true,
      admin: true,
      limit: true,
      drain: true,
      crash: true,
    });
    const ended = recorded.flatMap(({ derived }) => derived['native'] ?? []).join('\n');
    expect(enders.filter((by) => !ended.includes(`"termination":{"by":"${by}"`))).toEqual([]);
  });

  it('every kind of entry', () => {
    const kinds = all<JournalEntry['type']>({
      call: true,
      'leg.created': true,
      'leg.ringing': true,
      'leg.answered': true,
      'leg.ended': true,
      enter: true,
      ask: true,
      answer: true,
      'collect.left': true,
      set: true,
      clear: true,
      result: true,
      exit: true,
      fault: true,
      persist: true,
      'recording.started': true,
      recording: true,
      'recording.lost': true,
      note: true,
      end: true,
    });
    const found = new Set<string>(entries.map(({ type }) => type));
    expect(kinds.filter((kind) => !found.has(kind))).toEqual([]);
  });

  it('every call event', () => {
    const told = recorded.flatMap(({ derived }) => derived['native'] ?? []).join('\n');
    expect(CALL_EVENTS.filter((event) => !told.includes(`"status":"${event}"`))).toEqual([]);
  });
});

/** Exits that no call can take, and those that only the example names so. */
const NEVER_TAKEN: ReadonlySet<string> = new Set([
  // A call that cannot be answered is over with that, and then no exit is taken.
  'answer:failed',
  'condition:shipped',
  'condition:late',
]);

function withoutFrame(example: object): object {
  return Object.fromEntries(
    Object.entries(example).filter(([name]) => !['type', 'exits', 'label', 'notes', 'onError'].includes(name)),
  );
}
