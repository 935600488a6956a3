import type { Config } from '../config/config.js';
import type { FlowCheck } from './flows.js';
import { checkFlow, type CheckOptions } from '../../flow/document/check/check.js';
import { functionCatalogue } from '../../functions/catalogue.js';
import { functionRules } from '../../functions/contract/rules.js';
import type { Guard } from '../../http/guard.js';
import { isLoopback } from '../../lib/loopback.js';
import type { Identity } from '../../webhooks/auth/identity.js';
import { defaultWebhook } from '../../webhooks/configured/configured.js';
import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import { requestRules } from '../../webhooks/request-rules.js';
import { widgetCatalogue } from '../../widgets/index.js';

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
