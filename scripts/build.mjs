// Compiles src to dist when something in src is newer than the last build; `--force` compiles regardless.
// `npm start` runs through here, so it must cost next to nothing when there is nothing to do.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'dist', '.tsbuildinfo');

/** Newest modification time (ms) of the files below `folder`. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const hasSource = existsSync(join(root, 'src')) && existsSync(compiler);
const stale = !existsSync(stamp) || newest(join(root, 'src')) > statSync(stamp).mtimeMs;
if (hasSource && (stale || process.argv.includes('--force'))) {
  try {
    execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit', cwd: root });
  } catch {
    // The compiler has said what is wrong. It still leaves its stamp, by which the next build would find nothing to do.
    rmSync(stamp, { force: true });
    process.exit(1);
  }
}
