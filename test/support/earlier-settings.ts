import { chmodSync, cpSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSite } from '../../src/site/site.js';
import { temporaryFolder } from './stores.js';

/* Configuration folders of earlier versions that use every setting, see `test/earlier-settings/README.md`. */

const FOLDERS = fileURLToPath(new URL('../earlier-settings', import.meta.url));

/** The folders, by the version that they were written for. */
export const EARLIER_SETTINGS: ReadonlyMap<string, string> = new Map(
  readdirSync(FOLDERS)
    .map((version) => [version, join(FOLDERS, version)] as const)
    .filter(([, folder]) => statSync(folder).isDirectory()),
);

/** What is read of the folder, as JSON: paths are below `<site>`, certificates are only there or not, problems have no words. */
export function loadEarlierSettings(from: string): unknown {
  const temporary = temporaryFolder();
  const { folder } = temporary;
  try {
    cpSync(from, folder, { recursive: true });
    chmodSync(join(folder, 'secrets.json'), 0o600);
    const env = {
      OFFHOOK_SECRETS_DIR: join(folder, 'secrets'),
      OFFHOOK_SECRET_SHOP: 'from-the-environment',
      OFFHOOK_DRAIN_SECONDS: '45',
      OFFHOOK_MEDIA_CODECS: 'PCMA,PCMU',
    };
    const { site, problems } = readSite({ dir: folder, env, base: '/nowhere' });
    if (site === null) throw new Error(JSON.stringify(problems, null, 1));
    const { secret, secrets, ...config } = site.config;
    const loaded = {
      problems: problems.map(({ code, severity, file, path }) => ({ code, severity, file, path })),
      config,
      secrets: [...secrets.now.names].sort().map((name) => [name, secret(name)]),
      fromTheEnvironment: secret('shop'),
      webhooks: site.webhooks,
      flows: [...site.flows.values()]
        .map(({ id, version, document }) => ({ id, version, document }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      credentials: [...site.identity.credentials].map(([name, { auth, certificate }]) => [name, auth, certificate !== null]),
      signers: [...site.identity.signers],
    };
    return JSON.parse(JSON.stringify(loaded).replaceAll(folder, '<site>'));
  } finally {
    temporary.remove();
  }
}
