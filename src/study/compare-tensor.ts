// The gradient of one tensor against differences, element by element; where it has many elements, some of them, and all
// together along a random direction.
import type { RandomStream } from '../base/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { moved, type ScalarFunction } from './central-differences.ts';
import { FLOOR } from './laws/distance.ts';
import { type Judgement, judge } from './slopes.ts';

export interface Comparison {
  /** The element that is worst: a wrong one, else the one with the largest error. */
  readonly at: number;
  readonly difference: number;
  /** Of that element. NaN where the gradient is not a number. */
  readonly error: number;
  readonly passed: boolean;
  /** Elements that were compared one by one, and those that were compared together with all others only. */
  readonly compared: number;
  readonly together: number;
  /** Elements where no difference is confirmed, so that there is nothing to compare with. */
  readonly leftOut: readonly number[];
}

/**
 * `most`: how many elements are compared one by one, drawn at random. What is not a number in x is padding: nothing can
 * move there, its gradient is zero, exactly, and it is no entry.
 */
export function compareTensor(
  gradient: Tensor,
  x: Tensor,
  objective: ScalarFunction,
  most: number,
  random: RandomStream,
): Comparison {
  const g = gradient.data;
  const scale = largest(g);
  const elements = Array.from(g, (_, element) => element);
  const padding = elements.filter((element) => Number.isNaN(x.data[element]));
  const leak = padding.find((element) => g[element] !== 0);
  if (leak !== undefined) {
    const wrong = { verdict: 'wrong', difference: 0, error: Math.abs(g[leak]) / scale } as const;
    return summarize([leak], [wrong], 0);
  }
  const all = padding.length === 0 ? elements : elements.filter((element) => !Number.isNaN(x.data[element]));
  const one = (element: number): Judgement =>
    judge(g[element], (t) => objective(movedBy(x, element, t)), scale);
  if (all.length <= most) return summarize(all, all.map(one), 0);

  const chosen = random.shuffle(all).slice(0, most);
  const some = chosen.map(one);
  const direction = new Float64Array(g.length);
  for (const element of all) direction[element] = random.uniform() < 0.5 ? -1 : 1;
  // The step is between one (x moves too far: cutting off) and the square root (too little: rounding).
  const along = judge(
    dot(g, direction),
    (t) => objective(moved(x, direction, t)),
    scale,
    all.length ** -0.25,
  );
  const isFine = along.verdict === 'right' && some.every(({ verdict }) => verdict === 'right');
  return isFine ? summarize(chosen, some, all.length - most) : summarize(all, all.map(one), 0);
}

function summarize(
  elements: readonly number[],
  judgements: readonly Judgement[],
  together: number,
): Comparison {
  const leftOut = elements.filter((_, i) => judgements[i].verdict === 'unknown');
  const isWrong = judgements.some(({ verdict }) => verdict === 'wrong');
  const wanted = isWrong
    ? 'wrong'
    : judgements.some(({ verdict }) => verdict === 'right')
      ? 'right'
      : 'unknown';
  let worst = -1;
  judgements.forEach(({ verdict, error }, i) => {
    if (verdict !== wanted) return;
    // A NaN is worse than anything.
    if (worst < 0 || !(error <= judgements[worst].error)) worst = i;
  });
  const { difference, error } = judgements[worst];
  return {
    at: elements[worst],
    difference,
    error,
    passed: !isWrong,
    compared: elements.length - leftOut.length,
    together,
    leftOut,
  };
}

/** x with one element moved. */
export function movedBy(x: Tensor, element: number, by: number): Tensor {
  const direction = new Float64Array(x.data.length);
  direction[element] = 1;
  return moved(x, direction, by);
}

/** The largest finite magnitude, at least the floor. */
function largest(list: Iterable<number>): number {
  let scale = FLOOR;
  for (const value of list) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  return scale;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
