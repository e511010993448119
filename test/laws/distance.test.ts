// The measure of the laws sees what it must.
import { expect, test } from 'vitest';
import { boolTensor, indexTensor, realTensor } from '../../src/tensor/tensor.ts';
import { distance, distances } from './distance.ts';

test('relative to the largest number, from a thousandth on', () => {
  expect(distance(realTensor([2], [1, 200]), realTensor([2], [1, 202]))).toBeCloseTo(2 / 202, 15);
  expect(distance(realTensor([1], [1e-5]), realTensor([1], [2e-5]))).toBeCloseTo(0.01, 15);
  expect(distance(realTensor([2], [1, 2]), realTensor([2], [1, 2]))).toBe(0);
});

test('infinite for what is no number, for other shapes, for categories that differ', () => {
  const far = Number.POSITIVE_INFINITY;
  expect(distance(realTensor([1], [Number.NaN]), realTensor([1], [Number.NaN]))).toBe(far);
  expect(distance(realTensor([1], [far]), realTensor([1], [far]))).toBe(far);
  expect(distance(realTensor([2]), realTensor([2, 1]))).toBe(far);
  expect(distance(indexTensor([1], [1000]), indexTensor([1], [1001]))).toBe(far);
  expect(distance(boolTensor([1], [1]), realTensor([1], [1]))).toBe(far);
  expect(distances(new Map([['h', realTensor([])]]), new Map()).get('h')).toBe(far);
});
