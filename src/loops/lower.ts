// From the graph to the loop program, the straight way: each operation that moves or computes something becomes a
// statement of its own with a temporary of its own. Making few out of many is the work of fuse.ts, finding places in
// memory that of memory.ts.

import { invariant } from '../base/invariant.ts';
import type { CallNode, Graph, NodeId, ScanNode } from '../graph/graph.ts';
import { typeOf } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import { isSegment, stackedShape } from '../graph/scan.ts';
import { BATCH, type Dim, segmentsAxis, stepsAxis, TIME, type Type } from '../graph/type.ts';
import { lowerCall } from './bodies.ts';
import { ProgramBuilder, type SweepBuilder } from './build.ts';
import type { BufferId, Port, Program, ScalarId } from './program.ts';
import { elementsOf, sameSize, sizeOf } from './size.ts';
import {
  broadcastValue,
  isView,
  isWhole,
  segmentValue,
  stepOf,
  stepValue,
  type Value,
  type View,
  wholeBuffer,
} from './value.ts';

/** The loop program of a graph: right for all extents of its named axes, and not yet optimised. */
export function lower(graph: Graph): Program {
  const program = new ProgramBuilder();
  const inputs: Port[] = [];
  const hasTime = graph.inputs.some((id) => typeOf(graph, id).shape.includes(TIME));
  const values = graph.inputs.map((id): Value => {
    const node = graph.nodes[id];
    invariant(node.kind === 'input', `%${id} is not an input`);
    const { name, role, type } = node;
    const buffer = program.buffer(name, type.element, [elementsOf(type.shape)], 'argument');
    const scans = graph.nodes.filter((scan) => scan.kind === 'scan' && scan.lengths === id);
    // Lengths stay lengths where fission has left no scan that looks at them.
    const ownAxes = role === 'lengths' && hasTime ? [TIME] : [];
    const lengthsOf = [...new Set([...ownAxes, ...scans.map((scan) => (scan as ScanNode).axis)])];
    inputs.push({ name, type, buffer, ...(lengthsOf.length > 0 ? { lengthsOf } : {}) });
    return wholeBuffer(buffer, type.element, type.shape);
  });
  const lowered = lowerNodes(program, graph, values);
  const outputs = graph.outputs.map(({ name, node }): Port => {
    const type = typeOf(graph, node);
    return { name, type, buffer: resultOf(program, name, lowered(node)) };
  });
  return { name: graph.name, buffers: program.buffers, inputs, outputs, body: program.body };
}

/** The buffer of an output: the temporary it was computed into, where it is one by itself. */
function resultOf(program: ProgramBuilder, name: string, value: Value): BufferId {
  if (isView(value) && isWhole(value)) {
    const { buffer } = value.source;
    const { role, size } = program.buffers[buffer];
    const isAll = sameSize(size[0], elementsOf(value.shape));
    if (role === 'temporary' && isAll) {
      program.buffers[buffer] = { ...program.buffers[buffer], name, role: 'result' };
    }
    if (role !== 'argument' && isAll) return buffer;
  }
  const size = [elementsOf(value.shape)];
  const buffer = program.buffer(name, value.element, size, 'result');
  program.copy(value, wholeBuffer(buffer, value.element, value.shape));
  return buffer;
}

/** Lowers all nodes of a graph or a scan's body, in their order, from the values of its inputs. */
function lowerNodes(program: ProgramBuilder, graph: Graph, inputs: readonly Value[]): (id: NodeId) => Value {
  const values: Value[] = [];
  const results = new Map<NodeId, readonly Value[]>();
  graph.inputs.forEach((id, i) => {
    values[id] = inputs[i];
  });
  const operand = (id: NodeId): Value => values[id];
  graph.nodes.forEach((node, i) => {
    const id = i as NodeId;
    program.label = `n${id}`;
    if (node.kind === 'call') values[id] = call(program, node, operand);
    if (node.kind === 'scan') results.set(id, lowerScan(program, node, operand));
    if (node.kind === 'result') values[id] = results.get(node.scan)![node.index];
  });
  return operand;
}

function call<K extends OpName>(
  program: ProgramBuilder,
  node: CallNode<K>,
  operand: (id: NodeId) => Value,
): Value {
  return lowerCall(node.op, program, node.operands.map(operand), node.attributes, node.type);
}

