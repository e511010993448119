// The vjp of a scan: backpropagation through time.
//
// One step of the scan is (c', y, s) = f(t, c, x, w): carries, sequences and captures to new carries, values to stack and
// values to add up. Its reverse takes the cotangents of c', y and s to those of c, x and w. So a scan in the other
// direction carries the cotangents of the carries; takes those of the stacked results step by step and those of the
// summed results whole; stacks the cotangents of the sequences; and adds up those of the captures, which
// every step has used. What it carries at the end belongs to the starting values.
//
// What the rules ask for of the forward steps comes in as further sequences: the forward scan is built again with these
// *residuals* as further stacked results. A value is kept once; sequences, captures and the step are at hand
// and not kept; nor are constants, and of a broadcast or a reshape what it was made of.
//
// A scan in segments keeps the carries at the start of each segment and nothing else. Its backward body runs the body once
// more, as far as the rules ask for it: this is where memory is saved, and time spent (checkpoint.ts).
//
// Lengths: both scans have the same. Where a sequence is not alive the backward scan holds its cotangents,
// which is right: there the forward step did nothing.

import { GraphBuilder } from '../graph/build.ts';
import { type Graph, type NodeId, type Output, type ScanNode, typeOf } from '../graph/graph.ts';
import { BATCH, bool, index } from '../graph/type.ts';
import type { Activity } from './activity.ts';
import { arrange, copyNodes, copyScan } from './copy.ts';
import { inputName, unused } from './names.ts';
import type { DerivativeTable } from './rules.ts';
import { type BackwardScan, type Forward, type ForwardScan, resultsOf, sweepBack } from './sweep.ts';

/**
 * Builds a graph in the builder, its active scans with residuals, and makes the backward scan of each.
 * `isMasked`: the graph is the body of a scan with lengths, or inside of one.
 */
export function buildForward(
  builder: GraphBuilder,
  graph: Graph,
  activity: Activity,
  rules: DerivativeTable,
  isMasked: boolean,
): Forward {
  const nodes = new Map<NodeId, NodeId>();
  const scans = new Map<NodeId, ForwardScan>();
  copyNodes(builder, graph, nodes, (id, scan) => {
    const places = (ids: readonly NodeId[]): NodeId[] => ids.map((id) => nodes.get(id)!);
    const parts = {
      ...scan,
      lengths: scan.lengths === undefined ? undefined : nodes.get(scan.lengths),
      carries: places(scan.carries),
      sequences: places(scan.sequences),
      captures: places(scan.captures),
    };
    if (!activity.isActive(id)) {
      const { carried, stacked, summed } = builder.scan(parts);
      return [...carried, ...stacked, ...summed];
    }
    const inner = new GraphBuilder(scan.body.name);
    const forward = buildForward(
      inner,
      scan.body,
      activity.scan(id),
      rules,
      isMasked || scan.lengths !== undefined,
    );
    for (const output of scan.body.outputs) inner.output(output.name, forward.nodes.get(output.node)!);
    const body = inner.finish();
    const backward = makeBackwardScan(graph, id, scan, { body, forward, activity, rules, isMasked });
    // What is run again keeps residuals of its own only then.
    const [first, residuals] =
      scan.segment === undefined
        ? [body, backward.residuals]
        : [scan.body, backward.residuals.map((id) => scan.body.inputs[body.inputs.indexOf(id)])];
    const last = scan.carries.length + scan.stacked;
    const stackedOutputs = first.outputs.slice(scan.carries.length, last);
    const added = residuals.filter((id) => !stackedOutputs.some((output) => output.node === id));
    const names = new Set(first.outputs.map((output) => output.name));
    const outputs: Output[] = [
      ...first.outputs.slice(0, last),
      ...added.map((node) => ({ name: unused(names, residualName(first, node)), node })),
      ...first.outputs.slice(last),
    ];
    const withResiduals = { ...first, outputs };
    const { carried, stacked, summed } = builder.scan({
      ...parts,
      body: withResiduals,
      stacked: scan.stacked + added.length,
    });
    const kept = residuals.map((id) => {
      const own = stackedOutputs.findIndex((output) => output.node === id);
      return stacked[own >= 0 ? own : scan.stacked + added.indexOf(id)];
    });
    scans.set(id, { body: withResiduals, values: forward.nodes, backward, kept });
    return [...carried, ...stacked.slice(0, scan.stacked), ...summed];
  });
  return { nodes, scans };
}

