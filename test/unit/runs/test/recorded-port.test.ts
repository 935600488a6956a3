import { describe, expect, it } from 'vitest';
import type { WebhookPort } from '../../../../src/flow/ports.js';
import type { WebhookAuth, WebhookCall } from '../../../../src/model/webhook.js';
import { RecordedPort } from '../../../../src/runs/test/recorded-port.js';

/** A port that notes what it is asked, and what is to be hidden. */
function rig() {
  const asked: { readonly call: WebhookCall; readonly signal: AbortSignal | null }[] = [];
  const hidden: string[] = [];
  const answer = (call: WebhookCall, signal: AbortSignal | null) => {
    asked.push({ call, signal });
    return Promise.resolve({ mapped: [] } as never);
  };
  const port = {
    request: (call: WebhookCall, signal: AbortSignal) => answer(call, signal),
    requestAside: (call: WebhookCall) => answer(call, null),
  } as unknown as WebhookPort;
  return { asked, hidden, port: new RecordedPort(port, { hide: (text) => hidden.push(text) }) };
}

const calling = (more: object): WebhookCall => ({ auth: { type: 'none' }, mapping: [], ...more }) as unknown as WebhookCall;
const never = new AbortController().signal;

describe('credentials that stand in the flow outright', () => {
  it.each<[auth: object, hidden: readonly string[]]>([
    [{ type: 'basic', username: ['ada'], password: ['hunter2'] }, ['hunter2']],
    [{ type: 'bearer', token: ['tok-1'] }, ['tok-1']],
    [{ type: 'apiKey', in: 'header', name: 'x-key', value: ['key-1'] }, ['key-1']],
    [{ type: 'oauth2', tokenUrl: 'https://x', clientId: ['id'], clientSecret: ['cs-1'] }, ['cs-1']],
    [{ type: 'bearer', token: ['to', 'k-2'] }, ['tok-2']],
    [{ type: 'bearer', token: [{ secret: 'crm' }] }, []],
    [{ type: 'bearer', token: ['tok ', { secret: 'crm' }] }, []],
    [{ type: 'none' }, []],
    [{ type: 'credential', name: 'crm' }, []],
  ])('are hidden before they are sent: %j', async (auth, expected) => {
    const { port, hidden, asked } = rig();
    const call = calling({ auth: auth as WebhookAuth });
    await port.request(call, never);
    await port.requestAside(call);
    await port.send(call);
    expect(hidden).toEqual([...expected, ...expected, ...expected]);
    expect(asked).toHaveLength(3);
  });
});

describe('an answer that may come later', () => {
  it.each([
    [59_999, 59_999],
    [60_000, 60_000],
    [60_001, 60_000],
    [600_000, 60_000],
  ])('in %i ms is waited for %i ms', async (answerLaterMs, waited) => {
    const { port, asked } = rig();
    await port.request(calling({ answerLaterMs }), never);
    await port.requestAside(calling({ answerLaterMs }));
    expect(asked.map(({ call }) => call.answerLaterMs)).toEqual([waited, waited]);
    expect(port.call).toMatchObject({ answerLaterMs });
  });
});

it('a request is given up with its signal', async () => {
  const { port, asked } = rig();
  const { signal } = new AbortController();
  await port.request(calling({}), signal);
  expect(asked[0]?.signal).toBe(signal);
});
