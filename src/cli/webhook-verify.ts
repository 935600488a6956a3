import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readConfig, siteSecrets } from '../site/config/config.js';
import { systemClock } from '../lib/clock.js';
import type { Problem } from '../lib/problem.js';
import { err, ok, type Result } from '../lib/result.js';
import { readIdentity } from '../site/credentials/identity.js';
import { Guard } from '../http/guard.js';
import { reveal, secretParts } from '../webhooks/secrets/secrets.js';
import { type Check, FRESH_SECONDS, type VerificationResult } from '../webhooks/signing/checks.js';
import type { PayloadRule } from '../webhooks/signing/payload-hash.js';
import type { Signer } from '../webhooks/signing/signer.js';
import { verifyJwt } from '../webhooks/signing/verify-jwt.js';
import { verifyStandard } from '../webhooks/signing/verify-standard.js';
import { problemLines } from './problems.js';
import type { CommandLine } from './command-line.js';

/** What the command is given. */
export interface VerifyOptions {
  readonly config: string;
  /** `Name: value`. */
  readonly header: readonly string[];
  readonly token?: string;
  /** A file, `-` for stdin; absent: stdin when something is piped in. */
  readonly body?: string;
  readonly url: string;
  readonly method: string;
  readonly contentType: string;
  /** A signer of `credentials.json`. */
  readonly signer?: string;
  /** Names of secrets. */
  readonly secret: readonly string[];
  readonly standard: boolean;
  readonly payload?: PayloadRule | 'none';
  readonly maxAge: string;
  readonly json: boolean;
}

/** What is verified with. */
interface Keys {
  readonly kind: 'jwt' | 'standard';
  readonly secrets: readonly string[];
  /** The claim they are for; null: any. */
  readonly apiKey: string | null;
  /** Where tokens may stand beside `Authorization`, lower case. */
  readonly header: string;
  readonly payload: PayloadRule;
}

/** Header of a token beside `Authorization` when no signer names another (docs/behaviour.md#token-header). */
const SECOND_HEADER = 'x-webhook-auth-token';

/**
 * `offhook webhook verify`: whether a signed request is genuine, check by check, as a receiver would find it. 0 when it is, 1 when it is
 * not, 2 when it cannot be told.
 */
export async function verifyCommand(options: VerifyOptions, print: (text: string) => void): Promise<number> {
  const keys = keysOf(options);
  const body = keys.ok ? readBody(options) : keys;
  if (!keys.ok || !body.ok) {
    print(body.ok ? '' : body.error);
    return 2;
  }
  const found = await verify(options, keys.value, body.value);
  if (options.json) print(JSON.stringify(found, null, 2));
  else print([...found.checks.map(line), found.valid ? 'valid' : `not valid; a receiver answers ${found.status}`].join('\n'));
  return found.valid ? 0 : 1;
}

function verify(options: VerifyOptions, keys: Keys, body: string | null): Promise<VerificationResult> | VerificationResult {
  const header = (name: string): string | null => {
    const lines = options.header.map((text) => /^([^:]*):(.*)$/su.exec(text));
    return lines.find((parts) => parts?.[1]?.trim().toLowerCase() === name)?.[2]?.trim() ?? null;
  };
  const seconds = options.maxAge === 'any' ? null : Number(options.maxAge);
  const receiver = { now: systemClock.now(), freshSeconds: seconds, seen: null };
  if (keys.kind === 'standard') {
    const [id, timestamp, signature] = [header('webhook-id'), header('webhook-timestamp'), header('webhook-signature')];
    return verifyStandard({ id, timestamp, signature, body: body ?? '' }, { ...receiver, secrets: keys.secrets });
  }
  const token = options.token ?? header(keys.header) ?? header('authorization');
  const { method, url } = options;
  const contentType = header('content-type') ?? options.contentType;
  const rule = options.payload ?? keys.payload;
  return verifyJwt(
    { token, method: method.toUpperCase(), url, contentType, body },
    {
      ...receiver,
      payload: rule === 'none' ? null : rule,
      secretsOf: (apiKey) => (keys.apiKey === null || apiKey === keys.apiKey ? keys.secrets : []),
    },
  );
}

const MARKS = { true: 'ok   ', false: 'FAIL ', null: '-    ' } as const;

function line({ name, passed, detail }: Check): string {
  return `${MARKS[String(passed) as keyof typeof MARKS]}${name.padEnd(10)} ${detail}`;
}