interface Surroundings {
  /** The body of the scan, built again, and what it was built from. */
  readonly body: Graph;
  readonly forward: Forward;
  /** The activity of the graph around the scan. */
  readonly activity: Activity;
  readonly rules: DerivativeTable;
  readonly isMasked: boolean;
}

function makeBackwardScan(
  graph: Graph,
  id: NodeId,
  scan: ScanNode,
  { body, forward, activity, rules, isMasked }: Surroundings,
): BackwardScan {
  const within = activity.scan(id);
  const { inputs, outputs } = scan.body;
  const carryInputs = inputs.slice(1, 1 + scan.carries.length);
  const sequenceInputs = inputs.slice(1 + scan.carries.length, inputs.length - scan.captures.length);
  const captureInputs = inputs.slice(inputs.length - scan.captures.length);
  const results = resultsOf(graph, id);
  const hasCotangent = (k: number): boolean => results[k] !== undefined && activity.isActive(results[k]);
  const firstSummed = scan.carries.length + scan.stacked;
  const positions = outputs.map((_, k) => k);
  const carries = positions.filter(
    (k) => k < scan.carries.length && (hasCotangent(k) || within.isActive(carryInputs[k])),
  );
  const stackedCotangents = positions.filter(
    (k) => k >= scan.carries.length && k < firstSummed && hasCotangent(k),
  );
  const summedCotangents = positions.filter((k) => k >= firstSummed && hasCotangent(k));

  const draft = new GraphBuilder(`${scan.body.name}.backward`);
  draft.origin = scan.origin;
  const names = new Set<string>();
  const step = draft.input(unused(names, inputName(scan.body, inputs[0])), index(), 'step');
  const cotangentInput = (k: number, role: 'carry' | 'sequence' | 'capture'): NodeId => {
    const { name, node } = outputs[k];
    return draft.input(unused(names, `cotangent.${name}`), typeOf(scan.body, node), role);
  };
  const carried = carries.map((k) => cotangentInput(k, 'carry'));
  const stacked = stackedCotangents.map((k) => cotangentInput(k, 'sequence'));
  const summed = summedCotangents.map((k) => cotangentInput(k, 'capture'));

  // Values of the forward step, as the rules ask for them.
  const residuals = new Map<NodeId, NodeId>();
  const sequences = new Map<number, NodeId>();
  const captures = new Map<number, NodeId>();
  const fetched = new Map<NodeId, NodeId>();
  const fetchNew = (id: NodeId): NodeId => {
    const node = body.nodes[id];
    if (node.kind === 'input') {
      const k = body.inputs.indexOf(id) - 1;
      const kth = k - scan.carries.length;
      if (k < 0) return step;
      if (kth >= scan.sequences.length) {
        const input = draft.input(unused(names, node.name), node.type, 'capture');
        captures.set(kth - scan.sequences.length, input);
        return input;
      }
      if (kth >= 0) {
        const input = draft.input(unused(names, node.name), node.type, 'sequence');
        sequences.set(kth, input);
        return input;
      }
    }
    if (node.kind === 'call') {
      const isView = node.op === 'broadcast' || node.op === 'reshape';
      if (isView || node.operands.length === 0 || scan.segment !== undefined) {
        return draft.call(node.op, node.operands.map(fetch), node.attributes, node.origin);
      }
    }
    if (node.kind === 'result' && scan.segment !== undefined) return scanAgain(node.scan)[node.index];
    const input = draft.input(unused(names, residualName(body, id)), typeOf(body, id), 'sequence');
    residuals.set(id, input);
    return input;
  };
  const fetch = (id: NodeId): NodeId => {
    const known = fetched.get(id) ?? fetchNew(id);
    fetched.set(id, known);
    return known;
  };
  const again = new Map<NodeId, readonly NodeId[]>();
  const scanAgain = (id: NodeId): readonly NodeId[] => {
    const known = again.get(id) ?? copyScan(draft, body, id, fetch);
    again.set(id, known);
    return known;
  };

  let lengths: NodeId | undefined;
  let aliveAround: NodeId | undefined;
  let alive: NodeId | undefined;
  const findAlive = (): NodeId | undefined => {
    if (alive !== undefined) return alive;
    if (scan.lengths !== undefined) {
      lengths = draft.input(unused(names, 'lengths'), index(BATCH), 'capture');
      alive = draft.apply('lt', draft.broadcast(step, [BATCH], []), lengths);
    }
    if (isMasked) {
      aliveAround = draft.input(unused(names, 'alive'), bool(BATCH), 'capture');
      alive = alive === undefined ? aliveAround : draft.apply('and', aliveAround, alive);
    }
    return alive;
  };

  const seeds = [
    ...carries.map((k, i) => [outputs[k].node, carried[i]] as const),
    ...stackedCotangents.map((k, i) => [outputs[k].node, stacked[i]] as const),
    ...summedCotangents.map((k, i) => [outputs[k].node, summed[i]] as const),
  ];
  const cotangents = sweepBack(
    { builder: draft, graph: scan.body, activity: within, rules, forward, fetch, alive: findAlive },
    seeds,
  );

  draft.origin = scan.origin;
  const outputNames = new Set<string>();
  const hand = (input: NodeId): void => {
    const cotangent = cotangents.get(input) ?? draft.constant(0, typeOf(scan.body, input).shape);
    draft.output(unused(outputNames, `cotangent.${inputName(scan.body, input)}`), cotangent);
  };
  const toSequences = wanted(activity, within, scan.sequences, sequenceInputs);
  const toCaptures = wanted(activity, within, scan.captures, captureInputs);
  for (const k of carries) hand(carryInputs[k]);
  for (const k of toSequences) hand(sequenceInputs[k]);
  for (const k of toCaptures) hand(captureInputs[k]);

  const captured = [...summed, ...captures.values()];
  if (lengths !== undefined) captured.push(lengths);
  if (aliveAround !== undefined) captured.push(aliveAround);
  // Residuals, sequences and captures were made as they were asked for: now they are put in the order of a body.
  const arranged = arrange(draft.finish(), [
    step,
    ...carried,
    ...stacked,
    ...residuals.values(),
    ...sequences.values(),
    ...captured,
  ]);
  return {
    body: arranged.graph,
    cotangents: new Map([...cotangents].map(([id, cotangent]) => [id, arranged.nodes.get(cotangent)!])),
    carries,
    stackedCotangents,
    residuals: [...residuals.keys()],
    sequences: [...sequences.keys()],
    summedCotangents,
    captures: [...captures.keys()],
    takesLengths: lengths !== undefined,
    takesAlive: aliveAround !== undefined,
    toSequences,
    toCaptures,
  };
}

/** Which operands of a scan have a cotangent that somebody wants. */
function wanted(
  activity: Activity,
  within: Activity,
  operands: readonly NodeId[],
  inputs: readonly NodeId[],
): readonly number[] {
  const positions = operands.map((_, k) => k);
  return positions.filter((k) => activity.isActive(operands[k]) && within.isActive(inputs[k]));
}

/** What the body calls it: its carry of the step before, one of its results; anything else is a residual. */
function residualName(body: Graph, id: NodeId): string {
  if (body.nodes[id].kind === 'input') return `prev.${inputName(body, id)}`;
  return body.outputs.find((output) => output.node === id)?.name ?? 'residual';
}
