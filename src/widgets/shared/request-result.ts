import type { Json } from '../../lib/json/json.js';
import type { ErrorReason, WebhookAnswer } from '../../model/webhook.js';
import type { WidgetContext } from '../../flow/widget.js';

/*
 * What a widget that asks a service leaves behind: its result variables (docs/behaviour.md#result-variables) and its exit
 * (docs/behaviour.md#which-exit).
 */

/** The result variables, without the namespace. */
const RESULT_NAMES = [
  'response_status',
  'response_status_code',
  'response_status_type',
  'response_duration',
  'response_raw',
  'response_error',
  'error_reason',
] as const;

type ResultName = (typeof RESULT_NAMES)[number];

/** The variables that every run of a webhook clears and writes. */
export const RESULT_VARIABLES = RESULT_NAMES.map((name) => `$flow.key.${name}`);

/** Fields of `$widget.<id>.*`. */
export const WIDGET_RESULTS: readonly string[] = [...RESULT_NAMES, 'error_detail', 'attempts', 'later', 'fallback'];

/** An answer as the flow sees it, or its stand-in when no request was made. */
export type Outcome = Pick<WebhookAnswer, 'status' | 'statusType' | 'duration' | 'raw' | 'detail' | 'later' | 'fallback'> & {
  /** Null when nobody can tell: the wait was left with a request under way. */
  readonly attempts: number | null;
  /** `ABORTED`: the caller left the wait. */
  readonly reason: ErrorReason | 'ABORTED' | null;
  /** Stable code of a function's failure; absent for webhooks. */
  readonly code?: string | null;
};

/** The outcome of a request that is not made because of where it would go. */
export function refusedRequest(why: string): Outcome {
  const nothing = { status: null, statusType: null, duration: 0, raw: null, attempts: 0 } as const;
  return { ...nothing, reason: 'INVALID_REQUEST', detail: `not sent: ${why}` };
}

/** The outcome of a request that could not be made for lack of variables. */
export function missingVariables(names: readonly string[]): Outcome {
  const detail = `no value for ${names.join(', ')}`;
  const nothing = { status: null, statusType: null, duration: 0, raw: null, attempts: 0 } as const;
  return { ...nothing, reason: 'INVALID_FLOW_VAR', detail };
}

/** The outcome of a wait that the caller left. */
export function givenUp({ key, ms }: { readonly key: string; readonly ms: number }): Outcome {
  const nothing = { status: null, statusType: null, duration: Math.round(ms / 10) / 100, raw: null, attempts: null } as const;
  return { ...nothing, reason: 'ABORTED', detail: `the caller pressed ${key} and waited no longer` };
}

/** Where a widget keeps the status, if it does. */
interface StatusField {
  readonly saveStatusIn?: string | undefined;
}

/** Stores the status, if one came (docs/behaviour.md#saved-status). */
export function saveStatus({ status }: Outcome, { saveStatusIn }: StatusField, { vars }: WidgetContext): void {
  if (saveStatusIn !== undefined && status !== null) vars.set(saveStatusIn, status);
}

/** Forgets what an earlier run left (docs/behaviour.md#stale-results). */
export function clearResults(config: StatusField, { vars }: WidgetContext): void {
  for (const name of RESULT_VARIABLES) vars.clear(name);
  if (config.saveStatusIn !== undefined) vars.clear(config.saveStatusIn);
}

/**
 * Writes the result variables, on failure too, under the names every webhook shares and under `$widget.<id>.*`
 * (docs/behaviour.md#results-by-widget).
 *
 * @param masked masked digits went out with the request: the raw answer may repeat them
 */
export function writeResults(outcome: Outcome, config: StatusField, context: WidgetContext, masked: boolean): void {
  const failed = outcome.reason !== null;
  const values: Record<ResultName, Json> = {
    response_status: failed ? 'FAILED' : 'SUCCESS',
    response_status_code: outcome.status,
    response_status_type: outcome.statusType,
    response_duration: outcome.duration,
    response_raw: outcome.raw,
    response_error: failed,
    error_reason: outcome.reason,
  };
  for (const name of RESULT_NAMES) {
    if (name === 'error_reason' && !failed) continue;
    context.vars.set(`$flow.key.${name}`, values[name], { masked: masked && name === 'response_raw' });
  }
  saveStatus(outcome, config, context);
  const { reason: error, detail: error_detail, attempts, later = false, fallback = false, code } = outcome;
  context.result(
    { ...values, ...(error !== null && { error }), error_detail, attempts, later, fallback, ...(code !== undefined && { code }) },
    { masked },
  );
}

/** Reasons that stand for a status the server sent, so that a status exit may take them. */
const BY_STATUS: ReadonlySet<Outcome['reason']> = new Set<ErrorReason>([
  'INFORMATIONAL',
  'REDIRECTION',
  'CLIENT_ERROR',
  'SERVER_ERROR',
  'AUTHENTICATION_FAILURE',
]);

/** The exact code, then its class, then success for 2xx, then timeout or failed (docs/behaviour.md#which-exit). */
function exitOf(outcome: Outcome, wired: readonly string[]): string {
  const { status, reason } = outcome;
  if (status !== null && (reason === null || BY_STATUS.has(reason))) {
    const match = [String(status), `${Math.trunc(status / 100)}xx`].find((name) => wired.includes(name));
    if (match !== undefined) return match;
  }
  if (reason === null) return 'success';
  return reason === 'TIMEOUT' ? 'timeout' : 'failed';
}

/**
 * The exit of an outcome. A failure goes to the log too: the operator should see it, whatever the flow does with it. A status
 * with an exit of its own is none.
 *
 * @param masked masked digits went out with the request: the sentence may quote an answer that repeats them
 */
export function leaveBy(outcome: Outcome, { wired, log }: Pick<WidgetContext, 'wired' | 'log'>, masked: boolean): string {
  const exit = exitOf(outcome, wired);
  if (exit === 'failed' || exit === 'timeout') {
    const { status, reason, detail } = outcome;
    log.warn({ exit, status, reason, ...(!masked && { detail }) }, 'no usable answer');
  }
  return exit;
}
