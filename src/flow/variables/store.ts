import { isExact } from '../../lib/number/exact-number.js';
import { isBranch, type Json } from '../../lib/json/json.js';
import { FlowFault } from '../fault.js';

/** Largest value of one variable: characters of its JSON text. As large as the largest webhook answer. */
export const MAX_VALUE_CHARS = 1_048_576;
/** Variables one run may hold. */
export const MAX_VARIABLES = 1000;
/** Characters all variables of one run may hold together. */
const MAX_TOTAL_CHARS = 4 * MAX_VALUE_CHARS;
/** Deepest nesting of a value. */
export const MAX_DEPTH = 64;

/** A variable's value. `masked`: it comes from digits that are never shown. */
export interface Stored {
  readonly value: Json;
  readonly masked: boolean;
}

interface Entry extends Stored {
  readonly chars: number;
}

/**
 * Values by full name (`$flow.key.order`), with the limits that keep one call from eating the process. A `Map`, so that no name
 * can reach an object's prototype.
 */
export class VariableStore {
  readonly #values = new Map<string, Entry>();
  #chars = 0;

  get(name: string): Stored | undefined {
    return this.#values.get(name);
  }

  /** Keeps a value. Throws {@link FlowFault} `FLOW_VALUE_TOO_LARGE` above a limit; the old value stays. */
  set(name: string, value: Json, masked: boolean): void {
    const chars = sizeOf(value);
    const before = this.#values.get(name);
    const total = this.#chars - (before?.chars ?? 0) + chars;
    if (chars > MAX_VALUE_CHARS || total > MAX_TOTAL_CHARS) {
      throw new FlowFault('FLOW_VALUE_TOO_LARGE', `The value of ${name} is too large to keep (${chars} characters).`);
    }
    if (before === undefined && this.#values.size >= MAX_VARIABLES) {
      throw new FlowFault('FLOW_VALUE_TOO_LARGE', `${name} would be more than ${MAX_VARIABLES} variables in one call.`);
    }
    this.#values.set(name, { value, masked, chars });
    this.#chars = total;
  }

  /** Forgets a value; true when there was one. */
  clear(name: string): boolean {
    this.#chars -= this.#values.get(name)?.chars ?? 0;
    return this.#values.delete(name);
  }

  entries(): IterableIterator<[string, Stored]> {
    return this.#values.entries();
  }
}

/** Characters of the JSON text of a value. Too deep a value throws before `JSON.stringify` could overflow the stack. */
function sizeOf(value: Json): number {
  if (typeof value === 'string') return value.length;
  if (isExact(value)) return String(value).length;
  if (!isBranch(value)) return 8;
  if (!shallowerThan(value, MAX_DEPTH)) {
    throw new FlowFault('FLOW_VALUE_TOO_LARGE', `A value is nested deeper than ${MAX_DEPTH} levels.`);
  }
  return JSON.stringify(value).length;
}

/** True when a value nests at most so many levels; looks no deeper, so neither depth nor a circle can hurt. */
export function shallowerThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((child: unknown) => shallowerThan(child, levels - 1));
}
