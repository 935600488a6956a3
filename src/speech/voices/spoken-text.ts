/** Longest text spoken in one segment, characters: five minutes or so. */
export const MAX_SPOKEN_CHARACTERS = 5000;
/** Longest word. Nobody pronounces a longer one, and the time a synthesizer needs grows with its square. */
const MAX_WORD = 60;

/**
 * Text as a synthesizer may have it: control characters and runs of white space become one space, and words without end (a key or a
 * hash that came from a web service) are split.
 */
export function speakable(text: string): string {
  return (
    text
      // C0, DEL and C1, lone surrogates, and the Unicode separators and directional marks that no voice knows.
      .replace(/[\p{Cc}\p{Cs}\p{Cf}\p{Z}]+/gu, ' ')
      // Full-width letters, and digits of any script: the same in ASCII, which every voice knows.
      .replace(/[\uff01-\uff5e]+/gu, (wide) => wide.normalize('NFKC'))
      .replace(/(?!\p{ASCII})\p{Nd}/gu, asciiDigit)
      .replace(new RegExp(`(\\S{${MAX_WORD}})(?=\\S)`, 'gu'), '$1 ')
      .trim()
  );
}

/** Decimal digits stand ten in a row from their zero (Unicode Standard, section 4.6). */
function asciiDigit(digit: string): string {
  // Digits of mathematics stand in several rows without a gap.
  const plain = digit.normalize('NFKC');
  if (/^[0-9]$/.test(plain)) return plain;
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(code - zero);
}

/**
 * Cuts text into pieces of at most `max` characters, at the end of a sentence where there is one in reach, else at a comma or the
 * like, else between words. The pieces joined by a space are the text.
 */
export function spokenPieces(text: string, max: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const reach = rest.slice(0, max + 1);
    const cut = [/^.*[.!?](?=\s)/su, /^.*[,;:–—)](?=\s)/su, /^.*(?=\s)/su]
      .map((pattern) => pattern.exec(reach)?.[0].length ?? 0)
      .find((length) => length > 0);
    pieces.push(rest.slice(0, cut ?? max).trim());
    rest = rest.slice(cut ?? max).trim();
  }
  return [...pieces, rest];
}
