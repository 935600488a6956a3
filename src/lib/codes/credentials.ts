/** Codes of credentials and signers; part of `CODES`. */
export const CREDENTIALS_CODES = {
  CREDENTIAL_CERTIFICATE: {
    meaning: 'A client certificate of credentials.json cannot be read, or its key does not belong to it.',
    advice:
      'Name files below the configuration folder, or secrets, that hold the certificate and its key in PEM. If the key is encrypted, give its `passphrase`.',
  },
  CREDENTIAL_CERTIFICATE_EXPIRED: {
    meaning: 'A client certificate of credentials.json has expired.',
    advice: 'Replace the certificate: servers refuse an expired one.',
  },
  CREDENTIAL_PLAIN_SECRET: {
    meaning: 'The file contains the secret of a credential or signer in plain text.',
    advice: 'Write $secret.NAME instead, and set the secret in the environment or the secrets file.',
  },
  CREDENTIAL_URL_REFUSED: {
    meaning: 'The configuration does not allow the token URL of a credential.',
    advice: 'Use a public https address, or allow it with `allowHttp`, `allowHosts` or `allowNetworks` in the configuration.',
  },
  CREDENTIAL_UNKNOWN: {
    meaning: 'The name of a credential is not in credentials.json.',
    advice: 'Correct the name, or add it under `credentials` in credentials.json.',
  },
  SIGNER_UNKNOWN: {
    meaning: 'The name of a signer is not in credentials.json.',
    advice: 'Correct the name, or add it under `signers` in credentials.json.',
  },
  SIGNER_SECRET_INVALID: {
    meaning: 'The secret of a signer cannot sign: it is empty or has the wrong form.',
    advice: 'Set a secret that is not empty. A Standard Webhooks secret is `whsec_` and 24 to 64 random bytes in base64.',
  },
  SIGNER_SECRET_SHORT: {
    meaning:
      'The secret of a JWT signer is shorter than the 32 bytes that HS256 requires (RFC 7518 §3.2). A short secret is easier to guess.',
    advice: 'Use at least 32 random characters, if the receiver allows it.',
  },
  SIGNATURE_MOVED: {
    meaning:
      'A signed request already uses `Authorization` for something else, so its token goes into the second header of the signer.',
    advice:
      'Let the receiver read the token from that header (`X-Webhook-Auth-Token` unless the signer names another), or remove the signer or the other `Authorization`.',
  },
} as const;
