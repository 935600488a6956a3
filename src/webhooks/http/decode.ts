import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { err, ok, type Result } from '../../lib/result.js';

/** Why a body could not be used. */
export type BodyProblem = 'too-large' | 'bad-encoding';

type Inflate = (body: Buffer, options: { maxOutputLength: number }, done: (error: Error | null, decoded: Buffer) => void) => void;

/** RFC 9110 §8.4.1: "deflate" is zlib; some servers send the raw form, told apart by the zlib header's method nibble. */
const inflateEither: Inflate = (body, options, done) => {
  const zlib = ((body[0] ?? 0) & 0x0f) === 8;
  (zlib ? inflate : inflateRaw)(body, options, done);
};

const DECODERS: Readonly<Record<string, Inflate>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflateEither,
  br: brotliDecompress,
};

/**
 * Undoes one layer of content-encoding. Output stops at `maxBytes`: a bomb costs at most that much memory.
 * Two layers, an unknown coding or broken data are `bad-encoding`.
 *
 * @param lines the values of the field, one a line: together they are one list (RFC 9110 §5.3, §8.4)
 */
export function decodeBody(body: Buffer, lines: readonly string[], maxBytes: number): Promise<Result<Buffer, BodyProblem>> {
  const listed = lines.flatMap((line) => line.split(',')).map((name) => name.trim().toLowerCase());
  const codings = listed.filter((name) => name !== '' && name !== 'identity');
  const [coding] = codings;
  if (coding === undefined || body.length === 0) return Promise.resolve(ok(body));
  if (codings.length > 1) return Promise.resolve(err('bad-encoding'));
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (decoder === undefined) return Promise.resolve(err('bad-encoding'));
  return new Promise((resolve) => {
    decoder(body, { maxOutputLength: maxBytes }, (error, decoded) => {
      if (error === null) resolve(ok(decoded));
      else resolve(err((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'bad-encoding'));
    });
  });
}

/**
 * Body bytes as text in the charset that the Content-Type names, else an XML declaration (RFC 7303 §3); UTF-8 when neither does
 * or the name is unknown. A BOM is dropped.
 */
export function bodyText(body: Buffer, contentType: string): string {
  const charset =
    /;\s*charset\s*=\s*"?([^\s";]+)/iu.exec(contentType)?.[1] ??
    /^<\?xml[^>]{0,100}\sencoding\s*=\s*["']([\w.-]+)/u.exec(body.toString('latin1', 0, 150))?.[1] ??
    'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    // An unknown charset label; what most servers meant is UTF-8.
    return new TextDecoder().decode(body);
  }
}
