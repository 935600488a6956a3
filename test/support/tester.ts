import { checkFlow } from '../../src/flow/document/check/check.js';
import type { Flow } from '../../src/flow/document/document.js';
import type { BrokenFlow, FlowCheck } from '../../src/site/flows/flows.js';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/ids.js';
import { silentLogger } from '../../src/lib/log/log.js';
import type { FunctionReads } from '../../src/runs/test/dry-services.js';
import { openTestPorts } from '../../src/runs/test/test-ports.js';
import { Tester } from '../../src/runs/test/tester.js';
import type { TranslationService } from '../../src/functions/contract/translate.js';
import type { HttpClient } from '../../src/http/client.js';
import type { ConfiguredWebhook } from '../../src/webhooks/configured/schema.js';
import { NO_IDENTITY } from '../../src/webhooks/auth/identity.js';
import { LimitedClient, HOST_POLICY } from '../../src/webhooks/attempts/limited-client.js';
import { WEBHOOK_LIMITS } from '../../src/webhooks/webhook.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { siteRules } from './functions.js';

/** The one secret there is, by the name `shop`. */
export const SECRET = 'sesame-open-1';

export const secrets = (name: string): string | undefined => (name === 'shop' ? SECRET : undefined);

export interface TesterOptions {
  readonly client: HttpClient;
  readonly flows?: readonly object[];
  /** Flow files that are not fit to run, by id. */
  readonly broken?: ReadonlyMap<string, BrokenFlow>;
  readonly webhooks?: readonly ConfiguredWebhook[];
  /** What functions find; null: as on the command line. */
  readonly reads?: FunctionReads | null;
  readonly translation?: TranslationService | null;
}

/** What makes test requests, over flows and webhooks of a test; requests really go out. */
export function openTester(options: TesterOptions): Tester {
  const { client, flows = [], broken = new Map(), webhooks = [], reads = null, translation = null } = options;
  const requests = siteRules(...webhooks.filter(({ kind }) => kind === 'functions').map(({ name }) => name));
  const rules = { url: () => null, header: () => null, path: () => null, functions: requests.functions };
  const check: FlowCheck = (document, file) =>
    checkFlow(document, { widgets: widgetCatalogue, file, requests: rules, secrets: (name) => secrets(name) !== undefined });
  const loaded = flows.map((document) => {
    const { flow, problems } = check(document, 'flow');
    if (flow === null) throw new Error(JSON.stringify(problems));
    return [flow.id, flow] as [string, Flow];
  });
  const ports = {
    client,
    limitedClient: new LimitedClient({ client, clock: systemClock, log: silentLogger, policy: HOST_POLICY }),
    limits: WEBHOOK_LIMITS,
    identity: NO_IDENTITY,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    reportTimeoutMs: 2000,
    functions: { reads, translation, linkDays: 90, publicUrl: () => 'https://ivr.example', webhooks: () => webhooks },
  };
  return new Tester({
    flows: () => new Map(loaded),
    broken: () => broken,
    check,
    webhooks: () => webhooks,
    secrets,
    open: (watched, exchanges) => openTestPorts(ports, watched, exchanges),
    clock: systemClock,
    random: systemRandom,
  });
}
