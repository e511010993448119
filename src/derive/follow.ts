// From the program to its graph with gradients: where each of its values is now, what each cotangent is the cotangent of,
// and which scan runs back over which.

import type { Traced } from '../autodiff/vjp.ts';
import { invariant } from '../base/invariant.ts';
import type { Program } from '../check/program.ts';
import type { Graph, NodeId } from '../graph/graph.ts';
import { keyOf, type Place, type PlaceKey, Places } from './places.ts';

export interface Followed {
  readonly places: Places;
  /** Where a value of the program stands now; `body` is undefined for the program's graph itself. */
  placeOf(body: Graph | undefined, node: NodeId): Place;
  /** The values that a place is the cotangent of, in the order of the graph. */
  primalsOf(cotangent: Place): readonly Place[];
  /** All cotangents of values, each once. */
  readonly cotangents: readonly Place[];
  /** By the scan that runs back: the one that it belongs to. */
  readonly backward: ReadonlyMap<NodeId, NodeId>;
}

export function follow(program: Program, traced: Traced): Followed {
  const places = new Places(traced.graph);
  const scanWith = (body: Graph): NodeId => {
    const id = traced.graph.nodes.findIndex((node) => node.kind === 'scan' && node.body === body);
    invariant(id >= 0, `the body ${body.name} belongs to a scan`);
    return id as NodeId;
  };
  const forward = new Map<
    Graph,
    { readonly scan: NodeId; readonly values: ReadonlyMap<NodeId, NodeId> | undefined }
  >();
  const backward = new Map<NodeId, NodeId>();
  const primals = new Map<PlaceKey, { readonly cotangent: Place; readonly of: Place[] }>();
  const remember = (primal: Place, cotangent: Place): void => {
    // What comes from outside has no equation; nor has what a scan stacks, which stands in the scan.
    const isOwn = keyOf(places.origin(primal)) === keyOf(primal);
    if (!isOwn || places.nodeOf(primal).kind === 'input') return;
    const from = places.origin(cotangent);
    const known = primals.get(keyOf(from)) ?? { cotangent: from, of: [] };
    known.of.push(primal);
    primals.set(keyOf(from), known);
  };
  program.graph.nodes.forEach((node, id) => {
    if (node.kind !== 'scan') return;
    const active = traced.scans.get(id as NodeId);
    const scan = scanWith(active?.body ?? node.body);
    forward.set(node.body, { scan, values: active?.values });
    if (active === undefined) return;
    const back = scanWith(active.backward.body);
    backward.set(back, scan);
    for (const [from, cotangent] of active.backward.cotangents) {
      remember({ scan, node: active.values.get(from)! }, { scan: back, node: cotangent });
    }
  });
  for (const [from, cotangent] of traced.cotangents) {
    const node = traced.values.get(from);
    if (node !== undefined) remember({ scan: undefined, node }, { scan: undefined, node: cotangent });
  }
  return {
    places,
    placeOf(body, node) {
      const inside = body === undefined ? undefined : forward.get(body);
      if (inside === undefined) return { scan: undefined, node: traced.values.get(node)! };
      return { scan: inside.scan, node: inside.values?.get(node) ?? node };
    },
    primalsOf: (cotangent) => [...(primals.get(keyOf(cotangent))?.of ?? [])].sort((a, b) => a.node - b.node),
    cotangents: [...primals.values()].map(({ cotangent }) => cotangent),
    backward,
  };
}
