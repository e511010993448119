// Holds an elaborated program against what its cell means (lazy-meaning.ts): the same numbers in, the same out, for one
// sequence and for a batch of unequal ones.

import { batch } from '../../src/autodiff/batch.ts';
import { fnv1a32, RandomStream } from '../../src/base/random.ts';
import type { CheckedFile } from '../../src/check/checked.ts';
import { type ElaborateOptions, elaborate, selectBlock } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type InputNode, typeOf } from '../../src/graph/graph.ts';
import { type Dim, TIME, timeOf } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { indexTensor, realTensor, type Tensor, zeros } from '../../src/tensor/tensor.ts';
import { meaningOf, type Value } from './lazy-meaning.ts';

/** The number of the first step. */
const OFFSET = 3;
const STEPS = 5;
const LENGTHS = [5, 1, 3];

type Tensors = ReadonlyMap<string, Tensor>;

/** Every way in which a program differs from what its cell means, one sentence each. */
export function disagreements(file: CheckedFile, options: Omit<ElaborateOptions, 'mode'>): readonly string[] {
  const { program, diagnostics } = elaborate(file, { ...options, mode: 'evaluate' });
  const { cell } = selectBlock(file, options.name);
  if (program === undefined || cell === undefined) return diagnostics.map(({ message }) => message);
  const { graph, sizes, hyperparameters: numbers } = program;
  const meaning = (inputs: Tensors, steps: number): ReadonlyMap<string, Value> =>
    meaningOf(cell, { sizes, numbers, inputs, steps, offset: OFFSET });

  const inputs = inputsOf(program, STEPS, 0);
  const one = evaluate(graph, inputs, new Map([[TIME, STEPS]]));
  const wrong = [...verify(graph), ...differences(meaning(inputs, STEPS), one)];

  const sequences = LENGTHS.map((length, b) => inputsOf(program, length, b));
  const batched = batch(graph, { lengths: true });
  const many = evaluate(batched, together(program, sequences), new Map([[TIME, STEPS]]));
  const expected = sequences.map((sequence, b) => meaning(sequence, LENGTHS[b]));
  wrong.push(...verify(batched).map((complaint) => `batched: ${complaint}`));
  wrong.push(...differences(average(program, expected), many).map((complaint) => `batched: ${complaint}`));
  return wrong;
}

function inputNodes({ graph }: Program): readonly InputNode[] {
  return graph.nodes.filter((node) => node.kind === 'input');
}

/** Numbers for everything that a graph of one sequence takes. Weights are the same for every seed. */
export function inputsOf(program: Program, steps: number, seed: number): Tensors {
  const data = [...program.inputs, ...program.targets];
  return new Map(
    inputNodes(program).map(({ name, role, type }) => {
      const random = new RandomStream(role === 'parameter' ? 0 : seed, `test of ${name}`);
      const shape = type.shape.map((d) => (d === TIME ? steps : Number(d)));
      const draw = (next: () => number): number[] =>
        Array.from({ length: shape.reduce((n, d) => n * d, 1) }, next);
      if (type.element === 'real')
        return [
          name,
          realTensor(
            shape,
            draw(() => 2 * random.uniform() - 1),
          ),
        ];
      const categories = data.find((input) => input.name === name)?.categories;
      const other = name === 'offset' ? OFFSET : fnv1a32(name);
      return [
        name,
        indexTensor(
          shape,
          draw(() => (categories ? random.integer(categories) : other)),
        ),
      ];
    }),
  );
}

/** Sequences as a batch, time first, with NaN (and the first category) after their ends. */
function together(program: Program, sequences: readonly Tensors[]): Tensors {
  const found = new Map<string, Tensor>([['lengths', indexTensor([LENGTHS.length], LENGTHS)]]);
  for (const { name, role, type } of inputNodes(program)) {
    const tensors = sequences.map((sequence) => sequence.get(name)!);
    const [{ element, shape }] = tensors;
    if (role === 'parameter' || role === 'shared') found.set(name, tensors[0]);
    else if (type.shape[0] !== TIME) {
      const whole = zeros(element, [tensors.length, ...shape]);
      tensors.forEach(({ data }, b) => {
        whole.data.set(data, b * data.length);
      });
      found.set(name, whole);
    } else {
      const whole = zeros(element, [STEPS, tensors.length, ...shape.slice(1)]);
      whole.data.fill(element === 'real' ? Number.NaN : 0);
      const size = shape.slice(1).reduce((n, d) => n * d, 1);
      tensors.forEach(({ data }, b) => {
        for (let t = 0; t < LENGTHS[b]; t++) {
          whole.data.set(data.slice(t * size, (t + 1) * size), (t * tensors.length + b) * size);
        }
      });
      found.set(name, whole);
    }
  }
  return found;
}

/** What a batch gives: values of sequences side by side, zero after their ends; of loss and metrics the mean. */
function average(
  program: Program,
  sequences: readonly ReadonlyMap<string, Value>[],
): ReadonlyMap<string, Value> {
  const steps = LENGTHS.reduce((a, b) => a + b, 0);
  return new Map(
    program.graph.outputs.map(({ name, mean, node }) => {
      const { shape: dims } = typeOf(program.graph, node);
      const values = sequences.map((sequence) => filledUp(sequence.get(name)!, dims));
      const rate = program.outputs.find((output) => output.name === name)?.rate;
      if (mean !== undefined) {
        const sum = values.reduce((total, { data }) => total + data[0], 0);
        return [name, { shape: [], data: [sum / (mean === 'steps' ? steps : values.length)] }];
      }
      const shape = rate === 'step' ? values[0].shape.slice(1) : values[0].shape;
      const size = shape.reduce((n, d) => n * d, 1);
      const side = (t: number): number[] =>
        values.flatMap(({ data }) =>
          Array.from({ length: size }, (_, i) => (t * size < data.length ? data[t * size + i] : 0)),
        );
      if (rate !== 'step') return [name, { shape: [values.length, ...shape], data: side(0) }];
      const all = Array.from({ length: STEPS }, (_, t) => side(t));
      return [name, { shape: [STEPS, values.length, ...shape], data: all.flat() }];
    }),
  );
}

/** Whole sequences as long as the longest, with zeros. */
function filledUp(value: Value, dims: readonly Dim[]): Value {
  return dims.reduce((longer: Value, dim, axis) => {
    if (timeOf(dim) !== TIME) return longer;
    const inner = longer.shape.slice(axis + 1).reduce((n, d) => n * d, 1);
    const [from, to] = [longer.shape[axis] * inner, STEPS * inner];
    const rows = longer.data.length / from;
    const data = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: to }, (_, i) => (i < from ? longer.data[row * from + i] : 0)),
    );
    return { shape: longer.shape.with(axis, STEPS), data: data.flat() };
  }, value);
}

function differences(expected: ReadonlyMap<string, Value>, actual: Tensors): readonly string[] {
  const names = [expected, actual].map((values) => [...values.keys()].sort().join(', '));
  if (names[0] !== names[1]) return [`it gives ${names[1]}, and ${names[0]} is meant`];
  return [...expected].flatMap(([name, { shape, data }]) => {
    const tensor = actual.get(name)!;
    if (tensor.shape.join() !== shape.join())
      return [`${name} is [${tensor.shape}], and [${shape}] is meant`];
    const gap = data.findIndex((x, i) => !(Math.abs(x - tensor.data[i]) <= 1e-9 * (1 + Math.abs(x))));
    return gap < 0 ? [] : [`${name} has ${tensor.data[gap]} at ${gap}, and ${data[gap]} is meant`];
  });
}
