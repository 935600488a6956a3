import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { rtpPacket } from '../../src/media/rtp/packet.js';
import { telephoneEvent } from '../../src/media/rtp/telephone-event.js';
import { flow, keysOf, reportOf } from '../support/calls.js';
import { readWire, requestText, until, type WireMessage } from '../support/sip-peer.js';
import { Endpoint, Site } from '../support/site.js';

/* A whole Offhook that has IPv6 addresses only: SIP and audio over ::1, where the machine has it. */

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));

async function socket(): Promise<{ readonly socket: Socket; readonly port: number; readonly seen: Buffer[] }> {
  const made = createSocket('udp6');
  const seen: Buffer[] = [];
  made.on('message', (bytes) => seen.push(bytes));
  await new Promise<void>((resolve) => made.bind(0, '::1', resolve));
  return { socket: made, port: made.address().port, seen };
}

it.runIf(hasIpv6)('a caller over IPv6 is answered, hears us, and its keys count, however it writes its address', async () => {
  const reports = await Endpoint.start();
  const ask = {
    type: 'collect',
    saveIn: '$flow.key.digits',
    prompt: [{ say: 'Please key in a number.' }],
    bargeIn: true,
    digits: { max: 1, firstDigitTimeout: 60 },
    exits: { collected: 'bye', noInput: 'bye', missed: 'bye' },
  };
  const site = await Site.start({
    report: reports.url,
    config: { sip: { listen: ['udp://[::1]:0'] }, media: { address: '::1' } },
    flows: [flow('ask', { answer: { type: 'answer', exits: { next: 'ask' } }, ask, bye: { type: 'hangup' } })],
  });
  const [sip, rtp] = [await socket(), await socket()];
  try {
    const server = Number(/udp\/\[::1\]:(\d+)/.exec(site.output)?.[1]);
    const cli = `1558${process.pid % 1000}`;
    const send = (method: string, parts: Partial<Parameters<typeof requestText>[0]>): void => {
      const text = requestText({ method, port: sip.port, callId: cli, uri: `sip:ask@[::1]:${server}`, ...parts })
        .replaceAll(`127.0.0.1:${sip.port}`, `[::1]:${sip.port}`)
        .replace(/^From: .*$/m, `From: <sip:${cli}@[::1]>;tag=from1`);
      sip.socket.send(text, server, '::1');
    };
    const body = [
      'v=0',
      'o=- 1 1 IN IP6 ::1',
      's=-',
      'c=IN IP6 0:0:0:0:0:0:0:1',
      't=0 0',
      `m=audio ${rtp.port} RTP/AVP 0 101`,
      'a=rtpmap:101 telephone-event/8000',
      '',
    ].join('\r\n');
    send('INVITE', { body });
    const answered = (): WireMessage | undefined =>
      sip.seen.map((bytes) => readWire(bytes.toString())).find(({ status }) => status >= 200);
    const ok = await until(answered, 'the answer');
    expect([ok.status, ok.body]).toEqual([200, expect.stringContaining('c=IN IP6 ::1')]);
    send('ACK', { toTag: /tag=([^;]+)/.exec(ok.header('To'))?.[1] ?? '' });
    await until(() => rtp.seen.length > 10, 'audio');
    const port = Number(/^m=audio (\d+)/m.exec(ok.body)?.[1]);
    telephoneEvent({ key: '7', durationMs: 60 })?.forEach(({ marker, payload }, index) => {
      const header = { payloadType: 101, marker, sequence: 100 + index, timestamp: 5000, ssrc: 1 };
      rtp.socket.send(rtpPacket(header, payload), port, '::1');
    });
    const { report } = await reportOf(reports, cli);
    expect(keysOf(report)).toMatchObject({ '$flow.key.digits': '7' });
  } finally {
    sip.socket.close();
    rtp.socket.close();
    await site.dispose();
    await reports.close();
  }
});
