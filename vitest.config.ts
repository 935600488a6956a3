import { existsSync } from 'node:fs';
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

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{unit,contract,wire,flows}/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...leftOut.flatMap((program) => OUTSIDERS[program] ?? [])],
          globalSetup: ['test/support/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Real time and two cores: calls measured for gaps must not share them with another test file.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
