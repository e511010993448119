// From one sequence to many: adds the batch axis B. It stands in front of a value, behind the time axes of a
// value that has some. Weights have none and are never copied.
//
// Lengths belong to the time axis: only the scans over T are told of them, and what asks how long the sequence is.

import { invariant } from '../base/invariant.ts';
import { GraphBuilder } from '../graph/build.ts';
import type { CallNode, Graph, NodeId, ScanNode } from '../graph/graph.ts';
import { operandsOf, typeOf } from '../graph/graph.ts';
import { type AxisName, BATCH, type Dim, index, TIME, type Type, timeOf } from '../graph/type.ts';
import { type Lengths, raggedCall, withinEnds } from './ragged.ts';
import { type PlainCall, spread, type VectorOperand, vectorize } from './vectorize.ts';

/**
 * The graph of a batch of sequences, from that of one: every input but parameters and shared ones gets the
 * batch axis, and so does every output. An output marked `mean` becomes a scalar: the sum over the batch, divided by the
 * number of steps (T * B, or the sum of the lengths) or of sequences.
 *
 * With `lengths` there is one more input of that name, index [B], each from 1 to T. Values beyond the end of a
 * sequence are what scan and evaluate say of steps that are not alive: stacked results are zero there.
 *
 * ```ts
 * batch(graph, { lengths: true });   // x: real[T, 3] is now real[T, B, 3], and there is lengths: index[B]
 * ```
 */
export function batch(graph: Graph, options: { readonly lengths: boolean }): Graph {
  const builder = new GraphBuilder(graph.name);
  const values = new Map<NodeId, VectorOperand>();
  for (const id of graph.inputs) {
    const node = graph.nodes[id];
    invariant(node.kind === 'input', `batch: %${id} is not an input`);
    invariant(!node.type.shape.includes(BATCH), `batch: ${node.name} has a batch axis already`);
    builder.origin = node.origin;
    const isShared = node.role === 'parameter' || node.role === 'shared';
    const at = isShared ? undefined : batchPosition(node.type.shape);
    values.set(id, { node: builder.input(node.name, withBatch(node.type, at), node.role), at });
  }
  builder.origin = undefined;
  const lengths = new Map<AxisName, NodeId>();
  if (options.lengths) lengths.set(TIME, builder.input(LENGTHS, index(BATCH), 'lengths'));
  batchNodes(builder, graph, values, lengths);
  builder.origin = undefined;
  for (const { name, node, mean } of graph.outputs) {
    const whole = ensureBatch(builder, values.get(node)!, typeOf(graph, node));
    const value = withinEnds(builder, whole, lengths);
    builder.output(name, mean === undefined ? value : average(builder, value, mean, lengths));
  }
  return builder.finish();
}

/** The input that says how long each sequence of a batch is. */
const LENGTHS = 'lengths';

/** Where B stands in a value of this shape (without it): behind its leading axes of steps, before whole sequences. */
function batchPosition(shape: readonly Dim[]): number {
  const first = shape.findIndex((d) => !isTime(d));
  return first < 0 ? shape.length : first;
}

function withBatch(type: Type, at: number | undefined): Type {
  return at === undefined ? type : { element: type.element, shape: type.shape.toSpliced(at, 0, BATCH) };
}

/** The value with B, repeated if it is the same for all sequences. `type` is its type without. */
function ensureBatch(builder: GraphBuilder, { node, at }: VectorOperand, type: Type): NodeId {
  return at === undefined ? spread(builder, node, BATCH, batchPosition(type.shape)) : node;
}

/** Builds all nodes that are not in `values` yet. */
function batchNodes(
  builder: GraphBuilder,
  graph: Graph,
  values: Map<NodeId, VectorOperand>,
  lengths: Lengths,
): void {
  const results = new Map<NodeId, readonly VectorOperand[]>();
  graph.nodes.forEach((node, position) => {
    const id = position as NodeId;
    if (values.has(id) || node.kind === 'input') return;
    builder.origin = node.origin;
    if (node.kind === 'call') values.set(id, batchCall(builder, graph, node, values, lengths));
    if (node.kind === 'scan') results.set(id, batchScan(builder, graph, node, values, lengths));
    if (node.kind === 'result') values.set(id, results.get(node.scan)![node.index]);
  });
}

function batchCall(
  builder: GraphBuilder,
  graph: Graph,
  node: CallNode,
  values: ReadonlyMap<NodeId, VectorOperand>,
  lengths: Lengths,
): VectorOperand {
  const asked = asksForLength(node);
  const length = asked === undefined ? undefined : lengths.get(asked);
  if (length !== undefined) return { node: builder.call('convert', [length], { element: 'real' }), at: 0 };
  const gone = reducedTime(graph, node);
  invariant(
    gone === undefined || !lengths.has(gone),
    `batch: ${node.op} over ${gone} outside of a scan would count steps beyond the end`,
  );
  const operands = node.operands.map((operand) => values.get(operand)!);
  // The attributes of a call are those of its op: what CallNode says of each op, PlainCall says of all.
  const call = node as PlainCall;
  const at = batchPosition(node.type.shape);
  const shapes = node.operands.map((operand) => typeOf(graph, operand).shape);
  const ragged = lengths.size === 0 ? undefined : raggedCall(builder, call, operands, shapes, lengths, at);
  if (ragged !== undefined) return { node: ragged, at };
  if (operands.every((operand) => operand.at === undefined)) {
    const same = operands.map((operand) => operand.node);
    return { node: builder.call(node.op, same, node.attributes), at: undefined };
  }
  return { node: vectorize(builder, call, operands, BATCH, at), at };
}

