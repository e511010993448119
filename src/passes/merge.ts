// Merging: a few large products instead of many small ones.
//
// - Products that share an operand are one product with the others side by side: the gates of an LSTM. Inside of a loop
//   the weights are joined in its body; hoisting then takes that out, so that it is done once.
// - A sum of products is one product of what stands side by side along the axis that it adds up: the slopes of the gates
//   on their way back to h.
// - Stacked results that are joined after the loop are joined in it, where they are at hand; sums of them are one sum.
// - A loop that reads pieces of one sequence reads that sequence.
//
// When it pays: what is joined must be small or free. Weights are small (no named axes); values of a step are small
// beside the product that they are for; a whole sequence is joined only if one loop has stacked its parts.
// Must not change: the products are the same numbers, added up in another order.

import {
  type CallNode,
  type Graph,
  isCall,
  type NodeId,
  type Output,
  operandsOf,
  type ScanNode,
  typeOf,
} from '../graph/graph.ts';
import { buildScan, Draft, type Moved, moveScan, placeOf, rebuild, scanAt, transcribe } from './draft.ts';
import { type Costs, findPieceSums, findShared, findSums, type Group } from './merge-products.ts';
import type { Note, Pass } from './pass.ts';

export const merge: Pass = {
  name: 'merge',
  summary: 'makes one product of several that share an operand or are added up',
  run(graph) {
    const notes: Note[] = [];
    return { graph: mergeProducts(graph, notes), notes };
  },
};

/** The graph with its products merged, in its loops too; the same object if there is nothing to merge. */
export function mergeProducts(graph: Graph, notes: Note[] = []): Graph {
  const inside = rebuild(graph, {
    scan: (draft, scan, to) => buildScan(draft, { ...moveScan(scan, to), body: mergeBody(scan, notes) }),
  });
  const merged = mergeGroups(
    inside,
    (current) => {
      const costs = programCosts(current);
      return [...findShared(current, costs), ...findSums(current, costs)];
    },
    notes,
  );
  return readWhole(mergeGroups(stackJoined(merged), findPieceSums, notes));
}

function mergeBody(scan: ScanNode, notes: Note[]): Graph {
  const inside = mergeProducts(scan.body, notes);
  // A segment is no step: its values are not small.
  if (scan.segment !== undefined) return inside;
  return mergeGroups(
    inside,
    (current) => {
      const costs = bodyCosts(current, scan.captures.length);
      return [...findShared(current, costs), ...findSums(current, costs)];
    },
    notes,
  );
}

/** In a program weights may be joined, and sequences that one loop has stacked or that are pieces of one. */
function programCosts(graph: Graph): Costs {
  const isFixed = (id: NodeId) => typeOf(graph, id).shape.every((d) => typeof d === 'number');
  const sourceOf = (id: NodeId): NodeId | undefined => {
    const node = graph.nodes[id];
    if (isCall(node, 'slice')) return node.operands[0];
    return scanOfStacked(graph, id);
  };
  return { isFixed, sourceForShared: sourceOf, sourceForSum: sourceOf };
}

/** In a body what no step changes may be joined, and values of the step beside it. */
function bodyCosts(body: Graph, captures: number): Costs {
  const captured = new Set(captures === 0 ? [] : body.inputs.slice(-captures));
  const varies: boolean[] = [];
  body.nodes.forEach((node, id) => {
    varies[id] =
      node.kind === 'input' ? !captured.has(id as NodeId) : operandsOf(node).some((o) => varies[o]);
  });
  return {
    isFixed: (id) => !varies[id],
    sourceForShared: () => undefined,
    sourceForSum: () => body.inputs[0],
  };
}

/** Merges one group after the other, each time looking again; every group leaves fewer operations of its kind. */
function mergeGroups(graph: Graph, find: (graph: Graph) => readonly Group[], notes: Note[]): Graph {
  let current = graph;
  for (;;) {
    const [group] = find(current);
    if (group === undefined) return current;
    const { origin } = current.nodes[group.members[0]];
    if (group.members.length > 1) {
      notes.push({ message: `${group.members.length} products become one`, origin });
    }
    current = replace(current, group);
  }
}

/** The graph with a group computed at once: first what does not need it, then the group, then the rest. */
function replace(graph: Graph, { members, build }: Group): Graph {
  const after = new Set<NodeId>(members);
  graph.nodes.forEach((node, position) => {
    if (operandsOf(node).some((o) => after.has(o))) after.add(position as NodeId);
  });
  const draft = new Draft(graph.name);
  const values = new Map<NodeId, NodeId>();
  transcribe(graph, draft, values, { omit: (id) => after.has(id) });
  draft.origin = graph.nodes[members[0]].origin;
  const built = build(draft, (id) => placeOf(values, id));
  members.forEach((member, k) => {
    values.set(member, built[k]);
  });
  transcribe(graph, draft, values, { omit: (id) => !after.has(id) });
  for (const { name, node, mean } of graph.outputs) draft.output(name, placeOf(values, node), mean);
  return draft.finish();
}

/** Stacked results side by side: how they are joined, and what the loop that stacks them joined gives. */
interface Join {
  readonly call: CallNode<'concat'>;
  readonly scan: NodeId;
}

