// What rounding decides, and no computation in so many digits can know.
//
// A case may be too hard for float32, or even for float64: gradients whose terms cancel each other (of softmax, of many
// steps), slopes of saturated units, 1 - y^2, of which little is left when y has been rounded, and choices between
// things that are equal but for their rounding. So the reference is run once more with every computed number moved by
// a unit of its last place or less. A result that this moves by a tenth of what a law allows is not held to that law:
// the hundreds of roundings of another order of computing cannot stay within it.
import { copyNodes } from '../../autodiff/copy.ts';
import { GraphBuilder } from '../../graph/build.ts';
import { evaluate } from '../../graph/evaluate.ts';
import { type Graph, type NodeId, type ScanNode, typeOf } from '../../graph/graph.ts';
import type { OpName } from '../../graph/ops/attributes.ts';
import type { Extents } from '../../graph/type.ts';
import { type Gaps, gaps, type Tensors } from './distance.ts';

export const FLOAT32 = 2 ** -24;
/** Some units of float64: fewer could not be told apart. */
export const FLOAT64 = 2 ** -51;

/** What is computed to the last bit, or moved about. */
const exact: ReadonlySet<OpName> = new Set<OpName>([
  'abs',
  'broadcast',
  'concat',
  'constant',
  'convert',
  'extent',
  'floor',
  'gather',
  'iota',
  'max',
  'max_over',
  'min',
  'mod',
  'neg',
  'reshape',
  'select',
  'slice',
  'stop',
  'transpose',
  'uniform',
]);

/** The results that rounding to this unit moves beyond a tenth of a bound. */
export function illConditioned(
  graph: Graph,
  inputs: Tensors,
  extents: Extents,
  unit: number,
  bound: number,
): ReadonlySet<string> {
  const expected = evaluate(graph, inputs, extents);
  const moved: Gaps[] = [0, 1].map((phase) =>
    gaps(expected, evaluate(roundedElsewhere(graph, unit, phase), inputs, extents)),
  );
  const names = [...expected.keys()];
  return new Set(names.filter((name) => moved.some((found) => !(found.get(name)!.error <= bound / 10))));
}

/** The graph with each inexact result times 1 plus or minus up to a unit, another one for each element of a row. */
export function roundedElsewhere(graph: Graph, unit: number, phase: number): Graph {
  const builder = new GraphBuilder(graph.name);
  const nodes = new Map<NodeId, NodeId>();
  const copyScan = (_: NodeId, scan: ScanNode): readonly NodeId[] => {
    const copied = (ids: readonly NodeId[]): NodeId[] => ids.map((id) => nodes.get(id)!);
    const { carried, stacked, summed } = builder.scan({
      ...scan,
      body: roundedElsewhere(scan.body, unit, phase + 2),
      lengths: scan.lengths === undefined ? undefined : nodes.get(scan.lengths),
      carries: copied(scan.carries),
      sequences: copied(scan.sequences),
      captures: copied(scan.captures),
    });
    return [...carried, ...stacked, ...summed];
  };
  copyNodes(builder, graph, nodes, copyScan, (id, { op }) => {
    if (exact.has(op) || typeOf(graph, id).element !== 'real') return;
    nodes.set(id, moved(builder, nodes.get(id)!, unit, id + phase));
  });
  for (const { name, node, mean } of graph.outputs) builder.output(name, nodes.get(node)!, mean);
  return builder.finish();
}

function moved(b: GraphBuilder, x: NodeId, unit: number, key: number): NodeId {
  const shape = b.shapeOf(x);
  const last = shape.length - 1;
  const factor = (k: NodeId): NodeId => {
    const angle = b.apply('add', b.apply('mul', b.constantLike(2.3, k), k), b.constantLike(1.7 * key, k));
    const by = b.apply('mul', b.constantLike(unit, k), b.apply('cos', angle));
    return b.apply('add', b.constantLike(1, k), by);
  };
  if (last < 0) return b.apply('mul', x, factor(b.constant(0, [])));
  const positions = b.call('convert', [b.call('iota', [], { extent: shape[last] })], { element: 'real' });
  return b.apply('mul', x, b.broadcast(factor(positions), shape, [last]));
}
