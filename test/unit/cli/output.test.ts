import { expect, it } from 'vitest';
import { table } from '../../../src/cli/output.js';

it('a table has its columns in line, by the longest cell of each, without spaces at the end', () => {
  expect(
    table(
      ['Id', 'Name'],
      [
        ['1', 'a long name'],
        ['1234', 'b'],
      ],
    ),
  ).toEqual(['Id    Name', '1     a long name', '1234  b']);
});
