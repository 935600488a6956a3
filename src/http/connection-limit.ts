import type { Socket } from 'node:net';
import { errors } from 'undici';
import { Framing } from './framing.js';

/** Everything of one response: a body of the largest size that is ever taken, in chunks of few bytes. */
const MAX_BYTES = 8_388_608;

/** An answer whose head breaks the rules of HTTP/1.1; the message is a sentence part. */
export class MalformedResponse extends Error {
  override readonly name = 'BrokenHead';
}

/** A connection whose responses are limited. */
export interface LimitedConnection {
  /**
   * True when the connection had carried a response before, and nothing of the response to the last request has come: the server had
   * closed the idle connection.
   */
  readonly stale: () => boolean;
}

/**
 * Checks each response on a connection against the rules of framing and the limits of size. A response that breaks them ends the
 * connection, with undici's error where it has one.
 *
 * @param maxHeaderBytes as {@link Framing} counts them
 */
export function limitConnection(socket: Socket, maxHeaderBytes: number): LimitedConnection {
  const framing = new Framing(maxHeaderBytes);
  let requests = -1;
  let total = 0;
  /** Bytes that the parser gave back: they come again. */
  let seen = 0;
  let used = false;
  const accepts = (chunk: Buffer): boolean => {
    // Changes with every request sent on this connection, one at a time: a new response follows.
    if (socket.bytesWritten !== requests) {
      requests = socket.bytesWritten;
      used ||= total > 0;
      total = seen = 0;
      framing.begin();
    }
    const fresh = chunk.subarray(seen);
    seen = Math.max(0, seen - chunk.length);
    total += fresh.length;
    return total <= MAX_BYTES && framing.accepts(fresh) && framing.mistake === null;
  };
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    if (!(chunk instanceof Buffer) || accepts(chunk)) return chunk;
    const { mistake } = framing;
    socket.destroy(mistake === null ? new errors.HeadersOverflowError() : new MalformedResponse(mistake));
    return null;
  };
  const unshift = socket.unshift.bind(socket);
  socket.unshift = (chunk: Buffer, encoding?: BufferEncoding): void => {
    seen += chunk.length;
    unshift(chunk, encoding);
  };
  return {
    stale() {
      const silent = socket.bytesWritten !== requests || total === 0;
      return silent && (used || total > 0);
    },
  };
}
