import { createHmac } from 'node:crypto';
import { err, ok, type Result } from '../../lib/result.js';

/*
 * Standard Webhooks, symmetric signatures: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.
 */

const PREFIX = 'whsec_';
/** The range the specification names, bytes. */
const KEY_BYTES = { min: 24, max: 64 } as const;

/** The key of a secret such as `whsec_…`; the prefix may be missing. The error is a sentence part without the secret. */
export function standardKey(secret: string): Result<Buffer, string> {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(text)) return err('it is not `whsec_` and base64');
  const key = Buffer.from(text, 'base64');
  return key.length < KEY_BYTES.min || key.length > KEY_BYTES.max
    ? err(`it has ${key.length} bytes; ${KEY_BYTES.min} to ${KEY_BYTES.max} are allowed`)
    : ok(key);
}

/** What is signed beside the body. */
export interface StandardMessage {
  /** The same for every attempt to deliver one message; without a full stop, which separates the parts. */
  readonly id: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/** One signature, with its version. */
export function standardSignature({ id, timestamp, body }: StandardMessage, key: Buffer): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')}`;
}

/** True for what can be a message's id: printable, in one piece, without a full stop. */
export function isMessageId(text: string): boolean {
  return /^[\u0021-\u002d\u002f-\u007e]{1,256}$/u.test(text);
}
