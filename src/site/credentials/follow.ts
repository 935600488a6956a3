import { join } from 'node:path';
import type { Config, ReadSecrets } from '../config/config.js';
import { readJsonFile } from '../files/json-file.js';
import { stampOf } from '../files/stamp.js';
import { loadFlows } from '../flows/flows.js';
import type { Logger } from '../../lib/log/log.js';
import { problem, type Problem } from '../../lib/problem.js';
import { secretAdvice } from '../../lib/secret-variable.js';
import { Guard } from '../../http/guard.js';
import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import type { Identity } from '../../webhooks/auth/identity.js';
import { follow, type Followed } from '../files/follow.js';
import { CREDENTIALS_FILE, readIdentity, type ReadIdentity, type SiteIdentity } from './identity.js';
import { flowCheck } from '../flows/flow-check.js';
import { webhookReader } from '../webhooks/reader.js';

/** Credentials, signers and secrets, kept up to date with their files. Code that holds this object always sees the new ones. */
export type LiveIdentity = Omit<Followed<unknown>, 'now'>;

/** Both at one moment: credentials are read with the secrets they name. */
interface Proofs {
  readonly identity: Identity;
  readonly secrets: ReadSecrets;
}

/** What new credentials and secrets are judged by. */
interface Followers {
  readonly config: Config;
  /** Given the new ones. */
  readonly identity: SiteIdentity;
  /** The webhooks as they are now. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  readonly log: Logger;
}

/**
 * Follows `credentials.json`, the certificates it names, `secrets.json` and the folder of secrets. A change that passes the checks of the
 * start holds for whatever is sent from then on; one that does not, or that takes away what webhooks name, is told, and what was good
 * before stays in use. What flows name and lose is told too, and kept from them as at the start: their requests fail and say why.
 */
export function followIdentity({ config, identity, webhooks, log }: Followers): LiveIdentity {
  const guard = new Guard(config.webhooks);
  const { secrets } = config;
  const stampOfCertificates = certificateStamp(config, guard);
  return follow<Proofs>({
    file: CREDENTIALS_FILE,
    what: 'credentials and secrets',
    first: { identity: snapshot(identity), secrets: secrets.now },
    folders: secrets.folders,
    stamp: () => [secrets.stamp(), stampOfCertificates()].join('|'),
    judge() {
      const candidate = readCandidate(config, guard);
      if (candidate.problems.some(isError)) return { value: null, problems: candidate.problems };
      const problems = [...candidate.problems, ...consequences(candidate, { config, identity, webhooks })];
      return { value: problems.some(isError) ? null : candidate, problems };
    },
    same: (one, other) => contentOf(one.identity) === contentOf(other.identity) && changedSecrets(one, other).length === 0,
    changed(next, before) {
      identity.use(next.identity);
      secrets.use(next.secrets);
      tellChange(changedSecrets(next, before), config, log);
    },
    log,
  });
}

/** Of `credentials.json` and of the files that it names, which may be anywhere below the folder. */
function certificateStamp(config: Config, guard: Guard): () => string {
  let known: { readonly stamp: string; readonly files: readonly string[] } | null = null;
  return () => {
    const stamp = stampOf(join(config.dir, CREDENTIALS_FILE));
    if (stamp !== known?.stamp) known = { stamp, files: readCandidate(config, guard).files };
    return [stamp, ...known.files.map((file) => stampOf(join(config.dir, file)))].join('|');
  };
}

/** What the files say now, read as at the start. */
interface Candidate extends Proofs, Pick<ReadIdentity, 'files' | 'problems'> {
  readonly config: Config;
}

function readCandidate(config: Config, guard: Guard): Candidate {
  const secrets = config.secrets.fromFiles();
  const document = readJsonFile(join(config.dir, CREDENTIALS_FILE));
  const unreadable = !document.ok && document.error.kind !== 'missing' ? document.error.message : null;
  const next = { ...config, secret: secrets.read, credentialsDocument: document.ok ? document.value : null };
  const at = { file: CREDENTIALS_FILE, path: '$' };
  const read = readIdentity(next, guard);
  const problems = unreadable === null ? read.problems : [problem('CONFIG_UNREADABLE', { ...at, message: unreadable })];
  return { ...read, config: next, secrets, problems: [...secrets.problems, ...problems] };
}

/** What settings, webhooks and flows would lack then, and do not now. */
function consequences(
  { config: next, identity }: Candidate,
  { config, identity: now, webhooks }: Pick<Followers, 'config' | 'identity' | 'webhooks'>,
): readonly Problem[] {
  const guard = new Guard(config.webhooks);
  const settings = config.settingSecrets
    .filter((name) => next.secret(name) === undefined)
    .map((name) => {
      const at = { file: 'offhook.json', path: '$', message: `there is no secret “${name}”` };
      return problem('CONFIG_SECRET_MISSING', at, { advice: secretAdvice(name) });
    });
  const all = webhooks();
  const found = (site: { readonly config: Config; readonly identity: Identity }): readonly Problem[] => [
    ...webhookReader(site.config, site.identity)(all).problems,
    ...loadFlows(config.flowsDir, flowCheck({ ...site, guard }, all)).problems,
  ];
  const then = found({ config: next, identity });
  // Every flow is read and checked for this, while calls wait: once is enough where nothing was found.
  const before = then.length === 0 ? new Set<string>() : new Set(found({ config, identity: now }).map(textOf));
  return [...settings, ...then.filter((one) => !before.has(textOf(one)))];
}

const textOf = ({ file, path, code, message }: Problem): string => JSON.stringify([file, path, code, message]);

const snapshot = ({ credentials, signers, defaultSigner }: Identity): Identity => ({ credentials, signers, defaultSigner });

const contentOf = ({ credentials, signers }: Identity): string => JSON.stringify([[...credentials], [...signers]]);

function changedSecrets({ secrets: one }: Proofs, { secrets: other }: Proofs): readonly string[] {
  const names = new Set([...one.names, ...other.names]);
  return [...names].filter((name) => one.read(name) !== other.read(name));
}

function tellChange(changed: readonly string[], { settingSecrets }: Config, log: Logger): void {
  log.info({ secrets: changed }, 'credentials or secrets changed; what is sent from now on goes by them');
  const late = changed.filter((name) => settingSecrets.includes(name));
  if (late.length === 0) return;
  log.warn(
    { secrets: late, file: 'offhook.json' },
    'these secrets stand in offhook.json, which is read at the start: restart to use them',
  );
}

const isError = ({ severity }: Problem): boolean => severity === 'error';
