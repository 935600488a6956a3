import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Of each request of the process that is measured, tries and fallback included. ms. */
export const DEADLINE_MS = 1500;

/** What a bad answer cost the process that asked for it. */
export interface HostileCost {
  /** Growth of the resident memory at its peak. */
  readonly bytes: number;
  /** Bytes of the texts that the calls got as answers: what `maxResponseBytes` lets through is theirs to keep. */
  readonly given: number;
  /** From the first request to the end of the last. */
  readonly ms: number;
  /** Requests that ended without a usable answer. */
  readonly failed: number;
  /** The longest request of somebody else at that time; Infinity when one failed. */
  readonly bystanderMs: number;
}

export interface HostileMeasure {
  /** Origin of a hostile server. */
  readonly origin: string;
  /** Where a bystander asks, again and again. */
  readonly bystander: string;
  /** How many ask for a bad answer at the same moment. */
  readonly atOnce: number;
  /** Behaviours, one after the other. */
  readonly names: readonly string[];
}

/** Measures bad answers in a process of its own (`hostile-child.ts`); costs by name. */
export async function hostileCosts({ origin, bystander, atOnce, names }: HostileMeasure): Promise<Map<string, HostileCost>> {
  const child = fileURLToPath(new URL('hostile-child.ts', import.meta.url));
  const args = ['--import', 'tsx', '--expose-gc', child, origin, String(atOnce), bystander, ...names];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, HostileCost>));
}
