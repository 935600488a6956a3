import { z } from 'zod';
import { variableField } from '../shared/fields.js';
import { AUTH_SECRETS, authField, siteNameField } from './auth.js';
import { bodyField } from './body.js';
import { holdFields, lateFields } from '../hold/hold.js';
import { LEGACY_TIMEOUT, PROFILE_NAMES, PROFILES } from './profiles.js';
import { parameterOf, rowsField, template } from './rows.js';

/* The fields of the webhook widget. Those that a profile decides are optional here; `profiled` fills them in. */

const mappingRow = z
  .strictObject({
    saveIn: variableField,
    path: z.string().min(1).max(500).optional().describe('Path into the body of the answer.'),
    header: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Name of a header of the answer, in any case; of several lines the first.'),
    status: z.literal(true).optional().describe('The status of the answer, a number.'),
    required: z.boolean().optional().describe('Fail when nothing is found.'),
    mandatory: z.boolean().optional().describe('Another name of `required`.'),
    type: z
      .enum(['text', 'number', 'boolean', 'json'])
      .optional()
      .describe('Converts what was found; a value that cannot be converted counts as not found.'),
    default: z.json().optional().describe('Taken when nothing is found; variables allowed in text.'),
  })
  .refine(
    ({ path, header, status }) => path !== undefined || header !== undefined || status !== undefined,
    'must have "path" (into the body), "header" (a name) or "status": true',
  );

/** `404`, `5xx`: the exits that are named after a status. */
export const STATUS_EXIT = /^(?:[1-5]\d\d|[1-5]xx)$/u;

export const webhookConfig = z.strictObject({
  profile: z.enum(PROFILE_NAMES).default('native').describe('Profile that gives the defaults of the fields left out.'),
  method: z
    .enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'OPTION'])
    .optional()
    .describe('HTTP method; `OPTION` is `OPTIONS`. GET; messangi POST.'),
  url: template(8192).min(1).describe('https address; variables allowed.'),
  query: rowsField.describe('Added to the URL’s own query, each encoded once.'),
  emptyQuery: z
    .enum(['text', 'parameter'])
    .optional()
    .describe(
      'A query row left empty: sent so (`text`), or filled from the variable of its key, `$NAME` in capitals, else `$flow.key.<key>` (`parameter`). text; vonage parameter.',
    ),
  headers: rowsField.describe('Sent as given, order and duplicates kept.'),
  auth: authField.default({ type: 'none' }).describe('Credentials.'),
  sign: z
    .union([siteNameField, z.literal(false)])
    .optional()
    .describe(
      'Signer of `credentials.json` that signs the request. false: the request is not signed, even if `webhooks.sign` is set.',
    ),
  body: bodyField.optional().describe('Body of the request; variables allowed. none; messangi the rows of a chat message.'),
  sendBodyWithGet: z.boolean().default(false).describe('Send the body with GET and HEAD too.'),
  timeout: z
    .number()
    .int()
    .min(1)
    .max(60)
    .optional()
    .describe('Seconds for everything, DNS to the last byte. native 10, phonon 60, vonage 10 (10–25), messangi 10.'),
  timeoutProfile: z.literal('legacy-5s').optional().describe('The fixed 5 seconds of old flows that have no `timeout`.'),
  connectTimeout: z
    .number()
    .min(0.1)
    .max(60)
    .optional()
    .describe('Maximum time to connect, seconds. Absent: only `timeout` counts.'),
  retries: z
    .number()
    .int()
    .min(0)
    .max(3)
    .default(0)
    .describe('Further tries inside `timeout`, on connection errors, time-outs and the statuses of `retryStatuses`.'),
  retryStatuses: z
    .array(z.number().int().min(400).max(599), 'must be a list of statuses, e.g. [429, 503]')
    .max(100)
    .optional()
    .describe(
      'Statuses after which another try is made and `fallbackUrl` is asked; without it those of `webhooks.retryStatuses`: 429, 502, 503, 504 and what proxies say of a server behind them (520 to 524, 527, 529, 530).',
    ),
  idempotencyKey: z
    .union([z.boolean(), template(1024).min(1)])
    .default(false)
    .describe(
      'Sent as `Idempotency-Key`, the same with every try, which makes tries of POST and PATCH safe. true: made by Offhook.',
    ),
  fallbackUrl: template(8192)
    .min(1)
    .optional()
    .describe('URL that is asked within `timeout` after the last try has failed. It gets the first URL and the reason.'),
  redirects: z.number().int().min(0).max(5).default(0).describe('Redirects to follow.'),
  connectionFailureAs: z
    .enum(['CONNECTION_FAILURE', 'TIMEOUT'])
    .default('CONNECTION_FAILURE')
    .describe('`error_reason` when no connection came about; TIMEOUT for flows that know no other.'),
  maxResponseBytes: z.number().int().min(1024).max(1_048_576).default(65_536).describe('A larger answer is refused.'),
  responseType: z.enum(['auto', 'json', 'xml', 'text']).optional().describe('native auto (by content type), phonon json.'),
  pathRoot: z.enum(['document', 'data']).optional().describe('Where paths start. native document, phonon data.'),
  xmlPaths: z.enum(['dotted', 'xpath']).optional().describe('How paths into XML are written. native dotted, phonon xpath.'),
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
  saveStatusIn: variableField.optional().describe('Variable that takes the status code; no value when no answer came.'),
  wait: z.boolean().default(true).describe('true: the flow waits for the answer. false: the flow goes on at once.'),
  ...holdFields,
  ...lateFields,
  persist: z.boolean().default(false).describe('Keep the flow’s variables queryable after the call.'),
});

