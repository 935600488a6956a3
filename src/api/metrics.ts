import { answerIn, WEBHOOK } from '../model/operations.js';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { guarded, settled } from '../lib/log/background.js';
import { isCode } from '../lib/codes.js';
import type { Logger } from '../lib/log/log.js';
import { operation, type ApiOperation } from './http/operation.js';
import type { FeedEvent } from './ports.js';
import type { ApiPorts } from './resources/index.js';
import { noParams } from './http/schemas.js';

/*
 * Prometheus metrics. Labels have few values, all our own words: never an id, a number or anything a caller or a server sent.
 */

interface Counters {
  readonly ended: Counter<'by' | 'reason'>;
  readonly refused: Counter<'status' | 'reason'>;
  readonly started: Counter<'direction'>;
  readonly faults: Counter<'code'>;
  readonly unread: Counter;
  readonly webhooks: Counter<'outcome'>;
  readonly webhookTries: Counter;
  readonly webhookFallbacks: Counter;
  readonly webhooksLater: Counter;
}

function counters(registry: Registry): Counters {
  const registers = [registry];
  return {
    started: new Counter({
      name: 'offhook_calls_started_total',
      help: 'Calls that got a row.',
      labelNames: ['direction'],
      registers,
    }),
    ended: new Counter({
      name: 'offhook_calls_ended_total',
      help: 'Calls by how they ended.',
      labelNames: ['by', 'reason'],
      registers,
    }),
    faults: new Counter({
      name: 'offhook_call_faults_total',
      help: 'What went wrong in calls, prompts that could not be played included, by code.',
      labelNames: ['code'],
      registers,
    }),
    unread: new Counter({
      name: 'offhook_prompts_unread_total',
      help: 'Prompts of calls with words that the voice does not read, each once a call.',
      registers,
    }),
    refused: new Counter({
      name: 'offhook_calls_refused_total',
      help: 'Set-up failures: calls refused before they began.',
      labelNames: ['status', 'reason'],
      registers,
    }),
    webhooks: new Counter({
      name: 'offhook_webhooks_total',
      help: 'Webhooks a caller waited for, by outcome: success or the error reason.',
      labelNames: ['outcome'],
      registers,
    }),
    webhookTries: new Counter({ name: 'offhook_webhook_requests_total', help: 'Requests made for them, all tries.', registers }),
    webhookFallbacks: new Counter({
      name: 'offhook_webhook_fallbacks_total',
      help: 'Webhooks whose fallback URL answered.',
      registers,
    }),
    webhooksLater: new Counter({
      name: 'offhook_webhook_later_total',
      help: 'Webhooks whose answer came to the resume URL.',
      registers,
    }),
  };
}

function count(counted: Counters, event: FeedEvent): void {
  if (event.kind === 'refused') {
    counted.refused.inc({ status: String(event.status), reason: event.reason });
    return;
  }
  const { entry } = event;
  if (entry.type === 'call') counted.started.inc({ direction: entry.facts['direction'] === 'outbound' ? 'outbound' : 'inbound' });
  else if (entry.type === 'note' && entry.text.startsWith('SPEECH_UNREADABLE')) counted.unread.inc();
  else if (entry.type === 'fault') counted.faults.inc({ code: isCode(entry.code) ? entry.code : 'other' });
  else if (entry.type === 'end') counted.ended.inc({ by: entry.termination.by, reason: entry.termination.reason });
  const answer = answerIn(entry, WEBHOOK.request);
  if (answer === undefined) return;
  counted.webhooks.inc({ outcome: answer.reason ?? 'success' });
  counted.webhookTries.inc(answer.attempts ?? 1);
  if (answer.fallback === true) counted.webhookFallbacks.inc();
  if (answer.later === true) counted.webhooksLater.inc();
}

