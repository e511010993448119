// What a node of the graph has become while it is lowered: where its elements are found. A view (broadcast, reshape,
// transpose, slice, one step of a sequence) changes strides and offsets and moves nothing; constants, positions and
// extents take no memory at all and go through the same views.

import type { AxisName, Dim, Element } from '../graph/type.ts';
import type { Access, BufferId, Place, StepTerm } from './program.ts';
import {
  elementsOf,
  isOne,
  ONE,
  plus,
  type Size,
  type Sum,
  sameSize,
  scale,
  sizeOf,
  stridesOf,
  times,
  ZERO,
} from './size.ts';

/**
 * The element at (i, j, ...) is found at offset + steps + i * strides[0] + j * strides[1] + ...: in a buffer; or it is
 * that sum itself, a `position`; or it is one number everywhere, and the strides say nothing.
 */
export interface Value {
  readonly element: Element;
  readonly shape: readonly Dim[];
  readonly strides: readonly Size[];
  readonly offset: Sum;
  readonly steps: readonly StepTerm[];
  readonly source:
    | { readonly kind: 'buffer'; readonly buffer: BufferId }
    | { readonly kind: 'position' }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'extent'; readonly size: Size };
}

/** A value that lies in a buffer. */
export type View = Value & { readonly source: { readonly kind: 'buffer' } };

export function isView(value: Value): value is View {
  return value.source.kind === 'buffer';
}

/** All of a buffer, in row-major order. */
export function wholeBuffer(buffer: BufferId, element: Element, shape: readonly Dim[]): View {
  return {
    element,
    shape,
    strides: stridesOf(shape),
    offset: [],
    steps: [],
    source: { kind: 'buffer', buffer },
  };
}

/** Whether a view is a whole buffer in row-major order. */
export function isWhole(view: View): boolean {
  return view.offset.length === 0 && view.steps.length === 0 && isRowMajor(view);
}

function isRowMajor(value: Value): boolean {
  const expected = stridesOf(value.shape);
  return value.shape.every((d, axis) => d === 1 || sameSize(value.strides[axis], expected[axis]));
}

export function fixed(element: Element, shape: readonly Dim[], source: Value['source']): Value {
  return { element, shape, strides: shape.map(() => ZERO), offset: [], steps: [], source };
}

/** 0, 1, 2, ... in row-major order. */
export function positions(shape: readonly Dim[]): Value {
  return {
    element: 'index',
    shape,
    strides: stridesOf(shape),
    offset: [],
    steps: [],
    source: { kind: 'position' },
  };
}

/** The number of the step of a loop, counted by `term`. */
export function stepOf(term: StepTerm): Value {
  return {
    element: 'index',
    shape: [],
    strides: [],
    offset: [],
    steps: [term],
    source: { kind: 'position' },
  };
}

export function broadcastValue<V extends Value>(value: V, shape: readonly Dim[], axes: readonly number[]): V {
  const strides = shape.map((_, axis) => (axes.includes(axis) ? value.strides[axes.indexOf(axis)] : ZERO));
  return { ...value, shape, strides };
}

export function transposeValue<V extends Value>(value: V, order: readonly number[]): V {
  return {
    ...value,
    shape: order.map((axis) => value.shape[axis]),
    strides: order.map((axis) => value.strides[axis]),
  };
}

export function sliceValue<V extends Value>(value: V, axis: number, start: number, size: number): V {
  return {
    ...value,
    shape: value.shape.with(axis, size),
    offset: plus(value.offset, scale([value.strides[axis]], sizeOf(start))),
  };
}

/** One step of a sequence: the leading axis goes, and the loop's step moves along it. */
export function stepValue<V extends Value>(value: V, loop: StepTerm['loop']): V {
  const [stride, ...strides] = value.strides;
  const steps = stride.factor === 0 ? value.steps : [...value.steps, { loop, stride }];
  return { ...value, shape: value.shape.slice(1), strides, steps };
}

/** One segment of a sequence, so many steps from its start on: `axis` is in the place of the leading axis. */
export function segmentValue<V extends Value>(
  value: V,
  loop: StepTerm['loop'],
  axis: AxisName,
  steps: number,
): V {
  const stride = times(value.strides[0], sizeOf(steps));
  const moving = stride.factor === 0 ? value.steps : [...value.steps, { loop, stride }];
  return { ...value, shape: value.shape.with(0, axis), steps: moving };
}

/** The same elements in another shape; undefined where no strides give them. */
export function reshapeValue<V extends Value>(value: V, shape: readonly Dim[]): V | undefined {
  const strides = new Array<Size>(shape.length).fill(ONE);
  // Runs of old axes and of new ones that hold equally many elements; inside a run the old axes must be evenly
  // spaced, as if they were one.
  let [from, to] = [0, 0];
  while (from < value.shape.length || to < shape.length) {
    const [oldStart, newStart] = [from, to];
    if (from < value.shape.length) from++;
    if (to < shape.length) to++;
    for (;;) {
      const [a, b] = [elementsOf(value.shape.slice(oldStart, from)), elementsOf(shape.slice(newStart, to))];
      if (sameSize(a, b)) break;
      if (a.axes.length > 0 || b.axes.length > 0) {
        if (to < shape.length && a.axes.length > b.axes.length) to++;
        else if (from < value.shape.length && b.axes.length > a.axes.length) from++;
        else return undefined;
      } else if (a.factor < b.factor && from < value.shape.length) from++;
      else if (to < shape.length) to++;
      else return undefined;
    }
    const run = value.shape
      .slice(oldStart, from)
      .map((d, k) => ({ size: sizeOf(d), stride: value.strides[oldStart + k] }))
      .filter(({ size }) => !isOne(size));
    for (let k = 0; k + 1 < run.length; k++) {
      if (!sameSize(run[k].stride, times(run[k + 1].stride, run[k + 1].size))) return undefined;
    }
    let stride = run.at(-1)?.stride ?? ZERO;
    for (let axis = to - 1; axis >= newStart; axis--) {
      strides[axis] = stride;
      stride = times(stride, sizeOf(shape[axis]));
    }
  }
  return { ...value, shape, strides };
}

export function placeOf(view: View): Place {
  return { buffer: view.source.buffer, offset: view.offset, steps: view.steps };
}

/** The strides along the axes that a sweep over the value's shape has: those of one position are left out. */
export function sweptStrides(value: Value): Size[] {
  return value.strides.filter((_, axis) => value.shape[axis] !== 1);
}

/** How a sweep over the view's shape reaches its elements. */
export function accessOf(view: View): Access {
  return { ...placeOf(view), strides: sweptStrides(view) };
}
