/**
 * "Did you mean ...?": the nearest of some known words to one that is not known.
 *
 * Distance is Damerau-Levenshtein in its optimal string alignment form (Damerau 1964, "A technique for computer
 * detection and correction of spelling errors"): insertions, deletions, replacements and swaps of neighbours.
 */

/** How many single-character slips lie between two words. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: width }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j < width; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, beforeLast[j - 2] + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}

/**
 * The candidate nearest to `word`, or undefined where none is near enough to be a slip of the finger: one slip for
 * words of up to five letters (none of one letter, except by case), two for up to eight, three beyond. A
 * difference of case alone always counts as near. Of equals the first candidate wins.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const longest = 64;
  if (word.length > longest) return undefined;
  const allowed = word.length <= 1 ? 0 : word.length <= 5 ? 1 : word.length <= 8 ? 2 : 3;
  let nearest: string | undefined;
  let nearestDistance = allowed + 0.5;
  for (const candidate of candidates) {
    if (candidate === word || candidate.length > longest) continue;
    const caseOnly = candidate.toLowerCase() === word.toLowerCase();
    if (!caseOnly && Math.abs(candidate.length - word.length) > allowed) continue;
    // A word must keep at least one letter: `hh` is a slip of `h`, but `n` is none of `m`.
    const distance = caseOnly ? 0.25 : editDistance(word, candidate);
    const kept = Math.max(word.length, candidate.length) - distance;
    if (distance < nearestDistance && kept >= 0.75) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest;
}
