// What an exhibit of the museum is, and the kind that most are: a program, numbers for it, its gradients by hand, a fault
// to plant and what the gradients are with it.
import { expect } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { makeSource } from '../../src/base/source.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph, InputNode } from '../../src/graph/graph.ts';
import { BATCH, concreteShape, type Extents, TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { checkGradients, type GradientReport } from '../../src/study/gradcheck.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { count, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { checkText } from '../check/programs.ts';
import { type Plant, withPlant } from './seam.ts';

export interface Exhibit {
  /** The heading of its section in docs/museum.md. */
  readonly name: string;
  /** Where it happened: `owner/project#number`, the number of an issue or a pull request; or a project alone. */
  readonly threads: readonly string[];
  /** Ours, against an answer that owes nothing to our code. */
  readonly right: () => void | Promise<void>;
  /** With the fault planted, the same comparison fails. */
  readonly wrong: () => void | Promise<void>;
}

type Nested = number | readonly Nested[];

/** Numbers by name, time first, then the sequences of a batch. */
export type Numbers = Readonly<Record<string, Nested>>;

/** The last cell or model of a text. */
export function elaborateLast(
  text: string,
  sizes: ReadonlyMap<string, number>,
  startingStates: boolean,
): Program {
  const file = checkText(makeSource('models/exhibit.rnn', text));
  const { name } = file.blocks.at(-1)!;
  return elaborate(file, { name, sizes, mode: 'train', startingStates }).program!;
}

interface Question {
  readonly program: string;
  /** Sizes of the header. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Of a batch, the steps of each sequence; not given: one sequence without a batch axis. */
  readonly lengths?: readonly number[];
  /** What goes in. Cotangents are one where they are not given; states that start at `state.NAME` are handed in. */
  readonly numbers: Numbers;
}

/** A program at some numbers: the graph, batched if there are lengths, and the tensors for it. */
export function ask({ program: text, sizes = {}, lengths, numbers }: Question): {
  readonly program: Program;
  readonly graph: Graph;
  readonly tensorsFor: (graph: Graph) => Map<string, Tensor>;
} {
  const startingStates = Object.keys(numbers).some((name) => name.startsWith('state.'));
  const program = elaborateLast(text, new Map(Object.entries(sizes)), startingStates);
  const graph = lengths === undefined ? program.graph : batch(program.graph, { lengths: true });
  const given: Numbers = lengths === undefined ? numbers : { ...numbers, lengths };
  return { program, graph, tensorsFor: (of) => tensorsFor(of, given) };
}

/** The outputs of a question, flat; or of what becomes of its graph. */
export function valuesAt(
  question: Question,
  change: (graph: Graph) => Graph = (graph) => graph,
): Record<string, number[]> {
  const { graph, tensorsFor } = ask(question);
  return flat(evaluate(change(graph), tensorsFor(graph)));
}

/** The gradients of a question by name, flat, with a fault planted or without. */
export function gradientsAt(question: Question, plant?: Plant): Record<string, number[]> {
  const { program, graph, tensorsFor } = ask(question);
  const wrt = differentiable(program);
  const gradient = withPlant(plant, () => withGradients(program, graph, wrt));
  expect(verify(gradient)).toEqual([]);
  const outputs = flat(evaluate(gradient, tensorsFor(gradient)));
  return Object.fromEntries(wrt.map((name) => [name, outputs[`grad.${name}`]]));
}

function flat(tensors: ReadonlyMap<string, Tensor>): Record<string, number[]> {
  return Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data]]));
}

function tensorsFor(graph: Graph, numbers: Numbers): Map<string, Tensor> {
  const inputs = graph.inputs.map((id) => graph.nodes[id] as InputNode);
  const extents = new Map<string, number>();
  for (const { name, type } of inputs) {
    let value: Nested | undefined = numbers[name];
    for (const d of type.shape) {
      if (!Array.isArray(value)) break;
      if (typeof d === 'string') extents.set(d, value.length);
      value = value[0];
    }
  }
  return new Map(inputs.map((node) => [node.name, tensorOf(node, numbers[node.name], extents)]));
}

function tensorOf({ role, type }: InputNode, value: Nested | undefined, extents: Extents): Tensor {
  const shape = concreteShape(type.shape, extents);
  const otherwise = role === 'cotangent' ? 1 : 0;
  const numbers = value === undefined ? new Array<number>(count(shape)).fill(otherwise) : flatten(value);
  expect(numbers.length).toBe(count(shape));
  return type.element === 'real' ? realTensor(shape, numbers) : indexTensor(shape, numbers);
}

function flatten(value: Nested): number[] {
  return typeof value === 'number' ? [value] : value.flatMap(flatten);
}

/** max |a - b| over all numbers of two answers; infinite where one is not a number and the other is. */
export function apart(a: Numbers, b: Numbers): number {
  let gap = 0;
  for (const name of Object.keys(b)) {
    const [left, right] = [flatten(a[name]), flatten(b[name])];
    expect([name, left.length]).toEqual([name, right.length]);
    left.forEach((x, i) => {
      if (Object.is(x, right[i])) return;
      const difference = Math.abs(x - right[i]);
      gap = Math.max(gap, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    });
  }
  return gap;
}

/** Numbers by hand are exact, but for the last digits of the arithmetic. */
export const BY_HAND = 1e-12;

/** The gradient check of the library on a program, with a fault planted or without. */
export function checkOf(text: string, plant?: Plant): GradientReport {
  const file = checkText(makeSource('models/exhibit.rnn', text));
  const { name, sizes } = file.blocks.at(-1)!;
  return withPlant(plant, () =>
    checkGradients({
      sizes: sizes.map((size) => size.name),
      programOf: (extents, startingStates) =>
        elaborate(file, { name, sizes: extents, mode: 'train', startingStates }).program,
      // With a fault as `rnn gradcheck` does it; without one a glance: test/laws has the long look.
      cases: plant === undefined ? 6 : 20,
      seed: 1,
      small: plant === undefined,
    }),
  );
}

interface GradientExhibit extends Question, Pick<Exhibit, 'name' | 'threads'> {
  /** By hand. */
  readonly gradients: Numbers;
  readonly plant: Plant;
  /** What the gradients are with the fault, by hand too: those that are wrong, at least. */
  readonly wrongly: Numbers;
}

/** An exhibit that numbers by hand, central differences, forward mode and the gradient check speak about. */
export function gradientExhibit({
  name,
  threads,
  gradients,
  plant,
  wrongly,
  ...question
}: GradientExhibit): Exhibit {
  return {
    name,
    threads,
    right() {
      expect(apart(gradientsAt(question), gradients)).toBeLessThanOrEqual(BY_HAND);
      const report = checkOf(question.program);
      expect(report.failure).toBeUndefined();
      expect(report.passed && report.modes.passed).toBe(true);
    },
    wrong() {
      const found = gradientsAt(question, plant);
      expect(apart(found, wrongly)).toBeLessThanOrEqual(BY_HAND);
      expect(apart(found, gradients)).toBeGreaterThan(0.1);
      expect(checkOf(question.program, plant).passed).toBe(false);
    },
  };
}

/** The extents of a batch of sequences. */
export function extentsOf(steps: number, sequences: number): Extents {
  return new Map([
    [TIME, steps],
    [BATCH, sequences],
  ]);
}
