import type { Problem } from '../lib/problem.js';

/** Problems as an operator reads them: where, what, and what to do. */
export function problemLines(problems: readonly Problem[]): string[] {
  return problems.flatMap(({ severity, code, file, path, message, advice }) => [
    `  ${severity === 'error' ? '✗' : '!'} ${file === undefined ? '' : `${file} `}${path}  ${message}`,
    `      ${advice}  [${code}]`,
  ]);
}

/** `2 errors, 1 warning`. */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  return `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
}
