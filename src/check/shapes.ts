// Shapes while they are inferred. Step one of the inference is structural: a value that is known to be [] (a literal, t,
// a size, a hyperparameter, something declared [], dot, a reduction over everything, or computed from only such) is marked
// `scalar` when it is made, whatever unification finds later. Step two is unification, here: every other pair is equal.
//
// A shape is either a list of sizes or unknown. Unknown shapes come from affine, linear and Dense alone, so they are
// vectors or scalars; whoever needs to know asks for a vector and thereby decides it.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { Rate } from './checked.ts';
import { type Size, type SizeUnknowns, showSizes } from './size.ts';

/** The result of an affine, linear or Dense whose place has not told its shape yet. */
export interface UnknownShape {
  readonly kind: 'unknown-shape';
  /** The call that made it. */
  readonly span: Span;
  /** `affine`, `linear`, `Dense`. */
  readonly word: string;
  /** The equation it stands in. */
  readonly equation: string;
  binding: Shape | undefined;
  /** Where its shape was learnt. */
  learntFrom: Label | undefined;
}

export type Shape = readonly Size[] | UnknownShape;

/** `unknown` marks a value whose mistake is already reported: it agrees with everything. */
export type DraftElement = 'real' | 'complex' | 'index' | 'bool' | 'unknown';

export interface DraftType {
  readonly element: DraftElement;
  readonly categories: Size | undefined;
  readonly shape: Shape;
  /** Known to be [] by its form: it spreads over what it meets. */
  readonly scalar: boolean;
  readonly rate: Rate;
}

export function isKnownShape(shape: Shape): shape is readonly Size[] {
  return !('kind' in shape);
}

/** Follows what unification has found. */
export function resolveShape(shape: Shape, unknowns: SizeUnknowns): Shape {
  let current = shape;
  while (!isKnownShape(current) && current.binding !== undefined) current = current.binding;
  return isKnownShape(current) ? current.map((size) => unknowns.resolve(size)) : current;
}

/** `[m]`, `[4 * m, n]`; for a shape that is not known yet, in words. */
export function showShape(shape: Shape, unknowns: SizeUnknowns): string {
  const resolved = resolveShape(shape, unknowns);
  return isKnownShape(resolved) ? showSizes(resolved) : '[?]';
}

/** The shape as one axis, or undefined where it is something else. An unknown shape becomes a vector. */
export function asVector(shape: Shape, unknowns: SizeUnknowns, from: Label | undefined): Size | undefined {
  const resolved = resolveShape(shape, unknowns);
  if (isKnownShape(resolved)) return resolved.length === 1 ? resolved[0] : undefined;
  const size = unknowns.fresh();
  resolved.binding = [size];
  resolved.learntFrom = from;
  return size;
}

/**
 * Makes two shapes equal; false where they cannot be. `from` says where a shape that is learnt comes from; `fail` is
 * called later, where an equality of sizes turns out false when more is known.
 */
export function unifyShapes(
  a: Shape,
  b: Shape,
  unknowns: SizeUnknowns,
  from: Label | undefined,
  fail: () => void,
): boolean {
  const x = resolveShape(a, unknowns);
  const y = resolveShape(b, unknowns);
  if (x === y) return true;
  if (!isKnownShape(x)) return bind(x, y, from);
  if (!isKnownShape(y)) return bind(y, x, from);
  return x.length === y.length && x.every((size, i) => unknowns.unify(size, y[i], fail));
}

function bind(unknown: UnknownShape, shape: Shape, from: Label | undefined): boolean {
  if (isKnownShape(shape) && shape.length > 1) return false;
  unknown.binding = shape;
  unknown.learntFrom = from;
  return true;
}
