// What a derivative rule sees: the operation's operands (a, b), its result (y), the cotangent of its result (dy),
// and a vocabulary to write formulas with. Operands and result are fetched when a rule names them: inside a scan,
// what no rule asks for is not kept for the backward pass.
//
// Two duties are done here, so that no rule has to think of them:
// - before a branch (activity.ts), a zero cotangent times a slope is zero, even where the slope is not a number;
// - in a scan with lengths, what adds up over the batch leaves out the sequences that are not alive.

import type { GraphBuilder } from '../graph/build.ts';
import type { NodeId } from '../graph/graph.ts';
import type { OpAttributes, OpName } from '../graph/ops/attributes.ts';
import { BATCH, type Dim } from '../graph/type.ts';
import { carefulDiv, carefulMul, isNotZero, isNumber } from './careful.ts';

export interface Site<K extends OpName = OpName> extends Formulas {
  /** The operands. */
  readonly a: NodeId;
  readonly b: NodeId;
  /** The result. */
  readonly y: NodeId;
  /** The cotangent of the result. */
  readonly dy: NodeId;
  readonly attributes: OpAttributes[K];
  /** The operand that is asked about, where one entry is for all (concat). */
  readonly position: number;
  /** The operands' shapes. */
  readonly shapes: readonly (readonly Dim[])[];
}

interface Formulas {
  /** dy times a slope. */
  times(dy: NodeId, slope: NodeId): NodeId;
  /** dy divided by something. */
  over(dy: NodeId, x: NodeId): NodeId;
  /** dy contracted with the other operand. */
  contract(dy: NodeId, other: NodeId, letters: OpAttributes['contract']): NodeId;
  /** dy added up over axes. */
  sum(dy: NodeId, axes: readonly number[]): NodeId;
  /** dy's rows added up by the index of each. */
  scatterAdd(at: NodeId, dy: NodeId, extent: number): NodeId;

  neg(x: NodeId): NodeId;
  floor(x: NodeId): NodeId;
  log(x: NodeId): NodeId;
  sin(x: NodeId): NodeId;
  cos(x: NodeId): NodeId;
  add(x: NodeId, y: NodeId): NodeId;
  sub(x: NodeId, y: NodeId): NodeId;
  mul(x: NodeId, y: NodeId): NodeId;
  div(x: NodeId, y: NodeId): NodeId;
  pow(x: NodeId, y: NodeId): NodeId;
  lt(x: NodeId, y: NodeId): NodeId;
  eq(x: NodeId, y: NodeId): NodeId;
  select(condition: NodeId, x: NodeId, y: NodeId): NodeId;
  /** A number everywhere, in the shape of dy. */
  number(value: number): NodeId;
  broadcast(x: NodeId, shape: readonly Dim[], axes: readonly number[]): NodeId;
  reshape(x: NodeId, shape: readonly Dim[]): NodeId;
  transpose(x: NodeId, order: readonly number[]): NodeId;
  /** `size` positions of an axis, of which x fills those from `start`: zeros around it. */
  pad(x: NodeId, axis: number, start: number, size: number): NodeId;
  slice(x: NodeId, axis: number, start: number, size: number): NodeId;
  gather(table: NodeId, at: NodeId): NodeId;
  maxOver(x: NodeId, axes: readonly number[]): NodeId;
  /** dy at the first of the largest of x along an axis, 0 elsewhere. */
  toFirstLargest(dy: NodeId, x: NodeId, axis: number): NodeId;
}

