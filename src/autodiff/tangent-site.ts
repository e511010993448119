// What a tangent rule sees: the operation's operands (a, b), its result (y), the tangents of its operands (da, db, dc), and
// a vocabulary to write formulas with. What does not vary has no tangent, and a formula drops the terms that it is in.
//
// A tangent of zero adds nothing, even where the slope is infinite: the root of (if x > 0 then x else 0) does not move where
// x is below 0; nor does, at the first step, what takes the logarithm of a state that starts at 0. Rules whose slope may
// be infinite at a number say so (over, steep), and what they leave out is the slope, not the product: so a tangent that
// is zero at this point alone still has its own derivative.

import type { GraphBuilder } from '../graph/build.ts';
import type { NodeId } from '../graph/graph.ts';
import type { OpAttributes, OpName } from '../graph/ops/attributes.ts';
import type { Dim } from '../graph/type.ts';
import { carefulDiv, carefulMul } from './careful.ts';

/** How a value moves; undefined: it does not vary. */
export type Tangent = NodeId | undefined;

/** A value beside a tangent; as a function where it takes some work, which is not done for a tangent that is not there. */
type Lazy = NodeId | (() => NodeId);

export interface TangentSite<K extends OpName = OpName> extends TangentFormulas {
  /** The operands. */
  readonly a: NodeId;
  readonly b: NodeId;
  /** The result. */
  readonly y: NodeId;
  /** The operands' tangents. */
  readonly da: Tangent;
  readonly db: Tangent;
  readonly dc: Tangent;
  /** Of an operation with any number of operands: all their tangents, zeros where one does not vary. */
  readonly tangents: readonly NodeId[];
  readonly attributes: OpAttributes[K];
}

interface TangentFormulas {
  /** The operation itself, on other operands: of one that is linear in them, and one of them a tangent. */
  same(...operands: readonly Tangent[]): Tangent;
  neg(dx: Tangent): Tangent;
  plus(dx: Tangent, dy: Tangent): Tangent;
  minus(dx: Tangent, dy: Tangent): Tangent;
  /** dx times a slope. */
  times(dx: Tangent, slope: Lazy): Tangent;
  /** dx times a slope that may be infinite. */
  steep(dx: Tangent, slope: Lazy): Tangent;
  /** dx divided by something that may be zero. */
  over(dx: Tangent, x: NodeId): Tangent;
  /** One tangent or the other. */
  choose(condition: Lazy, dx: Tangent, dy: Tangent): Tangent;
  /** Over axes, the tangent at the largest of x, in row-major order the first. */
  atFirstLargest(x: NodeId, dx: Tangent, axes: readonly number[]): Tangent;

  log(x: NodeId): NodeId;
  sin(x: NodeId): NodeId;
  cos(x: NodeId): NodeId;
  floor(x: NodeId): NodeId;
  add(x: NodeId, y: NodeId): NodeId;
  sub(x: NodeId, y: NodeId): NodeId;
  mul(x: NodeId, y: NodeId): NodeId;
  div(x: NodeId, y: NodeId): NodeId;
  pow(x: NodeId, y: NodeId): NodeId;
  lt(x: NodeId, y: NodeId): NodeId;
  eq(x: NodeId, y: NodeId): NodeId;
  and(x: NodeId, y: NodeId): NodeId;
  /** A number everywhere, in the shape of the result. */
  number(value: number): NodeId;
}

/** The formulas of one call, which are built in the builder; `shape` is that of its result. */
export function tangentFormulas<K extends OpName>(
  builder: GraphBuilder,
  op: K,
  attributes: OpAttributes[K],
  shape: readonly Dim[],
): TangentFormulas {
  const built = (x: Lazy): NodeId => (typeof x === 'function' ? x() : x);

  /** One axis after the other, the last one first: in each row its first, then the first row of all. */
  const firstLargest = (x: NodeId, dx: NodeId, axes: readonly number[]): NodeId => {
    const [axis, before] = [axes[axes.length - 1], axes.slice(0, -1)];
    const whole = builder.shapeOf(x);
    const others = whole.flatMap((_, k) => (k === axis ? [] : [k]));
    const position = builder.broadcast(builder.call('iota', [], { extent: whole[axis] }), whole, [axis]);
    const first = builder.broadcast(builder.call('argmax', [x], { axis }), whole, others);
    const there = builder.apply(
      'select',
      builder.apply('eq', position, first),
      dx,
      builder.constantLike(0, dx),
    );
    const ofRows = builder.sum(there, [axis]);
    return before.length === 0
      ? ofRows
      : firstLargest(builder.call('max_over', [x], { axes: [axis] }), ofRows, before);
  };

  return {
    same(...operands) {
      const known = operands.filter((operand) => operand !== undefined);
      return known.length < operands.length ? undefined : builder.call(op, known, attributes);
    },
    neg: (dx) => (dx === undefined ? undefined : builder.apply('neg', dx)),
    plus(dx, dy) {
      if (dx === undefined || dy === undefined) return dx ?? dy;
      return builder.apply('add', dx, dy);
    },
    minus(dx, dy) {
      if (dy === undefined) return dx;
      return dx === undefined ? builder.apply('neg', dy) : builder.apply('sub', dx, dy);
    },
    times: (dx, slope) => (dx === undefined ? undefined : builder.apply('mul', dx, built(slope))),
    steep: (dx, slope) => (dx === undefined ? undefined : carefulMul(builder, dx, built(slope))),
    over: (dx, x) => (dx === undefined ? undefined : carefulDiv(builder, dx, x)),
    choose(condition, dx, dy) {
      if (dx === undefined && dy === undefined) return undefined;
      const zero = (): NodeId => builder.constant(0, shape);
      return builder.apply('select', built(condition), dx ?? zero(), dy ?? zero());
    },
    atFirstLargest: (x, dx, axes) => (dx === undefined ? undefined : firstLargest(x, dx, axes)),

    log: (x) => builder.apply('log', x),
    sin: (x) => builder.apply('sin', x),
    cos: (x) => builder.apply('cos', x),
    floor: (x) => builder.apply('floor', x),
    add: (x, y) => builder.apply('add', x, y),
    sub: (x, y) => builder.apply('sub', x, y),
    mul: (x, y) => builder.apply('mul', x, y),
    div: (x, y) => builder.apply('div', x, y),
    pow: (x, y) => builder.apply('pow', x, y),
    lt: (x, y) => builder.apply('lt', x, y),
    eq: (x, y) => builder.apply('eq', x, y),
    and: (x, y) => builder.apply('and', x, y),
    number: (value) => builder.constant(value, shape),
  };
}
