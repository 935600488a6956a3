import { connect, type Socket } from 'node:net';
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PhoneResult } from '../../src/phone/types.js';
import { answered, dial, endedStoryOf, flow, type PlacedCall } from '../support/calls.js';
import { freePorts } from '../support/free-ports.js';
import { timed, unbroken } from '../support/measured.js';
import { eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * More than there is room for: who is in keeps what he has, who is not is told at once and when to come back, and everything is
 * free again afterwards.
 */

/** Time within which who comes must be told, ms, on a busy machine; nothing here is over by itself before. */
const AT_ONCE_MS = 2000;

let site: Site | null = null;

const FLOWS = [
  flow('talk', { talk: { type: 'play', prompt: [{ file: 'long.wav' }], exits: { done: null } } }, { webhook: false }),
  flow('rings', { wait: { type: 'answer', delay: 60, exits: { next: null } } }, { webhook: false }),
];

async function start(config: Readonly<Record<string, unknown>>): Promise<Site> {
  site = await Site.start({ flows: FLOWS, prompts: { 'long.wav': toneWav(440, 30_000) }, config });
  return site;
}

afterEach(async () => {
  await site?.dispose();
  site = null;
});

async function allFree(running: Site, ports: number): Promise<void> {
  const gauges = { offhook_media_ports_free: ports, offhook_media_sessions: 0, offhook_calls_live: 0 };
  for (const [name, free] of Object.entries(gauges)) {
    await eventually(`${name} to be ${free}`, async () => (await running.metric(name)) === free);
  }
}

function expectRefused({ status, retryAfter, times }: PhoneResult): void {
  expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: expect.any(Number) as number });
  expect(times.ended).toBeLessThan(AT_ONCE_MS);
}

async function hangUp(running: Site, placed: readonly PlacedCall[]): Promise<PhoneResult[]> {
  for (const { phone } of placed) phone.hangup();
  const results = await Promise.all(placed.map(({ phone }) => phone.result));
  await Promise.all(placed.map(({ cli }) => endedStoryOf(running, cli)));
  return results;
}

describe.each([
  ['RTP ports', { media: { ports: await freePorts(10) } }, 5, '0 RTP ports free at 5 calls'],
  ['limits.calls', { limits: { calls: 5 } }, null, 'too-many-calls: 5 calls of 5 (limits.calls)'],
])('no %s left', (_, config, ports, why) => {
  it('the sixth call is refused at once, the others keep their audio, a place given up is taken again', async () => {
    const running = await start(config);
    await unbroken(async () => {
      const placed = await Promise.all(Array.from({ length: 5 }, () => dial(running, 'talk')));
      await Promise.all(placed.map(answered));
      const late = await Promise.all(Array.from({ length: 3 }, () => dial(running, 'talk')));
      for (const { phone } of late) expectRefused(await phone.result);
      const ready = (await running.get('/ready')).body as { warnings: string[] };
      expect(ready.warnings).toEqual([expect.stringContaining(why) as string]);

      const [first, ...others] = placed as [PlacedCall, ...PlacedCall[]];
      await hangUp(running, [first]);
      const next = await dial(running, 'talk');
      await answered(next);
      expect(await next.phone.waitFor((phone) => phone.heardSpeechAfter(0))).toBe(true);
      const results = await hangUp(running, [...others, next]);
      expect(results.map(({ endedBy }) => endedBy)).toEqual(Array(5).fill('us'));
      if (ports !== null) await allFree(running, ports);
      return results.map(({ heard }) => heard);
    });
  });
});

it('callsPerSecond: twice as many are offered, the allowed share gets through, the rest is told when to come back', async () => {
  const ALLOWED = 10;
  const SECONDS = 3;
  const running = await start({ limits: { callsPerSecond: ALLOWED } });
  const from = performance.now();
  const ended: PhoneResult[] = [];
  for (let second = 0; second < SECONDS; second += 1) {
    // Those of a second come at once, so that a slow machine offers too many as well.
    const offered = await Promise.all(Array.from({ length: 2 * ALLOWED }, () => dial(running, 'talk', { hangupAfterMs: 200 })));
    ended.push(...(await Promise.all(offered.map(({ phone }) => phone.result))));
    const left = from + 1000 * (second + 1) - performance.now();
    if (second < SECONDS - 1) await new Promise((resolve) => setTimeout(resolve, left));
  }
  const seconds = (performance.now() - from) / 1000;
  const served = ended.filter(({ status }) => status === 200);
  const refused = ended.filter(({ status }) => status !== 200);
  for (const each of refused) expectRefused(each);
  // Ten a second, and the ten that may come at once.
  expect(served.length).toBeGreaterThanOrEqual(0.8 * ALLOWED * SECONDS);
  expect(served.length).toBeLessThanOrEqual(ALLOWED + ALLOWED * seconds);
  expect(refused.length).toBeGreaterThan(0);
});

