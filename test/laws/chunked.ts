// A sequence in two chunks: what the whole gives, and what they give together.
import fc from 'fast-check';
import type { Program } from '../../src/check/program.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { TIME } from '../../src/graph/type.ts';
import { differentiable } from '../../src/study/gradient-program.ts';
import { type Case, drawInputs } from '../../src/study/random-case.ts';
import { indexTensor, realTensor, type Tensor, zeros } from '../../src/tensor/tensor.ts';
import { inputShapes, outputShapes, rounded, shortCase, stepsOf } from './cases.ts';
import type { Tensors } from './distance.ts';
import { AUTODIFF, type Forms, formsOf } from './forms.ts';

/** A case, and where it is cut: both chunks have steps for every sequence. */
export interface Cut {
  readonly drawn: Case;
  readonly at: number;
}

export function cutCase(sizes: readonly string[]): fc.Arbitrary<Cut> {
  return fc.tuple(shortCase(sizes), fc.nat(6)).map(([drawn, cut]) => {
    const lengths = drawn.lengths.map((length) => length + 1);
    return {
      drawn: { ...drawn, steps: drawn.steps + 1, lengths },
      at: 1 + (cut % (Math.min(...lengths) - 1)),
    };
  });
}

/** Runs a graph; each target is a way to do it. */
export type Run = (graph: Graph, inputs: Tensors) => Tensors | Promise<Tensors>;

interface Answers {
  readonly whole: Tensors;
  readonly chunked: Tensors;
}

/** Everything that can be asked of the whole and of its two chunks, gradients included. */
export async function bothWays(
  { drawn, at }: Cut,
  programOf: (drawn: Case) => Program,
  run: Run,
  autodiff = AUTODIFF,
): Promise<Answers> {
  const [opening, continuing] = [programOf(drawn), programOf({ ...drawn, startingStates: true })];
  const graphs = [opening, continuing].map((program) => withStateGradients(formsOf(program, autodiff)));
  const inputs = rounded(drawInputs(opening, graphs[0], drawn));
  const whole = await run(graphs[0], inputs);

  const counts = [at, ...drawn.lengths.map((length) => length - at)];
  const total = drawn.lengths.reduce((sum, length) => sum + length);
  const shares = [(at * drawn.lengths.length) / total, 1 - (at * drawn.lengths.length) / total];
  const cut = (chunk: 0 | 1): Map<string, Tensor> =>
    new Map(
      [...inputs].map(([name, tensor]): [string, Tensor] => {
        if (name === 'lengths') {
          const lengths = drawn.lengths.map((_, b) => (chunk === 0 ? at : counts[1 + b]));
          return [name, indexTensor([lengths.length], lengths)];
        }
        if (name === 'offset') return [name, indexTensor([], [tensor.data[0] + (chunk === 0 ? 0 : at)])];
        const isStep = inputShapes(graphs[0]).get(name)![0] === TIME;
        if (isStep) return [name, chunk === 0 ? stepsOf(tensor, 0, at) : stepsOf(tensor, at, drawn.steps)];
        if (!name.startsWith('cotangent.')) return [name, tensor];
        // What is said at the end is said by the last chunk; a mean over steps by both, each for its own.
        const output = opening.graph.outputs.find((known) => `cotangent.${known.name}` === name)!;
        if (output.mean === 'steps') return [name, scaled(tensor, shares[chunk])];
        return [name, chunk === 0 ? scaled(tensor, 0) : tensor];
      }),
    );

  const states = opening.states.map(({ name }) => `state.${name}`);
  const first = await run(formsOf(opening, autodiff).forward, withoutCotangents(cut(0)));
  const secondInputs = cut(1);
  for (const state of states) secondInputs.set(state, first.get(state)!);
  const second = await run(graphs[1], takenBy(graphs[1], secondInputs));
  const firstInputs = cut(0);
  for (const state of realStates(opening)) {
    firstInputs.set(`cotangent.${state}`, second.get(`grad.${state}`)!);
  }
  const again = await run(graphs[0], firstInputs);

  const shapes = outputShapes(graphs[0]);
  const chunked = new Map(
    [...whole.keys()].map((name): [string, Tensor] => {
      const [a, b] = [again.get(name)!, second.get(name)];
      const mean = opening.graph.outputs.find((output) => output.name === name)?.mean;
      if (name.startsWith('grad.state.')) return [name, a];
      if (shapes.get(name)![0] === TIME) return [name, joined(a, b!)];
      if (mean === 'steps') return [name, sum(scaled(a, shares[0]), scaled(b!, shares[1]))];
      return [name, name.startsWith('grad.') ? sum(a, b!) : b!];
    }),
  );
  return { whole, chunked };
}

/** The states that have a gradient: those of categories have none. */
export function realStates({ states }: Forms['program']): readonly string[] {
  return states.filter(({ kind }) => kind === 'real').map(({ name }) => `state.${name}`);
}

const known = new WeakMap<Forms, Graph>();

/** The batch with gradients of its loss, or outputs, and of the states that it leaves. */
export function withStateGradients(forms: Forms): Graph {
  const { program, forward, autodiff } = forms;
  const real = program.outputs.filter(({ kind }) => kind === 'real').map(({ name }) => name);
  const ends = program.loss === undefined ? real : ['loss'];
  const outputs = [...ends, ...realStates(program)];
  const graph = known.get(forms) ?? autodiff.vjp(forward, { outputs, wrt: differentiable(program) });
  known.set(forms, graph);
  return graph;
}

/** The program that goes on does not draw the start of a state, nor the noise in it. */
function takenBy(graph: Graph, inputs: Tensors): Tensors {
  const names = inputShapes(graph);
  return new Map([...inputs].filter(([name]) => names.has(name)));
}

function withoutCotangents(inputs: Tensors): Tensors {
  return new Map([...inputs].filter(([name]) => !name.startsWith('cotangent.')));
}

function scaled(tensor: Tensor, by: number): Tensor {
  return realTensor(
    tensor.shape,
    Float64Array.from(tensor.data, (x) => x * by),
  );
}

function sum(a: Tensor, b: Tensor): Tensor {
  return realTensor(
    a.shape,
    Float64Array.from(a.data, (x, i) => x + b.data[i]),
  );
}

/** Steps behind steps. */
function joined(a: Tensor, b: Tensor): Tensor {
  const shape = a.shape.with(0, a.shape[0] + b.shape[0]);
  const whole = zeros(a.element, shape);
  whole.data.set(a.data);
  whole.data.set(b.data, a.data.length);
  return whole;
}

export function asFloat64(tensors: Tensors): Tensors {
  return new Map([...tensors].map(([name, x]) => [name, x.element === 'real' ? scaled(x, 1) : x]));
}
