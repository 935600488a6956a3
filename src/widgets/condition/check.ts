import { compileExpression } from '../../flow/expression/expression.js';
import { variablesIn } from '../../flow/variables/scanner.js';
import type { WidgetProblem } from '../../flow/widget.js';
import type { Comparison } from './comparison.js';
import type { Test } from './test.js';
import { literalDateProblem } from '../shared/dates.js';
import { asNumber, numericOf } from '../shared/values.js';

/* Conditions that can never be met, or always are, whatever the variables hold. */

interface NamedTest {
  readonly name: string;
  readonly when: Test;
}

/** Everything wrong with the conditions of one widget, paths from its configuration. */
export function conditionProblems(conditions: readonly NamedTest[]): readonly WidgetProblem[] {
  return conditions.flatMap(({ name, when }, index) => [
    ...nameProblems(name, index, conditions),
    ...testProblems(when, `conditions[${index}].when`),
  ]);
}

function nameProblems(name: string, index: number, conditions: readonly NamedTest[]): WidgetProblem[] {
  const taken = name === 'default' || conditions.findIndex((other) => other.name === name) < index;
  if (!taken) return [];
  const message = name === 'default' ? 'A condition cannot have the name default.' : `Two conditions have the name ${name}.`;
  return [{ code: 'FLOW_NAME_TAKEN', path: `conditions[${index}].name`, message }];
}

function testProblems(test: Test, path: string): readonly WidgetProblem[] {
  if ('and' in test) return test.and.flatMap((inner, index) => testProblems(inner, `${path}.and[${index}]`));
  if ('or' in test) return test.or.flatMap((inner, index) => testProblems(inner, `${path}.or[${index}]`));
  if ('not' in test) return testProblems(test.not, `${path}.not`);
  return 'expr' in test ? expressionProblems(test.expr, `${path}.expr`) : comparisonProblems(test, path);
}

function expressionProblems(expr: string, path: string): WidgetProblem[] {
  const compiled = compileExpression(expr);
  // An expression that cannot be used at all is reported where expressions are checked.
  if (!compiled.ok || ['bool', 'dyn'].includes(compiled.value.type)) return [];
  const message = `The expression gives a value of type ${compiled.value.type}, so the condition is never met.`;
  const advice = 'Write an expression that is true or false, e.g. `flow.key.total > 100`.';
  return [{ code: 'FLOW_BRANCH_NEVER_TAKEN', path, message, advice }];
}

function comparisonProblems(comparison: Comparison, path: string): WidgetProblem[] {
  const { variable, operator } = comparison;
  const problems: WidgetProblem[] = [];
  if (variablesIn(variable).length === 0) {
    const message = `“${variable}” is no variable, so the outcome is always the same.`;
    const advice = 'Write the variable with its `$`, e.g. `$flow.key.status`.';
    problems.push({ code: 'FLOW_NOT_A_VARIABLE', path: `${path}.variable`, message, advice });
  }
  if (operator === 'dateBefore' || operator === 'dateAfter') {
    const problem = literalDateProblem(comparison.value);
    const message = `${problem ?? ''}; the test never holds.`;
    if (problem !== null) problems.push({ code: 'FLOW_BRANCH_NEVER_TAKEN', path: `${path}.value`, message, advice: DATE_ADVICE });
  }
  if (operator === 'between' || operator === 'notBetween') {
    const [low, high] = comparison.value.map((value) => asNumber(typeof value === 'boolean' ? null : value));
    if (low != null && high != null && low > high) {
      const message = `No value lies between ${low} and ${high}.`;
      problems.push({ code: 'FLOW_BRANCH_NEVER_TAKEN', path: `${path}.value`, message, advice: 'Write the lowest value first.' });
    }
  }
  return [...problems, ...digitProblems(comparison, path)];
}

/** Values that were once compared as numbers, and whose number may be written in another way too. */
function digitProblems(comparison: Comparison, path: string): WidgetProblem[] {
  switch (comparison.operator) {
    case 'equals':
    case 'notEquals':
    case 'in':
    case 'notIn': {
      const { as, value } = comparison;
      if (as !== undefined) return [];
      if (!Array.isArray(value)) return digitProblem(value, `${path}.value`);
      return value.flatMap((item, index) => digitProblem(item, `${path}.value[${index}]`));
    }
    default:
      return [];
  }
}

/** `007`, `+7`, `7.50`, ` 7 `, and 16 digits or more: as a number not only what is written. */
function digitProblem(value: unknown, path: string): WidgetProblem[] {
  const number = typeof value === 'string' ? numericOf(value) : null;
  if (number === null || (typeof number === 'number' && String(number) === value && Number.isInteger(number))) return [];
  const message = `“${String(value)}” is compared as a text, and equals no other way to write that number.`;
  const advice = 'Add "as": "number" to compare values, or "as": "text" to compare digits.';
  return [{ code: 'FLOW_COMPARES_DIGITS', path, message, advice, severity: 'warning' }];
}

const DATE_ADVICE = 'Write it as 2026-12-31 or 2026-12-31T23:59, `now`, `today`, or a variable.';
