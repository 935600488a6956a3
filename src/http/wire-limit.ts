import type { Socket } from 'node:net';
import { errors } from 'undici';
import { Framing } from './framing.js';

/** Everything of one response: a body of the largest size that is ever taken, in chunks of few bytes. */
const MAX_BYTES = 8_388_608;

/** An answer whose head breaks the rules of HTTP/1.1; the message is a sentence part. */
export class BrokenHead extends Error {
  override readonly name = 'BrokenHead';
}

/** What has come over a connection. */
export interface Wire {
  /**
   * True when the connection had carried an answer before, and of an answer to the last request nothing has come: so ends one that the
   * server had closed in the meantime.
   */
  readonly stale: () => boolean;
}

/**
 * Holds every response on a connection to the rules of framing and the limits of size; one that breaks them ends the connection, with
 * undici's error where it has one.
 *
 * @param maxHeaderBytes as {@link Framing} counts them
 */
export function limitWire(socket: Socket, maxHeaderBytes: number): Wire {
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
    socket.destroy(mistake === null ? new errors.HeadersOverflowError() : new BrokenHead(mistake));
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
