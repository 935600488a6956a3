import { err, ok, type Result } from '../../lib/result.js';
import type { SecretReader } from '../ports.js';
import { reveal, secretParts } from '../secrets/secrets.js';
import { signJwt } from './jwt.js';
import type { SignedMessage } from './payload-hash.js';
import type { JwtSigner, Signer, StandardSigner } from './signer.js';
import { isMessageId, standardKey, standardSignature } from './standard.js';

/** What one signature needs beside the request. */
export interface SigningContext {
  /** Gives the secrets of the signer. */
  readonly secrets: SecretReader;
  /** Wall-clock ms. */
  readonly now: number;
  readonly uuid: () => string;
}

type Headers = readonly (readonly [string, string])[];

/** What is signed of a request. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | null;
}

/** The headers that sign a request, to be added to its own. The error is a sentence part. */
export function signatureHeaders(
  signer: Signer,
  request: SignedRequest,
  context: SigningContext,
): Promise<Result<Headers, string>> | Result<Headers, string> {
  return signer.type === 'jwt' ? jwtHeader(signer, request, context) : standardHeaders(signer, request, context);
}

/**
 * `Authorization` when it is free, else the signer's other header; never over one that is there (docs/behaviour.md#token-header).
 */
async function jwtHeader(signer: JwtSigner, request: SignedRequest, context: SigningContext): Promise<Result<Headers, string>> {
  const secret = reveal(secretParts(signer.secrets[0] ?? ''), context.secrets);
  if (!secret.ok) return secret;
  const taken = headerOf(request, 'authorization') !== null;
  if (taken && headerOf(request, signer.header) !== null) {
    return err(`the headers authorization and ${signer.header} are both set; the signature has no place`);
  }
  const { issuer, apiKey, applicationId, payload } = signer;
  const claims = { issuer, apiKey, applicationId, jti: context.uuid(), now: context.now };
  const token = await signJwt(messageOf(request), payload, claims, secret.value.text);
  if (!token.ok) return token;
  return ok([taken ? [signer.header, token.value] : ['authorization', `Bearer ${token.value}`]]);
}

/** Id and time are those the message has already, so that every attempt carries the same id; else new ones. */
function standardHeaders(signer: StandardSigner, request: SignedRequest, context: SigningContext): Result<Headers, string> {
  if (headerOf(request, 'webhook-signature') !== null)
    return err('the header webhook-signature is set by the signature; remove it');
  const dated = headerOf(request, 'webhook-timestamp');
  if (dated !== null && !/^\d{1,12}$/u.test(dated)) return err('the header webhook-timestamp is no time in seconds');
  const given = headerOf(request, 'webhook-id');
  if (given !== null && !isMessageId(given)) return err('the header webhook-id is no id that can be signed');
  const key = headerOf(request, 'idempotency-key');
  const id = given ?? (key !== null && isMessageId(key) ? key : context.uuid());
  const timestamp = dated === null ? Math.floor(context.now / 1000) : Number(dated);
  const signatures: string[] = [];
  for (const template of [signer.secret, ...signer.previous]) {
    const secret = reveal(secretParts(template), context.secrets);
    if (!secret.ok) return secret;
    const bytes = standardKey(secret.value.text);
    if (!bytes.ok) return err(`a secret of the signer cannot be used: ${bytes.error}`);
    signatures.push(standardSignature({ id, timestamp, body: request.body ?? '' }, bytes.value));
  }
  return ok([
    ...(given === null ? [['webhook-id', id] as const] : []),
    ...(dated === null ? [['webhook-timestamp', String(timestamp)] as const] : []),
    ['webhook-signature', signatures.join(' ')],
  ]);
}

function messageOf(request: SignedRequest): SignedMessage {
  return {
    method: request.method,
    url: request.url,
    contentType: headerOf(request, 'content-type') ?? '',
    body: request.body,
  };
}

function headerOf({ headers }: SignedRequest, name: string): string | null {
  return headers.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1] ?? null;
}
