/*
 * Measures Offhook as callers meet it: the compiled runtime as its own process, calls over loopback, times taken at the receiver.
 *
 *   npm run bench -- [--quick | --full] [--only NAME[,NAME]] [--out FILE]
 *
 * See docs/benchmarks.md for the method and for what the figures can bear.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.js';
import { deadAir } from './measures/dead-air.js';
import { deliveries } from './measures/deliveries.js';
import { hostile } from './measures/hostile.js';
import { latencies } from './measures/latency.js';
import type { Bench, Figure, Scale } from './measures/measure.js';
import { setUpRate } from './measures/set-up.js';
import { standardRate } from './measures/standard.js';
import { startUp } from './measures/start.js';
import { steadyCalls } from './measures/steady.js';
import { waitingCallers } from './measures/waiting.js';
import { webhookCost } from './measures/webhook.js';
import { Rig } from './rig.js';
import { printTable } from './table.js';

const MEASURES: Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>> = {
  start: startUp,
  latency: latencies,
  'dead-air': deadAir,
  steady: steadyCalls,
  standard: standardRate,
  'set-up': setUpRate,
  webhook: webhookCost,
  waiting: waitingCallers,
  deliveries,
  hostile,
};

/** Seven minutes on a quiet machine. */
const QUICK: Scale = {
  levels: [100, 400, 800],
  standardRates: [50, 100],
  setUpRates: [200, 400],
  runs: 2,
  windowMs: 6000,
  quietMs: 10_000,
};
const every = (step: number, to: number): number[] => Array.from({ length: to / step }, (_, i) => (i + 1) * step);
/** Twenty minutes on a quiet machine. */
const FULL: Scale = {
  levels: every(100, 1200),
  standardRates: every(20, 200),
  setUpRates: every(100, 800),
  runs: 5,
  windowMs: 10_000,
  quietMs: 120_000,
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, full: { type: 'boolean' }, only: { type: 'string' }, out: { type: 'string' } },
});
const wanted = values.only?.split(',') ?? Object.keys(MEASURES);
const unknown = wanted.filter((name) => !(name in MEASURES));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}. There are: ${Object.keys(MEASURES).join(', ')}.`);
  process.exit(2);
}

execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))], { stdio: 'inherit' });
const scale = values.full === true ? FULL : QUICK;
const machine = describeMachine();
const notes: string[] = [];
const note = (line: string): void => {
  notes.push(line);
  console.log(`  ${line}`);
};
console.log(
  `${machine}\nServer, caller and webhook endpoint are processes of this machine and share its cores; loopback, UDP, PCMU, 20 ms.\n`,
);

const figures: Figure[] = [];
for (const name of wanted) {
  // Each measurement has a server of its own, so that none inherits the heap of another.
  const rig = await Rig.start();
  try {
    await rig.site.start();
    const measure = MEASURES[name];
    if (measure !== undefined) figures.push(...(await measure({ rig, scale, note })));
  } finally {
    await rig.stop();
  }
}
printTable(figures);
if (values.out !== undefined)
  writeFileSync(values.out, JSON.stringify({ at: new Date(), machine, scale, figures, notes }, null, 2));
