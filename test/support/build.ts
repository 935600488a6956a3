import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Compiles once before the tests, for those that start Offhook as a user would: as its own process. */
export default function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))], { stdio: 'inherit' });
}
