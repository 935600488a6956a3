import type { Response } from 'express';
import { CODES, type Code } from '../lib/codes.js';

/** What an operation answers. */
export type Reply =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'text'; readonly status: number; readonly body: string; readonly contentType: string }
  /** A file below `root`, with ranges and conditional requests. */
  | { readonly kind: 'file'; readonly root: string; readonly name: string; readonly contentType: string };

/** A JSON answer. */
export function json(body: unknown, status = 200): Reply {
  return { kind: 'json', status, body };
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

/** Sends a reply. A file that vanished meanwhile is a 404. */
export function send(response: Response, reply: Reply): void {
  switch (reply.kind) {
    case 'json':
      response.status(reply.status).json(reply.body);
      return;
    case 'text':
      response.status(reply.status).type(reply.contentType).send(reply.body);
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
  if (status === 404 || status === 403) return failure(404, 'API_NOT_FOUND', 'The recording is not there any more.');
  return status < 500 ? failure(status, 'API_BAD_REQUEST', error.message) : failure(500, 'API_FAILED');
}
