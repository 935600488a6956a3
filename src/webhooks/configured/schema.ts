import { z } from 'zod';
import { CALL_EVENTS } from '../../model/call-events.js';
import { REDIRECT_POLICIES } from '../../model/delivery.js';
import { configuredAuthSchema } from '../auth/configured-auth.js';

/* One webhook as it stands in `config/webhooks.json`. The type of a configured webhook is that of this schema. */

/** What changes the flow-end report in the phonon format. */
export const reportOptions = z.strictObject({
  durationUnit: z.enum(['ms', 's']).default('ms').describe('Unit of `duration` in the phonon format.'),
  minimalSingleLeg: z.boolean().default(false).describe('Only the smallest set of fields for calls with one leg.'),
  wrapInBody: z.boolean().default(false).describe('Wrap the report as `{"body": …}`.'),
  includeUserVariables: z.boolean().default(false).describe('`$user.key.*` among the keys.'),
  includeCallVariables: z.boolean().default(false).describe('`$call.*` among the keys.'),
});

/** One webhook as it stands in the file. */
export const configuredWebhookSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/u, 'must be 1 to 64 letters, digits, `_` or `-`')
    .describe('How flows, deliveries and the API call it.'),
  url: z.string().min(1).max(2000).describe('https address; `$secret.NAME` is put in when sending.'),
  method: z.literal('POST').default('POST'),
  auth: configuredAuthSchema,
  sign: z.string().min(1).max(64).nullable().default(null).describe('A signer of `credentials.json` that signs every request.'),
  kind: z
    .enum(['report', 'functions'])
    .default('report')
    .describe('`report`: takes reports and call events. `functions`: answers internal functions.'),
  default: z
    .boolean()
    .default(false)
    .describe(
      'true: this webhook takes the flow-end report of flows with `webhook: true`. At most one webhook may be the default.',
    ),
  format: z.enum(['phonon', 'native']).default('phonon').describe('Format of the flow-end report.'),
  options: reportOptions.prefault({}),
  events: z
    .array(z.enum(CALL_EVENTS))
    .max(CALL_EVENTS.length)
    .default([])
    .describe('Call events that are posted here as they happen, in order.'),
  redirects: z
    .enum(REDIRECT_POLICIES)
    .default('fail')
    .describe(
      'What an answer 301, 302, 303, 307 or 308 with a `Location` means. `fail`: a mistake, told at once and not sent again. `delivered`: 301 to 303 are a success, as with script hosts that do the work and then show a page. `follow`: the redirect is followed, by GET after 301 to 303, and what is found there counts.',
    ),
  eventFormat: z
    .enum(['flat', 'envelope'])
    .default('flat')
    .describe('`flat`: the fields of the event. `envelope`: the same as `data` of `{type, timestamp, data}`.'),
});

/** A webhook of `config/webhooks.json`, its defaults filled in. */
export type ConfiguredWebhook = Unchanging<z.output<typeof configuredWebhookSchema>>;

type Unchanging<T> = { readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? readonly Item[] : Readonly<T[K]> };

/** The whole file: a list. */
export const webhooksFileSchema = z.array(configuredWebhookSchema).max(100);
