// Parts of what goes into a batch and comes out of it: one sequence, the sequences in another order, some of the steps,
// other padding. Time is the first axis of what has one, the batch the one behind it.
import { type Graph, type InputNode, typeOf } from '../../graph/graph.ts';
import { BATCH, type Dim, TIME, timeOf } from '../../graph/type.ts';
import { count, realTensor, type Tensor, zeros } from '../../tensor/tensor.ts';
import type { Tensors } from './distance.ts';

export type Shapes = ReadonlyMap<string, readonly Dim[]>;

function inputNodes(graph: Graph): readonly InputNode[] {
  return graph.nodes.filter((node) => node.kind === 'input');
}

/** The types' shapes of all outputs by name. */
export function outputShapes(graph: Graph): Shapes {
  return new Map(graph.outputs.map(({ name, node }) => [name, typeOf(graph, node).shape]));
}

export function inputShapes(graph: Graph): Shapes {
  return new Map(inputNodes(graph).map(({ name, type }) => [name, type.shape]));
}

/** Those of real inputs alone: categories then have no padding that could be filled with something else. */
export function realShapes(graph: Graph): Shapes {
  return new Map(
    inputNodes(graph).map(({ name, type }) => [name, type.element === 'real' ? type.shape : []]),
  );
}

/** Sequence b of a tensor of this type, cut to its length; the tensor itself where it has no batch axis. */
export function sequenceOf(tensor: Tensor, shape: readonly Dim[], b: number, length: number): Tensor {
  const at = shape.indexOf(BATCH);
  if (at < 0) return tensor;
  const own = Array.from({ length }, (_, t) => t);
  const whole = shape.flatMap((d, axis) => (timeOf(d) === TIME ? [axis] : []));
  const one = whole.reduce((cut, axis) => pick(cut, axis, own), pick(tensor, at, [b]));
  const alone = { ...one, shape: one.shape.toSpliced(at, 1) };
  return shape[0] === TIME ? stepsOf(alone, 0, length) : alone;
}

/** The steps from one position up to before another, of a tensor with time in front. */
export function stepsOf({ element, shape, data }: Tensor, from: number, to: number): Tensor {
  const size = count(shape.slice(1));
  return { element, shape: shape.with(0, to - from), data: data.slice(from * size, to * size) };
}

/** Steps behind steps, in float64 where they are real. */
export function joined(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  const steps = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  const whole = zeros(first.element, first.shape.with(0, steps));
  let at = 0;
  for (const { data } of parts) {
    whole.data.set(data, at);
    at += data.length;
  }
  return whole;
}

/** The positions of one axis, in this order. */
function pick({ element, shape, data }: Tensor, axis: number, positions: readonly number[]): Tensor {
  const picked = zeros(element, shape.with(axis, positions.length));
  const inner = count(shape.slice(axis + 1));
  for (let i = 0; i < picked.data.length; i++) {
    const row = Math.floor(i / inner);
    const [outer, position] = [Math.floor(row / positions.length), positions[row % positions.length]];
    picked.data[i] = data[(outer * shape[axis] + position) * inner + (i % inner)];
  }
  return picked;
}

/** Every tensor whose type has a batch axis with its sequences in another order. */
export function permuted(tensors: Tensors, shapes: Shapes, order: readonly number[]): Tensors {
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const at = shapes.get(name)!.indexOf(BATCH);
      return [name, at < 0 ? tensor : pick(tensor, at, order)];
    }),
  );
}

/** Every sequence's padding filled with a number (floored for categories). */
export function padded(
  tensors: Tensors,
  shapes: Shapes,
  lengths: readonly number[],
  filler: number,
): Tensors {
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const shape = shapes.get(name)!;
      return [name, shape[0] === TIME && shape[1] === BATCH ? fill(tensor, lengths, filler) : tensor];
    }),
  );
}

function fill(tensor: Tensor, lengths: readonly number[], filler: number): Tensor {
  const filled = zeros(tensor.element, tensor.shape);
  filled.data.set(tensor.data);
  const width = count(tensor.shape.slice(2));
  for (let t = 0; t < tensor.shape[0]; t++) {
    lengths.forEach((length, b) => {
      const start = (t * lengths.length + b) * width;
      if (t >= length) filled.data.fill(filler, start, start + width);
    });
  }
  return filled;
}

/** As float32 has them: what every target can be given. */
export function rounded(tensors: Tensors): Tensors {
  return new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      tensor.element === 'real' ? realTensor(tensor.shape, Float32Array.from(tensor.data)) : tensor,
    ]),
  );
}

/**
 * Matrices as large as Glorot starts them, at most. Larger ones make a recurrence chaotic: it then multiplies any
 * difference by a constant at each step, and after 100 steps the rounding of float32 (6e-8) has become anything.
 */
export function asTrained(graph: Graph, inputs: Tensors): Tensors {
  const roles = new Map(inputNodes(graph).map(({ name, role }) => [name, role]));
  return new Map(
    [...inputs].map(([name, tensor]) => {
      if (roles.get(name) !== 'parameter' || tensor.shape.length < 2) return [name, tensor];
      const [rows, columns] = tensor.shape;
      return [name, scaled(tensor, Math.min(1, Math.sqrt(6 / (rows + columns))))];
    }),
  );
}

/** In float64. */
export function scaled(tensor: Tensor, by: number): Tensor {
  return realTensor(
    tensor.shape,
    Float64Array.from(tensor.data, (x) => x * by),
  );
}

export function sum(a: Tensor, b: Tensor): Tensor {
  return realTensor(
    a.shape,
    Float64Array.from(a.data, (x, i) => x + b.data[i]),
  );
}

export function withoutCotangents(inputs: Tensors): Tensors {
  return new Map([...inputs].filter(([name]) => !name.startsWith('cotangent.')));
}
