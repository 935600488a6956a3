import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyJwt } from '../../src/webhooks/signing/verify-jwt.js';
import { dial, flow, type PlacedCall, reportOf } from '../support/calls.js';
import { Endpoint, eventually, type Received, Site } from '../support/site.js';
import { temporaryFolder } from '../support/stores.js';

/*
 * Keys and signing secrets replaced while calls are going on: nobody is hung up, nothing is restarted, nothing is lost.
 */

const [OLD_STANDARD, NEW_STANDARD] = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`) as [
  string,
  string,
];
const [OLD_JWT, NEW_JWT] = ['first signature secret, forty characters', 'second signature secret of forty letters'];
const SECRETS = { key: 'first-api-key', w1: OLD_STANDARD, w2: NEW_STANDARD, j1: OLD_JWT, j2: NEW_JWT };

/** Every request asks with a key and is signed by Standard Webhooks; the report is signed as a JWT. */
const credentials = (more: { readonly standard?: object; readonly jwt?: readonly string[] } = {}) => ({
  credentials: { shop: { type: 'apiKey', name: 'X-Key', value: '$secret.key' } },
  signers: {
    standard: { type: 'standard', secret: '$secret.w1', ...more.standard },
    account: { type: 'jwt', apiKey: 'abc', secrets: more.jwt ?? ['$secret.j1'] },
  },
});

let shop: Endpoint;
let reports: Endpoint;
let site: Site;

function write(file: string, content: unknown): void {
  writeFileSync(join(site.dir, file), typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(join(site.dir, file), 0o600);
}

/** Writes files and waits until the process has taken them, or said why not. */
async function change(files: Readonly<Record<string, unknown>>, said = 'credentials or secrets changed'): Promise<void> {
  const from = site.log.length;
  for (const [file, content] of Object.entries(files)) write(file, content);
  await eventually(`the log to say “${said}”`, () => site.log.slice(from).includes(said));
}

/** The report of a call, as it came. */
async function ended({ phone, cli }: PlacedCall): Promise<Received> {
  await phone.result;
  await reportOf(reports, cli);
  const report = reports.received.find(({ body }) => body.includes(cli));
  if (report === undefined) throw new Error('no report');
  return report;
}

/** A call from its beginning to its report: what the shop got first, and the report. */
async function wholeCall(): Promise<{ readonly order: Received; readonly report: Received }> {
  const from = shop.received.length;
  const report = await ended(await dial(site, 'order'));
  const order = shop.received[from];
  if (order === undefined) throw new Error('no request');
  return { order, report };
}

/** Whether a receiver that has only this secret takes it. */
function takenBy(secret: string, { body, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

async function genuineBy(secrets: readonly string[], { method, url, headers, body }: Received): Promise<boolean> {
  const token = String(headers['authorization'] ?? '');
  const request = { token, method, url, contentType: String(headers['content-type']), body };
  const receiver = { now: Date.now(), freshSeconds: 300, seen: null, payload: 'body', secretsOf: () => secrets } as const;
  return (await verifyJwt(request, receiver)).valid;
}

beforeAll(async () => {
  [shop, reports] = [await Endpoint.start(), await Endpoint.start()];
  const ask = (exit: string | null) => ({
    type: 'webhook',
    method: 'POST',
    url: `${shop.url}/order`,
    auth: { type: 'credential', name: 'shop' },
    sign: 'standard',
    timeout: 30,
    exits: { success: exit, failed: null },
  });
  site = Site.create({
    report: reports.url,
    webhook: { sign: 'account' },
    flows: [flow('order', { ask: ask('again'), again: ask(null) })],
  });
  write('credentials.json', credentials());
  write('secrets.json', SECRETS);
  await site.start();
});
afterAll(async () => {
  await site.dispose();
  await Promise.all([shop.close(), reports.close()]);
  for (const secret of Object.values(SECRETS)) expect(site.log).not.toContain(secret);
});
beforeEach(() => {
  shop.answer = () => ({ status: 200, body: '{}' });
  shop.received.length = 0;
  reports.received.length = 0;
});

describe('a key that is replaced while a call is in its webhook', () => {
  // docs/behaviour.md#credentials
  it('the request under way ends as it began, the next one of the same call has the new key', async () => {
    let release = (): void => undefined;
    shop.answer = ({ headers }) =>
      headers['x-key'] === SECRETS.key
        ? new Promise((resolve) => (release = () => resolve({ status: 200, body: `{"you":"${SECRETS.key}"}` })))
        : { status: 200, body: '{}' };
    const call = await dial(site, 'order');
    await eventually('the first request', () => shop.received.length === 1);
    await change({ 'secrets.json': { ...SECRETS, key: 'second-api-key' } });
    release();
    await ended(call);
    expect(shop.received.map(({ headers }) => headers['x-key'])).toEqual([SECRETS.key, 'second-api-key']);
    expect(site.log).not.toContain('second-api-key');
  });
});

describe('a signing secret that is replaced', () => {
  it('Standard Webhooks: receivers of either secret take what both sign; then only that of the new one', async () => {
    const before = (await wholeCall()).order;
    expect([takenBy(OLD_STANDARD, before), takenBy(NEW_STANDARD, before)]).toEqual([true, false]);
    await change({ 'credentials.json': credentials({ standard: { secret: '$secret.w2', previous: ['$secret.w1'] } }) });
    const both = (await wholeCall()).order;
    expect([takenBy(OLD_STANDARD, both), takenBy(NEW_STANDARD, both)]).toEqual([true, true]);
    await change({ 'credentials.json': credentials({ standard: { secret: '$secret.w2' } }) });
    const after = (await wholeCall()).order;
    expect([takenBy(OLD_STANDARD, after), takenBy(NEW_STANDARD, after)]).toEqual([false, true]);
  });

  // docs/behaviour.md#signed-requests, #token-header
  it('a JWT is signed by the first; a receiver that has both takes each', async () => {
    const standard = { secret: '$secret.w2' };
    const before = (await wholeCall()).report;
    expect(await genuineBy([OLD_JWT], before)).toBe(true);
    await change({ 'credentials.json': credentials({ standard, jwt: ['$secret.j2', '$secret.j1'] }) });
    const both = (await wholeCall()).report;
    expect([
      await genuineBy([OLD_JWT], both),
      await genuineBy([NEW_JWT], both),
      await genuineBy([OLD_JWT, NEW_JWT], both),
    ]).toEqual([false, true, true]);
    await change({ 'credentials.json': credentials({ standard, jwt: ['$secret.j2'] }) });
    expect(await genuineBy([NEW_JWT], (await wholeCall()).report)).toBe(true);
    expect(await genuineBy([OLD_JWT, NEW_JWT], before)).toBe(true);
  });
});

describe('a file that is broken in mid-run', () => {
  it('leaves calls with what was good before; log and metrics say so until it is mended', async () => {
    const refused = () => site.metric('offhook_config_refused');
    await change({ 'credentials.json': '{ "signers": ' }, 'credentials and secrets stay as they were');
    expect(await refused()).toBe(1);
    expect(takenBy(NEW_STANDARD, (await wholeCall()).order)).toBe(true);
    await change({ 'credentials.json': credentials({ standard: { secret: '$secret.w1' } }) });
    expect(await refused()).toBe(0);
    expect(takenBy(OLD_STANDARD, (await wholeCall()).order)).toBe(true);
  });

  it('a signer that a webhook names cannot be taken away', async () => {
    const { standard } = credentials().signers;
    await change({ 'credentials.json': { ...credentials(), signers: { standard } } }, 'SIGNER_UNKNOWN');
    expect(await genuineBy([OLD_JWT, NEW_JWT], (await wholeCall()).report)).toBe(true);
    await change({ 'credentials.json': credentials({ jwt: ['$secret.j2'] }) });
    expect(await genuineBy([NEW_JWT], (await wholeCall()).report)).toBe(true);
  });
});

describe('a folder of secrets, as Kubernetes mounts it', () => {
  // docs/decisions/0014-secrets-by-name.md
  it('is followed when the mount is swapped', async () => {
    const temporary = temporaryFolder();
    const { folder } = temporary;
    const version = (name: string, key: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'mounted'), `${key}\n`);
      symlinkSync(name, join(folder, '..new'));
      renameSync(join(folder, '..new'), join(folder, '..data'));
    };
    version('..v1', 'first-mounted-key');
    symlinkSync('..data/mounted', join(folder, 'mounted'));
    const headers = [{ key: 'X-Key', value: '$secret.mounted' }];
    const ask = { type: 'webhook', url: `${shop.url}/`, headers, exits: { success: null, failed: null } };
    const own = await Site.start({ flows: [flow('order', { ask }, { webhook: false })], env: { OFFHOOK_SECRETS_DIR: folder } });
    try {
      await (
        await dial(own, 'order')
      ).phone.result;
      version('..v2', 'second-mounted-key');
      await eventually('the new secret', () => own.log.includes('credentials or secrets changed'));
      await (
        await dial(own, 'order')
      ).phone.result;
      expect(shop.received.map(({ headers: { 'x-key': key } }) => key)).toEqual(['first-mounted-key', 'second-mounted-key']);
    } finally {
      await own.dispose();
      temporary.remove();
    }
  });
});
