// Products of joined values: W [x; prev h] is W1 x + W2 prev h. Inside of a loop, where one part knows no past and the
// other does, the product is split, so that the first half can leave the loop (fission.ts); the weights are cut before
// it. Where the whole product can leave, or nothing of it, it stays whole: there splitting would not pay.
//
// Must not change: the same numbers are added up, in another order.

import { type CallNode, type Graph, isCall, type NodeId, type ScanNode } from '../graph/graph.ts';
import { buildScan, Draft, type Moved, moveScan, placeOf, rebuild, transcribe } from './draft.ts';
import { type Plan, planFission } from './fission-plan.ts';
import type { Note, Pass } from './pass.ts';

export const splitConcat: Pass = {
  name: 'split-concat',
  summary: 'splits products of joined values, so that the part that knows no past can leave the loop',
  run(graph) {
    const notes: Note[] = [];
    return { graph: splitProducts(graph, notes), notes };
  },
};

/** The graph with such products of its loops split; the same object if there are none. Notes are added. */
export function splitProducts(graph: Graph, notes: Note[] = []): Graph {
  return rebuild(graph, {
    scan(draft, scan, to) {
      const inner = { ...scan, body: splitProducts(scan.body, notes) };
      return buildScan(draft, {
        ...moveScan(scan, to),
        body: scan.segment === undefined ? splitBody(inner, notes) : inner.body,
      });
    },
  });
}

/** A product of joined values, and the runs of its parts that leave the loop or stay together. */
interface Split {
  readonly side: 0 | 1;
  readonly runs: readonly (readonly NodeId[])[];
}

function splitBody(scan: ScanNode, notes: Note[]): Graph {
  const { body } = scan;
  const plan = planFission(scan);
  const splits = new Map<CallNode, Split>();
  body.nodes.forEach((node, id) => {
    const split = isCall(node, 'contract') ? findSplit(body, plan, id as NodeId, node) : undefined;
    if (split === undefined || node.kind !== 'call') return;
    splits.set(node, split);
    notes.push({
      message: 'the product of joined values is split: a part of it knows no past',
      origin: node.origin,
    });
  });
  if (splits.size === 0) return body;

  const draft = new Draft(body.name);
  const values = new Map<NodeId, NodeId>();
  const to: Moved = (id) => placeOf(values, id);
  transcribe(body, draft, values, {
    call(current, call, operands) {
      const split = splits.get(call);
      return split !== undefined && isCall(call, 'contract')
        ? sumOfParts(current, body, call, split, to)
        : current.call(call.op, operands, call.attributes);
    },
  });
  for (const { name, node } of body.outputs) draft.output(name, placeOf(values, node));
  return draft.finish();
}

function findSplit(
  body: Graph,
  plan: Plan,
  id: NodeId,
  { operands, attributes }: CallNode<'contract'>,
): Split | undefined {
  if (!plan.varies(id) || plan.outside.get(id) === 'whole') return undefined;
  for (const side of [0, 1] as const) {
    const joined = body.nodes[operands[side]];
    if (!isCall(joined, 'concat') || plan.varies(operands[1 - side])) continue;
    const letter = (side === 0 ? attributes.left : attributes.right)[joined.attributes.axis];
    if (attributes.out.includes(letter)) continue;
    const isEarly = (part: NodeId) => plan.stageOf(part) <= plan.levelOf(id);
    const runs: NodeId[][] = [];
    for (const part of joined.operands) {
      const last = runs.at(-1);
      if (last !== undefined && isEarly(last[0]) === isEarly(part)) last.push(part);
      else runs.push([part]);
    }
    if (runs.length > 1) return { side, runs };
  }
  return undefined;
}

function sumOfParts(
  draft: Draft,
  body: Graph,
  { operands, attributes }: CallNode<'contract'>,
  { side, runs }: Split,
  to: Moved,
): NodeId {
  const joined = body.nodes[operands[side]];
  const axis = isCall(joined, 'concat') ? joined.attributes.axis : 0;
  const [own, other] = side === 0 ? [attributes.left, attributes.right] : [attributes.right, attributes.left];
  const weights = to(operands[1 - side]);
  let start = 0;
  const products = runs.map((run) => {
    const parts = run.map(to);
    const value = parts.length === 1 ? parts[0] : draft.call('concat', parts, { axis });
    const size = Number(draft.shapeOf(value)[axis]);
    const cut = draft.call('slice', [weights], { axis: other.indexOf(own[axis]), start, size });
    start += size;
    return side === 0 ? draft.contract(value, cut, attributes) : draft.contract(cut, value, attributes);
  });
  return products.reduce((sum, product) => draft.apply('add', sum, product));
}
