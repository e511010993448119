// Hoisting: what is the same at every step is computed once, before the loop, and captured. Repeating a value is no
// computation and stays in the loop, with what is computed from repeated values: outside it would be kept in memory.
//
// Must not change: nothing that varies with the step, a carry or a sequence moves. Nor does what is as long as a segment, whose
// last one may be shorter.

import { type CallNode, type Graph, type NodeId, operandsOf, type ScanNode } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import { type AxisName, followsFrom, stepsAxis } from '../graph/type.ts';
import { buildScan, Draft, type Moved, moveScan, placeOf, rebuild, transcribe, unlessSame } from './draft.ts';
import type { Pass } from './pass.ts';

export const hoist: Pass = {
  name: 'hoist',
  summary: 'computes before a loop what is the same at every step',
  run: (graph) => ({ graph: hoistInvariants(graph), notes: [] }),
};

/** The graph with what no step changes outside of its loops; the same object if nothing moves. */
export function hoistInvariants(graph: Graph): Graph {
  return rebuild(graph, { scan: hoistFrom });
}

const SOURCES: ReadonlySet<OpName> = new Set(['constant', 'iota', 'extent']);

function hoistFrom(draft: Draft, scan: ScanNode, to: Moved): readonly NodeId[] {
  const body = hoistInvariants(scan.body);
  const parts = moveScan(scan, to);
  const ownAxis = scan.segment === undefined ? undefined : stepsAxis(scan.axis, scan.segment);
  const leaving = findInvariants(body, scan.captures.length, ownAxis);
  const captured = boundary(body, leaving);
  if (captured.length === 0) return buildScan(draft, { ...parts, body });

  // Outside: what leaves, and the sources that it needs.
  const outside = new Map<NodeId, NodeId>();
  const firstCapture = body.inputs.length - scan.captures.length;
  scan.captures.forEach((capture, k) => {
    outside.set(body.inputs[firstCapture + k], to(capture));
  });
  const isSource = (id: NodeId) => {
    const node = body.nodes[id];
    return node.kind === 'call' && isSourceOutside(node, ownAxis);
  };
  transcribe(body, draft, outside, { omit: (id) => !leaving.has(id) && !isSource(id) });

  const inner = new Draft(body.name);
  const inside = new Map<NodeId, NodeId>();
  for (const id of body.inputs) {
    const node = body.nodes[id];
    if (node.kind !== 'input') continue;
    inner.origin = node.origin;
    inside.set(id, inner.input(node.name, node.type, node.role));
  }
  for (const id of captured) {
    const node = body.nodes[id];
    if (node.kind !== 'call') continue;
    inner.origin = node.origin;
    inside.set(id, inner.input(inner.unusedName(node.op), node.type, 'capture'));
  }
  transcribe(body, inner, inside, { omit: (id) => leaving.has(id) });
  for (const { name, node } of body.outputs) inner.output(name, placeOf(inside, node));
  return buildScan(draft, {
    ...parts,
    captures: [...parts.captures, ...captured.map((id) => placeOf(outside, id))],
    body: unlessSame(body, inner.finish()),
  });
}

/** Whether a call has no operands and is the same outside of a loop, inside of which `ownAxis` may change. */
function isSourceOutside(call: CallNode, ownAxis: AxisName | undefined): boolean {
  if (!SOURCES.has(call.op)) return false;
  if (ownAxis === undefined) return true;
  const { attributes, type } = call;
  const dims = 'extent' in attributes ? [attributes.extent, ...type.shape] : type.shape;
  return !dims.some((d) => followsFrom(d, ownAxis));
}

/** What depends on captures only and is worth keeping. */
function findInvariants(body: Graph, captures: number, ownAxis: AxisName | undefined): Set<NodeId> {
  const given = new Set(captures === 0 ? [] : body.inputs.slice(-captures));
  const leaving = new Set<NodeId>();
  const sources = new Set<NodeId>();
  body.nodes.forEach((node, position) => {
    const id = position as NodeId;
    if (node.kind !== 'call') return;
    if (isSourceOutside(node, ownAxis)) sources.add(id);
    else if (!SOURCES.has(node.op) && node.op !== 'broadcast') {
      const isInvariant = node.operands.every((o) => given.has(o) || leaving.has(o) || sources.has(o));
      if (isInvariant) leaving.add(id);
    }
  });
  return leaving;
}

/** What leaves and is used by what stays. */
function boundary(body: Graph, leaving: ReadonlySet<NodeId>): NodeId[] {
  const used = new Set<NodeId>(body.outputs.map((output) => output.node));
  body.nodes.forEach((node, id) => {
    if (leaving.has(id as NodeId)) return;
    for (const operand of operandsOf(node)) used.add(operand);
  });
  return [...leaving].filter((id) => used.has(id));
}
