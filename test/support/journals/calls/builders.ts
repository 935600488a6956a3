import type { FunctionAnswer } from '../../../../src/model/function.js';
import type { Json, JsonObject } from '../../../../src/lib/json/json.js';
import type { LiveCall, Scenario } from '../recorder.js';

/* What flows of recorded calls are made of. */

export type Widgets = Readonly<Record<string, JsonObject>>;

/** A flow whose start is its first widget; `bye` hangs up. */
export const flow = (widgets: Widgets, more: JsonObject = {}): JsonObject => ({
  id: 'widgets',
  name: 'Widgets',
  webhook: true,
  timeZone: 'Europe/Vienna',
  start: Object.keys(widgets)[0] ?? 'bye',
  widgets: { ...widgets, bye: { type: 'hangup' } },
  ...more,
});

export const of = (
  name: string,
  about: string,
  widgets: Widgets,
  { more = {}, ...scenario }: Partial<Scenario> & { readonly more?: JsonObject } = {},
): Scenario => ({ name, about, flow: flow(widgets, more), ...scenario });

export const say = (text: string): JsonObject[] => [{ say: text }];
export const play = (text: string, next: string): JsonObject => ({ type: 'play', prompt: say(text), exits: { done: next } });
export const set = (values: readonly (readonly [string, Json])[], next: string | null): JsonObject => ({
  type: 'set',
  values: values.map(([saveIn, value]) => ({ saveIn, value })),
  exits: { next },
});

export const TO_BYE = { collected: 'bye', noInput: 'bye', missed: 'bye' };
export const collect = (fields: JsonObject): JsonObject => ({
  type: 'collect',
  label: 'Order',
  saveIn: '$flow.key.order',
  prompt: say('Your order?'),
  noInputPrompts: [say('I heard nothing.')],
  invalidPrompts: [say('That is no order.')],
  exits: TO_BYE,
  ...fields,
});
export const menu = (fields: JsonObject = {}): JsonObject => ({
  type: 'menu',
  prompt: say('Press 1 or 2.'),
  keys: { 1: 'Sales', 2: 'Support' },
  saveIn: '$flow.key.choice',
  invalidPrompts: [say('Not that one.')],
  retries: 1,
  exits: { 1: 'bye', 2: 'bye', noInput: 'bye', invalid: 'bye' },
  ...fields,
});
export const webhook = (fields: JsonObject = {}): JsonObject => ({
  type: 'webhook',
  url: 'https://shop.example/orders',
  exits: { success: 'bye', failed: 'bye' },
  ...fields,
});
export const done = { success: 'bye', failed: 'bye' };

/** Waits, then presses keys; again and again. */
export const keys =
  (...script: readonly (number | string)[]) =>
  async ({ wait, press }: LiveCall): Promise<void> => {
    for (const step of script) await (typeof step === 'number' ? wait(step) : press(step));
  };

export const answered = (more: Partial<FunctionAnswer>): FunctionAnswer => ({
  status: 200,
  statusType: 'SUCCESSFUL',
  duration: 0.02,
  raw: '{}',
  reason: null,
  detail: null,
  attempts: 1,
  url: 'https://crm.example/functions',
  code: null,
  keys: [],
  ...more,
});
export const SERVICE = { type: 'function', function: 'Lookup', service: 'crm', exits: done } as const;

export const slow =
  (ms: number, more: object = { json: { status: 'shipped' } }): NonNullable<Scenario['webhooks']> =>
  () => ({ afterMs: ms, ...more });
