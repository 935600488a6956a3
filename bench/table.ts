import type { Figure } from './measures/measure.js';

/** Prints the figures beside their bars. */
export function printTable(figures: readonly Figure[]): void {
  const rows = figures.map(({ what, value, bar, reached }) => [what, value, bar, reached === null ? '' : reached ? 'yes' : 'NO']);
  const table = [['What', 'Measured', 'Bar', 'Reached'], ...rows];
  const width = (column: number): number => Math.max(...table.map((row) => row[column]?.length ?? 0));
  console.log('');
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(width(column)))
        .join('  ')
        .trimEnd(),
    );
}
