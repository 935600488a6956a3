import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

const module = new URL('../../../../src/media/worker/thread-priority.ts', import.meta.url).href;
/** In a thread of its own: raises it, and tells what the system then says. Field 19 of a stat file is the nice value (proc(5)). */
const program = `
  import { readFileSync } from 'node:fs';
  import { parentPort } from 'node:worker_threads';
  import { register } from 'node:module';
  register('tsx/esm', ${JSON.stringify(module)}, { data: {} });
  const { raiseThreadPriority } = await import(${JSON.stringify(module)});
  const raised = raiseThreadPriority();
  parentPort.postMessage({ raised, stat: readFileSync('/proc/thread-self/stat', 'latin1') });`;
const nice = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);

describe.runIf(process.platform === 'linux')('priority of media threads', () => {
  it('is raised for the thread alone where the system allows it, and stays as it is where not', async () => {
    const before = nice(readFileSync('/proc/self/stat', 'latin1'));
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    const { raised, stat } = await new Promise<{ raised: boolean; stat: string }>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(nice(stat)).toBe(raised ? -10 : before);
    expect(nice(readFileSync('/proc/self/stat', 'latin1'))).toBe(before);
  });
});
