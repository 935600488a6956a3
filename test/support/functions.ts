import type { Clock } from '../../src/lib/clock.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { silentLogger, type Logger } from '../../src/lib/log/log.js';
import { functionCatalogue } from '../../src/functions/catalogue.js';
import { linkMaker } from '../../src/functions/contract/links.js';
import type { FunctionServices } from '../../src/functions/contract/ports.js';
import { functionRules } from '../../src/functions/contract/rules.js';
import { runFunction } from '../../src/functions/contract/run.js';
import type { FunctionAnswer, FunctionCall } from '../../src/model/function.js';
import type { ConfiguredWebhook } from '../../src/webhooks/configured/schema.js';
import { requestRules } from '../../src/webhooks/request-rules.js';
import { NO_IDENTITY } from '../../src/webhooks/auth/identity.js';
import { Guard } from '../../src/http/guard.js';
import { configuredWebhook } from './configured-webhook.js';
import { fakeLinks, fakePauses } from './fake-links.js';
import { VirtualClock } from './virtual-clock.js';

/** Monday. */
export const MONDAY_NOON = Date.parse('2026-11-23T12:00:00Z');

/** A configured webhook with functions. */
export function functionService(url: string, more: Partial<ConfiguredWebhook> = {}): ConfiguredWebhook {
  return configuredWebhook('crm', { url, kind: 'functions', format: 'native', ...more });
}

/** What a site tells the checker, with these services. */
export function siteRules(...services: readonly string[]) {
  const webhooks = services.map((name) => functionService('https://crm.example/', { name }));
  const guard = new Guard({ allowHttp: true, allowNetworks: [], allowHosts: [] });
  return {
    ...requestRules(guard, { identity: NO_IDENTITY, answerLater: null }),
    functions: functionRules(functionCatalogue, () => webhooks),
  };
}

/** Everything functions may use, in memory. */
export function fakeServices(
  clock: Pick<Clock, 'now'>,
  more: Partial<FunctionServices> = {},
): FunctionServices & { readonly stored: Map<string, Record<string, Json>> } {
  const stored = new Map<string, Record<string, Json>>();
  return {
    stored,
    users: {
      load: (contact) => Promise.resolve(contact === 'anonymous' ? null : (stored.get(contact) ?? {})),
      save(contact, values) {
        if (contact === 'anonymous') return Promise.resolve(false);
        stored.set(contact, { ...stored.get(contact), ...values });
        return Promise.resolve(true);
      },
    },
    makeLink: linkMaker({ store: fakeLinks(), now: () => clock.now(), publicUrl: () => 'https://ivr.example/' }),
    linkDays: 90,
    pauses: fakePauses(),
    calls: {
      report: () => Promise.resolve(null),
      variables: () => Promise.resolve(null),
      lastCallOf: () => Promise.resolve(null),
      counts: () => Promise.resolve({ calls: 0, answered: 0, live: 0, talkMs: 0, endedBy: {} }),
    },
    translate: null,
    ...more,
  };
}

/** Runs our functions on a virtual clock that stands at noon of a Monday. */
export class FunctionBench {
  readonly clock = new VirtualClock(MONDAY_NOON);
  readonly services: ReturnType<typeof fakeServices>;

  constructor(
    more: Partial<FunctionServices> = {},
    private readonly log: Logger = silentLogger,
  ) {
    this.services = fakeServices(this.clock, more);
  }

  /** @param keys names without namespace are `$flow.key.*` */
  call(name: string, keys: JsonObject = {}, more: Partial<FunctionCall> = {}): Promise<FunctionAnswer> {
    const call: FunctionCall = {
      function: name,
      service: null,
      keys: Object.entries(keys).map(([key, value]) => ({ name: key.startsWith('$') ? key : `$flow.key.${key}`, value })),
      timeoutMs: 1000,
      timeZone: 'UTC',
      language: 'en-US',
      caller: '15551230001',
      ...more,
    };
    const runtime = { catalogue: functionCatalogue, services: this.services, clock: this.clock, log: this.log };
    return runFunction(call, runtime, new AbortController().signal);
  }

  /** The values a function set, by full name; fails the test when the function failed. */
  async outputs(name: string, keys: JsonObject = {}, more: Partial<FunctionCall> = {}): Promise<JsonObject> {
    const answer = await this.call(name, keys, more);
    if (answer.reason !== null) throw new Error(`${answer.code ?? answer.reason}: ${answer.detail ?? ''}`);
    return Object.fromEntries(answer.keys.map(({ name: key, value }) => [key, value]));
  }
}
