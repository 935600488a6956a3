import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/site/config/config.js';
import { loadFlows } from '../../../../src/site/flows/flows.js';
import { systemClock } from '../../../../src/lib/clock.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { switchFlowWebhook } from '../../../../src/site/flows/report-switch.js';
import { followWebhooks, type LiveWebhooks } from '../../../../src/site/webhooks/follow.js';
import { readSite, type Site } from '../../../../src/site/site.js';
import { webhookReader } from '../../../../src/site/webhooks/reader.js';
import { NO_IDENTITY } from '../../../../src/webhooks/auth/identity.js';
import { WebhookAdmin } from '../../../../src/site/webhooks/admin.js';
import { temporaryFolder } from '../../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
let admin: WebhookAdmin;
let live: LiveWebhooks | null = null;
const at = (name: string): string => join(temporary.folder, name);
const write = (name: string, content: unknown): void =>
  writeFileSync(at(name), typeof content === 'string' ? content : JSON.stringify(content));
const file = (): string => readFileSync(at('webhooks.json'), 'utf8');
const stored = (): unknown => JSON.parse(file());
const flow = (webhook: boolean) => ({ id: 'f', name: 'f', webhook, start: 'bye', widgets: { bye: { type: 'hangup' } } });
const source = () => ({ dir: temporary.folder, env: { OFFHOOK_SECRET_CRM: 'sesame' } });
const site = () => {
  const { site: read, problems } = readSite(source());
  if (read === null) throw new Error(JSON.stringify(problems));
  return read;
};

beforeEach(() => {
  temporary = temporaryFolder();
  mkdirSync(at('flows'));
  write('offhook.json', {});
  const { config } = readConfig(source());
  if (config === null) throw new Error('no configuration');
  admin = new WebhookAdmin({ config, read: webhookReader(config, NO_IDENTITY), clock: systemClock });
});
afterEach(() => {
  live?.close();
  live = null;
  temporary.remove();
});

const crm = { name: 'crm', url: 'https://crm.example/report', default: true };
const erp = { name: 'erp', url: 'https://erp.example/report' };

