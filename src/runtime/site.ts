import { readConfig, type Config, type ConfigSource } from '../config.js';
import { checkFlow } from '../flow/check.js';
import type { Flow } from '../flow/document.js';
import { checkRouting, loadFlows, type FlowCheck } from '../flow-files.js';
import type { Problem } from '../lib/problem.js';
import { defaultWebhook, readConfiguredWebhooks } from '../webhooks/configured.js';
import { Guard } from '../webhooks/guard.js';
import { requestRules } from '../webhooks/request-rules.js';
import type { ConfiguredWebhook } from '../webhooks/ports.js';
import { widgetCatalogue } from '../widgets/index.js';

/** A configuration folder, read and checked as a whole. */
export interface Site {
  readonly config: Config;
  readonly webhooks: readonly ConfiguredWebhook[];
  readonly flows: ReadonlyMap<string, Flow>;
  /** Checks a flow as this site would run it; for files that change while calls run, and for the API. */
  readonly check: FlowCheck;
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
  const configured = readConfiguredWebhooks(config.webhooksDocument, { file: 'webhooks.json', guard, secrets: config.secret });
  // When the webhooks could not be read, that is said once, not at every flow that reports.
  const hasDefaultWebhook = defaultWebhook(configured.webhooks) !== undefined || configured.problems.some(isError);
  const check = flowCheck(config, hasDefaultWebhook, guard);
  const { flows, problems: flowProblems } = loadFlows(config.flowsDir, check);
  const problems = [...configProblems, ...configured.problems, ...flowProblems, ...checkRouting(config.routing, flows)];
  return { site: problems.some(isError) ? null : { config, webhooks: configured.webhooks, flows, check }, problems };
}

const isError = ({ severity }: Problem): boolean => severity === 'error';

function flowCheck(config: Config, hasDefaultWebhook: boolean, guard: Guard): FlowCheck {
  const { allowHttp } = config.webhooks;
  const secrets = (name: string): boolean => config.secret(name) !== undefined;
  const options = { widgets: widgetCatalogue, hasDefaultWebhook, secrets, allowHttp, requests: requestRules(guard) };
  return (document, file) => checkFlow(document, { ...options, file });
}
