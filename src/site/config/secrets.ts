import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { problem, type Problem } from '../../lib/problem.js';
import { secretVariable } from '../../lib/secret-variable.js';
import { readJsonFile, readTextFile } from '../files/json-file.js';
import { problemsOf } from './problems.js';
import { stampOf } from '../files/stamp.js';
import type { SecretReader } from '../../webhooks/ports.js';

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

const secretsSchema = z.record(
  z.string().regex(NAME, 'a name has letters, digits, _ and -'),
  z.string().min(1, 'a secret is a text that is not empty'),
);

/** Names the folder of secrets: one file each, as Docker and Kubernetes mount them. */
export const SECRETS_DIR_VARIABLE = 'OFFHOOK_SECRETS_DIR';

/** Certificates with their chains are the largest, bytes. */
const MAX_SECRET_BYTES = 65_536;

type Environment = Readonly<Record<string, string | undefined>>;

/** The secrets as they were at one moment. */
export interface ReadSecrets {
  readonly read: SecretReader;
  /** Names of those that come from files, which can change; the environment cannot. */
  readonly names: readonly string[];
  /** Values never appear in them. */
  readonly problems: readonly Problem[];
}

/**
 * The secrets of a site: from the environment, from the folder that `OFFHOOK_SECRETS_DIR` names, and from `secrets.json`, the first that
 * has it. Read at once; what the files say later counts once somebody has found it good ({@link use}).
 */
export class Secrets {
  readonly #file: string;
  readonly #folder: string | null;
  readonly #env: Environment;
  #now: ReadSecrets;

  /** @param file `secrets.json`, which may be missing */
  constructor(file: string, env: Environment) {
    const folder = env[SECRETS_DIR_VARIABLE];
    this.#file = file;
    this.#env = env;
    this.#folder = folder === undefined || folder === '' ? null : resolve(folder);
    this.#now = this.fromFiles();
  }

  /** Those in use. */
  get now(): ReadSecrets {
    return this.#now;
  }

  /** One of those in use at the moment of asking. */
  readonly read: SecretReader = (name) => this.#now.read(name);

  /** Replaces all at once. */
  use(secrets: ReadSecrets): void {
    this.#now = secrets;
  }

  /** What the files say, in use or not. */
  fromFiles(): ReadSecrets {
    const file = readSecretsFile(this.#file);
    const folder = this.#folder === null ? NONE : readSecretsFolder(this.#folder);
    const all = new Map([...file.secrets, ...folder.secrets]);
    return {
      read: (name) => this.#env[secretVariable(name)] ?? all.get(name),
      names: [...all.keys()],
      problems: [...file.problems, ...folder.problems],
    };
  }

  /** Where they can change. */
  get folders(): readonly string[] {
    return [dirname(this.#file), ...(this.#folder === null ? [] : [this.#folder])];
  }

  /** Another one when a file they come from is another. */
  stamp(): string {
    const folder = this.#folder;
    const files = folder === null ? [] : namesIn(folder).map((name) => `${name}=${stampOf(join(folder, name))}`);
    return [stampOf(this.#file), ...files].join('|');
  }
}

/** What one place gave. */
interface Place {
  readonly secrets: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

const NONE: Place = { secrets: new Map(), problems: [] };

function readSecretsFile(path: string): Place {
  const file = 'secrets.json';
  const document = readJsonFile(path);
  if (!document.ok) {
    if (document.error.kind === 'missing') return NONE;
    return { ...NONE, problems: [problem('CONFIG_UNREADABLE', { file, path: '$', message: document.error.message })] };
  }
  const message = 'everybody on this machine can read this file';
  const exposed = ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o004) !== 0;
  const warnings = exposed ? [problem('CONFIG_SECRETS_EXPOSED', { file, path: '$', message }, { severity: 'warning' })] : [];
  const parsed = secretsSchema.safeParse(document.value);
  if (parsed.success) return { secrets: new Map(Object.entries(parsed.data)), problems: warnings };
  return { ...NONE, problems: [...warnings, ...problemsOf(parsed.error, { file, schema: secretsSchema })] };
}

/** One file is one secret, without the line break that editors put at its end. Of use are those whose names can be written. */
function readSecretsFolder(folder: string): Place {
  const at = { file: 'environment', path: SECRETS_DIR_VARIABLE };
  if (statOf(folder)?.isDirectory() !== true) {
    const message = `the folder of secrets ${folder} does not exist, or this user may not enter it`;
    return { ...NONE, problems: [problem('CONFIG_UNREADABLE', { ...at, message }, { advice: FOLDER_ADVICE })] };
  }
  const secrets = new Map<string, string>();
  const problems: Problem[] = [];
  for (const name of namesIn(folder)) {
    const read = readSecret(join(folder, name));
    if (read.secret !== null) secrets.set(name, read.secret);
    else {
      const message = `the secret ${name} in ${folder} is left out: ${read.why}`;
      problems.push(problem('CONFIG_UNREADABLE', { ...at, message }, { severity: 'warning', advice: FILE_ADVICE }));
    }
  }
  return { secrets, problems };
}

const FOLDER_ADVICE = `Mount the folder, or correct ${SECRETS_DIR_VARIABLE}; without it secrets come from the environment and secrets.json.`;
const FILE_ADVICE = 'Write the secret into the file as text, and let this user read it.';

function readSecret(path: string): { readonly secret: string } | { readonly secret: null; readonly why: string } {
  const size = statOf(path)?.size ?? 0;
  if (size > MAX_SECRET_BYTES) return { secret: null, why: `it is larger than ${MAX_SECRET_BYTES} bytes` };
  const text = readTextFile(path);
  if (!text.ok) return { secret: null, why: text.error.message };
  const secret = text.value.replace(/\r?\n$/, '');
  return secret === '' ? { secret: null, why: 'it is empty' } : { secret };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => NAME.test(name) && statOf(join(folder, name))?.isFile() === true)
      .sort();
  } catch {
    return [];
  }
}

/** Null for what is not there or not ours to see. */
function statOf(path: string): ReturnType<typeof statSync> | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
