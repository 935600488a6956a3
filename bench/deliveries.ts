/*
 * How many reports a second the outbox delivers: the real outbox, client and SQLite store in this process, a sink on loopback that
 * answers 204 at once in a process of its own. The reports are queued first, the time runs from the first wake to the last settlement.
 *
 *   npx tsx bench/deliveries.ts [reports per run] [runs]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/lib/clock.js';
import { systemRandom } from '../src/lib/ids.js';
import { silentLogger } from '../src/lib/log.js';
import { openStore, type Store } from '../src/store/store.js';
import { CLIENT_DEFAULTS, HttpClient } from '../src/webhooks/http/client.js';
import { DELIVERY_POLICY } from '../src/webhooks/deliveries/delivery.js';
import { Outbox } from '../src/webhooks/deliveries/outbox.js';
import type { DeliveryTarget, NewDelivery } from '../src/webhooks/ports.js';
import { NO_IDENTITY, Sender } from '../src/webhooks/sender.js';
import { describeMachine } from './machine.js';
import { median } from './statistics.js';

/** Bytes of a body: about a native report of a call with some steps. */
const BODY_BYTES = 2000;
/** Attempts at one time to one host: as configured by default, and as much as is allowed. */
const PER_HOST = [4, 32] as const;

const [reports = 3000, runs = 3] = process.argv.slice(2).map(Number);

console.log(
  `${describeMachine()}\nOutbox, client and store in one process, sink in another; loopback, ${BODY_BYTES} bytes a report.`,
);
const sink = await startSink();
try {
  for (const perHost of PER_HOST) {
    const rates: number[] = [];
    for (let run = 0; run < runs; run += 1) rates.push(await deliver(sink.port, perHost));
    const shown = rates.map((rate) => Math.round(rate)).join(', ');
    console.log(`${perHost} at a time: median ${Math.round(median(rates))} deliveries/s (${runs} runs of ${reports}: ${shown})`);
  }
} finally {
  sink.child.kill();
}

/** Delivers all reports; deliveries a second. */
async function deliver(port: number, perHost: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-bench-'));
  const opened = await openStore({ file: join(folder, 'bench.db'), log: silentLogger, clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'] }, systemClock);
  const target: DeliveryTarget = { name: 'sink', url: `http://127.0.0.1:${port}/`, auth: { type: 'none' }, sign: null };
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
    await emptied(store);
    return (reports / (performance.now() - begun)) * 1000;
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
  const queued = Array.from({ length: reports }, (): NewDelivery => {
    return { id: systemRandom.uuid(), callId: 'bench', kind: 'report', webhook: 'sink', body, createdAt: now, dueAt: now };
  });
  await store.deliveries.add(queued);
}

async function emptied(store: Store): Promise<void> {
  while ((await store.queries.deliveryCounts()).pending > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function startSink(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(fileURLToPath(new URL('endpoint.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const port = await new Promise<number>((resolve) => {
    child.once('message', (message: { readonly port: number }) => {
      resolve(message.port);
    });
  });
  return { child, port };
}
