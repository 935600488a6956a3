import { scan, variablesIn } from '../../flow/variables/scanner.js';
import { renderText } from '../../flow/variables/template.js';
import type { WidgetProblem, WidgetProblemCode } from '../../flow/widget.js';
import type { RequestRules } from '../../model/request-rules.js';
import { isHeaderName } from '../../lib/header-value.js';
import type { Json } from '../../lib/json/json.js';
import { profiled, type ProfiledWebhook, type WebhookConfig } from './config.js';
import { PROFILES } from './profiles.js';
import { sendsBody } from './request.js';
import type { WebhookConfigRow } from './rows.js';

/* What can be known of a webhook before it runs: requests that fail whatever their variables hold, and fields without effect. */

/** Everything wrong with one webhook, paths from its configuration. */
export function webhookProblems(written: WebhookConfig, requests?: RequestRules): readonly WidgetProblem[] {
  const config = profiled(written);
  return [
    ...timeoutProblems(written, config.timeout),
    ...rowProblems('query', config.query, config.emptyQuery === 'parameter'),
    ...rowProblems('headers', config.headers),
    ...rowProblems('body.fields', 'fields' in config.body ? (config.body.fields ?? []) : []),
    ...bodyProblems(config, written.body !== undefined),
    ...mappingProblems(config),
    ...credentialProblems(config, requests),
    ...tryProblems(config),
    ...idleFields(config),
    ...(requests === undefined ? [] : requestProblems(config, requests)),
  ];
}

function warning(code: WidgetProblemCode, path: string, message: string, advice?: string): WidgetProblem {
  return { code, path, message, advice, severity: 'warning' };
}

/**
 * Each profile has its range (docs/behaviour.md#request-timeout), and the old five seconds leave no room for another number.
 *
 * @param limit the timeout in effect, seconds
 */
function timeoutProblems({ profile, timeout, timeoutProfile, connectTimeout }: WebhookConfig, limit: number): WidgetProblem[] {
  const problems: WidgetProblem[] = [];
  const { min, max } = PROFILES[profile].timeout;
  if (timeout !== undefined && (timeout < min || timeout > max)) {
    const message = `With the profile ${profile}, \`timeout\` must be ${min} to ${max} seconds.`;
    const advice = 'Choose a value in this range, or use another profile.';
    problems.push({ code: 'FLOW_INVALID', path: 'timeout', message, advice });
  }
  if (timeout !== undefined && timeoutProfile !== undefined) {
    const message = '`timeout` and `timeoutProfile` contradict each other.';
    const advice = 'Remove one of them. `timeout` is the more exact one.';
    problems.push({ code: 'FLOW_CONFLICT', path: 'timeoutProfile', message, advice });
  }
  if (connectTimeout !== undefined && connectTimeout >= limit) {
    const message = '`connectTimeout` has no effect: `timeout` is over before it.';
    problems.push(warning('FLOW_NO_EFFECT', 'connectTimeout', message, 'Make it shorter than `timeout`, or remove it.'));
  }
  return problems;
}

/**
 * Rows of type `variable` hold one variable; one left empty may be filled from the variable of its key
 * (docs/behaviour.md#empty-query-rows).
 */
function rowProblems(list: string, rows: readonly WebhookConfigRow[], filledFromKey = false): WidgetProblem[] {
  return rows.flatMap(({ type, value }, index) => {
    if (type !== 'variable' || isOneVariable(value) || (filledFromKey && value === '')) return [];
    const message = `A row of type variable contains “${value}”, which is not exactly one variable.`;
    const advice = 'Write one variable, e.g. $flow.key.order, or make the row type text.';
    return [{ code: 'FLOW_NOT_A_VARIABLE', path: `${list}[${index}].value`, message, advice }];
  });
}

function isOneVariable(value: string): boolean {
  return scan(value).length === 1 && variablesIn(value).length === 1;
}

/** @param own the flow wrote the body, not the profile */
function bodyProblems(config: ProfiledWebhook, own: boolean): WidgetProblem[] {
  const { body, method } = config;
  const problems: WidgetProblem[] = [];
  if (body.type === 'json' && typeof body.content === 'string' && !canBeJson(body.content)) {
    problems.push({
      code: 'FLOW_BAD_BODY',
      path: 'body.content',
      message: 'The body is not JSON, for all values of its variables.',
    });
  }
  if (own && body.type !== 'none' && !sendsBody(config)) {
    problems.push(warning('FLOW_NO_EFFECT', 'body', `The body is not sent with ${method}.`, 'Use POST, or set sendBodyWithGet.'));
  }
  return problems;
}

