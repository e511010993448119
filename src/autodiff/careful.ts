// Products in which a zero stays zero, even where the other factor is infinite or not a number.
//
// What is left out is the factor, not the product: where it is a number the product is what it always is. So a cotangent or
// tangent that is zero at one point only (2 h, of h^2, where a state is 0) still has its own derivative there.

import type { GraphBuilder } from '../graph/build.ts';
import type { NodeId } from '../graph/graph.ts';

/** dx times x: 0 where dx is 0, whatever x is. */
export function carefulMul(builder: GraphBuilder, dx: NodeId, x: NodeId): NodeId {
  return builder.apply('mul', dx, whereNeeded(builder, dx, isNumber(builder, x), x, 0));
}

/** dx divided by x: 0 where dx is 0, whatever x is. */
export function carefulDiv(builder: GraphBuilder, dx: NodeId, x: NodeId): NodeId {
  const isDivisor = builder.apply('lt', builder.constantLike(0, x), builder.apply('abs', x));
  return builder.apply('div', dx, whereNeeded(builder, dx, isDivisor, x, 1));
}

/** Whether x is a number. */
export function isNumber(builder: GraphBuilder, x: NodeId): NodeId {
  return builder.apply('lt', builder.apply('abs', x), builder.constantLike(Infinity, x));
}

/** Whether x is not zero. */
export function isNotZero(builder: GraphBuilder, x: NodeId): NodeId {
  return builder.apply('not', builder.apply('eq', x, builder.constantLike(0, x)));
}

/** x where it can do no harm, or where it has to be seen since dx is not zero; else a number. */
function whereNeeded(
  builder: GraphBuilder,
  dx: NodeId,
  isFine: NodeId,
  x: NodeId,
  otherwise: number,
): NodeId {
  const isNeeded = builder.apply('or', isFine, isNotZero(builder, dx));
  return builder.apply('select', isNeeded, x, builder.constantLike(otherwise, x));
}
