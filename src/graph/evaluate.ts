// The reference: what a graph means, in float64, node by node. Where a compiled program differs from it beyond
// rounding, the compiled program is wrong. Tensors are never written to once they are a node's value, so that
// results may share memory with inputs.

import { invariant } from '../base/invariant.ts';
import { MemoryError, showBytes } from '../tensor/memory-error.ts';
import { offsets } from '../tensor/strides.ts';
import { count, indexTensor, realTensor, type Tensor, zeros } from '../tensor/tensor.ts';
import {
  type CallNode,
  type Graph,
  type InputNode,
  isCall,
  type NodeId,
  type ScanNode,
  typeOf,
} from './graph.ts';
import { evaluationBytes, lastUses } from './memory.ts';
import type { OpName } from './ops/attributes.ts';
import { OPS } from './ops/table.ts';
import { isSegment, stackedShape } from './scan.ts';
import {
  type AxisName,
  BATCH,
  concreteShape,
  type Dim,
  type Extents,
  extentOf,
  showType,
  stepsAxis,
  timeOf,
} from './type.ts';

/** The most that the reference takes: a mistake in a size is told, and does not fill the machine. */
const MOST_BYTES = 8 * 2 ** 30;

/** The inputs do not fit the graph. The message names the input and says what is expected and what was given. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  /** The name of the input that is at fault, where one is. */
  readonly input: string | undefined;

  constructor(message: string, input?: string) {
    super(message);
    this.input = input;
  }
}

/** Is told what each call gives, in the order of evaluation, and says what it is taken to give. */
export type OnCall = (node: CallNode, value: Tensor, operands: readonly Tensor[]) => Tensor;

/**
 * The outputs of a graph by name, from its inputs by name. The extents of named axes are read off the inputs'
 * shapes; `extents` gives those that no input carries.
 *
 * Throws an EvaluationError if an input is missing, surplus or does not have its type, if two inputs disagree on the
 * extent of an axis, and if a length lies outside of its axis. Throws a MemoryError, before anything is computed, if it
 * would take more memory than the reference may.
 *
 * ```ts
 * const outputs = evaluate(graph, new Map([['x', realTensor([5, 3], numbers)]]));
 * outputs.get('h')?.data;
 * ```
 */
export function evaluate(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  extents: Extents = new Map(),
  onCall?: OnCall,
): Map<string, Tensor> {
  const expected = graph.inputs.map((id) => inputNode(graph, id));
  const { tensors, extents: known } = matchInputs(graph.name, expected, inputs, extents);
  for (const axis of namedAxes(graph)) {
    if (extentOf(axis, known) === undefined)
      throw new EvaluationError(`the extent of axis ${axis} follows from no input`);
  }
  checkMemory(graph, known);
  const values = run(graph, tensors.map(toFloat64), known, onCall);
  return new Map(graph.outputs.map((output, i) => [output.name, values[i]]));
}

/** Throws a MemoryError where `evaluate` would take more memory than it may. */
export function checkMemory(graph: Graph, extents: Extents): void {
  const bytes = evaluationBytes(graph, extents);
  if (bytes <= MOST_BYTES) return;
  const axes = [...extents].map(([axis, extent]) => `${axis} = ${extent}`).join(', ');
  const where = axes === '' ? '' : ` at ${axes}`;
  const most = `the reference takes no more than ${showBytes(MOST_BYTES)}`;
  throw new MemoryError(`${graph.name} needs ${showBytes(bytes)} of memory${where}, and ${most}`, bytes);
}

/**
 * Holds the inputs that are given to the program `name` against those it expects: the tensors in the order of
 * `expected`, and the extents of all named axes that stand in them or in `extents`. Throws an EvaluationError as
 * `evaluate` does. Compiled programs ask this too, so that all take the same inputs.
 */
export function matchInputs(
  name: string,
  expected: readonly Pick<InputNode, 'name' | 'type'>[],
  inputs: ReadonlyMap<string, Tensor>,
  extents: Extents,
): { readonly tensors: readonly Tensor[]; readonly extents: Map<AxisName, number> } {
  for (const given of inputs.keys()) {
    if (!expected.some((input) => input.name === given)) {
      throw new EvaluationError(`${name} has no input ${given}`, given);
    }
  }
  const tensors = expected.map((input) => {
    const tensor = inputs.get(input.name);
    if (tensor !== undefined) return tensor;
    throw new EvaluationError(`input ${input.name} is missing: ${showType(input.type)}`, input.name);
  });
  return { tensors, extents: readExtents(expected, tensors, extents) };
}

