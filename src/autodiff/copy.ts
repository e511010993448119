// Building a graph, or the part of it that is needed, once more. Ids change, origins stay.

import { GraphBuilder } from '../graph/build.ts';
import { type Graph, type NodeId, operandsOf, type ScanNode } from '../graph/graph.ts';

/** Builds a scan again and gives its results, carried, stacked and summed. */
export type CopyScan = (id: NodeId, scan: ScanNode) => readonly NodeId[];

/**
 * Builds nodes of a graph in another builder, all or those of `only`. `nodes` says where each value is now; what it
 * knows already (inputs that stand for something else) is not built.
 */
export function copyNodes(
  builder: GraphBuilder,
  graph: Graph,
  nodes: Map<NodeId, NodeId>,
  only?: ReadonlySet<NodeId>,
  copyScan: CopyScan = (_, scan) => copyWhole(builder, scan, nodes),
): void {
  const results = new Map<NodeId, readonly NodeId[]>();
  // Inputs in their own order, which need not be that of the nodes.
  for (const id of graph.inputs) {
    const node = graph.nodes[id];
    if (node.kind !== 'input' || nodes.has(id) || only?.has(id) === false) continue;
    builder.origin = node.origin;
    nodes.set(id, builder.input(node.name, node.type, node.role));
  }
  graph.nodes.forEach((node, position) => {
    const id = position as NodeId;
    if (nodes.has(id) || only?.has(id) === false) return;
    builder.origin = node.origin;
    if (node.kind === 'call') {
      const operands = node.operands.map((operand) => nodes.get(operand)!);
      nodes.set(id, builder.call(node.op, operands, node.attributes));
    }
    if (node.kind === 'scan') results.set(id, copyScan(id, node));
    if (node.kind === 'result') nodes.set(id, results.get(node.scan)![node.index]);
  });
}

function copyWhole(
  builder: GraphBuilder,
  scan: ScanNode,
  nodes: ReadonlyMap<NodeId, NodeId>,
): readonly NodeId[] {
  const copied = (ids: readonly NodeId[]): NodeId[] => ids.map((id) => nodes.get(id)!);
  const { carried, stacked, summed } = builder.scan({
    ...scan,
    lengths: scan.lengths === undefined ? undefined : nodes.get(scan.lengths),
    carries: copied(scan.carries),
    sequences: copied(scan.sequences),
    captures: copied(scan.captures),
  });
  return [...carried, ...stacked, ...summed];
}

/** The nodes that a graph's outputs need. */
export function liveNodes(graph: Graph): ReadonlySet<NodeId> {
  const live = new Set<NodeId>(graph.outputs.map((output) => output.node));
  for (let position = graph.nodes.length - 1; position >= 0; position--) {
    const id = position as NodeId;
    if (live.has(id)) for (const operand of operandsOf(graph.nodes[id])) live.add(operand);
  }
  return live;
}

/** The live part of a graph, with these inputs in this order. */
export function arrange(graph: Graph, inputs: readonly NodeId[]): Graph {
  const ordered = new GraphBuilder(graph.name);
  const nodes = new Map<NodeId, NodeId>();
  for (const id of inputs) {
    const node = graph.nodes[id];
    if (node.kind !== 'input') continue;
    ordered.origin = node.origin;
    nodes.set(id, ordered.input(node.name, node.type, node.role));
  }
  copyNodes(ordered, graph, nodes, liveNodes(graph));
  for (const output of graph.outputs) ordered.output(output.name, nodes.get(output.node)!, output.mean);
  return ordered.finish();
}
