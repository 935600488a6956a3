import type { WebhookPort } from '../../flow/ports.js';
import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/ids.js';
import type { Logger } from '../../lib/log/log.js';
import { deliveryRequest } from '../../webhooks/deliveries/delivery-request.js';
import type { HttpClient } from '../../http/client.js';
import type { ExchangeLog } from './exchange-log.js';
import type { ResumeUrls } from '../../webhooks/deferred/resume-urls.js';
import type { ConfiguredWebhook } from '../../webhooks/configured/schema.js';
import type { DeliveryShape } from '../../model/delivery.js';
import type { WatchedSecrets } from '../../webhooks/secrets/secrets.js';
import { Sender } from '../../webhooks/request/sender.js';
import { type Identity } from '../../webhooks/auth/identity.js';
import { createWebhookPort } from '../../webhooks/webhook.js';
import { functionCatalogue } from '../../functions/catalogue.js';
import { createFunctionPort } from '../../functions/contract/function-port.js';
import { translator, type TranslationService } from '../../functions/contract/translate.js';
import type { OutboundClient } from '../../webhooks/webhook.js';
import { dryServices, type DryServicesOptions } from './dry-services.js';
import type { FunctionTestOptions } from './function-test.js';

/** What goes out in a test, through the same code as otherwise, and is written down. */
export interface TestPorts {
  readonly webhook: WebhookPort;
  /** Functions as calls have them, but for what they would change. */
  readonly functions: FunctionTestOptions['functions'];
  /** Sends a report as the outbox does, once; why no answer came, or null. */
  readonly deliver: (
    webhook: ConfiguredWebhook,
    delivery: { readonly id: string; readonly body: string },
  ) => Promise<string | null>;
}

/** What the ports of a test are made of: the same as those of calls. */
export interface TestPortsOptions extends OutboundClient {
  readonly identity: Identity;
  /** Absent where nobody could answer later: a 202 is then an answer like any other. */
  readonly resumes?: ResumeUrls;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Of a test report, ms. */
  readonly reportTimeoutMs: number;
  readonly functions: FunctionSite;
}

/** What functions are made of. */
export interface FunctionSite extends Pick<DryServicesOptions, 'reads' | 'linkDays' | 'publicUrl'> {
  readonly translation: TranslationService | null;
  /** The webhooks as configured now. */
  readonly webhooks: () => readonly ConfiguredWebhook[];
}

/** An answer to a report is shown, not used. Bytes. */
const MAX_REPORT_ANSWER_BYTES = 65_536;

/** As every report goes out, with a header that says what it is. */
const MARKED: DeliveryShape = {
  method: 'POST',
  query: [],
  headers: [['x-offhook-test', 'true']],
  contentType: 'application/json; charset=utf-8',
};

/** The port of calls and the sender of the outbox, for one test: whatever they send is written down. */
export function openTestPorts(options: TestPortsOptions, secrets: WatchedSecrets, exchanges: ExchangeLog): TestPorts {
  const { client, limitedClient, limits, identity, resumes, clock, random, log, reportTimeoutMs } = options;
  const sender = new Sender({ client: exchanges.watch(limitedClient), identity, clock, random });
  const reports = new Sender({ client: exchanges.watch(client), identity, clock, random });
  return {
    webhook: createWebhookPort({ sender, secrets: secrets.read, clock, log, limits, ...(resumes && { resumes }) }),
    functions: (request) => testFunctions(options, { secrets, exchanges, request }),
    async deliver(webhook, delivery) {
      const outgoing = deliveryRequest({ ...delivery, shape: MARKED }, webhook, clock.now());
      const limits = { redirects: 0, maxBytes: MAX_REPORT_ANSWER_BYTES, timeoutMs: reportTimeoutMs };
      const sent = await reports.send(outgoing, limits, secrets);
      return sent.kind === 'failed' ? secrets.mask(sent.detail) : null;
    },
  };
}

/** The functions of one test; what they ask of others is written down too. */
function testFunctions(
  { client, clock, log, functions: { webhooks, translation, ...site } }: TestPortsOptions,
  {
    secrets,
    exchanges,
    request,
  }: { readonly secrets: WatchedSecrets; readonly exchanges: ExchangeLog; readonly request: WebhookPort['request'] },
): ReturnType<TestPorts['functions']> {
  const watched = exchanges.watch(client);
  const asked: Pick<HttpClient, 'exchange'> = {
    exchange: (exchange, signal) => watched.exchange({ ...exchange, shownUrl: exchange.url }, signal),
  };
  if (translation?.apiKey != null) secrets.hide(translation.apiKey);
  const translate = translation === null ? null : translator(asked, translation);
  const { services, notes } = dryServices({ ...site, translate, now: () => clock.now() });
  return { port: createFunctionPort({ catalogue: functionCatalogue, services, clock, log, webhooks, request }), notes };
}
