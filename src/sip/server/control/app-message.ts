import { err, ok, type Result } from '../../../lib/result.js';
import { header, LIMITS, splitMessage, type SipHeader, type SipMessage } from '../message/message.js';

/** Headers that are the server's alone; what an application writes there is not sent. */
const OURS = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Record-Route', 'Content-Length', 'RSeq']);

const SDP_START = Buffer.from('v=0');

/** A SIP message as an application wrote it. */
export interface AppMessage {
  readonly message: SipMessage;
  /** Its headers that may go on the wire as they are, Content-Type completed. */
  readonly headers: readonly SipHeader[];
  readonly body: Buffer;
}

/**
 * Reads and checks what an application wants sent. Its head may lack nearly everything; its Content-Length counts characters and is
 * believed only as a seal: when it is missing or does not fit the body, a line end in a header value has cut the message in two.
 * The error is a sentence for the application.
 */
export function parseAppMessage(sip: Buffer): Result<AppMessage, string> {
  const { message, rest, contentLength, problem } = splitMessage(sip);
  if (message === null) return err('not a SIP message');
  if (problem !== null) return err(`malformed SIP message: ${problem.reason}`);
  if (rest.length > LIMITS.body) return err('the body is too large');
  if (contentLength !== rest.length && contentLength !== rest.toString('utf8').length) {
    return err('Content-Length does not fit the body: a header value holds a line end');
  }
  if (message.headers.some(({ value }) => value.includes('\0'))) return err('a header value holds a NUL');
  const headers = message.headers.filter(({ name }) => !OURS.has(name));
  if (rest.length > 0 && header(message, 'Content-Type') === null) {
    if (!rest.subarray(0, 3).equals(SDP_START)) return err('missing content-type');
    headers.push({ name: 'Content-Type', value: 'application/sdp' });
  }
  return ok({ message, headers, body: rest });
}
