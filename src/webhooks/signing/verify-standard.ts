import { timingSafeEqual } from 'node:crypto';
import { freshCheck, type ReceiverOptions, unusedCheck, type VerificationResult, verdict } from './checks.js';
import { isMessageId, standardKey, standardSignature } from './standard.js';

/** The three headers of Standard Webhooks, null where one is missing, and the body byte for byte. */
export interface StandardRequest {
  readonly id: string | null;
  readonly timestamp: string | null;
  readonly signature: string | null;
  readonly body: string;
}

/** Verifies a request: one signature of those it carries must be by one of the secrets. Secrets that cannot be used do not count. */
export function verifyStandard(
  { id, timestamp, signature, body }: StandardRequest,
  receiver: ReceiverOptions & { readonly secrets: readonly string[] },
): VerificationResult {
  if (id === null || timestamp === null || signature === null) {
    return verdict([{ name: 'signed', passed: false, detail: 'webhook-id, webhook-timestamp or webhook-signature is missing' }]);
  }
  if (!isMessageId(id) || !/^\d{1,12}$/u.test(timestamp)) {
    return verdict([{ name: 'form', passed: false, detail: 'webhook-id or webhook-timestamp is malformed' }]);
  }
  const message = { id, timestamp: Number(timestamp), body };
  const keys = receiver.secrets.flatMap((secret) => {
    const key = standardKey(secret);
    return key.ok ? [key.value] : [];
  });
  const given = signature.split(' ').map((text) => Buffer.from(text));
  const by = keys.findIndex((key) => {
    const own = Buffer.from(standardSignature(message, key));
    return given.some((other) => other.length === own.length && timingSafeEqual(other, own));
  });
  if (by < 0) {
    const detail = keys.length === 0 ? 'no secret can be used' : 'it was made with another secret, or the request was changed';
    return verdict([{ name: 'signature', passed: false, detail }]);
  }
  const signed = { name: 'signature', passed: true, detail: by === 0 ? 'by the first secret' : `by secret ${by + 1}` } as const;
  const fresh = freshCheck(message.timestamp, receiver);
  return verdict(fresh.passed === false ? [signed, fresh] : [signed, fresh, unusedCheck(id, receiver)]);
}
