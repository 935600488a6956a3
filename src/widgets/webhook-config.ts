import { z } from 'zod';
import { variableField } from './fields.js';

/*
 * The fields of the webhook widget (section 4) and what a profile makes of those that are left out. A profile sets defaults and
 * nothing else: every field can still be set (section 4).
 */

const template = (max: number): z.ZodString => z.string().max(max);

const row = {
  key: z.string().min(1).max(256).describe('Name.'),
  value: template(8192).default('').describe('Text; variables allowed.'),
  type: z.enum(['text', 'variable']).default('text').describe('`variable`: the value is exactly one variable.'),
  mandatory: z.boolean().default(false).describe('Without a value at run time: fail (true) or leave the row out (false). P8'),
};

const rowsField = z
  .array(z.strictObject(row), 'must be a list of rows, e.g. [{"key": "X-Call", "value": "$call.uuid"}]')
  .max(100)
  .default([]);

const bodyField = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none').describe('Kind of body; sets the Content-Type unless a header does.') }),
  z.strictObject({
    type: z.literal('json'),
    content: z
      .union([template(65_536), z.record(z.string(), z.json()), z.array(z.json())])
      .describe('JSON text, or the JSON itself; a string that is exactly one variable takes its typed value (Q42).'),
  }),
  z.strictObject({ type: z.enum(['xml', 'text', 'html']), content: template(65_536) }),
  z.strictObject({ type: z.enum(['urlencoded', 'form', 'multipart']), fields: z.array(z.strictObject(row)).min(1).max(100) }),
]);

const authField = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none').describe('Kind of credentials.') }),
  z.strictObject({ type: z.literal('basic'), username: template(1024), password: template(1024) }),
]);

const mappingRow = z.strictObject({
  saveIn: variableField,
  path: z.string().min(1).max(500).describe('Path into the answer.'),
  required: z.boolean().optional().describe('Fail when the path finds nothing.'),
  mandatory: z.boolean().optional().describe('Another name of `required` (P12).'),
  type: z
    .enum(['text', 'number', 'boolean', 'json'])
    .optional()
    .describe('Converts what was found; a value that cannot be converted counts as not found.'),
  default: z.json().optional().describe('Taken when the path finds nothing; variables allowed in text.'),
});

const holdMusicField = z
  .union([
    z.boolean(),
    z.strictObject({ file: template(500).describe('Audio file of the `prompts/` folder.') }),
    z.strictObject({ url: template(2000).describe('Address of an audio file.') }),
  ])
  .default(false)
  .describe('Music while the caller waits: true is the platform’s own.');

/** `404`, `5xx`: the exits that are named after a status. */
export const STATUS_EXIT = /^(?:[1-5]\d\d|[1-5]xx)$/u;

export const webhookConfig = z.strictObject({
  profile: z.enum(['native', 'phonon']).default('native').describe('Whose defaults apply to the fields left out.'),
  method: z
    .enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'OPTION'])
    .default('GET')
    .describe('HTTP method; `OPTION` is `OPTIONS`.'),
  url: z.string().min(1).max(8192).describe('https address; variables allowed.'),
  query: rowsField.describe('Added to the URL’s own query, each encoded once.'),
  headers: rowsField.describe('Sent as given, order and duplicates kept.'),
  auth: authField.default({ type: 'none' }).describe('Credentials.'),
  body: bodyField.default({ type: 'none' }).describe('Body of the request; variables allowed.'),
  sendBodyWithGet: z.boolean().default(false).describe('Send the body with GET and HEAD too (Q13).'),
  timeout: z
    .number()
    .int()
    .min(1)
    .max(60)
    .optional()
    .describe('Seconds for everything, DNS to the last byte. native 10, phonon 60.'),
  redirects: z.number().int().min(0).max(5).default(0).describe('Redirects to follow (Q7).'),
  maxResponseBytes: z.number().int().min(1024).max(1_048_576).default(65_536).describe('A larger answer is refused.'),
  responseType: z.enum(['auto', 'json', 'xml', 'text']).optional().describe('native auto (by content type), phonon json.'),
  pathRoot: z.enum(['document', 'data']).optional().describe('Where paths start (Q34). native document, phonon data.'),
  xmlPaths: z.enum(['dotted', 'xpath']).optional().describe('How paths into XML are written (Q36). native dotted, phonon xpath.'),
  mapping: z
    .array(mappingRow, 'must be a list of rows, e.g. [{"saveIn": "$flow.key.status", "path": "order.status"}]')
    .max(100)
    .default([])
    .describe('What to take from the answer.'),
  statusExits: z
    .array(z.string().regex(STATUS_EXIT, 'must be a status like `404` or a class like `5xx`'))
    .max(50)
    .default([])
    .describe('Statuses that must have their own exit. Wiring an exit named `404` or `5xx` is enough by itself.'),
  saveStatusIn: variableField.optional().describe('Variable that takes the status code; no value when no answer came (Q8).'),
  wait: z.boolean().default(true).describe('Hold the flow until the answer. false: go on at once, whatever comes back (P15).'),
  holdMusic: holdMusicField,
  holdMusicDelay: z.number().min(0).max(10).default(0).describe('Seconds of silence before the music.'),
  persist: z.boolean().default(false).describe('Keep the flow’s variables queryable after the call (P17).'),
});

export type WebhookConfig = z.infer<typeof webhookConfig>;
export type WebhookConfigRow = WebhookConfig['headers'][number];
export type MappingRow = WebhookConfig['mapping'][number];

const PROFILES = {
  native: { timeout: 10, responseType: 'auto', pathRoot: 'document', xmlPaths: 'dotted' },
  phonon: { timeout: 60, responseType: 'json', pathRoot: 'data', xmlPaths: 'xpath' },
} as const;

/** The profile's values where the configuration is silent. */
export function profiled(config: WebhookConfig) {
  const defaults = PROFILES[config.profile];
  return {
    timeout: config.timeout ?? defaults.timeout,
    responseType: config.responseType ?? defaults.responseType,
    pathRoot: config.pathRoot ?? defaults.pathRoot,
    xmlPaths: config.xmlPaths ?? defaults.xmlPaths,
  };
}

/** A row fails the webhook when its path finds nothing. A default is always found. */
export function isRequired(row: MappingRow): boolean {
  return (row.required ?? row.mandatory ?? false) && row.default === undefined;
}
