// Unrolling: each scan over an axis becomes as many copies of its body as the axis is long, one after the other. This is
// the network as textbooks draw it. Nothing that runs needs it; it shows what a scan means, and tests that
// differentiating and unrolling may change places.

import { invariant } from '../base/invariant.ts';
import { GraphBuilder } from '../graph/build.ts';
import { type CallNode, type Graph, type NodeId, type ScanNode, typeOf } from '../graph/graph.ts';
import type { OpAttributes, OpName } from '../graph/ops/attributes.ts';
import { isSegment } from '../graph/scan.ts';
import {
  type AxisName,
  BATCH,
  type Dim,
  type Extents,
  extentOf,
  sameShape,
  stepsAxis,
  TIME,
  type Type,
} from '../graph/type.ts';

/** The axis and how long it is, a whole number from 1. */
export interface Unrolling {
  readonly axis?: AxisName;
  readonly steps: number;
}

/**
 * The same program for one extent of a time axis (T unless said otherwise): no scan over the axis is left, and
 * everywhere the axis is that number. Where a scan has lengths, a step beyond the end of a sequence is computed and
 * not selected.
 *
 * ```ts
 * const five = unroll(graph, { steps: 5 });   // x: real[T, B, 3] is now real[5, B, 3]
 * ```
 */
export function unroll(graph: Graph, { axis = TIME, steps }: Unrolling): Graph {
  invariant(Number.isInteger(steps) && steps >= 1, `unroll: ${steps} steps`);
  const builder = new GraphBuilder(graph.name);
  unrollInto({ builder, extents: new Map([[axis, steps]]) }, graph, new Map());
  return builder.finish();
}

interface Target {
  readonly builder: GraphBuilder;
  /** Of the axis, and inside of a segment of its own. */
  readonly extents: Extents;
}

/** A whole graph, with its inputs and outputs. */
function unrollInto(target: Target, graph: Graph, nodes: Map<NodeId, NodeId>): void {
  const { builder } = target;
  unrollNodes(target, graph, nodes);
  for (const { name, node, mean } of graph.outputs) builder.output(name, nodes.get(node)!, mean);
}

/** All nodes of a graph but those that `nodes` knows. */
function unrollNodes(target: Target, graph: Graph, nodes: Map<NodeId, NodeId>): void {
  const { builder } = target;
  const results = new Map<NodeId, readonly NodeId[]>();
  graph.nodes.forEach((node, position) => {
    const id = position as NodeId;
    if (nodes.has(id)) return;
    builder.origin = node.origin;
    switch (node.kind) {
      case 'input':
        nodes.set(id, builder.input(node.name, fixType(target, node.type), node.role));
        return;
      case 'call':
        nodes.set(
          id,
          unrollCall(
            target,
            node,
            node.operands.map((operand) => nodes.get(operand)!),
          ),
        );
        return;
      case 'scan':
        results.set(id, unrollScan(target, node, nodes));
        return;
      case 'result':
        nodes.set(id, results.get(node.scan)![node.index]);
        return;
      default:
        node satisfies never;
    }
  });
}

function fixShape({ extents }: Target, shape: readonly Dim[]): readonly Dim[] {
  return shape.map((d) => (typeof d === 'string' ? (extentOf(d, extents) ?? d) : d));
}

function fixType(target: Target, { element, shape }: Type): Type {
  return { element, shape: fixShape(target, shape) };
}

function unrollCall(target: Target, node: CallNode, operands: readonly NodeId[]): NodeId {
  const { builder } = target;
  const shape = fixShape(target, node.type.shape);
  const from = shape.findIndex((d, k) => d !== node.type.shape[k]);
  if (node.op === 'reshape' && sameShape(shape, builder.shapeOf(operands[0]))) return operands[0];
  if (node.op === 'reshape' && from >= 0) {
    // The axis led, as named ones do in a reshape. Now that it is a number it has to stand behind those that are left.
    const named = node.type.shape.filter((d) => typeof d === 'string').length;
    const operand = moveAxis(builder, operands[0], from, named - 1);
    const reshaped = builder.call('reshape', [operand], { shape: moved(shape, from, named - 1) });
    return moveAxis(builder, reshaped, named - 1, from);
  }
  return builder.call(node.op, operands, fixAttributes(target, node.attributes));
}

/** Attributes that name the axis name the number instead. */
function fixAttributes(target: Target, attributes: OpAttributes[OpName]): OpAttributes[OpName] {
  if ('shape' in attributes) return { ...attributes, shape: fixShape(target, attributes.shape) };
  if ('extent' in attributes) return { extent: fixShape(target, [attributes.extent])[0] };
  return attributes;
}

