import type { ApiWebhooks } from '../api/resources/webhook-ports.js';
import type { Config } from '../site/config/config.js';
import type { Flow } from '../flow/document/document.js';
import type { BrokenFlow, FlowCheck } from '../site/flows/flows.js';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/ids.js';
import type { Logger } from '../lib/log/log.js';
import { err, type Result } from '../lib/result.js';
import { importCurl, type ImportedWebhook } from '../webhooks/curl/import.js';
import type { ResumeUrls } from '../webhooks/deferred/resume-urls.js';
import type { DeliveryStore } from '../webhooks/ports.js';
import type { ConfiguredWebhook } from '../webhooks/configured/schema.js';
import type { Identity } from '../webhooks/auth/identity.js';
import { egress } from './egress.js';
import { switchFlowWebhook } from '../site/flows/report-switch.js';
import type { OutboundClient } from '../webhooks/webhook.js';
import type { WebhookReader } from '../site/webhooks/reader.js';
import type { FunctionReads } from '../runs/test/dry-services.js';
import { openTestPorts } from '../runs/test/test-ports.js';
import { Tester } from '../runs/test/tester.js';
import { WebhookAdmin } from '../site/webhooks/admin.js';
import { refusal, type Refusal } from '../model/refusal.js';

/** What changing and testing webhooks needs of a site, running or not. */
export interface WebhookSite {
  readonly config: Config;
  readonly identity: Identity;
  readonly outbound: OutboundClient;
  readonly readWebhooks: WebhookReader;
  /** As they are now. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
  readonly flows: () => ReadonlyMap<string, Flow>;
  readonly brokenFlows: () => ReadonlyMap<string, BrokenFlow>;
  readonly check: FlowCheck;
  readonly log: Logger;
  /** Absent where nobody could answer later. */
  readonly resumes?: ResumeUrls;
  /** What functions find that is kept; absent where no process runs. */
  readonly functionReads?: FunctionReads;
  /** What others reach the API by. */
  readonly publicUrl: () => string;
  /** Called after changes to the files are written. */
  readonly changed?: { readonly webhooks: () => void; readonly flows: () => void };
}

/** The services around webhooks that API and command line share. */
export interface WebhookTools {
  readonly admin: WebhookAdmin;
  readonly tester: Tester;
  readonly report: (flow: string, enabled: boolean) => ReturnType<typeof switchFlowWebhook>;
  readonly egress: (host: string | null) => ReturnType<typeof egress>;
}

/** Builds them. */
export function openWebhookTools(site: WebhookSite): WebhookTools {
  const { config, identity, outbound, resumes, check, log, changed, webhooks, brokenFlows: broken } = site;
  const clock = systemClock;
  const random = systemRandom;
  const reportTimeoutMs = config.reports.timeoutSeconds * 1000;
  const { linkDays, publicUrl, translation } = config.functions;
  const functions = {
    reads: site.functionReads ?? null,
    linkDays: linkDays === 0 ? null : linkDays,
    publicUrl: () => publicUrl ?? site.publicUrl(),
    translation,
    webhooks,
  };
  const ports = { ...outbound, identity, clock, random, log, reportTimeoutMs, functions, ...(resumes && { resumes }) };
  return {
    admin: new WebhookAdmin({ config, read: site.readWebhooks, clock, ...(changed && { changed: changed.webhooks }) }),
    tester: new Tester({
      flows: site.flows,
      broken,
      check,
      webhooks,
      secrets: config.secret,
      urlVariable: (name) => config.webhooks.urlVariables.includes(name),
      open: (secrets, exchanges) => openTestPorts(ports, secrets, exchanges),
      clock,
      random,
    }),
    report: (flow, enabled) =>
      switchFlowWebhook({ config, check, broken, clock, ...(changed && { changed: changed.flows }) }, flow, enabled),
    egress: (host) => egress(config.webhooks.proxy, host),
  };
}

/** A widget from a curl command, or what is wrong with the command. */
export function fromCurl(command: string): Result<ImportedWebhook, Refusal> {
  const made = importCurl(command);
  return made.ok ? made : err(refusal('WEBHOOK_CURL_INVALID', `The command cannot be imported: ${made.error}.`));
}

/** The webhooks of the API: the tools, and what the outbox knows. */
export function apiWebhooks(
  { admin, tester, report, egress: leave }: WebhookTools,
  outbox: { readonly disabled: DeliveryStore['disabled']; readonly enable: (webhook: string) => Promise<boolean> },
): ApiWebhooks {
  return {
    list: () => admin.list(),
    find: (name) => admin.find(name),
    add: (fields) => admin.add(fields),
    change: (name, fields, version) => admin.change(name, fields, version),
    remove: (name, version) => admin.remove(name, version),
    disabled: () => outbox.disabled(),
    enable: (name) => outbox.enable(name),
    report,
    testWidget: (test) => tester.widget(test),
    testReport: (name) => tester.report(name),
    fromCurl,
    egress: leave,
  };
}
