import { CODES, type Code } from '../../lib/codes.js';
import type { Problem } from '../../lib/problem.js';

const MAX_HINTS = 50;
const MAX_WORD = 64;
const MAX_CANDIDATES = 300;

/** Collects what is wrong with one flow. */
export class Report {
  readonly problems: Problem[] = [];

  constructor(private readonly file: string | undefined) {}

  /** An error: the flow is refused. Without advice, that of the code is given. */
  error(code: Code, path: string, message: string, advice?: string): void {
    this.#add('error', { code, path, message, advice: advice ?? CODES[code].advice });
  }

  /** A warning: the flow is accepted. */
  warning(code: Code, path: string, message: string, advice?: string): void {
    this.#add('warning', { code, path, message, advice: advice ?? CODES[code].advice });
  }

  /** ` Did you mean 'x'?` for the most similar candidate, or nothing when none is close. Starts with a blank. */
  hint(word: string, candidates: Iterable<string>): string {
    // A file with that many problems has no typing error, and comparing everything with everything would take long.
    if (this.problems.length > MAX_HINTS || word.length > MAX_WORD) return '';
    const best = closest(word, candidates);
    return best === null ? '' : ` Did you mean '${best}'?`;
  }

  get hasErrors(): boolean {
    return this.problems.some(({ severity }) => severity === 'error');
  }

  #add(severity: Problem['severity'], problem: Pick<Problem, 'code' | 'path' | 'message' | 'advice'>): void {
    this.problems.push({ ...problem, severity, ...(this.file !== undefined && { file: this.file }) });
  }
}

/** A JSON path: `$.widgets.ask.exits['no input']`, `$.prompt[0].say`. */
export function jsonPath(base: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    const name = String(key);
    return /^[A-Za-z_$][\w$-]*$/.test(name) ? `${path}.${name}` : `${path}['${name.replaceAll("'", "\\'")}']`;
  }, base);
}

/** The candidate with the fewest changed letters, when a third of the word or less would have to change. */
function closest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  let compared = 0;
  for (const candidate of candidates) {
    if (++compared > MAX_CANDIDATES) break;
    if (Math.abs(candidate.length - word.length) >= fewest) continue;
    const changes = distance(word.toLowerCase(), candidate.toLowerCase());
    if (changes < fewest) [best, fewest] = [candidate, changes];
  }
  return best;
}

/** Letters to change, add, drop or swap with their neighbour (optimal string alignment distance). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
