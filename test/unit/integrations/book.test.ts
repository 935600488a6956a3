import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/lib/json/json.js';
import { fakeIntegrations } from '../../support/fake-integrations.js';
import { CHECKS, namingFlow, openBook, PLAIN } from '../../support/integrations.js';

type Book = Awaited<ReturnType<typeof openBook>>['book'];

/** Adds an integration and starts it; its token. */
async function active(book: Book, id: string, fields: JsonObject = {}): Promise<string> {
  const created = await book.create(id, { ...PLAIN, ...fields });
  if (!created.ok) throw new Error(created.error.message);
  const started = await book.start(id);
  if (!started.ok) throw new Error(started.error.message);
  return created.value.token;
}

const codeOf = (outcome: { readonly ok: boolean; readonly error?: { readonly code: string } }): string =>
  outcome.ok ? 'ok' : (outcome.error?.code ?? '');

// docs/behaviour.md#integration-life
describe('the life of an integration', () => {
  it('is saved inactive, told of calls once started, and not of new ones once stopped', async () => {
    const { book } = await openBook();
    const created = await book.create(null, { ...PLAIN, connections: ['4711'] });
    expect(created).toMatchObject({ ok: true, value: { id: 'made-1', active: false, alias: 'Orders', warnings: [] } });
    expect(book.of({}, '4711')).toBeNull();
    await book.start('made-1');
    expect(book.of({}, '4711')).toBe('made-1');
    await book.stop('made-1');
    expect([book.of({}, '4711'), book.get('made-1')?.active]).toEqual([null, false]);
    expect(book.target('integration:made-1')?.url).toBe(PLAIN.url);
  });

  // docs/behaviour.md#connections
  it('numbers are compared as routes compare them; without any, only flows that name it lead to it', async () => {
    const { book } = await openBook();
    await active(book, 'a', { connections: ['+43 (1) 555-0100'] });
    await active(book, 'b');
    expect([book.of({}, '+4315550100'), book.of(undefined, '4315550100'), book.of({}, '43')]).toEqual(['a', 'a', null]);
    expect(book.of({ integration: 'b' }, '+4315550100')).toBe('b');
    // A flow that names one that is stopped is not told of elsewhere.
    await book.stop('b');
    expect(book.of({ integration: 'b' }, '+4315550100')).toBeNull();
  });

  it('a number belongs to one active integration: start and change are refused with its name', async () => {
    const { book } = await openBook();
    await active(book, 'a', { alias: 'First', connections: ['4711'] });
    expect((await book.create('b', { ...PLAIN, connections: ['+4711'] })).ok).toBe(true);
    const started = await book.start('b');
    expect([codeOf(started), started.ok || started.error.message]).toEqual([
      'INTEGRATION_CONNECTION_TAKEN',
      '+4711 belongs to a (First).',
    ]);
    expect(codeOf(await book.change('b', { connections: [] }, null))).toBe('ok');
    expect(codeOf(await book.start('b'))).toBe('ok');
    expect(codeOf(await book.change('b', { connections: ['47-11'] }, null))).toBe('INTEGRATION_CONNECTION_TAKEN');
    expect(book.get('b')?.document.connections).toEqual([]);
    await book.stop('a');
    expect(codeOf(await book.change('b', { connections: ['4711'] }, null))).toBe('ok');
    expect(codeOf(await book.change('b', { connections: ['4711', '+4711'] }, null))).toBe('INTEGRATION_INVALID');
  });

  // docs/behaviour.md#linked-flows
  it('while flows name it, it can be neither stopped nor deleted; then both', async () => {
    const { book, flows } = await openBook();
    await active(book, 'a');
    flows.set('shop', namingFlow('shop', 'a')).set('other', namingFlow('other'));
    await book.flowsChanged();
    const stopped = await book.stop('a');
    expect([codeOf(stopped), stopped.ok || stopped.error.message]).toEqual([
      'INTEGRATION_LINKED',
      'These flows name the integration a (Orders): shop (Flow shop).',
    ]);
    expect(codeOf(await book.remove('a', true))).toBe('INTEGRATION_LINKED');
    flows.clear();
    expect(await book.remove('a', false)).toEqual({ ok: true, value: { id: 'a', live: 0, waiting: 0 } });
    expect([book.list(), book.target('integration:a')]).toEqual([[], undefined]);
  });

  it('knows since when a flow names it, over a restart', async () => {
    const { book, flows, clock, store } = await openBook();
    await active(book, 'a');
    flows.set('shop', namingFlow('shop', 'a'));
    await book.flowsChanged();
    clock.at = 9000;
    flows.set('later', namingFlow('later', 'a'));
    await book.flowsChanged();
    expect(book.linkedFlows('a')).toEqual({
      ok: true,
      value: [
        { id: 'shop', name: 'Flow shop', since: 1000 },
        { id: 'later', name: 'Flow later', since: 9000 },
      ],
    });
    const again = await openBook(store);
    again.flows.set('shop', namingFlow('shop', 'a'));
    expect(again.book.linkedFlows('a')).toMatchObject({ value: [{ since: 1000 }] });
    expect(again.book.find('a')).toMatchObject({ value: { active: true, flows: 1 } });
  });
});

