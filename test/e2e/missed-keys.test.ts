import { afterAll, beforeAll, expect, it } from 'vitest';
import { rtpPacket } from '../../src/media/rtp/packet.js';
import { flow } from '../support/calls.js';
import { RtpPeer } from '../support/rtp-peer.js';
import { answerText, requestText, SipPeer } from '../support/sip-peer.js';
import { Endpoint, eventually, Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Keys that come in unusual ways, in whole calls: on a number that was not agreed on, late and all at once, from another port; and
 * what cannot be taken counts in the metrics.
 */

const HOOK_FLASH = 16;

let site: Site;
let reports: Endpoint;

beforeAll(async () => {
  reports = await Endpoint.start();
  const ask = {
    type: 'collect',
    saveIn: '$flow.key.digits',
    prompt: [{ file: 'prompt.wav' }],
    bargeIn: true,
    digits: { max: 3, firstDigitTimeout: 30, interDigitTimeout: 10 },
    exits: { collected: 'bye', noInput: null, missed: null },
  };
  site = await Site.start({
    report: reports.url,
    prompts: { 'prompt.wav': toneWav(440, 60_000) },
    flows: [flow('ask', { ask, bye: { type: 'hangup' } })],
  });
});

afterAll(async () => {
  await site.dispose();
  await reports.close();
});

const missed = async (): Promise<number> => {
  const text = String((await site.get('/metrics')).body);
  return Number(/^offhook_keys_missed_total (\d+)$/m.exec(text)?.[1]);
};

it('keys of a late burst on a number of their own arrive once, from the next port too; a hook flash counts as missed', async () => {
  const [sip, rtp, moved] = [
    await SipPeer.open(site.port('udp')),
    await RtpPeer.open({ eventType: 97 }),
    await RtpPeer.open({ eventType: 97 }),
  ];
  const uri = `sip:ask@127.0.0.1:${site.port('udp')}`;
  const base = { uri, port: sip.port, callId: `missed-${process.pid}`, fromTag: 'f' };
  try {
    expect(await missed()).toBe(0);
    sip.send(requestText({ ...base, method: 'INVITE', body: rtp.offer().replaceAll('97', '101') }));
    const ok = await sip.status(200, 'INVITE');
    const port = Number(/^m=audio (\d+)/m.exec(ok.body)?.[1]);
    sip.send(requestText({ ...base, method: 'ACK', toTag: /tag=([^;]+)/.exec(ok.header('To'))?.[1] ?? '' }));
    const heard = rtp.heard.length;
    await rtp.until((packets) => packets.length > heard + 50);
    for (let i = 0; i < 20; i++) rtp.say(port);
    for (const key of ['1', '5']) rtp.press(port, key);
    for (let i = 0; i < 20; i++) rtp.say(port);

    const flash = { payloadType: 101, marker: true, timestamp: 999_000, ssrc: 0x0ff4004 };
    for (let i = 0; i < 3; i++)
      rtp.sendRaw(port, rtpPacket({ ...flash, sequence: 400 + i }, Uint8Array.of(HOOK_FLASH, 10, 0, 160)));
    await eventually('the flash', async () => (await missed()) === 1);

    rtp.lose(400);
    moved.goOn(rtp);
    const quietFrom = rtp.heard.length;
    await rtp.until((packets) => packets.length > quietFrom + 50);
    moved.press(port, '9');
    const bye = await sip.request('BYE');
    sip.send(answerText(bye, { status: 200 }));
    const report = await eventually('the report', () => reports.received[0]);
    expect((JSON.parse(report.body) as { keys: unknown[] }).keys).toContainEqual({ name: '$flow.key.digits', value: '159' });
    expect(await missed()).toBe(1);
  } finally {
    sip.close();
    await Promise.all([rtp.close(), moved.close()]);
  }
});
