import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { WebhookCall } from '../../src/model/webhook.js';
import type { Json, JsonObject } from '../../src/lib/json/json.js';
import { problemsOf, runCase } from '../support/flow-case.js';
import type { CallEvent } from '../support/fake-call.js';
import { ScriptedClient } from '../support/scripted-client.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { webhookPort } from '../support/webhook-port.js';

/*
 * docs/webhooks.md is a lesson: a flow, changes laid over it one after the other, and after each what the caller hears (`heard`) or whom
 * the runtime asks (`asked`). Here it is gone through as a reader would, and what it claims must be what happens.
 */

const page = readFileSync(fileURLToPath(new URL('../../docs/webhooks.md', import.meta.url)), 'utf8');

interface Block {
  /** First word behind the fence. */
  readonly kind: string;
  /** `name=value` pairs behind it. */
  readonly given: Readonly<Record<string, string>>;
  readonly text: string;
  /** Heading above it. */
  readonly heading: string;
}

const blocks: readonly Block[] = [...page.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```/gmu)].map((match) => {
  const [, kind = '', info = '', text = ''] = match;
  const given = Object.fromEntries(
    [...info.matchAll(/(\w+)=(\S+)/gu)].map(([, name = '', value = '']): [string, string] => [name, value]),
  );
  const heading = [...page.slice(0, match.index).matchAll(/^## (.+)$/gmu)].at(-1)?.[1] ?? '';
  return { kind, given, text, heading };
});

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One object laid over another: objects are merged, everything else replaced. */
function laidOver(below: JsonObject, above: JsonObject): JsonObject {
  const merged = Object.entries(above).map(([name, value]): [string, Json] => {
    const old = below[name];
    return [name, isObject(old) && isObject(value) ? laidOver(old, value) : value];
  });
  return { ...below, ...Object.fromEntries(merged) };
}

/** A block of the page that claims something, with the flow as it is at that place. */
interface Claim extends Block {
  readonly flow: JsonObject;
  readonly number: number;
}

const flows: JsonObject[] = [];
const claims: Claim[] = [];
let answer: JsonObject = {};
for (const block of blocks) {
  const flow = flows.at(-1);
  if (block.kind !== 'json') {
    if (flow !== undefined && block.kind !== 'sh') claims.push({ ...block, flow, number: claims.length + 1 });
    continue;
  }
  const value = JSON.parse(block.text) as JsonObject;
  if ('widgets' in value) flows.push(value);
  else if ('order' in value) answer = value;
  else if (flow !== undefined && /^\d/u.test(block.heading)) flows.push(laidOver(flow, { widgets: value }));
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

/** What was heard, as the page writes it. */
function heard(events: readonly CallEvent[]): readonly string[] {
  return events.flatMap((event) => {
    const at = `${seconds(event.at)} s  `;
    switch (event.kind) {
      case 'musicOn':
        return [`${at}♪ music`];
      case 'musicOff':
        return [`${at}music stops`];
      case 'announcement':
      case 'prompt':
        return [`${at}“${event.text}”`];
      default:
        return [];
    }
  });
}

const linesOf = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());

/** Runs the flow as the page says; `answer=3 key=0@12`. */
async function run({ flow, given }: Pick<Claim, 'flow' | 'given'>): Promise<Awaited<ReturnType<typeof runCase>>> {
  const { answer: after = '0.1', key } = given;
  const [pressed = '', at = '0'] = key?.split('@') ?? [];
  return runCase(flow, {
    webhooks: () => ({ afterMs: after === 'never' ? 3_600_000 : Number(after) * 1000, json: answer }),
    caller: (caller) => {
      if (key !== undefined) caller.press(pressed, { after: Number(at) * 1000 });
    },
  });
}

/** Sends the request of the flow through the webhook port; `1=503 2=none`: what each request is answered. */
async function asked({ given }: Claim, call: WebhookCall): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const answers = Object.values(given);
  const client = new ScriptedClient(clock, (_exchange, n) => {
    const status = answers[n - 1] ?? '200';
    return status === 'none' ? { afterMs: 3_600_000 } : { afterMs: 0, status: Number(status) };
  });
  await clock.runUntil(webhookPort(client, { clock, random: { next: () => 1 } }).request(call, new AbortController().signal));
  const started = client.sent[0]?.at ?? 0;
  return client.sent.map(({ url, timeoutMs, at }, index) => {
    const got = answers[index] === 'none' ? 'no answer' : (answers[index] ?? '');
    return `${seconds(at - started)} s  ${new URL(url).host} has ${seconds(timeoutMs)} s: ${got}`;
  });
}

describe('docs/webhooks.md', () => {
  it('has ten steps and something to hear or see in each', () => {
    expect(flows).toHaveLength(10);
    const steps = new Set(claims.map(({ heading }) => heading.split('.')[0]));
    expect([...steps]).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  });

  it.each(flows.map((flow, index) => ({ flow, step: index + 1 })))('the flow of step $step passes the checker', ({ flow }) => {
    expect(problemsOf(flow).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it.each(claims.filter(({ kind }) => kind === 'heard'))('$number: $heading: what is heard is what it says', async (claim) => {
    expect(heard((await run(claim)).events)).toEqual(linesOf(claim.text));
  });

  it.each(claims.filter(({ kind }) => kind === 'asked'))('$number: $heading: who is asked is who it says', async (claim) => {
    const { webhookCalls } = await run(claim);
    expect(webhookCalls).toHaveLength(1);
    for (const call of webhookCalls) expect(await asked(claim, call)).toEqual(linesOf(claim.text));
  });

  it('the whole widget is the ten steps together', () => {
    const whole = blocks.find(({ heading, kind }) => heading === 'The whole widget' && kind === 'json');
    const widgets = flows.at(-1)?.['widgets'] as Readonly<Record<string, JsonObject>>;
    expect(JSON.parse(whole?.text ?? '')).toEqual(widgets['lookup']);
  });

  it('the webhook nobody waits for goes on at once, and its answer is there when it has come', async () => {
    const aside = blocks.find(({ heading, kind }) => heading === 'When nobody has to wait' && kind === 'json');
    const [simplest = {}] = flows;
    const talk = { type: 'play', prompt: [{ say: 'Meanwhile we talk of other things.' }], exits: { done: 'tell' } };
    const flow = laidOver(simplest, { widgets: { ...(JSON.parse(aside?.text ?? '') as JsonObject), 'go-on': talk } });
    const { events, path } = await run({ flow, given: { answer: '1' } });
    expect(path).toEqual(['lookup:success', 'go-on:done', 'tell:done', 'bye:end']);
    expect(heard(events)).toEqual(['0.0 s  “Meanwhile we talk of other things.”', '2.0 s  “Your order is shipped.”']);
  });

  it('with a time limit of 10 s and a fallback the first address has 5 s', async () => {
    const widgets = { lookup: { timeout: 10, retries: 0 } };
    const { webhookCalls } = await run({ flow: laidOver(flows.at(-1) ?? {}, { widgets }), given: {} });
    const claim = { given: { 1: 'none', 2: '200' } } as unknown as Claim;
    for (const call of webhookCalls) expect((await asked(claim, call))[0]).toContain('has 5.0 s');
  });
});
