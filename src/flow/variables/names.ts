import type { Namespace } from '../namespace.js';

/*
 * The variable names a flow knows (docs/behaviour.md#namespaces) and what may be written. Reading and checking both go through
 * here, so a name means the same to the checker and to a running call.
 */

/** A variable, taken apart. */
export interface VariableName {
  readonly namespace: Namespace;
  /** Name inside the namespace: `order`, `ORDER`, `sipheader.X-Id`, or for `widget` its `<id>.<field>`. */
  readonly name: string;
}

/** Namespaces with dots, longest first (docs/behaviour.md#variables-in-text). */
export const DOTTED_NAMESPACES = [
  'flow.syskey',
  'user.syskey',
  'flow.key',
  'user.key',
  'widget',
  'secret',
  'call',
  'sys',
] as const;

const WRITABLE: ReadonlySet<Namespace> = new Set<Namespace>(['flow.key', 'flow.syskey', 'user.key', 'user.syskey', 'param']);

/** `$sys.*`: platform values at the moment they are read. Dates are in the flow's time zone. */
export const SYSTEM_VALUES = [
  'datetime',
  'date',
  'time',
  'timestamp',
  'weekday',
  'timezone',
  'language',
  'uuid',
  'flowid',
  'flowname',
  'flowversion',
] as const;

export type SystemValue = (typeof SYSTEM_VALUES)[number];

/** Read-only `$NAME` parameters and the variable each stands for (docs/behaviour.md#parameters). */
export const PARAM_ALIASES: ReadonlyMap<string, VariableName> = new Map<string, VariableName>([
  ['CALLER_PHONE_NUMBER', { namespace: 'call', name: 'cli' }],
  ['AGENT_PHONE_NUMBER', { namespace: 'call', name: 'did' }],
  ['SESSION_ID', { namespace: 'call', name: 'uuid' }],
  ['CONVERSATION_ID', { namespace: 'call', name: 'uuid' }],
  ['CONVERSATION_START_TIME', { namespace: 'call', name: 'start' }],
  ['INPUT', { namespace: 'call', name: 'dtmf' }],
  ['RECORDING_LINK', { namespace: 'call', name: 'recordingurl' }],
  ['AGENT_ID', { namespace: 'sys', name: 'flowid' }],
  ['STATUS_CODE', { namespace: 'flow.key', name: 'response_status_code' }],
]);

/** Longest name of a variable. */
const MAX_NAME_CHARS = 128;

/** Names that would reach an object's own machinery in whatever receives them as JSON. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A name that needs no braces (docs/behaviour.md#variable-names): letters, digits, `_`, `-`; a `-` neither first nor last. */
export const PLAIN_NAME = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';

const plain = new RegExp(`^${PLAIN_NAME}$`);
const PARAM = /^[A-Z][A-Z0-9_]*$/;
const WIDGET_FIELD = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_]+$/;

/** True when a flow may set variables of this name. Says nothing about whether it is declared. */
export function isWritable(variable: VariableName): boolean {
  if (!WRITABLE.has(variable.namespace)) return false;
  return variable.namespace !== 'param' || !PARAM_ALIASES.has(variable.name);
}

/** True when a name can be used inside its namespace. */
export function isValidName(variable: VariableName): boolean {
  const { namespace, name } = variable;
  if (name.length === 0 || name.length > MAX_NAME_CHARS || RESERVED.has(name)) return false;
  if (namespace === 'param') return PARAM.test(name);
  if (namespace === 'widget') return WIDGET_FIELD.test(name);
  return !name.includes('}');
}

/** True for a key of a flow's `variables` that declares `$NAME` rather than `$flow.key.name` (docs/behaviour.md#parameters). */
function isParamName(name: string): boolean {
  return PARAM.test(name);
}

/** The variable a key of a flow's `variables` declares. */
export function declaredBy(key: string): VariableName {
  return isParamName(key) ? { namespace: 'param', name: key } : { namespace: 'flow.key', name: key };
}

/** The name as a flow writes it, e.g. `$flow.key.order`, `$flow.key.{my order}`, `$ORDER`. */
export function formatName(variable: VariableName): string {
  if (variable.namespace === 'param') return `$${variable.name}`;
  const dotted = variable.namespace === 'widget' || variable.namespace === 'call';
  const name = dotted || plain.test(variable.name) ? variable.name : `{${variable.name}}`;
  return `$${variable.namespace}.${name}`;
}
