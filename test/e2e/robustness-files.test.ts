import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dial, endedStoryOf, flow } from '../support/calls.js';
import { tonesHeard } from '../support/dead-air.js';
import { Endpoint, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Names of files that come from outside never lead out of their folder: prompts by a variable, links to recordings, paths of the API.
 */

const INSIDE_HZ = 500;
const OUTSIDE_HZ = 900;
const AT_ONCE = 15;

let site: Site;
let oracle: Endpoint;
let forms: readonly string[];

/** Spellings of `outside.wav`, which lies beside the prompts folder, and of other files of the machine. */
function traversals(dir: string): readonly string[] {
  return [
    '../outside.wav',
    './../outside.wav',
    'sub/../../outside.wav',
    'sub/./../../outside.wav',
    'nowhere/../../outside.wav',
    'ok.wav/../../outside.wav',
    '..//outside.wav',
    '..///outside.wav',
    '.././outside.wav',
    '../prompts/../outside.wav',
    '../../../../../../../../../../../etc/passwd',
    '../data/offhook.db',
    '../offhook.json',
    join(dir, 'outside.wav'),
    `/${dir}/outside.wav`,
    `file://${dir}/outside.wav`,
    `file:${dir}/outside.wav`,
    '/etc/passwd',
    '//etc/passwd',
    '/proc/self/environ',
    '/dev/zero',
    '..\\outside.wav',
    '..\\/outside.wav',
    '\\..\\outside.wav',
    'C:\\outside.wav',
    '\\\\127.0.0.1\\c$\\outside.wav',
    '%2e%2e/outside.wav',
    '%2e%2e%2foutside.wav',
    '..%2foutside.wav',
    '..%252foutside.wav',
    '%252e%252e%252foutside.wav',
    '..%c0%afoutside.wav',
    '..%5coutside.wav',
    '\u2025/outside.wav',
    '\uff0e\uff0e/outside.wav',
    '..\u2215outside.wav',
    '..\uff0foutside.wav',
    '....//outside.wav',
    '..;/outside.wav',
    '../outside.wav\0',
    '../outside.wav\0ok.wav',
    'ok.wav\0/../../outside.wav',
    ' ../outside.wav',
    '../outside.wav ',
    '\t../outside.wav',
    '~/outside.wav',
    '$HOME/outside.wav',
    'link-to-file.wav',
    'link-to-folder/outside.wav',
    'loop/loop/loop/outside.wav',
    'sub',
    '.',
    '..',
    '/',
    '',
    'a'.repeat(300),
    `${'a/'.repeat(3000)}outside.wav`,
    `${'../'.repeat(2000)}${dir.slice(1)}/outside.wav`,
    'pipe:0',
    'CON',
  ];
}

beforeAll(async () => {
  oracle = await Endpoint.start();
  oracle.answer = ({ url }) => ({ status: 200, body: JSON.stringify({ file: forms[Number(url.slice(1))] ?? 'sub/ok.wav' }) });
  site = Site.create({
    prompts: { 'ok.wav': toneWav(INSIDE_HZ, 200) },
    flows: [
      flow(
        'prompt',
        {
          greet: { type: 'play', prompt: [{ file: 'ok.wav' }], exits: { done: 'learn' } },
          learn: {
            type: 'webhook',
            url: `${oracle.url}/$call.sipheader.X-Index`,
            mapping: [{ saveIn: '$flow.key.file', path: 'file', required: true }],
            exits: { success: 'attack', failed: 'bye' },
          },
          attack: { type: 'play', prompt: [{ file: '$flow.key.file' }], exits: { done: 'music', failed: 'music' } },
          music: {
            type: 'webhook',
            url: `${oracle.url}/0`,
            holdMusic: { file: '$flow.key.file' },
            exits: { success: 'bye', failed: 'bye' },
          },
          bye: { type: 'hangup' },
        },
        { webhook: false },
      ),
      flow(
        'record',
        {
          record: { type: 'startRecording', name: 'message', exits: { next: 'greet' } },
          greet: { type: 'play', prompt: [{ file: 'ok.wav' }], exits: { done: 'bye' } },
          bye: { type: 'hangup' },
        },
        { webhook: false },
      ),
    ],
  });
  forms = traversals(site.dir);
  const at = (...names: readonly string[]): string => join(site.dir, ...names);
  writeFileSync(at('outside.wav'), toneWav(OUTSIDE_HZ, 1000));
  mkdirSync(at('prompts', 'sub'));
  writeFileSync(at('prompts', 'sub', 'ok.wav'), toneWav(INSIDE_HZ, 200));
  symlinkSync(at('outside.wav'), at('prompts', 'link-to-file.wav'));
  symlinkSync(site.dir, at('prompts', 'link-to-folder'));
  symlinkSync(at('prompts', 'loop'), at('prompts', 'loop'));
  await site.start();
});

afterAll(async () => {
  await site.dispose();
  await oracle.close();
});

async function attack(index: number) {
  const { phone, cli } = await dial(site, 'prompt', { headers: { 'X-Index': String(index) } });
  const { heard } = await phone.result;
  const { steps } = await endedStoryOf(site, cli);
  const exit = steps.find(({ widget }) => widget === 'attack')?.exit;
  return { form: forms[index], exit, tones: tonesHeard(heard, [INSIDE_HZ, OUTSIDE_HZ]), last: steps.at(-1)?.widget };
}

it('a prompt named by a variable is found inside the prompts folder only', async () => {
  const verdicts: Awaited<ReturnType<typeof attack>>[] = [];
  for (let at = 0; at < forms.length; at += AT_ONCE) {
    verdicts.push(...(await Promise.all(forms.slice(at, at + AT_ONCE).map((_, offset) => attack(at + offset)))));
  }
  const wanted = forms.map((form) => ({ form, exit: 'failed', tones: [INSIDE_HZ], last: 'bye' }));
  expect(verdicts).toEqual(wanted);
  const harmless = await attack(forms.length);
  expect(harmless.exit).toBe('done');
});

/** GET with the path exactly as written; `fetch` would tidy it up. */
function get(path: string, method = 'GET'): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = new URL(site.api);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

it('a link to a recording opens that one file, for its time, and nothing else', async () => {
  const placed = [await dial(site, 'record'), await dial(site, 'record')];
  for (const { phone } of placed) await phone.result;
  const links: URL[] = [];
  for (const { cli } of placed) {
    const { call } = await endedStoryOf(site, cli);
    const { body } = await site.get(`/v1/calls/${call.id}`);
    const [recording] = (body as { recordings: { url: string }[] }).recordings;
    links.push(new URL(recording?.url ?? ''));
  }
  const [mine, other] = links as [URL, URL];
  expect((await get(mine.pathname + mine.search)).status).toBe(200);
  expect(readdirSync(join(site.dir, 'data', 'recordings')).length).toBe(2);

  const { pathname, search, searchParams } = mine;
  const expires = searchParams.get('expires') ?? '';
  const signature = searchParams.get('signature') ?? '';
  const changed = signature.replace(/^./u, (first) => (first === 'A' ? 'B' : 'A'));
  const tampered = [
    pathname,
    `${pathname}?expires=${expires}`,
    `${pathname}?signature=${signature}`,
    `${pathname}?expires=${Number(expires) + 1}&signature=${signature}`,
    `${pathname}?expires=99999999999&signature=${signature}`,
    `${pathname}?expires=${expires}&signature=${changed}`,
    `${pathname}?expires=${expires}&signature=`,
    `${pathname}?expires=${expires}&signature=${signature}&signature=${signature}`,
    `${pathname}?expires=${expires}&expires=99999999999&signature=${signature}`,
    `${pathname}?expires[]=${expires}&signature=${signature}`,
    `${pathname}?expires=${expires}.0&signature=${signature}`,
    `${pathname}?expires=%20${expires}&signature=${signature}`,
    `${pathname}?expires=${expires}e0&signature=${signature}`,
    `${pathname}?expires=-1&signature=${signature}`,
    `${other.pathname}${search}`,
    `/recordings/..%2foffhook.db${search}`,
    `/recordings/%2e%2e/offhook.db${search}`,
    `/recordings/../offhook.db${search}`,
    `/recordings/..%5coffhook.db${search}`,
    `/recordings/${encodeURIComponent('../signing.key')}${search}`,
    `/recordings/.${search}`,
    `/recordings/..${search}`,
    `/recordings/%00.wav${search}`,
    `/recordings/${'a'.repeat(300)}.wav${search}`,
    `/recordings/%ff.wav${search}`,
    `${pathname}/..%2f..%2foffhook.db${search}`,
  ];
  const answers = await Promise.all(tampered.map(async (path) => ({ path, status: (await get(path)).status })));
  expect(answers.filter(({ status }) => status < 400 || status > 499)).toEqual([]);
  expect((await get(pathname + search, 'POST')).status).toBeGreaterThanOrEqual(400);
});

it('no path of the API leads to a file', async () => {
  const below = ['', '/v1', '/v1/calls', '/v1/calls/x/recordings', '/recordings', '/v1/flows'];
  const up = [
    '../offhook.json',
    '..%2f..%2foffhook.json',
    '%2e%2e%2f%2e%2e%2foffhook.json',
    '..%252foffhook.json',
    '..\\offhook.json',
  ];
  const more = ['/..%2f..%2f..%2f..%2fetc%2fpasswd', '//etc/passwd', '/%2fetc%2fpasswd', '/v1/flows/..%2f..%2foffhook', '/%'];
  const paths = [...below.flatMap((prefix) => up.map((name) => `${prefix}/${name}`)), ...more];
  const answers = await Promise.all(paths.map(async (path) => ({ path, ...(await get(path)) })));
  expect(answers.filter(({ status }) => status < 400 || status > 499)).toEqual([]);
  expect(answers.filter(({ body }) => /root:|"routing"/u.test(body))).toEqual([]);
});