/** The results of a scan: carried, stacked, summed. */
function unrollScan(target: Target, scan: ScanNode, nodes: ReadonlyMap<NodeId, NodeId>): readonly NodeId[] {
  const { builder, extents } = target;
  const known = (ids: readonly NodeId[]): NodeId[] => ids.map((id) => nodes.get(id)!);
  const lengths = scan.lengths === undefined ? undefined : nodes.get(scan.lengths);
  const extent = extentOf(scan.axis, extents);
  if (extent === undefined) {
    const inner = new GraphBuilder(scan.body.name);
    unrollInto({ ...target, builder: inner }, scan.body, new Map());
    const { carried, stacked, summed } = builder.scan({
      ...scan,
      lengths,
      carries: known(scan.carries),
      sequences: known(scan.sequences),
      captures: known(scan.captures),
      body: inner.finish(),
    });
    return [...carried, ...stacked, ...summed];
  }

  const sequences = known(scan.sequences);
  const captures = known(scan.captures);
  let carries = known(scan.carries);
  const stacks: NodeId[][] = Array.from({ length: scan.stacked }, () => []);
  const sums: (NodeId | undefined)[] = Array.from({ length: scan.summed }, () => undefined);
  const { segment = 1 } = scan;
  const turns = Math.ceil(extent / segment);
  const isWhole = (input: number): boolean =>
    isSegment(scan, typeOf(scan.body, scan.body.inputs[input]).shape);
  for (let k = 0; k < turns; k++) {
    const turn = scan.reverse ? turns - 1 - k : k;
    const t = turn * segment;
    const size = Math.min(segment, extent - t);
    builder.origin = scan.origin;
    const step = builder.constant(t, [], 'index');
    const seen = sequences.map((x, i) =>
      isWhole(1 + carries.length + i) ? segmentOf(builder, x, t, size) : stepOf(builder, x, turn),
    );
    const inputs = [step, ...carries, ...seen, ...captures];
    const inside = new Map(scan.body.inputs.map((id, i) => [id, inputs[i]] as const));
    const own = new Map([...extents, [stepsAxis(scan.axis, segment), size]]);
    unrollNodes({ builder, extents: scan.segment === undefined ? extents : own }, scan.body, inside);
    builder.origin = scan.origin;
    const values = scan.body.outputs.map((output) => inside.get(output.node)!);
    const alive =
      lengths === undefined ? undefined : builder.apply('lt', builder.broadcast(step, [BATCH], []), lengths);
    const chosen = (value: NodeId, otherwise: NodeId | undefined): NodeId =>
      alive === undefined ? value : whereAlive(builder, alive, value, otherwise);
    carries = carries.map((carry, i) => chosen(values[i], carry));
    values.slice(carries.length, carries.length + scan.stacked).forEach((value, i) => {
      stacks[i][turn] = chosen(value, undefined);
    });
    values.slice(carries.length + scan.stacked).forEach((value, i) => {
      const [before, term] = [sums[i], chosen(value, undefined)];
      sums[i] = before === undefined ? term : builder.apply('add', before, term);
    });
  }
  const joined = stacks.map((turns, i) => {
    const { node } = scan.body.outputs[carries.length + i];
    return join(builder, isSegment(scan, typeOf(scan.body, node).shape) ? turns : rows(builder, turns));
  });
  return [...carries, ...joined, ...sums.map((sum) => sum!)];
}

/** The value of the sequences that are alive, else the other (zero). What has no batch axis belongs to none. */
function whereAlive(
  builder: GraphBuilder,
  alive: NodeId,
  value: NodeId,
  otherwise: NodeId | undefined,
): NodeId {
  const { element, shape } = builder.typeOf(value);
  const batch = shape.indexOf(BATCH);
  if (batch < 0) return value;
  return builder.apply(
    'select',
    builder.broadcast(alive, shape, [batch]),
    value,
    otherwise ?? builder.constant(0, shape, element),
  );
}

/** One step of a sequence, without the axis. A reshape wants the named axes in front: they go there and back again. */
function stepOf(builder: GraphBuilder, sequence: NodeId, t: number): NodeId {
  const cut = segmentOf(builder, sequence, t, 1);
  const rest = builder.shapeOf(sequence).slice(1);
  const positions = rest.map((_, k) => k);
  const named = positions.filter((k) => typeof rest[k] === 'string');
  const order = [...named, ...positions.filter((k) => typeof rest[k] === 'number')];
  const sorted = reorder(builder, cut, order.map((k) => k + 1).toSpliced(named.length, 0, 0));
  const step = builder.call('reshape', [sorted], { shape: order.map((k) => rest[k]) });
  return reorder(
    builder,
    step,
    positions.map((k) => order.indexOf(k)),
  );
}

/** Some steps of a sequence. */
function segmentOf(builder: GraphBuilder, sequence: NodeId, start: number, size: number): NodeId {
  return builder.call('slice', [sequence], { axis: 0, start, size });
}

/** Steps, each as a segment of one. */
function rows(builder: GraphBuilder, steps: readonly NodeId[]): readonly NodeId[] {
  return steps.map((step) => {
    const shape = builder.shapeOf(step);
    return builder.broadcast(
      step,
      [1, ...shape],
      shape.map((_, k) => k + 1),
    );
  });
}

/** Segments one after the other. */
function join(builder: GraphBuilder, segments: readonly NodeId[]): NodeId {
  return segments.length === 1 ? segments[0] : builder.call('concat', segments, { axis: 0 });
}

function moveAxis(builder: GraphBuilder, x: NodeId, from: number, to: number): NodeId {
  const axes = builder.shapeOf(x).map((_, k) => k);
  return reorder(builder, x, moved(axes, from, to));
}

/** Axes in another order; nothing is added where nothing changes. */
function reorder(builder: GraphBuilder, x: NodeId, order: readonly number[]): NodeId {
  return order.every((axis, k) => axis === k) ? x : builder.call('transpose', [x], { order });
}

function moved<E>(list: readonly E[], from: number, to: number): E[] {
  return list.toSpliced(from, 1).toSpliced(to, 0, list[from]);
}
