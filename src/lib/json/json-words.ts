/** What JSON calls a kind of value that zod names its own way. */
export function jsonWord(kind: string): string {
  return kind === 'record' ? 'object' : kind === 'array' ? 'list' : kind;
}

/** A message of zod with the words of JSON: "expected record, received array" → "expected object, received list". */
export function jsonWords(message: string): string {
  return message.replace(
    /\b(expected|received) (record|array)\b/gu,
    (_, verb: string, kind: string) => `${verb} ${jsonWord(kind)}`,
  );
}
