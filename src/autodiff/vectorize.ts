// One more axis for one operation: the rule behind batching, and behind fission, which turns an operation of every
// step into one over the whole time axis.

import { InvariantError, invariant } from '../base/invariant.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { NodeId } from '../graph/graph.ts';
import type { OpAttributes, OpName } from '../graph/ops/attributes.ts';
import type { AxisName, Dim, Type } from '../graph/type.ts';

/** A call as it is without the axis. */
export type PlainCall = {
  readonly [K in OpName]: { readonly op: K; readonly attributes: OpAttributes[K]; readonly type: Type };
}[OpName];

/** An operand, and the position of the axis in it; undefined: it does not have the axis. */
export interface VectorOperand {
  readonly node: NodeId;
  readonly at: number | undefined;
}

/**
 * The value of a call for every position of an axis at once. At least one operand has the axis; the others are the
 * same for all positions, and are copied only where the operation needs operands of one shape. The result has the
 * axis at position `at`, and its other axes as `call.type` says.
 *
 * For `y = W x` and x with a batch in front: `vectorize(builder, {op: 'contract', ...}, [{node: W, at: undefined},
 * {node: x, at: 0}], 'B', 0)` is the product with y's batch in front, and W as it was.
 *
 * An operation that adds up (sum, contract, scatter_add) does so for each position by itself. An axis that is cut or
 * joined (slice, concat) stays one of known size.
 */
export function vectorize(
  builder: GraphBuilder,
  call: PlainCall,
  operands: readonly VectorOperand[],
  axis: AxisName,
  at: number,
): NodeId {
  invariant(
    operands.some((operand) => operand.at !== undefined),
    `vectorize: no operand of ${call.op} has the axis ${axis}`,
  );
  /** A value with the axis moved from one position to another. */
  const move = (node: NodeId, from: number, to: number): NodeId => {
    if (from === to) return node;
    const order = builder.shapeOf(node).map((_, k) => k);
    order.splice(from, 1);
    order.splice(to, 0, from);
    return builder.call('transpose', [node], { order });
  };
  /** A value with the axis at a position, repeated along it where it does not have it. */
  const withAxis = ({ node, at: from }: VectorOperand, to: number): NodeId => {
    if (from !== undefined) return move(node, from, to);
    return spread(builder, node, axis, to);
  };
  const [a, b] = operands;

  switch (call.op) {
    case 'neg':
    case 'exp':
    case 'log':
    case 'log1p':
    case 'sqrt':
    case 'tanh':
    case 'sigmoid':
    case 'abs':
    case 'sin':
    case 'cos':
    case 'floor':
    case 'not':
    case 'stop':
    case 'convert':
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'pow':
    case 'max':
    case 'min':
    case 'mod':
    case 'lt':
    case 'le':
    case 'eq':
    case 'and':
    case 'or':
    case 'select':
    case 'surrogate': {
      const spreadOperands = operands.map((operand) => withAxis(operand, at));
      return builder.call(call.op, spreadOperands, call.attributes);
    }

    case 'constant':
    case 'iota':
    case 'extent':
      throw new InvariantError(`vectorize: ${call.op} has no operands`);

    case 'uniform': {
      invariant(a.at === undefined || b.at === undefined, 'vectorize: the seed and the step have the axis');
      const value = builder.call('uniform', [a.node, b.node], call.attributes);
      // The axes of the step come before those of the seed.
      return move(value, b.at ?? builder.shapeOf(b.node).length, at);
    }

    case 'broadcast': {
      const { shape, axes } = call.attributes;
      const before = axes.filter((k) => k < at);
      const node = move(a.node, a.at!, before.length);
      const after = axes.slice(before.length).map((k) => k + 1);
      return builder.broadcast(node, shape.toSpliced(at, 0, axis), [...before, at, ...after]);
    }
    case 'reshape': {
      // Named axes lead: the new one goes in front of all.
      const node = move(a.node, a.at!, 0);
      return move(builder.call('reshape', [node], { shape: [axis, ...call.attributes.shape] }), 0, at);
    }
    case 'transpose': {
      const order = call.attributes.order.map((k) => (k < a.at! ? k : k + 1));
      return builder.call('transpose', [a.node], { order: order.toSpliced(at, 0, a.at!) });
    }
    case 'slice': {
      const { axis: cut, start, size } = call.attributes;
      return builder.call('slice', [move(a.node, a.at!, at)], { axis: past(cut, at), start, size });
    }
    case 'concat': {
      const joined = operands.map((operand) => withAxis(operand, at));
      return builder.call('concat', joined, { axis: past(call.attributes.axis, at) });
    }

    case 'sum':
    case 'max_over': {
      const axes = call.attributes.axes.map((k) => past(k, a.at!));
      const gone = axes.filter((k) => k < a.at!).length;
      return move(builder.call(call.op, [a.node], { axes }), a.at! - gone, at);
    }
    case 'argmax': {
      const reduced = past(call.attributes.axis, a.at!);
      const gone = reduced < a.at! ? 1 : 0;
      return move(builder.call('argmax', [a.node], { axis: reduced }), a.at! - gone, at);
    }

    case 'contract': {
      const { left, right, out } = call.attributes;
      const letter = unusedLetter(left + right, axis);
      const insert = (letters: string, position: number | undefined): string =>
        position === undefined ? letters : letters.slice(0, position) + letter + letters.slice(position);
      return builder.contract(a.node, b.node, {
        left: insert(left, a.at),
        right: insert(right, b.at),
        out: insert(out, at),
      });
    }

    case 'gather':
      return vectorizeGather(builder, a, b, axis, at, move);
    case 'scatter_add': {
      // For each position: to each row what has its index.
      if (a.at === undefined) {
        const rank = builder.shapeOf(a.node).length;
        const rows = move(b.node, b.at!, rank);
        return move(builder.call('scatter_add', [a.node, rows], call.attributes), 1, at);
      }
      const { extent } = call.attributes;
      const index = move(a.node, a.at, 0);
      const rows = withAxis(b, 0);
      const summed = builder.shapeOf(index).slice(1);
      const rest = builder.shapeOf(rows).slice(1 + summed.length);
      const shape = [axis, extent, ...summed, ...rest];
      const others = summed.map((_, k) => 2 + k);
      const isHere = isRow(builder, index, shape, 1, [0, ...others]);
      const everywhere = builder.broadcast(rows, shape, [
        0,
        ...others,
        ...rest.map((_, k) => 2 + summed.length + k),
      ]);
      const placed = builder.apply('select', isHere, everywhere, builder.constantLike(0, everywhere));
      return move(builder.sum(placed, others), 0, at);
    }
    default:
      return call satisfies never;
  }
}

