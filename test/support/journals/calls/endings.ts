import { END_REASONS } from '../../../../src/call/termination.js';
import { drainCalls } from '../../../../src/call/drain.js';
import type { JsonObject } from '../../../../src/lib/json/json.js';
import { silentLogger } from '../../../../src/lib/log/log.js';
import { OFFER } from '../../fake-signaling.js';
import type { LiveCall, Scenario } from '../recorder.js';

/* One call for each way in which a call ends, and for each place in which it does. */

/** An order line with everything in it that lasts: prompts, digits, a service, both anchors. */
const SHOP: JsonObject = {
  id: 'shop',
  name: 'Order status',
  webhook: true,
  language: 'en-GB',
  timeZone: 'Europe/Vienna',
  variables: { order: null, status: 'unknown', CODE: null },
  udf: [
    { name: 'order', variable: '$flow.key.order', type: 'number' },
    { name: 'served', variable: '$flow.key.served', type: 'boolean' },
  ],
  start: 'greet',
  onRemoteHangup: 'left',
  onFlowComplete: 'note',
  widgets: {
    greet: { type: 'play', label: 'Greeting', prompt: [{ say: 'Welcome.' }, { say: 'Welcome again.' }], exits: { done: 'ask' } },
    ask: {
      type: 'collect',
      label: 'Order number',
      saveIn: '$flow.key.order',
      prompt: [{ say: 'Your order number, please.' }],
      digits: { min: 3, max: 5 },
      exits: { collected: 'look', noInput: 'bye', missed: 'bye' },
    },
    look: {
      type: 'webhook',
      url: 'https://shop.example/orders/$flow.key.order',
      query: [{ key: 'caller', value: '$call.cli' }],
      mapping: [{ saveIn: '$flow.key.status', path: 'status' }],
      saveStatusIn: '$CODE',
      holdMusic: true,
      holdPrompt: [{ say: 'One moment.' }],
      timeout: 30,
      persist: true,
      exits: { success: 'tell', failed: 'bye' },
    },
    tell: { type: 'play', prompt: [{ say: 'It is $flow.key.status.' }], exits: { done: 'bye' } },
    bye: { type: 'hangup', prompt: [{ say: 'Goodbye.' }], disposition: 'told $flow.key.status' },
    left: {
      type: 'webhook',
      method: 'POST',
      url: 'https://shop.example/left',
      body: { type: 'json', content: { order: '$flow.key.order', state: '$call.state', cause: '$call.hangupcause' } },
      exits: { success: null, failed: null },
    },
    note: {
      type: 'set',
      values: [
        { saveIn: '$flow.key.served', value: true },
        { saveIn: '$flow.key.talked', value: '$call.duration' },
      ],
      exits: { next: null },
    },
  },
};

/** Answers after `ms`. */
const service =
  (ms: number): NonNullable<Scenario['webhooks']> =>
  () => ({ afterMs: ms, json: { status: 'shipped' } });

type Script = (live: LiveCall) => Promise<void> | void;

const ending = (name: string, about: string, script: Script, more: Partial<Scenario> = {}): Scenario => ({
  name: `end-${name}`,
  about,
  flow: SHOP,
  webhooks: service(4000),
  script,
  ...more,
});

/** Into the question for the order number. */
const asked = async ({ wait }: LiveCall): Promise<void> => wait(2500);
/** With the order number keyed in, on hold. */
const onHold = async (live: LiveCall): Promise<void> => {
  await asked(live);
  await live.press('123#');
  await live.wait(1500);
};
const ring: JsonObject = { type: 'answer', delay: 20, exits: { next: 'greet', failed: 'bye' } };
/** The same flow, ringing for a while first. */
const RINGS: JsonObject = {
  ...SHOP,
  id: 'rings',
  start: 'ring',
  widgets: { ring, ...(SHOP['widgets'] as JsonObject) },
};
/** A flow of a few widgets; the first is the start. */
const small = (widgets: Readonly<Record<string, JsonObject>>, more: JsonObject = {}): JsonObject => {
  return { id: 'small', name: 'Small', webhook: true, start: Object.keys(widgets)[0] ?? '', widgets, ...more };
};
const say = (text: string, next: string | null): JsonObject => ({ type: 'play', prompt: [{ say: text }], exits: { done: next } });
const waits = small({ wait: { type: 'delay', seconds: 600, exits: { next: null } } }, { start: 'up' });
const PATIENT: JsonObject = {
  ...waits,
  widgets: { up: { type: 'answer', exits: { next: 'wait' } }, ...(waits['widgets'] as JsonObject) },
  record: true,
};

