// The closed list of primitive operations and what each is told besides its operands. Everything else of
// the language is written with these: an operation that is not here does not exist, and every table over
// operations (meaning, derivative, loop body) is typed by this one, so that a missing row does not compile.

import type { Dim, Element } from '../type.ts';

export type None = Readonly<Record<string, never>>;

export interface OpAttributes {
  // Elementwise, one operand (real to real unless said otherwise).
  readonly neg: None;
  readonly exp: None;
  readonly log: None;
  readonly log1p: None;
  readonly sqrt: None;
  readonly tanh: None;
  readonly sigmoid: None;
  readonly abs: None;
  readonly sin: None;
  readonly cos: None;
  readonly floor: None;
  /** bool to bool. */
  readonly not: None;
  /** The same value, no derivative. */
  readonly stop: None;
  /**
   * To another element type: a bool is 0 or 1; a real is floored to an index (held inside 32 bits, NaN to 0);
   * what is not zero is true.
   */
  readonly convert: { readonly element: Element };

  // Elementwise, two operands of one shape: nothing spreads here, `broadcast` says it. Reals, but add, sub, mul,
  // max and min also take indices (wrapping to 32 bits).
  readonly add: None;
  readonly sub: None;
  readonly mul: None;
  readonly div: None;
  readonly pow: None;
  /** Where both are equal the derivative goes to the first. */
  readonly max: None;
  readonly min: None;
  /** Floored: the sign of the divisor. */
  readonly mod: None;
  /** real or index, to bool. */
  readonly lt: None;
  readonly le: None;
  readonly eq: None;
  readonly and: None;
  readonly or: None;

  /** Elementwise: (bool, a, b), a where true, else b. The other value reaches nothing. */
  readonly select: None;
  /**
   * Elementwise: (a, s, y), the value y, with s for its derivative by a: a slope that somebody has chosen. No
   * derivative passes y or s; that of the derivative passes s.
   */
  readonly surrogate: None;

  // Sources.
  /** One number everywhere. */
  readonly constant: { readonly element: Element; readonly shape: readonly Dim[]; readonly value: number };
  /** 0, 1, 2, ... along one axis: index [extent]. */
  readonly iota: { readonly extent: Dim };
  /** The extent of an axis as a number: real []. */
  readonly extent: { readonly extent: Dim };
  /**
   * Uniform on [0, 1), 24 bits: operands seed (index []) and step (index []), after batching [B] and [].
   * `name` keys the generator; element i of a sequence's value is threefry2x32(key: (seed, hash of name),
   * counter: (step, i)). The step may have a leading time axis. The result's shape: the axes of the step,
   * then those of the seed, then `shape`.
   */
  readonly uniform: { readonly name: string; readonly shape: readonly Dim[] };

  // Shape.
  /** To `shape`; operand axis k becomes result axis `axes[k]` (increasing). The other axes are new. */
  readonly broadcast: { readonly shape: readonly Dim[]; readonly axes: readonly number[] };
  /** The same elements in row-major order. Named axes stay leading and in order. */
  readonly reshape: { readonly shape: readonly Dim[] };
  /** Result axis k is operand axis `order[k]`. */
  readonly transpose: { readonly order: readonly number[] };
  /** `size` positions of one axis from `start`. */
  readonly slice: { readonly axis: number; readonly start: number; readonly size: number };
  /** Any number of operands (at least one), joined along an axis of known sizes. */
  readonly concat: { readonly axis: number };

  // Reductions; the reduced axes are gone. `axes` increasing and not empty.
  readonly sum: { readonly axes: readonly number[] };
  /** The largest; its derivative goes to the first of equals. */
  readonly max_over: { readonly axes: readonly number[] };
  /** Position of the largest along one axis, the first of equals; index. A NaN counts as the largest. */
  readonly argmax: { readonly axis: number };

  /**
   * The product of two tensors with one letter per axis: `{left: 'mn', right: 'bn', out: 'bm'}` is
   * out[b, m] = sum over n of left[m, n] * right[b, n]. A letter in both and in `out` is a batch, one in both
   * and not in `out` is summed; each letter of an operand is in `out` or in the other operand, and none
   * stands twice in one operand.
   */
  readonly contract: { readonly left: string; readonly right: string; readonly out: string };

  /** Rows of a table: (real [v, ...rest], index [...at]) to real [...at, ...rest]. A row outside of it is NaN. */
  readonly gather: None;
  /**
   * The adjoint of gather: (index [...at], real [...at, ...rest]) to real [extent, ...rest], adding up the rows
   * with the same index. An index outside adds nothing.
   */
  readonly scatter_add: { readonly extent: number };
}

export type OpName = keyof OpAttributes;
