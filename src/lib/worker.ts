import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a worker thread from a sibling module, named without its ending: `startWorker(import.meta.url, './worker')`.
 * Runs the compiled `.js` in production and the `.ts` source (through tsx) under the tests, so both run the same code.
 */
export function startWorker(from: string, name: string, options: WorkerOptions = {}): Worker {
  const fromSource = from.endsWith('.ts');
  const file = fileURLToPath(new URL(`${name}${fromSource ? '.ts' : '.js'}`, from));
  return new Worker(file, fromSource ? { ...options, execArgv: ['--import', tsxHooks(from)] } : options);
}

/** A module that lets a thread run TypeScript. `--import tsx` itself does nothing outside the main thread. */
function tsxHooks(from: string): string {
  const code = `import { register } from 'node:module'; register('tsx/esm', ${JSON.stringify(from)}, { data: {} });`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
