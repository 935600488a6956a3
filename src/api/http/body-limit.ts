import type { RequestHandler } from 'express';
import { failure, send } from './reply.js';

/**
 * Answers a body that is larger than it may be with 413 as soon as that is known, and closes the connection. Stands before the body
 * parsers, which hold to the same size, and yet read on to the end before they say so: an endless body has none.
 *
 * @param maxBytes as they come, encoding not undone
 */
export function bodyLimit(maxBytes: number): RequestHandler {
  return (request, response, next) => {
    const refuse = (): void => {
      response.set('Connection', 'close');
      send(response, failure(413, 'API_TOO_LARGE'));
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      refuse();
      return;
    }
    let taken = 0;
    request.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      if (taken > maxBytes && !response.headersSent) refuse();
    });
    next();
  };
}
