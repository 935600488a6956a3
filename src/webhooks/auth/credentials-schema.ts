import { z } from 'zod';
import { AUTH_KINDS } from './configured-auth.js';
import { headerProblem } from '../../http/headers.js';

/*
 * `config/credentials.json`: how this site proves who it is, by name, kept out of flow files. Secrets stand in it by name only.
 */

const name = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/u, 'a name has 1 to 64 letters, digits, `_`, `-` or `.`');
const secret = z.string().min(1).max(4096);
const pem = z.string().min(1).max(65_536);

const mtls = z.strictObject({
  type: z.literal('mtls'),
  cert: pem.describe('Certificate in PEM with its chain: a file below the configuration folder, or `$secret.NAME`.'),
  key: pem.describe('Its key in PEM: a file below the configuration folder, or `$secret.NAME`.'),
  passphrase: secret.optional().describe('Of the key; usually `$secret.NAME`.'),
  ca: pem.optional().describe('Authorities the server is trusted by, beside the usual ones, in PEM: a file or `$secret.NAME`.'),
  auth: z.discriminatedUnion('type', AUTH_KINDS).optional().describe('What else proves who asks.'),
});

const headerName = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => headerProblem(text, '') === null, 'must be the name of a header that may be set');

const jwt = z.strictObject({
  type: z.literal('jwt'),
  apiKey: z.string().min(1).max(200).describe('Claim `api_key`: by it the receiver picks the secret.'),
  applicationId: z.string().min(1).max(200).nullable().default(null).describe('Claim `application_id`.'),
  issuer: z.string().min(1).max(200).default('Offhook').describe('Claim `iss`; `Vonage` for receivers that insist on it.'),
  secrets: z
    .array(secret)
    .min(1)
    .max(5)
    .describe('The first one signs. The others still verify, while receivers change over. Each usually `$secret.NAME`.'),
  header: headerName.default('X-Webhook-Auth-Token').describe('Where the token goes when something else has `Authorization`.'),
  payload: z
    .enum(['body', 'merge'])
    .default('body')
    .describe('What `payload_hash` covers when there is a body: the body alone, or query and body in one object.'),
});

const standard = z.strictObject({
  type: z.literal('standard'),
  secret: secret.describe('`whsec_` and 24 to 64 bytes in base64; usually `$secret.NAME`.'),
  previous: z.array(secret).max(4).default([]).describe('Former secrets: requests carry a signature by each of them too.'),
});

/** The whole file. */
export const credentialsFileSchema = z
  .strictObject({
    $schema: z.string().optional().describe('For editors.'),
    credentials: z
      .record(name, z.discriminatedUnion('type', [...AUTH_KINDS, mtls]))
      .refine((all) => Object.keys(all).length <= 100, 'at most 100 credentials')
      .default({})
      .describe('By name, for `auth: { "type": "credential", "name": … }` of flows and webhooks.'),
    signers: z
      .record(name, z.discriminatedUnion('type', [jwt, standard]))
      .refine((all) => Object.keys(all).length <= 100, 'at most 100 signers')
      .default({})
      .describe('By name, for `sign` of flows and webhooks and `webhooks.sign` of offhook.json.'),
  })
  .describe('Credentials and signers of Offhook');

export type CredentialsFile = z.output<typeof credentialsFileSchema>;
export type CredentialEntry = CredentialsFile['credentials'][string];
export type MtlsEntry = Extract<CredentialEntry, { type: 'mtls' }>;
