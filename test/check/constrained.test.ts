// The prelude's solvers and constrained weights against what they claim: the order of a solver's error, skewness exact,
// orthogonality and e^A to the accuracy that docs/language.md states, at the ends of the ranges that it states.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/base/random.ts';
import { elaborate } from '../../src/check/elaborate/elaborate.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { TIME } from '../../src/graph/type.ts';
import { realTensor } from '../../src/tensor/tensor.ts';
import { good } from './checking.ts';

/** Row-major, square unless said otherwise. */
type Matrix = readonly number[];

/** What an expression of the weights A (and B, of the same shape) comes to. */
function computed(expression: string, shape: readonly number[], A: Matrix, B: Matrix = A): Matrix {
  const sizes = ['m', 'n'].slice(0, shape.length);
  const square = shape.length === 2 && shape[0] === shape[1] ? ['m', 'm'] : sizes;
  const file = good(`cell C(${[...new Set(square)].join(', ')}) {
    input x: []
    param A, B: [${square.join(', ')}]
    y = ${expression}
    output y
    output x * 0 + sum(A) * 0 + sum(B) * 0
  }`);
  const numbers = new Map(square.map((name, i) => [name, shape[i]]));
  const { program, diagnostics } = elaborate(file, {
    sizes: numbers,
    mode: 'evaluate',
    startingStates: false,
  });
  expect(diagnostics).toEqual([]);
  const given = new Map([
    ['x', realTensor([1], [0])],
    ['A', realTensor(shape, A)],
    ['B', realTensor(shape, B)],
  ]);
  return Array.from(evaluate(program!.graph, given, new Map([[TIME, 1]])).get('y')!.data);
}

function random(count: number, seed: number, scale: number): Matrix {
  const stream = new RandomStream(seed, 'constrained');
  return Array.from({ length: count }, () => (2 * stream.uniform() - 1) * scale);
}

/** Scaled so that the root of the sum of its squares is `norm`. */
function ofNorm(A: Matrix, norm: number): Matrix {
  const length = Math.hypot(...A);
  return A.map((a) => (a / length) * norm);
}

function transpose(A: Matrix, m: number): Matrix {
  return A.map((_, i) => A[(i % m) * m + Math.floor(i / m)]);
}

function product(A: Matrix, B: Matrix, m: number): Matrix {
  return A.map((_, at) => {
    const [i, j] = [Math.floor(at / m), at % m];
    let sum = 0;
    for (let k = 0; k < m; k++) sum += A[i * m + k] * B[k * m + j];
    return sum;
  });
}

function identity(m: number): Matrix {
  return Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0));
}

const skewOf = (A: Matrix, m: number): Matrix => {
  const T = transpose(A, m);
  return A.map((a, i) => a - T[i]);
};

function distance(A: Matrix, B: Matrix): number {
  return Math.max(...A.map((a, i) => Math.abs(a - B[i])));
}

/** e^A by another way than the prelude's: many terms of A / 16, squared four times. */
function exponential(A: Matrix, m: number): Matrix {
  const small = A.map((a) => a / 16);
  let term = identity(m);
  let sum = identity(m);
  for (let k = 1; k < 40; k++) {
    term = product(term, small, m).map((a) => a / k);
    sum = sum.map((a, i) => a + term[i]);
  }
  for (let k = 0; k < 4; k++) sum = product(sum, sum, m);
  return sum;
}

const cases = fc.record({ m: fc.integer({ min: 1, max: 7 }), seed: fc.integer({ min: 0, max: 1e6 }) });

/** For some matrices of some sizes. */
function forMatrices(look: (A: Matrix, m: number, seed: number) => void, scale = 1): void {
  fc.assert(
    fc.property(cases, ({ m, seed }) => look(random(m * m, seed, scale), m, seed)),
    { numRuns: 20, seed: 1 },
  );
}

