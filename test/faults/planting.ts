// Changing one place of a graph: the tools that the faults of scans are made with. Every change gives a graph that
// verifies: what is wrong with it is what it computes.
import type { ScanParts } from '../../src/graph/build.ts';
import { type Graph, type NodeId, type ScanNode, typeOf } from '../../src/graph/graph.ts';
import type { Type } from '../../src/graph/type.ts';
import { buildScan, Draft, type Moved, moveScan, placeOf, transcribe } from '../../src/passes/draft.ts';

export function zero(draft: Draft, { element, shape }: Type): NodeId {
  return draft.constant(0, shape, element);
}

/** The scan with its operands in the draft, and its results as they are handed on. */
export interface Rewiring {
  readonly parts: ScanParts;
  readonly results?: (built: readonly NodeId[]) => readonly NodeId[];
}

export type Rewire = (draft: Draft, parts: ScanParts, scan: ScanNode) => Rewiring;

/** Builds a scan otherwise. */
export function rewired(draft: Draft, scan: ScanNode, to: Moved, rewire: Rewire): readonly NodeId[] {
  const { parts, results = (built) => built } = rewire(draft, moveScan(scan, to), scan);
  return results(buildScan(draft, parts));
}

/** A body with other values in the place of its outputs. */
export function withOutputs(
  body: Graph,
  change: (draft: Draft, outputs: readonly NodeId[], inputs: readonly NodeId[]) => readonly NodeId[],
): Graph {
  const draft = new Draft(body.name);
  const values = transcribe(body, draft, new Map(), {});
  const place = (id: NodeId): NodeId => placeOf(values, id);
  const outputs = change(
    draft,
    body.outputs.map(({ node }) => place(node)),
    body.inputs.map(place),
  );
  for (const [k, { name }] of body.outputs.entries()) draft.output(name, outputs[k]);
  return draft.finish();
}

/** A sequence one step off: what stood a step earlier, or later; zero at the end where nothing stood. */
export function shifted(
  draft: Draft,
  { axis, lengths }: ScanParts,
  sequence: NodeId,
  from: 'earlier' | 'later',
): NodeId {
  const { element, shape } = draft.typeOf(sequence);
  const step: Type = { element, shape: shape.slice(1) };
  const body = new Draft('a step off');
  body.input('step', { element: 'index', shape: [] }, 'step');
  const before = body.input('before', step, 'carry');
  const x = body.input('x', step, 'sequence');
  body.output('before', x);
  body.output('shifted', before);
  const { stacked } = draft.scan({
    axis,
    reverse: from === 'later',
    lengths,
    carries: [zero(draft, step)],
    sequences: [sequence],
    captures: [],
    body: body.finish(),
    stacked: 1,
    summed: 0,
  });
  return stacked[0];
}

/** The scan with a result that is summed handed on from the last step alone. */
export function lastTerm(draft: Draft, parts: ScanParts, summed: number): Rewiring {
  const { body, carries, stacked } = parts;
  const output = body.outputs[carries.length + stacked + summed];
  const type = typeOf(body, output.node);
  const inner = new Draft(body.name);
  const values = new Map<NodeId, NodeId>();
  body.inputs.forEach((id, k) => {
    if (k === 1 + carries.length) inner.input('last term', type, 'carry');
    const node = body.nodes[id];
    if (node.kind === 'input') values.set(id, inner.input(node.name, node.type, node.role));
  });
  if (body.inputs.length === 1 + carries.length) inner.input('last term', type, 'carry');
  transcribe(body, inner, values, {});
  body.outputs.forEach(({ name, node }, k) => {
    if (k === carries.length) inner.output('last term', placeOf(values, output.node));
    inner.output(name, placeOf(values, node));
  });
  return {
    parts: { ...parts, carries: [...carries, zero(draft, type)], body: inner.finish() },
    results: (built) => {
      const own = built.toSpliced(carries.length, 1);
      return own.with(carries.length + stacked + summed, built[carries.length]);
    },
  };
}
