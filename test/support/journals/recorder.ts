import { join } from 'node:path';
import type { Call } from '../../../src/call/call.js';
import type { CallEnd } from '../../../src/model/call-row.js';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import type { Flow } from '../../../src/flow/document/document.js';
import type { JournalEntry, JournalSink } from '../../../src/model/journal.js';
import { DEFAULT_GOODBYE } from '../../../src/lib/goodbye.js';
import type { JsonObject } from '../../../src/lib/json/json.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { sleep } from '../../../src/lib/clock.js';
import { runLiveCall, type LiveRunServices } from '../../../src/runs/live-run.js';
import type { Store } from '../../../src/store/store.js';
import { namedUuid } from '../../../src/lib/named-uuid.js';
import { functionCatalogue } from '../../../src/functions/catalogue.js';
import { runFunction } from '../../../src/functions/contract/run.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';
import { CallRig, type RigOptions } from '../call-rig.js';
import { configuredWebhook } from '../configured-webhook.js';
import { endServices } from '../end-services.js';
import { FakeFunctions, type FunctionScript } from '../fake-functions.js';
import type { FakeSession } from '../fake-media.js';
import type { DialOptions, FakeCaller } from '../fake-signaling.js';
import { createFakeStore } from '../fake-store.js';
import { FakeWebhooks, type WebhookScript } from '../fake-webhooks.js';
import { fakeServices, siteRules } from '../functions.js';
import { openOrFail, temporaryFolder } from '../stores.js';
import type { VirtualClock } from '../virtual-clock.js';
import type { RecordedCall } from './file.js';
import { rowsOf } from './stored.js';

/* Records calls with the code as it is: real session, engine, call and store, over fake signalling, media and services. */

/** A call while it is recorded. */
export interface LiveCall {
  readonly rig: CallRig;
  readonly caller: FakeCaller;
  readonly call: Call;
  readonly session: FakeSession;
  readonly clock: VirtualClock;
  /** Lets so much virtual time go by, ms. */
  readonly wait: (ms: number) => Promise<void>;
  /** Presses keys, one every 100 ms. */
  readonly press: (keys: string) => Promise<void>;
}

/** A call to be recorded. */
export interface Scenario {
  /** Of its file. */
  readonly name: string;
  readonly about: string;
  readonly flow: JsonObject;
  /** What the caller and the world do; the call then runs to its end. */
  readonly script?: (live: LiveCall) => Promise<void> | void;
  /** The process dies after the script: nothing more is written. `entries` of the journal were on the disk; all when absent. */
  readonly dies?: true | { readonly entries: number };
  readonly webhooks?: WebhookScript;
  /** The functions of services; our own run as they are. */
  readonly functions?: FunctionScript;
  /** Stored variables of the caller. */
  readonly users?: JsonObject;
  /** Changes what the session is given. */
  readonly services?: (services: LiveRunServices, clock: VirtualClock) => Partial<LiveRunServices>;
  readonly prepare?: (rig: CallRig) => void;
  readonly rig?: RigOptions;
  readonly dial?: DialOptions;
  /** The integration the call belongs to, of those in `derive.ts`; `turns` when absent. */
  readonly integration?: 'everything' | 'turns' | null;
  readonly maxSteps?: number;
}

/** Results of widgets that integrations send. */
const RESULTS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['ask', new Set(['digits', 'tries', 'endedBy', 'error'])],
  ['look', new Set(['status', 'duration', 'error', 'raw'])],
  ['choose', new Set(['key', 'choice'])],
]);

/** Runs a call and gives what a store then holds of it. */
export async function recordCall(scenario: Scenario): Promise<Omit<RecordedCall, 'derived'>> {
  const { name, about, flow: document } = scenario;
  const store = createFakeStore();
  const kept: JournalEntry[] = [];
  const ends: CallEnd[] = [];
  await liveThrough(scenario, store, { append: (_call, entry) => void kept.push(entry) }, ends);
  const [row] = [...store.state.calls.values()];
  if (row === undefined) throw new Error(`${name}: the call has no row`);
  const dies = scenario.dies ?? false;
  const entries = typeof dies === 'object' ? kept.slice(0, dies.entries) : kept;

  const temporary = temporaryFolder();
  const file = join(temporary.folder, 'offhook.db');
  const database = await openOrFail(file);
  await database.calls.begin(row);
  for (const entry of entries) database.journal.append(row.id, entry);
  for (const end of ends) await database.calls.end({ ...end, awaitsRecording: row.awaitsRecording }, []);
  await database.flush();
  await database.close();
  const [call] = await rowsOf(file, 'select * from calls');
  const rows = await rowsOf(file, 'select entry from journal order by seq');
  temporary.remove();
  if (call === undefined) throw new Error(`${name}: the row is not in the database`);
  return { name, about, flow: document, call, entries: rows.map(({ entry }) => String(entry)) };
}

