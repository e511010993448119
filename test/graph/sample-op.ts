// Sample calls of every operation, for whatever walks the table: types and meaning here, derivatives in
// test/autodiff, targets in test/codegen. Named axes, scalars and axes of size 1 are among them.
//
//   sampleOp('add')              the samples of one operation
//   sampleEveryOp()              those of all, one after another
//   sampleGraph(sample)          a graph of this one call: inputs a, b, c ... to output y
//   sampleInputs(sample)         its inputs by name, as evaluate takes them
//
// Reals lie in the operation's domain, away from kinks and poles, and are exact in float32; indices are in range.
// Everything is drawn under a fixed seed: a sample is the same in every run.
import { RandomStream } from '../../src/base/random.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { None, OpAttributes, OpName } from '../../src/graph/ops/attributes.ts';
import { OP_NAMES, OPS } from '../../src/graph/ops/table.ts';
import {
  BATCH,
  bool,
  concreteShape,
  type Dim,
  type Extents,
  index,
  real,
  showType,
  TIME,
  type Type,
} from '../../src/graph/type.ts';
import { count, realTensor, type Tensor, zeros } from '../../src/tensor/tensor.ts';

export interface Sample<K extends OpName = OpName> {
  /** What a test calls it: the operation and the types of its operands. */
  readonly title: string;
  readonly op: K;
  /** The operands' types, with named axes. */
  readonly types: readonly Type[];
  readonly attributes: OpAttributes[K];
  /** The operands' values, with the extents put in. */
  readonly operands: readonly Tensor[];
  readonly extents: Extents;
}

/** The extents of the named axes in all samples. */
export const SAMPLE_EXTENTS: Extents = new Map([
  [TIME, 3],
  [BATCH, 2],
]);

/** What a sample is made from: where intervals are given they stand for the operation's own domain. */
interface Case<Attributes> {
  readonly types: readonly Type[];
  readonly attributes: Attributes;
  /** One for each operand; for index operands the ends are included. */
  readonly intervals?: readonly (readonly [number, number])[];
}

const NONE: None = {};
const SHAPES: readonly (readonly Dim[])[] = [[], [1], [5], [2, 3], [BATCH, 1], [TIME, BATCH, 3], [2, 2]];

type Plain = Case<None>;

function each(...types: ((...shape: Dim[]) => Type)[]): Plain[] {
  return SHAPES.map((shape) => ({ types: types.map((type) => type(...shape)), attributes: NONE }));
}

function given(types: readonly Type[], intervals: readonly (readonly [number, number])[]): Plain {
  return { types, attributes: NONE, intervals };
}

const ofOne = each(real);
const ofTwo = each(real, real);
const withIndices = [...ofTwo, ...each(index, index)];
const small: readonly [number, number] = [-1, 1];

