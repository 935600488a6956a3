import { percentEncode } from '../../lib/percent-encode.js';

/*
 * What variables may do to a URL. A request carries headers and secrets, and much of what variables hold comes from callers: a value
 * goes into one segment of the path or into the query, and never decides where the request goes. The checker asks before any value
 * is known, the run with the values; both ask here.
 */

/** A piece of a URL template. `text` of a value is null where it is not known yet. */
export type UrlPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'secret' }
  | {
      readonly kind: 'value';
      /** The variable as written. */
      readonly source: string;
      readonly text: string | null;
      /** It may be the beginning of a URL, scheme and host included. */
      readonly trusted: boolean;
    };

/** Why a URL is refused. `origin` and `beginning` hold whatever the values are, except that they may make a beginning trusted. */
export interface UrlRefusal {
  readonly part: 'beginning' | 'origin' | 'path';
  /** A sentence part that names the variable, never its value. */
  readonly why: string;
}

/** Why a request to the URL of these pieces must not be made; null when its variables stay in their places. */
export function urlRefusal(pieces: readonly UrlPiece[]): UrlRefusal | null {
  const shape = new UrlShape();
  for (const piece of pieces) {
    const refusal = shape.add(piece);
    if (refusal !== null) return refusal;
  }
  return shape.end();
}

/** Scheme and host with what ends the host, as URL parsers of today read them: any number of slashes, either way round. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:[/\\]*[^/\\?#]+(?=[/\\?#])/iu;

/** What URL parsers leave out wherever it stands. */
const LEFT_OUT = /[\t\r\n]/gu;

/** Stands for what is not known here: a secret, or a value before the run. */
const OPAQUE = 'x';

class UrlShape {
  /** What the URL begins with, until its host has ended. */
  #head = '';
  #place: 'origin' | 'path' | 'behind' = 'origin';
  /** The segment of the path that is being gathered, and the variables in it. */
  #segment = '';
  #sources: string[] = [];

  add(piece: UrlPiece): UrlRefusal | null {
    switch (piece.kind) {
      case 'text':
        return this.#text(piece.text.replace(LEFT_OUT, ''));
      case 'secret':
        // The site's own: it may be the beginning, and what it holds is trusted.
        if (this.#place === 'origin') this.#head += this.#head.trim() === '' ? `https://${OPAQUE}` : OPAQUE;
        else this.#segment += OPAQUE;
        return null;
      case 'value':
        return this.#value(piece);
    }
  }

  /** The last segment ends with the URL. */
  end(): UrlRefusal | null {
    return this.#place === 'path' ? this.#endSegment() : null;
  }

  #text(text: string): UrlRefusal | null {
    if (this.#place === 'behind') return null;
    if (this.#place === 'path') return this.#path(text);
    this.#head = (this.#head + text).trimStart();
    const origin = ORIGIN.exec(this.#head)?.[0];
    if (origin === undefined) return null;
    this.#place = 'path';
    return this.#path(this.#head.slice(origin.length));
  }

  #value({ source, text, trusted }: UrlPiece & { readonly kind: 'value' }): UrlRefusal | null {
    if (this.#place === 'behind') return null;
    if (this.#place === 'path') {
      this.#segment += text === null ? OPAQUE : percentEncode(text);
      this.#sources.push(source);
      return null;
    }
    if (this.#head !== '') {
      const why = `${source} stands in the scheme, host or port; a variable may stand behind the host, or be the whole beginning`;
      return { part: 'origin', why };
    }
    if (!trusted) {
      const why = `${source} decides where the request goes; that needs its name in \`webhooks.urlVariables\` of offhook.json`;
      return { part: 'beginning', why };
    }
    return this.#begin(source, text ?? `https://${OPAQUE}`);
  }

  /** A trusted value at the beginning: it may have a path of its own, which keeps to the rules of values. */
  #begin(source: string, text: string): UrlRefusal | null {
    const whole = text.replace(LEFT_OUT, '').trim();
    this.#head = whole === '' ? OPAQUE : whole;
    const origin = ORIGIN.exec(whole)?.[0];
    if (origin === undefined) return null;
    const [path = ''] = whole.slice(origin.length).split(/[?#]/u, 1);
    const dots = path.split(/[/\\]/u).some((segment) => hasDotSegment(segment));
    if (dots) return { part: 'path', why: `the value of ${source} holds a dot segment` };
    this.#place = origin.length + path.length < whole.length ? 'behind' : 'path';
    return null;
  }

  /** Literal text in the path: every slash ends a segment, `?` and `#` the path. */
  #path(text: string): UrlRefusal | null {
    const [path = ''] = text.split(/[?#]/u, 1);
    const [first = '', ...more] = path.split(/[/\\]/u);
    this.#segment += first;
    for (const segment of more) {
      const refusal = this.#endSegment();
      if (refusal !== null) return refusal;
      this.#segment = segment;
    }
    if (path.length === text.length) return null;
    this.#place = 'behind';
    return this.#endSegment();
  }

  /**
   * A segment that values made is there, is one, and is no dot segment (RFC 3986 §3.3, §5.2.4), however the next hop reads it.
   */
  #endSegment(): UrlRefusal | null {
    const segment = this.#segment;
    const sources = [...new Set(this.#sources)].join(' and ');
    this.#segment = '';
    this.#sources = [];
    if (sources === '') return null;
    if (segment === '') return { part: 'path', why: `${sources} is empty, and would take a segment out of the path` };
    return hasDotSegment(segment) ? { part: 'path', why: `${sources} would put a dot segment into the path` } : null;
  }
}

/** Spellings of `.`, `/` and `\` that some servers decode: percent-coded, overlong UTF-8, `%u`. */
const DOTS = /%2e|%c0%ae|%c0%2e|%e0%80%ae|%f0%80%80%ae|%u002e/giu;
const SLASHES = /%2f|%5c|%c0%af|%c1%9c|%e0%80%af|%u002f|%u005c|\\/giu;
/** What servers are known to drop from a name: control characters, characters that cannot be seen, and blanks. */
const DROPPED = /%(?:[01][0-9a-f]|20|7f)|[\p{Cc}\p{Cf}\s]/giu;
/** What may end a segment for the next hop when it decodes once more: its parameters, a query, a fragment. */
const ENDS = /(?:[;?#]|%3b|%3f|%23).*$/isu;

/** True when a server may find `.` or `..` in this segment: decoded once or several times, with parameters, in other characters. */
function hasDotSegment(segment: string): boolean {
  let text = segment.normalize('NFKC');
  for (let before = ''; before !== text;) {
    before = text;
    text = text.replace(/%25/gu, '%');
  }
  const read = decodedText(text.replace(DOTS, '.').replace(SLASHES, '/').replace(DROPPED, '')).normalize('NFKC');
  return read.split(/[/\\]/u).some((part) => /^\.{1,2}$/u.test(part.replace(ENDS, '').replace(DROPPED, '')));
}

/** What is valid of its percent-coding, decoded. */
function decodedText(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/giu, (coded) => {
    try {
      return decodeURIComponent(coded);
    } catch {
      return coded;
    }
  });
}
