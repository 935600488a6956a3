import { afterAll, beforeAll, expect, it } from 'vitest';
import { dial, endedStoryOf, flow as anyFlow } from '../support/calls.js';
import { Endpoint, Site } from '../support/site.js';

/*
 * What a caller says never decides where a request goes: neither the host nor the place in its path.
 */

let site: Site;
let service: Endpoint;

const flow: typeof anyFlow = (id, widgets) => anyFlow(id, widgets, { webhook: false });

const one = (id: string, url: string) =>
  flow(id, {
    ask: { type: 'webhook', url, headers: [{ key: 'X-Key', value: 'hush' }], timeout: 5, exits: { success: null, failed: null } },
  });

beforeAll(async () => {
  service = await Endpoint.start();
  const { url, port } = service;
  site = await Site.start({
    flows: [
      one('host', `http://127.0.0.1$call.sipheader.X-A/h`),
      one('port', `http://127.0.0.1:$call.sipheader.X-A/h`),
      one('whole', '$call.sipheader.X-A'),
      one('path', `${url}/p/$call.sipheader.X-A/$call.sipheader.X-B`),
      one('listed', '$call.sipheader.X-Base/p/$call.sipheader.X-A'),
      flow('prompt', {
        say: { type: 'play', prompt: [{ url: 'http://127.0.0.1$call.sipheader.X-A/h' }], exits: { done: null, failed: null } },
      }),
      { ...one('own', '$flow.key.base/own/$call.sipheader.X-A'), variables: { base: `http://127.0.0.1:${port}` } },
    ],
    config: { webhooks: { allowHttp: true, allowNetworks: ['127.0.0.0/8'], urlVariables: ['$call.sipheader.X-Base'] } },
  });
});
afterAll(async () => {
  await site.dispose();
  await service.close();
});

/** Calls the flow with these headers: how its one step ended, why, and what the service got. */
async function call(number: string, headers: Record<string, string>) {
  service.received.length = 0;
  const { phone, cli } = await dial(site, number, { headers });
  await phone.result;
  const story = await endedStoryOf(site, cli);
  const { steps } = story;
  const asked = service.received.map(({ url }) => url);
  return { exit: steps[0]?.exit, story: JSON.stringify(story), asked };
}

it('a part of the host', async () => {
  for (const [number, value] of [
    ['host', `:${service.port}`],
    ['host', '.evil.example'],
    ['port', `${service.port}`],
    ['whole', `${service.url}/h`],
  ] as const) {
    const { exit, story, asked } = await call(number, { 'X-A': value });
    expect([exit, asked]).toEqual(['failed', []]);
    expect(story).toContain('INVALID_REQUEST');
  }
});

it('a prompt from a URL', async () => {
  const { exit, story, asked } = await call('prompt', { 'X-A': `:${service.port}` });
  expect([exit, asked]).toEqual(['failed', []]);
  expect(story).toContain('PROMPT_FETCH_FAILED');
});

it('the segments of the path', async () => {
  for (const [a, b] of [
    ['..', '..'],
    ['.', 'x'],
    ['x', '%2e%2e'],
    ['..;', 'x'],
    ['..%2f..', 'x'],
  ]) {
    const { exit, story, asked } = await call('path', { 'X-A': a ?? '', 'X-B': b ?? '' });
    expect([exit, asked]).toEqual(['failed', []]);
    expect(story).toContain('INVALID_REQUEST');
  }
  const { asked } = await call('path', { 'X-A': 'a/b?c#d', 'X-B': '1.5' });
  expect(asked).toEqual(['/p/a%2Fb%3Fc%23d/1.5']);
});

it('a beginning that the site lists, or that the flow itself says, is taken', async () => {
  expect((await call('listed', { 'X-Base': service.url, 'X-A': 'x' })).asked).toEqual(['/p/x']);
  expect((await call('own', { 'X-A': 'x' })).asked).toEqual(['/own/x']);
});
