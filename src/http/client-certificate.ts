import { createHash, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { err, ok, type Result } from '../lib/result.js';

/** A certificate that a client shows on every connection (mutual TLS, RFC 8446 §4.4.2), and the authorities it trusts besides. */
export interface ClientCertificate {
  /** Connections are shared by requests of one id only. */
  readonly id: string;
  /** PEM, the chain below the own certificate included. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  readonly passphrase?: string;
  /** PEM; authorities of the server, beside the usual ones. */
  readonly ca?: string;
  /** Wall-clock ms of its last moment. */
  readonly validUntil: number;
}

/** Certificate and key as texts in PEM. The error is a sentence without any of them. */
export function clientCertificate(
  pem: Pick<ClientCertificate, 'cert' | 'key' | 'passphrase' | 'ca'>,
): Result<ClientCertificate, string> {
  try {
    createSecureContext({ ...pem });
    const validUntil = Date.parse(new X509Certificate(pem.cert).validTo);
    const id = createHash('sha256')
      .update(JSON.stringify([pem.cert, pem.key, pem.ca ?? '']))
      .digest('hex');
    return ok({ ...pem, id, validUntil });
  } catch (error) {
    return err(reasonOf(error));
  }
}

/** OpenSSL's own words, which name no value, e.g. `key values mismatch`. */
function reasonOf(error: unknown): string {
  const words = error instanceof Error ? (error as Error & { reason?: string }).reason : undefined;
  return words ?? 'they are not a certificate and its key in PEM';
}
