/*
 * An outage of 30 hours over the real store, the outbox as in production, on a virtual clock: 10,000 reports for a host that does not
 * answer (every attempt takes its whole timeout), and one an hour for a host that does. Prints what came of it as JSON. In a process of
 * its own, so that memory can be measured. The argument is the database file.
 */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../src/lib/clock.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { openStore } from '../../src/store/sqlite/store.js';
import type { DeliveryStore } from '../../src/webhooks/ports.js';
import type { NewDelivery } from '../../src/model/delivery.js';
import { configuredWebhook } from './configured-webhook.js';
import { OutboxRig } from './outbox-rig.js';
import { callEnd, newCall, newDelivery } from './stores.js';

const HOUR = 3_600_000;
const REPORTS = 10_000;
/** Longest that a write waits for company, ms. */
const LINGER_MS = 25;
/** What a report of a call weighs, bytes. */
const BODY = JSON.stringify({ report: 'x'.repeat(2000) });

/** What the parent reads. */
export interface OutageFigures {
  readonly reports: number;
  readonly lost: number;
  readonly settledTwice: number;
  readonly attemptsDuringOutage: number;
  /** Longest that a report of the other host waited, virtual ms. */
  readonly otherHostDelayMs: number;
  readonly otherHostDelivered: number;
  /** Most deliveries that were claimed and not settled at one time. */
  readonly mostHeld: number;
  /** Most requests to the dead host at one time. */
  readonly worst: number;
  /** Heap and whole process after a collection, MB; at the first and the 29th hour. */
  readonly early: Memory;
  readonly late: Memory;
  readonly realSeconds: number;
}

interface Memory {
  readonly heap: number;
  readonly rss: number;
}

/** The store with its operations counted: virtual time stands still while one is under way. */
class Counted {
  /** Resolves when nothing is asked of the store; null while nothing is. */
  busy: Promise<void> | null = null;
  #underWay = 0;
  #resolve: () => void = () => undefined;
  settledTwice = 0;
  mostHeld = 0;
  readonly #claimed = new Set<string>();
  readonly deliveries: DeliveryStore;

  constructor(store: DeliveryStore) {
    const counted =
      <A extends readonly unknown[], R>(operation: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        this.#begin();
        try {
          return await operation(...args);
        } finally {
          this.#end();
        }
      };
    this.deliveries = {
      ...store,
      add: counted((...added) => store.add(...added)),
      claimDue: counted(async (...claim) => {
        const claimed = await store.claimDue(...claim);
        for (const { id } of claimed) this.#claimed.add(id);
        this.mostHeld = Math.max(this.mostHeld, this.#claimed.size);
        return claimed;
      }),
      settle: counted((id, settlement) => {
        if (!this.#claimed.delete(id)) this.settledTwice += 1;
        return store.settle(id, settlement);
      }),
      nextDue: counted((...except) => store.nextDue(...except)),
      catchUp: counted((reading) => store.catchUp(reading)),
      shift: counted((set) => store.shift(set)),
      disabled: counted(() => store.disabled()),
    };
  }

  #begin(): void {
    this.#underWay += 1;
    this.busy ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  #end(): void {
    this.#underWay -= 1;
    if (this.#underWay > 0) return;
    this.busy = null;
    this.#resolve();
  }
}

/** The store writes in real time, but does not wait for company. */
function eagerClock(virtual: Clock): Clock {
  return {
    now: () => virtual.now(),
    monotonic: () => performance.now(),
    after(ms, fire) {
      if (ms <= LINGER_MS) {
        const soon = setImmediate(fire);
        return () => clearImmediate(soon);
      }
      const timer = setTimeout(fire, ms);
      return () => clearTimeout(timer);
    },
  };
}

function memory(): Memory {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 };
}

async function outage(file: string): Promise<OutageFigures> {
  const begun = performance.now();
  const rig = new OutboxRig();
  const { clock } = rig;
  const opened = await openStore({ file, log: silentLogger, clock: eagerClock(clock) });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const counted = new Counted(store.deliveries);
  clock.busy = () => counted.busy;
  const start = clock.now();
  const of = (id: string, webhook: string): NewDelivery =>
    newDelivery(id, 'c1', { webhook, body: BODY, createdAt: clock.now(), dueAt: clock.now() });
  await store.calls.begin(newCall('c1'));
  await store.calls.end(callEnd('c1'), []);
  for (let i = 0; i < REPORTS; i += 500) {
    await store.deliveries.add(Array.from({ length: 500 }, (_, k) => of(`dead-${i + k}`, 'dead')));
  }

  rig.keep = false;
  rig.webhooks = [configuredWebhook('dead'), configuredWebhook('crm')];
  let otherHostDelivered = 0;
  let otherHostDelayMs = 0;
  let madeAt = 0;
  rig.answer = ({ url }) => {
    if (url.includes('dead')) return clock.now() - start < 30 * HOUR ? { fail: true, ms: 10_000 } : {};
    otherHostDelivered += 1;
    otherHostDelayMs = Math.max(otherHostDelayMs, clock.now() - madeAt);
    return {};
  };
  const box = rig.outbox(counted.deliveries);
  box.start();
  let [early, late] = [memory(), memory()];
  for (let hour = 1; hour <= 30; hour += 1) {
    madeAt = clock.now();
    await store.deliveries.add([of(`crm-${hour}`, 'crm')]);
    box.wake();
    await clock.advance(HOUR);
    if (hour === 1) early = memory();
    if (hour === 29) late = memory();
  }
  const attemptsDuringOutage = (
    await store.queries.deliveries({ state: 'pending' }, { limit: REPORTS, after: null })
  ).items.reduce((sum, { attempts }) => sum + attempts, 0);
  for (let hour = 0; hour < 14 && (await store.queries.deliveryCounts()).pending > 0; hour += 1) await clock.advance(HOUR);
  const delivered = await store.queries.deliveries({ state: 'delivered' }, { limit: 2 * REPORTS, after: null });
  const arrived = delivered.items.filter(({ webhook }) => webhook === 'dead').length;
  await box.stop();
  await store.close();
  const realSeconds = (performance.now() - begun) / 1000;
  return {
    reports: REPORTS,
    lost: REPORTS - arrived,
    settledTwice: counted.settledTwice,
    attemptsDuringOutage,
    otherHostDelayMs,
    otherHostDelivered,
    mostHeld: counted.mostHeld,
    worst: rig.worst.get('dead.example') ?? 0,
    early,
    late,
    realSeconds,
  };
}

process.stdout.write(JSON.stringify(await outage(process.argv[2] ?? '')));