function inputNode(graph: Graph, id: NodeId): InputNode {
  const node = graph.nodes[id];
  invariant(node.kind === 'input', `%${id} is not an input`);
  return node;
}

function toFloat64(tensor: Tensor): Tensor {
  return tensor.data instanceof Float32Array ? realTensor(tensor.shape, tensor.data) : tensor;
}

/** The extents of the named axes; each input is held against its type on the way. */
function readExtents(
  expected: readonly Pick<InputNode, 'name' | 'type'>[],
  tensors: readonly Tensor[],
  extents: Extents,
): Map<AxisName, number> {
  const known = new Map(extents);
  const source = new Map<AxisName, string>();
  expected.forEach(({ name, type }, i) => {
    const { element, shape } = tensors[i];
    const given = `${element}[${shape.join(', ')}]`;
    const fits = element === type.element && shape.length === type.shape.length;
    if (
      !fits ||
      !type.shape.every((d, axis) => (typeof d === 'number' ? shape[axis] === d : shape[axis] >= 1))
    ) {
      throw new EvaluationError(`input ${name} is ${given}, and ${showType(type)} is expected`, name);
    }
    type.shape.forEach((dim, axis) => {
      if (typeof dim === 'number') return;
      const d = timeOf(dim) ?? dim;
      const extent = known.get(d) ?? shape[axis];
      if (extent !== shape[axis]) {
        const reason = `axis ${d} is ${extent}${source.has(d) ? ` in ${source.get(d)}` : ''}`;
        throw new EvaluationError(
          `input ${name} is ${given}, and ${showType(type)} is expected, where ${reason}`,
          name,
        );
      }
      known.set(d, extent);
      if (!source.has(d)) source.set(d, `input ${name}, which is ${given}`);
    });
  });
  return known;
}

const axesOf = new WeakMap<Graph, ReadonlySet<AxisName>>();

/** Every axis name that a graph and its scan bodies use. */
function namedAxes(graph: Graph): ReadonlySet<AxisName> {
  const axes = axesOf.get(graph) ?? findAxes(graph);
  axesOf.set(graph, axes);
  return axes;
}

function findAxes(graph: Graph): ReadonlySet<AxisName> {
  const dims = graph.nodes.flatMap((node): readonly Dim[] => {
    if (node.kind === 'scan') return [node.axis, ...namedAxes(node.body)];
    if (isCall(node, 'extent')) return [node.attributes.extent];
    return node.type.shape;
  });
  return new Set(dims.filter((d) => typeof d === 'string'));
}

/** The outputs in order, from the inputs in order. */
function run(
  graph: Graph,
  inputs: readonly Tensor[],
  extents: Extents,
  onCall: OnCall | undefined,
): Tensor[] {
  const released = lastUses(graph);
  // A scan's value is the list of its results.
  const values: (readonly Tensor[] | undefined)[] = new Array(graph.nodes.length);
  const tensorOf = (id: NodeId): Tensor => values[id]![0];
  graph.inputs.forEach((id, i) => {
    values[id] = [inputs[i]];
  });
  graph.nodes.forEach((node, id) => {
    if (node.kind === 'call') {
      const operands = node.operands.map(tensorOf);
      const value = call(node, operands, extents);
      values[id] = [onCall === undefined ? value : onCall(node, value, operands)];
    }
    if (node.kind === 'scan') values[id] = scan(graph, node, tensorOf, extents, onCall);
    if (node.kind === 'result') values[id] = [values[node.scan]![node.index]];
    for (const dead of released[id]) values[dead] = undefined;
  });
  return graph.outputs.map((output) => tensorOf(output.node));
}

function call<K extends OpName>(node: CallNode<K>, operands: readonly Tensor[], extents: Extents): Tensor {
  return OPS[node.op].evaluate(operands, node.attributes, node.type, extents);
}

