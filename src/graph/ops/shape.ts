// Operations that give the same elements another place: broadcast, reshape, transpose, slice, concat. Named axes can
// be carried along, spread to and moved, but not cut, joined or mixed with sizes: their extent is not known yet.

import { invariant } from '../../base/invariant.ts';
import { offsets, rowMajorStrides } from '../../tensor/strides.ts';
import { count, type Tensor, zeros } from '../../tensor/tensor.ts';
import { concreteShape, type Dim, sameShape, showType, timeOf } from '../type.ts';
import type { Op } from './op.ts';
import { checkShape } from './source.ts';

/** A tensor whose element i is the operand's element at `start + from[i]`. */
function pick(x: Tensor, shape: readonly number[], from: Int32Array, start = 0): Tensor {
  const out = zeros(x.element, shape);
  for (let i = 0; i < from.length; i++) out.data[i] = x.data[start + from[i]];
  return out;
}

export const broadcast: Op<'broadcast'> = {
  summary: 'repeated along new axes; operand axis k becomes result axis axes[k]',
  arity: 1,
  typeOf([x], { shape, axes }) {
    checkShape('broadcast', shape);
    const fits =
      axes.length === x.shape.length &&
      axes.every((axis, k) => shape[axis] === x.shape[k] && (k === 0 || axes[k - 1] < axis));
    invariant(
      fits,
      () => `broadcast cannot take ${showType(x)} to [${shape.join(', ')}] by axes [${axes.join(', ')}]`,
    );
    return { element: x.element, shape };
  },
  evaluate([x], { axes }, type, extents) {
    const shape = concreteShape(type.shape, extents);
    const own = rowMajorStrides(x.shape);
    const strides = shape.map((_, axis) => (axes.includes(axis) ? own[axes.indexOf(axis)] : 0));
    return pick(x, shape, offsets(shape, strides));
  },
};

export const reshape: Op<'reshape'> = {
  summary:
    'the same elements in row-major order; named axes stay leading and in order, and may be called whole',
  arity: 1,
  typeOf([x], { shape }) {
    checkShape('reshape', shape);
    const [from, to] = [splitNamed(x.shape), splitNamed(shape)];
    const isRenamed = !sameShape(x.shape, shape) && sameShape(x.shape.map(asTime), shape.map(asTime));
    const fits =
      isRenamed ||
      (from !== undefined &&
        to !== undefined &&
        sameShape(from.named.map(asTime), to.named.map(asTime)) &&
        count(from.sizes) === count(to.sizes));
    invariant(fits, () => `reshape cannot take ${showType(x)} to [${shape.join(', ')}]`);
    return { element: x.element, shape };
  },
  evaluate([x], _, { shape }, extents) {
    return { element: x.element, shape: concreteShape(shape, extents), data: x.data };
  },
};

/** The axis itself, where it is called whole. */
function asTime(axis: Dim): Dim {
  return timeOf(axis) ?? axis;
}

/** The named axes in front and the sizes after them; undefined where a name stands behind a size. */
function splitNamed(shape: readonly Dim[]): { named: readonly Dim[]; sizes: readonly number[] } | undefined {
  const sizes = shape.filter((d) => typeof d === 'number');
  const named = shape.slice(0, shape.length - sizes.length);
  return named.every((d) => typeof d === 'string') ? { named, sizes } : undefined;
}

export const transpose: Op<'transpose'> = {
  summary: 'axes in another order; result axis k is operand axis order[k]',
  arity: 1,
  typeOf([x], { order }) {
    const fits = order.length === x.shape.length && x.shape.every((_, axis) => order.includes(axis));
    invariant(fits, () => `transpose cannot order ${showType(x)} by [${order.join(', ')}]`);
    return { element: x.element, shape: order.map((axis) => x.shape[axis]) };
  },
  evaluate([x], { order }, type, extents) {
    const shape = concreteShape(type.shape, extents);
    const own = rowMajorStrides(x.shape);
    return pick(
      x,
      shape,
      offsets(
        shape,
        order.map((axis) => own[axis]),
      ),
    );
  },
};

export const slice: Op<'slice'> = {
  summary: 'size positions of one axis from start',
  arity: 1,
  typeOf([x], { axis, start, size }) {
    const extent = x.shape[axis];
    const whole = Number.isInteger(start) && Number.isInteger(size);
    const fits = whole && typeof extent === 'number' && start >= 0 && size >= 1 && start + size <= extent;
    invariant(fits, () => `slice cannot take ${size} from ${start} of axis ${axis} of ${showType(x)}`);
    return { element: x.element, shape: x.shape.with(axis, size) };
  },
  evaluate([x], { axis, start }, type, extents) {
    const shape = concreteShape(type.shape, extents);
    const strides = rowMajorStrides(x.shape);
    return pick(x, shape, offsets(shape, strides), start * strides[axis]);
  },
};

export const concat: Op<'concat'> = {
  summary: 'operands joined along one axis',
  arity: undefined,
  typeOf(operands, { axis }) {
    const [first] = operands;
    let size = 0;
    for (const { element, shape } of operands) {
      const extent = shape[axis];
      const fits =
        element === first.element &&
        typeof extent === 'number' &&
        sameShape(shape.with(axis, 0), first.shape.with(axis, 0));
      invariant(fits, () => `concat cannot join ${operands.map(showType).join(', ')} along axis ${axis}`);
      size += extent;
    }
    return { element: first.element, shape: first.shape.with(axis, size) };
  },
  evaluate(operands, { axis }, { element, shape }, extents) {
    const out = zeros(element, concreteShape(shape, extents));
    const rows = count(out.shape.slice(0, axis));
    let k = 0;
    for (let row = 0; row < rows; row++) {
      for (const x of operands) {
        const length = x.data.length / rows;
        out.data.set(x.data.subarray(row * length, (row + 1) * length), k);
        k += length;
      }
    }
    return out;
  },
};