describe('deleting one', () => {
  it('is refused with how many are left while calls of it live or events wait, and changes nothing', async () => {
    const left = { live: 1, waiting: 2 };
    const { book, store } = await openBook(fakeIntegrations(() => left));
    await active(book, 'a', { connections: ['4711'] });
    const refused = await book.remove('a', false);
    expect([codeOf(refused), refused.ok || refused.error.message]).toEqual([
      'INTEGRATION_UNFINISHED',
      'a (Orders): 1 of its calls live, 2 of its events wait to be delivered.',
    ]);
    expect([book.of({}, '4711'), (await store.all()).length]).toEqual(['a', 1]);
    expect(await book.remove('a', true)).toEqual({ ok: true, value: { id: 'a', ...left } });
    expect([book.of({}, '4711'), await store.all()]).toEqual([null, []]);
  });

  it('a call that began while the store was asked counts: it is kept for its END', async () => {
    const { book, store, live } = await openBook();
    await active(book, 'a');
    live.set('a', 1);
    expect(codeOf(await book.remove('a', false))).toBe('INTEGRATION_UNFINISHED');
    expect([book.isActive('a'), (await store.all()).map(({ id }) => id)]).toEqual([true, ['a']]);
    live.clear();
    expect(codeOf(await book.remove('a', false))).toBe('ok');
  });

  it('waits, as every change does, until the calls of an earlier process have their ends', async () => {
    const { book } = await openBook();
    await active(book, 'a');
    const release = book.hold();
    const order: string[] = [];
    const removed = book.remove('a', false).then(() => order.push('removed'));
    await Promise.resolve();
    expect(book.isActive('a')).toBe(true);
    order.push('recovered');
    release();
    await removed;
    expect([order, book.isActive('a')]).toEqual([['recovered', 'removed'], null]);
  });
});

describe('changing one', () => {
  it('keeps a secret that is shown as ***, and refuses a version that is old', async () => {
    const { book } = await openBook();
    await book.create('a', { ...PLAIN, auth: { type: 'bearer', token: 'plain-token' } });
    const card = book.find('a');
    const version = card.ok ? card.value.version : '';
    expect(card.ok && card.value.integration['auth']).toEqual({ type: 'bearer', token: '***' });
    const changed = await book.change('a', { alias: 'New', auth: { type: 'bearer', token: '***' } }, version);
    expect(changed).toMatchObject({ ok: true, value: { alias: 'New' } });
    expect(book.get('a')?.document.auth).toEqual({ type: 'bearer', token: 'plain-token' });
    expect(codeOf(await book.change('a', { alias: 'Late' }, version))).toBe('INTEGRATION_VERSION');
    expect(codeOf(await book.create('b', { ...PLAIN, auth: { type: 'bearer', token: '***' } }))).toBe('INTEGRATION_INVALID');
  });

  it('refuses what is wrong and leaves it as it was', async () => {
    const { book, store } = await openBook();
    await active(book, 'a');
    const changed = await book.change('a', { url: 'http://inside', alias: '' }, null);
    expect(changed).toMatchObject({ ok: false, error: { code: 'INTEGRATION_INVALID', problems: [{ path: '$.alias' }] } });
    expect(book.get('a')?.document.url).toBe(PLAIN.url);
    expect((await store.all())[0]?.document).toEqual(PLAIN);
    expect(codeOf(await book.change('none', {}, null))).toBe('INTEGRATION_UNKNOWN');
    expect(codeOf(await book.create('a', PLAIN))).toBe('INTEGRATION_ID_TAKEN');
  });

  it('two at once are made one after the other: only one gets the number', async () => {
    const { book } = await openBook();
    await book.create('a', { ...PLAIN, connections: ['1'] });
    await book.create('b', { ...PLAIN, connections: ['1'] });
    const [a, b] = await Promise.all([book.start('a'), book.start('b')]);
    expect([a.ok, b.ok]).toEqual([true, false]);
  });

  it('a start, and another address, send again to a target that was gone', async () => {
    const { book, revived } = await openBook();
    await active(book, 'a');
    await book.change('a', { alias: 'x' }, null);
    await book.change('a', { url: 'https://other.example/' }, null);
    expect(revived).toEqual(['integration:a', 'integration:a']);
  });
});

// docs/behaviour.md#events-into-a-call
describe('its token', () => {
  it('is shown once, kept nowhere, and worth nothing once there is another', async () => {
    const { book, store } = await openBook();
    const token = await active(book, 'a');
    expect([book.isToken('a', token), book.isToken('a', ''), book.isToken('b', token)]).toEqual([true, false, false]);
    expect(JSON.stringify([book.list(), await store.all()])).not.toContain(token);
    const rotated = await book.rotate('a');
    const next = rotated.ok ? rotated.value.token : '';
    expect([book.isToken('a', token), book.isToken('a', next), next === token]).toEqual([false, true, false]);
    expect((await openBook(store)).book.isToken('a', next)).toBe(true);
  });
});

describe('at a start', () => {
  it('one whose secret is gone stays in use; one that cannot be read keeps its id and nothing else', async () => {
    const { book, store } = await openBook();
    await active(book, 'a', { auth: { type: 'bearer', token: '$secret.crm' }, connections: ['1'] });
    await store.save({ id: 'b', document: { alias: 7 }, active: true, tokenHash: '', createdAt: 0, changedAt: 0 });
    const again = await openBook(store, { ...CHECKS, secrets: () => undefined });
    expect(again.book.of({}, '1')).toBe('a');
    expect(again.book.list().map(({ id }) => id)).toEqual(['a']);
    expect(codeOf(await again.book.create('b', PLAIN))).toBe('INTEGRATION_ID_TAKEN');
  });
});

it.each([999, 1000, 1001])('of %i integrations a thousand are taken', async (count) => {
  const { book } = await openBook();
  let last = 'none';
  for (let i = 0; i < count; i++) last = codeOf(await book.create(`i-${i}`, { ...PLAIN }));
  expect(last).toBe(count <= 1000 ? 'ok' : 'INTEGRATION_TOO_MANY');
});
