// The gradients of a program against central differences of the reference in float64, each tensor in one random
// direction, and where that fails element by element.
//
// What counts as evidence is told in src/study/slopes.ts: where no difference does, the element is left out and counted.
import { RandomStream } from '../../src/base/random.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { moved, type ScalarFunction } from '../../src/study/central-differences.ts';
import { differentiable } from '../../src/study/gradient-program.ts';
import { holdSlopes } from '../../src/study/held.ts';
import { type Case, extentsOf } from '../../src/study/random-case.ts';
import { judge, TOLERANCE } from '../../src/study/slopes.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import type { Tensors } from '../laws/distance.ts';
import type { Forms } from '../laws/forms.ts';

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

/** How far the slope is from a difference that counts; undefined where there is no derivative to be seen. */
function compareAlong(
  slope: number,
  f: ScalarFunction,
  x: Tensor,
  direction: Float64Array,
  scale: number,
  factor: number,
): number | undefined {
  const { verdict, error } = judge(slope, (t) => f(moved(x, direction, t)), scale, factor);
  return verdict === 'unknown' ? undefined : error;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
