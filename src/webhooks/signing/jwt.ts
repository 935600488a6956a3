import { SignJWT } from 'jose';
import { err, ok, type Result } from '../../lib/result.js';
import { payloadHash, type PayloadRule, type SignedMessage } from './payload-hash.js';

/** Shortest key that HS256 should have, bytes (RFC 7518 §3.2); shorter ones are in use and work. */
export const JWT_KEY_BYTES = 32;

/** What a token says beside the payload. */
export interface TokenClaims {
  readonly issuer: string;
  readonly apiKey: string;
  readonly applicationId: string | null;
  /** UUID, another one for every request that is sent. */
  readonly jti: string;
  /** Wall-clock ms. */
  readonly now: number;
}

/**
 * A token for one request: HS256, no `exp` (docs/behaviour.md#token-claims). The error is a sentence part.
 *
 * @param secret the signature secret, used as UTF-8
 */
export async function signJwt(
  message: SignedMessage,
  payload: PayloadRule,
  claims: TokenClaims,
  secret: string,
): Promise<Result<string, string>> {
  if (secret === '') return err('the secret of the signer is empty');
  const token = new SignJWT({
    iat: Math.floor(claims.now / 1000),
    jti: claims.jti,
    iss: claims.issuer,
    payload_hash: payloadHash(message, payload),
    api_key: claims.apiKey,
    ...(claims.applicationId !== null && { application_id: claims.applicationId }),
  });
  return ok(await token.setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(secret)));
}
