import { z } from 'zod';
import { ok } from '../lib/result.js';
import { contactFor } from './contract/contact.js';
import { contactInput, textInput } from './contract/fields.js';
import { defineFunction } from './contract/function.js';

/** Reads the variables an earlier call kept. */
export const getFlowVariables = defineFunction({
  name: 'getFlowVariables',
  summary: 'Reads the variables that an earlier call kept.',
  docs: `A call keeps its variables when one of its widgets has \`persist: true\`. Masked values are not among them. A call that kept none, or that
does not exist, is no failure: \`$flow.key.flowVariablesFound\` is false.`,
  inputs: z.object({
    callId: textInput(128).optional().describe('The call; the last one of `contactNumber` when absent.'),
    contactNumber: contactInput.optional().describe('Whose last call; the caller when absent.'),
  }),
  outputs: {
    '$flow.key.flowVariablesFound': 'true when the call kept its variables',
    '$flow.key.flowVariables': 'an object with the variables, by full name',
    '$flow.key.flowVariablesCallId': 'the call; empty when there is none',
  },
  example: [{ name: '$flow.key.contactNumber', value: '+15551230001' }],
  async run({ callId, contactNumber }, context) {
    const { calls } = context.services;
    let id: string | null = callId ?? null;
    if (id === null) {
      const contact = contactFor(contactNumber, context);
      if (!contact.ok) return contact;
      id = await calls.lastCallOf(contact.value);
    }
    const variables = id === null ? null : await calls.variables(id);
    return ok({
      '$flow.key.flowVariablesFound': variables !== null,
      '$flow.key.flowVariables': variables ?? {},
      '$flow.key.flowVariablesCallId': id ?? '',
    });
  },
});
