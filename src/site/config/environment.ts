import type { z } from 'zod';
import { configSchema } from './schema.js';

/** One setting that an environment variable can override. */
export interface Setting {
  /** Keys from the root, e.g. `['sip', 'externalAddress']`. */
  readonly path: readonly string[];
  /** Its variable, e.g. `OFFHOOK_SIP_EXTERNAL_ADDRESS`. */
  readonly variable: string;
  readonly description: string;
  /** Undefined when it has none (`sip.server.host`). */
  readonly defaultValue: unknown;
  /** How the text of the variable is read. */
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'json';
  readonly nullable: boolean;
}

/** The definition of a zod schema, as far as wrappers and objects go. */
interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly defaultValue?: unknown;
}

interface Unwrapped {
  readonly definition: Definition;
  readonly nullable: boolean;
  readonly defaultValue: unknown;
  readonly optional: boolean;
}

function unwrap(schema: z.ZodType): Unwrapped {
  let definition = schema.def as unknown as Definition;
  let nullable = false;
  let optional = false;
  let defaultValue: unknown;
  while (definition.innerType !== undefined) {
    if (definition.type === 'nullable') nullable = true;
    if (definition.type === 'optional') optional = true;
    if (definition.type === 'default') defaultValue = definition.defaultValue;
    definition = definition.innerType.def;
  }
  return { definition, nullable, defaultValue, optional };
}

const KINDS: Readonly<Record<string, Setting['kind']>> = {
  string: 'text',
  enum: 'text',
  number: 'number',
  boolean: 'boolean',
  array: 'list',
};

/** `externalAddress` → `EXTERNAL_ADDRESS`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function walk(schema: z.ZodType, path: readonly string[]): readonly Setting[] {
  const { definition, nullable, defaultValue, optional } = unwrap(schema);
  const below = Object.entries(definition.shape ?? {}).flatMap(([name, inner]) => walk(inner, [...path, name]));
  const isPlainSection = definition.type === 'object' && !nullable;
  if (optional || path.length === 0 || isPlainSection) return optional ? [] : below;
  const setting: Setting = {
    path,
    variable: `OFFHOOK_${path.map(snake).join('_')}`,
    description: schema.description ?? '',
    defaultValue,
    kind: KINDS[definition.type] ?? 'json',
    nullable,
  };
  return [setting, ...below];
}

/** Every setting with its variable, in the order of the schema. */
export const SETTINGS: readonly Setting[] = walk(configSchema, []);

/** The value a variable's text stands for; text that does not fit its kind stays text, for the schema to refuse. */
export function readVariable(setting: Setting, text: string): unknown {
  if (setting.nullable && (text === '' || text === 'null')) return null;
  if (setting.kind === 'number') return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
  if (setting.kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (setting.kind === 'text') return text;
  try {
    if (setting.kind === 'json' || /^\s*\[/.test(text)) return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