/** Callers at an address who send an INVITE and nothing more, not even an ACK. */
async function openVanishing(running: Site, address: string) {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  const { port } = socket.address();
  const sdp = `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;
  return {
    invite(n: number): void {
      const invite = [
        `INVITE sip:talk@127.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bKgone${n}`,
        `From: <sip:gone${n}@${address}>;tag=${n}`,
        'To: <sip:talk@127.0.0.1>',
        `Call-ID: gone-${n}`,
        'CSeq: 1 INVITE',
        'Max-Forwards: 70',
        `Contact: <sip:gone@${address}:${port}>`,
        'Content-Type: application/sdp',
        `Content-Length: ${sdp.length}`,
        '',
        sdp,
      ];
      socket.send(invite.join('\r\n'), running.port('udp'), '127.0.0.1');
    },
    close: () => socket.close(),
  };
}

it('callers who never acknowledge take no place from those who do, as long as they go on', async () => {
  const running = await start({ limits: { calls: 16 } });
  const vanishing = await openVanishing(running, '127.0.0.2');
  let sent = 0;
  const flood = setInterval(() => vanishing.invite(sent++), 250);
  try {
    // More of them than there are places.
    await eventually('the flood to go on', () => Promise.resolve(sent > 20));
    const placed = await Promise.all(Array.from({ length: 4 }, () => dial(running, 'talk')));
    await Promise.all(placed.map(answered));
    await eventually('the flood to go on', () => Promise.resolve(sent > 40));
    const results = await hangUp(running, placed);
    expect(results.map(({ endedBy }) => endedBy)).toEqual(Array(4).fill('us'));
    const gone = await endedStoryOf(running, 'gone0');
    expect(gone.call.termination).toMatchObject({ by: 'network', reason: 'no-ack' });
    expect(JSON.stringify(gone)).toContain('CALL_GAVE_WAY');
  } finally {
    clearInterval(flood);
    vanishing.close();
  }
});

it('callers who vanish before the answer leave nothing behind', async () => {
  const running = await start({
    sip: { t1Ms: 20, invitesPerSecondPerSource: 0, requestsPerSecondPerSource: 0 },
    limits: { callsPerSecond: 10_000 },
    media: { ports: await freePorts(400) },
  });
  const vanishing = await openVanishing(running, '127.0.0.1');
  for (let n = 0; n < 300; n += 1) {
    vanishing.invite(n);
    if (n % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await eventually('the flood to arrive', async () => (await running.metric('offhook_calls_started_total')) >= 150);
  // Nobody acknowledges: 64·T1 later all are over (RFC 3261 §13.3.1.4).
  await allFree(running, 200);
  vanishing.close();
  const next = await dial(running, 'talk');
  await answered(next);
  await hangUp(running, [next]);
});

describe('connections that do nothing', () => {
  let open: Socket[] = [];
  beforeEach(() => {
    open = [];
  });
  afterEach(() => {
    for (const socket of open) socket.destroy();
  });

  /** Opens many connections; `text` is what each says, a byte now and then. */
  async function idle(port: number, count: number, text = ''): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      if (text !== '') socket.write(text);
      open.push(socket);
    }
    await Promise.all(
      open.map((socket) => new Promise<void>((resolve) => (socket.connecting ? socket.once('connect', resolve) : resolve()))),
    );
  }

  it('200 on SIP, 200 on the API and 200 slow ones hold up neither calls nor API', async () => {
    const running = await start({});
    const api = Number(new URL(running.api).port);
    await idle(running.port('tcp'), 200);
    await idle(running.port('tcp'), 50, 'INVITE sip:talk@127.0.0.1 SIP/2.0\r\nContent-Length: 100000\r\n');
    await idle(api, 200);
    await idle(api, 100, 'GET /v1/calls HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
    await unbroken(async () => {
      const udp = await dial(running, 'talk');
      const tcp = await dial(running, 'talk', { transport: 'tcp', target: `sip:talk@127.0.0.1:${running.port('tcp')}` });
      await Promise.all([answered(udp), answered(tcp)]);
      const ready = await timed(() => running.get('/ready'));
      expect(ready.value.status).toBe(200);
      expect(ready.ms).toBeLessThan(AT_ONCE_MS);
      const results = await hangUp(running, [udp, tcp]);
      expect(results.map(({ endedBy }) => endedBy)).toEqual(['us', 'us']);
      return results.map(({ heard }) => heard);
    });
  });
});
