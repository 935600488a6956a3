import type { Option } from 'commander';
import type { Problem } from '../lib/problem.js';
import { err } from '../lib/result.js';
import { refusal, type Refusal } from '../model/refusal.js';

/** What the commands share with the rest of the command line. */
export interface CommandLine {
  readonly print: (text: string) => void;
  /** Ends with this code. */
  readonly exit: (code: number) => void;
  /** The option for the configuration folder. */
  readonly config: Option;
}

/** Fields as they were given on the command line; null when they are no JSON object. */
export function parseFields(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** What is wrong with a folder, as a refusal. */
export function unusable(problems: readonly Problem[]): { readonly ok: false; readonly error: Refusal } {
  const [first] = problems;
  return err(refusal(first?.code ?? 'CONFIG_INVALID', 'The configuration has errors.', problems));
}
