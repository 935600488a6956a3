import type { Response } from 'express';
import { portableJsonText } from '../../lib/json/json-text.js';
import { CODES, type Code } from '../../lib/codes.js';
import type { Problem } from '../../lib/problem.js';

/** What an operation answers. */
export type Reply =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly body: unknown;
      readonly etag?: string | undefined;
      readonly retryAfterS?: number;
    }
  | { readonly kind: 'text'; readonly status: number; readonly body: string; readonly contentType: string }
  /** 302 to another address. */
  | { readonly kind: 'redirect'; readonly url: string }
  /** A file below `root`, with ranges and conditional requests. */
  | { readonly kind: 'file'; readonly root: string; readonly name: string; readonly contentType: string };

/** A JSON answer; with the version of what it shows, for `If-Match`. */
export function json(body: unknown, status = 200, etag?: string): Reply {
  return { kind: 'json', status, body, etag };
}

/** Sends the client on to an http or https address. */
export function redirect(url: string): Reply {
  return { kind: 'redirect', url };
}

/** The one shape of every error: a stable code, what is wrong, and what to do. */
export interface ErrorBody {
  readonly error: { readonly code: Code; readonly message: string; readonly advice: string };
}

/** The error of a code; `message` where its general meaning says too little. */
export function errorBody(code: Code, message: string = CODES[code].meaning): ErrorBody {
  return { error: { code, message, advice: CODES[code].advice } };
}

/** The error of a code as an answer. */
export function failure(status: number, code: Code, message?: string): Reply {
  return json(errorBody(code, message), status);
}

/** 429 for an address with too many failed logins. */
export function throttled(message?: string): Reply {
  return { kind: 'json', status: 429, body: errorBody('API_THROTTLED', message), retryAfterS: 60 };
}

/** 503 for an address that has too many requests under way. */
export function tooManyConnections(): Reply {
  return { kind: 'json', status: 503, body: errorBody('API_TOO_MANY_CONNECTIONS'), retryAfterS: 5 };
}

/** Status of a refusal, by its code; what is not listed is unfit to be used. */
const REFUSAL_STATUS: Partial<Record<Code, number>> = {
  API_NOT_FOUND: 404,
  FLOW_BROKEN: 404,
  WEBHOOK_UNKNOWN: 404,
  WEBHOOK_NAME_TAKEN: 409,
  WEBHOOK_DEFAULT_NEEDED: 409,
  WEBHOOK_SERVICE_NEEDED: 409,
  FLOW_NO_DEFAULT_WEBHOOK: 409,
  WEBHOOK_VERSION: 412,
  WEBHOOK_TEST_LIMIT: 429,
  INTEGRATION_UNKNOWN: 404,
  INTEGRATION_CHAT_UNKNOWN: 404,
  INTEGRATION_ID_TAKEN: 409,
  INTEGRATION_TOO_MANY: 409,
  INTEGRATION_CONNECTION_TAKEN: 409,
  INTEGRATION_LINKED: 409,
  INTEGRATION_UNFINISHED: 409,
  INTEGRATION_INACTIVE: 409,
  INTEGRATION_CHAT_NOT_ANSWERED: 409,
  INTEGRATION_CHAT_ENDING: 409,
  INTEGRATION_VERSION: 412,
  INTEGRATION_QUEUE_FULL: 429,
  WEBHOOK_FILE_BUSY: 503,
  WEBHOOK_FILE_UNWRITABLE: 503,
};

/** The answer to a change or request that was refused, with its `problems` by place. */
export function refusal({
  code,
  message,
  problems,
}: {
  readonly code: Code;
  readonly message: string;
  readonly problems: readonly Problem[];
}): Reply {
  return json({ ...errorBody(code, message), problems }, REFUSAL_STATUS[code] ?? 422);
}

/** Sends a reply. A file that vanished meanwhile is a 404. */
export function send(response: Response, reply: Reply): void {
  switch (reply.kind) {
    case 'json':
      if (reply.etag !== undefined) response.set('ETag', `"${reply.etag}"`);
      if (reply.retryAfterS !== undefined) response.set('Retry-After', String(reply.retryAfterS));
      response.status(reply.status).type('json').send(portableJsonText(reply.body));
      return;
    case 'text':
      response.status(reply.status).type(reply.contentType).send(reply.body);
      return;
    case 'redirect':
      response.redirect(302, reply.url);
      return;
    case 'file':
      response.type(reply.contentType);
      response.sendFile(reply.name, { root: reply.root, dotfiles: 'deny', cacheControl: false }, (error?: Error) => {
        // Once headers are out the connection just ends, as it does when the client goes away.
        if (error && !response.headersSent) send(response, sendFailure(error));
      });
  }
}

function sendFailure(error: Error): Reply {
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 500;
  if (status === 404 || status === 403) return failure(404, 'API_NOT_FOUND', 'The recording no longer exists.');
  return status < 500 ? failure(status, 'API_BAD_REQUEST', error.message) : failure(500, 'API_FAILED');
}
