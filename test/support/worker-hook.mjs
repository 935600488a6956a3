/*
 * Loaded before Offhook by `NODE_OPTIONS=--import`: ends worker threads on demand, as a crash of theirs would. Writes nothing and
 * listens to nothing but SIGUSR2; the file that OFFHOOK_TEST_KILL names says which thread, by a part of its module's path, and is
 * removed when that is done: it stays where there is no such thread, for then nothing was tested.
 */
import { readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';

if (workerThreads.isMainThread && process.env.OFFHOOK_TEST_KILL) {
  const live = new Set();
  workerThreads.Worker = class extends workerThreads.Worker {
    constructor(file, options) {
      super(file, options);
      const entry = { worker: this, file: String(file) };
      live.add(entry);
      this.on('exit', () => live.delete(entry));
    }
  };
  syncBuiltinESMExports();
  process.on('SIGUSR2', () => {
    const order = process.env.OFFHOOK_TEST_KILL;
    const wanted = readFileSync(order, 'utf8').trim();
    const ended = [...live].filter(({ file }) => file.includes(wanted)).map(({ worker }) => worker.terminate());
    if (ended.length > 0) void Promise.all(ended).then(() => rmSync(order));
  });
}
