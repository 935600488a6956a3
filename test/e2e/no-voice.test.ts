import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dial, endedStoryOf, flow, reportOf } from '../support/calls.js';
import { Endpoint, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * A machine on which nobody speaks the language of a flow, or on which a prompt is missing: the operator is told everywhere, and the
 * caller hears the goodbye in the voice that is built in.
 */

/** A PATH with nothing in it, so that espeak-ng is not found wherever this runs. */
const path = mkdtempSync(join(tmpdir(), 'offhook-path-'));
const env = { PATH: path };
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

let reports: Endpoint;
let files: Endpoint;
let site: Site;
beforeAll(async () => {
  [reports, files] = [await Endpoint.start(), await Endpoint.start()];
  files.answer = () => ({ status: 404 });
});
afterEach(() => site.dispose());
afterAll(async () => {
  rmSync(path, { recursive: true });
  await Promise.all([reports.close(), files.close()]);
});

const bye = { type: 'hangup' };
const play = (prompt: object, exits: object) => ({ type: 'play', prompt, exits });
const hallo = [{ say: 'Guten Tag, hier spricht $call.did.' }];
const german = { language: 'de-DE' };

/** A call, what was heard of it, and what is kept of it. */
async function call(number: string) {
  const placed = await dial(site, number);
  const { times, status, heard } = await placed.phone.result;
  const story = await endedStoryOf(site, placed.cli);
  const { report } = await reportOf<Record<string, unknown>>(reports, placed.cli);
  const spokenMs = heard.sounds().reduce((ms, { fromMs, toMs }) => ms + toMs - fromMs, 0);
  return {
    answered: times.answered !== null,
    status,
    spokenMs,
    faults: story.faults.map(({ code, widget }) => [widget, code]),
    story,
    report,
  };
}

/** `offhook check` on that machine. */
async function check(): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [cli, 'check', '--config', site.dir], { env: { ...process.env, ...env } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve) => child.on('close', (ended) => resolve(ended ?? -1)));
  return { code, output };
}

const webhook = { format: 'native' };
const UNSPOKEN = 'SPEECH_LANGUAGE_UNSUPPORTED';
const failedEnd = { by: 'flow', cause: 41, sip: null, reason: 'prompt-failed' };

describe('a language nobody on the machine speaks', () => {
  it('is told by check, start screen, ready, metrics and log; a call is answered and hears the goodbye', async () => {
    const asked = { collected: 'bye', noInput: 'bye', missed: 'bye', failed: 'bye' };
    const flows = [
      flow('caught', { hello: play(hallo, { done: 'bye', failed: 'bye' }), bye }, german),
      flow('open', { hello: play(hallo, { done: 'bye' }), bye }, german),
      flow('last', { bye: { type: 'hangup', prompt: hallo } }, german),
      flow('ended', { hello: play(hallo, { done: null, failed: null }) }, german),
      flow('asked', { hello: { type: 'collect', saveIn: '$flow.key.a', prompt: hallo, exits: asked }, bye }, german),
    ];
    site = await Site.start({ report: reports.url, webhook, flows, env, config: { goodbyeLanguage: 'de' } });

    const checked = await check();
    expect(checked.code).toBe(1);
    for (const text of ['flow caught $.widgets.hello', '“de-DE”', UNSPOKEN, 'Install espeak-ng', '$.goodbyeLanguage']) {
      expect(checked.output).toContain(text);
      expect(site.output).toContain(text);
    }
    expect(site.output.indexOf(UNSPOKEN)).toBeGreaterThan(site.output.indexOf('Check these:'));
    expect(site.log).toContain(UNSPOKEN);
    expect(await site.get('/ready')).toMatchObject({
      status: 503,
      body: { ready: false, reasons: ['no voice on this machine speaks de-DE, which every flow here needs'] },
    });
    expect(await site.metric('offhook_flows_mute')).toBe(flows.length);

    for (const { id } of flows) {
      const { answered, status, spokenMs, faults, story, report } = await call(id);
      expect([id, answered, status]).toEqual([id, true, 200]);
      expect(spokenMs).toBeGreaterThan(2000);
      expect(faults).toContainEqual([id === 'last' ? 'bye' : 'hello', UNSPOKEN]);
      expect(story.call.termination).toEqual(failedEnd);
      expect(report).toMatchObject({ reason: 'prompt-failed', hangup: { cause: 41 } });
      expect(JSON.stringify(report['faults'])).toContain(UNSPOKEN);
    }
    const metrics = String((await site.get('/metrics')).body);
    expect(metrics).toContain(`offhook_calls_ended_total{by="flow",reason="prompt-failed"} ${flows.length}`);
    expect(metrics).toMatch(/offhook_call_faults_total\{code="SPEECH_LANGUAGE_UNSUPPORTED"\} \d/);
  });

  it('leaves the box ready for flows that can be heard, with a warning', async () => {
    const flows = [
      flow('german', { hello: play(hallo, { done: 'bye' }), bye }, german),
      flow('english', { hello: play([{ say: 'Hello.' }], { done: 'bye' }), bye }),
    ];
    site = await Site.start({ report: reports.url, webhook, flows, env });
    expect(await site.get('/ready')).toMatchObject({
      status: 200,
      body: { ready: true, reasons: [], warnings: ['texts of flow german cannot be heard: no voice speaks de-DE'] },
    });
    expect(await site.metric('offhook_flows_mute')).toBe(1);
    expect(await call('english')).toMatchObject({ answered: true, faults: [], story: { call: { termination: { cause: 16 } } } });
  });

  it('that was there at the start and is gone later: a fault of the call, and the goodbye', async () => {
    const voice = join(path, 'espeak-ng');
    const table =
      'Pty Language       Age/Gender VoiceName          File                 Other Languages\\n 5  de             --/M      German             gmw/de';
    writeFileSync(
      voice,
      `#!/bin/sh\ncase "$1" in --version) echo "eSpeak NG text-to-speech: 1.50";; --voices) printf '${table}\\n';; *) exit 1;; esac\n`,
    );
    chmodSync(voice, 0o755);
    const flows = [flow('german', { hello: play(hallo, { done: 'bye', failed: 'bye' }), bye }, german)];
    site = await Site.start({ report: reports.url, webhook, flows, env });
    expect(await site.get('/ready')).toMatchObject({ status: 200 });
    rmSync(voice);
    const { answered, spokenMs, faults, story } = await call('german');
    expect(answered).toBe(true);
    expect(spokenMs).toBeGreaterThan(2000);
    expect(faults).toEqual([['hello', 'SPEECH_FAILED']]);
    expect(story.call.termination).toEqual(failedEnd);
  });
});