/** The formulas at one place of a graph. `alive`: bool [B] in a scan with lengths, asked for when it is needed. */
export function formulas(
  builder: GraphBuilder,
  dy: NodeId,
  isBeforeBranch: boolean,
  alive: () => NodeId | undefined,
): Formulas {
  const zeroLike = (x: NodeId): NodeId => builder.constantLike(0, x);

  /** Zero for the sequences that are not alive. */
  const onlyAlive = (x: NodeId, axis: number): NodeId => {
    const condition = axis < 0 ? undefined : alive();
    if (condition === undefined) return x;
    const everywhere = builder.broadcast(condition, builder.shapeOf(x), [axis]);
    return builder.apply('select', everywhere, x, zeroLike(x));
  };

  const batchAxis = (x: NodeId): number => builder.shapeOf(x).indexOf(BATCH);

  /** `other` without the entries that are no numbers and meet nothing but zeros of dy: zero instead. */
  const withoutUnmet = (dy: NodeId, other: NodeId, left: string, right: string): NodeId => {
    const shared = [...left].filter((letter) => right.includes(letter));
    const axes = [...left].flatMap((letter, axis) => (right.includes(letter) ? [] : [axis]));
    const isMet = builder.call('convert', [isNotZero(builder, dy)], { element: 'real' });
    const met = axes.length === 0 ? isMet : builder.call('max_over', [isMet], { axes });
    // The shared letters stand in the order of dy, and are needed in that of the other operand.
    const inOrder = shared.toSorted((l, m) => right.indexOf(l) - right.indexOf(m));
    const order = inOrder.map((letter) => shared.indexOf(letter));
    const sorted = order.every((k, i) => k === i) ? met : builder.call('transpose', [met], { order });
    const positions = inOrder.map((letter) => right.indexOf(letter));
    const everywhere = builder.broadcast(sorted, builder.shapeOf(other), positions);
    const isNeeded = builder.call('convert', [everywhere], { element: 'bool' });
    const isKept = builder.apply('or', isNumber(builder, other), isNeeded);
    return builder.apply('select', isKept, other, zeroLike(other));
  };

  const concat = (axis: number, parts: readonly NodeId[]): NodeId =>
    parts.length === 1 ? parts[0] : builder.call('concat', parts, { axis });

  return {
    times: (dy, slope) => (isBeforeBranch ? carefulMul(builder, dy, slope) : builder.apply('mul', dy, slope)),
    over: (dy, x) => (isBeforeBranch ? carefulDiv(builder, dy, x) : builder.apply('div', dy, x)),
    contract(dy, other, letters) {
      let [ct, x] = [dy, other];
      const batch = letters.left[batchAxis(dy)];
      // The sum over the batch mixes sequences: neither factor of one that is not alive may be in it.
      const isMixed = batch !== undefined && !letters.out.includes(batch);
      if (isMixed || (isBeforeBranch && batch !== undefined && !letters.right.includes(batch))) {
        ct = onlyAlive(ct, batchAxis(ct));
      }
      if (isMixed) x = onlyAlive(x, letters.right.indexOf(batch));
      if (isBeforeBranch) x = withoutUnmet(ct, x, letters.left, letters.right);
      return builder.contract(ct, x, letters);
    },
    sum(dy, axes) {
      const axis = batchAxis(dy);
      return builder.sum(axes.includes(axis) ? onlyAlive(dy, axis) : dy, axes);
    },
    scatterAdd(at, dy, extent) {
      const axis = batchAxis(at);
      return builder.call('scatter_add', [at, onlyAlive(dy, axis)], { extent });
    },
    neg: (x) => builder.apply('neg', x),
    floor: (x) => builder.apply('floor', x),
    log: (x) => builder.apply('log', x),
    sin: (x) => builder.apply('sin', x),
    cos: (x) => builder.apply('cos', x),
    add: (x, y) => builder.apply('add', x, y),
    sub: (x, y) => builder.apply('sub', x, y),
    mul: (x, y) => builder.apply('mul', x, y),
    div: (x, y) => builder.apply('div', x, y),
    pow: (x, y) => builder.apply('pow', x, y),
    lt: (x, y) => builder.apply('lt', x, y),
    eq: (x, y) => builder.apply('eq', x, y),
    select: (condition, x, y) => builder.apply('select', condition, x, y),
    number: (value) => builder.constantLike(value, dy),
    broadcast: (x, shape, axes) => builder.broadcast(x, shape, axes),
    reshape: (x, shape) => builder.call('reshape', [x], { shape }),
    transpose: (x, order) => builder.call('transpose', [x], { order }),
    pad(x, axis, start, size) {
      const shape = builder.shapeOf(x);
      const filled = Number(shape[axis]);
      const zeros = (extent: number): readonly NodeId[] =>
        extent === 0 ? [] : [builder.constant(0, shape.with(axis, extent))];
      return concat(axis, [...zeros(start), x, ...zeros(size - start - filled)]);
    },
    slice: (x, axis, start, size) => builder.call('slice', [x], { axis, start, size }),
    gather: (table, at) => builder.apply('gather', table, at),
    maxOver: (x, axes) => builder.call('max_over', [x], { axes }),
    toFirstLargest(dy, x, axis) {
      const shape = builder.shapeOf(x);
      const others = shape.flatMap((_, k) => (k === axis ? [] : [k]));
      const positions = builder.broadcast(builder.call('iota', [], { extent: shape[axis] }), shape, [axis]);
      const first = builder.broadcast(builder.call('argmax', [x], { axis }), shape, others);
      return builder.apply(
        'select',
        builder.apply('eq', positions, first),
        builder.broadcast(dy, shape, others),
        zeroLike(x),
      );
    },
  };
}
