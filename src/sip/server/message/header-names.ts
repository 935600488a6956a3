/**
 * Header names. Inside the server every known header has one spelling, so looking one up is a plain comparison; compact forms
 * (RFC 3261 §7.3.3 and the extensions named below) exist only on the wire.
 */

const COMPACT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact', // RFC 3841
  b: 'Referred-By', // RFC 3892
  c: 'Content-Type',
  d: 'Request-Disposition', // RFC 3841
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact', // RFC 3841
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info', // RFC 4474
  o: 'Event', // RFC 6665
  r: 'Refer-To', // RFC 3515
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events', // RFC 6665
  v: 'Via',
  x: 'Session-Expires', // RFC 4028
  y: 'Identity', // RFC 8224
};

const KNOWN = [
  'Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info Authorization',
  'Call-ID Call-Info Contact Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Date',
  'Diversion Error-Info Event Expires From Geolocation History-Info Identity Identity-Info In-Reply-To Max-Forwards',
  'MIME-Version Min-Expires Min-SE Organization P-Asserted-Identity P-Preferred-Identity Path Priority Privacy',
  'Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason Record-Route Refer-To Referred-By Reject-Contact',
  'Remote-Party-ID Replaces Reply-To Request-Disposition Require Retry-After Route RSeq Server Service-Route',
  'Session-Expires Subject Subscription-State Supported Timestamp To Unsupported User-Agent Via Warning WWW-Authenticate',
].flatMap((line) => line.split(' '));

const CANONICAL = new Map<string, string>([
  ...KNOWN.map((name) => [name, name] as const),
  ...KNOWN.map((name) => [name.toLowerCase(), name] as const),
  ...Object.entries(COMPACT),
  ...Object.entries(COMPACT).map(([short, long]) => [short.toUpperCase(), long] as const),
]);

/**
 * The one spelling of a header name: compact forms expanded, known names in their RFC spelling whatever their case.
 * Unknown names (`X-…`) come back as they are.
 */
export function canonicalName(name: string): string {
  return CANONICAL.get(name) ?? CANONICAL.get(name.toLowerCase()) ?? name;
}
