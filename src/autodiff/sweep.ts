// The reverse sweep: through the nodes of a graph from the last to the first, each handing the cotangent of its result
// on to its operands. A value that is used in several places gets the sum of what comes from each of them.
//
// A scan's part is one scan in the other direction. Its body was made beforehand (vjp-scan.ts) and is only wired up here.

import { invariant } from '../base/invariant.ts';
import type { GraphBuilder } from '../graph/build.ts';
import { type CallNode, type Graph, type NodeId, type ScanNode, typeOf } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import type { Activity } from './activity.ts';
import { type DerivativeTable, entryOf } from './rules.ts';
import { formulas, type Site } from './site.ts';

/** The scan that runs backwards, and what its operands and results stand for. */
export interface BackwardScan {
  readonly body: Graph;
  /** Of the values of the step that it belongs to, those with a cotangent, and where the body has it. */
  readonly cotangents: ReadonlyMap<NodeId, NodeId>;
  /** Which carries have a cotangent; the backward scan carries them. */
  readonly carries: readonly number[];
  /** Its sequences: cotangents of stacked results, then kept values of the steps, then sequences of the scan. */
  readonly stackedCotangents: readonly number[];
  readonly residuals: readonly NodeId[];
  readonly sequences: readonly number[];
  /** Its captures: cotangents of summed results, then captures of the scan; then lengths and what is alive around. */
  readonly summedCotangents: readonly number[];
  readonly captures: readonly number[];
  readonly takesLengths: boolean;
  readonly takesAlive: boolean;
  /** Its stacked results are the cotangents of these sequences, its summed ones those of these captures. */
  readonly toSequences: readonly number[];
  readonly toCaptures: readonly number[];
}

/** A graph built once more, its active scans with what the backward pass needs as further stacked results. */
export interface Forward {
  /** Each value of the graph, rebuilt. */
  readonly nodes: ReadonlyMap<NodeId, NodeId>;
  readonly scans: ReadonlyMap<NodeId, ForwardScan>;
}

/** An active scan, rebuilt. */
export interface ForwardScan {
  readonly body: Graph;
  /** Each value of the body that it was built from, rebuilt. */
  readonly values: ReadonlyMap<NodeId, NodeId>;
  /** The one that runs backwards. */
  readonly backward: BackwardScan;
  /** The stacked results that hold its residuals. */
  readonly kept: readonly NodeId[];
}

export interface Sweep {
  /** Where the cotangents are built. */
  readonly builder: GraphBuilder;
  readonly graph: Graph;
  readonly activity: Activity;
  readonly rules: DerivativeTable;
  readonly forward: Forward;
  /** A rebuilt value, in the builder. */
  readonly fetch: (id: NodeId) => NodeId;
  /** Which sequences are alive here: bool [B]; undefined where lengths play no part. */
  readonly alive: () => NodeId | undefined;
}

/** Cotangents of all active values, from those of some. Seeds of one value add up. */
export function sweepBack(
  sweep: Sweep,
  seeds: readonly (readonly [NodeId, NodeId])[],
): ReadonlyMap<NodeId, NodeId> {
  const { builder, graph, activity } = sweep;
  const cotangents = new Map<NodeId, NodeId>();
  const add = (id: NodeId, cotangent: NodeId): void => {
    const before = cotangents.get(id);
    cotangents.set(id, before === undefined ? cotangent : builder.apply('add', before, cotangent));
  };
  for (const [id, cotangent] of seeds) if (activity.isActive(id)) add(id, cotangent);
  for (let position = graph.nodes.length - 1; position >= 0; position--) {
    const id = position as NodeId;
    if (!activity.isActive(id)) continue;
    const node = graph.nodes[id];
    builder.origin = node.origin;
    if (node.kind === 'call') {
      const dy = cotangents.get(id);
      invariant(dy !== undefined, `vjp: %${id} (${node.op}) is active and has no cotangent`);
      node.operands.forEach((operand, k) => {
        if (!activity.isActive(operand)) return;
        const cotangent = cotangentOf(sweep, id, node, k, dy);
        if (cotangent !== undefined) add(operand, cotangent);
      });
    }
    if (node.kind === 'scan') sweepScan(sweep, id, node, cotangents, add);
  }
  return cotangents;
}

