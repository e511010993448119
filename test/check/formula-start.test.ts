// Starts that are formulas: `~ log(uniform(1, 99))`, entry by entry, in the numbers that the distribution alone would draw.
import { expect, test } from 'vitest';
import { initialise } from '../../src/train/initialise.ts';
import { elaborateText } from './programs.ts';

function starts(items: string, sum: string): ReadonlyMap<string, readonly number[]> {
  const { parameters } = elaborateText(
    `cell C(n, m, low: real = 0.5) {
      input x: [n]
      ${items}
      output sum(x) + ${sum}
    }`,
    {
      mode: 'train',
      sizes: new Map([
        ['n', 3],
        ['m', 2],
      ]),
      startingStates: false,
    },
  );
  return new Map([...initialise(parameters, 7)].map(([name, { data }]) => [name, Array.from(data)]));
}

test('a formula is computed of what is drawn', () => {
  const plain = starts('param W: [m, n] ~ uniform(1, 99)', 'sum(W)').get('W')!;
  const formula = starts('param W: [m, n] ~ -log(uniform(1, 99)) / (m + low)', 'sum(W)').get('W')!;
  expect(formula).toEqual(plain.map((u) => -Math.log(u) / 2.5));
});

test('each distribution in it is drawn by itself', () => {
  const [first, ...others] = starts('param w: [m] ~ uniform(0, 1) - uniform(0, 1)', 'sum(w)').get('w')!;
  expect(first).not.toBe(0);
  expect(others[0]).not.toBe(0);
});

test('range counts along the last axis', () => {
  const found = starts('param W: [m, n] ~ 2 ^ range\n param b: [m] ~ range', 'sum(W) + sum(b)');
  expect(found.get('W')).toEqual([1, 2, 4, 1, 2, 4]);
  expect(found.get('b')).toEqual([0, 1]);
});

test('functions of the prelude, and the starts of affine', () => {
  const found = starts(
    'param w: [n] ~ relu(range - 1)\n y: [m] = affine(x, start: 0 * normal(1) + 3, bias: softplus(zeros))',
    'sum(w) + sum(y)',
  );
  expect(found.get('w')).toEqual([0, 0, 1]);
  expect(found.get('y.W_x')).toEqual(new Array(6).fill(3));
  expect(found.get('y.b')?.[0]).toBeCloseTo(Math.log(2), 14);
});
