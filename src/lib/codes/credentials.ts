/** Codes of credentials and signers; part of `CODES`. */
export const CREDENTIALS_CODES = {
  CREDENTIAL_CERTIFICATE: {
    meaning: 'A client certificate of credentials.json cannot be read, or its key does not fit.',
    advice:
      'Name files below the configuration folder, or secrets, that hold the certificate and its key in PEM; `passphrase` opens a key that is encrypted.',
  },
  CREDENTIAL_CERTIFICATE_EXPIRED: {
    meaning: 'A client certificate of credentials.json has expired.',
    advice: 'Replace it; servers refuse it.',
  },
  CREDENTIAL_PLAIN_SECRET: {
    meaning: 'A credential or signer has its secret in the file.',
    advice: 'Write $secret.NAME and set the secret in the environment or the secrets file.',
  },
  CREDENTIAL_URL_REFUSED: {
    meaning: 'The token URL of a credential is not one that may be called.',
    advice: 'Use a public https address, or allow it with `allowHttp`, `allowHosts` or `allowNetworks` in the configuration.',
  },
  CREDENTIAL_UNKNOWN: {
    meaning: 'A credential is named that credentials.json does not have.',
    advice: 'Correct the name, or add it under `credentials` in credentials.json.',
  },
  SIGNER_UNKNOWN: {
    meaning: 'A signer is named that credentials.json does not have.',
    advice: 'Correct the name, or add it under `signers` in credentials.json.',
  },
  SIGNER_SECRET_INVALID: {
    meaning: 'The secret of a signer cannot be used to sign.',
    advice: 'A Standard Webhooks secret is `whsec_` and 24 to 64 random bytes in base64; no secret is empty.',
  },
  SIGNER_SECRET_SHORT: {
    meaning: 'The secret of a JWT signer is shorter than the 32 bytes HS256 asks for (RFC 7518 §3.2); it can be guessed sooner.',
    advice: 'Use at least 32 random characters, if the receiver lets you choose.',
  },
  SIGNATURE_MOVED: {
    meaning: 'A signed request has `Authorization` for something else, so its token goes to the second header of the signer.',
    advice: 'Let the receiver look there, `X-Webhook-Auth-Token` unless the signer says otherwise; or turn one of the two off.',
  },
} as const;
