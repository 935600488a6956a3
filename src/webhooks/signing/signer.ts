import type { PayloadRule } from './payload-hash.js';

/*
 * How the site signs what it sends, by name (`signers` of `credentials.json`). Secrets stand in it by name: `$secret.NAME`.
 */

/** HS256 JWT (docs/behaviour.md#token-claims). */
export interface JwtSigner {
  readonly type: 'jwt';
  /** Claim `api_key`: by it the receiver picks the secret. */
  readonly apiKey: string;
  readonly applicationId: string | null;
  /** Claim `iss`. */
  readonly issuer: string;
  /** The first one signs; the others are still good when verifying, while receivers change over. */
  readonly secrets: readonly string[];
  /** Where the token goes when something else has `Authorization` (docs/behaviour.md#token-header). */
  readonly header: string;
  readonly payload: PayloadRule;
}

/** Standard Webhooks, symmetric (`v1`). */
export interface StandardSigner {
  readonly type: 'standard';
  /** `whsec_` and 24 to 64 bytes in base64. */
  readonly secret: string;
  /** Former secrets: requests carry a signature by each, so that receivers can change over. */
  readonly previous: readonly string[];
}

export type Signer = JwtSigner | StandardSigner;
