import { createHash } from 'node:crypto';
import { editJson, type JsonEdit } from '../files/edit-json.js';
import { parseSettings } from '../files/json-file.js';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import { MASK } from '../../lib/mask.js';
import { err, ok, type Result } from '../../lib/result.js';
import { configuredWebhookSchema } from '../../webhooks/configured/configured.js';

/*
 * `webhooks.json` as text: reading its entries as they stand, and changing one with everything around it left as it was written.
 * Whether what comes out is any good is for the checks of the start to say. Pure; `config/change-file.ts` does the writing.
 */

/** Fields of a webhook, in the order of its documentation. */
const FIELDS = Object.keys(configuredWebhookSchema.shape);

/** One webhook as it stands in the file, unchecked. */
export type WebhookEntry = Readonly<Record<string, unknown>>;

/** The entries of the file (null: there is none). The error is a sentence part. */
export function webhookEntries(text: string | null): Result<readonly WebhookEntry[], string> {
  if (text === null) return ok([]);
  const tooBig = jsonTooBig(text);
  if (tooBig !== null) return err(tooBig);
  const parsed = parseSettings(text);
  if (!parsed.ok) return err(parsed.error.message);
  const list = parsed.value;
  return Array.isArray(list) && list.every(isEntry) ? ok(list) : err('is not a list of webhooks');
}

function isEntry(value: unknown): value is WebhookEntry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Changes with the content and with nothing else: 12 hex digits. */
export function entryVersion(entry: unknown): string {
  return createHash('sha256').update(JSON.stringify(entry)).digest('hex').slice(0, 12);
}

/** A change of the list: `entry` null removes the one at `index`; `index` behind the last adds one. */
export interface EntryChange {
  readonly index: number;
  readonly entry: WebhookEntry | null;
}

/**
 * The text of the file after a change. A webhook that becomes the default takes the mark from the others
 * (docs/behaviour.md#default-webhook).
 */
export function changedWebhooks(text: string | null, entries: readonly WebhookEntry[], { index, entry }: EntryChange): string {
  const start = text ?? '[]\n';
  const before = entries[index];
  if (entry === null) return editJson(start, [{ path: [index], value: undefined }]);
  const edits = before === undefined ? [{ path: [index], value: entry, insert: true }] : fieldEdits(index, before, entry);
  return editJson(start, [...edits, ...(entry['default'] === true ? otherDefaults(entries, index) : [])]);
}

/** New fields come to stand where the documentation has them, each behind those it has before them. */
function fieldEdits(index: number, before: WebhookEntry, after: WebhookEntry): JsonEdit[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(
    (a, b) => FIELDS.indexOf(a) - FIELDS.indexOf(b),
  );
  return names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => {
      const behind = FIELDS.slice(0, Math.max(0, FIELDS.indexOf(name))).findLast((earlier) => earlier in after);
      return { path: [index, name], value: after[name], ...(behind !== undefined && { behind }) };
    });
}

function otherDefaults(entries: readonly WebhookEntry[], index: number): JsonEdit[] {
  return entries.flatMap((entry, other) =>
    other !== index && entry['default'] === true ? [{ path: [other, 'default'], value: false }] : [],
  );
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
