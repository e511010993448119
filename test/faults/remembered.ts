// The transformations as they are, each result kept: faults by the hundred are planted behind the same gradients of the same
// program, which need not be made anew for each.
import type { Graph } from '../../src/graph/graph.ts';
import { AUTODIFF, type Autodiff } from '../laws/forms.ts';

/** A function of a graph and more, whose results are kept as long as the graph is. */
function remembered<More extends readonly unknown[]>(
  make: (graph: Graph, ...more: More) => Graph,
): (graph: Graph, ...more: More) => Graph {
  const known = new WeakMap<Graph, Map<string, Graph>>();
  return (graph, ...more) => {
    const ofGraph = known.get(graph) ?? new Map<string, Graph>();
    known.set(graph, ofGraph);
    const key = JSON.stringify(more);
    const made = ofGraph.get(key) ?? make(graph, ...more);
    ofGraph.set(key, made);
    return made;
  };
}

const gradients = new WeakMap<Graph, Graph>();

export const REMEMBERED: Autodiff = {
  batch: remembered(AUTODIFF.batch),
  vjp: remembered(AUTODIFF.vjp),
  jvp: remembered(AUTODIFF.jvp),
  // A graph is one program's.
  gradients(program, graph) {
    const made = gradients.get(graph) ?? AUTODIFF.gradients(program, graph);
    gradients.set(graph, made);
    return made;
  },
};
