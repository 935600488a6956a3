/* The syntax of the regular expressions of `pattern.ts`: a subset of JavaScript's. */

/** Longest pattern. */
const MAX_PATTERN_CHARS = 500;

/** A pattern that cannot be used, with a sentence for its author. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export type PatternNode =
  | { readonly kind: 'char'; readonly accepts: (code: number) => boolean }
  | { readonly kind: 'assert'; readonly holds: (before: number, after: number) => boolean }
  | { readonly kind: 'sequence'; readonly children: readonly PatternNode[] }
  | { readonly kind: 'either'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly child: PatternNode; readonly min: number; readonly max: number };

type Accepts = (code: number) => boolean;

const isDigit: Accepts = (code) => code >= 48 && code <= 57;
const isWord: Accepts = (code) => isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isSpace: Accepts = (code) => /\s/u.test(String.fromCodePoint(code));
const not =
  (accepts: Accepts): Accepts =>
  (code) =>
    !accepts(code);

const CLASSES: Readonly<Record<string, Accepts>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, '0': 0 };

const atWordEdge = (before: number, after: number): boolean => isWord(before) !== isWord(after);

/** Parses a pattern. Throws {@link PatternError} when it is malformed or not supported. */
export function parsePattern(pattern: string): PatternNode {
  if (pattern.length > MAX_PATTERN_CHARS) throw new PatternError(`the pattern is longer than ${MAX_PATTERN_CHARS} characters`);
  return new PatternParser(pattern).parse();
}

class PatternParser {
  readonly #chars: readonly string[];
  readonly #ignoreCase: boolean;
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#ignoreCase = pattern.startsWith('(?i)');
    this.#chars = Array.from(this.#ignoreCase ? pattern.slice(4) : pattern);
  }

  parse(): PatternNode {
    const node = this.#either();
    if (this.#at < this.#chars.length) throw new PatternError('the pattern closes a group that was not opened');
    return node;
  }

  #either(): PatternNode {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'either', options };
  }

  #sequence(): PatternNode {
    const children: PatternNode[] = [];
    for (let char = this.#peek(); char !== undefined && char !== '|' && char !== ')'; char = this.#peek()) {
      children.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', children };
  }

  #atom(): PatternNode {
    const char = this.#next();
    switch (char) {
      case '^':
        return { kind: 'assert', holds: (before) => before === -1 };
      case '$':
        return { kind: 'assert', holds: (_before, after) => after === -1 };
      case '.':
        return { kind: 'char', accepts: (code) => code !== 10 && code !== 13 };
      case '(':
        return this.#group();
      case '[':
        return this.#set();
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new PatternError(`the pattern has a '${char}' with nothing to repeat`);
      default:
        return this.#literal(char);
    }
  }

  #group(): PatternNode {
    if (++this.#depth > 20) throw new PatternError('the pattern nests its groups too deeply');
    if (this.#take('?') && !this.#take(':')) {
      throw new PatternError('the pattern uses a look-around or named group, which is not supported; use `(?:…)`');
    }
    const node = this.#either();
    if (!this.#take(')')) throw new PatternError('the pattern has a group that is not closed');
    this.#depth--;
    return node;
  }

  /** A lazy `?` after a repetition changes nothing when only yes or no is asked. */
  #repeated(child: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (bounds === null) return child;
    this.#take('?');
    if (this.#bounds() !== null) throw new PatternError('the pattern repeats a repetition; put it in a group');
    return { kind: 'repeat', child, min: bounds[0], max: bounds[1] };
  }

  #bounds(): readonly [number, number] | null {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    if (this.#peek() !== '{') return null;
    const counted = /^\{(\d{1,3})(,(\d{1,3})?)?\}/.exec(this.#chars.slice(this.#at, this.#at + 10).join(''));
    // As in JavaScript, a `{` that begins no repetition stands for itself.
    if (counted === null) return null;
    this.#at += counted[0].length;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] === undefined ? Infinity : Number(counted[3]);
    if (max < min) throw new PatternError('the pattern has a repetition whose bounds are the wrong way round');
    return [min, max];
  }

  #escape(): PatternNode {
    const char = this.#next();
    if (char === 'b') return { kind: 'assert', holds: atWordEdge };
    if (char === 'B') return { kind: 'assert', holds: (before, after) => !atWordEdge(before, after) };
    if (/[1-9k]/.test(char)) throw new PatternError('the pattern refers back to a group, which is not supported');
    const accepts = CLASSES[char];
    return accepts === undefined ? this.#literal(String.fromCodePoint(this.#escapedCode(char))) : { kind: 'char', accepts };
  }

  #escapedCode(char: string): number {
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (char !== 'x' && char !== 'u') return char.codePointAt(0) ?? 0;
    const digits = char === 'x' ? 2 : 4;
    const hex = this.#chars.slice(this.#at, this.#at + digits).join('');
    if (!new RegExp(`^[0-9A-Fa-f]{${digits}}$`).test(hex)) throw new PatternError(`the pattern has a malformed \\${char} escape`);
    this.#at += digits;
    return Number.parseInt(hex, 16);
  }

  #set(): PatternNode {
    const negated = this.#take('^');
    const parts: Accepts[] = [];
    while (!this.#take(']')) {
      const from = this.#setItem();
      if (typeof from !== 'number') {
        parts.push(from);
      } else if (this.#peek() === '-' && this.#chars[this.#at + 1] !== ']') {
        this.#next();
        const to = this.#setItem();
        if (typeof to !== 'number' || to < from) throw new PatternError('the pattern has a range that is the wrong way round');
        parts.push(this.#folded((code) => code >= from && code <= to));
      } else parts.push(this.#folded((code) => code === from));
    }
    return { kind: 'char', accepts: (code) => parts.some((accepts) => accepts(code)) !== negated };
  }

  #setItem(): number | Accepts {
    const char = this.#next();
    if (char !== '\\') return char.codePointAt(0) ?? 0;
    const escaped = this.#next();
    return escaped === 'b' ? 8 : (CLASSES[escaped] ?? this.#escapedCode(escaped));
  }

  #literal(char: string): PatternNode {
    const wanted = char.codePointAt(0);
    return { kind: 'char', accepts: this.#folded((code) => code === wanted) };
  }

  /** With `(?i)`, accepts a letter in either case. */
  #folded(accepts: Accepts): Accepts {
    if (!this.#ignoreCase) return accepts;
    return (code) => {
      const char = String.fromCodePoint(code);
      return accepts(code) || accepts(char.toLowerCase().codePointAt(0) ?? 0) || accepts(char.toUpperCase().codePointAt(0) ?? 0);
    };
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new PatternError('the pattern ends too early');
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }
}
