import { z } from 'zod';
import { ok } from '../lib/result.js';
import { contactFor, withheld } from './contract/contact.js';
import { contactInput } from './contract/fields.js';
import { defineFunction } from './contract/function.js';
import { userKey } from './contract/keys.js';

/** Reads `$user.key.*` of a contact (docs/behaviour.md#user-preferences). */
export const fetchUserPreferences = defineFunction({
  name: 'fetchUserPreferences',
  summary: 'Reads the `$user.key.*` stored for a contact.',
  docs: `A contact of whom nothing is stored is no failure: \`$flow.key.userPreferencesFound\` is false. \`$user.key.*\` is set only when the contact
is the caller: what belongs to somebody else must not be stored as the caller's.`,
  inputs: z.object({
    contactNumber: contactInput
      .optional()
      .describe('Whose variables; the caller when absent. Usually `$user.syskey.contactNumber`.'),
  }),
  outputs: {
    '$flow.key.userPreferencesFound': 'true when anything is stored',
    '$flow.key.userPreferences': 'an object with all of it, by name without namespace',
    '$user.key.*': 'each value, when the contact is the caller',
  },
  example: [{ name: '$user.syskey.contactNumber', value: '+15551230001' }],
  async run({ contactNumber }, context) {
    const contact = contactFor(contactNumber, context);
    if (!contact.ok) return contact;
    const stored = await context.services.users.load(contact.value);
    if (stored === null) return withheld();
    // A variable that was cleared is stored as null.
    const found = Object.entries(stored).filter(([, value]) => value !== null);
    const own = contact.value === context.caller ? found.map(([key, value]) => [userKey(key), value] as const) : [];
    return ok({
      '$flow.key.userPreferencesFound': found.length > 0,
      '$flow.key.userPreferences': Object.fromEntries(found),
      ...Object.fromEntries(own),
    });
  },
});
