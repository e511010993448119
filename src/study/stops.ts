// `stop` in a program: what it gives counts as a constant, so that no gradient passes. A difference would look through
// it. So differences hold what every `stop` gives still, and a report says that what it hides was not looked at.
//
// Only those that are written in the program are held. Those of the prelude are left alone: there the result does not
// depend on what is stopped, and that is to be seen. What comes from the prelude has the place where that was used.
import type { Span } from '../base/source.ts';
import { spanText } from '../base/source.ts';
import { evaluate, type OnCall } from '../graph/evaluate.ts';
import { type Graph, isCall, type Node } from '../graph/graph.ts';
import type { Extents } from '../graph/type.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * Evaluations in which every `stop` of the program gives what it gives at these inputs. Undefined where there are none.
 * Each evaluation asks for a new `OnCall`: it counts the stops through.
 */
export function holdStops(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  extents: Extents,
): (() => OnCall) | undefined {
  if (stopsOf(graph).length === 0) return undefined;
  const still: Tensor[] = [];
  evaluate(graph, inputs, extents, (node, value) => {
    if (isStop(node)) still.push(value);
    return value;
  });
  return () => {
    let next = 0;
    return (node, value) => (isStop(node) ? still[next++] : value);
  };
}

/** The places of the `stop`s of a program, in the order of the text, each once. */
export function stopsOf(graph: Graph): readonly Span[] {
  const places = new Map<string, Span>();
  collect(graph, places);
  return [...places.values()].sort((a, b) => a.start - b.start);
}

function collect(graph: Graph, places: Map<string, Span>): void {
  for (const node of graph.nodes) {
    if (node.kind === 'scan') collect(node.body, places);
    const { origin } = node;
    if (isStop(node) && origin !== undefined) places.set(`${origin.source.name} ${origin.start}`, origin);
  }
}

function isStop(node: Node): boolean {
  return isCall(node, 'stop') && node.origin !== undefined && /^[\s(]*stop\b/.test(spanText(node.origin));
}