export type WebhookConfig = z.infer<typeof webhookConfig>;
export type MappingRow = WebhookConfig['mapping'][number];

/** What a mapping row reads of an answer. */
export type MappingSource = { readonly path: string } | { readonly header: string } | { readonly status: true };

/** Fields in which `$secret.NAME` is legal. */
export const SECRET_FIELDS: readonly string[] = ['url', 'query.*.value', 'headers.*.value', 'fallbackUrl', ...AUTH_SECRETS];

/** Fields that hold the address of a request. */
export const URL_FIELDS: readonly string[] = ['url', 'fallbackUrl', 'auth.tokenUrl'];

type Decided = 'method' | 'body' | 'timeout' | 'emptyQuery' | 'responseType' | 'pathRoot' | 'xmlPaths';

/** A configuration in which the profile has decided what was left open. */
export type ProfiledWebhook = Omit<WebhookConfig, Decided> & { readonly [K in Decided]-?: Exclude<WebhookConfig[K], undefined> };

/** The profile's values where the configuration is silent. */
export function profiled(config: WebhookConfig): ProfiledWebhook {
  const profile = PROFILES[config.profile];
  return {
    ...config,
    method: config.method ?? profile.method,
    body: config.body ?? profile.body,
    timeout: config.timeout ?? (config.timeoutProfile === undefined ? profile.timeout.usual : LEGACY_TIMEOUT),
    emptyQuery: config.emptyQuery ?? profile.emptyQuery,
    responseType: config.responseType ?? profile.responseType,
    pathRoot: config.pathRoot ?? profile.pathRoot,
    xmlPaths: config.xmlPaths ?? profile.xmlPaths,
  };
}

/** What a row reads of the answer, as a request takes it. The check of flows refuses a row that names more than one. */
export function sourceOf({ path, header }: MappingRow): MappingSource {
  if (path !== undefined) return { path };
  return header === undefined ? { status: true } : { header };
}

/** The same as a part of a sentence. */
export function sourceText(row: MappingRow): string {
  const source = sourceOf(row);
  if ('path' in source) return source.path;
  return 'header' in source ? `the header ${source.header}` : 'the status';
}

/** A row fails the webhook when it finds nothing (docs/behaviour.md#required-values). A default is always found. */
export function isRequired(row: MappingRow, { profile }: Pick<WebhookConfig, 'profile'>): boolean {
  return (row.required ?? row.mandatory ?? PROFILES[profile].required) && row.default === undefined;
}

/** Query rows that are filled from the variable of their key, and where they stand (docs/behaviour.md#empty-query-rows). */
export function filledFromKey(written: WebhookConfig): readonly { readonly path: string; readonly variable: string }[] {
  const { query, emptyQuery } = profiled(written);
  return query.flatMap((row, index) => {
    const variable = parameterOf(row, emptyQuery);
    return variable === null ? [] : [{ path: `query[${index}].value`, variable }];
  });
}
