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
      .replace(new RegExp(`(\\S{${MAX_WORD}})(?=\\S)`, 'gu'), '$1 ')
      .trim()
  );
}
