import { expect, it } from 'vitest';
import { jsonPath } from '../../../../src/lib/json/json-path.js';

it.each<[string, readonly PropertyKey[], string]>([
  ['$', [], '$'],
  ['$', ['routing', 'numbers', 0, 'flow'], '$.routing.numbers[0].flow'],
  ['$.widgets', ['ask', 'exits', 'no input'], "$.widgets.ask.exits['no input']"],
  ['$', ['$schema'], '$.$schema'],
  ['$.exits', ['404'], "$.exits['404']"],
  ['$', ["it's"], "$['it\\'s']"],
])('%s and %j', (base, keys, path) => {
  expect(jsonPath(base, keys)).toBe(path);
});
