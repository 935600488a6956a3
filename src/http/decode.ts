import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { err, ok, type Result } from '../lib/result.js';

/** Why a body could not be used. */
export type BodyProblem = 'too-large' | 'bad-encoding';

/** The same with a sentence part about the answer; empty when the kind says it all. */
export interface DecodeProblem {
  readonly kind: BodyProblem;
  readonly detail: string;
}

type Decoded = Result<Buffer, DecodeProblem>;
type Inflate = (body: Buffer, options: { maxOutputLength: number }, done: (error: Error | null, decoded: Buffer) => void) => void;

/** RFC 1952 §2.3.1: the mark and the one method there is. */
const isGzip = (body: Buffer): boolean => body[0] === 0x1f && body[1] === 0x8b && body[2] === 8;
/** RFC 1950 §2.2: method 8, window up to 32 KB, and a check over both bytes. */
const isZlib = (body: Buffer): boolean => ((body[0] ?? 0) & 0x8f) === 8 && body.length > 2 && body.readUInt16BE(0) % 31 === 0;

/** RFC 9110 §8.4.1: "deflate" is zlib and "gzip" is gzip; servers take one for the other, or send the raw form. The bytes tell. */
const inflateAny: Inflate = (body, options, done) => {
  (isGzip(body) ? gunzip : isZlib(body) ? inflate : inflateRaw)(body, options, done);
};
const gunzipOrInflate: Inflate = (body, options, done) => {
  (isZlib(body) ? inflate : gunzip)(body, options, done);
};

const DECODERS: Readonly<Record<string, Inflate>> = {
  gzip: gunzipOrInflate,
  'x-gzip': gunzipOrInflate,
  deflate: inflateAny,
  br: brotliDecompress,
};

/** What servers put there that is no content coding: the body is as it is. Names of charsets and media types are taken so too. */
const NO_CODINGS: ReadonlySet<string> = new Set([
  ...['', 'identity', 'none', 'null', 'no', 'false', 'off', 'raw', 'plain', 'text', 'binary', '7bit', '8bit', '8-bit'],
  ...['base64', 'quoted-printable', 'chunked', 'aws-chunked', 'utf', 'utf-32', 'utf32', 'unicode', 'ansi'],
]);

/** Compressed forms that nothing here reads, by the bytes they begin with. */
const UNREADABLE: readonly (readonly [string, Buffer])[] = [
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ['bzip2', Buffer.from('BZh91AY&SY')],
];

/**
 * Undoes the content coding. Output stops at `maxBytes`: a bomb costs at most that much memory. What is no coding (a charset, `none`,
 * `identity`) says nothing. A body that is compressed and not called so is told by its first bytes, gzip and zlib are undone. Two codings
 * that are named, an unknown one and broken data are `bad-encoding`, with words.
 *
 * @param lines the values of `Content-Encoding`, one a line: together they are one list (RFC 9110 §5.3, §8.4)
 */
export async function decodeBody(body: Buffer, lines: readonly string[], maxBytes: number): Promise<Decoded> {
  if (body.length === 0) return ok(body);
  const codings = lines.flatMap((line) => line.split(',')).map(codingOf);
  const named = codings.filter((name) => !isNoCoding(name));
  const [coding] = named;
  if (coding === undefined) return unlabelled(body, maxBytes);
  if (named.length > 1) return bad(`has more than one Content-Encoding (${shown(named.join(', '))})`);
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (decoder === undefined) return bad(`has a Content-Encoding that Offhook does not know: ${shown(coding)}`);
  const decoded = await run(decoder, body, maxBytes);
  if (decoded === 'too-large') return err({ kind: 'too-large', detail: '' });
  if (decoded === 'broken') {
    const plain = coding !== 'br' && !isGzip(body) && !isZlib(body);
    return bad(plain ? `is said to be ${coding} and is not` : `is compressed by ${coding} and broken`);
  }
  return unlabelled(decoded, maxBytes);
}

/** True when the first bytes are those of a compressed form. */
export function looksCompressed(body: Buffer): boolean {
  return isGzip(body) || isZlib(body) || UNREADABLE.some(([, mark]) => body.subarray(0, mark.length).equals(mark));
}

async function unlabelled(body: Buffer, maxBytes: number): Promise<Decoded> {
  const unreadable = UNREADABLE.find(([, mark]) => body.subarray(0, mark.length).equals(mark));
  if (unreadable !== undefined) return bad(`is compressed by ${unreadable[0]}, which Offhook does not read`);
  if (isGzip(body)) {
    const decoded = await run(gunzip, body, maxBytes);
    if (decoded === 'too-large') return err({ kind: 'too-large', detail: '' });
    return decoded === 'broken' ? bad('is compressed by gzip without a Content-Encoding that says so, and broken') : ok(decoded);
  }
  if (!isZlib(body)) return ok(body);
  // Plain text may begin so by chance: only what can be undone whole is taken for it.
  const decoded = await run(inflate, body, maxBytes);
  if (decoded === 'too-large') return err({ kind: 'too-large', detail: '' });
  return ok(decoded === 'broken' ? body : decoded);
}

function codingOf(text: string): string {
  return text
    .trim()
    .replace(/^"(.*)"$/su, '$1')
    .replace(/;.*$/su, '')
    .trim()
    .toLowerCase();
}

function isNoCoding(name: string): boolean {
  if (NO_CODINGS.has(name) || name.includes('/') || name.startsWith('charset=')) return true;
  try {
    new TextDecoder(name);
    return true;
  } catch {
    return false;
  }
}

function shown(text: string): string {
  return text.replace(/[^\u0021-\u007e ]+/gu, '?').slice(0, 60);
}

function bad(detail: string): Decoded {
  return err({ kind: 'bad-encoding', detail });
}

function run(decoder: Inflate, body: Buffer, maxBytes: number): Promise<Buffer | 'too-large' | 'broken'> {
  return new Promise((resolve) => {
    decoder(body, { maxOutputLength: maxBytes }, (error, decoded) => {
      if (error === null) resolve(decoded);
      else resolve((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'broken');
    });
  });
}
