// The product of two tensors in index notation: matrix products, outer products, dot products and batches of them.

import { invariant } from '../../base/invariant.ts';
import { offsets, rowMajorStrides } from '../../tensor/strides.ts';
import { realTensor, type Tensor } from '../../tensor/tensor.ts';
import { concreteShape, type Dim, showType } from '../type.ts';
import type { OpAttributes } from './attributes.ts';
import type { Op } from './op.ts';

export const contract: Op<'contract'> = {
  summary: 'product of two tensors, one letter per axis, summed over the letters that are not in out',
  arity: 2,
  typeOf([x, y], { left, right, out }) {
    const dims = new Map<string, Dim>();
    let fits = x.element === 'real' && y.element === 'real';
    for (const [letters, { shape }] of [[left, x] as const, [right, y] as const]) {
      fits &&= letters.length === shape.length && isUnique(letters);
      [...letters].forEach((letter, axis) => {
        fits &&= (dims.get(letter) ?? shape[axis]) === shape[axis];
        dims.set(letter, shape[axis]);
      });
    }
    fits &&= isUnique(out) && [...out].every((letter) => dims.has(letter));
    // A letter of one operand alone that is not in out would be a sum: that is said by `sum`.
    fits &&= [...dims.keys()].every((l) => out.includes(l) || (left.includes(l) && right.includes(l)));
    invariant(
      fits,
      () => `contract cannot take ${showType(x)}, ${showType(y)} by ${left}, ${right} -> ${out}`,
    );
    return { element: 'real', shape: [...out].map((letter) => dims.get(letter)!) };
  },
  evaluate([x, y], letters, { shape }, extents) {
    const result = realTensor(concreteShape(shape, extents));
    const summed = [...letters.left].filter((letter) => !letters.out.includes(letter));
    const sizes = summed.map((letter) => x.shape[letters.left.indexOf(letter)]);
    // Where the terms of each result begin in both operands, and from there each term.
    const [starts, steps] = [[...letters.out], summed].map((walked, k) => ({
      x: offsets(k === 0 ? result.shape : sizes, stridesOf(x, letters.left, walked)),
      y: offsets(k === 0 ? result.shape : sizes, stridesOf(y, letters.right, walked)),
    }));
    for (let i = 0; i < result.data.length; i++) {
      let total = 0;
      for (let k = 0; k < steps.x.length; k++) {
        total += x.data[starts.x[i] + steps.x[k]] * y.data[starts.y[i] + steps.y[k]];
      }
      result.data[i] = total;
    }
    return result;
  },
};

function isUnique(letters: OpAttributes['contract']['out']): boolean {
  return new Set(letters).size === letters.length;
}

/** How far one step along each walked letter goes in an operand; zero where it lacks the letter. */
function stridesOf(tensor: Tensor, own: string, walked: readonly string[]): number[] {
  const strides = rowMajorStrides(tensor.shape);
  return walked.map((letter) => (own.includes(letter) ? strides[own.indexOf(letter)] : 0));
}