describe('constrained weights', () => {
  test('skew and symmetric are so exactly', () => {
    forMatrices((A, m) => {
      const S = computed('skew(A)', [m, m], A);
      expect(transpose(S, m).map((s) => 0 - s)).toEqual(S.map((s) => s + 0));
      const H = computed('symmetric(A)', [m, m], A);
      expect(transpose(H, m)).toEqual(H);
    });
  });

  test.each([
    [0.1, 1e-13],
    [4, 1e-12],
    [16, 1e-9],
  ])('orthogonal(A) of a skew part with norm %d is orthogonal to %d', (norm, bound) => {
    forMatrices((A, m) => {
      const scaled = ofNorm(A, norm / 2);
      const Q = computed('orthogonal(A)', [m, m], scaled);
      expect(distance(product(transpose(Q, m), Q, m), identity(m))).toBeLessThan(bound);
    });
  });

  test('expm is e^A, relative to its size', () => {
    for (const [norm, bound] of [
      [1, 1e-12],
      [4, 1e-12],
      [16, 1e-9],
    ]) {
      forMatrices((A, m) => {
        const scaled = ofNorm(A, norm);
        const expected = exponential(scaled, m);
        const size = Math.max(1, ...expected.map(Math.abs));
        expect(distance(computed('expm(A)', [m, m], scaled), expected) / size).toBeLessThan(bound);
      });
    }
  });

  test.each([0.01, 1, 30, 94])('cayley of a skew matrix with norm %d', (norm) => {
    forMatrices((free, m) => {
      if (m === 1) return;
      const A = ofNorm(skewOf(free, m), norm);
      const Q = computed('cayley(A)', [m, m], A);
      expect(distance(product(transpose(Q, m), Q, m), identity(m))).toBeLessThan(1e-12);
      // (I - A) Q = I + A.
      const I = identity(m);
      const left = product(
        I.map((a, i) => a - A[i]),
        Q,
        m,
      );
      expect(
        distance(
          left,
          I.map((a, i) => a + A[i]),
        ),
      ).toBeLessThan(1e-12 * (1 + norm));
    });
  });

  test('unit_norm, positive, low_rank', () => {
    forMatrices((A, m, seed) => {
      const v = A.slice(0, m);
      expect(Math.hypot(...computed('unit_norm(A)', [m], v))).toBeCloseTo(1, 9);
      expect(
        computed(
          'unit_norm(A)',
          [m],
          v.map(() => 0),
        ),
      ).toEqual(v.map(() => 0));
      expect(Math.min(...computed('positive(A)', [m], v))).toBeGreaterThan(0);
      const B = random(m * m, seed + 1, 1);
      expect(distance(computed('low_rank(A, B)', [m, m], A, B), product(A, transpose(B, m), m))).toBe(0);
    });
  });

  test('unit_spectral has the largest singular value 1', () => {
    forMatrices((A, m, seed) => {
      // Two orthogonal matrices around singular values that are known: the largest is 3.
      const U = computed('orthogonal(A)', [m, m], A);
      const V = computed('orthogonal(A)', [m, m], random(m * m, seed + 1, 1));
      const stretched = U.map((u, i) => u * (i % m === 0 ? 3 : 3 * 0.9 ** (1 + (i % m))));
      const W = product(stretched, V, m);
      const scaled = computed('unit_spectral(A)', [m, m], W);
      expect(
        distance(
          scaled.map((w) => 3 * w),
          W,
        ),
      ).toBeLessThan(0.03);
    });
    expect(computed('unit_spectral(A)', [2, 3], [0, 0, 0, 0, 0, 0])).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('solvers', () => {
  const errorOf = (solver: string, h: number): number => {
    const file = good(`cell C(m) {
      input x: []
      param A: [m]
      fn slope(v) = -v + sin(v * A) * v
      y = ${solver}(slope, A, ${h})
      fn fine(v) = rk4(slope, v, ${h} / 200)
      output y - repeat(fine, A, 200)
      output x
    }`);
    const options = { sizes: new Map([['m', 3]]), mode: 'evaluate', startingStates: false } as const;
    const { program, diagnostics } = elaborate(file, options);
    expect(diagnostics).toEqual([]);
    const given = new Map([
      ['x', realTensor([1], [0])],
      ['A', realTensor([3], [0.4, -1.1, 0.9])],
    ]);
    const { data } = evaluate(program!.graph, given, new Map([[TIME, 1]])).get('output')!;
    return Math.hypot(...data);
  };

  test.each([
    ['euler', 2],
    ['midpoint', 3],
    ['heun', 3],
    ['rk4', 5],
  ])('a step of %s has an error of order h^%d', (solver, order) => {
    const found = Math.log2(errorOf(solver, 0.1) / errorOf(solver, 0.05));
    expect(found).toBeGreaterThan(order - 0.25);
    expect(found).toBeLessThan(order + 0.4);
  });
});
