/*
 * A process whose memory is measured: asks a hostile server (origin in the first argument, behaviours in the others) for one bad answer after
 * the other, each with tries, a fallback and large limits, and prints for each by how many bytes it made the process grow at its peak.
 * The second argument says how many calls ask at the same moment.
 */
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../src/lib/clock.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../src/webhooks/http/client.js';
import { webhookCall } from './webhook-calls.js';
import { webhookPort } from './webhook-port.js';

const [origin = '', atOnce = '1', ...names] = process.argv.slice(2);
const client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'] }, systemClock);
const webhooks = webhookPort(client);

async function ask(name: string): Promise<void> {
  const url = `${origin}/${name}`;
  await webhooks.request(
    webhookCall(url, {
      maxResponseBytes: 1_048_576,
      timeoutMs: 1500,
      retries: 2,
      fallbackUrl: [url],
      responseType: /xml|entity|laughs/u.test(name) ? 'xml' : 'json',
      mapping: [{ path: 'data.userId', required: true }],
    }),
    new AbortController().signal,
  );
}

async function together(name: string, calls: number): Promise<void> {
  await Promise.all(Array.from({ length: calls }, () => ask(name)));
}

// Good answers, and the thread for XML, are there before the measuring begins.
await ask('entity-bomb');
for (let i = 0; i < 20; i += 1) await together('ok', Math.max(10, Number(atOnce)));

/** Peak of the resident memory over what it was before, bytes. */
async function growthBy(name: string): Promise<number> {
  globalThis.gc?.();
  await setTimeout(20);
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(watch, 5);
  await together(name, Number(atOnce));
  clearInterval(timer);
  watch();
  return peak - before;
}

const grown: Record<string, number> = {};
for (const name of names) grown[name] = await growthBy(name);
process.stdout.write(JSON.stringify(grown));
process.exit(0);