/** Stacked results that are joined are stacked joined. What else asks for one of them gets a piece. */
function stackJoined(graph: Graph): Graph {
  const joins = graph.nodes.flatMap((node): Join[] => {
    if (!isCall(node, 'concat') || node.attributes.axis === 0) return [];
    const [first, ...others] = node.operands.map((part) => scanOfStacked(graph, part));
    return first !== undefined && others.every((scan) => scan === first) ? [{ call: node, scan: first }] : [];
  });
  if (joins.length === 0) return graph;
  const wholes = new Map<CallNode, NodeId>();
  const isSeen = new Set(graph.outputs.map((output) => output.node));
  return rebuild(graph, {
    scan(draft, scan, to, id) {
      const own = joins.flatMap((join) => (join.scan === id ? [join.call] : []));
      return stackMore(draft, graph, scan, to, own, wholes, isSeen);
    },
    call: (draft, call, operands) => wholes.get(call) ?? draft.call(call.op, operands, call.attributes),
  });
}

/** The scan that has stacked a value, step by step. */
function scanOfStacked(graph: Graph, id: NodeId): NodeId | undefined {
  const node = graph.nodes[id];
  if (node.kind !== 'result') return undefined;
  const { carries, stacked, segment } = scanAt(graph, node.scan);
  if (segment !== undefined) return undefined;
  return node.index >= carries.length && node.index < carries.length + stacked ? node.scan : undefined;
}

/** The scan with further results, the joined ones; they go to `wholes`. */
function stackMore(
  draft: Draft,
  graph: Graph,
  scan: ScanNode,
  to: Moved,
  joins: readonly CallNode<'concat'>[],
  wholes: Map<CallNode, NodeId>,
  isSeen: ReadonlySet<NodeId>,
): readonly NodeId[] {
  const { body } = scan;
  const inner = new Draft(body.name);
  const values = transcribe(body, inner, new Map(), {});
  const place = (part: NodeId) => {
    const node = graph.nodes[part];
    return node.kind === 'result' ? node.index : -1;
  };
  const joined = joins.map(({ operands, attributes }) => {
    const own = operands.map((part) => placeOf(values, body.outputs[place(part)].node));
    return inner.call('concat', own, { axis: attributes.axis - 1 });
  });
  const firstSummed = scan.carries.length + scan.stacked;
  const output = ({ name, node }: Output) => inner.output(name, placeOf(values, node));
  body.outputs.slice(0, firstSummed).forEach(output);
  joined.forEach((value, k) => {
    inner.output(`joined.${k}`, value);
  });
  body.outputs.slice(firstSummed).forEach(output);
  const results = buildScan(draft, {
    ...moveScan(scan, to),
    body: inner.finish(),
    stacked: scan.stacked + joined.length,
  });
  const whole = results.splice(firstSummed, joined.length);
  const cut = new Set<NodeId>();
  joins.forEach((call, k) => {
    wholes.set(call, whole[k]);
    const { axis } = call.attributes;
    let start = 0;
    for (const part of call.operands) {
      const size = Number(typeOf(graph, part).shape[axis]);
      if (!isSeen.has(part) && !cut.has(part)) {
        results[place(part)] = draft.call('slice', [whole[k]], { axis, start, size });
      }
      cut.add(part);
      start += size;
    }
  });
  return results;
}

/** A loop that reads pieces of a sequence reads the sequence, and takes the pieces of each step. */
function readWhole(graph: Graph): Graph {
  return rebuild(graph, {
    scan(draft, scan, to) {
      const body = readWhole(scan.body);
      const parts = moveScan(scan, to);
      const pieces = parts.sequences.map((sequence) => {
        const slice = scan.segment === undefined ? draft.find(sequence, 'slice') : undefined;
        return slice !== undefined && slice.attributes.axis > 0 ? slice : undefined;
      });
      if (pieces.every((piece) => piece === undefined)) return buildScan(draft, { ...parts, body });
      const inner = new Draft(body.name);
      const values = new Map<NodeId, NodeId>();
      body.inputs.forEach((id, k) => {
        const node = body.nodes[id];
        if (node.kind !== 'input') return;
        const piece = pieces[k - 1 - scan.carries.length];
        inner.origin = node.origin;
        const { element, shape } = piece === undefined ? node.type : draft.typeOf(piece.operands[0]);
        const type = piece === undefined ? node.type : { element, shape: shape.slice(1) };
        values.set(id, inner.input(node.name, type, node.role));
      });
      pieces.forEach((piece, k) => {
        if (piece === undefined) return;
        const { axis, start, size } = piece.attributes;
        const id = body.inputs[1 + scan.carries.length + k];
        values.set(id, inner.call('slice', [placeOf(values, id)], { axis: axis - 1, start, size }));
      });
      transcribe(body, inner, values, {});
      for (const { name, node } of body.outputs) inner.output(name, placeOf(values, node));
      return buildScan(draft, {
        ...parts,
        sequences: parts.sequences.map((sequence, k) => pieces[k]?.operands[0] ?? sequence),
        body: inner.finish(),
      });
    },
  });
}
