import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answered, dial, flow, inWidget, keysOf, reportOf, rowOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Flow files edited while calls run, and configuration folders that are broken.
 */

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Asks for a key, then says which version of the flow this was. */
function version(name: string) {
  return flow('shop', {
    ask: {
      type: 'collect',
      saveIn: '$flow.key.key',
      digits: { max: 1, firstDigitTimeout: 60 },
      exits: { collected: 'mark', noInput: null, missed: null },
    },
    mark: { type: 'set', values: [{ saveIn: '$flow.key.version', value: name }], exits: { next: 'tell' } },
    tell: { type: 'play', prompt: [{ file: `${name}.wav` }], exits: { done: null } },
  });
}

describe('a flow file edited in mid-call', () => {
  let site: Site;
  let reports: Endpoint;

  beforeAll(async () => {
    reports = await Endpoint.start();
    site = await Site.start({
      report: reports.url,
      prompts: { 'old.wav': toneWav(440, 200), 'new.wav': toneWav(880, 200) },
      flows: [version('old')],
    });
  });

  afterAll(async () => {
    await site.dispose();
    await reports.close();
  });

  const write = (text: string): void => writeFileSync(join(site.dir, 'flows', 'shop.json'), text);

  async function liveVersion(): Promise<string> {
    return ((await site.get('/v1/flows/shop')).body as { version: string }).version;
  }

  it('the running call keeps its version, the next one gets the new', async () => {
    const before = await liveVersion();
    const running = await dial(site, 'shop');
    await answered(running);
    await inWidget(site, running.cli, 'ask');

    write(JSON.stringify(version('new')));
    await eventually('the new version', async () => (await liveVersion()) !== before);
    const next = await dial(site, 'shop');
    await answered(next);
    await inWidget(site, next.cli, 'ask');

    await Promise.all([running.phone.press('1'), next.phone.press('1')]);
    const [old, fresh] = await Promise.all([running.phone.result, next.phone.result]);
    expect(keysOf((await reportOf(reports, running.cli)).report)['$flow.key.version']).toBe('old');
    expect(keysOf((await reportOf(reports, next.cli)).report)['$flow.key.version']).toBe('new');
    expect(toneHeard(old.heard)).toBeCloseTo(440, -1);
    expect(toneHeard(fresh.heard)).toBeCloseTo(880, -1);
    expect((await rowOf(site, running.cli)).flowVersion).toBe(before);
    expect((await rowOf(site, next.cli)).flowVersion).toBe(await liveVersion());
  });

  it.each([
    ['not even JSON', '{ "id": "shop", ', '$'],
    [
      'an exit to nowhere',
      JSON.stringify(flow('shop', { a: { type: 'delay', seconds: 1, exits: { next: 'gone' } } })),
      '$.widgets.a.exits.next',
    ],
  ])('a broken file (%s) is refused by name and path; the old flow stays', async (_what, text, path) => {
    const before = await liveVersion();
    const from = site.log.length;
    write(text);
    const line = await eventually('the refusal in the log', () =>
      site.logLines(from).find((entry) => entry.includes('shop.json')),
    );
    const { level, problem } = JSON.parse(line) as { level: number; problem: { file: string; path: string; advice: string } };
    expect(level).toBe(50);
    expect(problem.file).toContain('shop.json');
    expect(problem.path).toBe(path);
    expect(problem.advice).not.toBe('');
    expect(await liveVersion()).toBe(before);

    const placed = await dial(site, 'shop');
    await answered(placed);
    await inWidget(site, placed.cli, 'ask');
    await placed.phone.press('1');
    expect((await placed.phone.result).endedBy).toBe('far');
    expect(keysOf((await reportOf(reports, placed.cli)).report)['$flow.key.version']).toBe('new');
  });
});

describe('a flow that is taken out of use with the webhook it reports to', () => {
  // docs/behaviour.md#report-switch, docs/decisions/0010-the-end-is-one-transaction.md
  it('the call that lives still has its report: kept, seen to fail, and delivered when the webhook is back', async () => {
    const reports = await Endpoint.start();
    const site = await Site.start({
      report: reports.url,
      prompts: { 'old.wav': toneWav(440, 200) },
      config: { reports: { retrySeconds: Array(30).fill(0.3) } },
      flows: [version('old')],
    });
    const placed = await dial(site, 'shop');
    await answered(placed);
    await inWidget(site, placed.cli, 'ask');
    const webhooks = site.read('webhooks.json');
    rmSync(join(site.dir, 'flows', 'shop.json'));
    await eventually('no flow', async () => (await site.get('/v1/flows/shop')).status === 404);
    writeFileSync(join(site.dir, 'webhooks.json'), '[]');
    await eventually('no webhook', () => site.log.includes('webhooks changed'));
    placed.phone.hangup();
    await eventually('an attempt', () => site.log.includes('there is no webhook named report'));
    writeFileSync(join(site.dir, 'webhooks.json'), webhooks);
    await reportOf(reports, placed.cli);
    await site.dispose();
    await reports.close();
  });
});

