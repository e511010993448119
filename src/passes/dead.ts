// Dead code: what no output of the program depends on goes. In a scan these are results that nobody asks for, carries
// that only feed themselves, and sequences and captures that the body does not look at. Always pays.
//
// Must not change: the inputs of the program stay in its signature, used or not.

import type { Graph, NodeId, ScanNode } from '../graph/graph.ts';
import { buildScan, Draft, type Moved, placeOf, transcribe, unlessSame } from './draft.ts';
import type { Pass } from './pass.ts';

export const dead: Pass = {
  name: 'dead',
  summary: 'leaves out what no output depends on',
  run: (graph) => ({ graph: removeDead(graph), notes: [] }),
};

/** What is alive in a graph: its nodes, and in each of its scans what is alive in the body. */
interface Live {
  readonly nodes: ReadonlySet<NodeId>;
  readonly scans: ReadonlyMap<NodeId, LiveBody>;
}

interface LiveBody extends Live {
  /** The body's outputs that somebody asks for, in order. */
  readonly outputs: readonly number[];
}

/** The graph without what no output depends on; the same object if all is needed. */
export function removeDead(graph: Graph): Graph {
  const roots = graph.outputs.map((output) => output.node);
  const draft = new Draft(graph.name);
  const values = copyLive(graph, draft, findLive(graph, [...roots, ...graph.inputs]));
  for (const { name, node, mean } of graph.outputs) draft.output(name, placeOf(values, node), mean);
  return unlessSame(graph, draft.finish());
}

function findLive(graph: Graph, roots: readonly NodeId[]): Live {
  const nodes = new Set<NodeId>(roots);
  const scans = new Map<NodeId, LiveBody>();
  const asked = new Map<NodeId, Set<number>>();
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    const node = graph.nodes[id];
    if (node.kind === 'scan') {
      const results = asked.get(id as NodeId);
      if (results === undefined) continue;
      const body = findLiveBody(node, results);
      scans.set(id as NodeId, body);
      nodes.add(id as NodeId);
      for (const operand of liveOperands(node, body)) nodes.add(operand);
    } else if (nodes.has(id as NodeId)) {
      if (node.kind === 'call') for (const operand of node.operands) nodes.add(operand);
      if (node.kind === 'result') {
        asked.set(node.scan, (asked.get(node.scan) ?? new Set()).add(node.index));
      }
    }
  }
  return { nodes, scans };
}

/** A carry is alive if its last value is asked for, or if something alive looks at it: a fixpoint. */
function findLiveBody(scan: ScanNode, results: ReadonlySet<number>): LiveBody {
  const asked = new Set(results);
  for (;;) {
    const outputs = [...asked].sort((a, b) => a - b);
    const live = findLive(
      scan.body,
      outputs.map((k) => scan.body.outputs[k].node),
    );
    scan.carries.forEach((_, k) => {
      if (live.nodes.has(scan.body.inputs[1 + k])) asked.add(k);
    });
    if (asked.size === outputs.length) return { ...live, outputs };
  }
}

function liveOperands(scan: ScanNode, body: LiveBody): NodeId[] {
  const inputs = scan.body.inputs.slice(1 + scan.carries.length);
  return [
    ...(scan.lengths === undefined ? [] : [scan.lengths]),
    ...scan.carries.filter((_, k) => body.outputs.includes(k)),
    ...[...scan.sequences, ...scan.captures].filter((_, k) => body.nodes.has(inputs[k])),
  ];
}

function copyLive(graph: Graph, draft: Draft, live: Live): Map<NodeId, NodeId> {
  return transcribe(graph, draft, new Map(), {
    omit: (id) => !live.nodes.has(id),
    scan: (_, scan, to, id) => copyLiveScan(draft, scan, live.scans.get(id)!, to),
  });
}

/** The scan with the live part of its body; its results by their old places. */
function copyLiveScan(draft: Draft, scan: ScanNode, live: LiveBody, to: Moved): (NodeId | undefined)[] {
  const { body } = scan;
  const inner = new Draft(body.name);
  const values = copyLive(body, inner, {
    nodes: new Set([...live.nodes, ...keptInputs(scan, live)]),
    scans: live.scans,
  });
  for (const k of live.outputs) inner.output(body.outputs[k].name, placeOf(values, body.outputs[k].node));

  const firstStacked = scan.carries.length;
  const firstSummed = firstStacked + scan.stacked;
  const isUsed = (first: number) => (_: NodeId, k: number) => live.nodes.has(body.inputs[first + k]);
  const results = buildScan(draft, {
    axis: scan.axis,
    reverse: scan.reverse,
    segment: scan.segment,
    lengths: scan.lengths === undefined ? undefined : to(scan.lengths),
    carries: scan.carries.filter((_, k) => live.outputs.includes(k)).map(to),
    sequences: scan.sequences.filter(isUsed(1 + firstStacked)).map(to),
    captures: scan.captures.filter(isUsed(1 + firstStacked + scan.sequences.length)).map(to),
    body: unlessSame(body, inner.finish()),
    stacked: live.outputs.filter((k) => k >= firstStacked && k < firstSummed).length,
    summed: live.outputs.filter((k) => k >= firstSummed).length,
    origin: scan.origin,
  });
  return body.outputs.map((_, k) => results[live.outputs.indexOf(k)]);
}

/** The body's inputs that stay whether it looks at them or not: the step, and each carry that is alive. */
function keptInputs(scan: ScanNode, live: LiveBody): NodeId[] {
  const { inputs } = scan.body;
  return [inputs[0], ...scan.carries.map((_, k) => inputs[1 + k]).filter((_, k) => live.outputs.includes(k))];
}
