// Values made of entries of others, and the unit matrix, as operations of the graph.

import type { GraphBuilder } from '../../graph/build.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Dim } from '../../graph/type.ts';

/** Ones on the diagonal, zeros elsewhere. */
export function identity(b: GraphBuilder, shape: readonly Dim[]): NodeId {
  const places = b.call('iota', [], { extent: shape[0] });
  const same = b.apply('eq', b.broadcast(places, shape, [0]), b.broadcast(places, shape, [1]));
  return b.call('convert', [same], { element: 'real' });
}

/** The last entry of a value along its first axis. */
export function oldest(b: GraphBuilder, kept: NodeId): NodeId {
  return entry(b, kept, Number(b.shapeOf(kept)[0]) - 1);
}

/** One entry of a value along its first axis. */
function entry(b: GraphBuilder, of: NodeId, start: number): NodeId {
  const [, ...shape] = b.shapeOf(of);
  const one = b.call('slice', [of], { axis: 0, start, size: 1 });
  return b.call('reshape', [one], { shape });
}

/** A value in front of others, of which the last one goes. */
export function newest(b: GraphBuilder, value: NodeId, kept: NodeId): NodeId {
  const [count] = b.shapeOf(kept);
  const first = b.call('reshape', [value], { shape: [1, ...b.shapeOf(value)] });
  if (count === 1) return first;
  const others = b.call('slice', [kept], { axis: 0, start: 0, size: Number(count) - 1 });
  return b.call('concat', [first, others], { axis: 0 });
}
