import { normaliseNumber } from '../call/inbound/routing.js';
import type { Config } from '../site/config/config.js';
import { LOAD_LIMITS } from '../media/load-limits.js';
import type { Problem } from '../lib/problem.js';
import type { Runtime } from '../app/main.js';
import { VERSION } from '../app/version.js';
import { defaultWebhook } from '../webhooks/configured/configured.js';
import { problemLines } from './problems.js';

/*
 * What an operator sees after `npm start`: one screen that says what is live, what is unsafe, and how to try a call.
 */

/** The start screen of a runtime. `warnings` are those of configuration and flows. */
export function startScreen(runtime: Runtime, warnings: readonly Problem[]): string {
  const { site, listening, sipServer, apiUrl, media, recovered } = runtime;
  const { config, webhooks } = site;
  const stats = media.stats();
  const report = defaultWebhook(webhooks);
  const rows: readonly (readonly [string, string])[] = [
    ['SIP', `${listening.join('  ')}  (${sipServer} server)`],
    [
      'RTP',
      `${stats.addresses.join(', ')} ports ${config.media.ports.from}–${config.media.ports.to}, ${stats.workers.length} thread(s), receive ${stats.receive}`,
    ],
    ['API', `${apiUrl}  ${config.api.keys.length === 0 ? '(no key: this machine only)' : '(key required)'}`],
    ['Takes', takes(config)],
    ['Data', config.data.dir],
    ['Reports', report === undefined ? 'none: no default webhook' : `${report.name}, format ${report.format}`],
    ['Numbers', ''],
    ...numberRows(runtime),
  ];
  const notes = [
    ...advice(runtime),
    ...(recovered > 0 ? [`${recovered} call(s) of an earlier process were left open. They are now ended and reported.`] : []),
  ];
  return [
    `Offhook ${VERSION}`,
    '',
    ...rows.map(([name, text]) => `  ${name.padEnd(8)} ${text}`.trimEnd()),
    '',
    ...(notes.length + warnings.length > 0
      ? ['  Check these:', ...notes.map((note) => `  ! ${note}`), ...problemLines(warnings), '']
      : []),
    `  Try it:  npx offhook call ${exampleTarget(runtime)}`,
    '',
    'Ready for calls. Ctrl-C lets live calls finish, then stops.',
  ].join('\n');
}

/** What is refused beyond, so that a refusal because of load surprises nobody. */
function takes({ limits }: Config): string {
  const { lateP99Ms, cpuShare } = LOAD_LIMITS;
  return `${limits.calls} calls, ${limits.callsPerSecond} new per second; a media worker is full when ${lateP99Ms} ms late or ${cpuShare * 100} % busy`;
}

function numberRows({ site }: Runtime): (readonly [string, string])[] {
  const { numbers, default: fallback } = site.config.routing;
  const name = (flow: string): string => `${flow}  (${site.flows.get(flow)?.name ?? ''})`;
  return [
    ...numbers.map(({ number, prefix, flow }) => ['', `${(number ?? `${prefix ?? ''}…`).padEnd(10)} → ${name(flow)}`] as const),
    ['', `${'all others'.padEnd(10)} → ${fallback === null ? 'refused (404)' : name(fallback)}`],
  ];
}

/** What works, but not the way the operator may think. */
function advice({ site, listening }: Runtime): string[] {
  const { config, flows, webhooks } = site;
  const everywhere = listening.some((address) => /\/(0\.0\.0\.0|\[::\]):/.test(address));
  const notes: string[] = [];
  if (everywhere && config.sip.allowFrom.length === 0) {
    notes.push('SIP accepts calls from every address. List your trunks under sip.allowFrom.');
  }
  if (everywhere && isPrivate(config.media.advertisedAddress)) {
    notes.push(
      `SDP names the private address ${config.media.advertisedAddress}. Callers outside this network will hear nothing. Set media.externalAddress.`,
    );
  }
  if (defaultWebhook(webhooks) === undefined) {
    notes.push('No webhook is marked as default, so no flow can send its report. See docs/configured-webhooks.md.');
  }
  const routed = new Set([...config.routing.numbers.map(({ flow }) => flow), config.routing.default]);
  const unreachable = [...flows.keys()].filter((id) => !routed.has(id));
  if (unreachable.length > 0) notes.push(`No number leads to: ${unreachable.join(', ')}.`);
  if (config.webhooks.allowHttp) notes.push('Webhooks may use plain http, because webhooks.allowHttp is set.');
  return notes;
}

function isPrivate(address: string): boolean {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe80|::1$)/i.test(
    address,
  );
}

/** An address somebody on this machine can call. */
function exampleTarget({ site, listening }: Runtime): string {
  const udp = listening.find((address) => address.startsWith('udp/')) ?? listening[0] ?? 'udp/127.0.0.1:5060';
  const hostPort = udp
    .slice(udp.indexOf('/') + 1)
    .replace(/^0\.0\.0\.0/, '127.0.0.1')
    .replace(/^\[::\]/, '[::1]');
  return `sip:${exampleNumber(site.config)}@${hostPort}${udp.startsWith('tcp/') ? ';transport=tcp' : ''}`;
}

function exampleNumber({ routing }: Config): string {
  const [first] = routing.numbers;
  // As routes compare it: `+49 30 1234-100` is fine in a configuration, not in a command.
  return normaliseNumber(first?.number ?? first?.prefix ?? '100');
}
