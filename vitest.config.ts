import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that call with somebody else's program. `.ci/run` installs them; elsewhere, what is missing is left out and said. */
const OUTSIDERS: Readonly<Record<string, string>> = {
  sipp: 'test/e2e/sipp.test.ts',
  baresip: 'test/e2e/baresip.test.ts',
};

const path = (process.env['PATH'] ?? '').split(delimiter);
const missing = Object.keys(OUTSIDERS).filter((program) => !path.some((folder) => existsSync(join(folder, program))));
const leftOut = process.env['CI'] === undefined ? missing : [];
if (leftOut.length > 0)
  console.warn(`Not installed, so its tests are left out: ${leftOut.join(', ')} (apt-get install sip-tester baresip-core)`);

/** Tests with so many live calls that they need the machine for themselves. */
const MANY_CALLS = ['test/e2e/background-jobs.test.ts'];
/** Those, and tests that measure what callers hear in real time: whoever uses the tools for it. */
const measuring = ['test/contract', 'test/e2e']
  .flatMap((folder) => readdirSync(new URL(folder, import.meta.url)).map((name) => `${folder}/${name}`))
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => {
    if (MANY_CALLS.includes(file)) return true;
    return /support\/(?:dead-air|measured)\.js'/.test(readFileSync(new URL(file, import.meta.url), 'utf8'));
  });
const excluded = [...configDefaults.exclude, ...leftOut.flatMap((program) => OUTSIDERS[program] ?? [])];
const endToEnd = { globalSetup: ['test/support/build.ts'], testTimeout: 120_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{unit,contract,wire,flows,journals}/**/*.test.ts', 'test/*.test.ts'],
          exclude: [...configDefaults.exclude, ...measuring],
          // What a machine several times slower than usual needs.
          testTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts'],
          exclude: [...excluded, ...measuring],
          ...endToEnd,
          // Most of their time is waiting, for which two cores need not stand still.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'measured',
          include: measuring,
          exclude: excluded,
          ...endToEnd,
          // Real time and two cores: calls measured for gaps must not share them with another test file.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
