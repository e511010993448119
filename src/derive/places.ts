// Where values stand in a graph with gradients, and which of these places are one and the same: what a scan sees of the
// graph around it, what it hands out at each step, and the residuals, are the value itself at the same step.

import { invariant } from '../base/invariant.ts';
import { type Graph, type Node, type NodeId, type ScanNode, typeOf } from '../graph/graph.ts';
import { TIME, type Type } from '../graph/type.ts';

/** A node of the graph, or of the body of one of its scans. */
export interface Place {
  readonly scan: NodeId | undefined;
  readonly node: NodeId;
}

/** Two places are the same if their keys are. */
export type PlaceKey = string;

export function keyOf({ scan, node }: Place): PlaceKey {
  return `${scan ?? 'top'}:${node}`;
}

export class Places {
  readonly graph: Graph;

  constructor(graph: Graph) {
    this.graph = graph;
  }

  scan(id: NodeId): ScanNode {
    const node = this.graph.nodes[id];
    invariant(node.kind === 'scan', `%${id} is not a scan`);
    return node;
  }

  graphOf({ scan }: Place): Graph {
    return scan === undefined ? this.graph : this.scan(scan).body;
  }

  nodeOf(place: Place): Node {
    return this.graphOf(place).nodes[place.node];
  }

  /** The type at one step. */
  typeOf(place: Place): Type {
    const type = typeOf(this.graphOf(place), place.node);
    return place.scan === undefined && type.shape[0] === TIME
      ? { element: type.element, shape: type.shape.slice(1) }
      : type;
  }

  hasSteps(place: Place): boolean {
    return place.scan !== undefined || typeOf(this.graph, place.node).shape[0] === TIME;
  }

  /** Where a value really comes from. */
  origin(place: Place): Place {
    const node = this.nodeOf(place);
    if (place.scan === undefined) {
      if (node.kind !== 'result') return place;
      const { body, carries, stacked } = this.scan(node.scan);
      const isStacked = node.index >= carries.length && node.index < carries.length + stacked;
      return isStacked ? this.origin({ scan: node.scan, node: body.outputs[node.index].node }) : place;
    }
    if (node.kind !== 'input' || node.role === 'step' || node.role === 'carry') return place;
    const { body, carries, sequences, captures } = this.scan(place.scan);
    const k = body.inputs.indexOf(place.node) - 1 - carries.length;
    const outer = k < sequences.length ? sequences[k] : captures[k - sequences.length];
    return this.origin({ scan: undefined, node: outer });
  }

  /** Which carry of its scan a place is. */
  carryIndex({ scan, node }: Place): number {
    invariant(scan !== undefined, 'a carry stands in a scan');
    return this.scan(scan).body.inputs.indexOf(node) - 1;
  }
}
