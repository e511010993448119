// Whole sequences in a batch. A value with the axis `T.all` (graph/type.ts) has in a batch as many entries for each
// sequence as the longest has; those after a sequence's end are nobody's, and may be anything.
//
// What keeps them apart: element by element an entry meets its like alone. Where entries of different positions meet, in a
// sum, the largest, a product, they are selected before. Where one value goes to all positions, and where a
// product gives a value for each, the result is selected, for its cotangent: in the reverse mode these are sums over the
// positions. So what is not a number after an end reaches neither values nor gradients.

import { invariant } from '../base/invariant.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { NodeId } from '../graph/graph.ts';
import { BATCH, type Dim, timeOf } from '../graph/type.ts';
import { type PlainCall, spread, type VectorOperand, vectorize } from './vectorize.ts';

/** The lengths of the sequences, index [B], by the name of their axis. */
export type Lengths = ReadonlyMap<string, NodeId>;

/** Whether a shape has the axis of a whole sequence. */
function isRagged(shape: readonly Dim[]): boolean {
  return shape.some((d) => timeOf(d) !== undefined);
}

/**
 * A value with B, without what stands after the ends of its whole sequences: `otherwise` there. As it is where it has none.
 */
export function withinEnds(builder: GraphBuilder, value: NodeId, lengths: Lengths, otherwise = 0): NodeId {
  const { element, shape } = builder.typeOf(value);
  const alive = shape.flatMap((d, axis) => {
    const time = timeOf(d);
    const ends = time === undefined ? undefined : lengths.get(time);
    return ends === undefined || typeof d === 'number' ? [] : [aliveAlong(builder, shape, d, axis, ends)];
  });
  if (alive.length === 0) return value;
  const all = alive.reduce((a, b) => builder.apply('and', a, b));
  return builder.apply('select', all, value, builder.constant(otherwise, shape, element));
}

/** bool of a shape: whether a position along an axis is before the sequence's end. */
function aliveAlong(
  builder: GraphBuilder,
  shape: readonly Dim[],
  dim: string,
  axis: number,
  lengths: NodeId,
): NodeId {
  const batch = shape.indexOf(BATCH);
  invariant(batch >= 0, `a value of [${shape.join(', ')}] belongs to no sequence`);
  const own = axis < batch ? [dim, BATCH] : [BATCH, dim];
  const positions = builder.broadcast(builder.call('iota', [], { extent: dim }), own, [own.indexOf(dim)]);
  const ends = builder.broadcast(lengths, own, [own.indexOf(BATCH)]);
  const at = axis < batch ? [axis, batch] : [batch, axis];
  return builder.broadcast(builder.apply('lt', positions, ends), shape, at);
}

/**
 * A call of a batch in which a whole sequence is made, looked at, or left; undefined where it needs no care. `shapes`: those
 * of the operands without B.
 */
export function raggedCall(
  builder: GraphBuilder,
  call: PlainCall,
  operands: readonly VectorOperand[],
  shapes: readonly (readonly Dim[])[],
  lengths: Lengths,
  at: number,
): NodeId | undefined {
  const plain = (given: readonly VectorOperand[]): NodeId => vectorize(builder, call, given, BATCH, at);
  /** What is looked at along whole sequences, so that it is another value for each sequence. */
  const selected = ({ node, at: from }: VectorOperand, otherwise: number): VectorOperand => {
    const own = from ?? 0;
    const many = from === undefined ? spread(builder, node, BATCH, own) : node;
    return { node: withinEnds(builder, many, lengths, otherwise), at: own };
  };
  const isHere = (k: number): boolean => isRagged(shapes[k]);
  switch (call.op) {
    case 'sum':
      return isHere(0) ? plain([selected(operands[0], 0)]) : undefined;
    case 'max_over':
      return isHere(0) ? plain([selected(operands[0], Number.NEGATIVE_INFINITY)]) : undefined;
    case 'contract': {
      if (!isHere(0) && !isHere(1)) return undefined;
      const safe = operands.map((operand, k) => (isHere(k) ? selected(operand, 0) : operand));
      return withinEnds(builder, plain(safe), lengths);
    }
    case 'broadcast': {
      const made = call.attributes.shape.filter((_, axis) => !call.attributes.axes.includes(axis));
      if (!isRagged(made) || operands[0].at === undefined) return undefined;
      return withinEnds(builder, plain(operands), lengths);
    }
    case 'reshape': {
      if (!isRagged(call.type.shape) || isHere(0) || operands[0].at === undefined) return undefined;
      return withinEnds(builder, plain(operands), lengths);
    }
    case 'argmax':
    case 'gather':
    case 'scatter_add':
    case 'slice':
    case 'concat': {
      const whole = shapes.some((shape) => timeOf(shape[0]) !== undefined && shape.length > 0);
      invariant(!whole, `batch: ${call.op} along a whole sequence`);
      return undefined;
    }
    default:
      return undefined;
  }
}
