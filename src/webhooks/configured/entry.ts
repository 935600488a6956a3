import { createHash } from 'node:crypto';
import { MASK } from '../../lib/mask.js';

/*
 * A configured thing as it stands in its list, unchecked: a webhook of `webhooks.json`, an integration of the store. How it is shown
 * and changed without its secrets being seen.
 */

/** One webhook as it stands in the file, unchecked. */
export type WebhookEntry = Readonly<Record<string, unknown>>;

/** Whether a value is one: an object that is no list. */
export function isEntry(value: unknown): value is WebhookEntry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Changes with the content and with nothing else: 12 hex digits. */
export function entryVersion(entry: unknown): string {
  return createHash('sha256').update(JSON.stringify(entry)).digest('hex').slice(0, 12);
}

/** Fields of `auth` that are no secrets. */
const OPEN_AUTH_FIELDS: ReadonlySet<string> = new Set([
  'type',
  'name',
  'in',
  'username',
  'tokenUrl',
  'clientId',
  'scope',
  'audience',
  'clientAuth',
]);

/** Text made of secrets by name alone. */
const BY_NAME = /^(?:\$secret\.[A-Za-z0-9_-]+)+$/u;

/**
 * The entry as it may be shown: a secret by its name, one that stands in the file as `***`
 * (docs/decisions/0014-secrets-by-name.md).
 */
export function shownEntry(entry: WebhookEntry): WebhookEntry {
  const { auth } = entry;
  if (!isEntry(auth)) return entry;
  const shown = Object.entries(auth).map(([name, value]) => [name, isPlainSecret(name, value) ? MASK : value]);
  return { ...entry, auth: Object.fromEntries(shown) as WebhookEntry };
}

function isPlainSecret(name: string, value: unknown): boolean {
  return !OPEN_AUTH_FIELDS.has(name) && value !== null && !(typeof value === 'string' && BY_NAME.test(value));
}

/**
 * An entry with fields of a patch over it: null removes a field, `options` are merged, everything else is replaced. `***` in a secret
 * means the one that is there.
 */
export function patchedEntry(entry: WebhookEntry, patch: WebhookEntry): WebhookEntry {
  const merged: Record<string, unknown> = { ...entry };
  for (const [name, value] of Object.entries(patch)) {
    const before = entry[name];
    if (value === null) Reflect.deleteProperty(merged, name);
    else if (name === 'options' && isEntry(value) && isEntry(before)) merged[name] = { ...before, ...value };
    else if (name === 'auth' && isEntry(value) && isEntry(before)) merged[name] = keptSecrets(before, value);
    else merged[name] = value;
  }
  return merged;
}

function keptSecrets(before: WebhookEntry, after: WebhookEntry): WebhookEntry {
  const kept = (name: string, value: unknown): unknown =>
    value === MASK && before['type'] === after['type'] && name in before ? before[name] : value;
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, kept(name, value)]));
}

/** The place of a secret in which `***` stands, which is none; null when there is none. */
export function maskedSecret(entry: WebhookEntry): string | null {
  const { auth } = entry;
  return isEntry(auth) ? (Object.keys(auth).find((name) => !OPEN_AUTH_FIELDS.has(name) && auth[name] === MASK) ?? null) : null;
}
