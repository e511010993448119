// Building a graph once more. Ids change, origins stay.

import { invariant } from '../base/invariant.ts';
import { GraphBuilder } from '../graph/build.ts';
import type { CallNode, Graph, NodeId, ScanNode } from '../graph/graph.ts';

/** Builds a scan again and gives its results, carried, stacked and summed. */
type OnScan = (id: NodeId, scan: ScanNode) => readonly NodeId[];

/** Told of each call once it is built: what is built now stands right behind it, and has its origin. */
type OnCall = (id: NodeId, call: CallNode) => void;

/**
 * Builds the nodes of a graph in another builder. `nodes` says where each value is now; what it knows already is not
 * built.
 */
export function copyNodes(
  builder: GraphBuilder,
  graph: Graph,
  nodes: Map<NodeId, NodeId>,
  onScan: OnScan = (id) => copyScan(builder, graph, id, (operand) => nodes.get(operand)!),
  onCall: OnCall = () => undefined,
): void {
  const results = new Map<NodeId, readonly NodeId[]>();
  // Inputs in their own order, which need not be that of the nodes.
  for (const id of graph.inputs) {
    const node = graph.nodes[id];
    if (node.kind !== 'input' || nodes.has(id)) continue;
    builder.origin = node.origin;
    nodes.set(id, builder.input(node.name, node.type, node.role));
  }
  graph.nodes.forEach((node, position) => {
    const id = position as NodeId;
    if (nodes.has(id)) return;
    builder.origin = node.origin;
    if (node.kind === 'call') {
      const operands = node.operands.map((operand) => nodes.get(operand)!);
      nodes.set(id, builder.call(node.op, operands, node.attributes));
      onCall(id, node);
    }
    if (node.kind === 'scan') results.set(id, onScan(id, node));
    if (node.kind === 'result') nodes.set(id, results.get(node.scan)![node.index]);
  });
}

/** Builds the scan at `id` again, with its body as it is; `to` says where its operands are. */
export function copyScan(
  builder: GraphBuilder,
  graph: Graph,
  id: NodeId,
  to: (id: NodeId) => NodeId,
): readonly NodeId[] {
  const scan = graph.nodes[id];
  invariant(scan.kind === 'scan', `%${id} of ${graph.name} is not a scan`);
  const { carried, stacked, summed } = builder.scan({
    ...scan,
    lengths: scan.lengths === undefined ? undefined : to(scan.lengths),
    carries: scan.carries.map(to),
    sequences: scan.sequences.map(to),
    captures: scan.captures.map(to),
  });
  return [...carried, ...stacked, ...summed];
}

/** The same graph with its inputs, all of them, in another order; and where its nodes are now. */
export function arrange(
  graph: Graph,
  inputs: readonly NodeId[],
): { readonly graph: Graph; readonly nodes: ReadonlyMap<NodeId, NodeId> } {
  const ordered = new GraphBuilder(graph.name);
  const nodes = new Map<NodeId, NodeId>();
  for (const id of inputs) {
    const node = graph.nodes[id];
    if (node.kind !== 'input') continue;
    ordered.origin = node.origin;
    nodes.set(id, ordered.input(node.name, node.type, node.role));
  }
  copyNodes(ordered, graph, nodes);
  for (const output of graph.outputs) ordered.output(output.name, nodes.get(output.node)!, output.mean);
  return { graph: ordered.finish(), nodes };
}
