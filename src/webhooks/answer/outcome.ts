import type { ExchangeResult } from '../../http/client.js';
import { bodyText } from '../../http/body-text.js';
import { isRedirect } from '../../http/redirect.js';
import { effectiveType, mapBody, type QueryXml } from './parse.js';
import type { RequestFailure } from '../../http/failures.js';
import type { ErrorReason, Failure, Mapped, StatusType, WebhookAnswer, WebhookCall } from '../../model/webhook.js';

/*
 * From what happened on the wire to the answer a flow sees: send, parse, map, as one function (docs/behaviour.md#widget-webhook).
 */

const STATUS_TYPES: readonly StatusType[] = ['INFORMATIONAL', 'SUCCESSFUL', 'REDIRECTION', 'CLIENT_ERROR', 'SERVER_ERROR'];

/** The class of a status code, by its first digit; codes above 599 count as server errors. */
export function statusTypeOf(status: number): StatusType {
  return STATUS_TYPES[Math.min(Math.max(Math.trunc(status / 100), 1), 5) - 1] ?? 'SERVER_ERROR';
}

const TRANSFER_REASONS: Readonly<Record<RequestFailure, ErrorReason>> = {
  timeout: 'TIMEOUT',
  connection: 'CONNECTION_FAILURE',
  tls: 'CONNECTION_FAILURE',
  'circuit-open': 'CONNECTION_FAILURE',
  authentication: 'AUTHENTICATION_FAILURE',
  refused: 'INVALID_REQUEST',
  'bad-request': 'INVALID_REQUEST',
  'bad-response': 'INVALID_RESPONSE',
};

/** Why the body of an answer cannot be used, in words. */
function problemOf(
  { maxResponseBytes }: WebhookCall,
  { problem, problemDetail = 'cannot be decoded' }: Extract<ExchangeResult, { kind: 'response' }>,
): string | null {
  if (problem === null) return null;
  return problem === 'too-large'
    ? `the answer is larger than the ${maxResponseBytes} bytes of maxResponseBytes`
    : `the answer ${problemDetail}`;
}

/** The reason a result stands for, before its body is looked at. */
export function reasonOf(result: ExchangeResult): ErrorReason {
  return result.kind === 'failed' ? TRANSFER_REASONS[result.failure] : statusTypeOf(result.status);
}

/** Seconds, two decimals. */
export function seconds(ms: number): number {
  return Math.round(ms / 10) / 100;
}

function unmapped(call: WebhookCall): readonly Mapped[] {
  return call.mapping.map(() => ({ found: false }));
}

/** The answer of a request that never left. */
export function notSent(call: WebhookCall, url: string, failure: Failure): WebhookAnswer {
  const nothing = { status: null, statusType: null, duration: 0, raw: null, attempts: 0 } as const;
  return { ...nothing, ...failure, mapped: unmapped(call), url };
}

/**
 * The answer of an exchange: status, text, mapped values, and why it failed if it did.
 *
 * @param call with the largest answer that was really taken
 */
export async function answerOf(
  call: WebhookCall,
  url: string,
  result: ExchangeResult,
  queryXml: QueryXml,
): Promise<WebhookAnswer> {
  const base = { duration: seconds(result.ms), url, attempts: result.attempts };
  if (result.kind === 'failed') {
    const reason = TRANSFER_REASONS[result.failure];
    return { ...base, status: null, statusType: null, raw: null, reason, detail: result.detail, mapped: unmapped(call) };
  }
  const contentType = result.headers.contentType();
  const raw = result.body === null ? null : bodyText(result.body, contentType);
  const statusType = statusTypeOf(result.status);
  const read = await readAnswer(call, result, raw, queryXml);
  const failure =
    statusType === 'SUCCESSFUL'
      ? bodyFailure(call, result, { ...read, why: raw === null ? ' (it has no body)' : plainTextNote(call, raw, contentType) })
      : statusFailure(call, result.status, statusType, result.note ?? whereTo(call, result) ?? problemOf(call, result));
  const { reason, detail } = failure ?? { reason: null, detail: null };
  return { ...base, status: result.status, statusType, raw, reason, detail, mapped: read.mapped };
}

interface ReadAnswer {
  readonly mapped: readonly Mapped[];
  /** Why the body could not be parsed, or null. */
  readonly problem: string | null;
}

type Response = Extract<ExchangeResult, { kind: 'response' }>;

/** Status and headers are there whatever the body is; a body is only parsed when rows ask for something in it. */
async function readAnswer(call: WebhookCall, result: Response, raw: string | null, queryXml: QueryXml): Promise<ReadAnswer> {
  const paths = call.mapping.flatMap((row) => ('path' in row ? [row.path] : []));
  const body =
    raw === null || paths.length === 0 ? null : await mapBody(raw, result.headers.contentType(), { ...call, paths }, queryXml);
  const found = (body?.ok === true ? body.value : []).values();
  const mapped = call.mapping.map((row): Mapped => {
    if ('path' in row) return found.next().value ?? { found: false };
    if ('status' in row) return { found: true, value: result.status };
    const value = result.headers.first(row.header);
    return value === null ? { found: false } : { found: true, value };
  });
  return { mapped, problem: body?.ok === false ? body.error : null };
}

/**
 * A 2xx can still fail: too large, unreadable, or something required missing (docs/behaviour.md#failure-with-a-good-status).
 *
 * @param read `why`: what the author should know when a path finds nothing, appended to the sentence; may be empty
 */
function bodyFailure(call: WebhookCall, result: Response, read: ReadAnswer & { readonly why: string }): Failure | null {
  const unusable = problemOf(call, result);
  if (unusable !== null) return { reason: 'INVALID_RESPONSE', detail: unusable };
  if (read.problem !== null) return { reason: 'INVALID_RESPONSE', detail: read.problem };
  const missing = call.mapping.filter((row, index) => row.required && read.mapped[index]?.found !== true);
  if (missing.length === 0) return null;
  const paths = missing.flatMap((row) => ('path' in row ? [row.path] : []));
  const headers = missing.flatMap((row) => ('header' in row ? [row.header] : []));
  const lacks = [
    ...(headers.length === 0 ? [] : [`no header ${headers.join(', ')}`]),
    ...(paths.length === 0 ? [] : [`no value at ${paths.join(', ')}${read.why}`]),
  ];
  return { reason: 'INVALID_RESPONSE_MAP', detail: `the answer has ${lacks.join(' and ')}` };
}

/** JSON that a server calls text or HTML looks right to its author and has nothing in it to find. */
function plainTextNote({ responseType }: WebhookCall, raw: string, contentType: string): string {
  if (responseType !== 'auto' || effectiveType(raw, contentType, responseType) !== 'text') return '';
  return '; its Content-Type names neither JSON nor XML, so it was read as plain text: set responseType';
}

/** The way out, for an author whose service sends on. */
function whereTo(call: WebhookCall, { status, headers }: Extract<ExchangeResult, { kind: 'response' }>): string | null {
  return call.redirects === 0 && isRedirect(status, headers)
    ? 'it sends on to another address: set redirects to follow it'
    : null;
}

/** The status class is the reason; refused credentials have their own (docs/behaviour.md#error-reasons). */
function statusFailure(call: WebhookCall, status: number, statusType: StatusType, note: string | null): Failure {
  const detail = `the server answered ${status}${note === null ? '' : `; ${note}`}`;
  const login = (status === 401 || status === 407) && call.auth.type !== 'none';
  return { reason: login ? 'AUTHENTICATION_FAILURE' : statusType, detail };
}
