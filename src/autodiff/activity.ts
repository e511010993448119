// Which values of a graph have a cotangent, and where its products must be careful: questions about paths, answered
// before anything is built.
//
// A value is *active* if it depends on something that is differentiated for (it varies) and something that is
// differentiated depends on it (it is reached), through derivatives that exist. Only active values get a cotangent.
// In a scan both are fixpoints over the carries: what a carry holds at one step it may hand on at the next.

import { invariant } from '../base/invariant.ts';
import type { CallNode, Graph, NodeId, ScanNode } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';

/** Whether an operation has a derivative by one of its operands: a table of rules says so. */
type HasSlope = (op: OpName, operand: number) => boolean;

/** A set of nodes of a graph, and one for the body of each of its scans. */
interface Marks {
  readonly nodes: Set<NodeId>;
  readonly scans: Map<NodeId, Marks>;
}

/** What both modes ask about a graph; the branches matter to the reverse one alone. */
export interface Activity {
  isActive(id: NodeId): boolean;
  /**
   * Before a branch: what this value holds reaches the results through a branch of a `select` and not surely
   * otherwise. Where the branch is not taken its cotangent is zero, and must stay so even where its slope is not a
   * number.
   */
  isBeforeBranch(id: NodeId): boolean;
  /** The same of the body of an active scan. */
  scan(id: NodeId): Activity;
}

/** The activity of a graph, differentiated from the values `from` with respect to the values `to`. */
export function findActivity(
  graph: Graph,
  from: readonly NodeId[],
  to: readonly NodeId[],
  hasSlope: HasSlope,
): Activity {
  const varied = findVaried(graph, new Set(to), hasSlope);
  const seeds = new Set(from);
  const active = findReaching(graph, seeds, varied, (call, k, isMarked) => {
    return isMarked && hasSlope(call.op, k);
  });
  const throughBranch = findReaching(graph, new Set(), active, (call, k, isMarked) => {
    return (call.op === 'select' && k > 0) || (isMarked && hasSlope(call.op, k));
  });
  const surely = findReaching(graph, seeds, active, (call, _, isMarked) => isMarked && passesAll(call), true);
  return activityOf(active, throughBranch, surely);
}

function activityOf(active: Marks, throughBranch: Marks, surely: Marks): Activity {
  return {
    isActive: (id) => active.nodes.has(id),
    isBeforeBranch: (id) => throughBranch.nodes.has(id) && !surely.nodes.has(id),
    scan: (id) => activityOf(inside(active, id), inside(throughBranch, id), inside(surely, id)),
  };
}

function inside(marks: Marks, scan: NodeId): Marks {
  return marks.scans.get(scan) ?? { nodes: new Set(), scans: new Map() };
}

/** Whether an operand that is not a number makes the result so, whatever its place and whatever the other operands. */
function passesAll(call: CallNode): boolean {
  switch (call.op) {
    case 'select':
    case 'slice':
    case 'gather':
    case 'pow':
      return false;
    default:
      return true;
  }
}

/** What depends on the inputs `to` of the graph through derivatives that exist. */
function findVaried(graph: Graph, to: ReadonlySet<NodeId>, hasSlope: HasSlope): Marks {
  const nodes = new Set(to);
  const scans = new Map<NodeId, Marks>();
  graph.nodes.forEach((node, position) => {
    const id = position as NodeId;
    switch (node.kind) {
      case 'input':
        return;
      case 'call':
        if (node.type.element !== 'real') return;
        if (node.operands.some((o, k) => nodes.has(o) && hasSlope(node.op, k))) nodes.add(id);
        return;
      case 'scan': {
        const inner = findVariedInside(node, nodes, hasSlope);
        scans.set(id, inner);
        if (node.body.outputs.some((output) => inner.nodes.has(output.node))) nodes.add(id);
        return;
      }
      case 'result': {
        // Every sequence has a first step, so what a carry holds at the end comes out of the body.
        const { body } = scanAt(graph, node.scan);
        if (scans.get(node.scan)!.nodes.has(body.outputs[node.index].node)) nodes.add(id);
        return;
      }
      default:
        node satisfies never;
    }
  });
  return { nodes, scans };
}

function findVariedInside(scan: ScanNode, outer: ReadonlySet<NodeId>, hasSlope: HasSlope): Marks {
  const inputs = [...scan.carries, ...scan.sequences, ...scan.captures];
  const varied = new Set<NodeId>();
  inputs.forEach((operand, k) => {
    if (outer.has(operand)) varied.add(scan.body.inputs[1 + k]);
  });
  for (;;) {
    const inner = findVaried(scan.body, varied, hasSlope);
    const before = varied.size;
    scan.carries.forEach((_, k) => {
      if (inner.nodes.has(scan.body.outputs[k].node)) varied.add(scan.body.inputs[1 + k]);
    });
    if (varied.size === before) return inner;
  }
}

/** Whether the mark goes on from a call to its operand k. */
type Passing = (call: CallNode, k: number, isMarked: boolean) => boolean;

/**
 * What reaches the seeds, inside `within`: backwards along the edges that `passing` lets through. In a scan, what does so at
 * some step; or, with `everyStep`, at every one.
 */
function findReaching(
  graph: Graph,
  seeds: ReadonlySet<NodeId>,
  within: Marks,
  passing: Passing,
  everyStep = false,
): Marks {
  const nodes = new Set<NodeId>();
  const scans = new Map<NodeId, Marks>();
  const mark = (id: NodeId): void => {
    if (within.nodes.has(id)) nodes.add(id);
  };
  for (const seed of seeds) mark(seed);
  for (let position = graph.nodes.length - 1; position >= 0; position--) {
    const id = position as NodeId;
    const node = graph.nodes[id];
    if (!within.nodes.has(id)) continue;
    if (node.kind === 'result' && nodes.has(id)) mark(node.scan);
    if (node.kind === 'call') {
      node.operands.forEach((operand, k) => {
        if (passing(node, k, nodes.has(id))) mark(operand);
      });
    }
    if (node.kind === 'scan') {
      const results = new Set<number>();
      graph.nodes.forEach((result, r) => {
        if (result.kind === 'result' && result.scan === id && nodes.has(r as NodeId))
          results.add(result.index);
      });
      const inner = findReachingInside(node, results, inside(within, id), passing, everyStep);
      scans.set(id, inner);
      if (inner.nodes.size > 0) nodes.add(id);
      [...node.carries, ...node.sequences, ...node.captures].forEach((operand, k) => {
        if (inner.nodes.has(node.body.inputs[1 + k])) mark(operand);
      });
    }
  }
  return { nodes, scans };
}

function findReachingInside(
  scan: ScanNode,
  results: ReadonlySet<number>,
  within: Marks,
  passing: Passing,
  everyStep: boolean,
): Marks {
  const reached = new Set(results);
  for (;;) {
    const seeds = new Set([...reached].map((k) => scan.body.outputs[k].node));
    const inner = findReaching(scan.body, seeds, within, passing, everyStep);
    const before = reached.size;
    scan.carries.forEach((_, k) => {
      const isHandedOn = inner.nodes.has(scan.body.inputs[1 + k]);
      if (!everyStep && isHandedOn) reached.add(k);
      // The last step reaches the result; those before must hand on what they carry to the next.
      if (everyStep && !isHandedOn) reached.delete(k);
    });
    if (reached.size === before) return inner;
  }
}

/** The scan at a place where there must be one. */
function scanAt(graph: Graph, id: NodeId): ScanNode {
  const node = graph.nodes[id];
  invariant(node.kind === 'scan', `%${id} is not a scan`);
  return node;
}