/** Where what is kept of a call goes. */
interface Kept {
  readonly store: ReturnType<typeof createFakeStore>;
  readonly journal: JournalSink;
  readonly ends: CallEnd[];
  readonly flow: Flow;
}

async function liveThrough(
  scenario: Scenario,
  store: ReturnType<typeof createFakeStore>,
  journal: JournalSink,
  ends: CallEnd[],
): Promise<void> {
  const { name, flow: document, script, rig: options = {}, dial = {} } = scenario;
  const { flow, problems } = checkFlow(document, {
    widgets: widgetCatalogue,
    hasDefaultWebhook: true,
    requests: siteRules('crm'),
  });
  if (flow === null) throw new Error(`${name}: ${JSON.stringify(problems, null, 1)}`);
  let made = 0;
  let services: LiveRunServices | null = null;
  let story: Promise<void> = Promise.resolve();
  const rig: CallRig = new CallRig({
    routes: [{ kind: 'exact', number: '100', flow: flow.id }],
    uuid: () => namedUuid(`${name}/${++made}`),
    onCall: (call, route) => {
      if (services !== null) story = runLiveCall(services, call, route);
      return story;
    },
    ...options,
  });
  scenario.prepare?.(rig);
  services = sessionServices(scenario, rig, { store, journal, ends, flow });
  const contact = new Map(Object.entries(scenario.users ?? {}));
  if (contact.size > 0) store.state.users.set('4930123', contact);

  const { clock } = rig;
  const caller = rig.signaling.dial(dial);
  await clock.advance(0);
  const call = rig.calls.at(-1);
  if (call === undefined) throw new Error(`${name}: no call; the caller got ${caller.statuses.join(', ')}`);
  const wait = (ms: number): Promise<void> => clock.advance(ms);
  const session = rig.media.last;
  const press = async (keys: string): Promise<void> => {
    for (const key of keys) {
      session.press(key);
      await wait(100);
    }
  };
  await script?.({ rig, caller, call, session, clock, wait, press });
  if (scenario.dies !== undefined) return;
  await clock.runUntil(story);
  await wait(10);
}

function sessionServices(
  {
    integration = 'turns',
    webhooks = () => ({ json: { status: 'shipped', items: [1, 2] } }),
    functions,
    maxSteps = 100,
    ...scenario
  }: Scenario,
  { clock }: CallRig,
  { store, journal, ends, flow }: Kept,
): LiveRunServices {
  let drawn = 0;
  const calls: Store['calls'] = {
    ...store.calls,
    end(end, deliveries) {
      ends.push(end);
      return store.calls.end(end, deliveries);
    },
  };
  const own = fakeServices(clock);
  const catalogue = functionCatalogue;
  const services: LiveRunServices = {
    flows: () => new Map([[flow.id, flow]]),
    brokenFlows: () => new Map(),
    calls,
    users: store.users,
    webhook: new FakeWebhooks(clock, webhooks),
    functions: new FakeFunctions((call, signal) => {
      if (call.service !== null && functions !== undefined) return functions(call, signal);
      return runFunction(call, { catalogue, services: own, clock, log: silentLogger }, signal);
    }),
    sinks: [store.journal, journal],
    ending: { ...endServices({ ...store, calls }, [configuredWebhook('report', { default: true })]), clock },
    integrationOf: () => integration,
    resultsOf: () => RESULTS,
    clock,
    flowClock: { sleep: (ms, signal) => sleep(clock, ms, signal) },
    ownProcess: { id: 'a1b2c3d4', ms: () => 60_000 + clock.monotonic() },
    random: {
      next: () => (drawn = (drawn + 0.618_033_988_75) % 1),
      uuid: () => namedUuid(`${flow.id}/random/${++drawn}`),
    },
    log: silentLogger,
    maxSteps,
    anchorMs: 65_000,
    goodbye: DEFAULT_GOODBYE,
    onRefused: () => undefined,
  };
  return { ...services, ...scenario.services?.(services, clock) };
}
