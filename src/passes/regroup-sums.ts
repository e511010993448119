// Sums inside of a loop, regrouped: what can be computed outside of it is added up first, so that it comes in as one
// value. dh + W1 d1 + W2 d2 is dh + (W1 d1 + W2 d2): the two products leave the loop as a sum (fission.ts), which is read
// once, and can be one product (merge.ts). Pays where at least two terms leave.
//
// Must not change: the same numbers are added up, in another order.

import type { CallNode, Graph, NodeId, ScanNode } from '../graph/graph.ts';
import { buildScan, Draft, moveScan, placeOf, rebuild, transcribe } from './draft.ts';
import { planFission } from './fission-plan.ts';
import type { Pass } from './pass.ts';
import { findSumTerms } from './sum-terms.ts';

export const regroupSums: Pass = {
  name: 'regroup-sums',
  summary: 'adds up first, in the sums of a loop, what can be computed outside of it',
  run: (graph) => ({ graph: regroup(graph), notes: [] }),
};

/** The graph with the sums of its loops regrouped; the same object if there is nothing to do. */
export function regroup(graph: Graph): Graph {
  return rebuild(graph, {
    scan(draft, scan, to) {
      const inner = { ...scan, body: regroup(scan.body) };
      return buildScan(draft, {
        ...moveScan(scan, to),
        body: scan.segment === undefined ? regroupBody(inner) : inner.body,
      });
    },
  });
}

function regroupBody(scan: ScanNode): Graph {
  const { body } = scan;
  const { isHeavy } = planFission(scan);
  const regrouped = new Map<CallNode, readonly NodeId[]>();
  for (const [root, terms] of findSumTerms(body, isHeavy)) {
    const leaving = terms.filter(isHeavy);
    const node = body.nodes[root];
    if (node.kind !== 'call' || leaving.length < 2 || leaving.length === terms.length) continue;
    regrouped.set(node, [...leaving, ...terms.filter((term) => !isHeavy(term))]);
  }
  if (regrouped.size === 0) return body;

  const draft = new Draft(body.name);
  const values = new Map<NodeId, NodeId>();
  transcribe(body, draft, values, {
    call(_, call, operands) {
      const terms = regrouped.get(call)?.map((term) => placeOf(values, term));
      if (terms === undefined) return draft.call(call.op, operands, call.attributes);
      return terms.reduce((sum, term) => draft.apply('add', sum, term));
    },
  });
  for (const { name, node } of body.outputs) draft.output(name, placeOf(values, node));
  return draft.finish();
}
