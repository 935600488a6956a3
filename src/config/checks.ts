import { isLoopback } from '../lib/loopback.js';
import { problem, type Problem } from '../lib/problem.js';
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
  const message = `${ports} RTP ports are enough for ${calls} calls, limits.calls allows ${limits.calls}`;
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
    problems.push(
      conflict('$.api.host', `the API would be open to everybody who reaches ${api.host}: it has no key`, { advice }),
    );
  }
  return problems;
}

/** What single values cannot tell: settings that do not fit each other. Secrets are already in their places. */
export function checkSettings(settings: Settings): readonly Problem[] {
  return [...checkPorts(settings), ...checkRoutes(settings), ...checkApi(settings)];
}
