// How much memory the reference takes, from the shapes alone: what is told before it is asked for.

import { count } from '../tensor/tensor.ts';
import { type Graph, type NodeId, operandsOf, typeOf } from './graph.ts';
import { concreteShape, type Extents } from './type.ts';

/** Reals of the reference are float64; the rest takes no more. */
const NUMBER_BYTES = 8;

/** For each node of a graph, by its number. */
type LastUses = readonly (readonly NodeId[])[];

/**
 * The most that `evaluate` holds at a time, in bytes: every value from its node to its last use, and of a scan's body one
 * step. What an op takes for itself while it works is left out.
 */
export function evaluationBytes(graph: Graph, extents: Extents): number {
  const inputs = graph.inputs.reduce((sum, id) => sum + numbersOf(graph, id, extents), 0);
  return NUMBER_BYTES * (inputs + numbersHeld(graph, extents));
}

/** The most numbers held at a time, besides those of the inputs. */
function numbersHeld(graph: Graph, extents: Extents): number {
  const released = lastUses(graph);
  const held = new Array<number>(graph.nodes.length).fill(0);
  let now = 0;
  let most = 0;
  graph.nodes.forEach((node, id) => {
    let inside = 0;
    if (node.kind === 'call') now += held[id] = numbersOf(graph, id, extents);
    // The results of a scan are there as it begins, and are let go one by one.
    if (node.kind === 'scan') {
      for (let k = id + 1; k < graph.nodes.length && graph.nodes[k].kind === 'result'; k++) {
        now += held[k] = numbersOf(graph, k, extents);
      }
      inside = numbersHeld(node.body, extents);
    }
    most = Math.max(most, now + inside);
    for (const dead of released[id]) now -= held[dead];
  });
  return most;
}

function numbersOf(graph: Graph, id: number, extents: Extents): number {
  return count(concreteShape(typeOf(graph, id as NodeId).shape, extents));
}

/** For each node the values that nothing after it needs: they are let go, so that memory does not grow with T. */
export function lastUses(graph: Graph): LastUses {
  const uses = known.get(graph) ?? findLastUses(graph);
  known.set(graph, uses);
  return uses;
}

/** A graph does not change, and is evaluated many times. */
const known = new WeakMap<Graph, LastUses>();

function findLastUses(graph: Graph): LastUses {
  const released: NodeId[][] = graph.nodes.map(() => []);
  const seen = new Set<NodeId>(graph.outputs.map((output) => output.node));
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    for (const operand of operandsOf(graph.nodes[id])) {
      if (seen.has(operand)) continue;
      seen.add(operand);
      released[id].push(operand);
    }
  }
  return released;
}
