// The proof of a derivation: its text is read back and computed with, on a random sequence and at other sizes than it was
// derived at, and gives the gradients that the graph gives, which is the one that runs.

import { traceGradient, traceVjp } from '../autodiff/vjp.ts';
import { RandomStream } from '../base/random.ts';
import type { Program } from '../check/program.ts';
import { evaluate } from '../graph/evaluate.ts';
import { type CallNode, type Graph, type InputNode, isCall, type Node } from '../graph/graph.ts';
import { concreteShape, type Extents, TIME } from '../graph/type.ts';
import { count, indexTensor, realTensor, type Tensor } from '../tensor/tensor.ts';
import type { Numbers } from './arrays.ts';
import { derivedBy, type Equations } from './derive.ts';
import { evaluateDerivation, type Values } from './evaluate.ts';
import { readDerivation } from './read.ts';

/** A random case of a derivation. */
export interface ReadBack {
  readonly sizes: ReadonlyMap<string, number>;
  readonly steps: number;
  /** The largest difference of a gradient, divided by the largest gradient of its tensor (at least 0.001). */
  readonly error: number;
}

/** Below this a gradient counts as this large. */
const FLOOR = 1e-3;
/** So many seeds are tried for a case in which everything is a number. */
const TRIES = 20;

/**
 * Reads a derived text back and compares. `program` may have other sizes than the one that was derived. Undefined where no
 * case was found in which all gradients are numbers.
 */
export function readBack(
  text: string,
  equations: Equations,
  program: Program,
  steps: number,
): ReadBack | undefined {
  const derivation = readDerivation(text);
  const graph = gradientsOf(program);
  for (let seed = 1; seed <= TRIES; seed++) {
    const inputs = draw(program, graph, steps, seed);
    const { outputs, noise } = run(graph, inputs, new Map([[TIME, steps]]));
    const wanted = [...equations.gradients].map(([output, name]) => [name, outputs.get(output)!] as const);
    if (!wanted.every(([, { data }]) => data.every((x) => Number.isFinite(x)))) continue;
    const values = evaluateDerivation(derivation, valuesOf(equations, program, graph, inputs, noise), steps);
    const errors = wanted.map(([name, tensor]) => difference(tensor, values, name));
    return { sizes: program.sizes, steps, error: Math.max(0, ...errors) };
  }
  return undefined;
}

function gradientsOf(program: Program): Graph {
  const wrt = derivedBy(program);
  if (program.loss !== undefined) return traceGradient(program.graph, { output: 'loss', wrt }).graph;
  const outputs = program.outputs.filter(({ kind }) => kind === 'real').map((output) => output.name);
  return traceVjp(program.graph, { outputs, wrt }).graph;
}

function draw(program: Program, graph: Graph, steps: number, seed: number): Map<string, Tensor> {
  return new Map(
    graph.inputs.map((id) => {
      const node = graph.nodes[id] as InputNode;
      const shape = concreteShape(node.type.shape, new Map([[TIME, steps]]));
      return [node.name, drawTensor(program, node, shape, new RandomStream(seed, node.name))];
    }),
  );
}

function drawTensor(
  program: Program,
  { name, role, type }: InputNode,
  shape: readonly number[],
  random: RandomStream,
): Tensor {
  const entries = { length: count(shape) };
  if (role === 'shared') return indexTensor(shape);
  if (type.element === 'index') {
    const starts = program.states.map((state) => ({ ...state, name: `state.${state.name}` }));
    const declared = [...program.inputs, ...program.targets, ...starts].find((input) => input.name === name);
    return indexTensor(
      shape,
      Array.from(entries, () => random.integer(declared?.categories ?? 1000)),
    );
  }
  // A weight with a declared value stays near it: it may be a scale that has to be positive.
  const start = program.parameters.find((parameter) => parameter.name === name)?.start;
  const [centre, reach] = start?.kind === 'value' ? [start.value, 0.5] : [0, 1];
  return realTensor(
    shape,
    Array.from(entries, () => centre + reach * (2 * random.uniform() - 1)),
  );
}

/** The outputs, and what was drawn in each step. */
function run(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  extents: Extents,
): {
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly noise: ReadonlyMap<CallNode, readonly Tensor[]>;
} {
  const noise = new Map<CallNode, Tensor[]>();
  const outputs = evaluate(graph, inputs, extents, (node, value) => {
    if (isCall(node, 'uniform')) noise.set(node, [...(noise.get(node) ?? []), value]);
    return value;
  });
  return { outputs, noise };
}

function valuesOf(
  equations: Equations,
  program: Program,
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  noise: ReadonlyMap<Node, readonly Tensor[]>,
): Values {
  const once = new Map<string, Numbers>();
  const overTime = new Map<string, readonly Numbers[]>();
  for (const [name, value] of [...program.sizes, ...program.hyperparameters]) {
    once.set(name, { shape: [], data: Float64Array.of(value) });
  }
  for (const { name, hasSteps, input, place } of equations.given) {
    if (input !== undefined) {
      const tensor = inputs.get(input)!;
      if (hasSteps) overTime.set(name, stepsOf(tensor));
      else once.set(name, numbers(tensor));
      continue;
    }
    const scan = place.scan === undefined ? undefined : graph.nodes[place.scan];
    const inside = scan?.kind === 'scan' ? scan.body : graph;
    const drawn = (noise.get(inside.nodes[place.node]) ?? []).map(numbers);
    if (scan?.kind !== 'scan') once.set(name, drawn[0]);
    else overTime.set(name, scan.reverse ? drawn.toReversed() : drawn);
  }
  return { once, steps: overTime };
}

function numbers({ shape, data }: Tensor): Numbers {
  return { shape, data: Float64Array.from(data) };
}

function stepsOf({ shape, data }: Tensor): readonly Numbers[] {
  const [steps, ...rest] = shape;
  const size = count(rest);
  return Array.from({ length: steps }, (_, t) => ({
    shape: rest,
    data: Float64Array.from(data.subarray(t * size, (t + 1) * size)),
  }));
}

function difference(tensor: Tensor, values: Values, name: string): number {
  const steps = values.steps.get(name);
  const found = steps === undefined ? values.once.get(name)?.data : steps.flatMap(({ data }) => [...data]);
  if (found === undefined || found.length !== tensor.data.length) return Number.POSITIVE_INFINITY;
  const wanted = Array.from(tensor.data);
  const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), FLOOR);
  return wanted.reduce((most, x, i) => Math.max(most, Math.abs(x - found[i])), 0) / largest;
}
