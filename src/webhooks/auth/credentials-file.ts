import type { Code } from '../../lib/codes.js';
import { jsonPath } from '../../lib/json/json-path.js';
import { missingField } from '../../lib/json/missing-field.js';
import { problem, type Problem } from '../../lib/problem.js';
import { err, ok, type Result } from '../../lib/result.js';
import { authTexts } from './configured-auth.js';
import type { ConfiguredAuth } from '../../model/webhook.js';
import { webhookAuth } from './webhook-auth.js';
import type { Guard } from '../../http/guard.js';
import { headerProblem } from '../../http/headers.js';
import { missingSecretProblems } from '../secrets/missing.js';
import type { SecretReader } from '../ports.js';
import { reveal, secretParts, watchSecrets } from '../secrets/secrets.js';
import { JWT_KEY_BYTES } from '../signing/jwt.js';
import type { Signer } from '../signing/signer.js';
import { standardKey } from '../signing/standard.js';
import { type ClientCertificate, clientCertificate } from '../../http/client-certificate.js';
import type { Credential } from './credential.js';
import { type CredentialEntry, credentialsFileSchema, type MtlsEntry } from './credentials-schema.js';
import { schemaProblems, type SchemaWording } from '../../lib/json/schema-problems.js';

/** What the reading needs beside the file. */
export interface CredentialsContext {
  /** Name of the file for problems, e.g. `credentials.json`. */
  readonly file: string;
  readonly guard: Guard;
  readonly secrets: SecretReader;
  /** The text of a file below the configuration folder; the error is a sentence part. */
  readonly readFile: (path: string) => Result<string, string>;
  /** Wall-clock ms. */
  readonly now: number;
}

export interface ReadCredentials {
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly signers: ReadonlyMap<string, Signer>;
  readonly problems: readonly Problem[];
}

/** Reads the file's parsed JSON (null when there is no file). All problems are listed; with an error among them nothing is usable. */
export function readCredentials(input: unknown, context: CredentialsContext): ReadCredentials {
  const parsed = credentialsFileSchema.safeParse(input ?? {}, { error: missingField });
  const none = { credentials: new Map(), signers: new Map() };
  const named = (problems: readonly Problem[]): Problem[] => problems.map((found) => ({ ...found, file: context.file }));
  if (!parsed.success) return { ...none, problems: named(schemaProblems(parsed.error, WORDING)) };
  const reader = new Reader(context);
  const credentials = new Map<string, Credential>();
  for (const [name, entry] of Object.entries(parsed.data.credentials)) {
    const credential = reader.credential(entry, jsonPath('$', ['credentials', name]));
    if (credential !== null) credentials.set(name, credential);
  }
  for (const [name, signer] of Object.entries(parsed.data.signers)) reader.checkSigner(signer, jsonPath('$', ['signers', name]));
  const problems = named(reader.problems);
  if (problems.some(({ severity }) => severity === 'error')) return { ...none, problems };
  return { credentials, signers: new Map(Object.entries(parsed.data.signers)), problems };
}

const WORDING: SchemaWording = {
  code: 'CONFIG_INVALID',
  unknown: (field) => `There is no field ${field} here.`,
  advice: 'Correct it; docs/signing.md shows the fields of credentials and signers.',
};

/** Goes over the entries and collects what is wrong with them. */
class Reader {
  readonly problems: Problem[] = [];

  constructor(private readonly context: CredentialsContext) {}

  credential(entry: CredentialEntry, at: string): Credential | null {
    if (entry.type !== 'mtls') {
      this.#checkAuth(entry, at);
      return { auth: webhookAuth(entry), certificate: null };
    }
    if (entry.auth !== undefined) this.#checkAuth(entry.auth, `${at}.auth`);
    const certificate = this.#certificate(entry, at);
    return certificate && { auth: entry.auth === undefined ? { type: 'none' } : webhookAuth(entry.auth), certificate };
  }