const CASES: { readonly [K in OpName]: readonly Case<OpAttributes[K]>[] } = {
  neg: ofOne,
  exp: ofOne,
  log: ofOne,
  log1p: [...ofOne, given([real(4)], [[-1e-6, 1e-6]])],
  sqrt: ofOne,
  tanh: ofOne,
  sigmoid: [...ofOne, given([real(4)], [[-30, 30]])],
  abs: [...ofOne, given([real(4)], [[-2, -0.1]])],
  sin: ofOne,
  cos: ofOne,
  floor: [...ofOne, given([real(4)], [[-1.9, -1.1]])],
  not: each(bool),
  stop: ofOne,
  surrogate: each(real, real, real),
  convert: [
    { types: [bool(TIME, 3)], attributes: { element: 'real' } },
    { types: [index(TIME, 3)], attributes: { element: 'real' } },
    { types: [real()], attributes: { element: 'index' } },
    { types: [bool(4)], attributes: { element: 'index' } },
    { types: [real(4)], attributes: { element: 'bool' } },
    { types: [index(4)], attributes: { element: 'bool' } },
  ],

  add: withIndices,
  sub: withIndices,
  mul: withIndices,
  div: [...ofTwo, given([real(4), real(4)], [small, [-2, -0.5]])],
  pow: ofTwo,
  max: withIndices,
  min: withIndices,
  mod: [
    ...ofTwo,
    given(
      [real(4), real(4)],
      [
        [-2.6, -2.2],
        [1.4, 2.1],
      ],
    ),
    given(
      [real(4), real(4)],
      [
        [2.2, 2.6],
        [-2.1, -1.4],
      ],
    ),
  ],
  lt: withIndices,
  le: withIndices,
  eq: withIndices,
  and: each(bool, bool),
  or: each(bool, bool),
  select: [...each(bool, real, real), ...each(bool, index, index), ...each(bool, bool, bool)],

  constant: [
    { types: [], attributes: { element: 'real', shape: [], value: 0.1 } },
    { types: [], attributes: { element: 'real', shape: [TIME, 2], value: -1.5 } },
    { types: [], attributes: { element: 'real', shape: [1], value: -Infinity } },
    { types: [], attributes: { element: 'index', shape: [BATCH], value: -3 } },
    { types: [], attributes: { element: 'bool', shape: [2, 2], value: 1 } },
  ],
  iota: [
    { types: [], attributes: { extent: 4 } },
    { types: [], attributes: { extent: TIME } },
  ],
  extent: [
    { types: [], attributes: { extent: 4 } },
    { types: [], attributes: { extent: TIME } },
  ],
  uniform: [
    { types: [index(), index()], attributes: { name: 'drop', shape: [3] } },
    { types: [index(BATCH), index()], attributes: { name: 'drop', shape: [2, 2] } },
    { types: [index(BATCH), index(TIME)], attributes: { name: 'low.drop', shape: [3] } },
    { types: [index(), index(TIME)], attributes: { name: 'drop', shape: [] } },
  ],

  broadcast: [
    { types: [real()], attributes: { shape: [], axes: [] } },
    { types: [real()], attributes: { shape: [TIME, 2], axes: [] } },
    { types: [real(3)], attributes: { shape: [TIME, BATCH, 3], axes: [2] } },
    { types: [real(BATCH)], attributes: { shape: [BATCH, 3], axes: [0] } },
    { types: [real(TIME, 3)], attributes: { shape: [TIME, BATCH, 3], axes: [0, 2] } },
    { types: [real(1)], attributes: { shape: [1, 4], axes: [0] } },
    { types: [bool(BATCH)], attributes: { shape: [BATCH, 2], axes: [0] } },
    { types: [index(2)], attributes: { shape: [2, 2], axes: [1] } },
    { types: [real(2, 2)], attributes: { shape: [2, 2, 3], axes: [0, 1] } },
  ],
  reshape: [
    { types: [real(6)], attributes: { shape: [2, 3] } },
    { types: [real(1, 1)], attributes: { shape: [] } },
    { types: [real(TIME, BATCH, 6)], attributes: { shape: [TIME, BATCH, 3, 2] } },
    { types: [real(BATCH, 1)], attributes: { shape: [BATCH] } },
    { types: [index(2, 2)], attributes: { shape: [4] } },
    { types: [real(2, 2)], attributes: { shape: [4] } },
  ],
  transpose: [
    { types: [real()], attributes: { order: [] } },
    { types: [real(2, 3)], attributes: { order: [1, 0] } },
    { types: [real(TIME, BATCH, 3)], attributes: { order: [1, 0, 2] } },
    { types: [real(2, TIME, 3)], attributes: { order: [2, 0, 1] } },
    { types: [bool(1, 3)], attributes: { order: [1, 0] } },
    { types: [real(2, 2, 3)], attributes: { order: [2, 0, 1] } },
    { types: [real(2, 2, 2)], attributes: { order: [2, 0, 1] } },
  ],
  slice: [
    { types: [real(5)], attributes: { axis: 0, start: 1, size: 3 } },
    { types: [real(TIME, BATCH, 4)], attributes: { axis: 2, start: 2, size: 2 } },
    { types: [real(4, BATCH)], attributes: { axis: 0, start: 0, size: 1 } },
    { types: [index(3, 2)], attributes: { axis: 1, start: 1, size: 1 } },
    { types: [real(3, 3)], attributes: { axis: 1, start: 1, size: 2 } },
  ],
  concat: [
    { types: [real(3)], attributes: { axis: 0 } },
    { types: [real(3), real(1), real(2)], attributes: { axis: 0 } },
    { types: [real(TIME, BATCH, 2), real(TIME, BATCH, 3)], attributes: { axis: 2 } },
    { types: [real(2, BATCH), real(1, BATCH)], attributes: { axis: 0 } },
    { types: [real(2, 2, 2), real(2, 1, 2)], attributes: { axis: 1 } },
    { types: [index(2), index(1)], attributes: { axis: 0 } },
    { types: [real(2, 2), real(2, 2)], attributes: { axis: 1 } },
  ],

  sum: [
    { types: [real(4)], attributes: { axes: [0] } },
    { types: [real(1, 3)], attributes: { axes: [0] } },
    { types: [real(2, 3)], attributes: { axes: [0, 1] } },
    { types: [real(TIME, BATCH, 3)], attributes: { axes: [0] } },
    { types: [real(TIME, BATCH, 3)], attributes: { axes: [0, 2] } },
    { types: [real(2, BATCH, 3)], attributes: { axes: [1] } },
    { types: [real(3, 3)], attributes: { axes: [1] } },
  ],
  max_over: [
    { types: [real(4)], attributes: { axes: [0] } },
    { types: [real(1, 3)], attributes: { axes: [0] } },
    { types: [real(2, 3)], attributes: { axes: [0, 1] } },
    { types: [real(TIME, BATCH, 3)], attributes: { axes: [2] } },
    { types: [real(TIME, BATCH, 3)], attributes: { axes: [0, 2] } },
    { types: [real(3, 3)], attributes: { axes: [1] } },
  ],
  argmax: [
    { types: [real(5)], attributes: { axis: 0 } },
    { types: [real(2, 1)], attributes: { axis: 1 } },
    { types: [real(TIME, BATCH, 4)], attributes: { axis: 2 } },
    { types: [real(TIME, BATCH, 4)], attributes: { axis: 0 } },
  ],
  contract: [
    { types: [real(), real()], attributes: { left: '', right: '', out: '' } },
    { types: [real(4), real(4)], attributes: { left: 'i', right: 'i', out: '' } },
    { types: [real(2), real(3)], attributes: { left: 'i', right: 'j', out: 'ij' } },
    { types: [real(2), real(3)], attributes: { left: 'i', right: 'j', out: 'ji' } },
    { types: [real(4, 3), real(3)], attributes: { left: 'mn', right: 'n', out: 'm' } },
    { types: [real(1, 3), real(3, 1)], attributes: { left: 'mk', right: 'kn', out: 'mn' } },
    { types: [real(4, 3), real(BATCH, 3)], attributes: { left: 'mn', right: 'bn', out: 'bm' } },
    { types: [real(TIME, BATCH, 3), real(4, 3)], attributes: { left: 'tbn', right: 'mn', out: 'tbm' } },
    {
      types: [real(TIME, BATCH, 4), real(TIME, BATCH, 3)],
      attributes: { left: 'tbm', right: 'tbn', out: 'mn' },
    },
    { types: [real(BATCH, 2, 3), real(BATCH, 3)], attributes: { left: 'bij', right: 'bj', out: 'bi' } },
    { types: [real(BATCH, 2), real(BATCH)], attributes: { left: 'bi', right: 'b', out: 'bi' } },
    { types: [real(2, 3), real(3, 2)], attributes: { left: 'ij', right: 'ji', out: '' } },
  ],

  gather: [
    { types: [real(4, 3), index()], attributes: NONE, intervals: [small, [0, 3]] },
    { types: [real(3, 3), index(BATCH)], attributes: NONE, intervals: [small, [0, 2]] },
    { types: [real(4, 3), index(TIME, BATCH)], attributes: NONE, intervals: [small, [0, 3]] },
    { types: [real(4), index(BATCH)], attributes: NONE, intervals: [small, [0, 3]] },
    { types: [real(1, 2, 2), index(3)], attributes: NONE, intervals: [small, [0, 0]] },
  ],
  scatter_add: [
    { types: [index(), real(3)], attributes: { extent: 4 }, intervals: [[0, 3], small] },
    {
      types: [index(TIME, BATCH), real(TIME, BATCH, 3)],
      attributes: { extent: 4 },
      intervals: [[0, 3], small],
    },
    { types: [index(BATCH), real(BATCH)], attributes: { extent: 4 }, intervals: [[0, 3], small] },
    { types: [index(3), real(3, 3)], attributes: { extent: 4 }, intervals: [[0, 3], small] },
    { types: [index(3), real(3, 2, 2)], attributes: { extent: 1 }, intervals: [[0, 0], small] },
  ],
};

