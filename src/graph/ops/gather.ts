// Rows of a table by their number, and the adjoint of that.

import { invariant } from '../../base/invariant.ts';
import { realTensor } from '../../tensor/tensor.ts';
import { concreteShape, sameShape, showType } from '../type.ts';
import type { Op } from './op.ts';

export const gather: Op<'gather'> = {
  summary: 'rows of a table: (real [v, ...rest], index [...at]) to real [...at, ...rest]; outside of it NaN',
  arity: 2,
  typeOf([table, at]) {
    const fits = table.element === 'real' && typeof table.shape[0] === 'number' && at.element === 'index';
    invariant(fits, () => `gather cannot take rows of ${showType(table)} by ${showType(at)}`);
    return { element: 'real', shape: [...at.shape, ...table.shape.slice(1)] };
  },
  evaluate([table, at], _, { shape }, extents) {
    const out = realTensor(concreteShape(shape, extents));
    const rows = table.shape[0];
    const size = table.data.length / rows;
    at.data.forEach((row, i) => {
      for (let k = 0; k < size; k++) {
        out.data[i * size + k] = row >= 0 && row < rows ? table.data[row * size + k] : NaN;
      }
    });
    return out;
  },
};

export const scatter_add: Op<'scatter_add'> = {
  summary: 'rows added up by their index: (index [...at], real [...at, ...rest]) to real [extent, ...rest]',
  arity: 2,
  typeOf([at, rows], { extent }) {
    const rank = at.shape.length;
    const fits =
      Number.isInteger(extent) &&
      extent >= 1 &&
      at.element === 'index' &&
      rows.element === 'real' &&
      sameShape(rows.shape.slice(0, rank), at.shape);
    invariant(fits, () => `scatter_add cannot add ${showType(rows)} by ${showType(at)} into ${extent} rows`);
    return { element: 'real', shape: [extent, ...rows.shape.slice(rank)] };
  },
  evaluate([at, rows], { extent }, { shape }, extents) {
    const out = realTensor(concreteShape(shape, extents));
    const size = out.data.length / extent;
    at.data.forEach((row, i) => {
      if (row < 0 || row >= extent) return;
      for (let k = 0; k < size; k++) out.data[row * size + k] += rows.data[i * size + k];
    });
    return out;
  },
};
