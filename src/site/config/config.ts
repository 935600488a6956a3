import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { checkSettings } from './checks.js';
import { dataPlace } from './data-place.js';
import { advertisedAddress, furtherPlaces, type FurtherPlace } from './media-places.js';
import { readVariable, SETTINGS } from './environment.js';
import { readJsonFile } from '../files/json-file.js';
import { problemsOf } from './problems.js';
import { configSchema, type Settings } from './schema.js';
import { Secrets, SECRETS_DIR_VARIABLE, type ReadSecrets } from './secrets.js';
import type { SecretReader } from '../../webhooks/ports.js';
import { closestMatch } from '../../lib/closest-match.js';
import { problem, type Problem } from '../../lib/problem.js';
import { err, ok, type Result } from '../../lib/result.js';
import { secretAdvice } from '../../lib/secret-variable.js';

export { configSchema } from './schema.js';
export { SETTINGS, type Setting } from './environment.js';
export { problemsOf } from './problems.js';
export type { ReadSecrets } from './secrets.js';

type DeepReadonly<T> = T extends readonly (infer I)[]
  ? readonly DeepReadonly<I>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/**
 * The whole configuration of a process: `offhook.json` with its defaults, every value checked, secrets in their places, paths absolute, frozen.
 * Its fields are those of the schema (docs/reference/configuration.md). It is read once at the start; flows, webhooks and credentials are files
 * of their own, which are followed. Pass a room the part that it needs, not the whole.
 *
 * @example
 * function admissionLimits({ limits }: Pick<Config, 'limits'>): AdmissionLimits {
 *   return { maxCalls: limits.calls, maxCallsPerSecond: limits.callsPerSecond };
 * }
 */
export type Config = DeepReadonly<Omit<Settings, '$schema'>> & {
  /** The configuration folder, absolute. */
  readonly dir: string;
  /** `flows/` and `prompts/` below it. */
  readonly flowsDir: string;
  readonly promptsDir: string;
  readonly media: {
    /** Address written into SDP: the configured one, or the one found. */
    readonly advertisedAddress: string;
    /** Where audio over IPv6 is taken beside IPv4. */
    readonly further: readonly FurtherPlace[];
  };
  /** `$secret.NAME` as it is when asked: the environment, the folder of secrets, `secrets.json`. */
  readonly secret: SecretReader;
  /** Where these come from; their files can be read again. */
  readonly secrets: Secrets;
  /** Names of the secrets in `offhook.json`, which have their values from the start on. */
  readonly settingSecrets: readonly string[];
  /** Content of `webhooks.json`, unchecked; null when there is no such file. */
  readonly webhooksDocument: unknown;
  /** Content of `credentials.json`, unchecked; null when there is no such file. */
  readonly credentialsDocument: unknown;
  /** What is accepted but deserves a look. */
  readonly warnings: readonly Problem[];
};

type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigSource {
  /** Folder with `offhook.json`, `flows/`, `prompts/`, and perhaps `webhooks.json`, `credentials.json` and `secrets.json`. */
  readonly dir: string;
  /** The process's own when absent. */
  readonly env?: Environment;
  /** Where older versions looked for a relative `data.dir`; the working directory when absent. */
  readonly base?: string;
}

const FILE = 'offhook.json';

/** Variables that are no settings: the folder itself is named by `OFFHOOK_CONFIG`. */
const OTHER_VARIABLES = new Set(['OFFHOOK_CONFIG', SECRETS_DIR_VARIABLE]);

/** The configuration folder named by the environment (`OFFHOOK_CONFIG`), else `config`. */
export function defaultConfigDir(env: Environment = process.env): string {
  return env['OFFHOOK_CONFIG'] ?? 'config';
}

/** The secrets alone, for what works without a whole configuration. */
export function siteSecrets({ dir, env = process.env }: Pick<ConfigSource, 'dir' | 'env'>): ReadSecrets {
  return new Secrets(join(dir, 'secrets.json'), env).now;
}

/** What {@link readConfig} found. */
export interface ReadConfig {
  /** Everything found, errors and warnings. With an error among them the configuration is not fit to run with. */
  readonly problems: readonly Problem[];
  /** Settings that were refused have their defaults, so that the rest of the folder can be checked; null when nothing could be read. */
  readonly config: Config | null;
}

/** Reads files and environment into one configuration. All problems are found at once. */
export function readConfig({ dir, env = process.env, base = process.cwd() }: ConfigSource): ReadConfig {
  const problems: Problem[] = [];
  const secrets = new Secrets(resolve(dir, 'secrets.json'), env);
  problems.push(...secrets.now.problems);
  const webhooksDocument = readOptional(dir, 'webhooks.json', problems);
  const credentialsDocument = readOptional(dir, 'credentials.json', problems);

  const settings = readSettings(dir, env, problems);
  if (settings === null) return { problems, config: null };
  const named = new Set<string>();
  const reading: SecretReader = (name) => {
    named.add(name);
    return secrets.read(name);
  };
  const filled = putSecretsIn(settings, reading, problems);
  problems.push(...checkSettings(filled));
  const data = dataPlace(filled, { dir: resolve(dir), base: resolve(base) });
  problems.push(...data.problems);
  const around = {
    dir: resolve(dir),
    data: { dir: data.dir },
    secret: secrets.read,
    secrets,
    settingSecrets: [...named],
    webhooksDocument,
    credentialsDocument,
  };
  return { problems, config: finish(filled, { ...around, warnings: problems.filter(({ severity }) => severity === 'warning') }) };
}

/** As {@link readConfig}, for those who cannot do with half of it: with an error there is no configuration. */
export function loadConfig(source: ConfigSource): Result<Config, readonly Problem[]> {
  const { problems, config } = readConfig(source);
  return config === null || problems.some(({ severity }) => severity === 'error') ? err(problems) : ok(config);
}

