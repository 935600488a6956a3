import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/*
 * What the kernel says about this machine and its processes (Linux: /proc).
 */

/** Clock ticks per second, the unit of CPU time in /proc. */
const HERTZ = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Beyond this others are busy enough to disturb what is measured, percent of one core. */
export const QUIET_PERCENT = 25;
const QUIET_SPAN_MS = 2000;

export function describeMachine(): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${gib} GiB, Linux ${release()}, Node ${process.version}`;
}

/** CPU time a process has used, user and system, all its threads, s. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / HERTZ;
}

/** Memory a process holds, MB (10⁶ bytes). */
export function residentMb(pid: number): number {
  return (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024) / 1e6;
}

/** CPU time all processes together have used, and what the host gave to other machines, s. */
export function machineSeconds(): { readonly busy: number; readonly stolen: number } {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, stolen = 0] = line.trim().split(/\s+/).slice(1).map(Number);
  return { busy: (user + nice + system + irq + softIrq) / HERTZ, stolen: stolen / HERTZ };
}

/** Waits until the machine has been nearly idle for two seconds, at most `ms`. Percent of one core that were busy at last. */
export async function waitForQuiet(ms: number): Promise<number> {
  for (const began = performance.now(); ;) {
    const before = machineSeconds().busy;
    await new Promise((resolve) => setTimeout(resolve, QUIET_SPAN_MS));
    const busy = ((machineSeconds().busy - before) / QUIET_SPAN_MS) * 100_000;
    if (busy <= QUIET_PERCENT || performance.now() - began > ms) return busy;
  }
}

/** How busy everything was between two moments; percent of one core. */
export interface Usage {
  readonly seconds: number;
  readonly server: number;
  readonly caller: number;
  /** Everything that is neither server, caller nor endpoint. */
  readonly others: number;
  /** Taken by the host. */
  readonly stolen: number;
  /** CPU time of the server, s. */
  readonly serverSeconds: number;
  readonly serverMb: number;
}

/** Processes of a measurement. */
export interface Measured {
  readonly server: number;
  readonly caller: number;
  readonly endpoint: number;
}

/** Starts to watch; the function it returns ends it. */
export function watchUsage(pids: Measured): () => Usage {
  const sample = () => ({
    at: performance.now(),
    machine: machineSeconds(),
    server: cpuSeconds(pids.server),
    caller: cpuSeconds(pids.caller),
    endpoint: cpuSeconds(pids.endpoint),
  });
  const before = sample();
  return () => {
    const after = sample();
    const seconds = (after.at - before.at) / 1000;
    const used = (key: 'server' | 'caller' | 'endpoint'): number => after[key] - before[key];
    const percent = (value: number): number => (100 * value) / seconds;
    const busy = after.machine.busy - before.machine.busy;
    return {
      seconds,
      server: percent(used('server')),
      caller: percent(used('caller')),
      others: percent(Math.max(0, busy - used('server') - used('caller') - used('endpoint'))),
      stolen: percent(after.machine.stolen - before.machine.stolen),
      serverSeconds: used('server'),
      serverMb: residentMb(pids.server),
    };
  };
}
