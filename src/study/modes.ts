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
import { FLOAT64, roundedElsewhere } from './laws/rounding.ts';

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

/** The graphs of both modes. */
export interface BothModes {
  /** Of `withTangents`. */
  readonly tangents: Graph;
  /** With gradients. */
  readonly backward: Graph;
}

/** A program's graph, batched or not, with inputs `tangent.NAME` and outputs `tangent.OUTPUT`. */
export function withTangents(program: Program, graph: Graph, wrt: readonly string[]): Graph {
  return jvp(graph, { wrt, outputs: differentiatedOutputs(program) });
}

/**
 * Compares at some inputs, cotangents among them. `gradients` are those by `wrt`, `cotangents` what they come from, by the
 * name of the output. Undefined where they differ and rounding alone can be why: where gradients whose every result is
 * moved by a unit of its last places differ as much (of saturated units little is left when 1 - y^2 is taken).
 */
export function compareModes(
  { tangents, backward }: BothModes,
  inputs: Tensors,
  cotangents: Tensors,
  gradients: Tensors,
  extents: Extents,
  seed: number,
): ModesCheck | undefined {
  const direction = new Map(
    [...gradients.keys()].map((name) => [name, directionOf(name, inputs, seed)] as const),
  );
  const moved = [...direction].map(([name, v]) => [`tangent.${name}`, v] as const);
  const plain = [...inputs].filter(([name]) => !name.startsWith('cotangent.'));
  const outputs = evaluate(tangents, new Map([...plain, ...moved]), extents);
  const slopes = new Map(
    [...cotangents.keys()].map((name) => [name, outputs.get(`tangent.${name}`)!] as const),
  );
  const [forward, reverse] = [inner(cotangents, slopes), inner(direction, gradients)];
  const size = Math.max(forward.size, reverse.size, FLOOR);
  const error = Math.abs(forward.sum - reverse.sum) / size;
  const passed = error <= MODES_TOLERANCE;
  const byRounding = (phase: number): boolean => {
    const again = evaluate(roundedElsewhere(backward, FLOAT64, phase), inputs, extents);
    const own = new Map([...gradients.keys()].map((name) => [name, again.get(`grad.${name}`)!] as const));
    return Math.abs(inner(direction, own).sum - reverse.sum) / size > MODES_TOLERANCE / 10;
  };
  if (!passed && (byRounding(0) || byRounding(1))) return undefined;
  return { forward: forward.sum, reverse: reverse.sum, error, passed };
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
