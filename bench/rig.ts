import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Site } from '../test/support/site.js';
import type { FromCaller, Load, LoadReport, ToCaller } from './caller/types.js';
import type { FromEndpoint, Looked } from './endpoint.js';
import { benchSite } from './flows.js';
import { watchUsage, type Usage } from './machine.js';

/*
 * What is measured and what measures: Offhook as a user runs it, the caller, the webhook's endpoint; each a process of its own.
 */

/** What one load brought. */
export interface Loaded extends LoadReport {
  /** In the load's window. */
  readonly usage: Usage;
  /** Requests at the endpoint, by caller. */
  readonly looked: ReadonlyMap<string, Looked>;
}

/** Longest silence of a process before the benchmark gives up, ms. */
const PATIENCE_MS = 120_000;

/** The next message of a child that is what is waited for. Rejects when the child ends or stays silent. */
async function told<T extends object>(child: ChildProcess, wanted: (message: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (message: T): void => {
      if (!wanted(message)) return;
      stop();
      resolve(message);
    };
    const fail = (): void => {
      stop();
      reject(new Error('a process of the benchmark ended or does not answer'));
    };
    const timer = setTimeout(fail, PATIENCE_MS);
    const stop = (): void => {
      clearTimeout(timer);
      child.off('message', give).off('exit', fail);
    };
    child.on('message', give).on('exit', fail);
  });
}

function start(module: string): ChildProcess {
  return fork(fileURLToPath(new URL(module, import.meta.url)), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

export class Rig {
  private constructor(
    readonly site: Site,
    private readonly caller: ChildProcess,
    private readonly endpoint: ChildProcess,
    /** Of the endpoint: `http://127.0.0.1:PORT`. */
    readonly endpointUrl: string,
  ) {}

  static async start(): Promise<Rig> {
    const endpoint = start('./endpoint.js');
    const caller = start('./caller/caller.js');
    const ready = told<FromCaller>(caller, (message) => 'ready' in message);
    const bound = await told<FromEndpoint>(endpoint, (message) => 'port' in message);
    const port = 'port' in bound ? bound.port : 0;
    const url = `http://127.0.0.1:${port}`;
    const site = Site.create(benchSite(url));
    await ready;
    return new Rig(site, caller, endpoint, url);
  }

  get pids(): { readonly server: number; readonly caller: number; readonly endpoint: number } {
    return { server: this.site.pid, caller: this.caller.pid ?? 0, endpoint: this.endpoint.pid ?? 0 };
  }

  /** Places the calls of a load and waits until all are over. */
  async load(load: Omit<Load, 'port'>): Promise<Loaded> {
    const { caller, endpoint } = this;
    const window: { finish?: () => Usage; usage?: Usage } = {};
    const onMessage = (message: FromCaller): void => {
      if (!('window' in message)) return;
      if (message.window === 'open') window.finish = watchUsage(this.pids);
      else if (window.finish !== undefined) window.usage = window.finish();
    };
    caller.on('message', onMessage);
    caller.send({ load: { ...load, port: this.site.port('udp') } } satisfies ToCaller);
    const done = await told<FromCaller>(caller, (message) => 'report' in message);
    caller.off('message', onMessage);
    endpoint.send('looked?');
    const seen = await told<FromEndpoint>(endpoint, (message) => 'looked' in message);
    if (!('report' in done) || !('looked' in seen) || window.usage === undefined) throw new Error('the load had no window');
    return { ...done.report, usage: window.usage, looked: new Map(seen.looked.map((one) => [one.caller, one])) };
  }

  /** Ends what was started here, and only that. */
  async stop(): Promise<void> {
    for (const child of [this.caller, this.endpoint]) {
      if (child.exitCode === null && child.connected) {
        const gone = once(child, 'exit');
        child.disconnect();
        await gone;
      }
    }
    await this.site.dispose();
  }
}
