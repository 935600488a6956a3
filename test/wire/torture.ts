/*
 * Torture messages in the spirit of RFC 4475, written from its text: each tests what the section of that name tests. `answer` is what
 * an element that serves every method, knows no extension but ours and answers 200 to whatever it accepts must send; null is silence.
 */

export interface Torture {
  /** Section of RFC 4475 and its name there. */
  readonly name: string;
  readonly answer: number | readonly number[] | null;
  readonly message: Buffer;
}

const BODY =
  'v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0\r\n';

/** Lines joined by CRLF, the body behind a blank line; `{L}` is its length. Latin-1 unless the text needs more. */
export function torture(name: string, answer: Torture['answer'], lines: readonly string[], body: string | Buffer = ''): Torture {
  const bytes = Buffer.from(body);
  const head = lines.join('\r\n').replace('{L}', String(bytes.length));
  return { name, answer, message: Buffer.concat([Buffer.from(`${head}\r\n\r\n`), bytes]) };
}

let serial = 0;
/** The headers most messages have; `change` replaces or (with null) removes a line by its name. */
export function common(start: string, change: Record<string, string | null> = {}): string[] {
  serial++;
  const method = start.split(' ')[0] ?? '';
  const lines: Record<string, string | null> = {
    Via: `Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKtorture${serial}`,
    From: 'From: <sip:caller@example.net>;tag=323233',
    To: 'To: <sip:user@example.com>',
    'Call-ID': `Call-ID: torture${serial}.asdf98s@192.0.2.9`,
    CSeq: `CSeq: 9 ${method}`,
    'Max-Forwards': 'Max-Forwards: 70',
    Contact: 'Contact: <sip:caller@host5.example.net>',
    'Content-Length': 'Content-Length: {L}',
    ...change,
  };
  return [start, ...Object.values(lines).filter((line) => line !== null)];
}

const sdp = { 'Content-Type': 'Content-Type: application/sdp' };

