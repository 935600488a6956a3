import type { FunctionKey } from '../../model/function.js';
import { CALL_VARIABLE_NAMES } from '../../model/call-variables.js';
import type { Variables } from '../../flow/widget.js';
import { type FunctionConfig, keyNameOf } from './config.js';

/** What is passed to a function, with what could not be found. */
export interface GatheredKeys {
  readonly keys: readonly FunctionKey[];
  /** Variables without a value that the function must not be called without. */
  readonly missing: readonly string[];
  /** Names of inputs that are not passed, for want of a value. */
  readonly leftOut: readonly string[];
  /** A masked value is among them. */
  readonly masked: boolean;
  /** Why the function is not called: a variable would decide where an address among its inputs leads. */
  readonly refused: string | null;
}

/**
 * The keys of a call (docs/behaviour.md#function-inputs): the groups first, then the single ones, of which each takes the place
 * of a group's key of its name. Masked digits are passed only where a flow names them; an input without a value is left out.
 */
export function gatherKeys({ groups, keys }: FunctionConfig, vars: Variables): GatheredKeys {
  const gathered = new Map<string, FunctionKey['value']>();
  for (const group of groups) for (const { name, value } of groupKeys(group, vars)) gathered.set(name, value);
  const missing: string[] = [];
  const leftOut: string[] = [];
  let masked = false;
  let refused: string | null = null;
  for (const key of keys) {
    const name = keyNameOf(key);
    const value = typeof key === 'string' ? key : key.value;
    if (typeof value !== 'string') {
      gathered.set(name, value);
      continue;
    }
    const resolved = isAddress(value) ? vars.text(value, 'url') : vars.typed(value);
    refused ??= resolved.refused ?? null;
    if (resolved.missing.length > 0) {
      gathered.delete(name);
      if (typeof key !== 'string' && key.mandatory) missing.push(...resolved.missing);
      else leftOut.push(name);
      continue;
    }
    gathered.set(name, resolved.value);
    masked ||= resolved.masked;
  }
  return {
    keys: [...gathered].map(([name, value]) => ({ name, value })),
    missing: [...new Set(missing)],
    leftOut,
    masked,
    refused,
  };
}

/** A text that begins as an address and has more behind: its variables keep to the rules of URLs. */
export function isAddress(text: string): boolean {
  return /^\s*https?:/iu.test(text);
}

function groupKeys(group: FunctionConfig['groups'][number], vars: Variables): readonly FunctionKey[] {
  if (group === 'call') {
    return [...CALL_VARIABLE_NAMES].flatMap((fact) => {
      const name = `$call.${fact}`;
      const { value, missing, masked } = vars.typed(name);
      return missing.length > 0 || masked ? [] : [{ name, value }];
    });
  }
  return ([`${group}.key`, `${group}.syskey`] as const)
    .flatMap((namespace) => vars.all(namespace))
    .filter(({ masked }) => !masked)
    .map(({ name, value }) => ({ name, value }));
}
