import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallEvents } from '../../../src/call/events.js';
import { addIntegrationCommands } from '../../../src/cli/integrations.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { apiIntegrations } from '../../../src/app/open-integrations.js';
import { type ChatCall, TryOut } from '../../../src/integrations/try-out.js';
import { KEY, startApi, type TestApi } from '../../support/api.js';
import { CHECKS, namingFlow, openBook, PLAIN } from '../../support/integrations.js';
import { temporaryFolder } from '../../support/stores.js';

/** The commands, over the real API of a book; calls are not real. */

let api: TestApi;
let rig: Awaited<ReturnType<typeof openBook>>;
let site: ReturnType<typeof temporaryFolder>;
let said: unknown[];

const call: ChatCall = {
  id: 'c1',
  answeredAt: 1,
  events: new CallEvents(silentLogger),
  announce(request) {
    said.push(request.segments);
    return new Promise(() => undefined);
  },
  end: () => new Promise(() => undefined),
};

beforeEach(async () => {
  said = [];
  rig = await openBook();
  const { book } = rig;
  const tryOut = new TryOut({
    call: (id) => (id === 'c1' ? call : null),
    integrationOf: () => 'orders',
    isActive: (id) => book.isActive(id),
    guard: CHECKS.guard,
    log: silentLogger,
  });
  const shown = apiIntegrations(book, tryOut, () => 'https://ivr.example');
  api = await startApi({}, undefined, shown);
  site = temporaryFolder();
  configure(Number(new URL(api.url).port));
});
afterEach(async () => {
  await api.close();
  site.remove();
});

function configure(port: number): void {
  mkdirSync(join(site.folder, 'flows'), { recursive: true });
  writeFileSync(join(site.folder, 'offhook.json'), JSON.stringify({ api: { port, keys: [KEY] } }));
}

/** Runs `offhook integration …`; what it prints and its exit code. */
async function run(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let out = '';
  let code = -1;
  const group = new Command('integration').exitOverride();
  addIntegrationCommands(group, {
    print: (text) => (out += `${text}\n`),
    exit: (given) => (code = given),
    config: new Option('--config <dir>').default(site.folder),
  });
  await group.parseAsync([...words], { from: 'user' });
  return { code, out };
}

const json = async (...words: readonly string[]): Promise<unknown> => JSON.parse((await run(...words, '--json')).out) as unknown;

/** Adds `orders` and starts it; its token. */
async function orders(): Promise<string> {
  const added = await json('add', 'orders', PLAIN.url, '--alias', 'Orders');
  await run('start', 'orders');
  return (added as { token: string }).token;
}

