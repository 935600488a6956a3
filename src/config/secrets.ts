import { statSync } from 'node:fs';
import { z } from 'zod';
import { problem, type Problem } from '../lib/problem.js';
import { readJsonFile } from './json-file.js';
import { problemsOf } from './problems.js';

const secretsSchema = z.record(
  z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name has letters, digits, _ and -'),
  z.string().min(1, 'a secret is a text that is not empty'),
);

/** Gives a secret by name; undefined when there is none (decision D9). */
export type SecretReader = (name: string) => string | undefined;

/** `shop-key` → `OFFHOOK_SECRET_SHOP_KEY`. */
export function secretVariable(name: string): string {
  return `OFFHOOK_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/** Reads `secrets.json` (may be missing) and the environment, which comes first. Values never appear in a problem. */
export function readSecrets(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly read: SecretReader; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  let fromFile = new Map<string, string>();
  const document = readJsonFile(file);
  if (document.ok) {
    if ((statSync(file).mode & 0o004) !== 0) {
      const message = 'everybody on this machine can read this file';
      problems.push(problem('CONFIG_SECRETS_EXPOSED', { file: 'secrets.json', path: '$', message }, { severity: 'warning' }));
    }
    const parsed = secretsSchema.safeParse(document.value);
    if (parsed.success) fromFile = new Map(Object.entries(parsed.data));
    else problems.push(...problemsOf(parsed.error, { file: 'secrets.json', schema: secretsSchema }));
  } else if (document.error.kind !== 'missing') {
    problems.push(problem('CONFIG_UNREADABLE', { file: 'secrets.json', path: '$', message: document.error.message }));
  }
  const read: SecretReader = (name) => env[secretVariable(name)] ?? fromFile.get(name);
  return { read, problems };
}
