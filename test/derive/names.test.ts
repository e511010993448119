// Names: the user's stay, ours step back; and the corners of time that have a name of their own.
import { describe, expect, test } from 'vitest';
import { makeSource } from '../../src/base/source.ts';
import { deriveBlock } from '../../src/derive/derivation.ts';
import { writeAs } from '../../src/derive/formats.ts';
import { checkText } from '../check/programs.ts';
import { derivedText, equationsOf } from './deriving.ts';

function sound(text: string): ReadonlyMap<string, string> {
  const { check, text: document } = derivedText(text);
  for (const steps of [1, 2, 5]) expect(check(document, steps)?.error, document).toBeLessThan(1e-12);
  return equationsOf(document);
}

test('where the user has names like ours, ours are others', () => {
  const found = sound(`cell C(n, T) {
    input x: [n]
    input L: [n]
    input e_h: [T]
    param d_h: [T]
    param back_h: [T]
    state h: [T]
    state z: [T]
    z_h = affine(x, L, prev h)
    s_c = tanh(affine(z_h, prev z) + d_h * z_h)
    h = sigmoid(affine(prev h, s_c)) * back_h + exp(-e_h * s_c) * s_c
    z = 0.5 * prev z + mean(h) * h
    output h
    average = mean over time h
    output average
  }`);
  expect(found.get('z_h')).toContain('@ x');
  expect([...found.keys()].filter((name) => name.startsWith('grad_')).length).toBeGreaterThan(10);
});

test('an instance without states that is applied twice has two values', () => {
  const found = sound(`cell Mix(n) { input x: [n]  y = tanh(affine(x)) * x  output y }
  cell C(n) {
    input x: [n]
    state h: [n]
    mix = Mix()
    h = mix(x) + mix(prev h)
    output h
  }`);
  expect(found.get('h')).toBe('mix.y + mix.y_2');
});

describe('time', () => {
  test('a line of delays: a state that is the past of another', () => {
    sound(`cell C(n) {
      input x: [n]
      state a: [n]
      state b: [n]
      a = tanh(affine(x, prev b))
      b = prev a
      output a * b
    }`);
  });

  test('a state that nothing changes, and one that only hands on', () => {
    sound(`cell C(n) {
      input x: [n]
      param start: [n]
      state h: [n] = start
      h = prev h
      output h * x
    }`);
  });

  test('a loss of the past alone: no gradient arrives at the last step from the one after', () => {
    const found = sound(`model M(n) {
      input x: [n]
      target y: [n]
      state h: [n]
      h = affine(x)
      loss sum(prev h) + 0 * sum(y)
    }`);
    expect(found.get('d_h')).toContain('before_end(');
  });

  test('ends of what is no state, of an input, and of what runs backwards', () => {
    sound(`cell Last(n) {
      input x: [n]
      state h: [n]
      h = tanh(affine(x, prev h))
      final = last (h * x)
      output h * each step final
    }
    cell C(n) {
      input x: [n]
      y = bidirectional(Last)(x)
      first = last x
      largest = max over time y
      output y
      output first
      output largest
    }`);
  });

  test('a gradient that is the same at all steps is told for each', () => {
    const found = sound(`cell C(n) {
      input x: [n]
      y = 2 * x
      total = sum over time y
      output total
    }`);
    expect(found.get('d_y')).toBe('e_total');
    expect(found.get('d_x')).toBe('2 * e_total');
  });

  test('the number of the step, also one step later', () => {
    const found = sound(`cell C(n) {
      input x: [n]
      state h: [n]
      h = x + prev h * sin(t / 7)
      output h
    }`);
    expect(found.get('d_h')).toBe('e_h + d_h[t+1] * sin((t + 1) / 7)');
  });
});

test('a softmax of which each entry counts alike', () => {
  const found = sound(
    'cell C(n) { input x: [n]  y = softmax(affine(x))  u = softmax(x * y)  output mean(u) }',
  );
  expect(found.get('d_u')).toBe('e_output / n');
});

test('branches that are not taken do not show in the formulas', () => {
  const found = sound(`cell C(n) {
    input x: [n]
    state h: [n]
    a = affine(x, prev h)
    h = if a > 0 then log(a) else 1 / (a - 1)
    output h
  }`);
  expect([...found.values()].join(' ')).not.toMatch(/inf|abs/);
});

describe('a number that looks like a size', () => {
  test('is told as a number where it is written as one', () => {
    // 1009 stands for n where this is derived.
    const { check, text } = derivedText('cell C(n) { input x: [n]  param w: [n]  output 1009 * w * x }');
    expect(check()?.error).toBeLessThan(1e-12);
    expect(text).toContain('1009 * w * x');
  });

  test('else the check at other sizes sees it, and all sizes are told as numbers', () => {
    const text =
      'cell C(n) { input x: [n]  input y: [1009]  state h: [1009]  h = y * sum(x) + prev h  output h }';
    const { check } = derivedText(text);
    expect(() => check()).toThrow('shapes differ');
    const file = checkText(makeSource('models/test.rnn', text));
    const { derivation } = deriveBlock(file, file.blocks[0], { sizes: new Map() });
    expect(writeAs('text', derivation!)).toContain('h[-1] = zeros(1009)');
    expect(derivation?.check?.error).toBeLessThan(1e-12);
  });
});
