// The type of a value in the graph: an element type and a shape. A dimension is a number (a size of the
// model, fixed when a program is compiled) or the name of an axis whose extent is an argument of the
// compiled program: `T` (time) and `B` (batch).

import { invariant } from '../base/invariant.ts';

/** `real` is float64 in the reference and float32 or float64 in compiled code; `index` is a 32-bit integer. */
export type Element = 'real' | 'index' | 'bool';

/** An axis whose extent is known only when the program runs. `B` is the batch; every other one is a time axis. */
export type AxisName = string;

export type Dim = number | AxisName;

export interface Type {
  readonly element: Element;
  readonly shape: readonly Dim[];
}

/** The batch axis. In a step's value it stands first, in a sequence's value right after its time axis. */
export const BATCH: AxisName = 'B';

/** The time axis of a program that has just one. */
export const TIME: AxisName = 'T';

/** Extents of the named axes for one evaluation. Those of segments (below) follow from them. */
export type Extents = ReadonlyMap<AxisName, number>;

// An axis that is cut into segments of 8 steps becomes two, whose names say so and whose extents follow from its own:
// `T.by8` counts the segments, and `T.in8` the steps of one of them, the last of which may be shorter.

/** The axis of the segments, so many steps each, of another axis. */
export function segmentsAxis(axis: AxisName, steps: number): AxisName {
  return `${axis}.by${steps}`;
}

/** The axis of the steps of one segment. */
export function stepsAxis(axis: AxisName, steps: number): AxisName {
  return `${axis}.in${steps}`;
}

// A whole sequence that the steps of the same sequence look at would have its axis twice where they are put side by side:
// in such a value it is called `T.all`, which is as long as T.

/** The axis of a sequence that is seen as a whole, as long as the sequence's own. */
export function wholeAxis(axis: AxisName): AxisName {
  return `${axis}.all`;
}

/** The time axis of which an axis is the whole; undefined for any other. */
export function timeOf(axis: Dim): AxisName | undefined {
  return typeof axis === 'string' && axis.endsWith('.all') ? axis.slice(0, -'.all'.length) : undefined;
}

/** What an axis of segments, or of the steps of one, is made of; undefined for any other. */
export function cutOf(
  axis: AxisName,
): { readonly whole: AxisName; readonly steps: number; readonly counts: 'segments' | 'steps' } | undefined {
  const [, whole, way, steps] = /^(.+)\.(by|in)([1-9]\d*)$/.exec(axis) ?? [];
  if (whole === undefined) return undefined;
  return { whole, steps: Number(steps), counts: way === 'by' ? 'segments' : 'steps' };
}

/** Whether the extent of an axis is that of another one, or follows from it. */
export function followsFrom(axis: Dim, other: AxisName): boolean {
  if (axis === other || typeof axis === 'number') return axis === other;
  const whole = timeOf(axis) ?? cutOf(axis)?.whole;
  return whole !== undefined && followsFrom(whole, other);
}

/** The extent of an axis, given or following from those given; undefined where it does not follow. Of a segment: the longest. */
export function extentOf(axis: AxisName, extents: Extents): number | undefined {
  const given = extents.get(axis);
  if (given !== undefined) return given;
  const time = timeOf(axis);
  if (time !== undefined) return extentOf(time, extents);
  const cut = cutOf(axis);
  const whole = cut && extentOf(cut.whole, extents);
  if (cut === undefined || whole === undefined) return undefined;
  return cut.counts === 'segments' ? Math.ceil(whole / cut.steps) : Math.min(whole, cut.steps);
}

export function real(...shape: Dim[]): Type {
  return { element: 'real', shape };
}

export function index(...shape: Dim[]): Type {
  return { element: 'index', shape };
}

export function bool(...shape: Dim[]): Type {
  return { element: 'bool', shape };
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

export function sameType(a: Type, b: Type): boolean {
  return a.element === b.element && sameShape(a.shape, b.shape);
}

/** `real[T, B, 4]`, `index[]`. */
export function showType(type: Type): string {
  return `${type.element}[${type.shape.join(', ')}]`;
}

/** The concrete shape of a type, with the axes' extents put in. */
export function concreteShape(shape: readonly Dim[], extents: Extents): number[] {
  return shape.map((d) => {
    if (typeof d === 'number') return d;
    const extent = extentOf(d, extents);
    invariant(extent !== undefined, `the extent of axis ${d} is not given`);
    return extent;
  });
}
