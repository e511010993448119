// The loop program: what an optimised graph becomes before any target's code. Plain data in four kinds of statements:
// the loop over time, the sweep (a nest of loops with scalar operations in its middle), the matrix product, and the
// packing of a product's right operand. All memory is in named buffers of elements; where an element lies is an
// affine function of the loops around it, with strides and offsets that are products of the axes (size.ts).
//
// Invariants (proved by verify.ts): an access stays inside its buffer for all extents from 1; a scalar refers to
// earlier scalars of its sweep only; a temporary is written before it is read.

import type { None, OpAttributes, OpName } from '../graph/ops/attributes.ts';
import type { AxisName, Element, Type } from '../graph/type.ts';
import type { Size, Sum } from './size.ts';

/** The position of a buffer in the program's list. */
export type BufferId = number & { readonly brand: 'BufferId' };

/** A loop over time, by number; its step variable runs over the positions of its axis. */
export type LoopId = number & { readonly brand: 'LoopId' };

/**
 * A row of elements. An `argument` keeps its contents from run to run, a `result` until the next one, a `temporary`
 * only from its first write to its last read: others may have its place before and after.
 */
export interface Buffer {
  readonly name: string;
  readonly element: Element;
  /** How many elements. */
  readonly size: Sum;
  readonly role: 'argument' | 'result' | 'temporary';
}

/** What one step of a loop over time adds to an offset. */
export interface StepTerm {
  readonly loop: LoopId;
  readonly stride: Size;
}

/** Where something begins: an element of a buffer, moved along by the steps of the loops around. */
export interface Place {
  readonly buffer: BufferId;
  readonly offset: Sum;
  readonly steps: readonly StepTerm[];
}

/** A place and how far one position along each axis of the sweep goes from there. */
export interface Access extends Place {
  readonly strides: readonly Size[];
}

/** The position of a scalar in its sweep's list. */
export type ScalarId = number & { readonly brand: 'ScalarId' };

/** The operations that are one function of numbers, applied at every position. */
export type ScalarFunction =
  | Exclude<
      { [K in OpName]: OpAttributes[K] extends None ? K : never }[OpName],
      'gather' | 'stop' | 'surrogate'
    >
  | 'convert';

/** What is computed at one position of a sweep. The last five kinds give no value. */
export type Scalar =
  | { readonly kind: 'number'; readonly element: Element; readonly value: number }
  /** An affine function of the positions and steps. */
  | {
      readonly kind: 'position';
      readonly element: 'index';
      readonly offset: Sum;
      readonly steps: readonly StepTerm[];
      readonly strides: readonly Size[];
    }
  /** A size as a real number. */
  | { readonly kind: 'extent'; readonly element: 'real'; readonly size: Size }
  | { readonly kind: 'load'; readonly element: Element; readonly access: Access }
  /** The element `index` times `stride` further; NaN where the index is not from 0 to `rows` - 1. */
  | {
      readonly kind: 'gather';
      readonly element: 'real';
      readonly access: Access;
      readonly index: ScalarId;
      readonly stride: Size;
      readonly rows: number;
    }
  | {
      readonly kind: 'apply';
      readonly element: Element;
      readonly name: ScalarFunction;
      readonly operands: readonly ScalarId[];
    }
  /** A random number of threefry: key (seed, `key`), counter (step, position). */
  | {
      readonly kind: 'uniform';
      readonly element: 'real';
      readonly key: number;
      readonly seed: ScalarId;
      readonly step: ScalarId;
      readonly position: ScalarId;
    }
  | { readonly kind: 'store'; readonly access: Access; readonly value: ScalarId }
  /** Adds to (or takes the larger with) what stands there; the reduced axes have stride zero. */
  | {
      readonly kind: 'reduce';
      readonly how: 'sum' | 'max';
      readonly access: Access;
      readonly value: ScalarId;
    }
  /** Stores the position of the largest along the last axis, which has stride zero here. */
  | { readonly kind: 'argmax'; readonly access: Access; readonly value: ScalarId }
  /** Adds to the element `index` times `stride` further; nothing where the index is outside. */
  | {
      readonly kind: 'scatter';
      readonly access: Access;
      readonly index: ScalarId;
      readonly stride: Size;
      readonly rows: number;
      readonly value: ScalarId;
    };

/**
 * From the first position of the axis to the last, or from the last to the first. A loop over an axis of segments
 * gives the axis of a segment's steps its extent at every turn: the last segment may be shorter.
 */
export interface TimeLoop {
  readonly kind: 'loop';
  readonly loop: LoopId;
  readonly axis: AxisName;
  readonly reverse: boolean;
  readonly body: readonly Statement[];
}

/** All positions in row-major order, the scalars in their order at each. */
export interface Sweep {
  readonly kind: 'sweep';
  readonly extents: readonly Size[];
  readonly scalars: readonly Scalar[];
}

/**
 * out[r, c] (+)= sum over k of left[r, k] * right[k, c], once for every position of `outer` (an axis of the sum there
 * has stride zero in out, which then accumulates). Neighbouring columns of out lie side by side.
 */
export interface Product {
  readonly kind: 'product';
  readonly outer: readonly OuterAxis[];
  readonly rows: Size;
  readonly columns: Size;
  readonly inner: Size;
  readonly left: Place & { readonly row: Size; readonly inner: Size };
  readonly right: (Place & { readonly inner: Size; readonly column: Size }) | { readonly packed: BufferId };
  readonly out: Place & { readonly row: Size };
  /** Adds to what stands in out. */
  readonly accumulate: boolean;
}

export interface OuterAxis {
  readonly extent: Size;
  readonly left: Size;
  readonly right: Size;
  readonly out: Size;
}

/**
 * Brings a product's right operand into panels of `PANEL` columns, each with its rows one after the other and the
 * last one filled up with zeros: out of a loop over time for what does not change in it.
 */
export interface Pack {
  readonly kind: 'pack';
  readonly inner: Size;
  readonly columns: Size;
  readonly source: Place & { readonly inner: Size; readonly column: Size };
  readonly packed: BufferId;
}

/** How many columns a panel of a packed operand has. */
export const PANEL = 8;

export type Statement = TimeLoop | Sweep | Product | Pack;

/** An argument or a result by its name in the graph. */
export interface Port {
  readonly name: string;
  readonly type: Type;
  readonly buffer: BufferId;
  /** The axes, of scans or of the program, whose lengths these are: every one is from 1 to each axis's extent. */
  readonly lengthsOf?: readonly AxisName[];
}

export interface Program {
  readonly name: string;
  readonly buffers: readonly Buffer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly body: readonly Statement[];
}