// docs/behaviour.md#default-webhook, #function-services
describe('configured webhooks', () => {
  it('are added to a file of their own, for this user alone', async () => {
    expect(admin.list()).toEqual({ ok: true, value: [] });
    const added = await admin.add({ ...crm, auth: { type: 'basic', username: 'ivr', password: '$secret.CRM' } });
    expect(added).toMatchObject({ ok: true, value: { name: 'crm', warnings: [] } });
    expect(stored()).toEqual([{ ...crm, auth: { type: 'basic', username: 'ivr', password: '$secret.CRM' } }]);
    expect(statSync(at('webhooks.json')).mode & 0o777).toBe(0o600);
  });

  it('exactly one is the default: making one so takes the mark from the other in the same write', async () => {
    await admin.add(crm);
    await admin.add({ ...erp, default: true });
    expect(stored()).toEqual([
      { ...crm, default: false },
      { ...erp, default: true },
    ]);
    await admin.change('crm', { default: true }, null);
    expect(stored()).toEqual([crm, { ...erp, default: false }]);
  });

  // docs/behaviour.md#report-switch
  it('the default cannot go while flows report, and the refusal names them', async () => {
    await admin.add(crm);
    await admin.add(erp);
    write('flows/f.json', flow(true));
    const before = file();
    for (const refused of [await admin.remove('crm', null), await admin.change('crm', { default: false }, null)]) {
      expect(refused).toMatchObject({ ok: false, error: { code: 'WEBHOOK_DEFAULT_NEEDED' } });
      expect(refused.ok ? '' : refused.error.message).toContain(': f.');
    }
    expect(file()).toBe(before);
    expect((await admin.change('erp', { default: true }, null)).ok).toBe(true);
    expect((await admin.remove('crm', null)).ok).toBe(true);
  });

  it('a service cannot go, nor answer functions no more, while flows call them', async () => {
    await admin.add({ ...erp, kind: 'functions' });
    const ask = { type: 'function', service: 'erp', function: 'score', exits: { success: null, failed: null } };
    write('flows/f.json', { ...flow(false), widgets: { ask } });
    const before = file();
    for (const refused of [await admin.remove('erp', null), await admin.change('erp', { kind: 'report' }, null)]) {
      expect(refused).toMatchObject({ ok: false, error: { code: 'WEBHOOK_SERVICE_NEEDED' } });
      expect(refused.ok ? '' : refused.error.message).toContain('functions of erp, and there would be none: f.');
    }
    expect(file()).toBe(before);
    write('flows/f.json', flow(false));
    expect((await admin.remove('erp', null)).ok).toBe(true);
  });

  it('what flows lack already stands in the way of no other change', async () => {
    write('flows/f.json', flow(true));
    expect((await admin.add(erp)).ok).toBe(true);
  });

  it('a file that has a name twice is not changed: one of the two would silently be lost', async () => {
    const text = '[{"name": "crm", "url": "https://a.example/",\n "url": "https://b.example/"}]';
    write('webhooks.json', text);
    expect(await admin.add(erp)).toMatchObject({ error: { code: 'CONFIG_UNREADABLE' } });
    expect(admin.list()).toMatchObject({ error: { message: 'webhooks.json has $[0].url twice, the second time in line 2.' } });
    expect(file()).toBe(text);
  });

  it('are refused by the checks of the start, place by place', async () => {
    const refusals = [
      await admin.add({ ...crm, url: 'http://169.254.169.254/' }),
      await admin.add({ ...crm, auth: { type: 'bearer', token: '$secret.NOWHERE' } }),
      await admin.add({ ...crm, colour: 'red' }),
      await admin.add({ ...crm, name: 'a b' }),
      await admin.add({ ...crm, url: 'https://user:pass@crm.example/' }),
    ];
    const codes = refusals.map((refused) =>
      refused.ok ? 'taken' : refused.error.problems.map(({ code, path }) => `${code} ${path}`),
    );
    expect(codes).toEqual([
      ['WEBHOOK_URL_REFUSED $[0].url'],
      ['CONFIG_SECRET_MISSING $[0].auth.token'],
      ['CONFIG_UNKNOWN_KEY $[0].colour'],
      ['CONFIG_INVALID $[0].name'],
      ['WEBHOOK_URL_REFUSED $[0].url'],
    ]);
    await admin.add(crm);
    expect(await admin.add(crm)).toMatchObject({ error: { code: 'WEBHOOK_NAME_TAKEN' } });
    expect(await admin.change('crm', { name: 'other' }, null)).toMatchObject({ error: { code: 'WEBHOOK_INVALID' } });
    expect(await admin.change('nobody', {}, null)).toMatchObject({ error: { code: 'WEBHOOK_UNKNOWN' } });
  });

  it('show secrets by name, those in the file as ***, and *** sent back changes nothing', async () => {
    const added = await admin.add({ ...crm, auth: { type: 'basic', username: 'ivr', password: 'open sesame' } });
    expect(added).toMatchObject({ value: { warnings: [{ code: 'WEBHOOK_PLAIN_PASSWORD' }] } });
    const found = admin.find('crm');
    expect(JSON.stringify([added, found])).not.toContain('sesame');
    const auth = found.ok ? found.value.webhook['auth'] : null;
    expect(auth).toEqual({ type: 'basic', username: 'ivr', password: '***' });
    await admin.change('crm', { auth, format: 'native' }, null);
    expect(stored()).toMatchObject([{ format: 'native', auth: { password: 'open sesame' } }]);
    const bearer = await admin.change('crm', { auth: { type: 'bearer', token: '***' } }, null);
    expect(bearer).toMatchObject({ error: { code: 'WEBHOOK_INVALID' } });
  });

  it('lose no update: who changes what he has not seen is refused', async () => {
    await admin.add(crm);
    const seen = admin.find('crm');
    if (!seen.ok) throw new Error('not found');
    expect((await admin.change('crm', { format: 'native' }, seen.value.version)).ok).toBe(true);
    expect(await admin.change('crm', { format: 'phonon' }, seen.value.version)).toMatchObject({
      error: { code: 'WEBHOOK_VERSION' },
    });
    expect(await admin.remove('crm', seen.value.version)).toMatchObject({ error: { code: 'WEBHOOK_VERSION' } });
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => admin.add({ ...erp, name })));
    expect((stored() as { name: string }[]).map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'crm', 'd']);
  });

  it('leave the formatting of the rest of the file alone', async () => {
    write('webhooks.json', `[\n    { "name": "crm",   "url": "https://crm.example/report" },\n    ${JSON.stringify(erp)}\n]\n`);
    await admin.change('erp', { format: 'native' }, null);
    expect(file()).toContain('{ "name": "crm",   "url": "https://crm.example/report" },\n');
    await admin.remove('erp', null);
    expect(stored()).toEqual([{ name: 'crm', url: 'https://crm.example/report' }]);
  });

  it('cannot be read from a file that is none, which is left alone', async () => {
    write('webhooks.json', '[{ oops');
    expect(admin.list()).toMatchObject({ error: { code: 'CONFIG_UNREADABLE' } });
    expect(await admin.add(crm)).toMatchObject({ error: { code: 'CONFIG_UNREADABLE' } });
    expect(file()).toBe('[{ oops');
    write('webhooks.json', { name: 'crm' });
    expect(admin.list()).toMatchObject({ error: { code: 'CONFIG_UNREADABLE' } });
  });
});