/** The time axis whose number of steps a call asks for: another one for each sequence. */
function asksForLength(node: CallNode): AxisName | undefined {
  if (node.op !== 'extent' || !('extent' in node.attributes)) return undefined;
  const { extent } = node.attributes;
  return typeof extent === 'number' || extent === BATCH ? undefined : (timeOf(extent) ?? extent);
}

/** A time axis that an operand has and the result does not. */
function reducedTime(graph: Graph, node: CallNode): AxisName | undefined {
  if (node.op === 'reshape') return undefined;
  const axes = operandsOf(node).flatMap((operand) => typeOf(graph, operand).shape.filter(isTime));
  return axes.find((axis) => !node.type.shape.includes(axis));
}

function isTime(dim: Dim): dim is AxisName {
  return typeof dim === 'string' && dim !== BATCH && timeOf(dim) === undefined;
}

/** A scan whose carries and results all have B. */
function batchScan(
  builder: GraphBuilder,
  graph: Graph,
  scan: ScanNode,
  values: ReadonlyMap<NodeId, VectorOperand>,
  lengths: Lengths,
): readonly VectorOperand[] {
  invariant(
    scan.segment === undefined,
    'batch: what has a batch axis is cut into segments, not the other way round',
  );
  const place = (id: NodeId): VectorOperand => values.get(id)!;
  const sequences = scan.sequences.map(place);
  const captures = scan.captures.map(place);
  const asked = [...lengths.keys()].filter((axis) => needsLength(scan.body, axis));

  const { body } = scan;
  const inner = new GraphBuilder(body.name);
  const positions: readonly (number | undefined)[] = [
    undefined,
    ...scan.carries.map((id) => batchPosition(typeOf(graph, id).shape)),
    ...sequences.map(({ at }) => (at === undefined ? undefined : at - 1)),
    ...captures.map(({ at }) => at),
  ];
  const inside = new Map<NodeId, VectorOperand>();
  body.inputs.forEach((id, k) => {
    const node = body.nodes[id];
    invariant(node.kind === 'input', `batch: %${id} of ${body.name} is not an input`);
    inner.origin = node.origin;
    const at = positions[k];
    inside.set(id, { node: inner.input(node.name, withBatch(node.type, at), node.role), at });
  });
  const innerLengths = new Map(
    asked.map((axis) => [axis, inner.input(LENGTHS, index(BATCH), 'capture')] as const),
  );
  batchNodes(inner, body, inside, innerLengths);
  for (const { name, node } of body.outputs) {
    inner.output(name, ensureBatch(inner, inside.get(node)!, typeOf(body, node)));
  }

  const { carried, stacked, summed } = builder.scan({
    axis: scan.axis,
    reverse: scan.reverse,
    lengths: lengths.get(scan.axis),
    carries: scan.carries.map((id) => ensureBatch(builder, place(id), typeOf(graph, id))),
    sequences: sequences.map(({ node }) => node),
    captures: [...captures.map(({ node }) => node), ...asked.map((axis) => lengths.get(axis)!)],
    body: inner.finish(),
    stacked: scan.stacked,
    summed: scan.summed,
  });
  return [...carried, ...stacked, ...summed].map((node) => ({
    node,
    at: builder.shapeOf(node).indexOf(BATCH),
  }));
}

/** Whether a graph, or a body in it, asks for the number of steps of an axis, or looks at a whole sequence of it. */
function needsLength(graph: Graph, axis: AxisName): boolean {
  return graph.nodes.some((node) => {
    if (node.kind === 'scan') return needsLength(node.body, axis);
    if (node.kind !== 'call') return false;
    return (
      asksForLength(node) === axis || operandsOf(node).some((id) => looksAt(id)) || isWhole(node.type.shape)
    );
  });

  function looksAt(id: NodeId): boolean {
    return isWhole(typeOf(graph, id).shape);
  }
  function isWhole(shape: readonly Dim[]): boolean {
    return shape.some((d) => timeOf(d) === axis);
  }
}

/** The mean over steps or sequences of the sums [B] of each sequence. */
function average(builder: GraphBuilder, sums: NodeId, mean: 'steps' | 'sequences', lengths: Lengths): NodeId {
  invariant(builder.shapeOf(sums).length === 1, `batch: the ${mean} of what is not a number are averaged`);
  const total = builder.sum(sums, [0]);
  const sequences = builder.call('extent', [], { extent: BATCH });
  if (mean === 'sequences') return builder.apply('div', total, sequences);
  const ends = lengths.get(TIME);
  if (ends !== undefined) {
    const steps = builder.call('convert', [ends], { element: 'real' });
    return builder.apply('div', total, builder.sum(steps, [0]));
  }
  const steps = builder.call('extent', [], { extent: TIME });
  return builder.apply('div', total, builder.apply('mul', steps, sequences));
}
