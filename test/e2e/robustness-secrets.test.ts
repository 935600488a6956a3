import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dial, endedStoryOf, flow } from '../support/calls.js';
import { Endpoint, eventually, Site } from '../support/site.js';

/*
 * A secret is seen by the endpoint it is meant for, and by nobody else: not in logs, database, journal, API, report or error text,
 * whatever the endpoint does with it.
 */

const SECRET = 's3cr3t/+"\u00e4 6f0c2b1e';
const PLAIN = 'pl41n-s3cr3t-9b7d';
const USER = 'ivr';
/** Every spelling in which it goes out or could come back. */
const SPELLINGS: readonly string[] = [
  SECRET,
  PLAIN,
  encodeURIComponent(SECRET),
  new URLSearchParams([['', SECRET]]).toString().slice(1),
  JSON.stringify(SECRET).slice(1, -1),
  Buffer.from(SECRET).toString('latin1'),
  Buffer.from(`${USER}:${SECRET}`).toString('base64'),
  Buffer.from(`${USER}:${PLAIN}`).toString('base64'),
  Buffer.from(SECRET).toString('base64'),
  Buffer.from(PLAIN).toString('base64'),
];

let site: Site;
let reports: Endpoint;
let service: Server;
let origin: string;
/** What the service got. */
const wire: string[] = [];
/** Ways to fail, and to talk about it. */
const WAYS = [
  'echo-json',
  'echo-text',
  'echo-xml',
  'echo-500',
  'echo-401',
  'echo-broken-json',
  'echo-required-missing',
  'redirect-echo',
  'redirect-internal',
  'reset',
  'silent',
  'huge',
  'bad-header',
];

function startService(): Promise<Server> {
  const server = createServer((request, response) => {
    const headers = request.rawHeaders.join(' | ');
    wire.push(`${request.url ?? ''} ${headers}`);
    const url = new URL(request.url ?? '/', 'http://x');
    const way = url.pathname.split('/')[1] ?? '';
    const echo = {
      url: request.url,
      query: url.searchParams.get('key'),
      path: decodeURIComponent(url.pathname),
      authorization: request.headers.authorization ?? '',
      header: request.headers['x-key'] ?? '',
      password: Buffer.from((request.headers.authorization ?? '').slice('Basic '.length), 'base64').toString(),
      nested: { list: [{ value: request.headers['x-key'] ?? '' }] },
    };
    const json = JSON.stringify(echo);
    const send = (status: number, body: string, type = 'application/json', more: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': type, ...more }).end(body);
    };
    if (way === 'echo-text') send(200, json, 'text/plain');
    else if (way === 'echo-xml')
      send(200, `<a><b>${String(echo.header)}</b><c d="${String(echo.query)}"/></a>`.replace(/&/gu, '&amp;'), 'text/xml');
    else if (way === 'echo-500') send(500, json);
    else if (way === 'echo-401') send(401, json, 'application/json', { 'www-authenticate': `Basic realm="${PLAIN}"` });
    else if (way === 'echo-broken-json') send(200, `${json}}`);
    else if (way === 'redirect-echo') send(302, json, 'application/json', { location: `/echo-json${request.url ?? ''}` });
    else if (way === 'redirect-internal')
      send(302, json, 'application/json', { location: `http://10.1.2.3/${encodeURIComponent(String(echo.query))}` });
    else if (way === 'reset') request.socket.resetAndDestroy();
    else if (way === 'huge') send(200, JSON.stringify({ ...echo, more: 'x'.repeat(100_000) }));
    else if (way !== 'silent') send(200, json);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await startService()];
  origin = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const calls = (id: string, more: Record<string, unknown>, wait = true) =>
    flow(id, {
      attack: {
        type: 'webhook',
        url: `${origin}/${id}/$secret.odd?key=$secret.plain`,
        query: [{ key: 'odd', value: '$secret.odd' }],
        headers: [
          { key: 'X-Key', value: '$secret.plain' },
          { key: 'X-Odd', value: 'Token $secret.odd' },
        ],
        auth: { type: 'basic', username: USER, password: '$secret.odd' },
        timeout: 1,
        redirects: 2,
        persist: true,
        ...(wait && {
          mapping: ['url', 'query', 'path', 'authorization', 'header', 'password', 'nested', 'b', 'a.b'].map((path) => ({
            saveIn: `$flow.key.${path.replace('.', '_')}`,
            path,
            required: id === 'echo-required-missing' && path === 'b',
          })),
        }),
        wait,
        exits: wait ? { success: 'tell', failed: 'tell' } : { success: 'bye', failed: 'bye' },
        ...more,
      },
      ...(wait && {
        tell: { type: 'set', values: [{ saveIn: '$flow.key.copy', value: '$flow.key.response_raw' }], exits: { next: 'bye' } },
      }),
      bye: { type: 'hangup' },
    });
  site = await Site.start({
    report: `${reports.url}/$secret.plain?key=$secret.odd`,
    webhook: {
      format: 'native',
      auth: { type: 'basic', username: USER, password: '$secret.plain' },
    },
    env: { OFFHOOK_SECRET_ODD: SECRET, OFFHOOK_SECRET_PLAIN: PLAIN, OFFHOOK_SECRET_BROKEN: `${PLAIN}\r\nX-Injected: yes` },
    config: { reports: { retrySeconds: [0.2, 600] }, log: { level: 'debug' } },
    flows: [
      ...WAYS.map((way) => calls(way, way === 'bad-header' ? { headers: [{ key: 'X-Key', value: '$secret.broken' }] } : {})),
      calls('unawaited', { url: `${origin}/echo-500?key=$secret.plain` }, false),
      calls('refused', { url: 'http://10.1.2.3/$secret.plain?key=$secret.plain' }),
      calls('host', { url: 'http://$secret.plain.invalid/' }),
      calls('userinfo', { url: `http://user:$secret.plain@127.0.0.1/` }),
      calls('no-server', { url: 'http://127.0.0.1:1/$secret.plain' }),
    ],
  });
  // The report's endpoint refuses once and repeats what it got.
  reports.answer = (request) => ({
    status: reports.received.length % 2 === 1 ? 500 : 200,
    body: JSON.stringify({ error: request.url, headers: request.headers }),
  });
});

