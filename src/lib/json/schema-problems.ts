import type { z } from 'zod';
import type { Code } from '../codes.js';
import { jsonPath } from './json-path.js';
import { jsonWords } from './json-words.js';
import { problem, type Problem } from '../problem.js';

/** How a document words what its schema finds. */
export interface SchemaWording {
  /** Code of everything but unknown fields. */
  readonly code: Code;
  /** Sentence about a field that there is not. */
  readonly unknown: (field: string) => string;
  /** Instead of the advice of the code. */
  readonly advice?: string;
}

/** What a schema found in a document, one problem for each field. */
export function schemaProblems(error: z.ZodError, { code, unknown, advice }: SchemaWording): Problem[] {
  const more = advice === undefined ? {} : { advice };
  return error.issues.flatMap((issue) => {
    const path = jsonPath('$', issue.path);
    if (issue.code !== 'unrecognized_keys') return [problem(code, { path, message: `${jsonWords(issue.message)}.` }, more)];
    return issue.keys.map((key) => problem('CONFIG_UNKNOWN_KEY', { path: jsonPath(path, [key]), message: unknown(key) }, more));
  });
}
