import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { follow } from '../../../../src/site/files/follow.js';
import { followFiles, judgeAgain, type LiveFiles } from '../../../../src/site/follow-all.js';
import { followFlows, type LiveFlows } from '../../../../src/site/flows/follow.js';
import { readSite, type Site } from '../../../../src/site/site.js';
import { FakePrompts } from '../../../support/fake-prompts.js';
import { temporaryFolder } from '../../../support/stores.js';
import { CLIENT_CERT, CLIENT_KEY } from '../../../support/tls-identity.js';

/*
 * Credentials, signers and secrets of a running process, as their files change. Looks are asked for; the folder's own notices come too,
 * and change nothing more.
 */

let temporary: ReturnType<typeof temporaryFolder>;
let close: (() => void)[];
let lines: { readonly level: string; readonly fields: object; readonly message: string }[];

const log = {
  ...silentLogger,
  info: (fields: object, message: string) => void lines.push({ level: 'info', fields, message }),
  warn: (fields: object, message: string) => void lines.push({ level: 'warn', fields, message }),
  error: (fields: object, message: string) => void lines.push({ level: 'error', fields, message }),
};

const API_KEY = { type: 'apiKey', name: 'X-Key', value: '$secret.key' };
const JWT = { type: 'jwt', apiKey: 'abc', secrets: ['$secret.sig'] };
const SIG = 'a signature secret of forty characters !!';
const CRM = { name: 'crm', url: 'https://crm.example/hook', auth: { type: 'credential', name: 'crm' }, sign: 'account' };

function write(file: string, content: unknown): void {
  const path = join(temporary.folder, file);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(path, 0o600);
}

function flow(credential: string): object {
  const auth = { type: 'credential', name: credential };
  const ask = { type: 'webhook', url: 'https://shop.example/', auth, exits: { success: null, failed: null } };
  return { id: 'shop', name: 'shop', start: 'ask', widgets: { ask } };
}

function start(env: Readonly<Record<string, string>> = {}): Site {
  const { site, problems } = readSite({ dir: temporary.folder, env });
  if (site === null) throw new Error(JSON.stringify(problems));
  return site;
}

function live(site: Site): LiveFiles {
  const files = followFiles(site, log);
  close.push(files.close);
  return files;
}

/** With the flows too, each told of the others. */
function whole(site: Site): { readonly files: LiveFiles; readonly flows: LiveFlows; readonly renewals: () => number } {
  const files = live(site);
  const check: typeof site.check = (document, file) => site.checkWith(files.webhooks.all())(document, file);
  const flows = followFlows(site, check, new FakePrompts(), log);
  close.push(flows.close);
  let renewals = 0;
  judgeAgain(files, flows, () => (renewals += 1));
  return { files, flows, renewals: () => renewals };
}

const errors = (): string => JSON.stringify(lines.filter(({ level }) => level === 'error'));

beforeEach(() => {
  temporary = temporaryFolder();
  close = [];
  lines = [];
  mkdirSync(join(temporary.folder, 'flows'));
  write('offhook.json', {});
  write('secrets.json', { key: 'first-key', sig: SIG });
  write('credentials.json', { credentials: { crm: API_KEY }, signers: { account: JWT } });
});
afterEach(() => {
  for (const stop of close) stop();
  temporary.remove();
});

describe('a secret that is replaced', () => {
  // docs/decisions/0014-secrets-by-name.md
  it('is used from then on by all who read it by name, and no value of it is logged', () => {
    const site = start();
    const { proofs } = live(site);
    const reader = site.config.secret;
    write('secrets.json', { key: 'second-key', sig: SIG });
    proofs.look();
    expect(reader('key')).toBe('second-key');
    expect(proofs.refused()).toBe(false);
    expect(lines).toMatchObject([{ level: 'info', fields: { secrets: ['key'] } }]);
    expect(JSON.stringify(lines)).not.toMatch(/first-key|second-key/u);
  });

  it('is taken from the folder of secrets', () => {
    mkdirSync(join(temporary.folder, 'mounted'));
    write('mounted/key', 'first\n');
    const site = start({ OFFHOOK_SECRETS_DIR: join(temporary.folder, 'mounted') });
    const { proofs } = live(site);
    expect(site.config.secret('key')).toBe('first');
    write('mounted/key', 'second\n');
    proofs.look();
    expect(site.config.secret('key')).toBe('second');
  });

  it('stays the environment’s, which cannot change', () => {
    const site = start({ OFFHOOK_SECRET_KEY: 'environment' });
    const { proofs } = live(site);
    write('secrets.json', { key: 'second-key', sig: SIG });
    proofs.look();
    expect(site.config.secret('key')).toBe('environment');
    expect(lines).toEqual([]);
  });

  it('is said to need a restart when it stands in offhook.json', () => {
    write('secrets.json', { key: 'first-key', sig: SIG, api: 'an API key of thirty-two letters' });
    write('offhook.json', { api: { keys: ['$secret.api'] } });
    const site = start();
    const { proofs } = live(site);
    write('secrets.json', { key: 'first-key', sig: SIG, api: 'another API key of thirty-two one' });
    proofs.look();
    expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { secrets: ['api'], file: 'offhook.json' } });
    expect(lines.at(-1)?.message).toContain('restart');
    write('secrets.json', { key: 'first-key', sig: SIG });
    proofs.look();
    expect(proofs.refused()).toBe(true);
    expect(errors()).toContain('there is no secret “api”');
  });
});

