import { z } from 'zod';
import { promptSchema } from '../../src/flow/prompt.js';
import { defineWidget, type WidgetCatalogue, type WidgetDefinition } from '../../src/flow/widget.js';
import type { Json } from '../../src/lib/json/json.js';

/* Plain widgets for tests of the engine, which must not depend on the real ones. */

const about = (type: string) => ({ type, version: 1, summary: type, docs: type, example: { type } }) as const;

const say = defineWidget({
  ...about('say'),
  config: z.strictObject({ prompt: promptSchema }),
  exits: () => ({ done: { summary: 'Played.' }, failed: { summary: 'Could not be played.', error: true } }),
  audio: true,
  waits: true,
  prompts: ({ prompt }) => [prompt],
  async run({ prompt }, { call, vars }) {
    const segments = vars.segments(prompt).value;
    const answer = await call.play({ segments, loop: 1, level: 0, bargeIn: true, stopKeys: '' });
    return answer.kind === 'failed' ? 'failed' : 'done';
  },
});

const ask = defineWidget({
  ...about('ask'),
  config: z.strictObject({
    prompt: promptSchema,
    saveIn: z.string(),
    mask: z.boolean().default(false),
    max: z.number().default(4),
  }),
  exits: () => ({
    collected: { summary: 'Digits.' },
    noInput: { summary: 'Nothing.' },
    missed: { summary: 'Too few.', fallback: 'noInput' },
  }),
  audio: true,
  waits: true,
  writes: ({ saveIn }) => [saveIn],
  async run({ prompt, saveIn, mask, max }, context) {
    const { call, vars } = context;
    const answer = await call.collect({
      prompt: vars.segments(prompt).value,
      level: 0,
      bargeIn: true,
      min: 1,
      max,
      endOn: '#',
      allow: '',
      firstDigitTimeoutMs: 5000,
      interDigitTimeoutMs: 3000,
      typeAhead: true,
      mask,
    });
    if (answer.kind === 'noInput') return 'noInput';
    if (answer.kind !== 'collected') return 'missed';
    vars.set(saveIn, answer.digits, { masked: mask });
    context.result({ digits: answer.digits }, { masked: mask });
    return 'collected';
  },
});

const hook = defineWidget({
  ...about('hook'),
  config: z.strictObject({
    url: z.string(),
    body: z.string().optional(),
    password: z.string().optional(),
    saveIn: z.string().optional(),
    path: z.string().default('data.status'),
    music: z.boolean().default(true),
    timeout: z.number().default(60),
  }),
  exits: () => ({
    success: { summary: 'Answered.' },
    timeout: { summary: 'Too late.', fallback: 'failed', error: true },
    failed: { summary: 'Failed.', error: true },
  }),
  audio: false,
  waits: true,
  secretFields: ['url', 'password'],
  urlFields: ['url'],
  literalFields: ['path'],
  writes: ({ saveIn }) => (saveIn === undefined ? [] : [saveIn]),
  async run(config, context) {
    const { call, vars, webhook } = context;
    const url = vars.secretText(config.url, 'url');
    const body = config.body === undefined ? null : vars.text(config.body, 'json');
    context.persist();
    if (config.music) await call.startMusic({ source: 'default', startDelayMs: 0 });
    const answer = await webhook.request({
      method: body === null ? 'GET' : 'POST',
      url: url.value,
      headers: [],
      query: [],
      auth:
        config.password === undefined
          ? { type: 'none' }
          : { type: 'basic', username: ['ivr'], password: vars.secretText(config.password).value },
      body: body === null ? null : { contentType: 'application/json', text: body.value },
      timeoutMs: config.timeout * 1000,
      maxResponseBytes: 65_536,
      redirects: 0,
      responseType: 'json',
      pathRoot: 'data',
      xmlPaths: 'dotted',
      mapping: [{ path: config.path, required: false }],
      masked: url.masked || (body?.masked ?? false),
    });
    if (config.music) await call.stopMusic();
    context.result({ status: answer.status, reason: answer.reason });
    const [mapped] = answer.mapped;
    if (config.saveIn !== undefined && mapped?.found === true) vars.set(config.saveIn, mapped.value);
    if (answer.reason === 'TIMEOUT') return 'timeout';
    return answer.reason === null ? 'success' : 'failed';
  },
});

const assign = defineWidget({
  ...about('assign'),
  config: z.strictObject({ set: z.string(), to: z.string().optional(), expression: z.string().optional() }),
  exits: () => ({ next: { summary: 'Set.' }, failed: { summary: 'Not computable.', error: true } }),
  audio: false,
  waits: false,
  expressionFields: ['expression'],
  writes: ({ set }) => [set],
  run({ set, to, expression }, { vars }) {
    if (expression === undefined) {
      const resolved = vars.typed(to ?? '');
      vars.set(set, resolved.value, { masked: resolved.masked });
      return Promise.resolve('next');
    }
    const computed = vars.evaluate(expression);
    if (!computed.ok) return Promise.resolve('failed');
    vars.set(set, computed.value.value, { masked: computed.value.masked });
    return Promise.resolve('next');
  },
});

const branch = defineWidget({
  ...about('branch'),
  config: z.strictObject({ when: z.string() }),
  exits: () => ({ yes: { summary: 'True.' }, no: { summary: 'Anything else.' } }),
  audio: false,
  waits: false,
  expressionFields: ['when'],
  run({ when }, { vars }) {
    const result = vars.evaluate(when);
    return Promise.resolve(result.ok && result.value.value === true ? 'yes' : 'no');
  },
});

const wait = defineWidget({
  ...about('wait'),
  config: z.strictObject({ ms: z.number() }),
  exits: () => ({ next: { summary: 'Time is up.' } }),
  audio: false,
  waits: true,
  async run({ ms }, { clock }) {
    await clock.sleep(ms);
    return 'next';
  },
});

const hangup = defineWidget({
  ...about('hangup'),
  config: z.strictObject({ cause: z.number().default(16) }),
  exits: () => ({}),
  audio: false,
  waits: false,
  async run({ cause }, { call }) {
    await call.hangup({ cause });
    return 'end';
  },
});

/** Crashes, or leaves by whatever exit it is told. */
const broken = defineWidget({
  ...about('broken'),
  config: z.strictObject({ message: z.string().default('kaputt'), exit: z.string().optional() }),
  exits: () => ({ next: { summary: 'Never.' }, failed: { summary: 'Always.', error: true } }),
  audio: false,
  waits: false,
  run({ message, exit }) {
    if (exit !== undefined) return Promise.resolve(exit);
    return Promise.reject(new Error(message));
  },
});

function erased<C>(definition: WidgetDefinition<C>): WidgetDefinition {
  return definition as WidgetDefinition;
}

const list = [
  erased(say),
  erased(ask),
  erased(hook),
  erased(assign),
  erased(branch),
  erased(wait),
  erased(hangup),
  erased(broken),
];

/** The plain widgets by type. */
export const testWidgets: WidgetCatalogue = new Map(list.map((widget) => [widget.type, widget]));

/** A flow document around some widgets; `start` is the first of them. */
export function testFlow(
  widgets: Readonly<Record<string, { readonly [key: string]: Json }>>,
  fields: { readonly [key: string]: Json } = {},
): { readonly [key: string]: Json } {
  return { id: 'test', name: 'Test', start: Object.keys(widgets)[0] ?? '', widgets, ...fields };
}
