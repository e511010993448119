// Backpropagation through time: scans against central differences.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import type { Extents } from '../../src/graph/type.ts';
import { indexTensor } from '../../src/tensor/tensor.ts';
import { type CellOptions, lstm, lstmWithLoss, simpleRnn } from './cells.ts';
import { gradientError } from './differences.ts';

const extents: Extents = new Map([
  ['T', 5],
  ['B', 3],
]);
const lengths = new Map([['lengths', indexTensor([3], [5, 1, 3])]]);

const cells = { simpleRnn, lstm, lstmWithLoss };
const options: readonly CellOptions[] = [
  {},
  { startGiven: true },
  { reverse: true },
  { startGiven: true, reverse: true },
  { n: 1, m: 1 },
];

describe.each(Object.entries(cells))('%s', (_, make) => {
  describe.each(options.map((option) => [JSON.stringify(option), option] as const))('%s', (_, option) => {
    test('one sequence', () => {
      expect(gradientError(make(option), extents)).toBeLessThan(1e-9);
    });
    test('one step', () => {
      expect(gradientError(make(option), new Map([['T', 1]]))).toBeLessThan(1e-9);
    });
    test('a batch', () => {
      expect(gradientError(batch(make(option), { lengths: false }), extents)).toBeLessThan(1e-9);
    });
    test('a batch with lengths', () => {
      const graph = batch(make(option), { lengths: true });
      expect(gradientError(graph, extents, { inputs: lengths })).toBeLessThan(1e-9);
    });
  });
});
