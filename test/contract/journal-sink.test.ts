import { expect, it } from 'vitest';
import type { JournalEvent } from '../../src/model/journal.js';
import { describeStores, entered, entry, newCall } from '../support/stores.js';

describeStores('journal', (store) => {
  it('gives back every kind of value as it was appended, in order', async () => {
    const value = { text: 'ä€😀\u0000"\\', number: 0.1, big: 1e21, nested: [{ __proto__x: null }, true], lone: '\ud800' };
    const events: JournalEvent[] = [
      { type: 'call', callId: 'c1', flowId: 'f', flowVersion: 'v', timeZone: 'UTC', webhook: true, facts: { cli: '+49' } },
      { type: 'set', step: 1, name: '$flow.key.x', value },
      { type: 'end', termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' } },
    ];
    const entries = events.map((event, i) => entry(i + 1, event));
    await store().calls.begin(newCall('c1'));
    for (const item of entries) store().journal.append('c1', item);
    await store().flush();
    expect(await store().queries.journal('c1')).toEqual(entries);
  });

  it('gives back a long answer, and the variables it became, as they were', async () => {
    const raw = `{"text":"${'ä'.repeat(20_000)}"}`;
    const answer = (ask: number, body: string) =>
      ({ type: 'answer', step: 1, ask, op: 'webhook.request', answer: { raw: body } }) as const;
    const set = (name: string, value: string) => ({ type: 'set', step: 1, name, value }) as const;
    const events: JournalEvent[] = [
      answer(1, raw),
      set('$flow.key.response_raw', raw),
      { ...set('$flow.key.masked', raw), masked: true },
      set('$flow.key.other', raw.toUpperCase()),
      answer(2, `${raw} `),
      set('$flow.key.response_raw', `${raw} `),
      set('$flow.key.before', raw),
      { type: 'exit', step: 1, widget: 'a', exit: 'success', next: null },
      set('$flow.key.after', `${raw} `),
    ];
    const entries = events.map((event, i) => entry(i + 1, event));
    for (const item of entries) store().journal.append('c1', item);
    store().journal.append('c2', entry(1, set('$flow.key.own', raw)));
    await store().flush();
    expect(await store().queries.journal('c1')).toEqual(entries);
    expect(await store().queries.journal('c2')).toMatchObject([{ value: raw }]);
  });

  it('keeps the first of two entries with one number', async () => {
    store().journal.append('c1', entered(1, 'first'));
    store().journal.append('c1', entered(1, 'second'));
    await store().flush();
    store().journal.append('c1', entered(1, 'third'));
    await store().flush();
    expect(await store().queries.journal('c1')).toEqual([entered(1, 'first')]);
  });

  it('keeps journals apart, and orders by number', async () => {
    store().journal.append('c1', entered(2, 'b'));
    store().journal.append('c2', entered(1, 'x'));
    store().journal.append('c1', entered(1, 'a'));
    await store().flush();
    expect((await store().queries.journal('c1')).map((item) => item.seq)).toEqual([1, 2]);
    expect(await store().queries.journal('c3')).toEqual([]);
  });

  it('takes a value nested deeper than the database can parse', async () => {
    let value: JournalEvent & { type: 'set' } = { type: 'set', step: 1, name: '$flow.key.deep', value: 1 };
    for (let i = 0; i < 1500; i += 1) value = { ...value, value: [value.value] };
    store().journal.append('c1', entry(1, value));
    store().journal.append('c1', entered(2, 'after'));
    await store().flush();
    expect((await store().queries.journal('c1')).map((item) => item.type)).toEqual(['set', 'enter']);
  });

  it('indexes the recordings it hears of', async () => {
    const facts = { id: 'r1', name: 'message', file: 'r1.wav', ms: 1500, bytes: 24_044, format: 'wav' } as const;
    store().journal.append(
      'c1',
      entry(7, { type: 'recording', id: 'r1', name: 'message', file: 'r1.wav', durationMs: 1500, bytes: 24_044, format: 'wav' }),
    );
    await store().flush();
    expect(await store().queries.recordings('c1')).toEqual([{ ...facts, callId: 'c1', at: 1_700_000_000_007 }]);
    expect(await store().queries.recording('r1')).toMatchObject({ callId: 'c1' });
    expect(await store().queries.recording('r2')).toBeNull();
  });
});
