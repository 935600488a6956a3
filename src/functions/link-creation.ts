import { z } from 'zod';
import { ok } from '../lib/result.js';
import { ignoredInput, textInput, wholeInput } from './contract/fields.js';
import { defineFunction, failure } from './contract/function.js';
import { MAX_LONG_URL } from './contract/long-url.js';

/** Makes a short link to an address. */
export const linkCreation = defineFunction({
  name: 'linkcreation',
  summary: 'Makes a short link that can be sent in a message or spoken.',
  docs: `The link is \`<public URL>/s/<code>\` and redirects to \`longUrl\` until it expires. Codes are random and never given twice. Links are made by
flows and by clients with an API key, never by strangers; they lead to http and https addresses only.`,
  inputs: z.object({
    longUrl: textInput(MAX_LONG_URL).describe('Where it leads.'),
    expiryDays: wholeInput(1, 3650).optional().describe('How long it works, days; the setting `functions.linkDays` when absent.'),
    custToken: ignoredInput.describe('Taken for compatibility; not used inside a flow.'),
  }),
  outputs: {
    '$flow.key.shortUrl': 'the short link',
    '$flow.key.linkCode': 'its last part',
    '$flow.key.linkExpiry': 'when it stops working, ISO 8601 in UTC; empty when never',
  },
  example: [{ name: '$flow.key.longUrl', value: 'https://shop.example/orders/4711' }],
  async run({ longUrl, expiryDays }, { services }) {
    const made = await services.makeLink(longUrl, expiryDays ?? services.linkDays);
    if (!made.ok) return failure('FUNCTION_BAD_INPUT', `longUrl ${made.error}`);
    const { link, shortUrl } = made.value;
    return ok({
      '$flow.key.shortUrl': shortUrl,
      '$flow.key.linkCode': link.code,
      '$flow.key.linkExpiry': link.expiresAt === null ? '' : new Date(link.expiresAt).toISOString(),
    });
  },
});
