import { isIPv6 } from 'node:net';
import { isLoopback } from '../../lib/loopback.js';
import { problem, type Problem } from '../../lib/problem.js';
import type { Settings } from './schema.js';

const FILE = 'offhook.json';

/** Shortest API key, characters: too long to be guessed over the network. */
const MIN_KEY = 16;

function conflict(path: string, message: string, more: Partial<Problem> = {}): Problem {
  return problem('CONFIG_CONFLICT', { file: FILE, path, message }, more);
}

function checkPorts({ media, limits }: Settings): readonly Problem[] {
  const { from, to } = media.ports;
  const ports = to - from + 1;
  if (ports < 2) return [conflict('$.media.ports', `from ${from} to ${to} is no range of ports`)];
  // RTP takes the even ports, the odd ones are left to RTCP (RFC 3550 §11).
  const calls = Math.floor(to / 2) - Math.ceil(from / 2) + 1;
  if (calls >= limits.calls) return [];
  const message = `${ports} RTP ports are enough for ${calls} calls, but limits.calls allows ${limits.calls}`;
  return [conflict('$.media.ports', message, { severity: 'warning', advice: 'Widen the range or lower limits.calls.' })];
}

function checkRoutes({ routing }: Settings): readonly Problem[] {
  const seen = new Map<string, number>();
  const problems: Problem[] = [];
  for (const [i, { number, prefix }] of routing.numbers.entries()) {
    const key = number === undefined ? `prefix ${(prefix ?? '').replace(/^\+/, '')}` : `number ${number.replace(/^\+/, '')}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, i);
    else problems.push(conflict(`$.routing.numbers[${i}]`, `${key} is routed already by entry ${first}`));
  }
  return problems;
}

function checkApi({ api }: Settings): readonly Problem[] {
  const problems = api.keys.flatMap((key, i) =>
    key.length >= MIN_KEY
      ? []
      : [conflict(`$.api.keys[${i}]`, 'the key is too short', { advice: `Use at least ${MIN_KEY} random characters.` })],
  );
  if (api.keys.length === 0 && !isLoopback(api.host)) {
    const advice = 'Set a key under `api.keys`, or bind to 127.0.0.1.';
    problems.push(conflict('$.api.host', `the API has no key and would be open to everyone who reaches ${api.host}`, { advice }));
  }
  return problems;
}

/** An RTP socket has one address family, and a description names an address of the family of its socket. */
function checkFamilies({ media }: Settings): readonly Problem[] {
  const { address, externalAddress, address6, externalAddress6 } = media;
  const problems: Problem[] = [];
  if (externalAddress !== null && isIPv6(externalAddress) !== isIPv6(address)) {
    const advice = 'Addresses of IPv6 beside IPv4 are `media.address6` and `media.externalAddress6`.';
    const message = `${externalAddress} is of another address family than media.address, ${address}`;
    problems.push(conflict('$.media.externalAddress', message, { advice }));
  }
  if (isIPv6(address) && (isIPv6(address6) || externalAddress6 !== null)) {
    const key = isIPv6(address6) ? 'address6' : 'externalAddress6';
    const advice = 'Write an IPv4 address into `media.address`, or remove the other setting.';
    problems.push(conflict(`$.media.${key}`, `media.address, ${address}, is an IPv6 address already`, { advice }));
  }
  if (address6 === 'off' && externalAddress6 !== null) {
    const advice = 'Remove one of the two.';
    problems.push(conflict('$.media.externalAddress6', 'media.address6 switches audio over IPv6 off', { advice }));
  }
  for (const key of ['externalAddress', 'externalAddress6'] as const) {
    const value = media[key];
    if (value === '0.0.0.0' || value === '::') {
      problems.push(conflict(`$.media.${key}`, `${value} is no address that others can send to`));
    }
  }
  return problems;
}

/** What single values cannot tell: settings that do not fit each other. Secrets are already in their places. */
export function checkSettings(settings: Settings): readonly Problem[] {
  return [...checkPorts(settings), ...checkRoutes(settings), ...checkApi(settings), ...checkFamilies(settings)];
}
