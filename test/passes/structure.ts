// Counts of what a graph is made of, where a snapshot would break too easily: "products inside the loop: 1".
import { type Graph, isCall, type ScanNode } from '../../src/graph/graph.ts';
import type { OpName } from '../../src/graph/ops/attributes.ts';

/** How many calls of an operation a graph has, not counting those in its loops. */
export function countCalls(graph: Graph, op: OpName): number {
  return graph.nodes.filter((node) => isCall(node, op)).length;
}

/** The loops of a graph, in order. */
export function loopsOf(graph: Graph): readonly ScanNode[] {
  return graph.nodes.filter((node) => node.kind === 'scan');
}

/** The number of products in each loop of a graph, and outside of them. */
export function products(graph: Graph): { readonly loops: readonly number[]; readonly outside: number } {
  return {
    loops: loopsOf(graph).map((scan) => countCalls(scan.body, 'contract')),
    outside: countCalls(graph, 'contract'),
  };
}
