// Whether two graphs compute the same.
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Extents } from '../../src/graph/type.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { EXTENTS } from './random-graph.ts';

/**
 * The largest difference over all outputs, |a - b| / max(1, max |a|); infinite where outputs, shapes, NaNs or infinities
 * differ.
 */
export function difference(
  before: Graph,
  after: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  extents: Extents = EXTENTS,
): number {
  const [expected, found] = [evaluate(before, inputs, extents), evaluate(after, inputs, extents)];
  if ([...expected.keys()].join() !== [...found.keys()].join()) return Infinity;
  return Math.max(0, ...[...expected].map(([name, tensor]) => distance(tensor, found.get(name)!)));
}

function distance(a: Tensor, b: Tensor): number {
  if (a.element !== b.element || a.shape.join() !== b.shape.join()) return Infinity;
  let [error, size] = [0, 1];
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i], b.data[i]];
    if (Object.is(x, y) || x === y) continue;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return Infinity;
    error = Math.max(error, Math.abs(x - y));
    size = Math.max(size, Math.abs(x));
  }
  return error / size;
}