/** Secrets by name, or those of a signer. */
function keysOf({ config: dir, signer: name, secret, standard }: VerifyOptions): Result<Keys, string> {
  if (name === undefined) {
    if (secret.length === 0) return err('give --signer NAME or --secret NAME (see --help)');
    const site = siteSecrets({ dir });
    const secrets = revealed(
      secret.map((one) => `$secret.${one}`),
      site.read,
    );
    const rest = { apiKey: null, header: SECOND_HEADER, payload: 'body' } as const;
    if (secrets.ok) return ok({ kind: standard ? 'standard' : 'jwt', secrets: secrets.value, ...rest });
    return err(because(secrets.error, site.problems));
  }
  const { config, problems } = readConfig({ dir });
  if (config === null) return err(because('the configuration cannot be read', problems));
  const { identity, problems: found } = readIdentity(config, new Guard(config.webhooks));
  const signer = identity.signers.get(name);
  if (signer === undefined) return err(because(`credentials.json has no usable signer ${name}`, [...problems, ...found]));
  const secrets = revealed(secretsOf(signer), config.secret);
  if (!secrets.ok) return err(because(secrets.error, problems));
  if (signer.type === 'standard') {
    return ok({ kind: 'standard', secrets: secrets.value, apiKey: null, header: SECOND_HEADER, payload: 'body' });
  }
  const { apiKey, payload } = signer;
  return ok({ kind: 'jwt', secrets: secrets.value, apiKey, header: signer.header.toLowerCase(), payload });
}

/** What cannot be done, and what is wrong with the files that secrets, credentials and signers come from. */
function because(what: string, problems: readonly Problem[]): string {
  const causes = problems.filter(({ code, file = '', severity }) => {
    return PROVING_FILES.has(file) && (severity === 'error' || code === 'CONFIG_UNREADABLE');
  });
  return [what, ...problemLines(causes)].join('\n');
}

const PROVING_FILES: ReadonlySet<string> = new Set(['environment', 'offhook.json', 'secrets.json', 'credentials.json']);

function secretsOf(signer: Signer): readonly string[] {
  return signer.type === 'jwt' ? signer.secrets : [signer.secret, ...signer.previous];
}

function revealed(templates: readonly string[], read: (name: string) => string | undefined): Result<readonly string[], string> {
  const values: string[] = [];
  for (const template of templates) {
    const value = reveal(secretParts(template), read);
    if (!value.ok) return value;
    values.push(value.value.text);
  }
  return ok(values);
}

function readBody({ body }: VerifyOptions): Result<string | null, string> {
  if (body === undefined && process.stdin.isTTY) return ok(null);
  try {
    const text = readFileSync(body === undefined || body === '-' ? 0 : body, 'utf8');
    return ok(body === undefined && text === '' ? null : text);
  } catch {
    // A terminal in the background, or no stdin at all.
    return body === undefined ? ok(null) : err(`${body} cannot be read`);
  }
}

/** `offhook webhook verify`. */
export function addVerifyCommand(group: Command, { print, exit, config }: CommandLine): void {
  const collect = (value: string, before: readonly string[]): string[] => [...before, value];
  group
    .command('verify')
    .description('verify the signature of a request and show every check; reads the body from a file or stdin')
    // A script must not take a slip in the command line for a forged request.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .addOption(config)
    .option('-H, --header <line>', 'a header of the request, as `Name: value`; may be repeated', collect, [])
    .option('--token <token>', 'the JWT, if no --header has it')
    .option('--body <file>', 'body of the request, byte for byte; `-` for stdin')
    .option('--url <url>', 'URL of the request with its query', '')
    .option('--method <name>', 'method of the request', 'POST')
    .option('--content-type <type>', 'content type, if no --header has it', 'application/json')
    .option('--signer <name>', 'verify with the secret and options of this signer in credentials.json')
    .option('--secret <name>', 'name of a secret, not its value; may be repeated', collect, [])
    .option('--standard', 'verify a Standard Webhooks signature instead of a JWT (needs --secret)', false)
    .addOption(new Option('--payload <rule>', 'what payload_hash covers').choices(['body', 'merge', 'none']))
    .addOption(
      new Option('--max-age <seconds>', 'maximum age of the request, or `any`').default(String(FRESH_SECONDS)).argParser(age),
    )
    .option('--json', 'print JSON', false)
    .action(async (options: VerifyOptions) => {
      exit(await verifyCommand(options, print));
    });
}

function age(text: string): string {
  if (text !== 'any' && !/^\d{1,9}$/u.test(text)) throw new InvalidArgumentError('expected a number of seconds, or `any`');
  return text;
}