/** The samples of one operation. */
export function sampleOp<K extends OpName>(op: K): readonly Sample<K>[] {
  return CASES[op].map(({ types, attributes, intervals = OPS[op].domain }, i) => ({
    title: `${op} ${i}: ${types.map(showType).join(', ')}`,
    op,
    types,
    attributes,
    operands: types.map((type, k) => draw(type, intervals?.[k], `${op} ${i} ${k}`)),
    extents: SAMPLE_EXTENTS,
  }));
}

/** The samples of all operations, in the order of the table. */
export function sampleEveryOp(): readonly Sample[] {
  return OP_NAMES.flatMap((op) => sampleOp(op));
}

function draw(type: Type, interval: readonly [number, number] | undefined, name: string): Tensor {
  const tensor = zeros(type.element, concreteShape(type.shape, SAMPLE_EXTENTS));
  const stream = new RandomStream(1, name);
  const [low, high] = interval ?? (type.element === 'index' ? [-4, 4] : [-2, 2]);
  const next = {
    real: () => Math.fround(low + (high - low) * stream.uniform()),
    index: () => low + stream.integer(high - low + 1),
    bool: () => stream.integer(2),
  }[type.element];
  for (let i = 0; i < count(tensor.shape); i++) tensor.data[i] = next();
  return tensor;
}

