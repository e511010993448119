// Reverse mode against forward mode: for a direction v and cotangents c, <c, J v> = <J' c, v>. The two modes come from two
// tables, written for themselves. Nothing is cut off here, so this tells a wrong gradient from a difference's rounding.
//
// The error is the distance of the two numbers by the sizes of their terms (at least 0.001), and at most 1e-11.
import { jvp } from '../autodiff/jvp.ts';
import { RandomStream } from '../base/random.ts';
import type { Program } from '../check/program.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import type { Extents } from '../graph/type.ts';
import { realTensor, type Tensor } from '../tensor/tensor.ts';
import { differentiatedOutputs } from './gradient-program.ts';

export const MODES_TOLERANCE = 1e-11;
const FLOOR = 1e-3;

type Tensors = ReadonlyMap<string, Tensor>;

/** The slope along a random direction, in both modes, in the case where they are farthest apart. */
export interface ModesCheck {
  readonly forward: number;
  readonly reverse: number;
  /** As the head of this file says. NaN where one of them is not a number. */
  readonly error: number;
  readonly passed: boolean;
}

/** A program's graph, batched or not, with inputs `tangent.NAME` and outputs `tangent.OUTPUT`. */
export function withTangents(program: Program, graph: Graph, wrt: readonly string[]): Graph {
  return jvp(graph, { wrt, outputs: differentiatedOutputs(program) });
}

/**
 * Compares at some inputs. `tangents` is the graph of `withTangents`; `gradients` are those by `wrt`, `cotangents` what they
 * come from, by the name of the output.
 */
export function compareModes(
  tangents: Graph,
  inputs: Tensors,
  cotangents: Tensors,
  gradients: Tensors,
  extents: Extents,
  seed: number,
): ModesCheck {
  const direction = new Map(
    [...gradients.keys()].map((name) => [name, directionOf(name, inputs, seed)] as const),
  );
  const moved = [...direction].map(([name, v]) => [`tangent.${name}`, v] as const);
  const outputs = evaluate(tangents, new Map([...inputs, ...moved]), extents);
  const slopes = new Map(
    [...cotangents.keys()].map((name) => [name, outputs.get(`tangent.${name}`)!] as const),
  );
  const [forward, reverse] = [inner(cotangents, slopes), inner(direction, gradients)];
  const error = Math.abs(forward.sum - reverse.sum) / Math.max(forward.size, reverse.size, FLOOR);
  return { forward: forward.sum, reverse: reverse.sum, error, passed: error <= MODES_TOLERANCE };
}

/** Padding is not a number, and stays where it is. */
function directionOf(name: string, inputs: Tensors, seed: number): Tensor {
  const { shape, data } = inputs.get(name)!;
  const random = new RandomStream(seed, `direction of ${name}`);
  return realTensor(
    shape,
    Float64Array.from(data, (x) => {
      const v = random.normal();
      return Number.isNaN(x) ? 0 : v;
    }),
  );
}

/** The inner product of tensors by name, and the size of its terms; where the left one is zero there is no term. */
function inner(left: Tensors, right: Tensors): { readonly sum: number; readonly size: number } {
  let [sum, size] = [0, 0];
  for (const [name, { data }] of left) {
    const other = right.get(name)!.data;
    for (let i = 0; i < data.length; i++) {
      if (data[i] === 0) continue;
      sum += data[i] * other[i];
      size += Math.abs(data[i] * other[i]);
    }
  }
  return { sum, size };
}
