import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { answered, dial, flow, inWidget, type PlacedCall, reportOf, reportsOf, storyOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { download } from '../support/wav.js';

/*
 * A disk that hangs while a recording is finished. The call ends all the same (10 s after its caller has left); its report waits for the
 * recording, or goes without it and is amended. The only stand-in is the disk: see the hook. The tests run side by side, as they wait.
 */

const HOOK = new URL('../support/slow-disk-hook.mjs', import.meta.url).href;

interface NativeReport {
  readonly amendment?: boolean;
  readonly amends?: string;
  readonly recordings: readonly { readonly url: string; readonly ms: number }[];
}

/** Longest wait for what comes after the disk was given up, ms. */
const PATIENCE_MS = 60_000;

interface World {
  readonly site: Site;
  readonly reports: Endpoint;
  /** The disk hangs from now on, or no longer. */
  hang(hangs: boolean): void;
}

/** A site of its own that records whole calls. */
async function open({ onTestFinished }: TestContext, recordingWaitSeconds: number): Promise<World> {
  const reports = await Endpoint.start();
  const folder = mkdtempSync(join(tmpdir(), 'offhook-disk-'));
  const stall = join(folder, 'stall');
  const site = Site.create({
    report: reports.url,
    webhook: { format: 'native' },
    config: { reports: { recordingWaitSeconds } },
    env: { NODE_OPTIONS: `--import ${HOOK}`, OFFHOOK_TEST_STALL: stall },
    flows: [
      flow(
        'whole',
        {
          ask: {
            type: 'collect',
            saveIn: '$flow.key.order',
            digits: { firstDigitTimeout: 120 },
            exits: { collected: null, noInput: null, missed: null },
          },
        },
        { record: true },
      ),
    ],
  });
  onTestFinished(async () => {
    await site.dispose();
    await reports.close();
    rmSync(folder, { recursive: true });
  });
  await site.start();
  return {
    site,
    reports,
    hang(hangs) {
      if (hangs) writeFileSync(stall, '');
      else rmSync(stall);
    },
  };
}

/** A second of a recorded call whose caller leaves. */
async function recordedCall({ site }: World): Promise<PlacedCall> {
  const call = await dial(site, 'whole', { voice: { toneHz: 600 } });
  await answered(call);
  await inWidget(site, call.cli, 'ask');
  await call.phone.waitFor(({ heard }) => heard.arrivals.length > 75);
  call.phone.hangup();
  await call.phone.result;
  return call;
}

const ended = ({ site }: World, { cli }: PlacedCall) =>
  eventually(`the end of ${cli}`, async () => (await storyOf(site, cli)).call.endedAt !== null, PATIENCE_MS);

const told = ({ reports }: World, { cli }: PlacedCall) => reportsOf<NativeReport>(reports, cli);

const amendmentOf = (world: World, call: PlacedCall) =>
  eventually('the amendment', () => told(world, call).find(({ report }) => report.amendment === true), PATIENCE_MS);

async function restart({ site }: World): Promise<void> {
  await site.stop('SIGKILL');
  await site.start();
}

describe.concurrent('a disk that hangs while a recording is finished', () => {
  // docs/behaviour.md#one-report
  it('the report waits, and goes once, with the recording, when the disk has finished', async (context) => {
    const world = await open(context, 60);
    world.hang(true);
    const call = await recordedCall(world);
    await ended(world, call);
    expect(world.site.log).toContain('releasing took too long');
    expect(told(world, call)).toEqual([]);
    world.hang(false);
    const { report } = await reportOf<NativeReport>(world.reports, call.cli, PATIENCE_MS);
    expect(report.amendment).toBeUndefined();
    expect((await download(report.recordings[0]?.url ?? '')).ms).toBeGreaterThan(1000);
    expect(told(world, call)).toHaveLength(1);
  });

  it('kill -9 while it waits: the next start takes calls, repairs the recording and sends the one report with it', async (context) => {
    const world = await open(context, 60);
    world.hang(true);
    const call = await recordedCall(world);
    await ended(world, call);
    // The disk still hangs: that holds nobody up.
    await restart(world);
    expect(told(world, call)).toEqual([]);
    world.hang(false);
    const { report } = await reportOf<NativeReport>(world.reports, call.cli, PATIENCE_MS);
    expect(report.amendment).toBeUndefined();
    expect((await download(report.recordings[0]?.url ?? '')).ms).toBeGreaterThan(0);
    await restart(world);
    expect(new Set(told(world, call).map(({ id }) => id)).size).toBe(1);
  });

  it('without time to wait the report goes without the recording and is amended when the disk has finished', async (context) => {
    const world = await open(context, 0);
    world.hang(true);
    const call = await recordedCall(world);
    const first = await reportOf<NativeReport>(world.reports, call.cli, PATIENCE_MS);
    expect(first.report.recordings).toEqual([]);
    world.hang(false);
    const { id, report } = await amendmentOf(world, call);
    expect(id).not.toBe(first.id);
    expect(report).toMatchObject({ amendment: true, amends: first.id });
    expect((await download(report.recordings[0]?.url ?? '')).ms).toBeGreaterThan(1000);
  });

  it('kill -9 between report and amendment: the next start amends it, once', async (context) => {
    const world = await open(context, 0);
    world.hang(true);
    const call = await recordedCall(world);
    const first = await reportOf<NativeReport>(world.reports, call.cli, PATIENCE_MS);
    await world.site.stop('SIGKILL');
    world.hang(false);
    await world.site.start();
    const { id, report } = await amendmentOf(world, call);
    expect(report).toMatchObject({ amendment: true, amends: first.id });
    expect((await download(report.recordings[0]?.url ?? '')).ms).toBeGreaterThan(0);
    await restart(world);
    await restart(world);
    // An attempt that the process did not live to record is made again: the same id, the same bytes.
    const byId = new Map(told(world, call).map((one) => [one.id, one.report]));
    expect([...byId.keys()]).toEqual([first.id, id]);
    for (const one of told(world, call)) expect(one.report).toEqual(one.id === id ? report : first.report);
  });
});
