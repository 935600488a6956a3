import { fieldKeyProblems } from '../lib/json/field-rows.js';
import { missingField } from '../lib/json/missing-field.js';
import { problem, type Problem } from '../lib/problem.js';
import { namedProblems } from '../webhooks/auth/named.js';
import { type ConfiguredWebhookChecks, fieldProblems } from '../webhooks/configured/configured.js';
import { headerProblem } from '../http/headers.js';
import { missingSecretProblems } from '../webhooks/secrets/missing.js';
import { secretParts } from '../webhooks/secrets/secrets.js';
import type { Identity } from '../webhooks/auth/identity.js';
import { completed, type IntegrationDocument, type IntegrationRow, integrationSchema, partOf, PREDEFINED } from './document.js';
import { schemaProblems, type SchemaWording } from '../lib/json/schema-problems.js';

/** What the checks need to know beside the document. */
export interface IntegrationChecks extends Pick<ConfiguredWebhookChecks, 'guard' | 'secrets'> {
  readonly identity: Identity;
  /** Why a row cannot send this variable, as a sentence; null when it can. */
  readonly variable: (name: string) => string | null;
}

/** Sent with every delivery, made by us. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'content-type',
  'idempotency-key',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
]);

/** Reads an integration; null when it is none. Everything wrong is listed at once; with an error among the problems it is not to be used. */
export function readIntegration(
  input: unknown,
  checks: IntegrationChecks,
): { readonly document: IntegrationDocument | null; readonly problems: readonly Problem[] } {
  const parsed = integrationSchema.safeParse(input, { error: missingField });
  if (!parsed.success) return { document: null, problems: schemaProblems(parsed.error, WORDING) };
  const document = completed(parsed.data);
  const { alias, auth, sign, url } = document;
  const owner = `integration ${alias}`;
  const problems = [
    ...fieldProblems({ owner, auth, url }, '$', checks),
    ...namedProblems({ owner, auth, sign }, '$', checks.identity),
    ...paramProblems(document, checks),
    ...headerProblems(document, checks),
    ...bodyProblems(document, checks),
  ];
  return { document, problems };
}

const WORDING: SchemaWording = {
  code: 'INTEGRATION_INVALID',
  unknown: (field) => `An integration has no field ${field}.`,
};

const rowProblem = (path: string, message: string): Problem => problem('INTEGRATION_ROW', { path, message });

/** What can be wrong with a row anywhere. */
function rowProblems(row: IntegrationRow, at: string, { variable }: IntegrationChecks): Problem[] {
  if (row.type === 'predefined' && partOf(row) === null) {
    const message = `An event has no part “${row.value ?? row.key}”: it has ${PREDEFINED.join(', ')}.`;
    return [rowProblem(`${at}.value`, message)];
  }
  const wrong = row.type === 'variable' ? variable(row.value ?? '') : null;
  return wrong === null ? [] : [rowProblem(`${at}.value`, wrong)];
}

/** The text of a row may name secrets, which must be set. */
function secretProblems({ type, value = '' }: IntegrationRow, at: string, { secrets }: IntegrationChecks): Problem[] {
  return type === 'text' ? missingSecretProblems(value, secrets, `${at}.value`, 'In this row') : [];
}

function paramProblems({ params }: IntegrationDocument, checks: IntegrationChecks): Problem[] {
  return params.flatMap((row, index) => {
    const at = `$.params[${index}]`;
    return [...rowProblems(row, at, checks), ...secretProblems(row, at, checks)];
  });
}

function headerProblems({ headers }: IntegrationDocument, checks: IntegrationChecks): Problem[] {
  return headers.flatMap((row, index) => {
    const at = `$.headers[${index}]`;
    const own = OWN_HEADERS.has(row.key.toLowerCase());
    const wrong = own
      ? `the header ${row.key} is set by Offhook itself; remove it`
      : headerProblem(row.key, row.type === 'text' ? (row.value ?? '') : '');
    const problems = wrong === null ? [] : [rowProblem(`${at}.key`, `${wrong.charAt(0).toUpperCase()}${wrong.slice(1)}.`)];
    return [...problems, ...rowProblems(row, at, checks), ...secretProblems(row, at, checks)];
  });
}

function bodyProblems({ method, body }: IntegrationDocument, checks: IntegrationChecks): Problem[] {
  if (method === 'GET') {
    const message = 'A GET has no body: put the rows into the parameters, where parts of the event may stand too.';
    return body.length === 0 ? [] : [rowProblem('$.body', message)];
  }
  const keys = fieldKeyProblems(body.map(({ key }) => key));
  return [
    ...keys.map(({ row, message }) => rowProblem(`$.body[${row}].key`, message)),
    ...body.flatMap((row, index) => {
      const at = `$.body[${index}]`;
      const named = row.type === 'text' && secretParts(row.value ?? '').some((part) => typeof part !== 'string');
      const message = 'A secret may stand in URL, parameters, headers and credentials, not in the body.';
      return [...rowProblems(row, at, checks), ...(named ? [rowProblem(`${at}.value`, message)] : [])];
    }),
  ];
}
