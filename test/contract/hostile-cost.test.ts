import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileCosts } from '../support/hostile-cost.js';
import { HOSTILE_NAMES, type HostileServer, startHostileServer } from '../support/hostile-server.js';
import { measured } from '../support/measured.js';

const AT_ONCE = 10;
const MOST_BYTES = 32 * 1024 * 1024;
/** Node takes 64 KiB for every read and gives back all but a byte; how much of that the allocator keeps is its own. The benchmark measures it. */
const READ_BY_BYTES = 'one-byte-segments';

/*
 * What is measured is the resident memory of a process, and when garbage goes is the collector's to say: alone on the machine, and again
 * for those that seemed to take too much.
 */
describe('a hostile endpoint', () => {
  let server: HostileServer;
  beforeAll(async () => {
    server = await startHostileServer();
  });
  afterAll(() => server.close());

  it(`takes at most 32 MB beside the answers themselves, tries and fallback included, when ${AT_ONCE} ask for it at the same moment`, async () => {
    let names = HOSTILE_NAMES.filter((name) => name !== READ_BY_BYTES);
    await measured('memory', async () => {
      const costs = await hostileCosts({ origin: server.origin, bystander: `${server.origin}/ok`, atOnce: AT_ONCE, names });
      expect([...costs.keys()]).toEqual(names);
      const large = [...costs].filter(([, { bytes, given }]) => bytes - given > MOST_BYTES);
      names = large.map(([name]) => name);
      return large.map(([name, { bytes, given }]) => `${name} ${((bytes - given) / 1024 / 1024).toFixed(1)} MB`);
    });
  }, 300_000);
});
