import { HARMLESS_NAMES, HOSTILE_NAMES, startHostileServer } from '../../test/support/hostile-server.js';
import { DEADLINE_MS, type HostileCost, hostileCosts } from '../../test/support/hostile-cost.js';
import { waitForQuiet } from '../machine.js';
import { number, type Bench, type Figure } from './measure.js';

/** Calls that ask for the same bad answer at the same moment. */
const AT_ONCE = 40;
const MAX_GROWTH_MB = 32;
const MAX_BYSTANDER_MS = 100;
/** How much later than its deadline a request may be over, ms. */
const GRACE_MS = 100;

const megabytes = (bytes: number): number => bytes / 1_048_576;

/**
 * What endpoints that are slow, endless, huge, broken or malicious cost everybody else: each of their ways at 40 requests at once, with
 * tries, a fallback and the largest `maxResponseBytes`, in a process of its own that also asks a good endpoint every 50 ms.
 */
export async function hostile({ rig, scale, note }: Bench): Promise<Figure[]> {
  const server = await startHostileServer();
  try {
    await waitForQuiet(scale.quietMs);
    const bystander = `${rig.endpointUrl}/look`;
    const costs = await hostileCosts({ origin: server.origin, bystander, atOnce: AT_ONCE, names: HOSTILE_NAMES });
    for (const [name, cost] of costs) note(`${name}: ${lineOf(cost)}`);
    const wrong = [...costs].filter(([name, cost]) => !leftInTime(name, cost)).map(([name]) => name);
    const growth = worst(costs, beyondAnswers);
    const delay = worst(costs, ({ bystanderMs }) => bystanderMs);
    return [
      {
        what: `Ways to misbehave that ${AT_ONCE} calls left by their failed exit inside the deadline`,
        value: `${costs.size - wrong.length} of ${costs.size}${wrong.length > 0 ? `, not ${wrong.join(', ')}` : ''}`,
        bar: 'all',
        reached: wrong.length === 0,
      },
      {
        what: 'Growth of memory by one of them, beside the answers that calls were given',
        value: `${number(growth.value)} MB (${growth.name})`,
        bar: `${MAX_GROWTH_MB} MB`,
        reached: growth.value <= MAX_GROWTH_MB,
      },
      {
        what: "Longest request of somebody else's meanwhile",
        value: `${number(delay.value, 0)} ms (${delay.name})`,
        bar: `${MAX_BYSTANDER_MS} ms`,
        reached: delay.value <= MAX_BYSTANDER_MS,
      },
    ];
  } finally {
    await server.close();
  }
}

function leftInTime(name: string, { failed, ms }: HostileCost): boolean {
  return failed === (HARMLESS_NAMES.includes(name) ? 0 : AT_ONCE) && ms <= DEADLINE_MS + GRACE_MS;
}

const beyondAnswers = ({ bytes, given }: HostileCost): number => megabytes(Math.max(0, bytes - given));

function lineOf({ bytes, given, ms, failed, bystanderMs }: HostileCost): string {
  const ended = `${failed} of ${AT_ONCE} failed, the last after ${number(ms, 0)} ms`;
  return `${number(megabytes(bytes))} MB (answers ${number(megabytes(given))} MB), bystander ${number(bystanderMs, 0)} ms; ${ended}`;
}

function worst(costs: ReadonlyMap<string, HostileCost>, by: (cost: HostileCost) => number): { name: string; value: number } {
  const all = [...costs].map(([name, cost]) => ({ name, value: by(cost) }));
  return all.reduce((most, one) => (one.value > most.value ? one : most), { name: '–', value: 0 });
}
