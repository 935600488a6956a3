import { timingSafeEqual } from 'node:crypto';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { type Check, freshCheck, type ReceiverOptions, unusedCheck, type VerificationResult, verdict } from './checks.js';
import { payloadHash, type PayloadRule, type SignedMessage } from './payload-hash.js';

/** A request with a token, as a receiver has it. */
export interface JwtRequest extends SignedMessage {
  /** The token, or the header's whole value (`Bearer …`); null when there is none. */
  readonly token: string | null;
}

export interface JwtReceiver extends ReceiverOptions {
  /** Secrets that are good now, by the claim `api_key`; several while one replaces another. */
  readonly secretsOf: (apiKey: string) => readonly string[];
  /** Null: `payload_hash` is not compared; it is needed only where the link is not TLS. */
  readonly payload: PayloadRule | null;
}

/** Claims of a token (docs/behaviour.md#token-claims); what else stands in it is not looked at. */
const claimsSchema = z.object({
  iat: z.number(),
  jti: z.string().min(1).max(256),
  iss: z.string(),
  payload_hash: z.string(),
  api_key: z.string(),
});

/**
 * Verifies a request in this order (docs/behaviour.md#verification-order): the secret by `api_key`, the signature, then age,
 * repetition and payload. HS256 is the only algorithm taken, whatever the token says.
 */
export async function verifyJwt({ token: given, ...message }: JwtRequest, receiver: JwtReceiver): Promise<VerificationResult> {
  const token = given?.trim().replace(/^Bearer(?:\s+|$)/iu, '') ?? '';
  if (token === '') return verdict([{ name: 'signed', passed: false, detail: 'there is no token' }]);
  const form = readForm(token);
  if (form === null) return verdict([{ name: 'form', passed: false, detail: 'it is not a JWT with the claim api_key' }]);
  const checks: Check[] = [{ name: 'algorithm', passed: form.algorithm === 'HS256', detail: `it says ${form.algorithm}` }];
  if (form.algorithm !== 'HS256') return verdict(checks);
  const signature = await checkSignature(token, receiver.secretsOf(form.apiKey));
  checks.push(signature);
  if (signature.passed !== true) return verdict(checks);
  const claims = claimsSchema.safeParse(form.payload);
  if (!claims.success) {
    const missing = claims.error.issues.map(({ path }) => path.join('.')).join(', ');
    return verdict([...checks, { name: 'claims', passed: false, detail: `wrong or missing: ${missing}` }]);
  }
  checks.push(freshCheck(claims.data.iat, receiver), payloadCheck(claims.data.payload_hash, message, receiver.payload));
  if (checks.every(({ passed }) => passed !== false)) checks.push(unusedCheck(claims.data.jti, receiver));
  return verdict(checks);
}

interface TokenForm {
  readonly algorithm: string;
  readonly apiKey: string;
  readonly payload: unknown;
}

/** What a token says of itself; nothing of it is to be believed yet. */
function readForm(token: string): TokenForm | null {
  try {
    const header = decodeProtectedHeader(token);
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const apiKey = z.object({ api_key: z.string() }).safeParse(payload);
    return apiKey.success ? { algorithm: header.alg ?? 'nothing', apiKey: apiKey.data.api_key, payload } : null;
  } catch {
    return null;
  }
}

async function checkSignature(token: string, secrets: readonly string[]): Promise<Check> {
  const usable = secrets.filter((secret) => secret !== '');
  if (usable.length === 0) return { name: 'signature', passed: false, detail: 'there is no secret for this api_key' };
  for (const [i, secret] of usable.entries()) {
    if (!(await matches(token, secret))) continue;
    return { name: 'signature', passed: true, detail: i === 0 ? 'by the first secret' : `by secret ${i + 1}` };
  }
  return { name: 'signature', passed: false, detail: 'it was made with another secret, or the token was changed' };
}

async function matches(token: string, secret: string): Promise<boolean> {
  try {
    await compactVerify(token, new TextEncoder().encode(secret), { algorithms: ['HS256'] });
    return true;
  } catch {
    return false;
  }
}

function payloadCheck(claimed: string, message: SignedMessage, rule: PayloadRule | null): Check {
  if (rule === null) return { name: 'payload', passed: null, detail: 'payload_hash is not compared' };
  const own = Buffer.from(payloadHash(message, rule));
  const theirs = Buffer.from(claimed);
  const same = own.length === theirs.length && timingSafeEqual(own, theirs);
  return { name: 'payload', passed: same, detail: same ? 'payload_hash fits' : 'payload_hash is of something else' };
}
