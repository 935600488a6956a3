import { z } from 'zod';
import { jsonPath } from '../lib/json-path.js';
import { problem, type Problem } from '../lib/problem.js';
import { ok } from '../lib/result.js';
import type { Guard } from './guard.js';
import type { ConfiguredWebhook, SecretReader } from './ports.js';
import { reveal, secretParts, watchSecrets } from './secrets.js';

/*
 * `config/webhooks.json`: the webhooks of this installation by name (F1, I1). Secrets stand in it by name only.
 */

const options = z.strictObject({
  durationUnit: z.enum(['ms', 's']).default('ms').describe('Unit of `duration` in the phonon format (Q14).'),
  minimalSingleLeg: z.boolean().default(false).describe('Only the smallest set of fields for calls with one leg (section 5.3).'),
  wrapInBody: z.boolean().default(false).describe('Wrap the report as `{"body": …}` (Q22).'),
  includeUserVariables: z.boolean().default(false).describe('`$user.key.*` among the keys (Q21).'),
  includeCallVariables: z.boolean().default(false).describe('`$call.*` among the keys (Q21).'),
});

/** One webhook as it stands in the file. */
const configuredWebhookSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/u, 'must be 1 to 64 letters, digits, `_` or `-`')
    .describe('How flows, deliveries and the API call it.'),
  url: z.string().min(1).max(2000).describe('https address; `$secret.NAME` is put in when sending.'),
  method: z.literal('POST').default('POST'),
  auth: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('none') }),
      z.strictObject({
        type: z.literal('basic'),
        username: z.string().min(1).max(1024),
        password: z.string().max(1024).describe('Usually `$secret.NAME`.'),
      }),
    ])
    .default({ type: 'none' }),
  default: z.boolean().default(false).describe('Takes the flow-end report of flows with `webhook: true`. Exactly one may.'),
  format: z.enum(['phonon', 'native']).default('phonon').describe('Format of the flow-end report.'),
  options: options.prefault({}),
});

/** The whole file: a list. */
export const webhooksFileSchema = z.array(configuredWebhookSchema).max(100);

/** What the checks need to know beside the file. */
export interface ConfiguredWebhookChecks {
  /** Name of the file for problems, e.g. `webhooks.json`. */
  readonly file: string;
  readonly guard: Guard;
  readonly secrets: SecretReader;
}

/** Reads the file's parsed JSON (null when there is no file). All problems are listed; with an error among them nothing is usable. */
export function readConfiguredWebhooks(
  input: unknown,
  checks: ConfiguredWebhookChecks,
): { readonly webhooks: readonly ConfiguredWebhook[]; readonly problems: readonly Problem[] } {
  const parsed = webhooksFileSchema.safeParse(input ?? []);
  const found = parsed.success
    ? [
        ...nameProblems(parsed.data),
        ...defaultProblems(parsed.data),
        ...parsed.data.flatMap((webhook, index) => fieldProblems(webhook, `$[${index}]`, checks)),
      ]
    : parsed.error.issues.flatMap(schemaProblems);
  const problems = found.map((problem) => ({ ...problem, file: checks.file }));
  const usable = parsed.success && problems.every(({ severity }) => severity === 'warning');
  return { webhooks: usable ? parsed.data : [], problems };
}

/** The webhook that takes the reports, or undefined. */
export function defaultWebhook(webhooks: readonly ConfiguredWebhook[]): ConfiguredWebhook | undefined {
  return webhooks.find((webhook) => webhook.default);
}

function schemaProblems(issue: z.core.$ZodIssue): Problem[] {
  const path = jsonPath('$', issue.path);
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) =>
        problem('CONFIG_UNKNOWN_KEY', { path: jsonPath(path, [key]), message: `A webhook has no field ${key}.` }),
      )
    : [problem('CONFIG_INVALID', { path, message: `${issue.message}.` })];
}

function nameProblems(webhooks: readonly ConfiguredWebhook[]): Problem[] {
  return webhooks.flatMap(({ name }, index) => {
    const first = webhooks.findIndex((other) => other.name === name);
    if (first === index) return [];
    const message = `The name ${name} is already taken by webhook ${first}.`;
    return [problem('WEBHOOK_NAME_TAKEN', { path: `$[${index}].name`, message })];
  });
}

/** F1: at most one. That there is one when flows report (F2) is the flow checker's to say, at the flow. */
function defaultProblems(webhooks: readonly ConfiguredWebhook[]): Problem[] {
  const marked = webhooks.flatMap((webhook, index) => (webhook.default ? [index] : []));
  const message = 'Another webhook is marked as default already.';
  return marked.slice(1).map((index) => problem('WEBHOOK_SEVERAL_DEFAULTS', { path: `$[${index}].default`, message }));
}

/** Every secret named must be set, the URL must pass the guard, and the password should not stand in the file. */
function fieldProblems(webhook: ConfiguredWebhook, at: string, { guard, ...checks }: ConfiguredWebhookChecks): Problem[] {
  const { name, auth, url } = webhook;
  const secrets = watchSecrets(checks.secrets);
  const texts: [string, string][] = [[`${at}.url`, url]];
  if (auth.type === 'basic') texts.push([`${at}.auth.username`, auth.username], [`${at}.auth.password`, auth.password]);
  const problems = texts.flatMap(([path, text]) => {
    const revealed = reveal(secretParts(text), secrets.read);
    return revealed.ok ? [] : [problem('CONFIG_SECRET_MISSING', { path, message: `In webhook ${name} ${revealed.error}.` })];
  });
  const revealed = reveal(secretParts(url), secrets.read);
  const verdict = revealed.ok ? guard.url(revealed.value.text) : ok(null);
  if (!verdict.ok) {
    const message = `The URL of webhook ${name} is refused: ${secrets.mask(verdict.error)}.`;
    problems.push(problem('WEBHOOK_URL_REFUSED', { path: `${at}.url`, message }));
  }
  if (auth.type === 'basic' && !auth.password.includes('$secret.')) {
    const message = `The password of webhook ${name} stands in the file.`;
    problems.push(problem('WEBHOOK_PLAIN_PASSWORD', { path: `${at}.auth.password`, message }, { severity: 'warning' }));
  }
  return problems;
}
