// Simplification: the small passes in turn, until none of them finds anything.
//
// Each makes a graph smaller by its own measure and takes back nothing that another one does, so the rounds end; the
// bound is there in case that is wrong one day, and costs a less simple program at worst.

import type { Graph } from '../graph/graph.ts';
import { algebra } from './algebra.ts';
import { cse } from './cse.ts';
import { dead } from './dead.ts';
import { hoist } from './hoist.ts';
import { loopInputs } from './loop-inputs.ts';
import type { Pass } from './pass.ts';

const ROUNDS = 20;

export const simplify: Pass = {
  name: 'simplify',
  summary: 'algebra, common subexpressions, dead code and hoisting until nothing changes',
  run: (graph) => ({ graph: simplifyGraph(graph), notes: [] }),
};

/** The simplest form of a graph; the same object if it is that already. */
export function simplifyGraph(graph: Graph): Graph {
  let current = graph;
  for (let round = 0; round < ROUNDS; round++) {
    const before = current;
    for (const pass of [algebra, cse, loopInputs, hoist, dead]) current = pass.run(current).graph;
    if (current === before) break;
  }
  return current;
}