describe('any prompt that cannot be played', () => {
  it('is a fault of the call, and the caller hears the goodbye when nothing else comes', async () => {
    const failing: readonly (readonly [string, object, string])[] = [
      ['file', { file: 'gone.wav' }, 'PROMPT_NOT_FOUND'],
      ['url', { url: `${files.url}/gone.wav` }, 'PROMPT_FETCH_FAILED'],
      ['page', { file: 'page.wav' }, 'PROMPT_UNREADABLE'],
      ['voice', { say: 'Hello.', voice: 'nobody' }, 'SPEECH_FAILED'],
    ];
    const flows = failing.flatMap(([id, segment]) => [
      flow(id, { hello: play([segment], { done: 'bye', failed: 'bye' }), bye }),
      flow(`${id}-late`, {
        up: { type: 'answer', exits: { next: 'hello' } },
        hello: play([segment], { done: 'bye', failed: 'bye' }),
        bye,
      }),
    ]);
    const page = Buffer.from('<!DOCTYPE html><html>404</html>');
    site = await Site.start({ report: reports.url, webhook, flows, env, prompts: { 'page.wav': page } });
    for (const [kind, , code] of failing) {
      for (const id of [kind, `${kind}-late`]) {
        const { answered, spokenMs, faults, story } = await call(id);
        expect([id, answered, faults]).toEqual([id, true, [['hello', code]]]);
        expect(spokenMs).toBeGreaterThan(2000);
        expect(story.call.termination).toEqual(failedEnd);
      }
    }
  });

  it('is a fault and nothing more when the flow says something else, and a cause of the flow’s own is what the trunk gets', async () => {
    const gone = [{ file: 'gone.wav' }];
    const flows = [
      flow('instead', {
        hello: play(gone, { done: 'bye', failed: 'tone' }),
        tone: play([{ file: 'tone.wav' }], { done: 'bye' }),
        bye,
      }),
      flow('refuse', { hello: play(gone, { done: 'no', failed: 'no' }), no: { type: 'hangup', cause: 41 } }),
    ];
    site = await Site.start({ report: reports.url, webhook, flows, env, prompts: { 'tone.wav': toneWav(440, 500) } });
    const instead = await call('instead');
    expect(instead).toMatchObject({ answered: true, faults: [['hello', 'PROMPT_NOT_FOUND']] });
    expect(instead.story.call.termination).toMatchObject({ cause: 16, reason: 'hangup' });
    const refused = await call('refuse');
    expect(refused).toMatchObject({ answered: false, faults: [['hello', 'PROMPT_NOT_FOUND']] });
    expect(refused.story.call.termination).toMatchObject({ cause: 41, reason: 'hangup' });
  });
});

describe('words in letters that the voice does not read', () => {
  it('are told once for each prompt of a call, and the rest is said; a prompt of nothing else is a failed one', async () => {
    const { answered, spokenMs, faults, story } = await (async () => {
      const twice = play([{ say: 'Hello 漢字 and Привет, welcome to the service.' }, { say: '漢字' }], { done: 'bye' });
      const flows = [
        flow('mixed', { hello: { ...twice, loop: 2 }, bye }),
        flow('none', { hello: play([{ say: '漢字' }], { done: 'bye', failed: 'bye' }), bye }),
      ];
      site = await Site.start({ report: reports.url, webhook, flows, env });
      return call('mixed');
    })();
    expect([answered, faults]).toEqual([true, []]);
    expect(spokenMs).toBeGreaterThan(2000);
    const notes = story.timeline.filter(({ type }) => type === 'note').map(({ text }) => String(text));
    expect(notes).toEqual([
      'SPEECH_UNREADABLE: 2 words (Han, Cyrillic) were left out: flite does not read them in en-US.',
      'SPEECH_UNREADABLE: 1 words (Han) were left out: flite does not read them in en-US.',
    ]);
    const lines = site.logLines().filter((line) => line.includes('SPEECH_UNREADABLE') && line.includes('"scripts"'));
    expect(lines).toHaveLength(2);
    expect(site.log).not.toContain('漢');
    expect(await site.metric('offhook_prompts_unread_total')).toBe(2);

    const none = await call('none');
    expect(none).toMatchObject({ answered: true, faults: [['hello', 'SPEECH_UNREADABLE']] });
    expect(none.spokenMs).toBeGreaterThan(2000);
    expect(none.story.call.termination).toEqual(failedEnd);
  });
});
