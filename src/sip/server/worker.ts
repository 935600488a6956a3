import { parentPort, workerData } from 'node:worker_threads';
import { background, settled } from '../../lib/log/background.js';
import { systemClock } from '../../lib/clock.js';
import { catchUncaughtErrors } from '../../lib/log/uncaught.js';
import type { Logger } from '../../lib/log/log.js';
import type { SipServerOptions } from './options.js';
import { createSipServer } from './server.js';
import type { FromSignalingThread, ToSignalingThread } from './worker-messages.js';

/** Entry of the signalling thread: runs one server and obeys `start.ts`. */
async function run(options: SipServerOptions): Promise<void> {
  const tell = (message: FromSignalingThread): void => parentPort?.postMessage(message);
  const log = remoteLogger(tell, {});
  catchUncaughtErrors(process, log, () => systemClock.monotonic());
  const started = await createSipServer(options, { clock: systemClock, log });
  if (!started.ok) {
    tell({ type: 'failed', problem: started.error });
    parentPort?.close();
    return;
  }
  const server = started.value;
  parentPort?.on('message', (message: ToSignalingThread) => {
    switch (message.type) {
      case 'take-calls':
        server.takeCalls();
        break;
      case 'drain':
        server.drain();
        break;
      case 'stats':
        tell({ type: 'stats', id: message.id, stats: server.stats() });
        break;
      case 'close':
        // Whatever fails in it, the thread must end: the main thread waits for that.
        background('closing the signalling server', log, () =>
          settled('closing', log, () => server.close()).then(() => parentPort?.close()),
        );
    }
  });
  tell({ type: 'started', listening: server.listening, control: server.control });
}

/** Lines are written by the main thread, which has the log. */
function remoteLogger(tell: (message: FromSignalingThread) => void, bindings: Record<string, string | number>): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, text: string): void =>
      tell({ type: 'log', level, fields: { ...bindings, ...fields }, text });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => remoteLogger(tell, { ...bindings, ...more }),
  };
}

await run(workerData as SipServerOptions);
