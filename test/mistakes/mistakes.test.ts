// One mistake in a good program, a thousand times: nothing breaks, the answer is short, and a misspelt name is known again.
// The same with other numbers by the ten thousand: scripts/spoil-programs.mjs.
import { expect, test } from 'vitest';
import { type Judged, judge } from './judge.ts';
import type { Kind } from './mistakes.ts';

const EACH = 250;

function spoil(kind: Kind): readonly Judged[] {
  const all: Judged[] = [];
  for (let number = 0; all.length < EACH; number++) {
    const judged = judge(kind, number);
    if (judged !== undefined) all.push(judged);
  }
  return all;
}

const shareOf = (all: readonly Judged[], holds: (judged: Judged) => boolean): number =>
  all.filter(holds).length / all.length;

test.each(['dropped', 'doubled', 'swapped'] satisfies Kind[])(
  'a token %s: at most three messages',
  (kind) => {
    const all = spoil(kind);
    expect(shareOf(all, ({ diagnostics }) => diagnostics.length <= 3)).toBeGreaterThanOrEqual(0.95);
    // What no longer checks is told.
    for (const { checks, diagnostics } of all) expect(checks || diagnostics.length > 0).toBe(true);
    // The mistakes are mistakes.
    expect(shareOf(all, ({ checks }) => !checks)).toBeGreaterThan(0.8);
  },
);

test('a misspelt name: what was meant is said', () => {
  const wrong = spoil('misspelt').filter(({ checks }) => !checks);
  expect(wrong.length).toBeGreaterThan(EACH / 2);
  expect(shareOf(wrong, ({ suggested }) => suggested)).toBeGreaterThanOrEqual(0.95);
});