describe('files that are not fit to be used', () => {
  it.each([
    ['secrets.json', '{ "key": ', 'CONFIG_UNREADABLE'],
    ['secrets.json', { key: '', sig: SIG }, 'CONFIG_INVALID'],
    ['credentials.json', '{ "credentials": ', 'CONFIG_UNREADABLE'],
    ['credentials.json', { credentials: { crm: { type: 'magic' } } }, 'CONFIG_INVALID'],
    ['credentials.json', { credentials: { crm: { ...API_KEY, value: '$secret.nobody' } } }, 'CONFIG_SECRET_MISSING'],
    [
      'credentials.json',
      { credentials: { crm: { type: 'mtls', cert: 'gone.pem', key: '$secret.key' } } },
      'CREDENTIAL_CERTIFICATE',
    ],
  ])('keep the last good ones and are told once: %s %j', (file, content, code) => {
    const site = start();
    const { proofs } = live(site);
    write(file, content);
    proofs.look();
    proofs.look();
    expect(proofs.refused()).toBe(true);
    expect(site.config.secret('key')).toBe('first-key');
    expect(site.identity.credentials.get('crm')).toMatchObject({ auth: { type: 'apiKey' } });
    expect(site.identity.signers.has('account')).toBe(true);
    expect(lines.filter(({ fields }) => JSON.stringify(fields).includes(code))).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'credentials and secrets stay as they were before this change',
    });

    write('credentials.json', { credentials: { crm: API_KEY, erp: API_KEY }, signers: { account: JWT } });
    write('secrets.json', { key: 'third-key', sig: SIG });
    proofs.look();
    expect(proofs.refused()).toBe(false);
    expect(site.config.secret('key')).toBe('third-key');
    expect([...site.identity.credentials.keys()]).toEqual(['crm', 'erp']);
  });

  it('are mended by what was there before, which is told', () => {
    const { proofs } = live(start());
    write('secrets.json', '{');
    proofs.look();
    expect(proofs.refused()).toBe(true);
    write('secrets.json', { key: 'first-key', sig: SIG });
    proofs.look();
    expect(proofs.refused()).toBe(false);
    expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'credentials and secrets in the file are those in use again' });
  });

  it('are taken together when a new credential comes before the secret it names', () => {
    const site = start();
    const { proofs } = live(site);
    write('credentials.json', { credentials: { crm: { ...API_KEY, value: '$secret.fresh' } }, signers: { account: JWT } });
    proofs.look();
    expect(proofs.refused()).toBe(true);
    write('secrets.json', { key: 'first-key', sig: SIG, fresh: 'fresh-key' });
    proofs.look();
    expect(proofs.refused()).toBe(false);
    expect(site.identity.credentials.get('crm')?.auth).toMatchObject({ value: [{ secret: 'fresh' }] });
  });

  it('say that the folder of secrets is gone', () => {
    const mounted = join(temporary.folder, 'mounted');
    mkdirSync(mounted);
    write('mounted/key', 'mounted');
    const site = start({ OFFHOOK_SECRETS_DIR: mounted });
    const { proofs } = live(site);
    rmSync(mounted, { recursive: true });
    proofs.look();
    expect(proofs.refused()).toBe(true);
    expect(errors()).toContain('does not exist, or this user may not enter it');
    expect(site.config.secret('key')).toBe('mounted');
  });
});