describe('a flow file that is gone and comes back broken', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start({ flows: [shop('delay')] });
  });
  afterAll(() => site.dispose());

  const shop = (type: string) => ({
    ...flow('shop', { wait: { type, seconds: 1, exits: { next: null } } }),
    webhook: false,
  });

  it('is named with its first error, in the log, by the API and at the call that is refused', async () => {
    const file = join(site.dir, 'flows', 'shop.json');
    rmSync(file);
    await eventually('the flow to go', async () => (await site.get('/v1/flows/shop')).status === 404);
    writeFileSync(file, JSON.stringify(shop('dealy')));
    const listed = await eventually('the broken file', async () => {
      const { broken } = (await site.get('/v1/flows')).body as { broken: { id: string; file: string }[] };
      return broken.length > 0 && broken;
    });
    expect(listed).toMatchObject([{ id: 'shop', file: 'flows/shop.json', problem: { path: '$.widgets.wait.type' } }]);
    const { phone } = await dial(site, 'shop');
    expect((await phone.result).status).toBe(503);
    const refusal = await eventually('the log line', () =>
      site.log.split('\n').find((line) => line.includes('the call is refused')),
    );
    expect(refusal).toMatch(/"code":"FLOW_BROKEN".*flows\/shop\.json \$\.widgets\.wait\.type: There is no widget type 'dealy'/);
    expect(site.log).toContain('calls to this number are refused');
    // Counted when the refusal is on its way, which its caller may hear of first.
    const metrics = await eventually('the refusal among the metrics', async () => {
      const text = await (await fetch(`${site.api}/metrics`)).text();
      return text.includes('offhook_calls_refused_total{status="503",reason="broken-flow"} 1') && text;
    });
    expect(metrics).toContain('offhook_sip_refused_total{reason="malformed"} 0');
  });
});

/** The tone of the only prompt. */
function toneHeard(heard: {
  sounds(): { fromMs: number; toMs: number }[];
  dominantFrequency(from: number, to: number): number | null;
}): number {
  const [sound] = heard.sounds();
  return heard.dominantFrequency(sound?.fromMs ?? 0, sound?.toMs ?? 0) ?? 0;
}

describe('a broken configuration folder', () => {
  const site = Site.create({
    numbers: { fine: 'fine', nobody: 'nothing-there' },
    report: 'http://192.168.1.1/report',
    config: { media: { ports: { from: 30_000, to: 20_000 }, codec: ['PCMU'] }, sip: { t1Ms: 'fast' } },
    flows: [
      flow('fine', { bye: { type: 'hangup' } }),
      flow('typo', { say: { type: 'paly', prompt: [], exits: {} } }),
      flow('many', {
        ask: { type: 'collect', saveIn: '$flow.kee.x', exits: { collected: 'gone', noInput: 'again', missed: null } },
        again: { type: 'collect', saveIn: '$flow.key.x', digits: { min: 5, max: 2 }, exits: { collected: null, noInput: null } },
        lost: { type: 'hangup' },
      }),
    ],
  });
  afterAll(() => site.dispose());

  interface Problem {
    readonly code: string;
    readonly severity: string;
    readonly file?: string;
    readonly path: string;
    readonly message: string;
    readonly advice: string;
  }

  const run = (...args: string[]): Promise<{ code: number; stdout: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [cli, ...args, '--config', site.dir], (error, stdout) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout });
      });
    });

  it('`offhook check` exits 1 and lists every problem of every file with file, path and advice', async () => {
    const { code, stdout } = await run('check', '--json');
    expect(code).toBe(1);
    const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: Problem[] };
    expect(ok).toBe(false);
    const found = problems.map(({ file, path }) => `${file ?? '?'} ${path}`);
    expect([...found].sort()).toEqual([
      'flows/many.json $.widgets.again.digits.min',
      'flows/many.json $.widgets.again.exits',
      'flows/many.json $.widgets.ask.exits.collected',
      'flows/many.json $.widgets.ask.saveIn',
      'flows/many.json $.widgets.lost',
      'flows/typo.json $.widgets.say.type',
      'offhook.json $.media.codec',
      'offhook.json $.media.ports',
      'offhook.json $.routing.numbers[1].flow',
      'offhook.json $.sip.t1Ms',
      'webhooks.json $[0].url',
    ]);
    for (const { advice, message, severity } of problems) {
      expect(advice.length).toBeGreaterThan(10);
      expect(message.length).toBeGreaterThan(5);
      expect(['error', 'warning']).toContain(severity);
    }
  });

  it('`offhook check` for people names the same places', async () => {
    const { code, stdout } = await run('check');
    expect(code).toBe(1);
    expect(stdout).toContain('flows/many.json $.widgets.ask.exits.collected');
    expect(stdout).toMatch(/\d+ errors/);
  });

  it('`offhook run` refuses to start with the same list', async () => {
    await expect(site.start()).rejects.toThrow(/offhook ended with 1[\s\S]*typo\.json \$\.widgets\.say\.type/);
  });
});
