import { readConfig, type Config, type ConfigSource } from './config/config.js';
import { checkFlow, type CheckOptions } from '../flow/document/check/check.js';
import type { Flow } from '../flow/document/document.js';
import { checkRouting, loadFlows, type FlowCheck } from './flows.js';
import { isLoopback } from '../lib/loopback.js';
import type { Problem } from '../lib/problem.js';
import { defaultWebhook, readConfiguredWebhooks } from '../webhooks/configured/configured.js';
import { functionCatalogue } from '../functions/catalogue.js';
import { functionRules } from '../functions/contract/rules.js';
import { Guard } from '../http/guard.js';
import { requestRules } from '../webhooks/request-rules.js';
import type { Identity } from '../webhooks/auth/identity.js';
import type { ConfiguredWebhook } from '../webhooks/ports.js';
import { widgetCatalogue } from '../widgets/index.js';
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

/** Judges the parsed content of `webhooks.json`; null when there is no file. */
export type WebhookReader = (document: unknown) => ReturnType<typeof readConfiguredWebhooks>;

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

/** The judge of `webhooks.json` under a configuration. */
export function webhookReader(config: Config, identity: Identity): WebhookReader {
  const guard = new Guard(config.webhooks);
  return (document) => readConfiguredWebhooks(document, { file: 'webhooks.json', guard, secrets: config.secret, identity });
}

const isError = ({ severity }: Problem): boolean => severity === 'error';

/** What flows are checked against. */
interface Surroundings {
  readonly config: Config;
  readonly guard: Guard;
  readonly identity: Identity;
  /** Absent while the store is closed, which has them. */
  readonly integrations?: CheckOptions['integrations'];
}

/**
 * The judge of flows under a configuration.
 *
 * @param webhooks null when they could not be read
 */
export function flowCheck(
  { config, guard, identity, integrations }: Surroundings,
  webhooks: readonly ConfiguredWebhook[] | null,
): FlowCheck {
  const hasDefaultWebhook = webhooks === null || defaultWebhook(webhooks) !== undefined;
  const { allowHttp } = config.webhooks;
  const secrets = (name: string): boolean => config.secret(name) !== undefined;
  const names = { identity, answerLater: lateAnswerProblem(config, guard) };
  const requests = {
    ...requestRules(guard, names),
    urlVariable: (name: string): boolean => config.webhooks.urlVariables.includes(name),
    functions: functionRules(functionCatalogue, () => webhooks),
  };
  const options = {
    widgets: widgetCatalogue,
    hasDefaultWebhook,
    secrets,
    allowHttp,
    sipHeader: (name: string): boolean =>
      /^x-/iu.test(name) || config.sip.headers.some((one) => one.toLowerCase() === name.toLowerCase()),
    requests,
    ...(integrations && { integrations }),
  };
  return (document, file) => checkFlow(document, { ...options, file });
}

/** Why a service cannot answer later: its answer goes to an address that only this machine reaches, and requests stay off this machine. */
function lateAnswerProblem({ api }: Config, guard: Guard): string | null {
  const local = api.publicUrl === null ? isLoopback(api.host) : isLoopback(new URL(api.publicUrl).hostname);
  return local && !guard.url('https://127.0.0.1/').ok ? 'only this machine reaches the address that the answer goes to' : null;
}