describe('what webhooks and flows name', () => {
  it.each([
    ['its credential', { signers: { account: JWT } }, 'CREDENTIAL_UNKNOWN'],
    ['its signer', { credentials: { crm: API_KEY } }, 'SIGNER_UNKNOWN'],
  ])('a webhook cannot lose %s', (_what, content, code) => {
    write('webhooks.json', [CRM]);
    const site = start();
    const { proofs } = live(site);
    write('credentials.json', content);
    proofs.look();
    expect(proofs.refused()).toBe(true);
    expect(errors()).toContain(code);
    expect(errors()).toContain('webhook crm');
    expect(site.identity.credentials.has('crm') && site.identity.signers.has('account')).toBe(true);
  });

  it('a webhook can lose its credential as soon as it names it no more', () => {
    write('webhooks.json', [CRM]);
    const site = start();
    const { files } = whole(site);
    write('credentials.json', { signers: { account: JWT } });
    files.proofs.look();
    expect(files.proofs.refused()).toBe(true);
    write('webhooks.json', [{ name: 'crm', url: 'https://crm.example/hook' }]);
    files.webhooks.look();
    expect(files.proofs.refused()).toBe(false);
    expect(site.identity.credentials.size).toBe(0);
  });

  it('a webhook that was refused for want of a credential is taken when it comes', () => {
    write('webhooks.json', [CRM]);
    const site = start();
    const { files, renewals } = whole(site);
    write('webhooks.json', [CRM, { ...CRM, name: 'fresh', auth: { type: 'credential', name: 'fresh' } }]);
    files.webhooks.look();
    expect(files.webhooks.refused()).toBe(true);
    write('credentials.json', { credentials: { crm: API_KEY, fresh: API_KEY }, signers: { account: JWT } });
    files.proofs.look();
    expect(files.webhooks.all().map(({ name }) => name)).toEqual(['crm', 'fresh']);
    expect(renewals()).toBe(1);
  });

  // docs/behaviour.md#report-switch
  it('the default webhook that goes with the last flow still takes the reports of calls that live', () => {
    write('webhooks.json', [{ ...CRM, default: true }]);
    write('flows/shop.json', { ...flow('crm'), webhook: true });
    const site = start();
    const { files, flows } = whole(site);
    write('webhooks.json', []);
    files.webhooks.look();
    expect(files.webhooks.refused()).toBe(true);
    rmSync(join(temporary.folder, 'flows/shop.json'));
    flows.look();
    expect(files.webhooks.all()).toEqual([]);
    expect(files.webhooks.reportsTo()?.name).toBe('crm');
    write('webhooks.json', [{ ...CRM, name: 'other', default: true }]);
    files.webhooks.look();
    expect(files.webhooks.reportsTo()?.name).toBe('other');
  });

  it('what a flow loses is told, once, as the start would', () => {
    write('flows/shop.json', flow('crm'));
    const site = start();
    const { files } = whole(site);
    write('credentials.json', { signers: { account: JWT } });
    files.proofs.look();
    expect(files.proofs.refused()).toBe(false);
    const told = (): object[] => lines.filter(({ fields }) => JSON.stringify(fields).includes("there is no credential 'crm'"));
    expect(told()).toMatchObject([{ level: 'warn', fields: { problem: { file: 'flows/shop.json' } } }]);
    write('secrets.json', { key: 'second-key', sig: SIG });
    files.proofs.look();
    expect(told()).toHaveLength(1);
  });

  it('a flow that is broken anyway keeps no secret from being replaced', () => {
    write('flows/shop.json', flow('crm'));
    const site = start();
    const { files, flows } = whole(site);
    write('flows/shop.json', '{');
    flows.look();
    write('secrets.json', { key: 'second-key', sig: SIG });
    files.proofs.look();
    expect(site.config.secret('key')).toBe('second-key');
  });
});

describe('certificates', () => {
  // docs/behaviour.md#credentials
  it('are read again when their files change, though credentials.json does not', () => {
    mkdirSync(join(temporary.folder, 'tls'));
    write('tls/ivr.pem', CLIENT_CERT);
    write('tls/ivr.key', CLIENT_KEY);
    write('credentials.json', { credentials: { bank: { type: 'mtls', cert: 'tls/ivr.pem', key: 'tls/ivr.key' } } });
    const site = start();
    const { proofs } = live(site);
    const id = (): string | undefined => site.identity.credentials.get('bank')?.certificate?.id;
    const before = id();
    // A renewed certificate comes with its key, in two writes.
    write('tls/ivr.key', 'half a key');
    proofs.look();
    expect(proofs.refused()).toBe(true);
    expect(id()).toBe(before);
    write('tls/ivr.key', `${CLIENT_KEY}\n`);
    proofs.look();
    expect(proofs.refused()).toBe(false);
    expect(id()).not.toBe(before);
  });
});

describe('following', () => {
  it('that meets a fault says so, keeps what it has and looks again', () => {
    let fault: Error | null = null;
    const followed = follow<number>({
      file: 'numbers.json',
      what: 'the numbers',
      first: 1,
      folders: [],
      stamp: () => 'changed',
      judge(now) {
        if (fault !== null) throw fault;
        return { value: now + 1, problems: [] };
      },
      same: (one, other) => one === other,
      changed: () => undefined,
      log,
    });
    expect(followed.now()).toBe(2);
    fault = new Error('gone while it was read');
    followed.look();
    expect(followed.now()).toBe(2);
    followed.close();
  });
});
