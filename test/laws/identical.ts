// Answers that must be the same to the last bit, and numbers.
import type { Tensor } from '../../src/tensor/tensor.ts';
import type { Distances, Tensors } from './distance.ts';

/** 0 where every bit is the same and no NaN is in it, else infinite. */
export function identical(a: Tensors, b: Tensors): Distances {
  return new Map(
    [...a].map(([name, tensor]) => {
      const isFine = isSame(tensor, b.get(name)!) && tensor.data.every((x) => Number.isFinite(x));
      return [name, isFine ? 0 : Number.POSITIVE_INFINITY];
    }),
  );
}

export function isSame(a: Tensor, b: Tensor): boolean {
  return (
    a.data.length === b.data.length && a.data.every((x, i) => Object.is(x, b.data[i]) || x === b.data[i])
  );
}