describe('offhook integration', () => {
  // docs/behaviour.md#integration-fields, #integration-life
  it('adds one, shows, changes, starts, stops and removes it', async () => {
    expect((await run('list')).out).toContain('offhook integration add');
    const fields = '{"connections": ["4711"], "auth": {"type": "bearer", "token": "plain-token"}}';
    const added = await run('add', 'orders', PLAIN.url, '--fields', fields);
    expect([added.code, added.out]).toMatchObject([0, expect.stringMatching(/token {6}[A-Za-z0-9]{32}\n/u)]);
    expect(added.out).not.toContain('plain-token');
    expect((await run('set', 'orders', '{"alias": "Orders"}')).code).toBe(0);
    expect(await json('show', 'orders')).toMatchObject({ id: 'orders', alias: 'Orders', active: false });
    expect((await run('start', 'orders')).out).toBe('orders (Orders) is active.\n');
    expect((await run('list')).out).toMatch(/^orders {2}Orders {2}active {2}https:\/\/crm\.example\/chat {2}4711 +0$/mu);
    expect((await run('stop', 'orders')).out).toBe('orders (Orders) is stopped.\n');
    expect(await run('remove', 'orders')).toEqual({ code: 0, out: 'orders is deleted.\n' });
    expect(rig.book.list()).toEqual([]);
  });

  it('removes one that calls belong to by force only, and says what it gave up', async () => {
    await orders();
    rig.live.set('orders', 1);
    const refused = await run('remove', 'orders');
    expect([refused.code, refused.out]).toMatchObject([1, expect.stringContaining('INTEGRATION_UNFINISHED')]);
    expect((await run('remove', 'orders', '--force')).out).toContain('Given up: 1 call, 0 events.');
  });

  // docs/behaviour.md#linked-flows, #integration-details
  it('lists the flows that name it, and shows what arrives and how to answer', async () => {
    await orders();
    rig.flows.set('shop', namingFlow('shop', 'orders'));
    expect((await run('flows', 'orders')).out).toContain('shop  Flow shop  1970-01-01T00:00:01.000Z');
    const stopped = await run('stop', 'orders');
    expect([stopped.code, stopped.out]).toMatchObject([1, expect.stringContaining('shop (Flow shop)')]);
    const { out } = await run('details', 'orders');
    expect(out).toContain('# The caller has keyed something in.\ncurl -X POST https://crm.example/chat');
    expect(out).toContain('https://ivr.example/v1/integrations/orders/chats/');
  });

  // docs/behaviour.md#events-into-a-call
  it('sends an event into a chat with the token of a secret', async () => {
    await orders();
    const { token } = (await json('token', 'orders')) as { token: string };
    writeFileSync(join(site.folder, 'secrets.json'), JSON.stringify({ orders: token, other: 'not-the-token' }), { mode: 0o600 });
    const sent = await run('send', 'orders', 'c1', '--secret', 'orders', '--text', 'Hello.');
    expect(sent).toEqual({ code: 0, out: 'Queued. The caller has 1 event to hear.\n' });
    const media = ['--media', 'https://a.example/a.wav', '--caption', 'A'];
    expect((await run('send', 'orders', 'c1', '--secret', 'orders', ...media)).code).toBe(0);
    expect(said).toEqual([[{ kind: 'say', text: 'Hello.' }], [{ kind: 'url', url: 'https://a.example/a.wav' }]]);
    const codeOf = async (...words: readonly string[]) =>
      ((await json('send', 'orders', ...words)) as { error: { code: string } }).error.code;
    expect(await codeOf('c2', '--secret', 'orders', '--end')).toBe('INTEGRATION_CHAT_UNKNOWN');
    expect(await codeOf('c1', '--secret', 'other', '--end')).toBe('INTEGRATION_UNAUTHORIZED');
    expect(await codeOf('c1', '--secret', 'none', '--end')).toBe('CONFIG_SECRET_MISSING');
    expect(await codeOf('c1', '--secret', 'orders')).toBe('INTEGRATION_EVENT_INVALID');
    expect(await codeOf('c1', '--secret', 'orders', '--end', '--text', 'x')).toBe('INTEGRATION_EVENT_INVALID');
  });

  it('says what is wrong place by place, with its code, and changes nothing', async () => {
    const refused = await run(
      'add',
      'orders',
      'http://inside',
      '--fields',
      '{"body": [{"key": "a", "type": "variable", "value": "b"}]}',
    );
    expect(refused.code).toBe(1);
    expect(refused.out).toMatch(/✗ \$\.url .*[\s\S]*✗ \$\.body\[0\]\.value/u);
    expect((await run('add', 'orders', PLAIN.url, '--fields', 'no json')).out).toContain('INTEGRATION_INVALID');
    expect((await run('set', 'none', '{}')).out).toContain('INTEGRATION_UNKNOWN');
    expect((await run('show', 'a/b')).code).toBe(1);
    expect(rig.book.list()).toEqual([]);
  });

  it('says so when nothing runs', async () => {
    configure(1);
    expect(await run('list')).toMatchObject({ code: 1, out: expect.stringContaining('CLI_NOT_RUNNING') as string });
  });
});
