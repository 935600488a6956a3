import { missingField } from '../../lib/json/missing-field.js';
import { problem, type Problem } from '../../lib/problem.js';
import { ok } from '../../lib/result.js';
import { namedProblems } from '../auth/named.js';
import { authTexts } from '../auth/configured-auth.js';
import type { Guard } from '../../http/guard.js';
import { missingSecretProblems } from '../secrets/missing.js';
import type { SecretReader } from '../ports.js';
import { type ConfiguredWebhook, reportOptions, webhooksFileSchema } from './schema.js';
import { reveal, secretParts, watchSecrets } from '../secrets/secrets.js';
import type { Identity } from '../auth/identity.js';
import { schemaProblems, type SchemaWording } from '../../lib/json/schema-problems.js';

/*
 * `config/webhooks.json`: the webhooks of this installation by name (docs/behaviour.md#default-webhook,
 * docs/behaviour.md#function-services). Secrets stand in it by name only.
 */

/** Every option as it is when nobody chose it. */
const NO_OPTIONS = Object.entries(reportOptions.parse({})) as readonly [keyof ConfiguredWebhook['options'], unknown][];

/** What the checks need to know beside the file. */
export interface ConfiguredWebhookChecks {
  /** Name of the file for problems, e.g. `webhooks.json`. */
  readonly file: string;
  readonly guard: Guard;
  readonly secrets: SecretReader;
  /** Credentials and signers the file may name; not checked when absent. */
  readonly identity?: Identity;
}

/** Reads the file's parsed JSON (null when there is no file). All problems are listed; with an error among them nothing is usable. */
export function readConfiguredWebhooks(
  input: unknown,
  checks: ConfiguredWebhookChecks,
): { readonly webhooks: readonly ConfiguredWebhook[]; readonly problems: readonly Problem[] } {
  const parsed = webhooksFileSchema.safeParse(input ?? [], { error: missingField });
  const found = parsed.success
    ? [
        ...nameProblems(parsed.data),
        ...defaultProblems(parsed.data),
        ...kindProblems(parsed.data),
        ...optionProblems(parsed.data),
        ...parsed.data.flatMap((webhook, index) => fieldProblems(owned(webhook), `$[${index}]`, checks)),
        ...parsed.data.flatMap((webhook, index) =>
          checks.identity ? namedProblems(owned(webhook), `$[${index}]`, checks.identity) : [],
        ),
      ]
    : schemaProblems(parsed.error, WORDING);
  const problems = found.map((problem) => ({ ...problem, file: checks.file }));
  const usable = parsed.success && problems.every(({ severity }) => severity === 'warning');
  return { webhooks: usable ? parsed.data : [], problems };
}

/** The webhook that takes the reports, or undefined. */
export function defaultWebhook(webhooks: readonly ConfiguredWebhook[]): ConfiguredWebhook | undefined {
  return webhooks.find((webhook) => webhook.default);
}

const WORDING: SchemaWording = {
  code: 'CONFIG_INVALID',
  unknown: (field) => `A webhook has no field ${field}.`,
  advice: 'Correct it; docs/configured-webhooks.md lists the fields of a webhook.',
};

function nameProblems(webhooks: readonly ConfiguredWebhook[]): Problem[] {
  return webhooks.flatMap(({ name }, index) => {
    const first = webhooks.findIndex((other) => other.name === name);
    if (first === index) return [];
    const message = `Webhook ${first} already has the name ${name}.`;
    return [problem('WEBHOOK_NAME_TAKEN', { path: `$[${index}].name`, message })];
  });
}

/**
 * At most one (docs/behaviour.md#default-webhook). That there is one when flows report is the flow checker's to say, at the flow.
 */
function defaultProblems(webhooks: readonly ConfiguredWebhook[]): Problem[] {
  const marked = webhooks.flatMap((webhook, index) => (webhook.default ? [index] : []));
  const message = 'Another webhook is already marked as default.';
  return marked.slice(1).map((index) => problem('WEBHOOK_SEVERAL_DEFAULTS', { path: `$[${index}].default`, message }));
}

/** Functions answer; they are sent neither reports nor events. */
function kindProblems(webhooks: readonly ConfiguredWebhook[]): Problem[] {
  return webhooks.flatMap(({ kind, name, default: isDefault, events }, index) => {
    if (kind === 'report') return [];
    const wrong = [...(isDefault ? ['default'] : []), ...(events.length > 0 ? ['events'] : [])];
    const message = `The webhook ${name} has the kind functions, so it takes neither reports nor events.`;
    return wrong.map((field) => problem('WEBHOOK_KIND_MISMATCH', { path: `$[${index}].${field}`, message }));
  });
}

/** What `options` change is only in the phonon format. */
function optionProblems(webhooks: readonly ConfiguredWebhook[]): Problem[] {
  return webhooks.flatMap(({ name, format, options: chosen }, index) => {
    const ofNoUse = NO_OPTIONS.filter(([option, usual]) => format === 'native' && chosen[option] !== usual);
    return ofNoUse.map(([option]) => {
      const message = `The webhook ${name} uses the native format, in which ${option} has no effect.`;
      return problem('WEBHOOK_OPTION_UNUSED', { path: `$[${index}].options.${option}`, message }, { severity: 'warning' });
    });
  });
}

const owned = (webhook: ConfiguredWebhook) => ({ ...webhook, owner: `webhook ${webhook.name}` });

/**
 * Every secret named must be set, the URL must pass the guard, and the password should be named.
 *
 * @param owner whose fields they are, as in “webhook crm”
 */
export function fieldProblems(
  { owner, auth, url }: Pick<ConfiguredWebhook, 'auth' | 'url'> & { readonly owner: string },
  at: string,
  { guard, ...checks }: Pick<ConfiguredWebhookChecks, 'guard' | 'secrets'>,
): Problem[] {
  const secrets = watchSecrets(checks.secrets);
  const texts: [string, string][] = [[`${at}.url`, url]];
  texts.push(...authTexts(auth).map(([field, text]): [string, string] => [`${at}.auth.${field}`, text]));
  const problems = texts.flatMap(([path, text]) => missingSecretProblems(text, secrets.read, path, `In ${owner}`));
  const revealed = reveal(secretParts(url), secrets.read);
  const verdict = revealed.ok ? guard.url(revealed.value.text) : ok(null);
  if (!verdict.ok) {
    const message = `The URL of ${owner} is refused: ${secrets.mask(verdict.error)}.`;
    problems.push(problem('WEBHOOK_URL_REFUSED', { path: `${at}.url`, message }));
  }
  const secret = authTexts(auth).at(-1);
  if (secret !== undefined && !secret[1].includes('$secret.')) {
    const message = `The ${secret[0] === 'password' ? 'password' : 'secret'} of ${owner} stands in the file in plain text.`;
    problems.push(problem('WEBHOOK_PLAIN_PASSWORD', { path: `${at}.auth.${secret[0]}`, message }, { severity: 'warning' }));
  }
  return problems;
}
