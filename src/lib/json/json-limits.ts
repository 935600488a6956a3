/** Limits on JSON from outside; a parser's work and every later walk stay small inside them. */
export const JSON_LIMITS = { depth: 100, keys: 10_000, values: 100_000 } as const;

const TOO_MANY = `the JSON has more than ${JSON_LIMITS.values} values`;

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Looks over JSON text before it is parsed: nesting and number of members and values, without building anything. Null when within the
 * limits, else a sentence part. Text that is not JSON passes; the parser refuses it.
 */
export function jsonTooBig(text: string): string | null {
  let depth = 0;
  let keys = 0;
  let values = 0;
  // A value stands behind a comma or opens a list or an object: thousands of nested lists need no comma at all.
  const more = (): boolean => (values += 1) > JSON_LIMITS.values;
  for (let i = 0; i < text.length; i += 1) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > JSON_LIMITS.depth) return `the JSON is nested deeper than ${JSON_LIMITS.depth} levels`;
        if (more()) return TOO_MANY;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      case COMMA:
        if (more()) return TOO_MANY;
        break;
      case COLON:
        keys += 1;
        if (keys > JSON_LIMITS.keys) return `the JSON has more than ${JSON_LIMITS.keys} keys`;
        break;
    }
  }
  return null;
}

/** Index of the quote that ends the string beginning at `start`, or of the text's end. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === QUOTE) return i;
  }
  return text.length;
}