  checkSigner(signer: Signer, at: string): void {
    const texts =
      signer.type === 'jwt'
        ? signer.secrets.map((text, i) => [`${at}.secrets[${i}]`, text] as const)
        : [
            [`${at}.secret`, signer.secret] as const,
            ...signer.previous.map((text, i) => [`${at}.previous[${i}]`, text] as const),
          ];
    for (const [path, text] of texts) {
      const value = this.#secret(text, path);
      if (value === null) continue;
      if (signer.type === 'standard') {
        const key = standardKey(value);
        if (!key.ok) this.#add('SIGNER_SECRET_INVALID', path, `The secret cannot be used: ${key.error}.`);
      } else if (value === '') {
        this.#add('SIGNER_SECRET_INVALID', path, 'The secret is empty.');
      } else if (Buffer.byteLength(value) < JWT_KEY_BYTES) {
        const message = `The secret has ${Buffer.byteLength(value)} bytes; ${JWT_KEY_BYTES} or more are recommended.`;
        this.#add('SIGNER_SECRET_SHORT', path, message, 'warning');
      }
    }
  }

  /** Every secret named must be set, the secret itself should not stand in the file, and a token URL must pass the guard. */
  #checkAuth(auth: ConfiguredAuth, at: string): void {
    const texts = authTexts(auth);
    for (const [field, text] of texts) {
      const path = `${at}.${field}`;
      if (field === texts.at(-1)?.[0]) this.#secret(text, path);
      else this.#reveal(text, path);
    }
    if (auth.type === 'oauth2') this.#checkTokenUrl(auth.tokenUrl, `${at}.tokenUrl`);
    const bad = auth.type === 'apiKey' && auth.in === 'header' ? headerProblem(auth.name, '') : null;
    if (bad !== null) this.#add('CONFIG_INVALID', `${at}.name`, `The API key cannot be sent: ${bad}.`);
  }

  #checkTokenUrl(url: string, path: string): void {
    const secrets = watchSecrets(this.context.secrets);
    const revealed = reveal(secretParts(url), secrets.read);
    const verdict = revealed.ok ? this.context.guard.url(revealed.value.text) : ok(null);
    if (!verdict.ok) this.#add('CREDENTIAL_URL_REFUSED', path, `The token URL is refused: ${secrets.mask(verdict.error)}.`);
  }

  #certificate({ cert, key, ca, passphrase }: MtlsEntry, at: string): ClientCertificate | null {
    const [certPem, keyPem] = [this.#pem(cert, `${at}.cert`), this.#pem(key, `${at}.key`)];
    const caPem = ca === undefined ? undefined : this.#pem(ca, `${at}.ca`);
    const phrase = passphrase === undefined ? undefined : this.#secret(passphrase, `${at}.passphrase`);
    if (certPem === null || keyPem === null || caPem === null || phrase === null) return null;
    const certificate = clientCertificate({
      cert: certPem,
      key: keyPem,
      ...(caPem !== undefined && { ca: caPem }),
      ...(phrase !== undefined && { passphrase: phrase }),
    });
    if (!certificate.ok) {
      this.#add('CREDENTIAL_CERTIFICATE', at, `Certificate and key cannot be used: ${certificate.error}.`);
      return null;
    }
    if (certificate.value.validUntil < this.context.now) {
      const until = new Date(certificate.value.validUntil).toISOString();
      this.#add('CREDENTIAL_CERTIFICATE_EXPIRED', `${at}.cert`, `The certificate was valid until ${until}.`, 'warning');
    }
    return certificate.value;
  }

  /** PEM out of a secret, in which an environment may hold its line breaks as `\n`, or out of a file. */
  #pem(text: string, path: string): string | null {
    if (text.includes('$secret.')) return this.#reveal(text, path)?.replaceAll('\\n', '\n') ?? null;
    const content = text.startsWith('-----BEGIN ') ? err('write it to a file and name that') : this.context.readFile(text);
    if (content.ok) return content.value;
    this.#add('CREDENTIAL_CERTIFICATE', path, `It cannot be read: ${content.error}.`);
    return null;
  }

  #secret(text: string, path: string): string | null {
    if (!text.includes('$secret.')) this.#add('CREDENTIAL_PLAIN_SECRET', path, 'The secret stands in the file.', 'warning');
    return this.#reveal(text, path);
  }

  #reveal(text: string, path: string): string | null {
    const revealed = reveal(secretParts(text), this.context.secrets);
    if (revealed.ok) return revealed.value.text;
    this.problems.push(...missingSecretProblems(text, this.context.secrets, path, 'Here'));
    return null;
  }

  #add(code: Code, path: string, message: string, severity: Problem['severity'] = 'error'): void {
    this.problems.push(problem(code, { path, message }, { severity }));
  }
}
