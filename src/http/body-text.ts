/* Bytes of an answer as text: byte order marks, charsets, and what bytes say of themselves. */

/** Byte order marks (Unicode 23.8), the longer ones first: that of UTF-32LE begins with that of UTF-16LE. */
const MARKS: readonly (readonly [bytes: readonly number[], charset: string])[] = [
  [[0xff, 0xfe, 0x00, 0x00], 'utf-32le'],
  [[0x00, 0x00, 0xfe, 0xff], 'utf-32be'],
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** Which of the first four bytes are 0 when the first two characters are ASCII (RFC 4627 §3, XML 1.0 appendix F). */
const ZEROS: ReadonlyMap<string, string> = new Map([
  ['.000', 'utf-32le'],
  ['000.', 'utf-32be'],
  ['.0.0', 'utf-16le'],
  ['0.0.', 'utf-16be'],
]);

/**
 * Body bytes as text. A byte order mark decides, whatever the server says; then bytes that can only be UTF-16 or UTF-32; then the charset
 * of the Content-Type, an XML declaration (RFC 7303 §3), and UTF-8 when neither is there or the name is unknown. The mark is dropped.
 */
export function bodyText(body: Buffer, contentType: string): string {
  return decoded(body, charsetOf(body, contentType)).replace(/^\uFEFF+/u, '');
}

function charsetOf(body: Buffer, contentType: string): string {
  const marked = MARKS.find(([mark]) => mark.every((byte, at) => body[at] === byte))?.[1];
  if (marked !== undefined) return marked;
  const zeros = [...body.subarray(0, 4)].map((byte) => (byte === 0 ? '0' : '.')).join('');
  return (
    ZEROS.get(zeros) ??
    /;\s*charset\s*=\s*["']?([^\s"';]+)/iu.exec(contentType)?.[1] ??
    /^<\?xml[^>]{0,100}\sencoding\s*=\s*["']([\w.-]+)/u.exec(body.toString('latin1', 0, 150))?.[1] ??
    'utf-8'
  );
}

function decoded(body: Buffer, charset: string): string {
  const name = charset.toLowerCase();
  if (/^utf-?32/u.test(name)) return fromUtf32(body, name.endsWith('le'));
  try {
    return new TextDecoder(name).decode(body);
  } catch {
    // An unknown charset label; what most servers meant is UTF-8.
    return new TextDecoder().decode(body);
  }
}

const REPLACEMENT = '\uFFFD';
const LAST_CHARACTER = 0x10ffff;
const CHARACTER_BYTES = 4;

/** No part of the platform reads it any more. */
function fromUtf32(body: Buffer, littleEndian: boolean): string {
  const characters: string[] = [];
  for (let at = 0; at + CHARACTER_BYTES <= body.length; at += CHARACTER_BYTES) {
    const code = littleEndian ? body.readUInt32LE(at) : body.readUInt32BE(at);
    const sound = code <= LAST_CHARACTER && (code < 0xd800 || code > 0xdfff);
    characters.push(sound ? String.fromCodePoint(code) : REPLACEMENT);
  }
  if (body.length % CHARACTER_BYTES !== 0) characters.push(REPLACEMENT);
  return characters.join('');
}
