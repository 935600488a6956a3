import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SdpNegotiation, type RemoteMedia } from '../../../../src/media/sdp/answer.js';

const LOCAL = { address: '192.0.2.1', port: 20_000 };

/** An offer with the given lines after the session part. */
const offer = (...lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 198.51.100.9', 's=-', 'c=IN IP4 198.51.100.9', 't=0 0', ...lines, ''].join('\r\n');
const AUDIO = 'm=audio 4000 RTP/AVP 0 8 101';
const EVENT = 'a=rtpmap:101 telephone-event/8000';

const answerTo = (...lines: readonly string[]): { readonly sdp: readonly string[]; readonly remote: RemoteMedia } => {
  const answer = new SdpNegotiation(LOCAL).answer(offer(...lines));
  if (!answer.ok) throw new Error(answer.error.message);
  return { sdp: answer.value.sdp.split('\r\n'), remote: answer.value.remote };
};
const refusalOf = (text: string): string => {
  const answer = new SdpNegotiation(LOCAL).answer(text);
  return answer.ok ? 'answered' : answer.error.code;
};

describe('the codecs of the configuration', () => {
  const only = (codecs: readonly ('PCMU' | 'PCMA')[]): SdpNegotiation => new SdpNegotiation({ ...LOCAL, codecs });

  it('are all that is accepted', () => {
    expect(only(['PCMU']).answer(offer('m=audio 4000 RTP/AVP 8 0'))).toMatchObject({ value: { remote: { codec: 'PCMU' } } });
    expect(only(['PCMU']).answer(offer('m=audio 4000 RTP/AVP 8'))).toMatchObject({ error: { code: 'SDP_NO_COMMON_CODEC' } });
  });

  it('are offered in their order, whereas an answer keeps that of the offer', () => {
    expect(only(['PCMA', 'PCMU']).offer()).toContain('RTP/AVP 8 0 101');
    expect(only(['PCMA']).offer()).toContain('RTP/AVP 8 101');
    expect(only(['PCMA', 'PCMU']).answer(offer(AUDIO))).toMatchObject({ value: { remote: { codec: 'PCMU' } } });
  });
});

describe('an answer (RFC 3264 §6)', () => {
  it('is complete, line for line', () => {
    const { sdp } = answerTo(AUDIO, EVENT, 'a=ptime:30', 'a=rtcp-mux', 'a=ssrc:1 cname:x');
    expect(sdp.map((line) => line.replace(/^o=offhook \d+ /, 'o=offhook ID '))).toEqual([
      'v=0',
      'o=offhook ID 1 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=audio 20000 RTP/AVP 0 101',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=sendrecv',
      '',
    ]);
  });

  it.each([
    ['the codec offered first', ['m=audio 4000 RTP/AVP 8 0'], { codec: 'PCMA', payloadType: 8 }],
    ['the codec offered, past codecs we lack', ['m=audio 4000 RTP/AVP 9 18 8', 'a=rtpmap:9 G722/8000'], { codec: 'PCMA' }],
    ['a codec under a dynamic type', ['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 pcmu/8000'], { codec: 'PCMU', payloadType: 97 }],
    ['a codec at 8 kHz only', ['m=audio 4000 RTP/AVP 97 8', 'a=rtpmap:97 PCMU/16000'], { codec: 'PCMA' }],
    [
      'telephone-event under its offered type',
      ['m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 Telephone-Event/8000'],
      { eventTypes: [96] },
    ],
    ['telephone-event at 8 kHz only', ['m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 telephone-event/48000'], { eventTypes: [] }],
    [
      'telephone-event at 8 kHz, where the same number stands for another rate before it',
      ['m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/16000', 'a=rtpmap:101 telephone-event/8000'],
      { codec: 'PCMA', eventTypes: [101] },
    ],
    [
      'telephone-event at 8 kHz, where it stands behind another rate under a number of its own',
      [
        'm=audio 4000 RTP/AVP 111 0 110 101',
        'a=rtpmap:111 opus/48000/2',
        'a=rtpmap:110 telephone-event/48000',
        'a=rtpmap:101 telephone-event/8000',
      ],
      { codec: 'PCMU', eventTypes: [101] },
    ],
    [
      'telephone-event, where its number is that of a codec we lack too',
      ['m=audio 4000 RTP/AVP 0 101', 'a=rtpmap:101 opus/48000/2', 'a=rtpmap:101 TELEPHONE-EVENT/8000'],
      { eventTypes: [101] },
    ],
    [
      'a codec, where its number is that of a codec we lack too',
      ['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 G726-32/8000', 'a=rtpmap:97 pcma/8000'],
      { codec: 'PCMA', payloadType: 97 },
    ],
    [
      'one number for one thing: what is audio is no telephone-event',
      ['m=audio 4000 RTP/AVP 101', 'a=rtpmap:101 PCMU/8000', 'a=rtpmap:101 telephone-event/8000'],
      { payloadType: 101, eventTypes: [] },
    ],
    [
      'the same number twice in the line',
      ['m=audio 4000 RTP/AVP 0 0 101 101', 'a=rtpmap:101 telephone-event/8000'],
      { payloadType: 0, eventTypes: [101] },
    ],
    ['static numbers without rtpmap', ['m=audio 4000 RTP/AVP 3 8 0'], { codec: 'PCMA', payloadType: 8 }],
    [
      'rtpmaps without a rate',
      ['m=audio 4000 RTP/AVP 96 97', 'a=rtpmap:96 PCMU', 'a=rtpmap:97 telephone-event'],
      { payloadType: 96, eventTypes: [97] },
    ],
    ['no codec in stereo', ['m=audio 4000 RTP/AVP 96 8', 'a=rtpmap:96 PCMU/8000/2'], { codec: 'PCMA' }],
    ['RTP/AVPF in the clear', ['m=audio 4000 RTP/AVPF 0', 'a=rtcp-fb:* ccm fir'], { codec: 'PCMU' }],
    ['no telephone-event when none is offered', ['m=audio 4000 RTP/AVP 0'], { eventTypes: [] }],
    ['the address of the media line before that of the session', [AUDIO, 'c=IN IP4 203.0.113.5'], { address: '203.0.113.5' }],
    ['the second audio line when the first is not for us', ['m=audio 5 RTP/SAVP 0', AUDIO], { port: 4000 }],
    ['the second audio line when the first is off', ['m=audio 0 RTP/AVP 0', AUDIO], { port: 4000 }],
    ['a port with a count', ['m=audio 4000/1 RTP/AVP 0'], { port: 4000 }],
  ] as const)('takes %s', (_, lines, expected) => expect(answerTo(...lines).remote).toMatchObject(expected));

  it('rejects every other line with port 0, each in its place', () => {
    const { sdp } = answerTo(
      'm=video 5000 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'm=audio 4002 RTP/SAVP 0',
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x',
      AUDIO,
      'm=image 4004 udptl t38',
      'm=audio 4006 RTP/AVP 0',
    );
    expect(sdp.filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 96',
      'm=audio 0 RTP/SAVP 0',
      'm=audio 20000 RTP/AVP 0',
      'm=image 0 udptl t38',
      'm=audio 0 RTP/AVP 0',
    ]);
    expect(sdp.join()).not.toContain('crypto');
  });

  it.each([
    ['a=sendrecv', 'a=sendrecv', true, true],
    ['a=sendonly', 'a=recvonly', false, true],
    ['a=recvonly', 'a=sendonly', true, false],
    ['a=inactive', 'a=inactive', false, false],
    ['c=IN IP4 0.0.0.0', 'a=recvonly', false, true],
  ])('to %s is %s', (theirs, ours, send, receive) => {
    const { sdp, remote } = answerTo(AUDIO, theirs);
    expect(sdp).toContain(ours);
    expect(remote).toMatchObject({ send, receive });
  });

  it('takes a direction given for the whole session', () => {
    const held = offer(AUDIO).replace('t=0 0', 't=0 0\r\na=sendonly');
    const answer = new SdpNegotiation(LOCAL).answer(held);
    expect(answer.ok && answer.value.remote.send).toBe(false);
  });

  it.each([
    ['nothing', '', 'SDP_INVALID'],
    ['no media', offer(), 'SDP_INVALID'],
    ['video alone', offer('m=video 5000 RTP/AVP 96'), 'SDP_NO_AUDIO'],
    ['SRTP alone', offer('m=audio 4000 RTP/SAVP 0'), 'SDP_NO_AUDIO'],
    ['audio with port 0', offer('m=audio 0 RTP/AVP 0'), 'SDP_NO_AUDIO'],
    ['codecs we lack', offer('m=audio 4000 RTP/AVP 9 18'), 'SDP_NO_COMMON_CODEC'],
    ['a host name', offer(AUDIO, 'c=IN IP4 phone.example'), 'SDP_NO_AUDIO'],
    ['a number for an address', offer(AUDIO, 'c=IN IP4 5'), 'SDP_INVALID'],
    ['no address', offer(AUDIO).replace(/^c=.*\r\n/m, ''), 'SDP_INVALID'],
    ['the other address family', offer(AUDIO, 'c=IN IP6 2001:db8::1'), 'SDP_NO_AUDIO'],
    ['a multicast address', offer(AUDIO, 'c=IN IP4 224.2.1.1/127'), 'SDP_NO_AUDIO'],
    ['the broadcast address', offer(AUDIO, 'c=IN IP4 255.255.255.255'), 'SDP_NO_AUDIO'],
    ['a port out of range', offer('m=audio 70000 RTP/AVP 0'), 'SDP_INVALID'],
    ['a malformed media line', offer('m=audio RTP/AVP'), 'SDP_INVALID'],
    ['more text than a description needs', offer(AUDIO, `a=x:${'y'.repeat(20_000)}`), 'SDP_INVALID'],
    ['more lines than a description needs', offer(...Array.from({ length: 40 }, () => AUDIO)), 'SDP_INVALID'],
    ['a codec name of digits', offer('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 123/8000'), 'SDP_NO_COMMON_CODEC'],
  ])('is refused for %s', (_, text, code) => expect(refusalOf(text)).toBe(code));

  it('keeps the profile of the offer (RTP/AVPF in the clear)', () => {
    const { sdp } = answerTo('m=audio 4000 RTP/AVPF 0 101', EVENT);
    expect(sdp).toContain('m=audio 20000 RTP/AVPF 0 101');
  });

  it('has telephone-event at our rate only, whatever the offer says of its number', () => {
    const { sdp } = answerTo('m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/16000', EVENT);
    expect(sdp.filter((line) => line.startsWith('a=rtpmap:101'))).toEqual([EVENT]);
  });

  it.each([
    ['SRTP', ['m=audio 4000 RTP/SAVP 0'], 302, 'audio encrypted with SRTP (RTP/SAVP)'],
    ['SRTP with feedback', ['m=audio 4000 RTP/SAVPF 0'], 302, 'audio encrypted with SRTP (RTP/SAVPF)'],
    ['DTLS', ['m=audio 4000 UDP/TLS/RTP/SAVPF 0'], 302, 'audio encrypted with DTLS-SRTP (UDP/TLS/RTP/SAVPF)'],
    ['T.38', ['m=image 4000 udptl t38'], 304, 'fax (T.38, udptl)'],
    ['video alone', ['m=video 4000 RTP/AVP 96'], 304, 'video (RTP/AVP)'],
    ['text', ['m=text 4000 RTP/AVP 98'], 304, 'text (RTP/AVP)'],
    ['data', ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel'], 304, 'application (UDP/DTLS/SCTP)'],
    ['messages', ['m=message 9 TCP/MSRP *'], 304, 'message (TCP/MSRP)'],
    ['audio over TCP', ['m=audio 9 TCP/RTP/AVP 0'], 302, 'audio (TCP/RTP/AVP)'],
    ['audio switched off', ['m=audio 0 RTP/AVP 0'], 304, 'audio that is switched off (port 0)'],
    ['fax, its audio switched off', ['m=audio 0 RTP/AVP 0', 'm=image 4000 udptl t38'], 304, 'fax (T.38, udptl)'],
    [
      'SRTP and video',
      ['m=audio 4000 RTP/SAVP 0', 'm=video 4002 RTP/SAVP 96'],
      302,
      'audio encrypted with SRTP (RTP/SAVP), video encrypted with SRTP (RTP/SAVP)',
    ],
    ['IPv6', [AUDIO, 'c=IN IP6 2001:db8::1'], 300, 'audio over IPv6'],
    ['a group', [AUDIO, 'c=IN IP4 224.2.1.1/127'], 330, 'multicast'],
  ])('is refused for %s with a warning that names it (RFC 3261 §20.43)', (_, lines, warning, named) => {
    const answer = new SdpNegotiation(LOCAL).answer(offer(...lines));
    expect(answer).toMatchObject({ ok: false, error: { code: 'SDP_NO_AUDIO', warning } });
    expect(answer.ok ? '' : answer.error.message).toContain(named);
  });

  it('takes a host name for the address of the signalling, until it has one of its own', () => {
    const negotiation = new SdpNegotiation({ ...LOCAL, signalingAddress: '203.0.113.7' });
    const answer = negotiation.answer(offer(AUDIO, 'c=IN IP4 Phone.example'));
    expect(answer).toMatchObject({ ok: true, value: { remote: { address: '203.0.113.7', port: 4000, name: 'phone.example' } } });
    expect(negotiation.located('other.example', '203.0.113.8')).toBeNull();
    expect(negotiation.located('phone.example', '203.0.113.8')).toMatchObject({ address: '203.0.113.8', port: 4000 });
    // The next offer names an address: what is found late is of no use.
    negotiation.answer(offer(AUDIO));
    expect(negotiation.located('phone.example', '203.0.113.9')).toBeNull();
  });

  it('takes no host name from signalling of the other address family', () => {
    const answer = new SdpNegotiation({ ...LOCAL, signalingAddress: '::1' }).answer(offer(AUDIO, 'c=IN IP4 phone.example'));
    expect(answer).toMatchObject({ ok: false, error: { code: 'SDP_NO_AUDIO', warning: 301 } });
  });

  it('is made for any text without throwing', () => {
    const line = fc.oneof(
      fc.constantFrom(
        AUDIO,
        EVENT,
        'm=audio 1 RTP/AVP 0',
        'm=',
        'c=IN IP4',
        'a=rtpmap:',
        'a=rtpmap:0 0/0',
        'a=fmtp:x',
        'a=sendonly',
      ),
      fc.string(),
      fc.string().map((text) => `a=${text}`),
      fc.string().map((text) => `m=audio ${text}`),
    );
    fc.assert(fc.property(fc.array(line), (lines) => typeof refusalOf(offer(...lines)) === 'string'));
    fc.assert(fc.property(fc.string(), (text) => typeof refusalOf(text) === 'string'));
  });

  it('speaks IPv6 when we do', () => {
    const six = new SdpNegotiation({ address: '2001:db8::1', port: 20_000 });
    const answer = six.answer(offer(AUDIO, 'c=IN IP6 2001:db8::9'));
    expect(answer.ok && answer.value.sdp).toContain('c=IN IP6 2001:db8::1');
    expect(answer.ok && answer.value.remote.address).toBe('2001:db8::9');
    const long = six.answer(offer(AUDIO, 'c=IN IP6 2001:0DB8:0:0:0:0:0:0009'));
    expect(long.ok && long.value.remote.address).toBe('2001:db8::9');
    expect(six.answer(offer(AUDIO))).toMatchObject({ ok: false, error: { code: 'SDP_NO_AUDIO', warning: 300 } });
  });
});

describe('addresses of an offer', () => {
  const six = (serves?: (address: string) => boolean): SdpNegotiation =>
    new SdpNegotiation({ address: '2001:db8::1', port: 20_000, ...(serves && { serves }) });

  it.each([
    ['of one link', 'fe80::9', 301, 'one link'],
    ['with the name of a link', 'fe80::9%eth0', 301, 'one link'],
    ['of a group', 'ff02::1', 330, 'multicast'],
    ['of a group in IPv4 inside IPv6', '::ffff:224.0.0.1', 300, 'IPv4'],
    ['of IPv4 inside IPv6', '::ffff:192.0.2.9', 300, 'IPv4'],
  ])('over IPv6 are refused: one %s', (_, address, warning, named) => {
    const answer = six().answer(offer(AUDIO, `c=IN IP6 ${address}`));
    expect(answer).toMatchObject({ ok: false, error: { code: 'SDP_NO_AUDIO', warning } });
    expect(answer.ok ? '' : answer.error.message).toContain(named);
  });

  it('are taken as the IPv4 they stand for', () => {
    const answer = new SdpNegotiation(LOCAL).answer(offer(AUDIO, 'c=IN IP6 ::ffff:198.51.100.7'));
    expect(answer).toMatchObject({ ok: true, value: { remote: { address: '198.51.100.7' } } });
    const many = new SdpNegotiation(LOCAL).answer(offer(AUDIO, 'c=IN IP6 ::ffff:224.0.0.1'));
    expect(many).toMatchObject({ ok: false, error: { warning: 330 } });
  });

  it('are of the family we speak, where the audio has one of each', () => {
    const both = offer(AUDIO, 'c=IN IP4 198.51.100.7', 'c=IN IP6 2001:db8::9');
    expect(new SdpNegotiation(LOCAL).answer(both)).toMatchObject({ value: { remote: { address: '198.51.100.7' } } });
    expect(six().answer(both)).toMatchObject({ value: { remote: { address: '2001:db8::9' } } });
  });

  it('that cannot be served are refused by name', () => {
    const answer = six((address) => address === '2001:db8::9').answer(offer(AUDIO, 'c=IN IP6 2001:db8::8'));
    expect(answer).toMatchObject({ ok: false, error: { warning: 300 } });
    expect(answer.ok ? '' : answer.error.message).toContain('2001:db8::1 cannot be reached');
  });

  it('of RTCP are in the spelling of the system', () => {
    const answer = six().answer(offer(AUDIO, 'c=IN IP6 2001:db8::9', 'a=rtcp:4005 IN IP6 2001:0db8::0008'));
    expect(answer).toMatchObject({ value: { remote: { rtcp: { address: '2001:db8::8', port: 4005 } } } });
  });

  it.each(['0.0.0.0', '::'])('%s in a later offer is hold, whatever the family of the call', (address) => {
    for (const [negotiation, far] of [
      [new SdpNegotiation(LOCAL), '198.51.100.7'],
      [six(), '2001:db8::9'],
    ] as const) {
      expect(negotiation.answer(offer(AUDIO, `c=IN IP4 ${far}`)).ok).toBe(true);
      const held = negotiation.answer(offer(AUDIO, `c=IN IP6 ${address}`));
      expect(held).toMatchObject({ ok: true, value: { remote: { address: far, send: false } } });
    }
  });

  it('of the other family in a later offer are refused, and change nothing', () => {
    const negotiation = six();
    negotiation.answer(offer(AUDIO, 'c=IN IP6 2001:db8::9'));
    expect(negotiation.answer(offer(AUDIO))).toMatchObject({ ok: false, error: { code: 'SDP_NO_AUDIO', warning: 300 } });
    expect(negotiation.answer(offer(AUDIO, 'c=IN IP6 2001:db8::9'))).toMatchObject({ ok: true });
  });
});

describe('a negotiation over the life of a leg (RFC 3264 §8)', () => {
  const versionOf = (sdp: string): number => Number(/^o=offhook \d+ (\d+) /m.exec(sdp)?.[1]);
  const idOf = (sdp: string): string => /^o=offhook (\d+)/m.exec(sdp)?.[1] ?? '';
  const answered = (negotiation: SdpNegotiation, text: string): string => {
    const answer = negotiation.answer(text);
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value.sdp;
  };

  it('raises the version by one on change, and only then', () => {
    const negotiation = new SdpNegotiation(LOCAL);
    const first = answered(negotiation, offer(AUDIO));
    const same = answered(negotiation, offer(AUDIO));
    const held = answered(negotiation, offer(AUDIO, 'a=sendonly'));
    expect([first, same, held].map(versionOf)).toEqual([1, 1, 2]);
    expect(new Set([first, same, held].map(idOf)).size).toBe(1);
  });

  it('answers an audio line taken away with port 0, and stops both ways', () => {
    const negotiation = new SdpNegotiation(LOCAL);
    answered(negotiation, offer(AUDIO));
    const answer = negotiation.answer(offer('m=audio 0 RTP/AVP 0'));
    expect(answer.ok && answer.value.sdp).toContain('m=audio 0 RTP/AVP 0');
    expect(answer.ok && answer.value.remote).toMatchObject({ send: false, receive: false });
    expect(negotiation.offer()).toContain('m=audio 20000 RTP/AVP 0 8 101');
  });

  it('remembers where the far end was when it holds with 0.0.0.0', () => {
    const negotiation = new SdpNegotiation(LOCAL);
    answered(negotiation, offer(AUDIO));
    const held = negotiation.answer(offer(AUDIO, 'c=IN IP4 0.0.0.0'));
    expect(held.ok && held.value.remote).toMatchObject({ address: '198.51.100.9', send: false, receive: true });
  });

  it('offers both codecs and telephone-event, rejected lines kept in place', () => {
    const negotiation = new SdpNegotiation(LOCAL);
    expect(negotiation.offer()).toContain('m=audio 20000 RTP/AVP 0 8 101');
    answered(negotiation, offer('m=video 5000 RTP/AVP 96', AUDIO));
    const lines = negotiation.offer().split('\r\n');
    expect(lines.filter((line) => line.startsWith('m='))).toEqual(['m=video 0 RTP/AVP 96', 'm=audio 20000 RTP/AVP 0 8 101']);
  });

  it('takes the answer to its offer: codec, address, event types', () => {
    const negotiation = new SdpNegotiation(LOCAL);
    negotiation.offer();
    const accepted = negotiation.accept(offer('m=audio 4000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000'));
    expect(accepted).toEqual({
      ok: true,
      value: {
        address: '198.51.100.9',
        port: 4000,
        codec: 'PCMA',
        payloadType: 8,
        eventTypes: [101, 96],
        send: true,
        receive: true,
      },
    });
  });

  it('refuses an answer that rejects the audio', () => {
    const negotiation = new SdpNegotiation(LOCAL);
    negotiation.offer();
    const accepted = negotiation.accept(offer('m=audio 0 RTP/AVP 0'));
    expect(accepted.ok ? 'accepted' : accepted.error.code).toBe('SDP_NO_AUDIO');
  });
});