/** The names of a sample graph's inputs. */
function nameOf(operand: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + operand);
}

/** A graph of this one call: inputs a, b, c ... to output y. */
export function sampleGraph<K extends OpName>({ op, types, attributes }: Sample<K>): Graph {
  const builder = new GraphBuilder(op);
  const operands = types.map((type, k) => builder.input(nameOf(k), type, 'input'));
  builder.output('y', builder.call(op, operands, attributes));
  return builder.finish();
}

/** The inputs of `sampleGraph(sample)`. */
export function sampleInputs(sample: Sample): ReadonlyMap<string, Tensor> {
  return new Map(sample.operands.map((operand, k) => [nameOf(k), operand]));
}

/** The seeds of `kinkInputs` that laws look at: each pair of numbers meets in some of them. */
export const KINK_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * The inputs of `sampleGraph(sample)` with whole numbers from -1 to 1 for the reals: zeros, and equals among them, where the
 * slopes of kinks are.
 */
export function kinkInputs(sample: Sample, seed: number): ReadonlyMap<string, Tensor> {
  return new Map(
    sample.operands.map((operand, k) => {
      const stream = new RandomStream(seed, `kink ${sample.title} ${k}`);
      const whole = Float64Array.from(operand.data, () => stream.integer(3) - 1);
      return [nameOf(k), operand.element === 'real' ? realTensor(operand.shape, whole) : operand];
    }),
  );
}
