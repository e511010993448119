// Numbers of the notation: plain arrays, row by row, in float64. A scalar beside a larger array stands for all its entries.
// Zero times anything is zero (formula.ts says why), and so a scalar zero is a zero of any shape.

import { NotationError } from './read.ts';

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function scalar(value: number): Numbers {
  return { shape: [], data: Float64Array.of(value) };
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}

export function fill(shape: readonly number[], value: number): Numbers {
  return { shape, data: new Float64Array(countOf(shape)).fill(value) };
}

function isNothing({ shape, data }: Numbers): boolean {
  return shape.length === 0 && data[0] === 0;
}

/** Element by element. */
export function combine(f: (...numbers: number[]) => number, ...operands: readonly Numbers[]): Numbers {
  const { shape } = operands.find((one) => one.shape.length > 0) ?? operands[0];
  for (const one of operands) {
    if (one.shape.length > 0 && one.shape.join() !== shape.join()) {
      throw new NotationError(`shapes differ: [${shape.join(', ')}] and [${one.shape.join(', ')}]`);
    }
  }
  const out = fill(shape, 0);
  const at = operands.map(
    ({ data, shape: own }) =>
      (i: number) =>
        data[own.length === 0 ? 0 : i],
  );
  for (let i = 0; i < out.data.length; i++) out.data[i] = f(...at.map((one) => one(i)));
  return out;
}

export function times(x: number, y: number): number {
  return x === 0 || y === 0 ? 0 : x * y;
}

export function over(x: number, y: number): number {
  return x === 0 ? 0 : x / y;
}

export function transposed(x: Numbers): Numbers {
  if (x.shape.length === 0) return x;
  if (x.shape.length === 1) return { shape: [1, x.shape[0]], data: x.data };
  return reordered(x, [1, 0]);
}

/** Result axis k is operand axis order[k]. */
export function reordered(x: Numbers, order: readonly number[]): Numbers {
  const letters = letterList(x.shape.length);
  return contracted(letters, '', order.map((k) => letters[k]).join(''), x, scalar(1));
}

function letterList(length: number): string {
  return 'abcdefghijkl'.slice(0, length);
}

export function matmul(x: Numbers, y: Numbers): Numbers {
  if (isNothing(x) || isNothing(y)) return scalar(0);
  const ranks = `${x.shape.length}${y.shape.length}`;
  if (ranks === '12' && y.shape[0] === 1) {
    return contracted('a', 'b', 'ab', x, { shape: [y.shape[1]], data: y.data });
  }
  if (ranks === '21') return contracted('ab', 'b', 'a', x, y);
  if (ranks === '22') return contracted('ab', 'bc', 'ac', x, y);
  throw new NotationError(`no product of [${x.shape.join(', ')}] and [${y.shape.join(', ')}]`);
}

/** One letter for an axis, summed over those that the result does not have. */
export function contracted(left: string, right: string, out: string, x: Numbers, y: Numbers): Numbers {
  if (isNothing(x) || isNothing(y)) return scalar(0);
  const extents = new Map<string, number>();
  for (const [letters, { shape }] of [[left, x] as const, [right, y] as const]) {
    [...letters].forEach((letter, axis) => {
      if ((extents.get(letter) ?? shape[axis]) !== shape[axis] || letters.length !== shape.length) {
        throw new NotationError(
          `${left},${right} is not [${x.shape.join(', ')}] and [${y.shape.join(', ')}]`,
        );
      }
      extents.set(letter, shape[axis]);
    });
  }
  const walked = [...out, ...[...extents.keys()].filter((letter) => !out.includes(letter))];
  const result = fill(
    [...out].map((letter) => extents.get(letter) ?? 0),
    0,
  );
  const shape = walked.map((letter) => extents.get(letter) ?? 0);
  const index = new Map<string, number>();
  const offset = (letters: string, own: readonly number[]): number =>
    [...letters].reduce((sum, letter, axis) => sum * own[axis] + (index.get(letter) ?? 0), 0);
  for (let k = 0; k < countOf(shape); k++) {
    let rest = k;
    for (let axis = walked.length - 1; axis >= 0; axis--) {
      index.set(walked[axis], rest % shape[axis]);
      rest = Math.floor(rest / shape[axis]);
    }
    result.data[offset(out, result.shape)] += times(
      x.data[offset(left, x.shape)],
      y.data[offset(right, y.shape)],
    );
  }
  return result;
}

/** Positions from one up to before another, of one axis. */
export function entries(x: Numbers, from: number, to: number, axis: number): Numbers {
  if (isNothing(x)) return x;
  if (from < 0 || to < from || to > x.shape[axis]) {
    throw new NotationError(`there are no entries ${from} to ${to} of ${x.shape[axis]}`);
  }
  const inner = countOf(x.shape.slice(axis + 1));
  const out = fill(x.shape.with(axis, to - from), 0);
  for (let i = 0; i < out.data.length; i++) {
    const row = Math.floor(i / inner);
    const [outer, position] = [Math.floor(row / (to - from)), row % (to - from)];
    out.data[i] = x.data[(outer * x.shape[axis] + from + position) * inner + (i % inner)];
  }
  return out;
}

export function joined(operands: readonly Numbers[], axis: number): Numbers {
  const [first] = operands;
  const extents = operands.map(({ shape }) => shape[axis]);
  const out = fill(
    first.shape.with(
      axis,
      extents.reduce((a, b) => a + b),
    ),
    0,
  );
  const outer = countOf(first.shape.slice(0, axis));
  let k = 0;
  for (let row = 0; row < outer; row++) {
    for (const { data } of operands) {
      const length = data.length / outer;
      out.data.set(data.subarray(row * length, (row + 1) * length), k);
      k += length;
    }
  }
  return out;
}

/** Over some axes, in the order of the entries. */
export function reduced(
  x: Numbers,
  axes: readonly number[],
  start: number,
  f: (a: number, b: number) => number,
): Numbers {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const out = fill(
    kept.map((axis) => x.shape[axis]),
    start,
  );
  x.data.forEach((value, i) => {
    let rest = i;
    const index = x.shape.map(() => 0);
    for (let axis = x.shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % x.shape[axis];
      rest = Math.floor(rest / x.shape[axis]);
    }
    const at = kept.reduce((sum, axis) => sum * x.shape[axis] + index[axis], 0);
    out.data[at] = f(out.data[at], value);
  });
  return out;
}

/** Along new axes: axis k of x becomes axis axes[k]. */
export function spread(x: Numbers, shape: readonly number[], axes: readonly number[]): Numbers {
  const out = fill(shape, 0);
  for (let i = 0; i < out.data.length; i++) {
    let rest = i;
    const index = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    out.data[i] = x.data[axes.reduce((sum, axis, k) => sum * x.shape[k] + index[axis], 0)];
  }
  return out;
}
