import type { Signer } from '../signing/signer.js';
import type { Credential } from './credential.js';

/** What the site knows of credentials and signers (`credentials.json`). */
export interface Identity {
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly signers: ReadonlyMap<string, Signer>;
  /** Signer of requests that name none and do not turn it off; null: they are not signed. */
  readonly defaultSigner: string | null;
}

/** A site without any. */
export const NO_IDENTITY: Identity = { credentials: new Map(), signers: new Map(), defaultSigner: null };
