import { Agent, request } from 'undici';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/ids.js';
import { silentLogger } from '../../src/lib/log/log.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../src/http/client.js';
import { Sender } from '../../src/webhooks/request/sender.js';
import { LimitedClient, HOST_POLICY } from '../../src/webhooks/attempts/limited-client.js';
import type { WebhookCall } from '../../src/model/webhook.js';
import { createWebhookPort } from '../../src/webhooks/webhook.js';
import { waitForQuiet } from '../machine.js';
import { median } from '../statistics.js';
import { number, type Bench, type Figure } from './measure.js';

const REQUESTS = 2000;
const AT_ONCE = 10;
const ROUNDS = 7;
const BODY = JSON.stringify({ order: '4711', caller: '+15550100' });
const HEADERS = [
  ['content-type', 'application/json'],
  ['authorization', 'Basic aXZyOnNlc2FtZQ=='],
  ['x-tenant', 'bench'],
] as const;

/**
 * What a webhook costs beyond its HTTP: CPU of this process (user and system, all threads) for a request by the whole port (secrets, basic
 * authentication, a Standard Webhooks signature, limited client, guard, client, mapping of the JSON answer), against the same bytes by undici alone.
 */
export async function webhookCost({ rig, scale, note }: Bench): Promise<Figure[]> {
  const url = `${rig.endpointUrl}/look`;
  const agent = new Agent({ connections: AT_ONCE, pipelining: 1 });
  const client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true, allowNetworks: ['127.0.0.0/8'] }, systemClock);
  const bare = async (): Promise<void> => {
    const headers = Object.fromEntries(HEADERS);
    const { body } = await request(`${url}?caller=bench`, { method: 'POST', headers, body: BODY, dispatcher: agent });
    const answer = (await body.json()) as { readonly prompt: string };
    if (answer.prompt !== 'answer') throw new Error('the endpoint answers otherwise');
  };
  const whole = wholePort(client, url);
  try {
    const costs: { readonly bare: number; readonly whole: number }[] = [];
    // The first round compiles and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      if (round === 1) await waitForQuiet(scale.quietMs);
      const cost = { bare: await cpuMs(bare), whole: await cpuMs(whole) };
      if (round > 0) costs.push(cost);
    }
    const [ours, theirs] = [median(costs.map((cost) => cost.whole)), median(costs.map((cost) => cost.bare))];
    const over = median(costs.map((cost) => cost.whole - cost.bare));
    const all = costs.map((cost) => number(cost.whole - cost.bare, 3)).join(', ');
    note(`webhook request ${number(ours, 3)} ms CPU, bare undici ${number(theirs, 3)} ms; over it, by round: ${all}`);
    const what = 'CPU per webhook request beyond a bare undici request';
    return [
      { what, value: `${number(over, 2)} ms (${number(ours, 2)} − ${number(theirs, 2)})`, bar: '1 ms', reached: over <= 1 },
    ];
  } finally {
    await agent.close();
    await client.close();
  }
}

/** A request by the port, as a flow makes it. */
function wholePort(client: HttpClient, url: string): () => Promise<void> {
  const secrets = (name: string): string | undefined => (name === 'password' ? 'sesame' : undefined);
  const signing = { type: 'standard', secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}`, previous: [] } as const;
  const identity = { credentials: new Map(), signers: new Map([['bench', signing]]), defaultSigner: 'bench' };
  const limitedClient = new LimitedClient({ client, clock: systemClock, log: silentLogger, policy: HOST_POLICY });
  const sender = new Sender({ client: limitedClient, identity, clock: systemClock, random: systemRandom });
  const port = createWebhookPort({ sender, secrets, clock: systemClock, log: silentLogger });
  const call: WebhookCall = {
    method: 'POST',
    url: [url],
    headers: [{ key: 'X-Tenant', value: ['bench'] }],
    query: [{ key: 'caller', value: ['bench'] }],
    auth: { type: 'basic', username: ['ivr'], password: [{ secret: 'password' }] },
    body: { contentType: 'application/json', text: BODY },
    timeoutMs: 10_000,
    maxResponseBytes: 65_536,
    redirects: 0,
    responseType: 'json',
    pathRoot: 'document',
    xmlPaths: 'dotted',
    mapping: [{ path: 'prompt', required: true }],
  };
  const never = new AbortController().signal;
  return async () => {
    const { reason, mapped } = await port.request(call, never);
    if (reason !== null || mapped[0]?.found !== true) throw new Error(`the webhook failed: ${reason ?? 'nothing was found'}`);
  };
}

/** CPU per request, ms. */
async function cpuMs(ask: () => Promise<void>): Promise<number> {
  let left = REQUESTS;
  const before = process.cpuUsage();
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await ask();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / REQUESTS;
}
