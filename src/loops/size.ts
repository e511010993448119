// Sizes of a loop program: extents, strides and offsets as products of axes, and sums of such products. T and B stay
// letters in them, so that a program is made once and runs with any extents.

import { invariant } from '../base/invariant.ts';
import { type AxisName, type Dim, type Extents, extentOf, timeOf } from '../graph/type.ts';

/** A product: a whole number times axes (sorted; one that stands twice counts twice). Zero has no axes. */
export interface Size {
  readonly factor: number;
  readonly axes: readonly AxisName[];
}

/** A sum of products: no two of the same axes, none of them zero, in the order of their axes. */
export type Sum = readonly Size[];

export const ZERO: Size = { factor: 0, axes: [] };
export const ONE: Size = { factor: 1, axes: [] };

/** The size of one dimension. A whole sequence is as long as its axis of steps. */
export function sizeOf(dim: Dim): Size {
  return typeof dim === 'number' ? { factor: dim, axes: [] } : { factor: 1, axes: [timeOf(dim) ?? dim] };
}

export function times(a: Size, b: Size): Size {
  if (a.factor === 0 || b.factor === 0) return ZERO;
  if (a.axes.length === 0 && b.axes.length === 0) return { factor: a.factor * b.factor, axes: [] };
  return { factor: a.factor * b.factor, axes: [...a.axes, ...b.axes].sort() };
}

/** The number of elements of a shape. */
export function elementsOf(shape: readonly Dim[]): Size {
  return shape.map(sizeOf).reduce(times, ONE);
}

export function sameSize(a: Size, b: Size): boolean {
  return (
    a.factor === b.factor && a.axes.length === b.axes.length && a.axes.every((axis, i) => axis === b.axes[i])
  );
}

export function isZero(size: Size): boolean {
  return size.factor === 0;
}

export function isOne(size: Size): boolean {
  return size.factor === 1 && size.axes.length === 0;
}

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly Dim[]): Size[] {
  const strides = new Array<Size>(shape.length);
  let stride = ONE;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride = times(stride, sizeOf(shape[axis]));
  }
  return strides;
}

/** The sum of sums. */
export function plus(...sums: readonly Sum[]): Sum {
  const byAxes = new Map<string, Size>();
  for (const size of sums.flat()) {
    const key = size.axes.join('*');
    const factor = (byAxes.get(key)?.factor ?? 0) + size.factor;
    if (factor === 0) byAxes.delete(key);
    else byAxes.set(key, { factor, axes: size.axes });
  }
  return [...byAxes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, size]) => size);
}

/** Every term of a sum times a size. */
export function scale(sum: Sum, by: Size): Sum {
  return plus(sum.map((size) => times(size, by)));
}

/** `4*B*T`. Equal sizes show equal, so it serves as a key. */
export function showSize(size: Size): string {
  if (size.axes.length === 0) return String(size.factor);
  return size.factor === 1 ? size.axes.join('*') : [size.factor, ...size.axes].join('*');
}

/** `0`, `8 + 4*B`. */
export function showSum(sum: Sum): string {
  return sum.length === 0 ? '0' : sum.map(showSize).join(' + ');
}

/** The number that a size stands for. Throws an InvariantError where an axis has no extent. */
export function valueOfSize(size: Size, extents: Extents): number {
  return size.axes.reduce((product, axis) => {
    const extent = extentOf(axis, extents);
    invariant(extent !== undefined, `the extent of axis ${axis} is not bound`);
    return product * extent;
  }, size.factor);
}

export function valueOfSum(sum: Sum, extents: Extents): number {
  return sum.reduce((total, size) => total + valueOfSize(size, extents), 0);
}