describe('a running process', () => {
  it('follows the file; a broken one keeps the last good webhooks', async () => {
    write('webhooks.json', [crm]);
    live = followWebhooks(site(), silentLogger);
    const names = (): string[] => (live?.all() ?? []).map(({ name }) => name);
    let changes = 0;
    live.onChange(() => changes++);
    await admin.add(erp);
    live.look();
    expect(names()).toEqual(['crm', 'erp']);
    write('webhooks.json', '[');
    live.look();
    expect(names()).toEqual(['crm', 'erp']);
    write('webhooks.json', [{ ...crm, url: 'ftp://crm.example' }]);
    live.look();
    expect(names()).toEqual(['crm', 'erp']);
    write('webhooks.json', [erp]);
    live.look();
    expect(names()).toEqual(['erp']);
    expect(changes).toBe(2);
  });

  it('keeps the default that flows report to, even when the file has lost it', () => {
    write('webhooks.json', [crm]);
    write('flows/f.json', flow(true));
    live = followWebhooks(site(), silentLogger);
    write('webhooks.json', [erp]);
    live.look();
    expect(live.all().map(({ name }) => name)).toEqual(['crm']);
  });
});

it('puts new fields where the documentation has them, whatever order they were given in', async () => {
  write(
    'webhooks.json',
    '[\n  {\n    "name": "crm",\n    "url": "https://crm.example/report",\n    "format": "native"\n  }\n]\n',
  );
  await admin.change('crm', { eventFormat: 'envelope', events: ['started'], sign: null, default: true, method: 'POST' }, null);
  expect(Object.keys((stored() as object[])[0] ?? {})).toEqual([
    'name',
    'url',
    'method',
    'default',
    'format',
    'events',
    'eventFormat',
  ]);
  expect(file()).toContain(
    '"url": "https://crm.example/report",\n    "method": "POST",\n    "default": true,\n    "format": "native",',
  );
});

describe('the report of a flow', () => {
  const text = '{\n    "id": "f", "name": "f",\n    "start": "bye",\n    "widgets": { "bye": { "type": "hangup" } }\n}\n';
  const change = (enabled: boolean, id = 'f') => {
    return changeIn(site(), enabled, id);
  };
  const changeIn = ({ config, check }: Site, enabled: boolean, id: string) => {
    const broken = () => loadFlows(config.flowsDir, check).broken;
    return switchFlowWebhook({ config, check, broken, clock: systemClock }, id, enabled);
  };

  it('is switched on and off in the flow’s file, whose formatting stays', async () => {
    write('webhooks.json', [crm]);
    write('flows/any-name.json', text);
    expect(await change(true)).toEqual({ ok: true, value: { id: 'f', webhook: true } });
    const on = readFileSync(at('flows/any-name.json'), 'utf8');
    expect(on).toContain('"webhook": true,\n    "start": "bye",\n    "widgets": { "bye": { "type": "hangup" } }\n}\n');
    expect(JSON.parse(on)).toMatchObject({ webhook: true });
    await change(false);
    expect(JSON.parse(readFileSync(at('flows/any-name.json'), 'utf8'))).toMatchObject({ webhook: false });
  });

  it('cannot be switched on without a default webhook', async () => {
    write('flows/f.json', text);
    expect(await change(true)).toMatchObject({ ok: false, error: { code: 'FLOW_NO_DEFAULT_WEBHOOK' } });
    expect(readFileSync(at('flows/f.json'), 'utf8')).toBe(text);
    expect(await change(true, 'nobody')).toMatchObject({ ok: false, error: { code: 'API_NOT_FOUND' } });
  });

  it('is not switched in a file that is no JSON any more, which is said to be there', async () => {
    write('webhooks.json', [crm]);
    write('flows/f.json', text);
    const read = site();
    write('flows/f.json', text.replace('"start"', '// "start"'));
    const message =
      'The flow “f” is not fit to run: flows/f.json $: is not JSON: mistake in line 3, column 5: JSON has no comments.';
    expect(await changeIn(read, true, 'f')).toMatchObject({ ok: false, error: { code: 'FLOW_BROKEN', message } });
  });
});
