/*
 * Broken messages by the thousand, the same ones for the same seed.
 */

/** What breaks parsers: separators, quotes, line ends, numbers at their limits, format strings, UTF-8 that is none. */
const NASTY = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    '\r\n ',
    '\r\n\r\n',
    ';',
    ',',
    ':',
    '"',
    '\\',
    '<',
    '>',
    '@',
    '=',
    '%',
    '[',
    ']',
    '(',
    ')',
  ],
  ...[
    '0',
    '-1',
    '256',
    '65536',
    '2147483648',
    '4294967296',
    '18446744073709551616',
    '99999999999999999999999999',
    '1e9',
    '%00',
    '%s%n',
  ],
  ...[
    'SIP/2.0',
    'sip:',
    'tel:',
    'Via: ',
    'v: ',
    'Content-Length: ',
    'l: 5\r\n',
    'tag=',
    'branch=z9hG4bK',
    '*',
    '[::1]',
    '[::ffff:1.2.3.4]',
  ],
  ...[
    'INVITE',
    'ACK',
    'CANCEL',
    'BYE',
    'REGISTER',
    'PRACK',
    'UPDATE',
    'application/sdp',
    'multipart/mixed;boundary=',
    '__proto__',
  ],
].map((text) => Buffer.from(text));
const NOT_UTF8 = Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf8, 0x88, 0xff, 0xfe]);

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A copy of `message` with one to six changes: bytes flipped, cut out, doubled or put in. */
export function mutate(message: Buffer, random: () => number): Buffer {
  let bytes = message;
  for (let edits = 1 + Math.floor(random() * 6); edits > 0; edits--) bytes = edited(bytes, random);
  return bytes;
}

function edited(bytes: Buffer, random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit);
  const at = below(bytes.length + 1);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (below(7)) {
    case 0:
      return Buffer.concat([head, Buffer.from([below(256)]), tail.subarray(1)]);
    case 1:
      return Buffer.concat([head, tail.subarray(below(40))]);
    case 2:
      return Buffer.concat([head, tail.subarray(0, below(200)), tail]);
    case 3:
      return Buffer.concat([head, Buffer.alloc(below(random() < 0.1 ? 9000 : 300), below(256)), tail]);
    case 4:
      return head.subarray(0, below(20) === 0 ? head.length : bytes.length);
    case 5:
      return Buffer.concat([head, NOT_UTF8.subarray(0, 1 + below(NOT_UTF8.length)), tail]);
    default:
      return Buffer.concat([head, NASTY[below(NASTY.length)] ?? NOT_UTF8, tail]);
  }
}
