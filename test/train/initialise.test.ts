import { describe, expect, it } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import type { ProgramStart } from '../../src/check/program.ts';
import { initialise, startOf } from '../../src/train/initialise.ts';

const span = { source: makeSource('a.rnn', ''), start: 0, end: 0 };
const weight = (name: string, shape: readonly number[], start: ProgramStart) => ({
  name,
  shape,
  start,
  span,
  documentation: undefined,
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

  it('depends on the seed and the own name alone', () => {
    const normal: ProgramStart = { kind: 'normal', deviation: 1 };
    const alone = initialise([weight('W', [3], normal)], 5);
    const among = initialise([weight('U', [2], normal), weight('W', [3], normal)], 5);
    expect(among.get('W')).toEqual(alone.get('W'));
    expect(among.get('U')?.data[0]).not.toBe(among.get('W')?.data[0]);
    expect(initialise([weight('W', [3], normal)], 6).get('W')).not.toEqual(alone.get('W'));
  });
});
