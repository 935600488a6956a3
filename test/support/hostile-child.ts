/*
 * A process that is measured: asks a hostile server for one bad answer after the other, each with tries, a fallback and large limits, and
 * prints for each what it cost ({@link HostileCost}, as JSON by name). A bystander asks another server meanwhile, again and again.
 *
 *   hostile-child ORIGIN CALLS-AT-ONCE BYSTANDER-URL NAME…
 */
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../src/lib/clock.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../src/http/client.js';
import type { WebhookCall } from '../../src/model/webhook.js';
import { DEADLINE_MS, type HostileCost } from './hostile-cost.js';
import { webhookCall } from './webhook-calls.js';
import { webhookPort } from './webhook-port.js';

const BYSTANDER_EVERY_MS = 50;

const [origin = '', calls = '1', bystander = '', ...names] = process.argv.slice(2);
const client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'] }, systemClock);
const webhooks = webhookPort(client);
const atOnce = Number(calls);
const never = new AbortController().signal;

/** Nothing that is asked for twice: every element is compared with every other one. */
const QUADRATIC = { xmlPaths: 'xpath', mapping: [{ path: '//b[count(//b[. != "2"]) > 20000]', required: true }] } as const;
/** What it answers before it has read it. */
const LARGE_BODY = { method: 'POST', body: { contentType: 'text/plain', text: 'x'.repeat(65_536) } } as const;

function attack(name: string): WebhookCall {
  const url = `${origin}/${name}`;
  return webhookCall(url, {
    maxResponseBytes: 1_048_576,
    timeoutMs: DEADLINE_MS,
    retries: 2,
    redirects: 5,
    fallbackUrl: [url],
    responseType: /xml|entity|laughs|doctype/u.test(name) ? 'xml' : 'json',
    mapping: [{ path: 'data.userId', required: true }],
    ...(name === 'wide-xml' && QUADRATIC),
    ...(name.startsWith('early') && LARGE_BODY),
  });
}

/** One attack; nothing of its answer is kept. */
async function one(name: string): Promise<{ readonly failed: boolean; readonly given: number }> {
  const { reason, raw } = await webhooks.request(attack(name), never);
  return { failed: reason !== null, given: raw === null ? 0 : bytesOf(raw) };
}

/** What a text takes: one byte for each character, two when any is beyond Latin-1. */
function bytesOf(text: string): number {
  return /[^\u0000-\u00ff]/u.test(text) ? 2 * text.length : text.length;
}

/** All at the same moment. */
async function together(name: string): Promise<Pick<HostileCost, 'failed' | 'given' | 'ms'>> {
  const begun = performance.now();
  const all = await Promise.all(Array.from({ length: atOnce }, () => one(name)));
  const given = all.reduce((sum, answer) => sum + answer.given, 0);
  return { failed: all.filter(({ failed }) => failed).length, given, ms: performance.now() - begun };
}

/** Asks the other server until told to stop; gives the longest that it took, ms. */
async function ask(stop: AbortSignal): Promise<number> {
  const asked: Promise<number>[] = [];
  const once = async (): Promise<number> => {
    const due = performance.now();
    const { reason } = await webhooks.request(webhookCall(bystander, { timeoutMs: 30_000 }), never);
    return reason === null ? performance.now() - due : Infinity;
  };
  for (let due = performance.now(); !stop.aborted; due += BYSTANDER_EVERY_MS) {
    // Those that a busy thread could not send in time are late all the same.
    const late = Math.max(0, performance.now() - due);
    asked.push(once().then((ms) => ms + late));
    await setTimeout(Math.max(0, due + BYSTANDER_EVERY_MS - performance.now()));
  }
  return Math.max(...(await Promise.all(asked)));
}

async function costOf(name: string): Promise<HostileCost> {
  globalThis.gc?.();
  await setTimeout(20);
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(watch, 5);
  const over = new AbortController();
  const delay = ask(over.signal);
  const outcome = await together(name);
  over.abort();
  const bystanderMs = await delay;
  clearInterval(timer);
  watch();
  return { ...outcome, bytes: peak - before, bystanderMs };
}

// Good answers, and the thread for XML, are there before the measuring begins.
await one('entity-bomb');
for (let i = 0; i < 200; i += atOnce) await together('ok');
const costs: Record<string, HostileCost> = {};
for (const name of names) costs[name] = await costOf(name);
process.stdout.write(JSON.stringify(costs));
process.exit(0);
