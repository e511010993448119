// The case of a seed: sizes for every name that a header may have, a batch of unequal sequences, numbers.
import { RandomStream } from '../../src/base/random.ts';
import type { Case } from '../../src/study/random-case.ts';

/** What generated headers call their sizes. */
export const SIZE_NAMES = ['n', 'm', 'k', 'd'] as const;

export function caseOf(seed: number): Case {
  const stream = new RandomStream(seed, 'case');
  const steps = 1 + stream.integer(6);
  const count = 1 + stream.integer(3);
  return {
    sizes: Object.fromEntries(SIZE_NAMES.map((name) => [name, 1 + stream.integer(4)])),
    steps,
    lengths: Array.from({ length: count }, () => Math.max(1, steps - stream.integer(steps))),
    startingStates: stream.integer(2) === 0,
    numbers: stream.integer(2 ** 31),
  };
}
