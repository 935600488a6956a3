import { z } from 'zod';
import type { Json } from '../lib/json/json.js';
import { ok } from '../lib/result.js';
import { contactFor, withheld } from './contract/contact.js';
import { contactInput } from './contract/fields.js';
import { defineFunction, failure } from './contract/function.js';
import { keyName, userKey } from './contract/keys.js';
import type { FunctionKey } from '../model/function.js';

/** Most variables stored by one call, and characters of their JSON text altogether. */
const MAX_VARIABLES = 100;
const MAX_CHARS = 65_536;

/** Stores `$user.key.*` of a contact (docs/behaviour.md#user-preferences). */
export const updateUserPreferences = defineFunction({
  name: 'updateUserPreferences',
  summary: 'Stores `$user.key.*` for a contact, without a call to that contact.',
  docs: `Every \`$user.key.*\` that is passed is stored for \`contactNumber\`; the newest write wins, in all flows. Pass the variables one by one
(\`keys\`), or all that the caller has (group \`user\`). When the contact is the caller, the values are set in the running flow too.

At most ${MAX_VARIABLES} variables and ${MAX_CHARS / 1024} KiB at once.`,
  inputs: z.object({
    contactNumber: contactInput
      .optional()
      .describe('Whose variables; the caller when absent. Usually `$user.syskey.contactNumber`.'),
  }),
  outputs: {
    '$flow.key.userPreferencesUpdated': 'how many variables were stored',
    '$user.key.*': 'what was stored, when the contact is the caller',
  },
  example: [
    { name: '$user.syskey.contactNumber', value: '+15551230001' },
    { name: '$user.key.language', value: 'es' },
  ],
  async run({ contactNumber }, context) {
    const contact = contactFor(contactNumber, context);
    if (!contact.ok) return contact;
    const values = storedValues(context.keys);
    if (values.size === 0) return failure('FUNCTION_BAD_INPUT', `no $user.key.* was passed, so there is nothing to store`);
    const chars = JSON.stringify([...values]).length;
    if (values.size > MAX_VARIABLES || chars > MAX_CHARS) {
      return failure('FUNCTION_BAD_INPUT', `${values.size} variables of ${chars} characters are more than can be stored`);
    }
    if (!(await context.services.users.save(contact.value, Object.fromEntries(values)))) return withheld();
    const own = contact.value === context.caller ? [...values].map(([key, value]) => [userKey(key), value] as const) : [];
    return ok({ '$flow.key.userPreferencesUpdated': values.size, ...Object.fromEntries(own) });
  },
});

function storedValues(keys: readonly FunctionKey[]): ReadonlyMap<string, Json> {
  return new Map(
    keys.flatMap(({ name, value }) => {
      const key = keyName(name);
      return key?.namespace === 'user.key' ? [[key.name, value] as const] : [];
    }),
  );
}
