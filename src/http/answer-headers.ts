/** What a parser or a test gives: one text, or a list of them when the field stands on several lines. */
type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The header fields of an answer. A server may send any field on several lines (RFC 9110 §5.3), whatever the field's own grammar says of
 * it, so there is no way to get a value but by saying which of them: {@link first} or {@link all}. Names match in any case.
 */
export class AnswerHeaders {
  static readonly NONE = new AnswerHeaders({});
  readonly #lines: ReadonlyMap<string, readonly string[]>;

  constructor(fields: Fields) {
    const lines = new Map<string, string[]>();
    for (const [name, value] of Object.entries(fields)) {
      const key = name.toLowerCase();
      lines.set(key, [...(lines.get(key) ?? []), ...(value === undefined ? [] : [value].flat())]);
    }
    this.#lines = lines;
  }

  /** The field's first line, or null when there is none. For fields that have one value: of several, the first counts. */
  first(name: string): string | null {
    return this.all(name)[0] ?? null;
  }

  /** Every line of the field in the order of the answer; empty when there is none. */
  all(name: string): readonly string[] {
    return this.#lines.get(name.toLowerCase()) ?? [];
  }

  /**
   * The media type and its parameters (RFC 9110 §8.3), or an empty text. Some proxies join two lines by a comma (§5.3): then too the
   * first counts.
   */
  contentType(): string {
    return /^(?:[^",]|"(?:[^"\\]|\\.)*"?)*/u.exec(this.first('content-type') ?? '')?.[0].trim() ?? '';
  }

  /** All of them for showing, names in lower case, lines of one name together. */
  lines(): readonly (readonly [name: string, value: string])[] {
    return [...this.#lines].flatMap(([name, values]) => values.map((value) => [name, value] as const));
  }
}
