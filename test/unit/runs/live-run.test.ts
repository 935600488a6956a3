import { afterEach, describe, expect, it } from 'vitest';
import type { BrokenFlow } from '../../../src/site/flows/flows.js';
import { checkFlow } from '../../../src/flow/document/check/check.js';
import { sleep } from '../../../src/lib/clock.js';
import { silentLogger, type Logger } from '../../../src/lib/log/log.js';
import { CallEventSink } from '../../../src/runs/call-events.js';
import { runLiveCall, type LiveRunServices } from '../../../src/runs/live-run.js';
import { widgetCatalogue } from '../../../src/widgets/index.js';
import { CallRig } from '../../support/call-rig.js';
import { configuredWebhook } from '../../support/configured-webhook.js';
import { endServices } from '../../support/end-services.js';
import { FakeFunctions } from '../../support/fake-functions.js';
import { createFakeStore } from '../../support/fake-store.js';
import { FakeWebhooks } from '../../support/fake-webhooks.js';

const FLOW = {
  id: 'test',
  name: 'Test',
  webhook: true,
  record: true,
  start: 'wait',
  widgets: { wait: { type: 'delay', seconds: 60, exits: { next: null } } },
};

/** The flow files that are not fit to run, and what was told of refused calls. */
const broken = new Map<string, BrokenFlow>();
const refused: (readonly [number, string])[] = [];
afterEach(() => {
  broken.clear();
  refused.length = 0;
});

/** One recorded call on fakes; its report goes to `crm`, which wants some events too. */
function recordedCall(log: Logger = silentLogger, routed = 'test') {
  const { flow, problems } = checkFlow(FLOW, { widgets: widgetCatalogue });
  if (flow === null) throw new Error(JSON.stringify(problems));
  const store = createFakeStore();
  const webhook = configuredWebhook('crm', { default: true, events: ['record', 'completed'] });
  let services: LiveRunServices | null = null;
  const rig: CallRig = new CallRig({
    routes: [{ kind: 'exact', number: '100', flow: routed }],
    onCall: async (call, route) => {
      if (services !== null) await runLiveCall(services, call, route);
    },
  });
  const { clock } = rig;
  const ending = { ...endServices(store, [webhook]), clock };
  services = {
    flows: () => new Map([['test', flow]]),
    brokenFlows: () => broken,
    calls: store.calls,
    users: store.users,
    webhook: new FakeWebhooks(clock, () => ({})),
    functions: new FakeFunctions(),
    sinks: [store.journal, new CallEventSink({ ...ending, store: store.deliveries, log: silentLogger })],
    ending,
    integrationOf: () => null,
    resultsOf: () => new Map(),
    clock,
    flowClock: { sleep: (ms, signal) => sleep(clock, ms, signal) },
    ownProcess: { id: 'life', ms: () => clock.monotonic() },
    random: { next: () => 0.5, uuid: () => 'uuid' },
    log,
    maxSteps: 100,
    anchorMs: 1000,
    goodbye: { text: 'bye', language: 'en-US' },
    onRefused: (status, reason) => refused.push([status, reason]),
  };
  const deliveries = () => [...store.state.deliveries.values()];
  return { rig, store, deliveries };
}

const shown = (body: string): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;

