// Programs that a campaign has found: each broke a law once, is as small as it could be made, and is held to all of them.
import { expect, test } from 'vitest';
import type { Case } from '../../src/study/random-case.ts';
import { holdTrial } from './hold.ts';
import { Trial } from './trial.ts';

interface Found {
  /** What was wrong. */
  readonly about: string;
  readonly text: string;
  readonly drawn: Case;
}

const FOUND: readonly Found[] = [
  {
    about:
      'a mask before a loop that adds up over the batch was taken away: NaN of the padding, times zero, was added',
    text: `
      model Main(n, m, k = 2) {
        param W: [m, k]
        param U2: [6 * n, k]
        input x: [k]
        state c2: []
        c2 = sum(W @ x) * prev c2
        i, j, u = split(U2 @ x, 3)
        loss mean over time c2 + mean over time mean(i)
      }`,
    drawn: {
      sizes: { n: 1, m: 1, k: 1 },
      lengths: [4],
      steps: 5,
      startingStates: false,
      numbers: 1877238162,
    },
  },
];

test.each(FOUND.map((found) => [found.about, found] as const))('%s', async (_, { text, drawn }) => {
  const { broken } = await holdTrial(new Trial(text, drawn));
  expect(broken).toBeUndefined();
});
