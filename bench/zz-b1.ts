import { waitingCallers } from './measures/waiting.js';
import { deliveries } from './measures/deliveries.js';
import { Rig } from './rig.js';
const rig = await Rig.start();
try { await rig.site.start();
const bench = { rig, scale: { runs: 1, quietMs: 15000, windowMs: 6000 }, note: console.log } as never;
console.log(await waitingCallers(bench));
console.log(await deliveries(bench));
} finally { await rig.stop(); }