/** Inside quotes any value is escaped, outside it is JSON itself; so two values show whether a template can be JSON. */
function canBeJson(template: string): boolean {
  return ['', 0].some((value: Json) => {
    try {
      JSON.parse(renderText(template, 'json', () => ({ value, masked: false })).value);
      return true;
    } catch {
      return false;
    }
  });
}

function mappingProblems({ mapping, method }: ProfiledWebhook): WidgetProblem[] {
  return mapping.flatMap((row, index) => {
    const asked = row.required ?? row.mandatory ?? false;
    const sources = (['path', 'header', 'status'] as const).filter((name) => row[name] !== undefined);
    if (sources.length > 1) {
      const message = `A row reads one part of the answer, but this row has \`${sources.join('` and `')}\`.`;
      const advice = 'Keep one of them, and add a row for each other one.';
      return [{ code: 'FLOW_CONFLICT', path: `mapping[${index}].${sources[1] ?? 'path'}`, message, advice }];
    }
    if (row.header !== undefined && !isAnswerHeader(row.header)) {
      const message = `“${row.header}” is not the name of a header, so no answer has it.`;
      const advice = 'Write the name alone, e.g. X-Auth-Token: no colon, no blanks, no variables.';
      return [{ code: 'FLOW_BAD_HEADER', path: `mapping[${index}].header`, message, advice }];
    }
    const field = `mapping[${index}].${row.required === undefined ? 'mandatory' : 'required'}`;
    if (row.required !== undefined && row.mandatory !== undefined && row.required !== row.mandatory) {
      const message = '`required` and `mandatory` mean the same and contradict each other.';
      return [{ code: 'FLOW_CONFLICT', path: `mapping[${index}].mandatory`, message, advice: 'Remove one of them.' }];
    }
    if (asked && row.default !== undefined) {
      const message = 'The row never fails: its `default` is always found.';
      return [warning('FLOW_NO_EFFECT', field, message, 'Remove one of the two.')];
    }
    if (asked && row.path !== undefined && method === 'HEAD') {
      const message = 'The webhook always fails: the answer to HEAD has no body, so this row finds nothing.';
      return [{ code: 'FLOW_ALWAYS_FAILS', path: field, message, advice: 'Use GET, or make the row optional.' }];
    }
    return [];
  });
}

/** A field name (RFC 9110 §5.1). `$` would be one of its characters; here it is a variable, which has no place in the name. */
function isAnswerHeader(name: string): boolean {
  return isHeaderName(name) && !name.includes('$');
}

/** Who wants the Authorization header: only one can have it. */
function credentialProblems({ auth, headers, sign }: ProfiledWebhook, requests?: RequestRules): WidgetProblem[] {
  const row = headers.findIndex(({ key }) => key.trim().toLowerCase() === 'authorization');
  const keyed = auth.type === 'apiKey' && auth.in === 'header' && auth.name.toLowerCase() === 'authorization';
  const fromAuth = keyed || auth.type === 'basic' || auth.type === 'bearer' || auth.type === 'oauth2';
  const problems: WidgetProblem[] = [];
  if (row >= 0 && fromAuth) {
    const message = 'The header replaces `auth`: the credentials of `auth` are not sent.';
    problems.push(warning('FLOW_CONFLICT', `headers[${row}]`, message, 'Remove one of the two.'));
  }
  const named = auth.type === 'credential' && requests?.takesAuthorization?.(auth.name) === true;
  const taken = row >= 0 ? `headers[${row}]` : fromAuth || named ? 'auth' : null;
  return taken === null ? problems : [...problems, ...signatureProblems(sign, taken, requests)];
}

/**
 * A token that finds Authorization taken (docs/behaviour.md#token-header).
 *
 * @param taken by what, a path
 */
function signatureProblems(sign: ProfiledWebhook['sign'], taken: string, requests?: RequestRules): WidgetProblem[] {
  const signer = sign === undefined ? requests?.siteToken : sign;
  if (typeof signer !== 'string' || requests?.signsInAuthorization?.(signer) === false) return [];
  const message = 'Authorization already has the credentials, so the signature goes into the second header of the signer.';
  const advice = 'Let the service read X-Webhook-Auth-Token, or the header that the signer names.';
  // Where the site signs, nothing of the flow names the signer.
  const whose = sign === undefined ? ` The site signs as ${signer}.` : '';
  return [warning('SIGNATURE_MOVED', sign === undefined ? taken : 'sign', `${message}${whose}`, advice)];
}

