// Offsets against a walk with a counter for each axis.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsets, rowMajorStrides } from '../../src/tensor/strides.ts';
import { boolTensor, count, indexTensor, realTensor, zeros } from '../../src/tensor/tensor.ts';

test('row-major: the last axis is next to itself', () => {
  expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
  expect(rowMajorStrides([])).toEqual([]);
  expect(count([2, 3, 4])).toBe(24);
  expect(count([])).toBe(1);
});

test('offsets are the sums of positions times strides, in row-major order', () => {
  const axis = fc.record({ extent: fc.integer({ min: 0, max: 4 }), stride: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.array(axis, { maxLength: 4 }), (axes) => {
      const walk = axes.reduce<number[]>(
        (all, { extent, stride }) =>
          all.flatMap((at) => Array.from({ length: extent }, (_, i) => at + i * stride)),
        [0],
      );
      const shape = axes.map(({ extent }) => extent);
      const strides = axes.map(({ stride }) => stride);
      expect([...offsets(shape, strides)]).toEqual(walk);
    }),
  );
});

test('over their own strides they count through', () => {
  expect([...offsets([2, 3], rowMajorStrides([2, 3]))]).toEqual([0, 1, 2, 3, 4, 5]);
});

test('tensors are filled wholly or not at all', () => {
  expect(realTensor([2], [1, 2]).data).toEqual(Float64Array.of(1, 2));
  expect(indexTensor([], [7]).data).toEqual(Int32Array.of(7));
  expect(boolTensor([1], [1]).data).toEqual(Uint8Array.of(1));
  expect(() => realTensor([2, 2], [1, 2, 3])).toThrow('[2, 2] holds 4 numbers, and not 3');
  expect(zeros('index', [2, 2])).toEqual(indexTensor([2, 2]));
  expect(zeros('bool', [2])).toEqual(boolTensor([2]));
  expect(zeros('real', [2])).toEqual(realTensor([2]));
});