/** The cotangent that a call hands on to one operand. */
function cotangentOf<K extends OpName>(
  sweep: Sweep,
  id: NodeId,
  call: CallNode<K>,
  position: number,
  dy: NodeId,
): NodeId | undefined {
  const { builder, graph, activity, alive } = sweep;
  const entry = entryOf(sweep.rules, call.op, position);
  if (typeof entry !== 'function') return undefined;
  const site: Site<K> = {
    ...formulas(builder, dy, activity.isBeforeBranch(id), alive),
    get a() {
      return primal(sweep, call.operands[0]);
    },
    get b() {
      return primal(sweep, call.operands[1]);
    },
    get y() {
      return primal(sweep, id);
    },
    dy,
    attributes: call.attributes,
    position,
    shapes: call.operands.map((operand) => typeOf(graph, operand).shape),
  };
  return entry(site);
}

/** Builds the backward scan and hands its results on. */
function sweepScan(
  sweep: Sweep,
  id: NodeId,
  scan: ScanNode,
  cotangents: ReadonlyMap<NodeId, NodeId>,
  add: (id: NodeId, cotangent: NodeId) => void,
): void {
  const { builder, graph, activity } = sweep;
  const made = sweep.forward.scans.get(id);
  invariant(made !== undefined, `vjp: scan %${id} is active and has no backward scan`);
  const { backward, kept } = made;
  const results = resultsOf(graph, id);
  /** The cotangent of a result; zero for a last carry that has none of its own. */
  const resultCotangent = (k: number): NodeId => {
    const given = results[k] === undefined ? undefined : cotangents.get(results[k]);
    return given ?? builder.constant(0, typeOf(graph, scan.carries[k]).shape);
  };
  const lengths = scan.lengths === undefined ? undefined : primal(sweep, scan.lengths);
  const captures = [
    ...backward.summedCotangents.map(resultCotangent),
    ...backward.captures.map((k) => primal(sweep, scan.captures[k])),
  ];
  if (backward.takesLengths) captures.push(lengths!);
  if (backward.takesAlive) captures.push(sweep.alive()!);
  const { carried, stacked, summed } = builder.scan({
    axis: scan.axis,
    reverse: !scan.reverse,
    segment: scan.segment,
    lengths,
    carries: backward.carries.map(resultCotangent),
    sequences: [
      ...backward.stackedCotangents.map(resultCotangent),
      ...kept.map(sweep.fetch),
      ...backward.sequences.map((k) => primal(sweep, scan.sequences[k])),
    ],
    captures,
    body: backward.body,
    stacked: backward.toSequences.length,
    summed: backward.toCaptures.length,
  });
  const handOn = (operand: NodeId, cotangent: NodeId): void => {
    if (activity.isActive(operand)) add(operand, cotangent);
  };
  backward.carries.forEach((k, i) => {
    handOn(scan.carries[k], carried[i]);
  });
  backward.toSequences.forEach((k, i) => {
    handOn(scan.sequences[k], stacked[i]);
  });
  backward.toCaptures.forEach((k, i) => {
    handOn(scan.captures[k], summed[i]);
  });
}

/** The results of a scan, by their index; a result that no node refers to may be missing. */
export function resultsOf(graph: Graph, scan: NodeId): readonly (NodeId | undefined)[] {
  const results: (NodeId | undefined)[] = [];
  graph.nodes.forEach((node, id) => {
    if (node.kind === 'result' && node.scan === scan) results[node.index] = id as NodeId;
  });
  return results;
}

function primal(sweep: Sweep, id: NodeId): NodeId {
  return sweep.fetch(sweep.forward.nodes.get(id)!);
}
