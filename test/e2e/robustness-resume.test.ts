import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answered, dial, flow, inWidget, keysOf, type PlacedCall, reportOf } from '../support/calls.js';
import { timed, unbroken } from '../support/measured.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import type { Heard } from '../../src/phone/heard.js';

/*
 * Resume URLs in bad hands: what is slow, endless, huge or broken there costs nobody the answer that a call waits for.
 */

/** Within which the right answer is taken, ms, on a busy machine: no other request here would be over by then. */
const AT_ONCE_MS = 2000;

let site: Site;
let reports: Endpoint;
let service: Endpoint;
let open: Socket[] = [];

beforeAll(async () => {
  [reports, service] = [await Endpoint.start(), await Endpoint.start()];
  service.answer = () => ({ status: 202 });
  site = await Site.start({
    report: reports.url,
    flows: [
      flow('later', {
        lookup: {
          type: 'webhook',
          url: `${service.url}/lookup?cli=$call.cli`,
          timeout: 5,
          answerLater: 1,
          holdMusic: true,
          mapping: [{ saveIn: '$flow.key.answer', path: 'answer', required: true }],
          exits: { success: 'bye', failed: 'bye' },
        },
        bye: { type: 'hangup' },
      }),
    ],
  });
});
afterEach(() => {
  for (const socket of open) socket.destroy();
  open = [];
});
afterAll(async () => {
  await site.dispose();
  await Promise.all([reports.close(), service.close()]);
});

/** A call that waits for its answer, and where that goes. */
async function waiting(): Promise<PlacedCall & { readonly url: URL }> {
  const call = await dial(site, 'later');
  await answered(call);
  const { headers } = await eventually('the request', () => service.received.find(({ url }) => url.includes(call.cli)));
  await inWidget(site, call.cli, 'lookup');
  return { ...call, url: new URL(String(headers['x-offhook-resume-url'])) };
}

/** The right answer, which must be taken at once, and be what the call goes on with; what its caller heard. */
async function answersInTime({ url, cli, phone }: PlacedCall & { readonly url: URL }): Promise<readonly Heard[]> {
  const headers = { 'content-type': 'application/json' };
  const { value, ms } = await timed(() => fetch(url, { method: 'POST', headers, body: JSON.stringify({ answer: cli }) }));
  expect(value.status).toBe(202);
  expect(ms).toBeLessThan(AT_ONCE_MS);
  const { heard, endedBy } = await phone.result;
  expect(endedBy).toBe('far');
  expect(keysOf((await reportOf(reports, cli)).report)['$flow.key.answer']).toBe(cli);
  return [heard];
}

/** Says this on a connection of its own; what comes back collects in `got`. */
function say(url: URL, text: string): { readonly socket: Socket; got: string } {
  const socket = connect(Number(url.port), url.hostname);
  const said = { socket, got: '' };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (said.got += chunk.toString('latin1')));
  socket.write(text);
  open.push(socket);
  return said;
}

const head = (url: URL, ...lines: string[]): string =>
  [`POST ${url.pathname} HTTP/1.1`, `Host: ${url.host}`, 'Content-Type: application/json', ...lines, '', ''].join('\r\n');

/** Status of the answer on a connection, or `closed` when there was none. */
const outcome = ({ socket, got }: { readonly socket: Socket; readonly got: string }): string | null =>
  /^HTTP\/1\.1 (\d{3})/u.exec(got)?.[1] ?? (socket.closed ? 'closed' : null);

describe('a resume URL', () => {
  it.each<[string, (url: URL) => string, readonly string[]]>([
    ['two lengths', (url) => `${head(url, 'Content-Length: 2', 'Content-Length: 40')}{}`, ['400']],
    ['length and chunks', (url) => `${head(url, 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`, ['400']],
    ['a length below nothing', (url) => `${head(url, 'Content-Length: -1')}{}`, ['400']],
    ['a length that is no number', (url) => `${head(url, 'Content-Length: many')}{}`, ['400']],
    ['chunks that are none', (url) => `${head(url, 'Transfer-Encoding: chunked')}zz\r\n{}`, ['400', 'closed']],
    ['a huge length', (url) => `${head(url, 'Content-Length: 999999999999')}{`, ['413']],
    // Who still sends may miss what was answered when the connection is closed (RFC 9110 §15.5.14).
    ['a huge body', (url) => head(url, 'Content-Length: 1000000') + ' '.repeat(1_000_000), ['413', 'closed']],
    ['a bomb', (url) => `${head(url, 'Content-Encoding: zip', 'Content-Length: 2')}{}`, ['415', '400']],
    ['endless headers', (url) => head(url, ...Array.from({ length: 5000 }, (_, i) => `X-A${i}: b`)), ['431', 'closed']],
    [
      'a path that goes on for ever',
      (url) => head(new URL(`${url.href}${'a'.repeat(100_000)}`)),
      ['431', '400', '404', 'closed'],
    ],
  ])('refuses %s, and still takes the answer', async (_what, attack, expected) => {
    await unbroken(async () => {
      const call = await waiting();
      const said = say(call.url, attack(call.url));
      expect(expected).toContain(await eventually('a refusal', () => outcome(said)));
      return answersInTime(call);
    });
  });

  it('with slow, stalled and endless bodies on 150 connections still takes the answer', async () => {
    await unbroken(besieged);
  });

  async function besieged(): Promise<readonly Heard[]> {
    const call = await waiting();
    const chunked = head(call.url, 'Transfer-Encoding: chunked');
    for (let n = 0; n < 50; n += 1) {
      say(call.url, `${head(call.url, 'Content-Length: 100')}{`);
      const slow = say(call.url, chunked);
      const trickle = setInterval(() => slow.socket.write('1\r\n \r\n'), 20);
      slow.socket.on('close', () => {
        clearInterval(trickle);
      });
    }
    const endless = Array.from({ length: 50 }, () => say(call.url, chunked));
    for (const { socket } of endless) {
      const more = (error?: Error | null): void => {
        if (!error && socket.writable) socket.write(`4000\r\n${' '.repeat(0x4000)}\r\n`, more);
      };
      more();
    }
    // Not one of them is taken in for ever.
    await eventually('all refused', () => endless.every((said) => outcome(said) !== null));
    for (const said of endless) expect(['413', 'closed']).toContain(outcome(said));
    const heard = await answersInTime(call);
    for (const socket of open) socket.destroy();
    return heard;
  }

  it('that was used refuses before a body is taken in', async () => {
    const call = await waiting();
    await answersInTime(call);
    const said = say(call.url, head(call.url, 'Content-Length: 999999999'));
    expect(await eventually('a refusal', () => outcome(said))).toBe('410');
  });

  it('guessed a thousand times tells nothing, asks for patience, and the right one still takes the answer', async () => {
    const statuses = new Set<number>();
    await unbroken(async () => answersInTime(await guessed(statuses)));
    // Of all takes: in a later one the address is still asked for patience.
    expect([...statuses].sort()).toEqual([404, 429]);
  });

  /** A call that waits while others guess its URL; adds what they are answered. */
  async function guessed(statuses: Set<number>): ReturnType<typeof waiting> {
    const call = await waiting();
    const guess = async (): Promise<number> => {
      const token = Array.from({ length: 58 }, () => Math.floor(Math.random() * 16).toString(16)).join('');
      return (await fetch(new URL(`/resume/${token}`, call.url), { method: 'POST', body: '{}' })).status;
    };
    for (let round = 0; round < 20; round += 1) {
      for (const status of await Promise.all(Array.from({ length: 50 }, guess))) statuses.add(status);
    }
    return call;
  }
});
