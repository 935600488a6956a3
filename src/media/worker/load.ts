import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { LoadLimits } from '../load-limits.js';

/*
 * How busy a media worker is, measured by itself once a second and published in shared memory, so that a new call can be refused
 * before it spoils the calls there are.
 */

/** What a worker says about itself. */
export interface WorkerLoad {
  /** 99th percentile of how late a slot's last packet left, ms, over the last second. */
  readonly lateP99Ms: number;
  /** Share of the time its thread was busy, 0–1. */
  readonly cpuShare: number;
}

/** Seconds in a row that count as overload; one is often the machine's doing. */
const SECONDS_OVER = 3;
const FIELDS = 3;

/** Memory for one worker's load. */
export function loadMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(FIELDS * Float64Array.BYTES_PER_ELEMENT);
}

/** The main thread's side. */
export function readLoad(memory: SharedArrayBuffer): WorkerLoad & { readonly overloaded: boolean } {
  const [lateP99Ms = 0, cpuShare = 0, secondsOver = 0] = new Float64Array(memory);
  return { lateP99Ms, cpuShare, overloaded: secondsOver >= SECONDS_OVER };
}

/** The worker's side: measures and publishes. */
export class LoadMeter {
  readonly #published: Float64Array;
  #late: number[] = [];
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();
  #since = performance.now();
  #secondsOver = 0;

  constructor(
    memory: SharedArrayBuffer,
    private readonly limits: LoadLimits,
  ) {
    this.#published = new Float64Array(memory);
  }

  /** A slot was finished so many ms late. */
  add(lateMs: number): void {
    this.#late.push(lateMs);
    if (performance.now() - this.#since >= 1000) this.#publish();
  }

  /** No calls, no load. */
  reset(): void {
    this.#published.fill(0);
    this.#secondsOver = 0;
    this.#begin();
  }

  #publish(): void {
    const late = this.#late.sort((a, b) => a - b);
    const lateP99Ms = late[Math.floor(late.length * 0.99)] ?? 0;
    const cpuShare = performance.eventLoopUtilization(this.#utilization).utilization;
    const over = lateP99Ms > this.limits.lateP99Ms || cpuShare > this.limits.cpuShare;
    this.#secondsOver = over ? this.#secondsOver + 1 : 0;
    this.#published.set([lateP99Ms, cpuShare, this.#secondsOver]);
    this.#begin();
  }

  #begin(): void {
    this.#late = [];
    this.#utilization = performance.eventLoopUtilization();
    this.#since = performance.now();
  }
}
