import { readConfig, type Config, type ConfigSource } from './config/config.js';
import type { CheckOptions } from '../flow/document/check/check.js';
import type { Flow } from '../flow/document/document.js';
import { checkRouting, loadFlows, type FlowCheck } from './flows/flows.js';
import type { Problem } from '../lib/problem.js';
import { Guard } from '../http/guard.js';
import type { ConfiguredWebhook } from '../webhooks/configured/schema.js';
import { flowCheck } from './flows/flow-check.js';
import { type WebhookReader, webhookReader } from './webhooks/reader.js';
import { readIdentity, SiteIdentity } from './credentials/identity.js';

/** A configuration folder, read and checked as a whole. */
export interface Site {
  readonly config: Config;
  readonly webhooks: readonly ConfiguredWebhook[];
  readonly flows: ReadonlyMap<string, Flow>;
  /** Checks a flow as this site would run it, with the webhooks it has at the start. */
  readonly check: FlowCheck;
  /** The same with other webhooks; for files that change while calls run, and for the API. */
  readonly checkWith: (webhooks: readonly ConfiguredWebhook[], integrations?: CheckOptions['integrations']) => FlowCheck;
  /** Judges the parsed content of `webhooks.json` (null: no file) as at the start. */
  readonly readWebhooks: WebhookReader;
  /** Credentials and signers; those of `credentials/follow.ts` once it follows their files. */
  readonly identity: SiteIdentity;
}

/** What {@link readSite} found. `site` is null when a problem is an error. */
export interface ReadSite {
  readonly site: Site | null;
  /** Everything found in every file, errors and warnings. */
  readonly problems: readonly Problem[];
}

/** Reads configuration, webhooks and flows, and checks them against each other. Opens nothing, starts nothing. */
export function readSite(source: ConfigSource): ReadSite {
  const { config, problems: configProblems } = readConfig(source);
  if (config === null) return { site: null, problems: configProblems };
  const guard = new Guard(config.webhooks);
  const { identity: read, problems: identityProblems } = readIdentity(config, guard);
  const identity = new SiteIdentity(read);
  const readWebhooks = webhookReader(config, identity);
  const configured = readWebhooks(config.webhooksDocument);
  // When the webhooks could not be read, that is said once, not at every flow that reports or has functions of its own.
  const unread = [...configProblems, ...configured.problems].some((found) => found.file === 'webhooks.json' && isError(found));
  const check = flowCheck({ config, guard, identity }, unread ? null : configured.webhooks);
  const loaded = loadFlows(config.flowsDir, check);
  const { flows } = loaded;
  const problems = [
    ...configProblems,
    ...identityProblems,
    ...configured.problems,
    ...loaded.problems,
    ...checkRouting(config.routing, loaded),
  ];
  if (problems.some(isError)) return { site: null, problems };
  const { webhooks } = configured;
  const checkWith: Site['checkWith'] = (now, integrations) => flowCheck({ config, guard, identity, integrations }, now);
  return { site: { config, webhooks, flows, check, checkWith, readWebhooks, identity }, problems };
}

const isError = ({ severity }: Problem): boolean => severity === 'error';
