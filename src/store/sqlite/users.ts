import { sql } from 'kysely';
import type { UserVariablesPort } from '../../flow/ports.js';
import type { Clock } from '../../lib/clock.js';
import type { Json } from '../../lib/json/json.js';
import { jsonText, parseExact } from '../../lib/json/json-text.js';
import { columns, noAnswers, rowsOf } from './rows.js';
import type { Database, WriteKind, Writer } from './writer.js';

interface Save {
  readonly contact: string;
  readonly name: string;
  /** The value as JSON text. */
  readonly value: string;
  readonly at: number;
}

/** Values of `$user.key.*`; the newest write wins (docs/behaviour.md#stored-variables). */
export const saveUserVariables: WriteKind<Save> = {
  name: 'user variable',
  lingerMs: 25,
  size: ({ value }) => value.length + 200,
  async write(db, saves) {
    await sql`
      insert into user_variables (contact, name, value, updated_at)
      select ${columns('contact', 'name', 'value', 'at')} from ${rowsOf(saves.map((save) => ({ ...save })))}
      where true on conflict (contact, name) do update set value = excluded.value, updated_at = excluded.updated_at`.execute(db);
    return noAnswers(saves);
  },
};

/**
 * Variables stored per contact. `save` does not wait for the disk, and `load` still sees it: what is queued lies
 * over what is stored, so that a database in trouble does not hold up a call.
 */
export function userVariables(writer: Writer, reader: Database, clock: Clock): UserVariablesPort {
  const pending = new Map<string, Map<string, Save>>();

  const forget = (save: Save): void => {
    const names = pending.get(save.contact);
    if (names?.get(save.name) !== save) return;
    names.delete(save.name);
    if (names.size === 0) pending.delete(save.contact);
  };

  return {
    async load(contact) {
      const queued = [...(pending.get(contact)?.values() ?? [])];
      const stored = await reader
        .selectFrom('user_variables')
        .select(['name', 'value'])
        .where('contact', '=', contact)
        .orderBy('name')
        .execute();
      // `fromEntries` defines own properties, so a variable called `__proto__` stays a variable.
      return Object.fromEntries([...stored, ...queued].map(({ name, value }) => [name, parseExact(value) as Json]));
    },
    save(contact, name, value) {
      const save: Save = { contact, name, value: jsonText(value), at: clock.now() };
      const names = pending.get(contact) ?? new Map<string, Save>();
      pending.set(contact, names.set(name, save));
      // A refused write was logged by the writer with its cause; it must not shadow what is stored.
      writer.submit(saveUserVariables, save).then(
        () => forget(save),
        () => forget(save),
      );
      return Promise.resolve({ kind: 'done' });
    },
  };
}
