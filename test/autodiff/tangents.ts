// Forward mode against central differences along a direction, and against reverse mode, for the tests of this room.

import { jvp } from '../../src/autodiff/jvp.ts';
import type { DerivativeTable } from '../../src/autodiff/rules.ts';
import { type TangentTable, tangentRules } from '../../src/autodiff/tangent-rules.ts';
import { RandomStream } from '../../src/base/random.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { type Graph, typeOf } from '../../src/graph/graph.ts';
import { BATCH, type Extents, TIME } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { count, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import {
  cotangentsOf,
  distance,
  drawInputs,
  gradients,
  realInputs,
  realOutputs,
  type Values,
} from './differences.ts';

/** Normal numbers for some inputs; zero where an input is not a number. */
export function directionOf(inputs: Values, wrt: readonly string[], seed: number): Values {
  return new Map(
    wrt.map((name) => {
      const { shape, data } = inputs.get(name)!;
      const stream = new RandomStream(seed, `tangent.${name}`);
      const drawn = Float64Array.from(data, () => stream.normal());
      return [
        name,
        realTensor(
          shape,
          drawn.map((v, i) => (Number.isNaN(data[i]) ? 0 : v)),
        ),
      ];
    }),
  );
}

/** Cotangents of a batch with lengths: zero beyond the end of each sequence, by contract. */
export function cotangentsWithin(
  graph: Graph,
  outputs: readonly string[],
  extents: Extents,
  seed: number,
  lengths: ArrayLike<number>,
): Values {
  const drawn = cotangentsOf(graph, outputs, extents, seed);
  return new Map(
    [...drawn].map(([name, { shape, data }]) => {
      const { node } = graph.outputs.find((output) => output.name === name)!;
      const [first, second] = typeOf(graph, node).shape;
      const [, sequences, ...rest] = shape;
      const width = count(rest);
      const isReal = (i: number): boolean => {
        const step = Math.floor(i / width);
        return Math.floor(step / sequences) < lengths[step % sequences];
      };
      const isPadded = first === TIME && second === BATCH;
      return [name, realTensor(shape, isPadded ? data.map((ct, i) => (isReal(i) ? ct : 0)) : data)];
    }),
  );
}

/** The tangents of the outputs, by the name of the output. */
export function tangents(
  graph: Graph,
  inputs: Values,
  direction: Values,
  outputs: readonly string[],
  extents: Extents,
  rules: TangentTable = tangentRules,
): Values {
  const forward = jvp(graph, { wrt: [...direction.keys()], outputs }, rules);
  const complaints = verify(forward);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  const given = [...direction].map(([name, value]) => [`tangent.${name}`, value] as const);
  const found = evaluate(forward, new Map([...inputs, ...given]), extents);
  return new Map(outputs.map((name) => [name, found.get(`tangent.${name}`)!]));
}

/** The slopes of the outputs along a direction, by central differences of fourth order. */
export function slopesAlong(
  graph: Graph,
  inputs: Values,
  direction: Values,
  outputs: readonly string[],
  extents: Extents,
): Values {
  const step = 2e-4;
  const at = (steps: number): Values => {
    const moved = [...direction].map(([name, { shape, data }]) => {
      const from = inputs.get(name)!.data;
      return [
        name,
        realTensor(
          shape,
          data.map((v, i) => from[i] + steps * step * v),
        ),
      ] as const;
    });
    return evaluate(graph, new Map([...inputs, ...moved]), extents);
  };
  const [right, left, farRight, farLeft] = [1, -1, 2, -2].map(at);
  return new Map(
    outputs.map((name) => {
      const value = (values: Values, i: number): number => values.get(name)!.data[i];
      const slopes = Float64Array.from(right.get(name)!.data, (_, i) => {
        const [near, far] = [value(right, i) - value(left, i), value(farRight, i) - value(farLeft, i)];
        return (8 * near - far) / (12 * step);
      });
      return [name, realTensor(right.get(name)!.shape, slopes)];
    }),
  );
}

interface Options {
  readonly inputs?: Values;
  readonly outputs?: readonly string[];
  readonly wrt?: readonly string[];
  readonly seed?: number;
  readonly rules?: TangentTable;
  readonly derivatives?: DerivativeTable;
  /** Cotangents instead of random ones. */
  readonly cotangents?: Values;
}

/** The largest distance between tangents and differences over all outputs, along a random direction. */
export function tangentError(graph: Graph, extents: Extents, options: Options = {}): number {
  const { outputs = realOutputs(graph), wrt = realInputs(graph), seed = 1, rules } = options;
  const inputs = drawInputs(graph, extents, seed, options.inputs);
  const direction = directionOf(inputs, wrt, seed);
  const found = tangents(graph, inputs, direction, outputs, extents, rules);
  const slopes = slopesAlong(graph, inputs, direction, outputs, extents);
  return Math.max(0, ...outputs.map((name) => distance(found.get(name)!, slopes.get(name)!)));
}

/**
 * The inner-product identity of the two modes, <ct, J v> = <J' ct, v>, for a random direction v and random cotangents ct: how
 * far the two numbers are apart, relative to the sizes of their terms. Infinite where one of them is not a number.
 */
export function adjointGap(graph: Graph, extents: Extents, options: Options = {}): number {
  const { outputs = realOutputs(graph), wrt = realInputs(graph), seed = 1 } = options;
  const inputs = drawInputs(graph, extents, seed, options.inputs);
  const direction = directionOf(inputs, wrt, seed);
  const cotangents = options.cotangents ?? cotangentsOf(graph, outputs, extents, seed);
  const moved = tangents(graph, inputs, direction, outputs, extents, options.rules);
  const slopes = gradients(graph, inputs, cotangents, wrt, extents, options.derivatives);
  const [forward, reverse] = [inner(cotangents, moved), inner(direction, slopes)];
  const gap = Math.abs(forward.sum - reverse.sum) / Math.max(forward.size, reverse.size, 1e-3);
  return Number.isNaN(gap) ? Infinity : gap;
}

/** The inner product of two lists of tensors, and the size of its terms; what is zero on the left is left out. */
function inner(left: Values, right: Values): { readonly sum: number; readonly size: number } {
  let [sum, size] = [0, 0];
  for (const [name, { data }] of left) {
    const other: Tensor = right.get(name)!;
    data.forEach((x, i) => {
      if (x === 0) return;
      sum += x * other.data[i];
      size += Math.abs(x * other.data[i]);
    });
  }
  return { sum, size };
}
