// The gradients of a program against central differences of the reference in float64, each tensor in one random
// direction, and where that fails element by element.
//
// A difference that reaches over a kink or a jump is no derivative, and one of something steep is none to 1e-7. So a
// difference is evidence only where another one confirms it: of those with other steps, and of those to one side. Where
// none agrees with the gradient but two of them agree with each other, the gradient is wrong. Where no two agree, there
// is nothing to compare with, and the element is left out and counted.
import { RandomStream } from '../../src/base/random.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import {
  centralDifference,
  oneSidedDifference,
  type ScalarFunction,
  STEP,
} from '../../src/study/central-differences.ts';
import { differentiable } from '../../src/study/gradient-program.ts';
import { holdSlopes } from '../../src/study/held.ts';
import { type Case, extentsOf } from '../../src/study/random-case.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import type { Tensors } from '../laws/distance.ts';
import type { Forms } from '../laws/forms.ts';

const TOLERANCE = 1e-7;
/** Gradients below this count as this large. */
const FLOOR = 1e-3;
/** How many elements of a tensor are looked at where its direction has failed. */
const ELEMENTS = 6;

export interface Compared {
  /** Relative errors by tensor; infinite where the gradient is wrong. */
  readonly errors: ReadonlyMap<string, number>;
  /** Directions and elements that were compared. */
  readonly entries: number;
  readonly leftOut: number;
}

export function compareDifferences(
  { program, forward, backward }: Forms,
  drawn: Case,
  inputs: Tensors,
): Compared {
  const extents = extentsOf(drawn);
  const cotangents = [...inputs].filter(([name]) => name.startsWith('cotangent.'));
  const plain = new Map([...inputs].filter(([name]) => !name.startsWith('cotangent.')));
  const gradients = evaluate(backward, inputs, extents);
  const hold = holdSlopes(forward, plain, extents);
  const errors = new Map<string, number>();
  let [entries, leftOut] = [0, 0];
  for (const name of differentiable(program)) {
    const objective: ScalarFunction = (moved) => {
      const outputs = evaluate(forward, new Map([...plain, [name, moved]]), extents, hold?.());
      if (program.loss !== undefined) return outputs.get('loss')!.data[0];
      return cotangents.reduce((sum, [cotangent, by]) => {
        return sum + dot(outputs.get(cotangent.slice('cotangent.'.length))!.data, by.data);
      }, 0);
    };
    const stream = new RandomStream(drawn.numbers, `direction of ${name}`);
    const found = compareTensor(gradients.get(`grad.${name}`)!, plain.get(name)!, objective, stream);
    errors.set(name, found.error);
    entries += found.entries;
    leftOut += found.leftOut;
  }
  return { errors, entries, leftOut };
}

interface Found {
  readonly error: number;
  readonly entries: number;
  readonly leftOut: number;
}

/** The gradient of a function by one tensor against differences. */
export function compareTensor(gradient: Tensor, x: Tensor, f: ScalarFunction, stream: RandomStream): Found {
  const g = gradient.data;
  if (g.some((slope) => !Number.isFinite(slope)))
    return { error: Number.POSITIVE_INFINITY, entries: 1, leftOut: 0 };
  const scale = Math.max(FLOOR, ...Array.from(g, Math.abs));
  const direction = Float64Array.from(g, () => (stream.uniform() < 0.5 ? -1 : 1));
  const along = compareAlong(dot(g, direction), f, x, direction, scale, g.length ** -0.25);
  if (along !== undefined && along <= TOLERANCE) return { error: along, entries: 1, leftOut: 0 };
  const elements = stream.shuffle(Array.from(g, (_, element) => element)).slice(0, ELEMENTS);
  const errors = elements.map((element) => {
    const unit = new Float64Array(g.length);
    unit[element] = 1;
    return compareAlong(g[element], f, x, unit, scale, 1);
  });
  // What the direction says stands, where all that were looked at one by one are right.
  const known = [...(along === undefined ? [] : [along]), ...errors.filter((error) => error !== undefined)];
  const leftOut = errors.filter((error) => error === undefined).length;
  return { error: Math.max(0, ...known), entries: elements.length, leftOut };
}

/** How far the slope is from the nearest difference; undefined where there is no derivative to be seen. */
function compareAlong(
  slope: number,
  f: ScalarFunction,
  x: Tensor,
  direction: Float64Array,
  scale: number,
  factor: number,
): number | undefined {
  const differences = [
    () => centralDifference(f, x, direction, STEP * factor),
    () => centralDifference(f, x, direction, (STEP * factor) / 8),
    () => centralDifference(f, x, direction, (STEP * factor) / 64),
    () => oneSidedDifference(f, x, direction, (STEP * factor) / 8),
    () => oneSidedDifference(f, x, direction, (-STEP * factor) / 8),
  ];
  const seen: number[] = [];
  let nearest = Number.POSITIVE_INFINITY;
  for (const differenceOf of differences) {
    const difference = differenceOf();
    const error = Math.abs(slope - difference) / Math.max(scale, Math.abs(difference));
    if (error <= TOLERANCE) return error;
    nearest = Math.min(nearest, error);
    seen.push(difference);
  }
  const agree = seen.some((a, i) =>
    seen.slice(i + 1).some((b) => Math.abs(a - b) <= 10 * TOLERANCE * Math.max(scale, Math.abs(a))),
  );
  return agree ? nearest : undefined;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
