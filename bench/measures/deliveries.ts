import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/ids.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { openStore } from '../../src/store/sqlite/store.js';
import type { Store } from '../../src/store/store.js';
import { DELIVERY_POLICY } from '../../src/webhooks/deliveries/delivery.js';
import { Outbox } from '../../src/webhooks/deliveries/outbox.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../src/http/client.js';
import type { DeliveryTarget } from '../../src/webhooks/ports.js';
import type { NewDelivery } from '../../src/model/delivery.js';
import { Sender } from '../../src/webhooks/request/sender.js';
import { NO_IDENTITY } from '../../src/webhooks/auth/identity.js';
import { waitForQuiet } from '../machine.js';
import { median } from '../statistics.js';
import type { Bench, Figure } from './measure.js';

/** Bytes of a body: about a native report of a call with some steps. */
const BODY_BYTES = 2000;
/** Attempts at one time to one host: as configured by default, and many. */
const PER_HOST = [4, 32] as const;
const REPORTS = 3000;

/**
 * How many reports a second the outbox delivers: the real outbox, client and SQLite store in this process, the endpoint that answers at
 * once in its own. The reports are queued first; the time runs from the first wake to the last settlement.
 */
export async function deliveries({ rig, scale, note }: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const perHost of PER_HOST) {
    const rates: number[] = [];
    for (let run = 0; run < Math.max(3, scale.runs); run += 1) {
      await waitForQuiet(scale.quietMs);
      rates.push(await deliver(rig.endpointUrl, perHost));
    }
    note(`${REPORTS} deliveries, ${perHost} at a time: ${rates.map((rate) => Math.round(rate)).join(', ')} a second`);
    const what = `Reports delivered per second to one host, ${perHost} at a time`;
    figures.push({ what, value: String(Math.round(median(rates))), bar: '–', reached: null });
  }
  return figures;
}

/** Delivers all reports; deliveries a second. */
async function deliver(url: string, perHost: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-bench-'));
  const opened = await openStore({ file: join(folder, 'bench.db'), log: silentLogger, clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'] }, systemClock);
  const target: DeliveryTarget = { name: 'sink', url, auth: { type: 'none' }, sign: null };
  const outbox = new Outbox({
    store: store.deliveries,
    target: () => target,
    sender: new Sender({ client, identity: NO_IDENTITY, clock: systemClock, random: systemRandom }),
    secrets: () => undefined,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    policy: { ...DELIVERY_POLICY, perHost, concurrency: Math.max(perHost, DELIVERY_POLICY.concurrency) },
  });
  try {
    await fill(store);
    const begun = performance.now();
    outbox.start();
    while ((await store.queries.deliveryCounts()).pending > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    return (REPORTS / (performance.now() - begun)) * 1000;
  } finally {
    await outbox.stop();
    await client.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(store: Store): Promise<void> {
  const now = systemClock.now();
  const call = { id: 'bench', direction: 'inbound', flowId: 'f', flowVersion: 'v', cli: '1', did: '2', startedAt: now } as const;
  await store.calls.begin(call);
  const body = JSON.stringify({ text: 'x'.repeat(BODY_BYTES) });
  const queued = Array.from({ length: REPORTS }, (): NewDelivery => {
    return { id: systemRandom.uuid(), callId: 'bench', kind: 'report', webhook: 'sink', body, createdAt: now, dueAt: now };
  });
  await store.deliveries.add(queued);
}
