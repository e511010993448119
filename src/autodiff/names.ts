// Values by their names, and names that are free.

import { invariant } from '../base/invariant.ts';
import type { Graph, NodeId } from '../graph/graph.ts';

/** The value of a graph's output. */
export function outputNode(graph: Graph, name: string): NodeId {
  const output = graph.outputs.find((output) => output.name === name);
  invariant(output !== undefined, `${graph.name} has no output ${name}`);
  return output.node;
}

/** A graph's input. */
export function inputNode(graph: Graph, name: string): NodeId {
  const id = graph.inputs.find((id) => inputName(graph, id) === name);
  invariant(id !== undefined, `${graph.name} has no input ${name}`);
  return id;
}

/** The name of an input. */
export function inputName(graph: Graph, id: NodeId): string {
  const node = graph.nodes[id];
  invariant(node.kind === 'input', `%${id} of ${graph.name} is not an input`);
  return node.name;
}

/** A name that nothing in `taken` has, which takes it. */
export function unused(taken: Set<string>, name: string): string {
  let [candidate, n] = [name, 1];
  while (taken.has(candidate)) {
    n += 1;
    candidate = `${name}.${n}`;
  }
  taken.add(candidate);
  return candidate;
}
