import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answered, dial, endedStoryOf, flow, inWidget, rowOf, type PlacedCall } from '../support/calls.js';
import { tonesHeard } from '../support/dead-air.js';
import { Endpoint, type EndpointAnswer, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';
import { download } from '../support/wav.js';

/*
 * Integrations with real calls: turns as they come, an END that is never lost, and a service that speaks into the call.
 */

const NUMBER = '15550100';
const JINGLE = 1000;
const HELLO = 440;

interface Event {
  readonly chatId: string;
  readonly contact: string;
  readonly event: string;
  readonly text: string;
  readonly order?: string;
  readonly multimedia?: { readonly url: string; readonly caption: string };
}

let site: Site;
let service: Endpoint;
let files: Endpoint;
let token = '';

const listen = (more: Record<string, unknown> = {}) => ({
  type: 'collect',
  saveIn: '$flow.key.order',
  digits: { min: 1, max: 6, endOn: '#', firstDigitTimeout: 60 },
  exits: { collected: null, noInput: null, missed: null },
  ...more,
});
const exits = (collected: string) => ({ collected, noInput: null, missed: null });

async function api(method: string, path: string, body?: unknown, bearer?: string) {
  const response = await fetch(`${site.api}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
  });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

beforeAll(async () => {
  [service, files] = await Promise.all([Endpoint.start(), Endpoint.start()]);
  files.answer = () => ({ status: 200, type: 'audio/wav', body: toneWav(JINGLE, 600) });
  site = await Site.start({
    numbers: { [NUMBER]: 'shop', '200': 'quiet', '300': 'message', '400': 'named' },
    prompts: { 'hello.wav': toneWav(HELLO, 300) },
    config: { reports: { retrySeconds: Array(20).fill(0.3) } },
    flows: [
      flow(
        'shop',
        {
          hello: { type: 'play', prompt: [{ file: 'hello.wav' }], exits: { done: 'ask' } },
          ask: listen({ exits: exits('choose') }),
          choose: {
            type: 'menu',
            timeout: 60,
            prompt: [{ file: 'hello.wav' }],
            keys: { '1': 'One' },
            exits: { '1': 'pin', noInput: null, invalid: null },
          },
          pin: listen({ saveIn: '$flow.key.pin', mask: true, exits: exits('wait') }),
          wait: listen({ saveIn: '$flow.key.more' }),
        },
        { webhook: false },
      ),
      flow('quiet', { ask: listen() }, { webhook: false }),
      flow(
        'message',
        {
          record: { type: 'startRecording', name: 'message', tracks: 'caller', exits: { next: 'listen' } },
          listen: listen({ digits: { min: 0, max: 1, endOn: '#', firstDigitTimeout: 60 }, exits: exits('stop') }),
          stop: { type: 'stopRecording', exits: { next: null } },
        },
        { webhook: false },
      ),
      flow('named', { ask: listen() }, { webhook: false, integration: 'orders' }),
    ],
  });
  const created = await api('POST', '/v1/integrations', {
    id: 'orders',
    alias: 'Orders',
    url: `${service.url}/chat?from=ivr`,
    connections: ['+1 555 0100', '300'],
    body: [
      ...['chatId', 'contact', 'event', 'text', 'multimedia.url', 'multimedia.caption'].map((key) => ({
        key,
        type: 'predefined',
      })),
      { key: 'order', value: '$flow.key.order', type: 'variable' },
    ],
  });
  expect(created.status).toBe(201);
  token = String(created.body['token']);
  expect((await api('POST', '/v1/integrations/orders/start')).status).toBe(200);
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([service.close(), files.close()]);
});

function eventsOf(chat: string): readonly (Event & { readonly id: unknown })[] {
  return service.received
    .map(({ headers, body }) => ({ id: headers['webhook-id'], ...(JSON.parse(body) as Event) }))
    .filter(({ chatId }) => chatId === chat);
}

/** The events of a chat once that many have come. */
const told = (chat: string, count: number) =>
  eventually(`${count} events of ${chat}`, () => {
    const events = eventsOf(chat);
    return events.length >= count ? events : null;
  });

const shown = (events: readonly Event[]): readonly string[] => events.map(({ event, text }) => `${event} ${text}`.trim());

/** A call that listens in that widget. */
async function listening(number: string, widget: string): Promise<PlacedCall & { readonly id: string }> {
  const placed = await dial(site, number);
  await answered(placed);
  await inWidget(site, placed.cli, widget);
  return { ...placed, id: (await rowOf(site, placed.cli)).id };
}

const send = (chat: string, event: unknown, bearer = token) =>
  api('POST', `/v1/integrations/orders/chats/${chat}/events`, event, bearer);

// docs/behaviour.md#integration-events, #connections
describe('events', () => {
  it('every turn in order, masked digits masked, and one END behind them', async () => {
    const { phone, cli, id } = await listening(NUMBER, 'ask');
    await phone.press('4711#');
    await inWidget(site, cli, 'choose');
    await phone.press('1');
    await inWidget(site, cli, 'pin');
    await phone.press('99#');
    const during = await told(id, 3);
    expect(shown(during)).toEqual(['MESSAGE 4711', 'MESSAGE 1', 'MESSAGE ***']);
    phone.hangup();
    const events = await told(id, 4);
    expect(shown(events)).toEqual(['MESSAGE 4711', 'MESSAGE 1', 'MESSAGE ***', 'END']);
    expect(events.map(({ contact, order }) => [contact, order])).toEqual(Array(4).fill([cli, '4711']));
    expect(new Set(events.map(({ id: delivery }) => delivery)).size).toBe(4);
    expect(events.every((event) => !('multimedia' in event))).toBe(true);
    expect(service.received.every(({ url }) => url === '/chat?from=ivr')).toBe(true);
  });

  it('a service in trouble gets them all the same: each again until it is taken, and none before those ahead of it', async () => {
    const taken: string[] = [];
    let refused = 0;
    const before = service.answer;
    service.answer = ({ body }) => {
      if (refused < 3) return { status: 503, body: String((refused += 1)) };
      taken.push((JSON.parse(body) as Event).event);
      return { status: 200 };
    };
    const { phone, cli, id } = await listening(NUMBER, 'ask');
    await phone.press('12#');
    await inWidget(site, cli, 'choose');
    phone.hangup();
    await eventually('the END', () => taken.includes('END'));
    service.answer = before;
    expect(taken).toEqual(['MESSAGE', 'END']);
    expect(eventsOf(id).map(({ event }) => event)).toEqual(['MESSAGE', 'MESSAGE', 'MESSAGE', 'MESSAGE', 'END']);
  });

  it('a message the caller leaves: its link, and no text', async () => {
    const { phone, id } = await listening('300', 'listen');
    await phone.press('#');
    const events = await told(id, 2);
    expect(shown(events)).toEqual(['MESSAGE', 'END']);
    expect(events[0]?.multimedia?.caption).toBe('message');
    expect((await download(events[0]?.multimedia?.url ?? '')).ms).toBeGreaterThan(0);
  });

  it('a number that is not connected tells nothing; a flow that names it does, whatever its number', async () => {
    const quiet = await listening('200', 'ask');
    quiet.phone.hangup();
    await endedStoryOf(site, quiet.cli);
    const named = await listening('400', 'ask');
    named.phone.hangup();
    expect(shown(await told(named.id, 1))).toEqual(['END']);
    expect(eventsOf(quiet.id)).toEqual([]);
  });
});

// docs/behaviour.md#events-into-a-call
describe('events into a call', () => {
  it('text is spoken, media played, in order, and the end comes behind them', async () => {
    const { phone, id } = await listening(NUMBER, 'ask');
    await phone.waitFor((call) => call.now() > 1500);
    const from = phone.now();
    const media = { type: 'media', multimedia: { url: `${files.url}/jingle.wav`, caption: 'Jingle' } };
    expect((await send(id, { type: 'text', text: 'Your order is on its way to you.' })).status).toBe(202);
    expect((await send(id, media)).status).toBe(202);
    expect((await send(id, { type: 'end' })).status).toBe(202);
    expect(await send(id, media)).toMatchObject({ status: 409, body: { error: { code: 'INTEGRATION_CHAT_ENDING' } } });
    const { heard } = await phone.result;
    const tones = tonesHeard(heard, [JINGLE], from);
    expect(tones).toEqual([JINGLE]);
    // The jingle is the last that is heard, all of it; before it there was speech.
    const end = heard.endMs();
    const toneFrom = [...Array(Math.floor((end - from) / 20)).keys()]
      .map((i) => from + i * 20)
      .find((at) => {
        return tonesHeard(heard, [JINGLE], at, at + 40).length > 0;
      });
    expect(heard.rms(from, toneFrom ?? end)).toBeGreaterThan(0.005);
    expect(end - (toneFrom ?? 0)).toBeGreaterThan(500);
    expect(shown(await told(id, 1))).toEqual(['END']);
    await eventually('the chat to be gone', async () => (await send(id, { type: 'end' })).status === 404);
  });

  it('only with its token, into its own chats, and what can be heard', async () => {
    const { phone, id } = await listening(NUMBER, 'ask');
    const quiet = await listening('200', 'ask');
    expect((await send(id, { type: 'end' }, 'wrong')).status).toBe(401);
    expect((await send(quiet.id, { type: 'end' })).status).toBe(404);
    const inside = { type: 'media', multimedia: { url: 'http://169.254.169.254/latest' } };
    expect((await send(id, inside)).status).toBe(422);
    expect((await send(id, { type: 'text', text: '' })).status).toBe(422);
    phone.hangup();
    quiet.phone.hangup();
    await told(id, 1);
  });
});

// docs/behaviour.md#integration-life, docs/decisions/0010-the-end-is-one-transaction.md
describe('an end whatever ended the call', () => {
  it('also when the process is killed, and once', async () => {
    const { phone, cli, id } = await listening(NUMBER, 'ask');
    await phone.press('12#');
    await inWidget(site, cli, 'choose');
    await site.stop('SIGKILL');
    await site.start();
    await eventually('the END', () => eventsOf(id).some(({ event }) => event === 'END'));
    const events = eventsOf(id);
    expect(events.at(-1)?.event).toBe('END');
    expect(new Set(events.map(({ id: delivery }) => delivery)).size).toBe(2);
    phone.hangup();
  });

  it('a stop leaves running calls their END; new ones are not told of', async () => {
    await api('PATCH', '/v1/integrations/orders', { url: `${service.url}/moved` });
    expect((await api('POST', '/v1/integrations/orders/stop')).body).toMatchObject({ error: { code: 'INTEGRATION_LINKED' } });
    const other = { alias: 'Other', url: service.url, connections: ['200'] };
    const created = await api('POST', '/v1/integrations', { id: 'other', ...other });
    expect(created.status).toBe(201);
    await api('POST', '/v1/integrations/other/start');
    const running = await listening('200', 'ask');
    expect((await api('POST', '/v1/integrations/other/stop')).status).toBe(200);
    const later = await listening('200', 'ask');
    running.phone.hangup();
    later.phone.hangup();
    expect(shown(await told(running.id, 1))).toEqual(['END']);
    await endedStoryOf(site, later.cli);
    expect(eventsOf(later.id)).toEqual([]);
  });

  it('it is not deleted under a call that lives, nor under an END that waits, through a kill and a restart', async () => {
    const own = await Endpoint.start();
    let take: (answer: EndpointAnswer) => void = () => undefined;
    const held = new Promise<EndpointAnswer>((resolve) => (take = resolve));
    own.answer = () => held;
    const remove = (query = '') => api('DELETE', `/v1/integrations/brief${query}`);
    const create = { id: 'brief', alias: 'Brief', url: own.url, connections: ['200'] };
    expect((await api('POST', '/v1/integrations', create)).status).toBe(201);
    await api('POST', '/v1/integrations/brief/start');
    const { phone, cli } = await listening('200', 'ask');
    await phone.press('7#');
    await endedStoryOf(site, cli);
    const live = await listening('200', 'ask');
    const refused = await remove();
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'INTEGRATION_UNFINISHED' } } });
    expect(JSON.stringify(refused.body)).toContain('1 of its calls live, 2 of its events wait');
    await api('POST', '/v1/integrations/brief/stop');
    await site.stop('SIGKILL');
    await site.start();
    // The recovered call has its END; nobody takes it yet.
    expect(JSON.stringify((await remove()).body)).toContain('0 of its calls live, 3 of its events wait');
    take({ status: 200 });
    await eventually('the last END', async () => (await remove()).status === 200);
    const taken = own.received.map(({ body }) => JSON.parse(body) as Event).filter(({ event }) => event === 'END');
    expect(new Set(taken.map(({ chatId }) => chatId))).toEqual(new Set([live.id, (await rowOf(site, cli)).id]));
    expect((await api('GET', '/v1/integrations/brief')).status).toBe(404);
    live.phone.hangup();
    await own.close();
  });

  it('and when the process stops', async () => {
    const { phone, id } = await listening(NUMBER, 'ask');
    const stopped = site.stop('SIGTERM');
    phone.hangup();
    await stopped;
    expect(shown(eventsOf(id))).toEqual(['END']);
  });
});