/** What is read when somebody asks. */
function readings(registry: Registry, { status }: ApiPorts, log: Pick<Logger, 'error'>): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        guarded(`reading ${name}`, log, () => {
          this.set(read());
        })();
      },
    });
  };
  gauge('offhook_calls_live', 'Calls going on now.', () => status.liveCalls());
  gauge('offhook_calls_limit', 'Calls that may go on at one time.', () => status.callLimits?.().calls ?? 0);
  gauge(
    'offhook_calls_gave_way',
    'Calls never acknowledged or heard whose place was needed.',
    () => status.callLimits?.().gaveWay ?? 0,
  );
  gauge('offhook_ready', '1 when new calls are taken.', () => (status.notReady().length === 0 ? 1 : 0));
  gauge(
    'offhook_flows_mute',
    'Flows that numbers lead to and that no voice on this machine can speak.',
    () => status.muteFlows?.().length ?? 0,
  );
  gauge('offhook_config_refused', 'Configuration files that are not used as they are now.', () => status.refusedFiles().length);
  gauge('offhook_store_backlog', 'Writes that wait for the database.', () => status.storeBacklog());
  gauge('offhook_webhook_circuits_open', 'Hosts that keep failing and are left alone.', () => status.webhooks().openCircuits);
  gauge('offhook_webhook_waiting', 'Webhook requests in line for a busy host.', () => status.webhooks().waitingForHost);
  gauge('offhook_webhook_awaiting_later', 'Webhooks that may be answered later.', () => status.webhooks().awaitingLater);
  gauge('offhook_media_sessions', 'RTP sessions.', () => status.media().sessions);
  gauge('offhook_media_ports_free', 'RTP ports left.', () => status.media().portsFree);
  new Counter({
    name: 'offhook_sip_refused_total',
    help: 'SIP requests turned away before they were calls, repeats included.',
    labelNames: ['reason'],
    registers,
    collect() {
      return settled('reading offhook_sip_refused_total', log, async () => {
        const refusals = await status.sipRefusals();
        this.reset();
        for (const [reason, count] of Object.entries(refusals)) this.inc({ reason }, count);
      });
    },
  });
  new Counter({
    name: 'offhook_keys_missed_total',
    help: 'Keys that callers pressed and that could not be taken.',
    registers,
    collect() {
      guarded('reading offhook_keys_missed_total', log, () => {
        this.reset();
        this.inc(status.media().keysMissed);
      })();
    },
  });
}

/** How loaded the process is, and what was refused because of it. */
function loadReadings(registry: Registry, { status }: ApiPorts, log: Pick<Logger, 'error'>): void {
  const gauge = (
    name: string,
    help: string,
    label: string,
    read: () => readonly (readonly [label: string, value: number])[],
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        guarded(`reading ${name}`, log, () => {
          this.reset();
          for (const [of, value] of read()) this.set({ [label]: of }, value);
        })();
      },
    });
  };
  const workers = (): ReturnType<typeof status.media>['workers'] => status.media().workers;
  gauge('offhook_media_worker_late_p99_ms', 'How late a media worker’s 20 ms tick is, 99th percentile.', 'worker', () =>
    workers().map(({ lateP99Ms }, i) => [String(i), lateP99Ms]),
  );
  gauge('offhook_media_worker_cpu_share', 'Share of the time a media worker is busy, 0 to 1.', 'worker', () =>
    workers().map(({ cpuShare }, i) => [String(i), cpuShare]),
  );
  gauge('offhook_media_address', 'The addresses far ends are told to send audio to; the value is always 1.', 'address', () =>
    status.media().addresses.map((address) => [address, 1]),
  );
  gauge(
    'offhook_load_refused_calls',
    'Calls refused because of load in the last minute, by the limit that was reached.',
    'reason',
    () => (status.loadRefusals?.() ?? []).map(({ reason, count }) => [reason, count]),
  );
}

/** The same of what is kept in the store. */
function storedReadings(registry: Registry, { queries, webhooks }: ApiPorts, log: Pick<Logger, 'error'>): void {
  const registers = [registry];
  new Gauge({
    name: 'offhook_deliveries',
    help: 'Deliveries that are not delivered, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      return settled('reading offhook_deliveries', log, async () => {
        const { pending, dead } = await queries.deliveryCounts();
        this.set({ state: 'pending' }, pending);
        this.set({ state: 'dead' }, dead);
      });
    },
  });
  new Gauge({
    name: 'offhook_webhooks_disabled',
    help: 'Webhooks that answered 410 and are sent nothing.',
    registers,
    collect() {
      return settled('reading offhook_webhooks_disabled', log, async () => {
        this.set((await webhooks.disabled()).length);
      });
    },
  });
}

/** The metrics of one process, counting from now on. */
export class Metrics {
  readonly registry = new Registry();
  readonly #unsubscribe: () => void;

  constructor(ports: ApiPorts, log: Pick<Logger, 'error'>) {
    // Among them the delay of the event loop (nodejs_eventloop_lag_*), memory and CPU.
    collectDefaultMetrics({ register: this.registry });
    const counted = counters(this.registry);
    // One that cannot be read is told and left as it was: the others are worth having.
    readings(this.registry, ports, log);
    loadReadings(this.registry, ports, log);
    storedReadings(this.registry, ports, log);
    this.#unsubscribe = ports.feed.subscribe((event) => count(counted, event));
  }

  close(): void {
    this.#unsubscribe();
    this.registry.clear();
  }
}

/** `GET /metrics`. */
export function metricsOperation({ registry }: Pick<Metrics, 'registry'>): ApiOperation {
  return operation({
    id: 'metrics',
    method: 'get',
    path: '/metrics',
    tag: 'Health',
    summary: 'Prometheus metrics.',
    access: 'key',
    params: noParams,
    query: noParams,
    answers: { 200: { description: 'Prometheus text format.', contentType: 'text/plain' } },
    async handle() {
      return { kind: 'text', status: 200, body: await registry.metrics(), contentType: registry.contentType };
    },
  });
}
