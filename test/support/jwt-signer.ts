import type { JwtSigner } from '../../src/webhooks/signing/signer.js';

/** A signer whose secret is `$secret.sig`, every other field as the file's defaults make it. */
export const JWT_SIGNER: JwtSigner = {
  type: 'jwt',
  apiKey: 'abc',
  applicationId: null,
  issuer: 'Offhook',
  secrets: ['$secret.sig'],
  header: 'X-Webhook-Auth-Token',
  payload: 'body',
};
