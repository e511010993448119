import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/base/random.ts';
import { eigenvaluesOf, spectralRadius } from '../../src/train/eigenvalues.ts';

/** Gelfand 1941: the radius is the limit of |A^k|^(1/k); here k is 2^40, by squaring, the size kept apart. */
function byPowers(matrix: Float64Array, n: number): number {
  let a = matrix.slice();
  let logarithm = 0;
  let k = 1;
  for (let step = 0; step < 40; step++) {
    const norm = Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
    if (norm === 0) return 0;
    logarithm += Math.log(norm) / k;
    const b = a.map((x) => x / norm);
    a = a.map((_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let m = 0; m < n; m++) sum += b[i * n + m] * b[m * n + j];
      return sum;
    });
    k *= 2;
  }
  return Math.exp(logarithm);
}

const random = new RandomStream(7, 'matrices');
const matrix = (n: number, density: number): Float64Array =>
  Float64Array.from({ length: n * n }, () => (random.uniform() < density ? random.normal() : 0));

describe('eigenvalues', () => {
  it('has the radius that powers have, whatever the pairs', () => {
    for (let k = 0; k < 60; k++) {
      const n = 1 + random.integer(20);
      const a = matrix(n, k % 2 === 0 ? 1 : 0.4);
      const expected = byPowers(a, n);
      expect(Math.abs(spectralRadius(a, n) - expected), `${n}`).toBeLessThan(1e-8 * (1 + expected));
    }
  });

  it('knows complex pairs, triangles and companions', () => {
    expect(spectralRadius(Float64Array.of(0, -4, 1, 0), 2)).toBeCloseTo(2, 14);
    expect(spectralRadius(Float64Array.of(3, 5, 0, -7), 2)).toBeCloseTo(7, 14);
    // x^3 - 2 x^2 - 5 x + 6 = (x - 1) (x + 2) (x - 3)
    const roots = eigenvaluesOf(Float64Array.of(2, 5, -6, 1, 0, 0, 0, 1, 0), 3)?.map(([re]) => re);
    for (const [i, root] of [-2, 1, 3].entries())
      expect(roots?.sort((a, b) => a - b)[i]).toBeCloseTo(root, 12);
    expect(spectralRadius(new Float64Array(9), 3)).toBe(0);
    // A cycle of 5: all of size 1, and the shifts would go round with it.
    const cycle = Float64Array.from({ length: 25 }, (_, k) =>
      ((k % 5) - Math.floor(k / 5) + 5) % 5 === 1 ? 1 : 0,
    );
    expect(spectralRadius(cycle, 5)).toBeCloseTo(1, 12);
  });

  it('has the trace and the trace of the square', () => {
    const n = 12;
    const a = matrix(n, 1);
    const found = eigenvaluesOf(a, n) ?? [];
    let [trace, square] = [0, 0];
    for (let i = 0; i < n; i++) {
      trace += a[i * n + i];
      for (let j = 0; j < n; j++) square += a[i * n + j] * a[j * n + i];
    }
    expect(found.length).toBe(n);
    expect(found.reduce((sum, [re]) => sum + re, 0)).toBeCloseTo(trace, 10);
    expect(found.reduce((sum, [re, im]) => sum + re * re - im * im, 0)).toBeCloseTo(square, 9);
  });
});
