/**
 * Batches of whole sequences of unequal length: the arrays are as long as the longest sequence of the batch, and
 * the rest of a shorter one is padding, zeros that no value and no gradient depends on.
 */
import { indexTensor, realTensor, type Tensor } from '../../tensor/tensor.ts';
import type { Batch } from './dataset.ts';

/** One sequence: its steps one after the other, `width` numbers each. */
export interface Sequence {
  readonly steps: ArrayLike<number>;
  readonly target: number;
}

/** A batch of sequences with one scalar target each. `width`: numbers per step; undefined: an index per step. */
export function padded(
  sequences: readonly Sequence[],
  width: number | undefined,
  target: 'real' | 'index',
): Batch {
  const wide = width ?? 1;
  const lengths = sequences.map((sequence) => sequence.steps.length / wide);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const count = sequences.length;
  const input: Tensor =
    width === undefined ? indexTensor([longest, count]) : realTensor([longest, count, width]);
  sequences.forEach((sequence, b) => {
    for (let t = 0; t < lengths[b]; t++) {
      for (let i = 0; i < wide; i++) input.data[(t * count + b) * wide + i] = sequence.steps[t * wide + i];
    }
  });
  const targets = sequences.map((sequence) => sequence.target);
  return {
    input,
    target: target === 'index' ? indexTensor([count], targets) : realTensor([count], targets),
    lengths: indexTensor([count], lengths),
    steps: longest,
    sequences: count,
    realSteps: lengths.reduce((sum, n) => sum + n, 0),
    continues: false,
    offset: 0,
  };
}
