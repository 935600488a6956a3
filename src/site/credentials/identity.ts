import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import type { Config } from '../config/config.js';
import { readTextFile } from '../files/json-file.js';
import { systemClock } from '../../lib/clock.js';
import { problem, type Problem } from '../../lib/problem.js';
import { err, type Result } from '../../lib/result.js';
import { readCredentials } from '../../webhooks/auth/credentials-file.js';
import type { Guard } from '../../http/guard.js';
import type { Identity } from '../../webhooks/auth/identity.js';

/** Name of the file below the configuration folder. */
export const CREDENTIALS_FILE = 'credentials.json';

/** Certificates and keys are a few kilobytes. */
const MAX_PEM_BYTES = 1_048_576;

/** What {@link readIdentity} found. */
export interface ReadIdentity {
  readonly identity: Identity;
  /** The files of certificates and keys, as credentials.json names them. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

/** What an identity is read from. */
export type IdentitySource = Pick<Config, 'dir' | 'credentialsDocument' | 'secret' | 'webhooks'>;

/** Reads who the site is: credentials and signers, the files they name, and the signer of those who name none. */
export function readIdentity(config: IdentitySource, guard: Guard): ReadIdentity {
  const files: string[] = [];
  const { credentials, signers, problems } = readCredentials(config.credentialsDocument, {
    file: CREDENTIALS_FILE,
    guard,
    secrets: config.secret,
    readFile(path) {
      files.push(path);
      return readBelow(config.dir, path);
    },
    now: systemClock.now(),
  });
  const { sign } = config.webhooks;
  // When the signers could not be read, that is said once.
  const known = sign === null || signers.has(sign) || problems.some(({ severity }) => severity === 'error');
  const message = `There is no signer ${sign ?? ''}.`;
  const unknown = known ? [] : [problem('SIGNER_UNKNOWN', { file: 'offhook.json', path: '$.webhooks.sign', message })];
  return { identity: { credentials, signers, defaultSigner: sign }, files, problems: [...problems, ...unknown] };
}

/** Who the site is, for all who hold it: the same object whatever it is replaced by. */
export class SiteIdentity implements Identity {
  #now: Identity;

  constructor(identity: Identity) {
    this.#now = identity;
  }

  get credentials(): Identity['credentials'] {
    return this.#now.credentials;
  }

  get signers(): Identity['signers'] {
    return this.#now.signers;
  }

  get defaultSigner(): Identity['defaultSigner'] {
    return this.#now.defaultSigner;
  }

  /** Replaces all at once. */
  use(identity: Identity): void {
    this.#now = identity;
  }
}

/** The text of a file below a folder, wherever links lead. The error is a sentence part. */
function readBelow(folder: string, path: string): Result<string, string> {
  try {
    const file = realpathSync(join(folder, path));
    const inside = relative(realpathSync(folder), file);
    if (isAbsolute(path) || isAbsolute(inside) || inside.startsWith('..')) return err('it is not below the configuration folder');
    const found = statSync(file);
    if (!found.isFile() || found.size > MAX_PEM_BYTES) return err('it is no file of a reasonable size');
    const text = readTextFile(file);
    return text.ok ? text : err(text.error.message);
  } catch {
    return err('the file does not exist, or this user may not read it');
  }
}
