import { rmSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { checkCommand } from '../../../src/cli/check.js';
import { badPromptFiles } from '../../../src/site/prompts/prerender.js';
import { readSite } from '../../../src/site/site.js';
import type { Problem } from '../../../src/lib/problem.js';
import { flow } from '../../support/calls.js';
import { Site } from '../../support/site.js';
import { toneWav } from '../../support/tones.js';

let dir = '';
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const good = toneWav(440, 200);
const page = Buffer.from('<!DOCTYPE html><html>404</html>');
/** Its header promises samples that are not there. */
const empty = good.subarray(0, 44);

/** What the check says of a site whose only flow plays these files. */
async function checked(prompts: Record<string, Uint8Array>, files: readonly string[]): Promise<[number, readonly Problem[]]> {
  const play = {
    type: 'play',
    prompt: files.map((file) => ({ file })),
    exits: { done: 'bye', interrupted: 'bye', failed: 'bye' },
  };
  ({ dir } = Site.create({ prompts, flows: [flow('plays', { play, bye: { type: 'hangup' } }, { webhook: false })] }));
  let said = '';
  const exit = await checkCommand(dir, { json: true }, (text) => (said += text));
  const { problems } = JSON.parse(said) as { problems: readonly Problem[] };
  return [exit, problems.filter(({ code }) => code.startsWith('PROMPT_'))];
}

it('a file that will not be played is a warning that says what it is', async () => {
  const prompts = { 'good.wav': good, 'page.mp3': page, 'empty.wav': empty };
  const [exit, problems] = await checked(prompts, ['good.wav', 'page.mp3', 'empty.wav', 'gone.wav', 'page.mp3']);
  expect(exit).toBe(0);
  const page404 = { code: 'PROMPT_UNREADABLE', severity: 'warning', message: expect.stringContaining('an HTML page') as string };
  expect(problems).toMatchObject([
    { ...page404, file: 'flow plays', path: '$.widgets.play' },
    { code: 'PROMPT_UNREADABLE', message: expect.stringContaining('holds no audio') as string },
    { code: 'PROMPT_NOT_FOUND', severity: 'warning' },
    page404,
  ]);
});

it('hold music of the site’s own that cannot be played is an error, as the start would refuse it', async () => {
  expect(await checked({ 'hold-music.wav': page, 'good.wav': good }, ['good.wav'])).toMatchObject([
    1,
    [{ code: 'PROMPT_UNREADABLE', severity: 'error', file: 'prompts/hold-music.wav' }],
  ]);
  rmSync(dir, { recursive: true });
  expect(await checked({ 'hold-music.wav': good, 'good.wav': good }, ['good.wav'])).toEqual([0, []]);
});

it('the start looks at headers only, which is quick', async () => {
  await checked({ 'page.mp3': page, 'empty.wav': empty }, ['page.mp3', 'empty.wav']);
  const { site } = readSite({ dir });
  const problems = await badPromptFiles(site?.flows.values() ?? [], site?.config.promptsDir ?? '');
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('page.mp3 will not be played')]);
});