export const TORTURE: readonly Torture[] = [
  torture(
    '3.1.1.1 a short tortuous INVITE',
    // It carries a To tag, so it belongs to a dialog that we do not have.
    481,
    [
      'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
      'TO :',
      ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
      '  ;',
      '  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: wsinv.ndaksdj@192.0.2.1',
      'Content-Length   : {L}',
      'cseq: 0009',
      '  INVITE',
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    192.0.2.2;branch=390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value',
      ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Content-Type: application/sdp',
      'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
      ' z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
    ],
    BODY,
  ),
  torture('3.1.1.2 wide range of valid characters', 501, [
    "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
    "Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
    'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
    "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u0440\u0430\u0431\u043E\u0442\u0430\u044E\u0449\u0438\u0439\";tag=_token~1'+`*%!-.",
    'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
    "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
    'Max-Forwards: 255',
    "extensionHeader-!.%*+_`'~:\uFEFF\u5927\u505C\u96FB",
    'Content-Length: 0',
  ]),
  torture(
    '3.1.1.3 valid use of percent escapes',
    200,
    [
      ...common('INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0', {
        ...sdp,
        To: 'To: sip:%75se%72@example.com',
        From: 'From: <sip:I%20have%20spaces@example.net>;tag=938',
        Contact: 'Contact: <sip:cal%6Cer@host5.example.net; %6C%72; n%61me=v%61lue%25%34%31>'.replaceAll('; ', ';'),
      }),
    ],
    BODY,
  ),
  torture(
    '3.1.1.4 escaped nulls in URIs',
    200,
    common('REGISTER sip:example.com SIP/2.0', {
      To: 'To: sip:null-%00-null@example.com',
      From: 'From: sip:null-%00-null@example.com;tag=839923423',
      Contact: 'Contact: <sip:%00@host5.example.com>',
      More: 'Contact: <sip:%00%00@host5.example.com>',
    }),
  ),
  torture(
    '3.1.1.5 a percent sign that escapes nothing in the method',
    501,
    common('RE%47IST%45R sip:registrar.example.com SIP/2.0'),
  ),
  torture(
    '3.1.1.6 no white space between display name and angle bracket',
    200,
    common('OPTIONS sip:user@example.com SIP/2.0', {
      From: 'From: caller<sip:caller@example.com>;tag=323',
    }),
  ),
  torture(
    '3.1.1.7 long values in header fields',
    200,
    common('INVITE sip:user@example.com SIP/2.0', {
      ...sdp,
      To: `To: "I have a user name of ${'extreme'.repeat(30)} proportion" <sip:user@example.com:6000;unknownparam1=${'very'.repeat(40)}longvalue;longparam${'name'.repeat(40)}=shortvalue;very${'long'.repeat(30)}ParameterNameWithNoValue>`,
      From: `From: sip:amazinglylongcallername${'amazing'.repeat(40)}@example.net;tag=${'12982982982'.repeat(20)}424;unknownheaderparam${'name'.repeat(40)}=unknowheaderparam${'value'.repeat(40)}`,
      'Call-ID': `Call-ID: longreq.one${'really'.repeat(40)}longcallid`,
      Unknown: `Unknown-${'Long'.repeat(40)}-Name: unknown-${'long'.repeat(100)}-value; unknown-${'long'.repeat(40)}-parameter-name = unknown-${'long'.repeat(40)}-value`,
      Via1: `Via: SIP/2.0/TCP sip33.example.com`,
      Via2: `v: SIP/2.0/TCP ${'very'.repeat(15)}long.example.com;branch=${'verylong'.repeat(20)}branchvalue`,
      Contact: `Contact: <sip:amazinglylongcallername${'amazing'.repeat(40)}@host5.example.net>`,
    }),
    BODY,
  ),
  torture(
    '3.1.1.8 a second message behind the first in one datagram',
    200,
    common('OPTIONS sip:user@example.com SIP/2.0', {
      'Content-Length': 'Content-Length: 0',
    }),
    'INVITE sip:joe@example.com SIP/2.0\r\nt: sip:joe@example.com\r\n\r\n',
  ),
  torture(
    '3.1.1.9 semicolon-separated parameters in the user part',
    200,
    common('OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0'),
  ),
  torture(
    '3.1.1.10 varied transport types',
    200,
    common('OPTIONS sip:user@example.com SIP/2.0', {
      Via1: 'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf',
      Via2: 'Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj',
      Via3: 'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en',
      Via4: 'Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee',
    }),
  ),
  torture(
    '3.1.1.11 multipart MIME',
    200,
    common('INVITE sip:user@example.com SIP/2.0', {
      Type: 'Content-Type: multipart/mixed;boundary=7a9cbec02ceef655',
    }),
    Buffer.concat([
      Buffer.from(
        `--7a9cbec02ceef655\r\nContent-Type: application/sdp\r\n\r\n${BODY}\r\n--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n`,
      ),
      Buffer.from([0x30, 0x82, 0x00, 0xff, 0x0d, 0x0a, 0x0d, 0x0a, 0x80]),
      Buffer.from('\r\n--7a9cbec02ceef655--\r\n'),
    ]),
  ),
  torture('3.1.1.12 unusual reason phrase', null, [
    'SIP/2.0 200 = 2**3 * 5**2 \u043D\u043E \u0441\u0442\u043E \u0434\u0435\u0432\u044F\u043D\u043E\u0441\u0442\u043E',
    ...common('INVITE x', {}).slice(1),
  ]),
  torture('3.1.1.13 empty reason phrase', null, ['SIP/2.0 100 ', ...common('INVITE x', {}).slice(1)]),
  torture(
    '3.1.2.1 extraneous header field separators',
    400,
    common('INVITE sip:user@example.com SIP/2.0', {
      Via: 'Via: SIP/2.0/UDP 192.0.2.15;;,;,,',
      ...sdp,
    }),
    BODY,
  ),
  torture(
    '3.1.2.2 Content-Length larger than message',
    400,
    common('INVITE sip:user@example.com SIP/2.0', {
      ...sdp,
      'Content-Length': 'Content-Length: 9999',
    }),
    BODY,
  ),
  torture(
    '3.1.2.3 negative Content-Length',
    400,
    common('INVITE sip:user@example.com SIP/2.0', {
      ...sdp,
      'Content-Length': 'Content-Length: -999',
    }),
    BODY,
  ),
  torture(
    '3.1.2.4 request scalars with overlarge values',
    400,
    common('REGISTER sip:example.com SIP/2.0', {
      CSeq: 'CSeq: 36893488147419103232 REGISTER',
      'Max-Forwards': 'Max-Forwards: 300',
      Expires: 'Expires: 10000000000000000000000000000000000000000000000000',
    }),
  ),
  torture('3.1.2.5 response scalars with overlarge values', null, [
    'SIP/2.0 503 Service Unavailable',
    ...common('OPTIONS x', {
      CSeq: 'CSeq: 9292394834772304023312 OPTIONS',
      Retry: 'Retry-After: 949302838503028349304023988',
    }).slice(1),
  ]),
  torture(
    '3.1.2.6 unterminated quoted string in display name',
    400,
    common('INVITE sip:user@example.com SIP/2.0', {
      To: 'To: "Mr. J. User <sip:j.user@example.com>',
      ...sdp,
    }),
    BODY,
  ),
  torture('3.1.2.7 angle brackets around the Request-URI', 400, common('INVITE <sip:user@example.com> SIP/2.0', sdp), BODY),
  torture('3.1.2.8 white space in the Request-URI', 400, common('INVITE sip:user@example.com; lr SIP/2.0', sdp), BODY),
  torture('3.1.2.9 multiple spaces in the Request-Line', 400, common('INVITE  sip:user@example.com  SIP/2.0', sdp), BODY),
  torture('3.1.2.10 spaces behind the SIP version', 400, common('OPTIONS sip:remote-target@example.com SIP/2.0  ')),
  torture(
    '3.1.2.11 headers escaped in the Request-URI',
    [200, 400],
    common('INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0', sdp),
    BODY,
  ),
  torture(
    '3.1.2.12 a Date in another time zone',
    [200, 400],
    common('INVITE sip:user@example.com SIP/2.0', {
      ...sdp,
      Date: 'Date: Fri, 01 Jan 2010 16:00:00 EST',
    }),
    BODY,
  ),
  torture(
    '3.1.2.13 a Contact without the brackets it needs',
    400,
    common('REGISTER sip:example.com SIP/2.0', {
      Contact: 'Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E',
    }),
  ),
  torture(
    '3.1.2.14 spaces within an addr-spec',
    400,
    common('OPTIONS sip:user@example.org SIP/2.0', {
      To: 'To: "Watson, Thomas" < t.watson@example.org >',
    }),
  ),
  torture(
    '3.1.2.15 a display name that is no token',
    [200, 400],
    common('OPTIONS sip:t.watson@example.org SIP/2.0', {
      From: 'From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43',
    }),
  ),
  torture('3.1.2.16 unknown protocol version', 505, common('OPTIONS sip:t.watson@example.org SIP/7.0')),
  torture(
    '3.1.2.17 start line and CSeq name different methods',
    400,
    common('OPTIONS sip:user@example.com SIP/2.0', { CSeq: 'CSeq: 8 INVITE' }),
  ),
  torture(
    '3.1.2.18 an unknown method and another in CSeq',
    [400, 501],
    common('NEWMETHOD sip:user@example.com SIP/2.0', {
      CSeq: 'CSeq: 8 INVITE',
      ...sdp,
    }),
    BODY,
  ),
  torture('3.1.2.19 overlarge response code', null, [
    'SIP/2.0 4294967301 better not break the receiver',
    ...common('INVITE x').slice(1),
  ]),
  torture(
    '3.2.1 a branch that is the magic cookie and nothing else',
    200,
    common('OPTIONS sip:user@example.com SIP/2.0', {
      Via: 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK',
    }),
  ),
  torture(
    '3.3.1 missing required header fields',
    400,
    [
      'INVITE sip:user@example.com SIP/2.0',
      'CSeq: 193942 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf',
      'Content-Type: application/sdp',
      'Content-Length: {L}',
    ],
    BODY,
  ),
  torture('3.3.2 Request-URI with unknown scheme', 416, common('OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0')),
  torture('3.3.3 Request-URI with a known scheme that is not SIP', 416, common('OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0')),
  torture(
    '3.3.4 unknown schemes in From and To',
    200,
    common('REGISTER sip:example.com SIP/2.0', {
      To: 'To: isbn:2983792873',
      From: 'From: <http://www.example.com>;tag=3234233',
    }),
  ),
  torture(
    '3.3.5 Proxy-Require and Require',
    420,
    common('OPTIONS sip:user@example.com SIP/2.0', {
      Require: 'Require: nothingSupportsThis, nothingSupportsThisEither',
      Proxy: 'Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis',
    }),
  ),
  torture(
    '3.3.6 unknown Content-Type',
    415,
    common('INVITE sip:user@example.com SIP/2.0', {
      Type: 'Content-Type: application/unknownformat',
    }),
    '<audio><pcmu port="443"/></audio>',
  ),
  torture(
    '3.3.7 unknown authorization scheme',
    200,
    common('REGISTER sip:example.com SIP/2.0', {
      Authorization: 'Authorization: NoOneKnowsThisScheme opaque-data=here',
    }),
  ),
  torture(
    '3.3.8 multiple values in single-value headers',
    400,
    common('INVITE sip:user@company.com SIP/2.0', {
      ...sdp,
      To2: 'To: sip:user2@company.com',
      From2: 'From: sip:caller2@company.net;tag=12387348',
      Id2: 'Call-ID: multi01.88b8c1d2',
      CSeq2: 'CSeq: 59 INVITE',
      Forwards2: 'Max-Forwards: 5',
    }),
    BODY,
  ),
  torture(
    '3.3.9 multiple Content-Length values',
    400,
    common('OPTIONS sip:user@example.com SIP/2.0', {
      'Content-Length': 'Content-Length: 13',
      Again: 'Content-Length: 5',
    }),
    "There's no way to know how many octets are supposed to be here.",
  ),
  torture('3.3.10 a 200 with a broadcast Via', null, [
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
    'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23',
    ...common('INVITE x').slice(2),
  ]),
  torture(
    '3.3.11 Max-Forwards of zero',
    200,
    common('OPTIONS sip:user@example.com SIP/2.0', { 'Max-Forwards': 'Max-Forwards: 0' }),
  ),
  torture(
    '3.3.12 REGISTER with a Contact header parameter',
    200,
    common('REGISTER sip:example.com SIP/2.0', { Contact: 'Contact: sip:+19725552222@gw1.example.net;unknownparam' }),
  ),
  torture(
    '3.3.13 REGISTER with a URL parameter',
    200,
    common('REGISTER sip:example.com SIP/2.0', { Contact: 'Contact: <sip:+19725552222@gw1.example.net;unknownparam>' }),
  ),
  torture(
    '3.3.14 REGISTER with a URL-escaped header',
    200,
    common('REGISTER sip:example.com SIP/2.0', { Contact: 'Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>' }),
  ),
  torture(
    '3.3.15 unacceptable Accept offering',
    406,
    common('INVITE sip:user@example.com SIP/2.0', {
      ...sdp,
      Accept: 'Accept: text/nobodyKnowsThis',
    }),
    BODY,
  ),
  torture(
    '3.4.1 INVITE of RFC 2543 times',
    200,
    [
      'INVITE sip:UserB@example.com SIP/2.0',
      'Via: SIP/2.0/UDP iftgw.example.com',
      'From: <sip:+13035551111@ift.client.example.net;user=phone>',
      'Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>',
      'To: sip:+16505552222@ss1.example.net;user=phone',
      'Call-ID: inv2543.1717@ift.client.example.com',
      'CSeq: 56 INVITE',
      'Content-Type: application/sdp',
    ],
    BODY,
  ),
];
