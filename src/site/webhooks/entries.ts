import type { JsonEdit } from '../files/edit-json.js';
import { parseSettings } from '../files/json-file.js';
import { jsonTooBig } from '../../lib/json/json-limits.js';
import { err, ok, type Result } from '../../lib/result.js';
import { configuredWebhookSchema } from '../../webhooks/configured/schema.js';
import { isEntry, type WebhookEntry } from '../../webhooks/configured/entry.js';

/*
 * `webhooks.json` as text: reading its entries as they stand, and changing one with everything around it left as it was written.
 * Whether what comes out is any good is for the checks of the start to say. Pure; `files/edit-file.ts` does the writing.
 */

/** Fields of a webhook, in the order of its documentation. */
const FIELDS = Object.keys(configuredWebhookSchema.shape);

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

/** A change of the list: `entry` null removes the one at `index`; `index` behind the last adds one. */
export interface EntryChange {
  readonly index: number;
  readonly entry: WebhookEntry | null;
}

/**
 * What a change edits in the list. A webhook that becomes the default takes the mark from the others
 * (docs/behaviour.md#default-webhook).
 */
export function webhookEdits(entries: readonly WebhookEntry[], { index, entry }: EntryChange): readonly JsonEdit[] {
  if (entry === null) return [{ path: [index], value: undefined }];
  const before = entries[index];
  const edits = before === undefined ? [{ path: [index], value: entry, insert: true }] : fieldEdits(index, before, entry);
  return [...edits, ...(entry['default'] === true ? otherDefaults(entries, index) : [])];
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
