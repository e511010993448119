// Checkpointing: a scan over time becomes a scan over segments, whose body is a scan over the steps of one segment. The
// numbers stay what they are. What changes is the backward pass (vjp-scan.ts): of T steps in segments of k only the T / k carries
// at the starts of segments are kept, and a segment is run again, with k steps' residuals, when its turn comes.
// [Chen, Xu, Zhang, Guestrin 2016, Training Deep Nets with Sublinear Memory Cost; for BPTT: Gruslys et al. 2016]
//
// T need not be a multiple of k, nor known: the last segment is as long as it is. The steps count from the start of the
// whole axis, so that noise, positions and whatever else asks for the step sees the same in both passes.

import { invariant } from '../base/invariant.ts';
import { GraphBuilder } from '../graph/build.ts';
import { type Graph, type NodeId, operandsOf, type ScanNode, typeOf } from '../graph/graph.ts';
import { type AxisName, BATCH, index, stepsAxis, TIME } from '../graph/type.ts';
import { copyNodes } from './copy.ts';
import { inputName, unused } from './names.ts';

/** The axis, and how many steps a segment has, a whole number from 1. */
interface Checkpoints {
  readonly axis?: AxisName;
  readonly steps: number;
}

/**
 * The same program with its scans over a time axis (T unless said otherwise) in segments, for its gradient to take less
 * memory. Inside of such a scan nothing is cut; segments are cut once more by their own axis.
 *
 * ```ts
 * const cut = checkpoint(graph, { steps: 256 });
 * gradient(cut, { output: 'loss', wrt: ['W'] });
 * checkpoint(cut, { axis: 'T.in256', steps: 16 });   // keeps less still, and runs every step twice more
 * ```
 */
export function checkpoint(graph: Graph, checkpoints: Checkpoints): Graph {
  const { axis = TIME, steps } = checkpoints;
  invariant(Number.isInteger(steps) && steps >= 1, `checkpoint: segments of ${steps} steps`);
  const builder = new GraphBuilder(graph.name);
  const nodes = new Map<NodeId, NodeId>();
  const to = (id: NodeId): NodeId => nodes.get(id)!;
  copyNodes(builder, graph, nodes, (_, scan) => {
    const isCut = scan.axis === axis && scan.segment === undefined;
    const lengths = scan.lengths === undefined ? undefined : to(scan.lengths);
    const captures = scan.captures.map(to);
    const { carried, stacked, summed } = builder.scan({
      ...scan,
      segment: isCut ? steps : scan.segment,
      lengths,
      carries: scan.carries.map(to),
      sequences: scan.sequences.map(to),
      captures: isCut && lengths !== undefined ? [...captures, lengths] : captures,
      body: isCut ? segmentBody(scan, steps) : checkpoint(scan.body, checkpoints),
    });
    return [...carried, ...stacked, ...summed];
  });
  for (const { name, node, mean } of graph.outputs) builder.output(name, to(node), mean);
  return builder.finish();
}

/** One segment: the steps of a scan from the one that its own step says. */
function segmentBody(scan: ScanNode, steps: number): Graph {
  const { body, carries, sequences } = scan;
  const builder = new GraphBuilder(`${body.name}.segment`);
  builder.origin = scan.origin;
  const names = new Set<string>();
  const axis = stepsAxis(scan.axis, steps);
  const inputs = body.inputs.map((id, k): NodeId => {
    const node = body.nodes[id];
    invariant(node.kind === 'input', `%${id} of ${body.name} is not an input`);
    const { element, shape } = node.type;
    const isSequence = k > carries.length && k <= carries.length + sequences.length;
    const type = isSequence ? { element, shape: [axis, ...shape] } : node.type;
    return builder.input(unused(names, node.name), type, node.role, node.origin);
  });
  const start = inputs[0];
  const lengths =
    scan.lengths === undefined
      ? undefined
      : lengthsIn(builder, builder.input(unused(names, 'lengths'), index(BATCH), 'capture'), start, steps);
  const firstSequence = 1 + carries.length;
  const firstCapture = firstSequence + sequences.length;
  const isCounted = asksForStep(body);
  const { carried, stacked, summed } = builder.scan({
    ...scan,
    axis,
    lengths,
    carries: inputs.slice(1, firstSequence),
    sequences: inputs.slice(firstSequence, firstCapture),
    captures: [...inputs.slice(firstCapture), ...(isCounted ? [start] : [])],
    body: isCounted ? counted(body) : body,
  });
  [...carried, ...stacked, ...summed].forEach((node, k) => {
    builder.output(body.outputs[k].name, node);
  });
  return builder.finish();
}

/**
 * How many of a segment's steps each sequence has. One that ended before has one all the same, as lengths must; the scan
 * of segments leaves out what comes of it. (So a body that mixes sequences must leave out those that are not alive by
 * itself, by the number of the step, as gradients do.)
 */
function lengthsIn(builder: GraphBuilder, lengths: NodeId, start: NodeId, steps: number): NodeId {
  const number = (value: number): NodeId => builder.constant(value, [BATCH], 'index');
  const left = builder.apply('sub', lengths, builder.broadcast(start, [BATCH], []));
  return builder.apply('min', builder.apply('max', left, number(1)), number(steps));
}

function asksForStep(body: Graph): boolean {
  const [step] = body.inputs;
  return (
    body.nodes.some((node) => operandsOf(node).includes(step)) ||
    body.outputs.some((output) => output.node === step)
  );
}

/** The body with its steps counted from one more capture on. */
function counted(body: Graph): Graph {
  const builder = new GraphBuilder(body.name);
  const nodes = new Map<NodeId, NodeId>();
  const names = new Set<string>();
  for (const id of body.inputs) {
    const node = body.nodes[id];
    if (node.kind !== 'input') continue;
    builder.origin = node.origin;
    nodes.set(id, builder.input(unused(names, inputName(body, id)), typeOf(body, id), node.role));
  }
  const start = builder.input(unused(names, 'start'), index(), 'capture');
  const [step] = body.inputs;
  nodes.set(step, builder.apply('add', start, nodes.get(step)!));
  copyNodes(builder, body, nodes);
  for (const { name, node } of body.outputs) builder.output(name, nodes.get(node)!);
  return builder.finish();
}
