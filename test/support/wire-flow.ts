import { checkFlow } from '../../src/flow/document/check/check.js';
import { createFlowRun } from '../../src/flow/engine/run.js';
import type { CallPort, FunctionPort } from '../../src/flow/ports.js';
import type { RequestRules } from '../../src/model/request-rules.js';
import { FakeFunctions } from './fake-functions.js';
import { sleep, systemClock } from '../../src/lib/clock.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../src/http/client.js';
import { type Identity, NO_IDENTITY } from '../../src/webhooks/auth/identity.js';
import type { Webhooks } from '../../src/webhooks/webhook.js';
import { widgetCatalogue } from '../../src/widgets/index.js';
import { webhookPort } from './webhook-port.js';

/** Flows without a caller, on the real clock, whose webhooks really go out over HTTP. */
export class WireFlows {
  readonly #client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'] }, systemClock);
  readonly webhooks: Webhooks;
  /** Internal functions of a test; every call fails without. */
  functions: FunctionPort | null = null;
  /** What the checker is told of them. */
  requests: RequestRules | undefined;

  constructor(secrets: Readonly<Record<string, string>> = {}, identity: Identity = NO_IDENTITY) {
    const read = (name: string): string | undefined => secrets[name];
    this.webhooks = webhookPort(this.#client, { secrets: read, identity });
  }

  /** Runs a flow to its end: `widget:exit` of every step, and the variables it left by full name. */
  async run(raw: JsonObject): Promise<{ readonly path: readonly string[]; readonly variables: Readonly<Record<string, Json>> }> {
    const { flow, problems } = checkFlow(raw, { widgets: widgetCatalogue, ...(this.requests && { requests: this.requests }) });
    if (flow === null) throw new Error(problems.map(({ path, message }) => `${path} ${message}`).join('\n'));
    const path: string[] = [];
    const run = createFlowRun({
      flow,
      ports: {
        call: silentCall,
        webhook: this.webhooks,
        functions: this.functions ?? new FakeFunctions(),
        clock: { now: () => systemClock.now(), sleep: (ms, signal) => sleep(systemClock, ms, signal) },
        facts: { read: () => ({ cli: '15551230001', did: '15559870000', uuid: 'call-1', direction: 'inbound' }) },
        users: { load: () => Promise.resolve({}), save: () => Promise.resolve({ kind: 'done' }) },
        random: { next: () => 0.5, uuid: () => '00000000-0000-4000-8000-000000000001' },
      },
      journal: (event) => {
        if (event.type === 'exit') path.push(`${event.widget}:${event.exit}`);
      },
      log: silentLogger,
      limits: { maxSteps: 100 },
      contact: '15551230001',
      signal: new AbortController().signal,
    });
    await run.main();
    return { path, variables: Object.fromEntries([...run.variables()].map(([name, { value }]) => [name, value])) };
  }

  async close(): Promise<void> {
    await this.webhooks.idle();
    await this.#client.close();
  }
}

const refused = { kind: 'failed', code: 'CALL_ENDED', message: 'nobody is there' } as const;

/** A call that takes nothing but its end. */
const silentCall: CallPort = {
  answer: () => Promise.resolve({ kind: 'done' }),
  play: () => Promise.resolve(refused),
  collect: () => Promise.resolve(refused),
  startMusic: () => Promise.resolve(refused),
  stopMusic: () => Promise.resolve({ kind: 'done' }),
  announce: () => Promise.resolve(refused),
  awaitKey: () => Promise.resolve(refused),
  startRecording: () => Promise.resolve(refused),
  stopRecording: () => Promise.resolve(refused),
  hangup: () => Promise.resolve({ kind: 'done' }),
};
