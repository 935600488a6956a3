const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
const BLANK = 0x20;
const COLON = 0x3a;
const DELETE = 0x7f;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/u;
const BEGIN = 'HTTP/';
const NO_NAME = 'a header line has a name that HTTP does not allow, or no colon';
/** Longest name that matters here. */
const MAX_NAME = 'transfer-encoding'.length;

/**
 * Reads along the head of an answer and says in words what breaks HTTP/1.1 (RFC 9112 §2.2, §5, §6.3). All of it is refused: two readers of
 * such a head may see two different answers, and one of them is what somebody wanted to smuggle in.
 */
export class HeadCheck {
  /** What is wrong, as a sentence part; null as long as nothing is. */
  mistake: string | null = null;
  #column = 0;
  #afterCr = false;
  #inName = false;
  #name = '';
  #statusLine = true;
  /** It begins as no answer does: whatever it is, the parser refuses it. */
  #foreign = false;
  readonly #framing = new Set<string>();

  /** A head begins. */
  begin(): void {
    this.#statusLine = true;
    this.#foreign = false;
    this.#framing.clear();
    this.#beginLine();
  }

  /** The next byte of the head. */
  read(byte: number): void {
    if (this.mistake !== null || this.#foreign) return;
    // Blank lines before the status line mean nothing, however they end.
    if (this.#statusLine && this.#column === 0 && (byte === CR || byte === LF)) return;
    if (byte === LF) this.#endLine();
    else if (this.#afterCr) this.mistake = 'a line of its head holds a CR that is not followed by LF';
    else if (byte === CR) this.#readCr();
    else this.#readCharacter(byte);
  }

  #readCr(): void {
    this.#afterCr = true;
    if (this.#inName && !this.#statusLine && this.#column > 0) this.mistake = NO_NAME;
  }

  #readCharacter(byte: number): void {
    if (this.#statusLine && this.#column < BEGIN.length && byte !== BEGIN.charCodeAt(this.#column)) {
      this.#foreign = true;
      return;
    }
    if ((byte < BLANK && byte !== TAB) || byte === DELETE) {
      const where = this.#statusLine ? 'its status line' : `its header ${this.#name === '' ? 'line' : this.#name}`;
      this.mistake = `${where} holds a control character`;
      return;
    }
    if (this.#inName && !this.#statusLine) this.#readName(byte);
    this.#column += 1;
  }

  #readName(byte: number): void {
    const blank = byte === BLANK || byte === TAB;
    // A line that begins with a blank goes on with the value of the line before (RFC 9112 §5.2); the parser judges it.
    if (this.#column === 0 && blank) this.#inName = false;
    else if (byte === COLON) this.#endName();
    else if (blank) this.mistake = `its header ${this.#name} has a blank in its name or before the colon`;
    else if (!TOKEN.test(String.fromCharCode(byte))) this.mistake = NO_NAME;
    else if (this.#name.length <= MAX_NAME) this.#name += String.fromCharCode(byte).toLowerCase();
  }

  #endName(): void {
    this.#inName = false;
    const name = this.#name;
    if (name !== 'content-length' && name !== 'transfer-encoding') return;
    if (name === 'content-length' && this.#framing.has(name)) this.mistake = 'it has two Content-Length headers';
    this.#framing.add(name);
    if (this.#framing.size > 1) {
      this.mistake = 'it has both Content-Length and Transfer-Encoding, so that nobody can know where its body ends';
    }
  }

  #endLine(): void {
    if (!this.#afterCr) this.mistake = 'a line of its head ends with LF alone; HTTP wants CR LF';
    this.#statusLine = false;
    this.#beginLine();
  }

  #beginLine(): void {
    this.#column = 0;
    this.#afterCr = false;
    this.#inName = true;
    this.#name = '';
  }
}
