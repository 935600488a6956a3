import { CODES, type Code } from '../../../lib/codes.js';
import { closestMatch } from '../../../lib/closest-match.js';
import type { Problem } from '../../../lib/problem.js';

const MAX_HINTS = 50;

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
    if (this.problems.length > MAX_HINTS) return '';
    const best = closestMatch(word, candidates);
    return best === null ? '' : ` Did you mean '${best}'?`;
  }

  get hasErrors(): boolean {
    return this.problems.some(({ severity }) => severity === 'error');
  }

  #add(severity: Problem['severity'], problem: Pick<Problem, 'code' | 'path' | 'message' | 'advice'>): void {
    this.problems.push({ ...problem, severity, ...(this.file !== undefined && { file: this.file }) });
  }
}
