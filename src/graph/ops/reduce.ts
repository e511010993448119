// Reductions: the axes that are added up or searched are gone from the result. Elements are taken in row-major
// order, which settles the order of every sum and who is the first of equals.

import { invariant } from '../../base/invariant.ts';
import { offsets, rowMajorStrides } from '../../tensor/strides.ts';
import { indexTensor, realTensor, type Tensor } from '../../tensor/tensor.ts';
import { concreteShape, type Dim, showType, type Type } from '../type.ts';
import type { Op } from './op.ts';

/** The shape without the reduced axes. Throws unless they are axes of a real operand, increasing and not none. */
function checkAxes(op: string, x: Type, axes: readonly number[]): readonly Dim[] {
  const increasing = axes.every((axis, k) => x.shape[axis] !== undefined && (k === 0 || axes[k - 1] < axis));
  const fits = x.element === 'real' && axes.length > 0 && increasing;
  invariant(fits, () => `${op} cannot reduce axes [${axes.join(', ')}] of ${showType(x)}`);
  return x.shape.filter((_, axis) => !axes.includes(axis));
}

/** Where each result's elements begin, and from there each of them. */
function reducedOffsets(x: Tensor, axes: readonly number[]): { starts: Int32Array; steps: Int32Array } {
  const strides = rowMajorStrides(x.shape);
  const isReduced = (_: number, axis: number): boolean => axes.includes(axis);
  const isKept = (_: number, axis: number): boolean => !axes.includes(axis);
  return {
    starts: offsets(x.shape.filter(isKept), strides.filter(isKept)),
    steps: offsets(x.shape.filter(isReduced), strides.filter(isReduced)),
  };
}

export const sum: Op<'sum'> = {
  summary: 'added up over axes',
  arity: 1,
  typeOf([x], { axes }) {
    return { element: 'real', shape: checkAxes('sum', x, axes) };
  },
  evaluate([x], { axes }, { shape }, extents) {
    const out = realTensor(concreteShape(shape, extents));
    const { starts, steps } = reducedOffsets(x, axes);
    starts.forEach((start, i) => {
      let total = 0;
      for (const step of steps) total += x.data[start + step];
      out.data[i] = total;
    });
    return out;
  },
};

export const max_over: Op<'max_over'> = {
  summary: 'the largest over axes; NaN if one is',
  arity: 1,
  typeOf([x], { axes }) {
    return { element: 'real', shape: checkAxes('max_over', x, axes) };
  },
  evaluate([x], { axes }, { shape }, extents) {
    const out = realTensor(concreteShape(shape, extents));
    const { starts, steps } = reducedOffsets(x, axes);
    starts.forEach((start, i) => {
      let largest = -Infinity;
      for (const step of steps) largest = Math.max(largest, x.data[start + step]);
      out.data[i] = largest;
    });
    return out;
  },
};

export const argmax: Op<'argmax'> = {
  summary: 'the position of the largest along one axis, the first of equals; a NaN counts as the largest',
  arity: 1,
  typeOf([x], { axis }) {
    return { element: 'index', shape: checkAxes('argmax', x, [axis]) };
  },
  evaluate([x], { axis }, { shape }, extents) {
    const out = indexTensor(concreteShape(shape, extents));
    const { starts, steps } = reducedOffsets(x, [axis]);
    starts.forEach((start, i) => {
      let best = 0;
      for (let k = 1; k < steps.length; k++) {
        const [value, largest] = [x.data[start + steps[k]], x.data[start + steps[best]]];
        if (value > largest || (Number.isNaN(value) && !Number.isNaN(largest))) best = k;
      }
      out.data[i] = best;
    });
    return out;
  },
};
