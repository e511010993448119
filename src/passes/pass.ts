// What a pass is: a pure function from a graph to a graph that means the same, with something to say about it.

import type { Graph, Origin } from '../graph/graph.ts';

/** One thing that a pass did or could not do, in the terms of the user's file: `rnn plan` tells them. */
export interface Note {
  readonly message: string;
  readonly origin: Origin;
}

export interface Pass {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** The same graph object means: nothing to do. */
  run(graph: Graph): { readonly graph: Graph; readonly notes: readonly Note[] };
}
