import type { Problem } from '../lib/problem.js';

/** Problems as an operator reads them: where, what, and what to do. */
export function problemLines(problems: readonly Problem[]): string[] {
  const same = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = `${problem.code} ${problem.message}`;
    same.set(key, [...(same.get(key) ?? []), problem]);
  }
  return [...same.values()].flatMap(lines);
}

/** One problem, met in one place or several. */
function lines(places: readonly Problem[]): string[] {
  const [first, ...others] = places;
  if (first === undefined) return [];
  const { severity, code, message, advice } = first;
  return [
    `  ${severity === 'error' ? '✗' : '!'} ${place(first)}  ${message}`,
    ...others.map((other) => `    also ${place(other)}`),
    `      ${advice}  [${code}]`,
  ];
}

function place({ file, path }: Problem): string {
  return file === undefined ? path : `${file} ${path}`;
}

/** `2 errors, 1 warning`. */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  return `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
}

/** `1 flow`, `2 flows`. */
export function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? what : `${what}s`}`;
}