function readOptional(dir: string, file: string, problems: Problem[]): unknown {
  const document = readJsonFile(join(dir, file));
  if (document.ok) return document.value;
  if (document.error.kind !== 'missing') {
    problems.push(problem('CONFIG_UNREADABLE', { file, path: '$', message: document.error.message }));
  }
  return null;
}

/** Settings that are refused become problems and have their defaults. Null when there are none to go on with. */
function readSettings(dir: string, env: Environment, problems: Problem[]): Settings | null {
  const document = readJsonFile(join(dir, FILE));
  if (!document.ok) {
    const { kind, message } = document.error;
    const at = { file: FILE, path: '$' };
    problems.push(problem('CONFIG_UNREADABLE', { ...at, message: kind === 'missing' ? `${message} in ${dir}` : message }));
    return null;
  }
  const overridden = override(document.value, env, problems);
  const parsed = configSchema.safeParse(overridden.document);
  if (parsed.success) return parsed.data;
  problems.push(...problemsOf(parsed.error, { file: FILE, schema: configSchema, variable: overridden.variable }));
  for (const { path, ...issue } of parsed.error.issues) {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    for (const refused of keys) remove(overridden.document, refused);
  }
  return configSchema.safeParse(overridden.document).data ?? null;
}

/** Removes the value at a path; of a list the whole, so that the places of others stay what they are. */
function remove(target: unknown, [key, ...rest]: readonly PropertyKey[]): void {
  if (!isObject(target) || typeof key !== 'string') return;
  if (rest.length === 0 || Array.isArray(target[key])) Reflect.deleteProperty(target, key);
  else remove(target[key], rest);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lays the variables of the environment over the document; unknown ones are warned about. */
function override(document: unknown, env: Environment, problems: Problem[]) {
  const used = new Map<string, string>();
  const result: unknown = structuredClone(document);
  if (isObject(result)) {
    for (const setting of SETTINGS) {
      const text = env[setting.variable];
      if (text === undefined) continue;
      place(result, setting.path, readVariable(setting, text));
      used.set(setting.path.join('.'), setting.variable);
    }
  }
  const known = SETTINGS.map((setting) => setting.variable);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('OFFHOOK_') || name.startsWith('OFFHOOK_SECRET_') || OTHER_VARIABLES.has(name) || known.includes(name))
      continue;
    const meant = closestMatch(name, known);
    const at = { file: 'environment', path: name, message: `${name} is not a setting` };
    problems.push(problem('CONFIG_UNKNOWN_KEY', at, { severity: 'warning', ...(meant && { advice: `Did you mean ${meant}?` }) }));
  }
  const variable = (path: readonly PropertyKey[]): string | null => {
    const steps = path.map(String);
    const lengths = steps.map((_, i) => steps.length - i);
    return lengths.map((length) => used.get(steps.slice(0, length).join('.'))).find((name) => name !== undefined) ?? null;
  };
  return { document: result, variable };
}

/** Puts a value at a path, making the objects on the way. What is there and is no object stays, for the schema to refuse. */
function place(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key] ?? (target[key] = {});
  if (isObject(inner)) place(inner, rest, value);
}

const SECRET = /^\$secret\.([A-Za-z0-9_-]+)$/;
const SECRETS_IN = /\$secret\.[A-Za-z0-9_-]+/g;

/** Replaces `$secret.NAME` where the configuration allows it. */
function putSecretsIn(settings: Settings, read: SecretReader, problems: Problem[]): Settings {
  const fill = (text: string, path: string): string => {
    const name = SECRET.exec(text)?.[1];
    if (name === undefined) return text;
    const value = read(name);
    if (value !== undefined) return value;
    const at = { file: FILE, path, message: `there is no secret “${name}”` };
    problems.push(problem('CONFIG_SECRET_MISSING', at, { advice: secretAdvice(name) }));
    // Long enough for every later check: one problem is enough.
    return '?'.repeat(64);
  };
  const { api, functions, sip, webhooks } = settings;
  const { translation } = functions;
  // A password in the proxy's URL is percent-encoded UTF-8 (RFC 3986 §2.5).
  const proxy = webhooks.proxy?.replace(SECRETS_IN, (name) => encodeURIComponent(fill(name, '$.webhooks.proxy'))) ?? null;
  return {
    ...settings,
    webhooks: { ...webhooks, proxy },
    api: { ...api, keys: api.keys.map((key, i) => fill(key, `$.api.keys[${i}]`)) },
    functions: {
      ...functions,
      translation: translation?.apiKey
        ? { ...translation, apiKey: fill(translation.apiKey, '$.functions.translation.apiKey') }
        : translation,
    },
    sip: { ...sip, server: sip.server && { ...sip.server, secret: fill(sip.server.secret, '$.sip.server.secret') } },
  };
}

type Surroundings = Pick<
  Config,
  'dir' | 'data' | 'secret' | 'secrets' | 'settingSecrets' | 'webhooksDocument' | 'credentialsDocument' | 'warnings'
>;

function finish(settings: Settings, around: Surroundings): Config {
  const dataDir = around.data.dir;
  const interfaces = networkInterfaces();
  const config: Config = {
    ...settings,
    ...around,
    flowsDir: join(around.dir, 'flows'),
    promptsDir: join(around.dir, 'prompts'),
    media: {
      ...settings.media,
      advertisedAddress: advertisedAddress(settings, interfaces),
      further: furtherPlaces(settings, interfaces),
    },
    recordings: { ...settings.recordings, dir: resolve(dataDir, settings.recordings.dir) },
    store: { ...settings.store, file: resolve(dataDir, settings.store.file) },
  };
  return deepFreeze(config);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
