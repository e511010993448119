// Operations that make values out of nothing but their attributes: constants, positions, extents.

import { invariant } from '../../base/invariant.ts';
import { realTensor, zeros } from '../../tensor/tensor.ts';
import { concreteShape, type Dim } from '../type.ts';
import type { Op } from './op.ts';

/** Throws unless every size of a shape that an attribute gives is a whole number from 1, or a name. */
export function checkShape(op: string, shape: readonly Dim[]): void {
  const fits = shape.every((d) => (typeof d === 'number' ? Number.isInteger(d) && d >= 1 : d !== ''));
  invariant(fits, `${op}: [${shape.join(', ')}] is not a shape`);
}

export const constant: Op<'constant'> = {
  summary: 'one number everywhere',
  arity: 0,
  typeOf(_, { element, shape, value }) {
    checkShape('constant', shape);
    const fits =
      element === 'real' || (element === 'index' ? value === (value | 0) : value === 0 || value === 1);
    invariant(fits, `constant: ${value} is no ${element}`);
    return { element, shape };
  },
  evaluate(_, { element, value }, { shape }, extents) {
    const out = zeros(element, concreteShape(shape, extents));
    out.data.fill(value);
    return out;
  },
};

export const iota: Op<'iota'> = {
  summary: '0, 1, 2, ... along one axis',
  arity: 0,
  typeOf(_, { extent }) {
    checkShape('iota', [extent]);
    return { element: 'index', shape: [extent] };
  },
  evaluate(_, __, { shape }, extents) {
    const out = zeros('index', concreteShape(shape, extents));
    for (let i = 0; i < out.data.length; i++) out.data[i] = i;
    return out;
  },
};

export const extent: Op<'extent'> = {
  summary: 'the extent of an axis as a real number',
  arity: 0,
  typeOf(_, attributes) {
    checkShape('extent', [attributes.extent]);
    return { element: 'real', shape: [] };
  },
  evaluate(_, attributes, __, extents) {
    return realTensor([], concreteShape([attributes.extent], extents));
  },
};
