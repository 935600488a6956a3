import { describe, expect, it } from 'vitest';
import { isHold } from '../../../../src/call/leg/remote-hold.js';
import { SdpNegotiation, type RemoteMedia } from '../../../../src/media/sdp/answer.js';

/* What may come after the first offer of a session (RFC 3264 §8), one row each: what was first, what comes, what is said and done. */

const description = (lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 198.51.100.9', 's=-', 'c=IN IP4 198.51.100.9', 't=0 0', ...lines, ''].join('\r\n');

const AUDIO = ['m=audio 4000 RTP/AVP 0 8 101', 'a=rtpmap:101 telephone-event/8000'];
const OURS = 'm=audio 20000 RTP/AVP 0 101';
const FAX = ['m=image 4010 udptl t38', 'a=T38FaxVersion:0'];

interface Row {
  readonly name: string;
  readonly first?: readonly string[];
  readonly then: readonly string[];
  /** Our m-lines and direction, or the code of a refusal. */
  readonly says: readonly string[] | string;
  readonly remote?: Partial<RemoteMedia>;
  /** The far end sends nothing by its own word. */
  readonly held?: boolean;
}

const rows: readonly Row[] = [
  { name: 'the same again', then: AUDIO, says: [OURS, 'a=sendrecv'], remote: { port: 4000, send: true, receive: true } },
  {
    name: 'another port (RFC 3264 §8.3.1)',
    then: ['m=audio 4002 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000'],
    says: [OURS, 'a=sendrecv'],
    remote: { port: 4002 },
  },
  {
    name: 'another address (RFC 3264 §8.3.1)',
    then: [...AUDIO, 'c=IN IP4 203.0.113.5'],
    says: [OURS, 'a=sendrecv'],
    remote: { address: '203.0.113.5' },
  },
  {
    name: 'another codec (RFC 3264 §8.3.2)',
    then: ['m=audio 4000 RTP/AVP 8'],
    says: ['m=audio 20000 RTP/AVP 8', 'a=sendrecv'],
    remote: { codec: 'PCMA', payloadType: 8, eventTypes: [] },
  },
  {
    name: 'a codec under another number (RFC 3264 §8.3.2)',
    first: ['m=audio 4000 RTP/AVP 97 98', 'a=rtpmap:97 PCMA/8000', 'a=rtpmap:98 telephone-event/8000'],
    then: ['m=audio 4000 RTP/AVP 102 105', 'a=rtpmap:102 PCMA/8000', 'a=rtpmap:105 telephone-event/8000'],
    says: ['m=audio 20000 RTP/AVP 102 105', 'a=sendrecv'],
    remote: { payloadType: 102, eventTypes: [105] },
  },
  {
    name: 'only codecs we lack',
    then: ['m=audio 4000 RTP/AVP 18', 'a=rtpmap:18 G729/8000'],
    says: 'SDP_NO_COMMON_CODEC',
  },
  { name: 'another packet time', then: [...AUDIO, 'a=ptime:40'], says: [OURS, 'a=sendrecv'], remote: { port: 4000 } },
  {
    name: 'another profile',
    then: ['m=audio 4000 RTP/AVPF 0', 'a=rtcp-fb:* nack'],
    says: ['m=audio 20000 RTP/AVPF 0', 'a=sendrecv'],
  },
  { name: 'encryption', then: ['m=audio 4000 RTP/SAVP 0', 'a=crypto:1 x inline:y'], says: 'SDP_NO_AUDIO' },
  {
    name: 'a stream added (RFC 3264 §8.1)',
    then: [...AUDIO, 'm=video 5000 RTP/AVP 96', 'a=rtpmap:96 H264/90000'],
    says: [OURS, 'a=sendrecv', 'm=video 0 RTP/AVP 96'],
  },
  {
    name: 'a second audio stream added',
    then: [...AUDIO, 'm=audio 4004 RTP/AVP 8'],
    says: [OURS, 'a=sendrecv', 'm=audio 0 RTP/AVP 8'],
    remote: { port: 4000 },
  },
  {
    name: 'another stream taken away (RFC 3264 §8.2)',
    first: [...AUDIO, 'm=video 5000 RTP/AVP 96'],
    then: [...AUDIO, 'm=video 0 RTP/AVP 96'],
    says: [OURS, 'a=sendrecv', 'm=video 0 RTP/AVP 96'],
  },
  {
    name: 'audio moved to another line',
    then: ['m=audio 0 RTP/AVP 0', 'm=audio 4006 RTP/AVP 8'],
    says: ['m=audio 0 RTP/AVP 0', 'm=audio 20000 RTP/AVP 8', 'a=sendrecv'],
    remote: { port: 4006, codec: 'PCMA' },
    held: false,
  },
  {
    name: 'the audio taken away (RFC 3264 §8.2): hold by port 0',
    then: ['m=audio 0 RTP/AVP 0 101'],
    says: ['m=audio 0 RTP/AVP 0 101'],
    remote: { send: false, receive: false },
    held: true,
  },
  {
    name: 'all of several streams taken away',
    first: [...AUDIO, 'm=video 5000 RTP/AVP 96'],
    then: ['m=audio 0 RTP/AVP 0', 'm=video 0 RTP/AVP 96'],
    says: ['m=audio 0 RTP/AVP 0', 'm=video 0 RTP/AVP 96'],
    remote: { send: false, receive: false },
    held: true,
  },
  { name: 'fax instead of audio, the audio at port 0', then: ['m=audio 0 RTP/AVP 0', ...FAX], says: 'SDP_NO_AUDIO' },
  { name: 'fax instead of audio, on the same line', then: FAX, says: 'SDP_NO_AUDIO' },
  { name: 'video instead of audio', then: ['m=audio 0 RTP/AVP 0', 'm=video 5000 RTP/AVP 96'], says: 'SDP_NO_AUDIO' },
  { name: 'text instead of audio', then: ['m=audio 0 RTP/AVP 0', 'm=text 5000 RTP/AVP 98'], says: 'SDP_NO_AUDIO' },
  {
    name: 'fax beside audio',
    then: [...AUDIO, ...FAX],
    says: [OURS, 'a=sendrecv', 'm=image 0 udptl t38'],
    remote: { send: true, receive: true },
    held: false,
  },
  {
    name: 'fax first, audio behind it',
    then: [...FAX, ...AUDIO],
    says: ['m=image 0 udptl t38', OURS, 'a=sendrecv'],
    remote: { port: 4000 },
  },
  {
    name: 'hold by sendonly (RFC 3264 §8.4)',
    then: [...AUDIO, 'a=sendonly'],
    says: [OURS, 'a=recvonly'],
    remote: { send: false, receive: true },
    held: true,
  },
  {
    name: 'hold by inactive (RFC 3264 §8.4)',
    then: [...AUDIO, 'a=inactive'],
    says: [OURS, 'a=inactive'],
    remote: { send: false, receive: false },
    held: true,
  },
  {
    name: 'the far end listens only',
    then: [...AUDIO, 'a=recvonly'],
    says: [OURS, 'a=sendonly'],
    remote: { send: true, receive: false },
    held: true,
  },
  {
    name: 'hold by 0.0.0.0 (RFC 3264 §8.4)',
    then: [...AUDIO, 'c=IN IP4 0.0.0.0'],
    says: [OURS, 'a=recvonly'],
    remote: { address: '198.51.100.9', send: false, receive: true },
    held: true,
  },
  {
    name: 'hold by 0.0.0.0 and inactive',
    then: [...AUDIO, 'c=IN IP4 0.0.0.0', 'a=inactive'],
    says: [OURS, 'a=inactive'],
    remote: { address: '198.51.100.9', send: false, receive: false },
    held: true,
  },
  {
    name: 'hold of the whole session',
    then: ['a=sendonly', ...AUDIO],
    says: [OURS, 'a=recvonly'],
    remote: { send: false },
    held: true,
  },
  {
    name: 'resume after sendonly',
    first: [...AUDIO, 'a=sendonly'],
    then: AUDIO,
    says: [OURS, 'a=sendrecv'],
    remote: { send: true, receive: true },
    held: false,
  },
  {
    name: 'resume after a first offer with 0.0.0.0',
    first: [...AUDIO, 'c=IN IP4 0.0.0.0'],
    then: AUDIO,
    says: [OURS, 'a=sendrecv'],
    remote: { address: '198.51.100.9', send: true, receive: true },
    held: false,
  },
  {
    name: 'fewer lines than before, which is against RFC 3264 §8',
    first: [...AUDIO, 'm=video 0 RTP/AVP 96'],
    then: AUDIO,
    says: [OURS, 'a=sendrecv'],
  },
  { name: 'no line at all', then: [], says: 'SDP_INVALID' },
];

const begun = (first: readonly string[]): { negotiation: SdpNegotiation; said: string } => {
  const negotiation = new SdpNegotiation({ address: '192.0.2.1', port: 20_000 });
  const answer = negotiation.answer(description(first));
  if (!answer.ok) throw new Error(answer.error.message);
  return { negotiation, said: answer.value.sdp };
};
const linesOf = (sdp: string): string[] =>
  sdp.split('\r\n').filter((line) => /^(?:m=|a=(?:sendrecv|sendonly|recvonly|inactive)$)/.test(line));
const versionOf = (sdp: string): number => Number(/^o=offhook \d+ (\d+) /m.exec(sdp)?.[1]);

describe('a later offer (RFC 3264 §8)', () => {
  it.each(rows)('$name', ({ first = AUDIO, then, says, remote, held }) => {
    const { negotiation, said } = begun(first);
    const answer = negotiation.answer(description(then));
    if (typeof says === 'string') {
      expect(answer).toMatchObject({ ok: false, error: { code: says } });
      // RFC 3261 §14.1: the session is as it was; the same offer as before gets the same answer, with the same version.
      expect(negotiation.answer(description(first))).toMatchObject({ ok: true, value: { sdp: said } });
      return;
    }
    if (!answer.ok) throw new Error(answer.error.message);
    expect(linesOf(answer.value.sdp)).toEqual(says);
    expect(answer.value.remote).toMatchObject(remote ?? {});
    expect(versionOf(answer.value.sdp)).toBe(linesOf(answer.value.sdp).join() === linesOf(said).join() ? 1 : 2);
    if (held !== undefined) expect(isHold(description(then))).toBe(held);
  });

  it('goes back to audio after each of them', () => {
    for (const { first = AUDIO, then } of rows) {
      const { negotiation } = begun(first);
      negotiation.answer(description(then));
      const back = negotiation.answer(description(AUDIO));
      expect(back.ok && linesOf(back.value.sdp)).toEqual([OURS, 'a=sendrecv']);
      expect(back.ok && back.value.remote).toMatchObject({ address: '198.51.100.9', port: 4000, send: true, receive: true });
    }
  });
});

describe('a later re-INVITE without offer (RFC 3261 §14)', () => {
  it('gets our audio in the line it had, under the numbers the session knows', () => {
    const { negotiation } = begun(['m=video 5000 RTP/AVP 96', 'm=audio 4000 RTP/AVP 0 97', 'a=rtpmap:97 telephone-event/8000']);
    expect(linesOf(negotiation.offer())).toEqual(['m=video 0 RTP/AVP 96', 'm=audio 20000 RTP/AVP 0 8 97', 'a=sendrecv']);
  });

  it('takes an answer that switches the audio off as hold, and one with fax alone not at all', () => {
    const { negotiation } = begun(AUDIO);
    negotiation.offer();
    expect(negotiation.accept(description(['m=audio 0 RTP/AVP 0']))).toMatchObject({
      ok: true,
      value: { send: false, receive: false },
    });
    expect(negotiation.accept(description(FAX))).toMatchObject({ ok: false, error: { code: 'SDP_NO_AUDIO' } });
  });

  it('ends a hold of the far end, when its answer says so', () => {
    const { negotiation } = begun([...AUDIO, 'a=sendonly']);
    negotiation.offer();
    expect(negotiation.accept(description(AUDIO))).toMatchObject({ ok: true, value: { send: true, receive: true } });
  });
});
