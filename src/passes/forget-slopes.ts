// What only derivatives look at: a surrogate is its value, and a stop what it stops.
//
// Must not change: it comes after autodiff, which reads both. Always pays: slopes that nobody asked for are not computed.

import type { Graph } from '../graph/graph.ts';
import { rebuild } from './draft.ts';
import type { Pass } from './pass.ts';

export const forgetSlopes: Pass = {
  name: 'forget-slopes',
  summary: 'leaves out what only derivatives look at: stop and surrogate',
  run: (graph) => ({ graph: withoutSlopes(graph), notes: [] }),
};

function withoutSlopes(graph: Graph): Graph {
  return rebuild(graph, {
    call(draft, call, operands) {
      if (call.op === 'stop') return operands[0];
      if (call.op === 'surrogate') return operands[2];
      return draft.call(call.op, operands, call.attributes);
    },
  });
}
