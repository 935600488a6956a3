import type { WebhookAuth } from '../../model/webhook.js';
import type { ClientCertificate } from '../../http/client-certificate.js';

/** A credential of the site, ready for use: an authentication that needs no further look-up, a certificate, or both. */
export interface Credential {
  readonly auth: Exclude<WebhookAuth, { readonly type: 'credential' }>;
  readonly certificate: ClientCertificate | null;
}