/** A call whose every hangup by the flow fails: a defect. */
const broken = (live: LiveCall): void => {
  Object.assign(live.call.control, { hangup: () => Promise.reject(new Error('a defect')) });
};

export const ENDED: readonly Scenario[] = [
  ending('caller-during-prompt', 'The caller hangs up while a prompt plays.', async ({ wait, caller }) => {
    await wait(700);
    caller.bye();
  }),
  ending('caller-with-cause', 'The caller hangs up with a Q.850 cause of its own, before the first key.', async (live) => {
    await asked(live);
    live.caller.bye(31);
  }),
  ending('caller-between-keys', 'The caller hangs up in the middle of the order number.', async (live) => {
    await asked(live);
    await live.press('12');
    live.caller.bye();
  }),
  ending(
    'caller-between-masked-keys',
    'The caller hangs up in the middle of secret digits.',
    async (live) => {
      await asked(live);
      await live.press('987');
      live.caller.bye();
    },
    {
      flow: {
        ...SHOP,
        widgets: {
          ...(SHOP['widgets'] as JsonObject),
          ask: { ...((SHOP['widgets'] as JsonObject)['ask'] as JsonObject), mask: true },
        },
      },
    },
  ),
  ending('caller-on-hold', 'The caller hangs up while a service is waited for.', async (live) => {
    await onHold(live);
    live.caller.bye();
  }),
  ending('caller-during-goodbye', 'The caller hangs up during the last prompt.', async (live) => {
    await onHold(live);
    await live.wait(4200);
    live.caller.bye();
  }),
  ending(
    'caller-in-silence',
    'The caller of a recorded call hangs up while the flow waits.',
    async ({ wait, caller }) => {
      await wait(30_000);
      caller.bye();
    },
    { flow: PATIENT },
  ),
  ending(
    'caller-with-late-recording',
    'The caller hangs up, and the recording is final long after the report.',
    async ({ wait, caller, session }) => {
      let final = (): void => undefined;
      session.recordingEndGate = new Promise((resolve) => (final = resolve));
      await wait(30_000);
      caller.bye();
      await wait(20_000);
      final();
      await wait(10);
    },
    { flow: PATIENT },
  ),
  ending(
    'caller-with-lost-recording',
    'The caller hangs up, and the recording came to nothing.',
    async ({ wait, caller, session }) => {
      session.recordingEndError = 'no space left on device';
      caller.bye();
      await wait(10);
    },
    { flow: PATIENT },
  ),
  ending(
    'caller-then-slow-anchor',
    'The caller hangs up, and the time for the flow’s last steps is up before its service answers.',
    async (live) => {
      await asked(live);
      live.caller.bye();
    },
    { webhooks: service(600_000), services: () => ({ anchorMs: 2000 }) },
  ),
  ending(
    'cancel-while-ringing',
    'The caller gives up while it rings.',
    async ({ wait, caller }) => {
      await wait(3000);
      caller.cancel();
    },
    { flow: RINGS },
  ),
  ending('cancel-overtakes-answer', 'A CANCEL overtakes our 200.', ({ caller }) => caller.cancelBeforeOurAnswer(), {
    dial: { autoAck: false },
  }),
  ending('no-ack', 'Our 200 is never acknowledged.', ({ caller }) => caller.neverAck(), { dial: { autoAck: false } }),
  ending('no-prack', 'A caller that requires reliable ringing never acknowledges it.', ({ caller }) => caller.neverPrack(), {
    flow: RINGS,
  }),
  ending('hangup', 'The flow hangs up after its last prompt.', onHold),
  ending('hangup-without-prompt', 'The flow hangs up with a cause of its own.', () => undefined, {
    flow: small({ hi: say('Hello.', 'bye'), bye: { type: 'hangup', cause: 31 } }),
    integration: null,
  }),
  ending('refused-busy', 'The flow refuses the call as busy.', () => undefined, {
    flow: small(
      { no: { type: 'hangup', cause: 17 } },
      {
        onFlowComplete: 'end',
        widgets: {
          no: { type: 'hangup', cause: 17 },
          end: { type: 'set', values: [{ saveIn: '$flow.key.state', value: '$call.state' }], exits: { next: null } },
        },
      },
    ),
  }),
  ...[1, 16, 21].map((cause) =>
    ending(`refused-cause-${cause}`, `The flow refuses the call with cause ${cause}.`, () => undefined, {
      flow: small({ no: { type: 'hangup', cause } }),
      integration: null,
    }),
  ),
  ending('flow-ends', 'The flow comes to its end without a hangup.', () => undefined, {
    flow: small({ hi: say('Hello.', null) }),
  }),
  ending('flow-ends-and-hangup-fails', 'The flow comes to its end, and a defect keeps it from hanging up.', broken, {
    flow: small({ hi: say('Hello.', null) }),
  }),
  ending('fault-and-hangup-fails', 'A widget fails that nothing catches, and a defect keeps the flow from hanging up.', broken, {
    flow: small({ hi: { ...say('Hello.', 'again') }, again: say('Again.', 'hi') }),
    maxSteps: 4,
  }),
  ending(
    'prompt-failed-at-hangup',
    'The last prompt before the hangup cannot be played.',
    async ({ rig, wait }) => {
      await wait(1500);
      rig.prompts.failWith = 'SPEECH_FAILED';
    },
    {
      flow: small(
        {
          hi: say('Hello.', 'more'),
          more: { ...say('More.', 'bye'), exits: { done: 'bye', failed: 'bye' } },
          bye: { type: 'hangup' },
        },
        {
          widgets: {
            hi: { type: 'play', prompt: [{ say: 'Hello.' }, { say: 'You are welcome.' }], exits: { done: 'more' } },
            more: { type: 'play', prompt: [{ say: 'More.' }], exits: { done: 'bye', failed: 'bye' } },
            bye: { type: 'hangup' },
          },
        },
      ),
    },
  ),
  ending(
    'prompt-failed-at-end',
    'The flow ends with a prompt that cannot be played.',
    async ({ rig, wait }) => {
      await wait(1500);
      rig.prompts.failWith = 'SPEECH_FAILED';
    },
    {
      flow: small(
        { hi: say('', null) },
        {
          widgets: {
            hi: { type: 'play', prompt: [{ say: 'Hello.' }, { say: 'You are welcome.' }], exits: { done: 'more' } },
            more: { type: 'play', prompt: [{ say: 'More.' }], exits: { done: null, failed: null } },
          },
        },
      ),
    },
  ),
  ending(
    'max-duration',
    'A call that is up reaches its longest duration.',
    async (live) => {
      await onHold(live);
      await live.wait(60_000);
    },
    { rig: { limits: { maxCallMs: 60_000 } }, webhooks: service(300_000), flow: PATIENT },
  ),
  ending('max-duration-unanswered', 'A call that nobody answers reaches its longest duration.', ({ wait }) => wait(5000), {
    rig: { limits: { maxCallMs: 5000 } },
    flow: RINGS,
  }),
  ending('media-timeout', 'Nothing is heard of the caller for too long.', ({ wait }) => wait(20_000), {
    rig: { limits: { mediaTimeoutMs: 20_000 } },
    flow: PATIENT,
  }),
  ending(
    'gave-way',
    'A caller who was never heard gives way to others.',
    async ({ wait, call }) => {
      await wait(12_000);
      call.giveWay();
    },
    { flow: PATIENT },
  ),
  ending(
    'gave-way-unanswered',
    'A caller who never acknowledged the answer gives way to others.',
    async ({ wait, call }) => {
      await wait(4000);
      call.giveWay();
    },
    { dial: { autoAck: false } },
  ),
  ending('media-failed', 'The media engine loses a call on hold.', async (live) => {
    await onHold(live);
    live.session.lose();
  }),
  ending(
    'media-failed-silently',
    'The media engine answers no more.',
    async ({ wait, session }) => {
      session.statsHang = true;
      await wait(25_000);
    },
    { rig: { limits: { mediaTimeoutMs: 20_000 } }, flow: PATIENT },
  ),
  ending(
    'media-failed-unanswered',
    'The media engine loses a call that rings.',
    async ({ wait, session }) => {
      await wait(2000);
      session.lose();
    },
    { flow: RINGS },
  ),
  ending('media-closed-under-prompt', 'The media closes while a prompt plays.', async ({ wait, session }) => {
    await wait(700);
    await session.close();
  }),
  ending('no-common-codec', 'The answer to our offer has no audio we can use.', ({ wait }) => wait(10), {
    dial: { sdp: null, ackSdp: OFFER },
    prepare: ({ media }) => {
      media.prepare = (session) => {
        session.refuseSdp = { code: 'SDP_NO_COMMON_CODEC', message: 'No codec of ours.', warning: 305 };
      };
    },
  }),
  ending('session-expired', 'The session timer runs out.', async (live) => {
    await onHold(live);
    live.caller.sessionExpires();
  }),
  ending('session-gone', 'The far end knows the call no longer when its session is refreshed.', async (live) => {
    await asked(live);
    live.caller.sessionExpires(41);
  }),
  ending('signaling-lost', 'The signalling is lost with the call up.', async (live) => {
    await onHold(live);
    live.rig.signaling.lose();
  }),
  ending(
    'signaling-lost-unanswered',
    'The signalling is lost while it rings.',
    async ({ wait, rig }) => {
      await wait(1000);
      rig.signaling.lose();
    },
    { flow: RINGS },
  ),
  ending(
    'rejected',
    'The INVITE is gone when it is answered.',
    async ({ wait, caller }) => {
      await wait(1000);
      caller.refuse({ status: 500, sdp: null, retryAfter: null, cause: null });
    },
    { flow: RINGS },
  ),
  ending(
    'drain',
    'The process stops, and the call does not end in time.',
    async (live) => {
      await onHold(live);
      const { signaling, admission, registry, clock } = live.rig;
      const draining = drainCalls({ signaling, admission, registry, clock, log: silentLogger, waitMs: 2000, finishMs: 5000 });
      await live.wait(7000);
      await draining;
    },
    { webhooks: service(25_000) },
  ),
  ending(
    'drain-unanswered',
    'The process stops while it rings.',
    async ({ wait, call }) => {
      await wait(1000);
      void call.end(END_REASONS.drain());
    },
    { flow: RINGS },
  ),
  ending('admin', 'An administrator hangs up.', async (live) => {
    await onHold(live);
    void live.call.end(END_REASONS.admin());
  }),
  ending(
    'admin-unanswered',
    'An administrator hangs up while it rings.',
    async ({ wait, call }) => {
      await wait(1000);
      void call.end(END_REASONS.admin());
    },
    { flow: RINGS },
  ),
  ending(
    'store-unavailable',
    'The row comes too late: the call is refused, and its journal is empty.',
    ({ wait }) => wait(10_000),
    {
      services: ({ calls, clock }) => ({
        calls: {
          ...calls,
          async begin(call) {
            await new Promise<void>((resolve) => void clock.after(5000, resolve));
            await calls.begin(call);
          },
        },
      }),
    },
  ),
  ending('crash-while-ringing', 'The process dies while it rings.', ({ wait }) => wait(3000), { flow: RINGS, dies: true }),
  ending('crash-before-journal', 'The process dies with nothing of the call on the disk but its row.', ({ wait }) => wait(10), {
    dies: { entries: 0 },
  }),
  ending('crash-after-first-entry', 'The process dies with one entry of the journal on the disk.', ({ wait }) => wait(10), {
    dies: { entries: 1 },
  }),
  ending(
    'crash-between-keys',
    'The process dies in the middle of the order number.',
    async (live) => {
      await asked(live);
      await live.press('12');
    },
    { dies: true },
  ),
  ending('crash-on-hold', 'The process dies while a service is waited for.', onHold, { dies: true }),
  ending('crash-while-recording', 'The process dies while the call is recorded.', ({ wait }) => wait(9000), {
    flow: PATIENT,
    dies: true,
  }),
  ending(
    'crash-after-hangup',
    'The process dies after the caller hung up, in the flow’s last steps.',
    async (live) => {
      await onHold(live);
      live.caller.bye(16);
      await live.wait(1000);
    },
    { dies: true },
  ),
  ending(
    'crash-before-end',
    'The process dies after the last step, before the end is on the disk.',
    async (live) => {
      await onHold(live);
      await live.wait(60_000);
    },
    { dies: { entries: 48 } },
  ),
];
