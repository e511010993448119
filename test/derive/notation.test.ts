// The notation by itself: what a text means, written by hand.
import { describe, expect, test } from 'vitest';
import type { Numbers } from '../../src/derive/arrays.ts';
import { evaluateDerivation, type Values } from '../../src/derive/evaluate.ts';
import { NotationError, readDerivation } from '../../src/derive/read.ts';

const vector = (...numbers: number[]): Numbers => ({
  shape: [numbers.length],
  data: Float64Array.from(numbers),
});
const scalar = (number: number): Numbers => ({ shape: [], data: Float64Array.of(number) });
const matrix = (...rows: number[][]): Numbers => ({
  shape: [rows.length, rows[0].length],
  data: Float64Array.from(rows.flat()),
});

const given: Values = {
  once: new Map<string, Numbers>([
    ['a', vector(1, 2)],
    ['b', vector(3, 5)],
    ['W', matrix([1, 2], [3, 4])],
    ['k', scalar(1)],
    ['s', scalar(2)],
    ['h0', scalar(7)],
  ]),
  steps: new Map([['x', [scalar(1), scalar(2), scalar(4)]]]),
};

function evaluated(text: string): Values {
  return evaluateDerivation(readDerivation(text), given, 3);
}

/** The value of one formula. */
function numbersOf(formula: string): number[] {
  const { once } = evaluated(`once\n    y = ${formula}\n`);
  return [...(once.get('y')?.data ?? [])];
}

describe('formulas', () => {
  test.each<[string, number[]]>([
    ['2 + 3 * 4', [14]],
    ['-2^2', [-4]],
    ['8 - 3 - 2', [3]],
    ['8 / 4 / 2', [1]],
    ['8 / 4 * 2', [4]],
    ['7 mod 4 + (-7) mod 4', [4]],
    ['a * b + 1', [4, 11]],
    ['s * a @ b^T', [6, 10, 12, 20]],
    ['W @ a', [5, 11]],
    ['W^T @ a', [7, 10]],
    ['W @ W^T', [5, 11, 11, 25]],
    ['W[k]', [3, 4]],
    ['b[k]', [5]],
    ['dot(a, b) + sum(a) + mean(b)', [20]],
    ['dot(s, a)', [6]],
    ['max(a, 1.5)', [1.5, 2]],
    ['max(W)', [4]],
    ['max(W, [0])', [3, 4]],
    ['sum(W, [1])', [3, 7]],
    ['argmax(b)', [1]],
    ['first_max(b) * b', [0, 5]],
    ['concat(a, zeros(1))', [1, 2, 0]],
    ['part(concat(a, b), 2, 2)', [3, 5]],
    ['entries(concat(a, b), 1, 3)', [2, 3]],
    ['one_hot(k, 3) @ a^T', [0, 0, 1, 2, 0, 0]],
    ['spread(s, [2, 1])', [2, 2]],
    ['einsum("ab,b->a", W, a)', [5, 11]],
    ['if a < 2 and not s == 1 then a else b', [1, 5]],
    ['(if a <= 2 or s < 1 then 1 else 0) * 3', [3, 3]],
    ['0 * (1 / 0) + 0 / 0', [0]],
    ['log_sum_exp(a) - log(exp(1) + exp(2))', [0]],
    ['softmax(zeros(2))', [0.5, 0.5]],
    ['sum over t: x + 1', [10]],
    ['x[T-1] - x[0]', [3]],
    ['T', [3]],
    ['-inf', [Number.NEGATIVE_INFINITY]],
  ])('%s', (formula, value) => {
    const found = numbersOf(formula);
    expect(found).toHaveLength(value.length);
    found.forEach((number, i) => void expect(number).toBeCloseTo(value[i], 12));
  });
});

describe('time', () => {
  const steps = (text: string, name: string): number[] =>
    (evaluated(text).steps.get(name) ?? []).map(({ data }) => data[0]);

  test('a state from its start upwards, and a gradient from the last step down', () => {
    const text = [
      'd_X is the gradient',
      'starts',
      '    h[-1] = h0',
      'forward, t = 0, ..., T-1',
      '    h = h[t-1] + x * t',
      'backward, t = T-1, ..., 0',
      '  a word to the reader',
      '    d_h = x',
      '          + 10 * d_h[t+1]',
      'once',
      '    d_h0 = d_h[0]',
    ].join('\n');
    expect(steps(text, 'h')).toEqual([7, 9, 17]);
    // A term of a step beyond the end is not there.
    expect(steps(text, 'd_h')).toEqual([1 + 10 * 42, 2 + 10 * 4, 4]);
    expect(evaluated(text).once.get('d_h0')?.data[0]).toBe(421);
  });

  test('at the ends', () => {
    const text = (formula: string): string => `forward, t = 0, ..., T-1\n    y = ${formula}`;
    expect(steps(text('at_end(x)'), 'y')).toEqual([0, 0, 4]);
    expect(steps(text('at_start(x)'), 'y')).toEqual([1, 0, 0]);
    expect(steps(text('before_end(x)'), 'y')).toEqual([1, 2, 0]);
    expect(steps(text('after_start(x)'), 'y')).toEqual([0, 2, 4]);
  });

  test('a gradient has the shape of what it is by, also where nothing of it is there', () => {
    const text =
      'd_X is the gradient\nforward, t = 0, ..., T-1\n    v = a * x\nbackward, t = T-1, ..., 0\n    d_v = d_v[t+1]\n';
    expect(
      evaluated(text)
        .steps.get('d_v')
        ?.map(({ shape }) => shape),
    ).toEqual([[2], [2], [2]]);
  });
});

describe('what is no derivation', () => {
  test.each([
    ['once\n    y = 1 +', 'a value is expected before the end'],
    ['once\n    y = 1 2', 'the end is expected before 2'],
    ['once\n    y = a $ b', 'cannot read'],
    ['    y = 1', 'an equation without a heading'],
    ['once\n    y = unknown', 'unknown has no value'],
    ['once\n    y = nothing(a)', 'there is no function nothing'],
    ['once\n    y = x', 'there is no step here'],
    ['once\n    y = a + concat(a, b)', 'shapes differ: [2] and [4]'],
    ['once\n    y = a @ b', 'no product of [2] and [2]'],
  ])('%j', (text, message) => {
    expect(() => evaluated(text)).toThrow(NotationError);
    expect(() => evaluated(text)).toThrow(message);
  });
});