afterAll(async () => {
  await site.dispose();
  await reports.close();
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
});

/** Where in a text the secret stands, in words; null when nowhere. */
function found(text: string): string | null {
  for (const spelling of SPELLINGS) {
    const at = text.indexOf(spelling);
    if (at !== -1) return text.slice(Math.max(0, at - 150), at + 60);
  }
  return null;
}

function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

it('is on the wire to its endpoint and nowhere else', async () => {
  const ids: string[] = [];
  const numbers = [...WAYS, 'unawaited', 'refused', 'host', 'userinfo', 'no-server'];
  await Promise.all(
    numbers.map(async (number) => {
      const { phone, cli } = await dial(site, number);
      await phone.result;
      const { call, steps } = await endedStoryOf(site, cli);
      expect(steps.at(-1)?.widget, number).toBe('bye');
      ids.push(call.id);
    }),
  );
  const bodyOf = (id: string) => reports.received.find(({ body }) => body.includes(id));
  await eventually('every report', () => ids.every((id) => bodyOf(id) !== undefined));

  // It did go out, in every form.
  const sent = wire.join('\n');
  for (const form of [PLAIN, encodeURIComponent(SECRET), `Basic ${Buffer.from(`${USER}:${SECRET}`).toString('base64')}`]) {
    expect(sent).toContain(form);
  }
  expect(reports.received[0]?.url).toContain(PLAIN);
  expect(reports.received[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`${USER}:${PLAIN}`).toString('base64')}`);

  const shown: Record<string, string> = { log: site.log, output: site.output };
  for (const { body } of reports.received) shown[`report of ${(JSON.parse(body) as { flowId: string }).flowId}`] = body;
  const fetchText = async (path: string): Promise<string> => {
    const text = await (await fetch(`${site.api}${path}`)).text();
    shown[`API ${path}`] = text;
    return text;
  };
  for (const path of ['/v1/calls', '/v1/flows', '/metrics', '/openapi.json', '/ready', '/health']) await fetchText(path);
  for (const id of ids) for (const tail of ['', '/journal', '/timeline']) await fetchText(`/v1/calls/${id}${tail}`);
  for (const number of numbers) await fetchText(`/v1/flows/${number}`);
  const { items } = JSON.parse(await fetchText('/v1/deliveries?limit=100')) as { items: { id: string }[] };
  expect(items.length).toBe(numbers.length);
  for (const { id } of items) await fetchText(`/v1/deliveries/${id}`);
  expect(await site.stop()).toBe(0);
  shown['log at the end'] = site.log;
  for (const file of filesBelow(site.dir)) {
    const bytes = readFileSync(file);
    shown[`file ${file}`] = bytes.toString('utf8');
    shown[`file ${file} as Latin-1`] = bytes.toString('latin1');
  }
  const leaks = Object.entries(shown).flatMap(([where, text]) => {
    const leak = found(text);
    return leak === null ? [] : [`${where}: ${leak}`];
  });
  expect(leaks).toEqual([]);
});
