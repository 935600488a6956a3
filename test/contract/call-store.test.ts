import { expect, it } from 'vitest';
import { callEnd, describeStores, entered, entry, newCall, newDelivery } from '../support/stores.js';

describeStores('call store', (store) => {
  it('knows a call from begin on, as open', async () => {
    await store().calls.begin(newCall('c1'));
    const open = await store().calls.openCalls();
    expect(open).toEqual([{ ...newCall('c1'), answeredAt: null, endedAt: null, termination: null, lastWidget: null }]);
  });

  it('begins a call once, whatever a second begin says', async () => {
    await store().calls.begin(newCall('c1'));
    await store().calls.begin(newCall('c1', { cli: 'other' }));
    expect((await store().calls.openCalls()).map((call) => call.cli)).toEqual(['+4930123']);
  });

  it('names the widget an open call was in', async () => {
    await store().calls.begin(newCall('c1'));
    await store().calls.begin(newCall('c2', { startedAt: 900 }));
    store().journal.append('c1', entered(1, 'greet'));
    store().journal.append('c1', entered(2, 'ask'));
    store().journal.append('c1', entry(3, { type: 'note', text: 'x' }));
    await store().flush();
    const open = await store().calls.openCalls();
    expect(open.map((call) => [call.id, call.lastWidget])).toEqual([
      ['c2', null],
      ['c1', 'ask'],
    ]);
  });

  // docs/decisions/0010-the-end-is-one-transaction.md
  it('commits the end and its deliveries together', async () => {
    await store().calls.begin(newCall('c1'));
    await store().calls.end(callEnd('c1', { variables: { order: '0012', list: [1, null] } }), [newDelivery('d1', 'c1')]);
    expect(await store().calls.openCalls()).toEqual([]);
    expect(await store().queries.call('c1')).toEqual({
      call: {
        ...newCall('c1'),
        answeredAt: 1100,
        endedAt: 5000,
        termination: { by: 'caller', cause: 16, sip: null, reason: 'bye' },
        lastWidget: 'ask',
      },
      variables: { order: '0012', list: [1, null] },
      udf: null,
    });
    expect((await store().queries.delivery('d1'))?.body).toBe('{"a":"ä€\\u0000"}');
  });

  // docs/behaviour.md#report-columns
  it('keeps the report columns of a call', async () => {
    await store().calls.begin(newCall('c1'));
    await store().calls.end(callEnd('c1', { udf: { order: '0012', total: null } }), []);
    expect(await store().queries.call('c1')).toMatchObject({ variables: null, udf: { order: '0012', total: null } });
  });

  it('knows which ended calls wait for a recording', async () => {
    const { calls } = store();
    for (const id of ['c1', 'c2']) await calls.begin(newCall(id));
    await calls.end(callEnd('c1', { awaitsRecording: true }), []);
    await calls.end(callEnd('c2'), []);
    expect((await calls.awaitingRecordings()).map(({ id, endedAt }) => [id, endedAt])).toEqual([['c1', 5000]]);
    await calls.recorded('c1');
    expect(await calls.awaitingRecordings()).toEqual([]);
  });

  it('ends a call once: a second end changes nothing and delivers nothing', async () => {
    await store().calls.begin(newCall('c1'));
    const [first, second] = [callEnd('c1'), callEnd('c1', { endedAt: 9000 })];
    await Promise.all([
      store().calls.end(first, [newDelivery('d1', 'c1')]),
      store().calls.end(second, [newDelivery('d2', 'c1')]),
    ]);
    await store().calls.end(second, [newDelivery('d3', 'c1')]);
    expect((await store().queries.call('c1'))?.call.endedAt).toBe(5000);
    const { items } = await store().queries.deliveries({}, { limit: 10, after: null });
    expect(items.map((item) => item.id)).toEqual(['d1']);
  });

  it('has every journal entry appended before an end when the end is committed', async () => {
    await store().calls.begin(newCall('c1'));
    for (let seq = 1; seq <= 60; seq += 1) store().journal.append('c1', entered(seq, `w${seq}`));
    await store().calls.end(callEnd('c1'), []);
    expect(await store().queries.journal('c1')).toHaveLength(60);
  });

  it('refuses the end of a call that never began, and writes the others', async () => {
    await store().calls.begin(newCall('c1'));
    const [lost, kept] = await Promise.allSettled([
      store().calls.end(callEnd('nobody'), []),
      store().calls.end(callEnd('c1'), [newDelivery('d1', 'c1')]),
    ]);
    expect(lost.status).toBe('rejected');
    expect(kept.status).toBe('fulfilled');
    expect(await store().queries.delivery('d1')).not.toBeNull();
  });

  it('takes a thousand calls at once', async () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `c${i}`);
    await Promise.all(ids.map((id) => store().calls.begin(newCall(id))));
    await Promise.all(ids.map((id) => store().calls.end(callEnd(id), [newDelivery(`d-${id}`, id)])));
    expect(await store().calls.openCalls()).toEqual([]);
    expect(await store().queries.deliveryCounts()).toEqual({ pending: 1000, dead: 0 });
  });
});
