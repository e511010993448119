// Cases for the laws: the gradient check's (sizes to 5, 4 sequences of 8 steps), and longer and wider ones for what is
// compiled. Then parts of a case: one sequence of a batch, the sequences in another order, some of the steps.
import fc from 'fast-check';
import type { RandomStream } from '../../src/base/random.ts';
import { type Graph, type InputNode, typeOf } from '../../src/graph/graph.ts';
import { BATCH, type Dim, TIME, timeOf } from '../../src/graph/type.ts';
import { type Case, randomCase } from '../../src/study/random-case.ts';
import { count, realTensor, type Tensor, zeros } from '../../src/tensor/tensor.ts';
import type { Tensors } from './distance.ts';

export function shortCase(sizes: readonly string[]): fc.Arbitrary<Case> {
  return randomCase(sizes, false);
}

/**
 * Up to 100 steps; one case in four has sizes of 5, 10, ... 25, and one in four up to 24 sequences of 16 steps: as wide
 * as vectors and the tiles of products are.
 */
export function longCase(sizes: readonly string[]): fc.Arbitrary<Case> {
  return fc
    .record({
      drawn: randomCase(sizes, false),
      steps: fc.integer({ min: 1, max: 100 }),
      lacking: fc.array(fc.nat(99), { minLength: 24, maxLength: 24 }),
      kind: fc.constantFrom('long', 'long', 'wide', 'many'),
    })
    .map(({ drawn, steps, lacking, kind }) => {
      const most = kind === 'many' ? Math.ceil(steps / 6) : steps;
      const count = drawn.lengths.length * (kind === 'many' ? 6 : 1);
      const widen = kind === 'wide' ? 5 : 1;
      return {
        ...drawn,
        sizes: Object.fromEntries(Object.entries(drawn.sizes).map(([name, size]) => [name, size * widen])),
        steps: most,
        lengths: lacking.slice(0, count).map((lack) => Math.max(1, most - lack)),
      };
    });
}

function inputNodes(graph: Graph): readonly InputNode[] {
  return graph.nodes.filter((node) => node.kind === 'input');
}

/** The types' shapes of all outputs by name. */
export function outputShapes(graph: Graph): ReadonlyMap<string, readonly Dim[]> {
  return new Map(graph.outputs.map(({ name, node }) => [name, typeOf(graph, node).shape]));
}

export function inputShapes(graph: Graph): ReadonlyMap<string, readonly Dim[]> {
  return new Map(inputNodes(graph).map(({ name, type }) => [name, type.shape]));
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

/** The positions of one axis, in this order. */
export function pick({ element, shape, data }: Tensor, axis: number, positions: readonly number[]): Tensor {
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
export function permuted(
  tensors: Tensors,
  shapes: ReadonlyMap<string, readonly Dim[]>,
  order: readonly number[],
): Tensors {
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
  shapes: ReadonlyMap<string, readonly Dim[]>,
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
 * difference by a constant at each step, and after 100 steps the rounding of float32 (6e-8) has become anything, in
 * every program alike. (15 states with weights from -1 to 1 give 2e-4 at step 36.)
 */
export function asTrained(graph: Graph, inputs: Tensors): Tensors {
  const roles = new Map(inputNodes(graph).map(({ name, role }) => [name, role]));
  return new Map(
    [...inputs].map(([name, tensor]) => {
      if (roles.get(name) !== 'parameter' || tensor.shape.length < 2) return [name, tensor];
      const [rows, columns] = tensor.shape;
      const scale = Math.min(1, Math.sqrt(6 / (rows + columns)));
      return [
        name,
        realTensor(
          tensor.shape,
          Float64Array.from(tensor.data, (x) => scale * x),
        ),
      ];
    }),
  );
}

/** The shapes of inputs, with nothing said of categories, so that `padded` leaves them as they are. */
export function realShapes(graph: Graph, inputs: Tensors): ReadonlyMap<string, readonly Dim[]> {
  const shapes = [...inputShapes(graph)];
  return new Map(shapes.map(([name, shape]) => [name, inputs.get(name)!.element === 'real' ? shape : []]));
}

/** How an input moves: anything from -1 to 1 for each element. */
export function tangentOf({ shape, data }: Tensor, stream: RandomStream): Tensor {
  return realTensor(
    shape,
    Float64Array.from(data, () => 2 * stream.uniform() - 1),
  );
}
