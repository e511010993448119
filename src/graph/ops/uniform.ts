// Random numbers inside a program (dropout): a pure function of the seed, the step and the name, so that a backward
// pass, another target or another number of threads draws the same ones.

import { invariant } from '../../base/invariant.ts';
import { fnv1a32, uniform24 } from '../../base/random.ts';
import { count, realTensor } from '../../tensor/tensor.ts';
import { concreteShape, showType } from '../type.ts';
import type { Op } from './op.ts';
import { checkShape } from './source.ts';

export const uniform: Op<'uniform'> = {
  summary:
    'random reals in [0, 1) from (seed, step): threefry2x32 keyed by seed and name, counted by step and element',
  arity: 2,
  typeOf([seed, step], { shape }) {
    checkShape('uniform', shape);
    const fits = [seed, step].every((o) => o.element === 'index' && o.shape.length <= 1);
    invariant(fits, `uniform cannot take seed ${showType(seed)} and step ${showType(step)}`);
    return { element: 'real', shape: [...step.shape, ...seed.shape, ...shape] };
  },
  evaluate([seed, step], { name, shape }, type, extents) {
    const out = realTensor(concreteShape(type.shape, extents));
    const hash = fnv1a32(name);
    const elements = count(concreteShape(shape, extents));
    let k = 0;
    for (const t of step.data) {
      for (const key of seed.data) {
        for (let i = 0; i < elements; i++) out.data[k++] = uniform24(key, hash, t, i);
      }
    }
    return out;
  },
};