/** Methods that may be sent twice without harm (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<ProfiledWebhook['method']> = new Set<ProfiledWebhook['method']>([
  'GET',
  'HEAD',
  'OPTIONS',
  'OPTION',
  'PUT',
  'DELETE',
]);

function tryProblems({ method, retries, retryStatuses, fallbackUrl, idempotencyKey }: ProfiledWebhook): WidgetProblem[] {
  if (retryStatuses !== undefined && retries === 0 && fallbackUrl === undefined) {
    const unused = 'The statuses have no effect: the widget has neither `retries` nor `fallbackUrl`.';
    return [warning('FLOW_NO_EFFECT', 'retryStatuses', unused, 'Set `retries` or `fallbackUrl`, or remove `retryStatuses`.')];
  }
  if (retries === 0 || idempotencyKey !== false || IDEMPOTENT.has(method)) return [];
  const message = `The request is not repeated: a second ${method} could do the same work twice.`;
  const advice = 'Set `idempotencyKey` to true and have the service honour `Idempotency-Key`, or remove `retries`.';
  return [warning('FLOW_NO_EFFECT', 'retries', message, advice)];
}

/**
 * The flow has gone on (docs/behaviour.md#late-answers); what comes back is for late use, or for none. What nobody hears is told
 * with the fields of the wait.
 */
function idleFields({ wait, applyLate, mapping, saveStatusIn, statusExits }: ProfiledWebhook): WidgetProblem[] {
  if (wait) return [];
  const unused = [...(mapping.length > 0 ? ['mapping'] : []), ...(saveStatusIn === undefined ? [] : ['saveStatusIn'])];
  const message = (path: string): string => `\`${path}\` has no effect: with \`wait: false\` the flow goes on before the answer.`;
  const idle = (path: string, advice: string): WidgetProblem => warning('FLOW_NO_EFFECT', path, message(path), advice);
  return [
    ...(applyLate ? [] : unused).map((path) => idle(path, 'Remove it, or set wait or applyLate to true.')),
    ...(statusExits.length > 0 ? [idle('statusExits', 'Remove it, or set wait to true.')] : []),
  ];
}

/** What the webhook room knows of requests. */
function requestProblems(config: ProfiledWebhook, requests: RequestRules): WidgetProblem[] {
  const { auth } = config;
  const headers = [
    ...config.headers.map(({ key, value }, index) => ({ path: `headers[${index}]`, key, value })),
    ...(auth.type === 'apiKey' && auth.in === 'header' ? [{ path: 'auth.name', key: auth.name, value: auth.value }] : []),
  ].flatMap(({ path, key, value }): WidgetProblem[] => {
    const problem = requests.header(key, variablesIn(value).length === 0 ? value : null);
    return problem === null ? [] : [{ code: 'FLOW_BAD_HEADER', path, message: notSent(problem) }];
  });
  const paths = config.mapping.flatMap(({ path }, index): WidgetProblem[] => {
    if (path === undefined) return [];
    const problem = requests.path(path, config);
    const message = `The path “${path}” can find nothing: ${problem ?? ''}.`;
    return problem === null ? [] : [{ code: 'FLOW_BAD_PATH', path: `mapping[${index}].path`, message }];
  });
  return [...headers, ...paths, ...siteProblems(config, requests)];
}

/** What the site has not. Warnings: these belong to the machine, flows travel between machines. */
function siteProblems({ auth, sign, wait, answerLater }: ProfiledWebhook, requests: RequestRules): WidgetProblem[] {
  const credential = auth.type === 'credential' ? requests.credential?.(auth.name) : null;
  const signer = typeof sign === 'string' ? requests.signer?.(sign) : null;
  const later = wait && answerLater > 0 ? requests.answerLater?.() : null;
  const problems: WidgetProblem[] = [];
  if (typeof credential === 'string') problems.push(warning('CREDENTIAL_UNKNOWN', 'auth.name', notSent(credential)));
  if (typeof signer === 'string') problems.push(warning('SIGNER_UNKNOWN', 'sign', notSent(signer)));
  if (typeof later === 'string')
    problems.push(warning('FLOW_NO_LATER_ANSWER', 'answerLater', `No deferred answer can arrive: ${later}.`));
  return problems;
}

function notSent(why: string): string {
  return `The request would not be sent: ${why}.`;
}
