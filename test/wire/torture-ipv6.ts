import { common, torture, type Torture } from './torture.js';

/* Torture messages in the spirit of RFC 5118, written from its text: IPv6 in every place of a SIP message. */

let branches = 0;
const via = (rest: string): Record<string, string> => ({
  Via: `Via: SIP/2.0/UDP ${rest};branch=z9hG4bKipv6${++branches}`,
});
const v6 = (): Record<string, string> => via('[2001:db8::9:1]');
const sdp = (...connections: readonly string[]): string =>
  [
    'v=0',
    'o=assistant 971731711378798081 0 IN IP6 2001:db8::20',
    's=Live video feed for today\u2019s meeting',
    ...connections,
    't=3338481189 3370017201',
    'm=audio 6000 RTP/AVP 0',
    '',
  ].join('\r\n');
const withSdp = (): Record<string, string> => ({ ...v6(), 'Content-Type': 'Content-Type: application/sdp' });

export const TORTURE_IPV6: readonly Torture[] = [
  torture(
    '4.1 an IPv6 reference',
    200,
    common('OPTIONS sip:[2001:db8::10] SIP/2.0', { ...v6(), Contact: 'Contact: sip:user@[2001:db8::1]' }),
  ),
  torture('4.2 an IPv6 address without its brackets', 400, common('OPTIONS sip:2001:db8::10 SIP/2.0', v6())),
  torture('4.3 a port that is part of the address', 200, common('OPTIONS sip:[2001:db8::10:5070] SIP/2.0', v6())),
  torture('4.4 a port behind the address', 200, common('OPTIONS sip:[2001:db8::10]:5070 SIP/2.0', v6())),
  torture(
    '4.5 received with and without brackets',
    200,
    common('OPTIONS sip:[2001:db8::10] SIP/2.0', {
      ...via('[2001:db8::9:1];received=[2001:db8::9:255]'),
      Via2: 'Via: SIP/2.0/UDP [2001:db8::9:2];received=2001:db8::9:255;branch=z9hG4bKas3',
    }),
  ),
  torture(
    '4.6 an IPv6 address in the SDP',
    200,
    common('INVITE sip:user@[2001:db8::10] SIP/2.0', { ...withSdp(), Contact: 'Contact: <sip:caller@[2001:db8::20]>' }),
    sdp('c=IN IP6 2001:db8::20'),
  ),
  torture(
    '4.7 addresses of both families in one message',
    200,
    common('OPTIONS sip:user@host.example.com SIP/2.0', {
      ...via('192.0.2.1:5061'),
      Via2: 'Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111',
      Contact: 'Contact: "Caller" <sip:caller@[2001:db8::1]>, <sip:caller@192.0.2.1>',
    }),
  ),
  torture(
    '4.8 an IPv4-mapped address',
    200,
    common('OPTIONS sip:user@example.com SIP/2.0', {
      ...via('[::ffff:192.0.2.2]:19823'),
      Contact: 'Contact: "T desk phone" <sip:ted@[::ffff:192.0.2.2]>',
    }),
  ),
  torture(
    '4.9 the colon too many of the first grammar',
    [200, 400],
    common('OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0', v6()),
  ),
  torture('a reference that is never closed', 400, common('OPTIONS sip:user@[2001:db8::1 SIP/2.0', v6())),
  torture('a reference of nonsense', 400, common('OPTIONS sip:user@[gggg::1] SIP/2.0', v6())),
];