describe('the report of a recorded call', () => {
  it('goes at once, with its recording, when that is final in time', async () => {
    const { rig, deliveries } = recordedCall();
    const { caller } = await rig.answered();
    await rig.clock.advance(5000);
    caller.bye();
    await rig.clock.advance(1000);
    expect(deliveries().map(({ kind, body }) => shown(body)['status'] ?? kind)).toEqual(['completed', 'record', 'report']);
    const report = deliveries().find(({ kind }) => kind === 'report');
    expect(report?.dueAt).toBeLessThanOrEqual(rig.clock.now());
    expect(shown(report?.body ?? '')['recordingUrls']).toHaveLength(1);
  });

  it.each([3, -3])(
    'says how long the call was, whatever the wall clock is set to meanwhile (%d h), and is due at once',
    async (hours) => {
      const { rig, deliveries } = recordedCall();
      const { caller } = await rig.answered();
      await rig.clock.advance(5000);
      rig.clock.setBy(hours * 3_600_000);
      await rig.clock.advance(2000);
      caller.bye();
      await rig.clock.advance(1000);
      const report = deliveries().find(({ kind }) => kind === 'report');
      const [leg] = shown(report?.body ?? '')['callDetails'] as Record<string, unknown>[];
      expect(leg).toMatchObject({ duration: '7000', endTime: '2026-01-05T09:00:07.000+00:00' });
      const completed = deliveries().find(({ body }) => shown(body)['status'] === 'completed');
      expect(shown(completed?.body ?? '')).toMatchObject({ duration: '7' });
      for (const { dueAt } of deliveries()) expect(Math.abs((dueAt ?? 0) - rig.clock.now())).toBeLessThan(2000);
    },
  );

  it('waits for a recording that is late, and goes the moment it is final', async () => {
    const { rig, store, deliveries } = recordedCall();
    const { caller, session } = await rig.answered();
    let final = (): void => undefined;
    session.recordingEndGate = new Promise((resolve) => {
      final = resolve;
    });
    await rig.clock.advance(5000);
    caller.bye();
    await rig.clock.advance(20_000);
    const report = () => deliveries().find(({ kind }) => kind === 'report');
    expect(shown(report()?.body ?? '')['recordingUrls']).toEqual([]);
    expect(report()?.dueAt).toBeGreaterThan(rig.clock.now() + 30_000);
    expect(await store.calls.awaitingRecordings()).toHaveLength(1);
    final();
    await rig.clock.advance(10);
    expect(shown(report()?.body ?? '')['recordingUrls']).toHaveLength(1);
    expect(report()?.dueAt).toBeLessThanOrEqual(rig.clock.now());
    expect(deliveries().map(({ kind, body }) => shown(body)['status'] ?? kind)).toEqual(['completed', 'report', 'record']);
    expect(await store.calls.awaitingRecordings()).toEqual([]);
  });

  it('that was sent without it is amended when it is final after all', async () => {
    const { rig, store, deliveries } = recordedCall();
    const { caller, session } = await rig.answered();
    let final = (): void => undefined;
    session.recordingEndGate = new Promise((resolve) => {
      final = resolve;
    });
    await rig.clock.advance(5000);
    caller.bye();
    await rig.clock.advance(90_000);
    const claimed = await store.deliveries.claimDue(rig.clock.now(), 10, 60_000);
    expect(claimed.map(({ kind }) => kind).sort()).toEqual(['event', 'report']);
    final();
    await rig.clock.advance(10);
    const report = deliveries().find(({ kind }) => kind === 'report');
    const amendment = deliveries().find(({ kind }) => kind === 'amendment');
    expect(shown(amendment?.body ?? '')).toMatchObject({ amendment: true, amends: report?.id });
    expect(shown(amendment?.body ?? '')['recordingUrls']).toHaveLength(1);
  });
});

describe('a call whose flow is not there', () => {
  /** What the caller got, and the log line of it. */
  async function refusal() {
    const lines: (readonly [object, string])[] = [];
    const log: Logger = {
      ...silentLogger,
      error: (fields, text) => void lines.push([fields, text]),
      child: () => log,
    };
    const { rig } = recordedCall(log, 'shop');
    const { caller } = await rig.dial();
    return { statuses: caller.statuses, lines };
  }

  it('gets 404, is logged and counted', async () => {
    const { statuses, lines } = await refusal();
    expect(statuses).toEqual([404]);
    expect(lines).toEqual([[{ code: 'ROUTE_UNKNOWN_FLOW', flow: 'shop' }, 'the call is refused: there is no flow “shop”']]);
    expect(refused).toEqual([[404, 'unknown-flow']]);
  });

  it('because its file is not fit to run gets 503; the log names the file and its first problem', async () => {
    const problem = {
      code: 'FLOW_INVALID',
      severity: 'error',
      path: '$.start',
      message: 'is missing',
      advice: 'add it',
    } as const;
    broken.set('shop', { file: 'flows/shop.json', problem });
    const { statuses, lines } = await refusal();
    expect(statuses).toEqual([503]);
    expect(lines).toEqual([
      [
        { code: 'FLOW_BROKEN', flow: 'shop', problem },
        'the call is refused: the flow “shop” is not fit to run: flows/shop.json $.start: is missing',
      ],
    ]);
    expect(refused).toEqual([[503, 'broken-flow']]);
  });
});
