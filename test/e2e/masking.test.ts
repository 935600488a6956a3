import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { answered, dial, flow, keysOf, reportOf, rowOf, storyOf } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Digits of a masked collect reach the webhook that names them, and nothing else: no log, no file, no answer of the API.
 */

const MISTYPED = '4111111111111112';
const CARD = '4111111111111111';
/** Stands in the body of each answer to the masked digits, and no row reads it. */
const ANSWER_ONLY = 'told-in-the-answer-alone';

let site: Site;
let reports: Endpoint;
let service: Endpoint;

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  // An endpoint that says back what it was told, as careless ones do.
  service.answer = ({ url, body }) => ({
    status: url.startsWith('/fails') ? 500 : 200,
    body: JSON.stringify({ echo: body, url, note: ANSWER_ONLY }),
  });
  const webhook = (path: string, exits: object) => ({
    type: 'webhook',
    method: 'POST',
    url: `${service.url}${path}`,
    headers: [{ key: 'X-Card', value: '$flow.key.card' }],
    body: { type: 'json', content: { card: '$flow.key.card', last: '$flow.key.last' } },
    mapping: [{ saveIn: '$flow.key.echo', path: 'echo' }],
    persist: true,
    exits,
  });
  site = await Site.start({
    report: reports.url,
    webhook: { options: { includeCallVariables: true } },
    prompts: { 'ask.wav': toneWav(440, 200) },
    flows: [
      flow(
        'pay',
        {
          ask: {
            type: 'collect',
            saveIn: '$flow.key.card',
            prompt: [{ file: 'ask.wav' }],
            digits: { min: 16, max: 16, firstDigitTimeout: 20, interDigitTimeout: 10 },
            validate: { luhn: true },
            mask: true,
            exits: { collected: 'last', noInput: null, missed: null },
          },
          last: {
            type: 'operation',
            operation: 'concat',
            values: ['card ', '$flow.key.card'],
            saveIn: '$flow.key.last',
            exits: { next: 'charge', failed: null },
          },
          charge: webhook('/charge?card=$flow.key.card', { success: 'again', failed: null }),
          again: webhook('/fails?card=$flow.key.card', { success: null, failed: 'bye' }),
          bye: { type: 'hangup' },
        },
        { record: true },
      ),
    ],
  });
});

afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

/** Every file below a folder. */
function filesIn(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

it('4111111111111111 is in the webhook that names it and nowhere else', async () => {
  const live: string[] = [];
  const socket = new WebSocket(`${site.api.replace('http', 'ws')}/v1/events`);
  socket.on('message', (data: Buffer) => live.push(data.toString('utf8')));
  await eventually('the live events', () => socket.readyState === WebSocket.OPEN);

  const placed = await dial(site, 'pay');
  await answered(placed);
  for (const digits of [MISTYPED, CARD]) {
    await placed.phone.waitForPromptEnd(100);
    await placed.phone.press(digits, { holdMs: 60, gapMs: 40 });
  }
  const { endedBy } = await placed.phone.result;
  expect(endedBy).toBe('far');
  const { id: delivery, report } = await reportOf(reports, placed.cli);
  const story = await storyOf(site, placed.cli);
  expect(story.steps.map(({ widget, exit }) => [widget, exit])).toEqual([
    ['ask', 'collected'],
    ['last', 'next'],
    ['charge', 'success'],
    ['again', 'failed'],
    ['bye', 'end'],
  ]);

  expect(service.received).toHaveLength(2);
  for (const { url, headers, body } of service.received) {
    expect(url).toContain(`card=${CARD}`);
    expect(headers['x-card']).toBe(CARD);
    expect(JSON.parse(body)).toEqual({ card: CARD, last: `card ${CARD}` });
  }

  expect(keysOf(report)['$flow.key.card']).toBe('***');
  expect(new Set(report.callDetails[0]?.dtmfPressesd?.map(({ key }) => key))).toEqual(new Set(['***']));
  const { id } = await rowOf(site, placed.cli);
  const paths = ['/v1/calls', `/v1/calls/${id}`, '/v1/deliveries', `/v1/deliveries/${delivery}`, '/metrics'];
  const answers = await Promise.all(paths.map(async (path) => JSON.stringify(await site.get(path))));
  await eventually('the end as a live event', () => live.some((message) => message.includes('call.ended')));
  socket.close();

  const files = [...filesIn(join(site.dir, 'data'))];
  expect(files.some((file) => file.endsWith('offhook.db'))).toBe(true);
  const places: (readonly [string, string])[] = [
    ['report', JSON.stringify(report)],
    ['log', site.log],
    ['output', site.output],
    ['live events', live.join('\n')],
    ...answers.map((text, index) => [paths[index] ?? '', text] as const),
    ...files.map((file) => [file, readFileSync(file, 'latin1')] as const),
  ];
  expect(site.log).toContain(id);
  expect(keysOf(report)['$flow.key.response_raw']).toBe('***');
  for (const secret of [CARD, MISTYPED, ANSWER_ONLY]) {
    expect(places.filter(([, text]) => text.includes(secret)).map(([name]) => name)).toEqual([]);
  }
  // Nor key by key: the timeline of the widget shows none of them.
  const keyed = JSON.stringify(story.timeline.filter(({ type }) => type === 'answer'));
  expect(keyed).not.toMatch(/"key":"\d"/);
  expect(keyed).not.toContain('"digits":"4');

  expect(await site.stop()).toBe(0);
  for (const file of filesIn(join(site.dir, 'data'))) expect(readFileSync(file, 'latin1').includes(CARD)).toBe(false);
});
