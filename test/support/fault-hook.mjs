/*
 * Loaded before Offhook by `NODE_OPTIONS=--import`: makes one background job after the other fail, as a broken disk or a bug would. The
 * file that OFFHOOK_TEST_FAULT names holds what fails, a line each: jobs as the log calls them, `heartbeat`, `flow folder`, `rejection`
 * or `exception`. It is read at the start and at SIGUSR2.
 */
import fs, { readFileSync } from 'node:fs';
import { register, syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const order = process.env.OFFHOOK_TEST_FAULT;
if (isMainThread && order) {
  const read = () => new Set(readFileSync(order, 'utf8').split('\n'));
  let wanted = read();
  const broken = (where) => new Error(`a fault of the test: ${where}`);
  globalThis.offhookFault = (job) => {
    if (wanted.has(job)) throw broken(job);
  };
  register('./fault-loader.mjs', import.meta.url);
  const { utimes, readdirSync } = fs;
  fs.utimes = (path, ...more) => {
    if (!wanted.has('heartbeat')) return utimes(path, ...more);
    more.at(-1)(broken(path));
  };
  fs.readdirSync = (path, ...more) => {
    if (wanted.has('flow folder') && String(path).endsWith('flows')) throw broken(path);
    return readdirSync(path, ...more);
  };
  syncBuiltinESMExports();
  process.on('SIGUSR2', () => {
    wanted = read();
    if (wanted.has('rejection')) void Promise.reject(broken('rejection'));
    if (wanted.has('exception')) {
      setTimeout(() => {
        throw broken('exception');
      }, 1);
    }
  });
}