/** The results of a scan of a graph: carried, stacked, summed. */
function scan(
  graph: Graph,
  node: ScanNode,
  tensorOf: (id: NodeId) => Tensor,
  extents: Extents,
  onCall: OnCall | undefined,
): Tensor[] {
  const { axis, body, stacked, segment } = node;
  const [extent] = concreteShape([axis], extents);
  const turns = Math.ceil(extent / (segment ?? 1));
  const lengths = node.lengths === undefined ? undefined : tensorOf(node.lengths).data;
  const wrong = lengths?.findIndex((length) => length < 1 || length > extent) ?? -1;
  if (wrong >= 0) {
    const message = `the length of sequence ${wrong} is ${lengths![wrong]}, and axis ${axis} is ${extent} long`;
    const source = graph.nodes[node.lengths!];
    throw new EvaluationError(message, source.kind === 'input' ? source.name : undefined);
  }
  const sequences = node.sequences.map(tensorOf);
  const captures = node.captures.map(tensorOf);

  const carried = node.carries.length;
  const results = node.carries.map(tensorOf);
  const types = body.outputs.map((output) => typeOf(body, output.node));
  types.slice(carried).forEach(({ element, shape }, i) => {
    results.push(zeros(element, concreteShape(i < stacked ? stackedShape(node, shape) : shape, extents)));
  });

  for (let k = 0; k < turns; k++) {
    const turn = node.reverse ? turns - 1 - k : k;
    const t = turn * (segment ?? 1);
    const steps = Math.min(segment ?? 1, extent - t);
    const inside = segment === undefined ? extents : new Map([...extents, [stepsAxis(axis, segment), steps]]);
    const seen = sequences.map((sequence, i) => {
      const isWhole = segment !== undefined && typeOf(graph, node.sequences[i]).shape[0] === axis;
      return isWhole ? segmentOf(sequence, t, steps) : stepOf(sequence, turn);
    });
    const inputs = [indexTensor([], [t]), ...results.slice(0, carried), ...seen, ...captures];
    run(body, inputs, inside, onCall).forEach((value, i) => {
      const alive = aliveElements(types[i].shape, value.shape, lengths, t);
      if (i < carried) results[i] = choose(alive, value, results[i]);
      else if (i < carried + stacked) {
        const at = isSegment(node, types[i].shape) ? t : turn;
        writeSteps(results[i], at, value, alive);
      } else addAlive(results[i], value, alive);
    });
  }
  return results;
}

/** One step of a sequence, in the same memory. */
function stepOf(sequence: Tensor, t: number): Tensor {
  const step = segmentOf(sequence, t, 1);
  return { ...step, shape: step.shape.slice(1) };
}

/** Some steps of a sequence, in the same memory. */
function segmentOf({ element, shape, data }: Tensor, t: number, steps: number): Tensor {
  const size = count(shape.slice(1));
  return { element, shape: shape.with(0, steps), data: data.subarray(t * size, (t + steps) * size) };
}

/**
 * Which elements of a step's value belong to a sequence that is alive at step t; undefined where all do: without
 * lengths, and for a value without a batch axis, which belongs to no sequence.
 */
function aliveElements(
  dims: readonly Dim[],
  shape: readonly number[],
  lengths: Tensor['data'] | undefined,
  t: number,
): Uint8Array | undefined {
  const batch = dims.indexOf(BATCH);
  if (lengths === undefined || batch < 0 || lengths.every((length) => t < length)) return undefined;
  const sequence = offsets(
    shape,
    shape.map((_, axis) => (axis === batch ? 1 : 0)),
  );
  return Uint8Array.from(sequence, (b) => (t < lengths[b] ? 1 : 0));
}

/** The new value where alive, else the old one. */
function choose(alive: Uint8Array | undefined, value: Tensor, old: Tensor): Tensor {
  if (alive === undefined) return value;
  const chosen = zeros(value.element, value.shape);
  alive.forEach((isAlive, i) => {
    chosen.data[i] = isAlive ? value.data[i] : old.data[i];
  });
  return chosen;
}

/** Writes a step of a stacked result, which was zero, or a segment of it from step t on. */
function writeSteps(stack: Tensor, t: number, value: Tensor, alive: Uint8Array | undefined): void {
  const start = t * count(stack.shape.slice(1));
  for (let i = 0; i < value.data.length; i++) {
    if (alive === undefined || alive[i]) stack.data[start + i] = value.data[i];
  }
}

function addAlive(total: Tensor, value: Tensor, alive: Uint8Array | undefined): void {
  for (let i = 0; i < value.data.length; i++) {
    if (alive === undefined || alive[i]) total.data[i] += value.data[i];
  }
}
