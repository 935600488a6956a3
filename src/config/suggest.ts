/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment distance). */
function distance(a: string, b: string): number {
  let older: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (older[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [older, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** The known word most like `word`, if any is near enough to be what was meant. Words longer than 100 are not compared. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > 100) return null;
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best !== undefined && best.far <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : null;
}
