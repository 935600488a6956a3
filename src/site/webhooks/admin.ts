import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { editFile, type TextEdit } from '../files/edit-file.js';
import { readTextFile } from '../files/json-file.js';
import type { Clock } from '../../lib/clock.js';
import { err, ok, type Result } from '../../lib/result.js';
import { type EntryChange, webhookEdits, webhookEntries } from './entries.js';
import { entryVersion, maskedSecret, patchedEntry, shownEntry, type WebhookEntry } from '../../webhooks/configured/entry.js';
import { judgeWebhooks, unreadable, WEBHOOKS_FILE } from './follow.js';
import type { WebhookReader } from './reader.js';
import { refusal, type Refusal } from '../../model/refusal.js';
import type { ChangedWebhook, ShownWebhook } from '../../model/webhook.js';

/*
 * Changing the configured webhooks, for API and command line alike: both write `webhooks.json`, and a running process follows it.
 */

export interface WebhookAdminOptions {
  readonly config: Pick<Config, 'dir' | 'flowsDir'>;
  readonly read: WebhookReader;
  readonly clock: Clock;
  /** Called after every change that was made. */
  readonly changed?: () => void;
}

/** What somebody expects to change: the version they have read, or null for whatever is there. */
export type Expected = string | null;

type Outcome<T> = Result<T, Refusal>;

/** Reads and changes the configured webhooks of one folder. */
export class WebhookAdmin {
  readonly #file: string;

  constructor(private readonly options: WebhookAdminOptions) {
    this.#file = join(options.config.dir, WEBHOOKS_FILE);
  }

  /** All of them, as they stand in the file. */
  list(): Outcome<readonly ShownWebhook[]> {
    const text = readTextFile(this.#file);
    if (!text.ok && text.error.kind !== 'missing')
      return err(refusal('CONFIG_UNREADABLE', `${WEBHOOKS_FILE}: ${text.error.message}.`));
    const entries = entriesOf(text.ok ? text.value : null);
    return entries.ok ? ok(this.#shown(entries.value)) : entries;
  }

  find(name: string): Outcome<ShownWebhook> {
    const all = this.list();
    if (!all.ok) return all;
    const found = all.value.find((webhook) => webhook.name === name);
    return found === undefined ? err(unknown(name)) : ok(found);
  }

  /** Adds a webhook. */
  add(entry: WebhookEntry): Promise<Outcome<ChangedWebhook>> {
    return this.#change((entries) => {
      const taken = entries.some(({ name }) => name === entry['name']);
      const message = `There is a webhook ${String(entry['name'])} already.`;
      return taken ? err(refusal('WEBHOOK_NAME_TAKEN', message)) : ok({ index: entries.length, entry });
    });
  }

  /** Lays fields over a webhook; see `patchedEntry`. Its name stays: deliveries that wait know it by it. */
  change(name: string, patch: WebhookEntry, expected: Expected): Promise<Outcome<ChangedWebhook>> {
    return this.#change((entries) => {
      if ('name' in patch && patch['name'] !== name) {
        const message = 'The name of a webhook cannot change: deliveries that wait know it by its name. Add another one instead.';
        return err(refusal('WEBHOOK_INVALID', message));
      }
      const at = place(entries, name, expected);
      return at.ok ? ok({ index: at.value.index, entry: patchedEntry(at.value.entry, patch) }) : at;
    });
  }

  /** Removes a webhook; refused while flows need it: as their default, or for the functions they call. */
  remove(name: string, expected: Expected): Promise<Outcome<{ readonly name: string }>> {
    return this.#change((entries) => {
      const at = place(entries, name, expected);
      return at.ok ? ok({ index: at.value.index, entry: null }) : at;
    });
  }

  #change(decide: (entries: readonly WebhookEntry[]) => Outcome<EntryChange>): Promise<Outcome<ChangedWebhook>> {
    const { clock, changed } = this.options;
    return editFile({ path: this.#file, name: WEBHOOKS_FILE, clock, changed }, (text) => {
      const entries = entriesOf(text);
      if (!entries.ok) return entries;
      const change = decide(entries.value);
      return change.ok ? this.#edit(text, entries.value, change.value) : change;
    });
  }

  #edit(text: string | null, entries: readonly WebhookEntry[], change: EntryChange): Outcome<TextEdit<ChangedWebhook>> {
    const masked = change.entry === null ? null : maskedSecret(change.entry);
    if (masked !== null) {
      return err(
        refusal(
          'WEBHOOK_INVALID',
          `\`auth.${masked}\` is ***, which stands for a secret that is there already, and there is none.`,
        ),
      );
    }
    const judge = (after: string): Outcome<ChangedWebhook> => this.#judged(after, entries, change);
    return ok({ start: text ?? '[]\n', edits: webhookEdits(entries, change), judge });
  }

  /** The file as it would be, if the checks of the start take it. */
  #judged(after: string, entries: readonly WebhookEntry[], { index, entry }: EntryChange): Outcome<ChangedWebhook> {
    const { config, read } = this.options;
    const { problems } = judgeWebhooks(after, { read, before: entries, flowsDir: config.flowsDir });
    const errors = problems.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    if (first !== undefined) {
      const needed = errors.find(({ code }) => code === 'WEBHOOK_DEFAULT_NEEDED' || code === 'WEBHOOK_SERVICE_NEEDED');
      return err(needed === undefined ? refusal('WEBHOOK_INVALID', first.message, errors) : refusal(needed.code, needed.message));
    }
    const shown = shownOf(entry ?? entries[index] ?? {});
    const warnings = problems.filter(({ path }) => path.startsWith(`$[${index}]`));
    return ok({ ...shown, warnings });
  }

  /** Complete, with the values of what was left out, where the file is good; else as they stand. */
  #shown(entries: readonly WebhookEntry[]): readonly ShownWebhook[] {
    const { webhooks } = this.options.read(entries);
    return entries.map((entry, index) => {
      const complete = webhooks[index] as WebhookEntry | undefined;
      return { ...shownOf(entry), webhook: shownEntry(complete ?? entry) };
    });
  }
}

function shownOf(entry: WebhookEntry): ShownWebhook {
  return { name: String(entry['name']), webhook: shownEntry(entry), version: entryVersion(entry) };
}

function entriesOf(text: string | null): Outcome<readonly WebhookEntry[]> {
  const entries = webhookEntries(text);
  return entries.ok
    ? entries
    : err(refusal('CONFIG_UNREADABLE', `${WEBHOOKS_FILE} ${entries.error}.`, [unreadable(entries.error)]));
}

function unknown(name: string): Refusal {
  return refusal('WEBHOOK_UNKNOWN', `There is no webhook ${name}.`);
}

function place(
  entries: readonly WebhookEntry[],
  name: string,
  expected: Expected,
): Outcome<{ readonly index: number; readonly entry: WebhookEntry }> {
  const index = entries.findIndex((entry) => entry['name'] === name);
  const entry = entries[index];
  if (entry === undefined) return err(unknown(name));
  if (expected !== null && expected !== entryVersion(entry)) return err(refusal('WEBHOOK_VERSION'));
  return ok({ index, entry });
}
