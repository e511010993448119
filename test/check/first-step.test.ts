// What is certainly no number at the first step is told, and what is kept away, or only may be, is not.
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { checkSource, reader } from './checking.ts';

const root = new URL('../../models/', import.meta.url);

/** The warnings of this kind in a cell with these equations. */
function warnings(equations: string, functions = ''): readonly string[] {
  const text = `${functions}
cell C(n, k: real = 0) {
  input x: [n]
  param w, one: [n] = 1
  param none: [n]
  param W: [n, n]
  state s: [n]
  state u: [n] = 1
  state v: [n] = one
  s = prev s + x
  u = prev u + x
  v = prev v + x
  ${equations}
  output y
}`;
  const { diagnostics } = checkSource(makeSource('c.rnn', text), () => undefined);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return diagnostics.filter(({ code }) => code === 'RNN5025').map(({ message }) => message);
}

describe('is told', () => {
  test.each([
    ['y = x / prev s', 'divides by zero'],
    ['y = x mod prev s', 'divides by zero'],
    ['y = prev s / prev s', 'divides by zero'],
    ['y = x / (0.5 * prev s - 2 * prev s * x)', 'divides by zero'],
    ['y = x / (W @ prev s)', 'divides by zero'],
    ['y = x / (exp(prev s) - 1)', 'divides by zero'],
    ['y = x / linear(prev s)', 'divides by zero'],
    ['y = x / affine(prev s)', 'divides by zero'],
    ['y = x / affine(prev s, bias: 1) + x / tanh(t)', 'divides by zero'],
    ['y = x / delay(x, 3)', 'divides by zero'],
    ['y = x / (1 - prev u)', 'divides by zero'],
    ['y = x / (1 - prev v)', 'divides by zero'],
    ['y = x / none', 'divides by zero'],
    ['y = log(prev s) * x', 'takes the logarithm of zero'],
    ['y = log(prev s - 1) * x', 'takes the logarithm of -1'],
    ['y = log1p(-prev u) * x', 'takes the logarithm of 1 plus -1'],
    ['y = x * prev s ^ -1', 'takes a negative power of zero'],
    ['y = x * sqrt(prev s * w)', 'has an infinite slope: it takes the square root of zero'],
    ['y = if t == 0 then x / prev s else x', 'divides by zero'],
    ['y = if training then x / prev s else x', 'divides by zero'],
    ['q = x / prev s\n  y = q + 1', 'divides by zero'],
    ['q = prev s\n  r = q * 2\n  y = x / r', 'divides by zero'],
  ])('%s', (equations, what) => {
    expect(warnings(equations)).toEqual([`this ${what} at the first step`]);
  });

  test('inside of a function of the file, and once for a place', () => {
    const messages = warnings('y = share(prev s) + share(prev s)', 'fn share(a) = 1 / a');
    expect(messages).toEqual(['this divides by zero at the first step']);
  });
});

describe('is not told', () => {
  test.each([
    'y = x / prev u',
    'y = x / prev v',
    'y = x / s',
    'y = x / w',
    'y = x / k',
    'y = x / (prev s + 0.001)',
    'y = x / max(prev s, x)',
    'y = x / (1 + abs(prev s))',
    'y = x / affine(x)',
    'y = x / affine(prev s, bias: 1)',
    'y = x / (t + 1)',
    'y = if t > 0 then x / prev s else x',
    'y = if prev s > 0 then x / prev s else x',
    'y = if x > 0 then x / prev s else x',
    'q = x / prev s\n  y = if t == 0 then x else q',
    'y = sqrt(prev s) * x',
    'y = sqrt(x)',
    'y = log(x) + log(1 + prev s)',
    'y = x * prev s ^ 2',
    'y = x / sum(exp(prev s))',
    'y = layer_norm(prev s) + x',
    'y = softmax(prev s) * log_softmax(prev s) + x',
  ])('%s', (equations) => {
    expect(warnings(equations)).toEqual([]);
  });

  test.each(readdirSync(root).filter((name) => name.endsWith('.rnn')))('models/%s', (name) => {
    const read = reader(root);
    const { diagnostics } = checkSource(read(name)!, read);
    expect(diagnostics).toEqual([]);
  });
});

test('a chain of equations may be long', () => {
  const chain = Array.from({ length: 3000 }, (_, k) => `q${k + 1} = q${k} * 1.5`).join('\n  ');
  expect(warnings(`q0 = prev s\n  ${chain}\n  y = x / q3000`)).toHaveLength(1);
});
