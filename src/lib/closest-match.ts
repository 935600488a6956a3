/** Longest word, and most candidates, that are compared: the word may come from outside. */
const MAX_WORD = 100;
const MAX_CANDIDATES = 300;

/**
 * The candidate that was probably meant: the one with the fewest changed letters, at most a third of the word; else one that is a longer or
 * shorter form of the word (`Monday`, `mon`). Null when none is close.
 */
export function closestMatch(word: string, candidates: Iterable<string>): string | null {
  if (word.length > MAX_WORD) return null;
  let best: string | null = null;
  let form: string | null = null;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  let compared = 0;
  for (const candidate of candidates) {
    if (++compared > MAX_CANDIDATES) break;
    if (form === null && isFormOf(word.toLowerCase(), candidate.toLowerCase())) form = candidate;
    if (Math.abs(candidate.length - word.length) >= fewest) continue;
    const changes = distance(word.toLowerCase(), candidate.toLowerCase());
    if (changes < fewest) [best, fewest] = [candidate, changes];
  }
  return best ?? form;
}

function isFormOf(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}

/** Letters to change, add, drop or swap with their neighbour (optimal string alignment distance). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
