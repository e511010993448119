// From the graph to the loop program that targets are given: lowered, fused, without needless copies, the packing out of its loops.

import type { Graph } from '../graph/graph.ts';
import { elideCopies } from './elide.ts';
import { fuse } from './fuse.ts';
import { hoistPacking } from './hoist.ts';
import { lower } from './lower.ts';
import type { Program } from './program.ts';

/** The optimised loop program of a graph. */
export function schedule(graph: Graph): Program {
  return hoistPacking(elideCopies(fuse(lower(graph))));
}
