// The terms of a sum of sums.

import { type Graph, isCall, type NodeId, operandsOf } from '../graph/graph.ts';

/** How often each value of a graph is used, as an operand or an output. */
export function countUses(graph: Graph): readonly number[] {
  const uses = graph.nodes.map(() => 0);
  for (const node of graph.nodes) for (const operand of operandsOf(node)) uses[operand]++;
  for (const { node } of graph.outputs) uses[node]++;
  return uses;
}

/** The sums of reals in a graph, each with its terms; sums on the way belong to it as far as nobody else uses them. */
export function findSumTerms(
  graph: Graph,
  isTerm: (id: NodeId) => boolean = () => false,
): Map<NodeId, readonly NodeId[]> {
  const uses = countUses(graph);
  const inner = new Set<NodeId>();
  const sums = new Map<NodeId, readonly NodeId[]>();
  for (let position = graph.nodes.length - 1; position >= 0; position--) {
    const root = position as NodeId;
    const node = graph.nodes[root];
    if (!isCall(node, 'add') || node.type.element !== 'real' || inner.has(root)) continue;
    const terms: NodeId[] = [];
    const pending = node.operands.toReversed();
    while (pending.length > 0) {
      const id = pending.pop()!;
      const term = graph.nodes[id];
      if (isCall(term, 'add') && uses[id] === 1 && !isTerm(id)) {
        inner.add(id);
        pending.push(...term.operands.toReversed());
      } else {
        terms.push(id);
      }
    }
    sums.set(root, terms);
  }
  return sums;
}
