import { afterAll, beforeAll, expect, it } from 'vitest';
import { flow } from '../support/calls.js';
import { RtpPeer } from '../support/rtp-peer.js';
import { answerText, requestText, SipPeer } from '../support/sip-peer.js';
import { Site } from '../support/site.js';
import { toneWav } from '../support/tones.js';

/*
 * Callers behind NAT: their description names an address they cannot be reached at, and their packets come from another one.
 */

const CALLERS = 40;
const AT_A_TIME = 10;

let site: Site;
/** Calls that were heard, took the key and were hung up. */
let calls = 0;

beforeAll(async () => {
  const ask = {
    type: 'collect',
    saveIn: '$flow.key.digits',
    prompt: [{ file: 'prompt.wav' }],
    bargeIn: true,
    digits: { max: 1, firstDigitTimeout: 30, interDigitTimeout: 10 },
    exits: { collected: 'bye', noInput: null, missed: null },
  };
  site = await Site.start({
    prompts: { 'prompt.wav': toneWav(440, 60_000) },
    flows: [flow('ask', { ask, bye: { type: 'hangup' } }, { webhook: false })],
  });
});

afterAll(() => site.dispose());

/** A caller whose RTP comes at once with the 200, from an address that its offer does not name. */
async function call(n: number): Promise<void> {
  const [sip, rtp] = [await SipPeer.open(site.port('udp')), await RtpPeer.open({ ssrc: 0x1000 + n })];
  const callId = `nat-${process.pid}-${n}`;
  const uri = `sip:ask@127.0.0.1:${site.port('udp')}`;
  const base = { uri, port: sip.port, callId, fromTag: `f${n}` };
  try {
    const body = rtp.offer().replaceAll('IN IP4 127.0.0.1', 'IN IP4 127.0.0.9');
    sip.send(requestText({ ...base, method: 'INVITE', body }));
    const ok = await sip.status(200, 'INVITE');
    const port = Number(/^m=audio (\d+)/m.exec(ok.body)?.[1]);
    rtp.keepSaying(port);
    const toTag = /tag=([^;]+)/.exec(ok.header('To'))?.[1] ?? '';
    sip.send(requestText({ ...base, method: 'ACK', toTag }));
    await rtp.until((heard) => heard.filter(({ payload }) => new Set(payload).size > 1).length > 5);
    rtp.press(port, '5');
    const bye = await sip.request('BYE');
    sip.send(answerText(bye, { status: 200 }));
    calls++;
  } finally {
    sip.close();
    await rtp.close();
  }
}

it('forty callers, ten at a time, whose RTP comes at once with the 200: every one hears and is heard', async () => {
  for (let from = 0; from < CALLERS; from += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => call(from + i)));
  }
  expect(calls).toBe(CALLERS);
});
