import { percentEncode, wellFormed } from '../../lib/percent-encode.js';

/*
 * The ways a secret can be spelled in what a server sends back: it may repeat a header, a URL, a login or a body, as it came or
 * put into its own JSON or XML.
 */

/** Pieces of base64 shorter than this are found by chance. Characters. */
const MIN_BASE64 = 8;

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Every spelling of a secret that is searched for, longest first. */
export function spellingsOf(secret: string): readonly string[] {
  const utf8 = wellFormed(secret);
  const percent = encodeURIComponent(utf8);
  const form = new URLSearchParams([['', utf8]]).toString().slice(1);
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inXml = secret.replace(/[&<>"']/gu, (char) => XML[char] ?? char);
  const all = [
    secret,
    percent,
    percentEncode(secret),
    form,
    inJson,
    inJson.replaceAll('/', '\\/'),
    inXml,
    ...base64Spellings(secret),
  ];
  return [...new Set(all)].sort((a, b) => b.length - a.length);
}

/**
 * The part of any base64 text that holds the secret and nothing else: a byte's place in its group of three decides how it is
 * spelled, and `user:password` puts the password at any of them (RFC 4648 §4, RFC 7617).
 */
function base64Spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((place) => {
    const text = Buffer.concat([Buffer.alloc(place), bytes]).toString('base64');
    // Each character stands for six bits; the first and last ones may hold a neighbour's.
    const own = text.slice(Math.ceil((place * 8) / 6), Math.floor(((place + bytes.length) * 8) / 6));
    return own.length < MIN_BASE64 ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