/** A value repeated along a new axis. */
export function spread(builder: GraphBuilder, node: NodeId, axis: AxisName, at: number): NodeId {
  const shape = builder.shapeOf(node);
  return builder.broadcast(
    node,
    shape.toSpliced(at, 0, axis),
    shape.map((_, k) => past(k, at)),
  );
}

/** The position of an axis after a new one was put in at `at`. */
function past(k: number, at: number): number {
  return k < at ? k : k + 1;
}

/** A letter for the axis: its own initial if no other axis has it. */
function unusedLetter(taken: string, axis: AxisName): string {
  const letters = `${axis[0].toLowerCase()}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ`;
  const letter = [...letters].find((letter) => !taken.includes(letter));
  invariant(letter !== undefined, 'contract: there are no letters left');
  return letter;
}

function vectorizeGather(
  builder: GraphBuilder,
  table: VectorOperand,
  index: VectorOperand,
  axis: AxisName,
  at: number,
  move: (node: NodeId, from: number, to: number) => NodeId,
): NodeId {
  if (table.at === undefined) {
    return move(builder.apply('gather', table.node, index.node), index.at!, at);
  }
  const rank = builder.shapeOf(index.node).length;
  if (index.at === undefined) {
    // The rows are the same for all positions: the axis is one more of each row.
    const rows = builder.apply('gather', move(table.node, table.at, 1), index.node);
    return move(rows, rank, at);
  }
  // A table for each position: of all rows the one is kept that has the index. Selected and added up: the rows
  // that are not meant reach nothing.
  const tables = move(table.node, table.at, 0);
  const indices = move(index.node, index.at, 0);
  const [, rows, ...rest] = builder.shapeOf(tables);
  const wanted = builder.shapeOf(indices).slice(1);
  const shape: Dim[] = [axis, ...wanted, rows, ...rest];
  const own = wanted.map((_, k) => 1 + k);
  const row = 1 + wanted.length;
  const isHere = isRow(builder, indices, shape, row, [0, ...own]);
  const everywhere = builder.broadcast(tables, shape, [0, row, ...rest.map((_, k) => row + 1 + k)]);
  const kept = builder.apply('select', isHere, everywhere, builder.constantLike(0, everywhere));
  const picked = builder.sum(kept, [row]);
  // Times one; where the index is outside of the table, times not a number, as in any gather.
  const inside = builder.apply('gather', builder.constant(1, [rows]), indices);
  return move(
    builder.apply('mul', picked, builder.broadcast(inside, builder.shapeOf(picked), [0, ...own])),
    0,
    at,
  );
}

/** bool of a shape: whether the position on axis `row` is what `indices`, which has the axes `own`, says. */
function isRow(
  builder: GraphBuilder,
  indices: NodeId,
  shape: readonly Dim[],
  row: number,
  own: readonly number[],
): NodeId {
  const rows = builder.call('iota', [], { extent: shape[row] });
  return builder.apply('eq', builder.broadcast(rows, shape, [row]), builder.broadcast(indices, shape, own));
}
