import { describe, expect, it } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import type { ProgramStart } from '../../src/check/program.ts';
import { spectralRadius } from '../../src/train/eigenvalues.ts';
import { initialise, startOf } from '../../src/train/initialise.ts';

const span = { source: makeSource('a.rnn', ''), start: 0, end: 0 };
const weight = (name: string, shape: readonly number[], start: ProgramStart) => ({
  name,
  shape,
  start,
  span,
  documentation: undefined,
  frozen: false,
});
const numbers = (shape: readonly number[], start: ProgramStart, seed = 1) => [
  ...startOf(weight('W', shape, start), seed).data,
];
const mean = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length;

describe('starting weights', () => {
  it('constants', () => {
    expect(numbers([2], { kind: 'zeros' })).toEqual([0, 0]);
    expect(numbers([], { kind: 'value', value: 1.5 })).toEqual([1.5]);
    expect(numbers([2, 3], { kind: 'identity' })).toEqual([1, 0, 0, 0, 1, 0]);
  });

  it('glorot is uniform up to the root of 6 over the fans', () => {
    const x = numbers([200, 100], { kind: 'glorot', fanIn: 100, fanOut: 200 });
    const limit = Math.sqrt(6 / 300);
    expect(Math.max(...x)).toBeLessThanOrEqual(limit);
    expect(Math.max(...x)).toBeGreaterThan(0.999 * limit);
    expect(Math.min(...x)).toBeLessThan(-0.999 * limit);
    expect(Math.abs(mean(x))).toBeLessThan(0.005 * limit * 3);
    expect(mean(x.map((v) => v * v))).toBeCloseTo(limit ** 2 / 3, 3);
  });

  it('normal and uniform', () => {
    const x = numbers([20000], { kind: 'normal', deviation: 0.5 });
    expect(Math.abs(mean(x))).toBeLessThan(0.015);
    expect(mean(x.map((v) => v * v))).toBeCloseTo(0.25, 1);
    const u = numbers([20000], { kind: 'uniform', low: 2, high: 3 });
    expect(Math.min(...u)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...u)).toBeLessThan(3);
    expect(mean(u)).toBeCloseTo(2.5, 1);
  });

  it.each([
    [7, 7],
    [9, 4],
    [4, 9],
    [1, 5],
    [64, 64],
  ])('orthogonal %i by %i', (rows, columns) => {
    const q = numbers([rows, columns], { kind: 'orthogonal' });
    const at = (r: number, c: number) => (rows <= columns ? q[r * columns + c] : q[c * columns + r]);
    const [few, many] = [Math.min(rows, columns), Math.max(rows, columns)];
    for (let a = 0; a < few; a++) {
      for (let b = 0; b < few; b++) {
        let product = 0;
        for (let i = 0; i < many; i++) product += at(a, i) * at(b, i);
        expect(product).toBeCloseTo(a === b ? 1 : 0, 13);
      }
    }
  });

  it('orthogonal has no preferred sign', () => {
    const traces = Array.from({ length: 200 }, (_, seed) => {
      const q = numbers([2, 2], { kind: 'orthogonal' }, seed);
      return q[0];
    });
    expect(Math.abs(mean(traces))).toBeLessThan(0.15);
    expect(traces.some((x) => x < -0.5)).toBe(true);
  });

  it('sparse: a share of the entries is drawn', () => {
    const x = numbers([20000], { kind: 'normal', deviation: 1, density: 0.3 });
    expect(x.filter((v) => v !== 0).length / x.length).toBeCloseTo(0.3, 1);
    expect(mean(x.map((v) => v * v))).toBeCloseTo(0.3, 1);
  });

  it('log_uniform and chrono are uniform in another scale', () => {
    const x = numbers([20000], { kind: 'log_uniform', low: 0.001, high: 0.1 }).map(Math.log10);
    expect(Math.min(...x)).toBeGreaterThanOrEqual(-3);
    expect(Math.max(...x)).toBeLessThan(-1);
    expect(mean(x)).toBeCloseTo(-2, 1);
    const times = numbers([20000], { kind: 'chrono', longest: 100 }).map(Math.exp);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...times)).toBeLessThan(99);
    expect(Math.abs(mean(times) - 50)).toBeLessThan(1);
  });

  it('spectral has the radius that is asked for', () => {
    for (const density of [undefined, 0.2]) {
      const x = numbers([30, 30], { kind: 'spectral', radius: 0.9, density });
      expect(spectralRadius(Float64Array.from(x), 30)).toBeCloseTo(0.9, 12);
    }
  });

  it('hippo is the matrix of Gu et al. 2020', () => {
    const r = Math.sqrt;
    expect(numbers([3, 3], { kind: 'hippo' })).toEqual([-1, 0, 0, -r(3), -2, 0, -r(5), -r(15), -3]);
    expect(numbers([3], { kind: 'hippo' })).toEqual([1, r(3), r(5)]);
  });

  it('legendre steps as its differential equation does', () => {
    const [d, window] = [4, 8];
    const A = numbers([d, d], { kind: 'legendre', window });
    const B = numbers([d], { kind: 'legendre', window });
    // Thousands of small steps of m' = A m + B from m, with a rule of fourth order.
    const slope = (m: readonly number[]): number[] =>
      m.map((_, i) => {
        let sum = i % 2 === 0 ? 1 : -1;
        for (let j = 0; j < d; j++) sum += (i < j || (i - j) % 2 === 0 ? -1 : 1) * m[j];
        return ((2 * i + 1) / window) * sum;
      });
    const plus = (m: readonly number[], k: readonly number[], by: number) => m.map((x, i) => x + by * k[i]);
    const start = [0.3, -0.2, 0.5, 0.1];
    let m: readonly number[] = start;
    const h = 1 / 1000;
    for (let step = 0; step < 1000; step++) {
      const k1 = slope(m);
      const k2 = slope(plus(m, k1, h / 2));
      const k3 = slope(plus(m, k2, h / 2));
      const k4 = slope(plus(m, k3, h));
      m = m.map((x, i) => x + (h / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]));
    }
    for (let i = 0; i < d; i++) {
      let next = B[i];
      for (let j = 0; j < d; j++) next += A[i * d + j] * start[j];
      expect(next).toBeCloseTo(m[i], 11);
    }
  });

  it('starts at another weight, or at its negative', () => {
    const chrono = weight('f.b', [5], { kind: 'chrono', longest: 50 });
    const less = weight('i.b', [5], { kind: 'copy', of: 'f.b', negative: true });
    const again = weight('o.b', [5], { kind: 'copy', of: 'i.b', negative: true });
    const found = initialise([again, less, chrono], 3);
    expect(found.get('i.b')?.data.map((x) => -x)).toEqual(found.get('f.b')?.data);
    expect(found.get('o.b')).toEqual(found.get('f.b'));
  });

  it('a tensor is orthogonal as the matrix of its first axis by the others', () => {
    expect(numbers([2, 3, 4], { kind: 'orthogonal' })).toEqual(numbers([2, 12], { kind: 'orthogonal' }));
  });

  it('depends on the seed and the own name alone', () => {
    const normal: ProgramStart = { kind: 'normal', deviation: 1 };
    const alone = initialise([weight('W', [3], normal)], 5);
    const among = initialise([weight('U', [2], normal), weight('W', [3], normal)], 5);
    expect(among.get('W')).toEqual(alone.get('W'));
    expect(among.get('U')?.data[0]).not.toBe(among.get('W')?.data[0]);
    expect(initialise([weight('W', [3], normal)], 6).get('W')).not.toEqual(alone.get('W'));
  });
});
