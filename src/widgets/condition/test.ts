import { z } from 'zod';
import { comparisonSchema, type Comparison } from './comparison.js';

/* The tests of a condition as a flow file writes them. */

/** A test: a comparison, an expression, or a group of tests. */
export type Test =
  | Comparison
  | { readonly expr: string }
  | { readonly and: readonly Test[] }
  | { readonly or: readonly Test[] }
  | { readonly not: Test };

const MAX_TESTS = 50;
/** Groups inside groups; a limit, because a flow may come from outside. */
export const MAX_DEPTH = 4;

const expressionTest = z.strictObject({ expr: z.string().min(1).max(2000).describe('CEL expression that gives true or false.') });

/** Tests whose groups are nested at most `depth` deep. */
export function testSchema(depth: number): z.ZodType<Test> {
  if (depth === 0) {
    const tooDeep = z.never(`groups can be nested ${MAX_DEPTH} deep at most; an expression can hold the rest`);
    const groups = [z.strictObject({ and: tooDeep }), z.strictObject({ or: tooDeep }), z.strictObject({ not: tooDeep })];
    return z.union([comparisonSchema, expressionTest, ...groups], UNKNOWN_TEST).meta({ id: 'test0' });
  }
  const inner = testSchema(depth - 1);
  return z
    .union(
      [
        comparisonSchema,
        expressionTest,
        z.strictObject({ and: z.array(inner).min(1).max(MAX_TESTS).describe('All of these hold.') }),
        z.strictObject({ or: z.array(inner).min(1).max(MAX_TESTS).describe('At least one of these holds.') }),
        z.strictObject({ not: inner.describe('This does not hold.') }),
      ],
      UNKNOWN_TEST,
    )
    .meta({ id: `test${depth}` });
}

const UNKNOWN_TEST =
  'must be {"variable", "operator", "value"} with the value its operator wants, {"expr"}, {"and": […]}, {"or": […]} or {"not": …}';

/** Where expressions can stand below `path`, as patterns. */
export function expressionFields(path: string, depth: number): readonly string[] {
  const inGroups =
    depth === 0 ? [] : ['and.*', 'or.*', 'not'].flatMap((group) => expressionFields(`${path}.${group}`, depth - 1));
  return [`${path}.expr`, ...inGroups];
}
