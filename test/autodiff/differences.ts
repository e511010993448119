// Gradients against central differences, for the tests of this room.

import { type DerivativeTable, derivatives } from '../../src/autodiff/rules.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import { RandomStream } from '../../src/base/random.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type Graph, type InputNode, typeOf } from '../../src/graph/graph.ts';
import { concreteShape, type Extents } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { count, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';

export type Values = ReadonlyMap<string, Tensor>;

export function inputsOf(graph: Graph): readonly InputNode[] {
  return graph.nodes.filter((node) => node.kind === 'input');
}

/** Normal numbers for every real input that is not given; index inputs are zero. */
export function drawInputs(graph: Graph, extents: Extents, seed: number, given: Values = new Map()): Values {
  const values = new Map<string, Tensor>();
  for (const { name, type } of inputsOf(graph)) {
    const shape = concreteShape(type.shape, extents);
    const stream = new RandomStream(seed, name);
    const drawn = Float64Array.from({ length: count(shape) }, () => 0.7 * stream.normal());
    const tensor = type.element === 'real' ? realTensor(shape, drawn) : indexTensor(shape);
    values.set(name, given.get(name) ?? tensor);
  }
  return values;
}

export function cotangentsOf(
  graph: Graph,
  outputs: readonly string[],
  extents: Extents,
  seed: number,
): Values {
  return new Map(
    outputs.map((name) => {
      const { node } = graph.outputs.find((output) => output.name === name)!;
      const shape = concreteShape(typeOf(graph, node).shape, extents);
      const stream = new RandomStream(seed, `cotangent.${name}`);
      return [
        name,
        realTensor(
          shape,
          Float64Array.from({ length: count(shape) }, () => stream.normal()),
        ),
      ];
    }),
  );
}

/** The real inputs. */
export function realInputs(graph: Graph): readonly string[] {
  return inputsOf(graph).flatMap(({ name, type }) => (type.element === 'real' ? [name] : []));
}

export function realOutputs(graph: Graph): readonly string[] {
  return graph.outputs.flatMap(({ name, node }) => (typeOf(graph, node).element === 'real' ? [name] : []));
}

/** max |g - d| / max(max |g|, max |d|, 1e-3); infinite where something is not a number. */
export function distance(g: Tensor, d: Tensor): number {
  let [error, size] = [0, 1e-3];
  if (g.shape.join() !== d.shape.join()) return Infinity;
  for (let i = 0; i < g.data.length; i++) {
    const difference = Math.abs(g.data[i] - d.data[i]);
    if (Number.isNaN(difference)) return Infinity;
    error = Math.max(error, difference);
    size = Math.max(size, Math.abs(g.data[i]), Math.abs(d.data[i]));
  }
  return error / size;
}

/** The sum of the outputs times their cotangents, element by element in a fixed order. */
function objective(graph: Graph, inputs: Values, cotangents: Values, extents: Extents): number {
  const outputs = evaluate(graph, inputs, extents);
  let total = 0;
  for (const [name, { data }] of cotangents) {
    const value = outputs.get(name)!.data;
    for (let i = 0; i < data.length; i++) if (data[i] !== 0) total += data[i] * value[i];
  }
  return total;
}

/** The gradient of the objective by one input, by central differences of fourth order. */
function differences(
  graph: Graph,
  inputs: Values,
  cotangents: Values,
  name: string,
  extents: Extents,
): Tensor {
  const { shape, data } = inputs.get(name)!;
  const step = 5e-4;
  const gradient = realTensor(shape);
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i])) continue;
    const at = (offset: number): number => {
      const moved = realTensor(shape, data);
      moved.data[i] += offset;
      return objective(graph, new Map([...inputs, [name, moved]]), cotangents, extents);
    };
    const [near, far] = [at(step) - at(-step), at(2 * step) - at(-2 * step)];
    gradient.data[i] = (8 * near - far) / (12 * step);
  }
  return gradient;
}

/** The gradients of the objective by reverse mode, by the name of the input. */
export function gradients(
  graph: Graph,
  inputs: Values,
  cotangents: Values,
  wrt: readonly string[],
  extents: Extents,
  rules: DerivativeTable = derivatives,
): Values {
  const backward = vjp(graph, { outputs: [...cotangents.keys()], wrt }, rules);
  const complaints = verify(backward);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  const given = [...cotangents].map(([name, value]) => [`cotangent.${name}`, value] as const);
  const outputs = evaluate(backward, new Map([...inputs, ...given]), extents);
  return new Map(wrt.map((name) => [name, outputs.get(`grad.${name}`)!]));
}

interface Options {
  readonly inputs?: Values;
  readonly outputs?: readonly string[];
  readonly wrt?: readonly string[];
  readonly rules?: DerivativeTable;
  readonly seed?: number;
  /** Cotangents instead of random ones. */
  readonly cotangents?: Values;
}

/** The largest distance between gradients and differences over all inputs, with random cotangents. */
export function gradientError(graph: Graph, extents: Extents, options: Options = {}): number {
  const { outputs = realOutputs(graph), wrt = realInputs(graph), rules, seed = 1 } = options;
  const inputs = drawInputs(graph, extents, seed, options.inputs);
  const cotangents = options.cotangents ?? cotangentsOf(graph, outputs, extents, seed);
  const found = gradients(graph, inputs, cotangents, wrt, extents, rules);
  return Math.max(
    0,
    ...wrt.map((name) => distance(found.get(name)!, differences(graph, inputs, cotangents, name, extents))),
  );
}
