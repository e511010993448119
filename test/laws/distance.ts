// How far two answers are apart.
import type { Tensor } from '../../src/tensor/tensor.ts';

export type Tensors = ReadonlyMap<string, Tensor>;

/** What is compared, and how far apart it is. */
export type Distances = ReadonlyMap<string, number>;

/**
 * max |a - b| / max(max |a|, max |b|, 0.001) over all elements; categories and conditions must be equal. Infinite where
 * shapes differ or anything is not a finite number.
 */
export function distance(a: Tensor, b: Tensor): number {
  if (a.element !== b.element || a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  let [gap, size] = [0, 1e-3];
  for (let i = 0; i < a.data.length; i++) {
    const difference = Math.abs(a.data[i] - b.data[i]);
    if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
    gap = Math.max(gap, difference);
    size = Math.max(size, Math.abs(a.data[i]), Math.abs(b.data[i]));
  }
  if (a.element !== 'real') return gap === 0 ? 0 : Number.POSITIVE_INFINITY;
  return gap / size;
}

/** The distances of all tensors of two answers by name; a name that one of them lacks is infinitely far. */
export function distances(a: Tensors, b: Tensors): Distances {
  return new Map(
    [...new Set([...a.keys(), ...b.keys()])].map((name) => {
      const [left, right] = [a.get(name), b.get(name)];
      return [name, left && right ? distance(left, right) : Number.POSITIVE_INFINITY];
    }),
  );
}
