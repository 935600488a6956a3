import { expect, it } from 'vitest';
import { jsonWords } from '../../../../src/lib/json/json-words.js';

it.each([
  ['Invalid input: expected record, received array', 'Invalid input: expected object, received list'],
  ['expected array, received string', 'expected list, received string'],
  ['must be a record of the array', 'must be a record of the array'],
])('a message of the schema speaks of JSON: %s', (message, said) => {
  expect(jsonWords(message)).toBe(said);
});