/** The results of a scan: carried, stacked, summed. */
function lowerScan(program: ProgramBuilder, node: ScanNode, operand: (id: NodeId) => Value): Value[] {
  const { axis, body, reverse, segment = 1 } = node;
  const { label } = program;
  const carried = node.carries.length;
  const types = body.outputs.map((output) => typeOf(body, output.node));
  const lengths = node.lengths === undefined ? undefined : operand(node.lengths);

  const results = types.map(({ element, shape }, i): View => {
    program.label = `${label}_${body.outputs[i].name}`;
    const isStacked = i >= carried && i < carried + node.stacked;
    const result = program.temporary(element, isStacked ? stackedShape(node, shape) : shape);
    if (i < carried) program.copy(operand(node.carries[i]), result);
    else if (!isStacked) program.fill(result, 0);
    return result;
  });
  const turns = node.segment === undefined ? axis : segmentsAxis(axis, segment);
  program.loop(turns, reverse, (loop) => {
    const step = stepOf({ loop, stride: sizeOf(segment) });
    /** What a turn of the loop sees of a sequence, or writes of a stacked result, when that has this shape. */
    const turnOf = <V extends Value>(value: V, shape: readonly Dim[]): V =>
      isSegment(node, shape)
        ? segmentValue(value, loop, stepsAxis(axis, segment), segment)
        : stepValue(value, loop);
    const inputs = [
      step,
      ...results.slice(0, carried),
      ...node.sequences.map((sequence, i) => {
        const input = body.inputs[1 + carried + i];
        return turnOf(operand(sequence), typeOf(body, input).shape);
      }),
      ...node.captures.map(operand),
    ];
    const bodyValue = lowerNodes(program, body, inputs);
    const values = body.outputs.map((output) => bodyValue(output.node));
    program.label = `${label}_next`;
    const places = results.map((result, i) =>
      i >= carried && i < carried + node.stacked ? turnOf(result, types[i].shape) : result,
    );
    finishStep(program, { step, lengths, types, values, places, carried, stacked: node.stacked });
  });
  return results;
}

interface Step {
  /** The step's number. */
  readonly step: Value;
  readonly lengths: Value | undefined;
  readonly types: readonly Type[];
  readonly values: readonly Value[];
  /** Where each result of this step goes. */
  readonly places: readonly View[];
  readonly carried: number;
  readonly stacked: number;
}

/**
 * The end of a step: what is stacked and added up first, since it may look at carries as they were; then the carries.
 * A carry that follows from another is taken aside before any of them changes.
 */
function finishStep(program: ProgramBuilder, step: Step): void {
  const { places, carried, stacked } = step;
  step.values.slice(carried).forEach((value, k) => {
    const i = carried + k;
    const { element, shape } = step.types[i];
    program.sweep(shape, (s) => {
      const alive = aliveAt(s, step);
      const given = s.read(value);
      const kept =
        alive === undefined ? given : s.apply('select', element, alive, given, s.number(0, element));
      if (k < stacked) {
        s.store(places[i], kept);
      } else {
        const sum = s.apply('add', 'real', s.read(places[i]), kept);
        s.store(places[i], sum);
      }
    });
  });
  const carries = new Set(places.slice(0, carried).map((view) => view.source.buffer));
  const next = step.values.slice(0, carried).map((value, i) => {
    const isOther = isView(value) && carries.has(value.source.buffer) && !isSame(value, places[i]);
    return isOther ? program.moved(value) : value;
  });
  next.forEach((value, i) => {
    if (isSame(value, places[i])) return;
    program.sweep(step.types[i].shape, (s) => {
      const alive = aliveAt(s, step);
      const { element } = step.types[i];
      const given = s.read(value);
      const old = alive === undefined ? undefined : s.read(places[i]);
      s.store(places[i], old === undefined ? given : s.apply('select', element, alive!, given, old));
    });
  });
}

/** Whether a value is just the carry as it was. */
function isSame(value: Value, carry: View): boolean {
  return isView(value) && value.source.buffer === carry.source.buffer && isWhole(value);
}

/** In a sweep over a value of the batch: whether the sequence is alive at this step. Undefined where all are. */
function aliveAt(sweep: SweepBuilder, { lengths, step }: Step): ScalarId | undefined {
  const batch = sweep.shape.indexOf(BATCH);
  if (lengths === undefined || batch < 0) return undefined;
  const position = broadcastValue(step, sweep.shape, []);
  const length = broadcastValue(lengths, sweep.shape, [batch]);
  return sweep.apply('lt', 'bool', sweep.read(position), sweep.read(length));
}
